package letter

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
)

const (
	maxName  = 200 // bytes of a file's name
	sniffing = 512 // bytes
)

// file hands a part to the caller's sink.
func (w *walk) file(h header, m media, in io.Reader) error {
	r := bufio.NewReaderSize(in, 4096)
	first, err := r.Peek(sniffing)
	if err != nil && err != io.EOF {
		return fmt.Errorf("read an attachment: %w", err)
	}
	d := h.disposition()
	a := Attachment{
		Name: fileName(d.params["filename"], m.params["name"], h.get("content-location")), Label: mediaType(m.kind),
		Type: sniffed(first), ID: cleanID(strings.Trim(strings.TrimSpace(h.get("content-id")), "<>")),
	}
	a.Inline = d.kind != "attachment" && (d.kind == "inline" || a.ID != "")
	if a.Name == "" {
		a.Name = fmt.Sprintf("part-%d%s", len(w.files)+1, ending(a))
	}
	var to io.WriteCloser
	if w.o.Sink != nil {
		if to, err = w.o.Sink(a); err != nil {
			return fmt.Errorf("keep an attachment: %w", err)
		}
	}
	if err := w.copyFile(&a, to, r); err != nil {
		return err
	}
	w.files = append(w.files, a)
	return nil
}

func (w *walk) copyFile(a *Attachment, to io.WriteCloser, r io.Reader) error {
	var out io.Writer = io.Discard
	if to != nil {
		out = to
	}
	n, err := io.Copy(out, io.LimitReader(r, w.o.Limits.File))
	var more int64
	if err == nil {
		more, err = io.Copy(io.Discard, r)
	}
	if to != nil {
		if closed := to.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return fmt.Errorf("keep an attachment: %w", err)
	}
	a.Size, a.Cut = n, more > 0
	if a.Cut {
		w.fault("an attachment is too large")
	}
	return nil
}

// fileName takes the first name that is one. Folders go: they are the sender's.
func fileName(names ...string) string {
	for i, name := range names {
		if i == 2 { // a Content-Location is an address; only a plain name in it is used
			name = plain(name)
			if strings.ContainsAny(name, "/:?") {
				continue
			}
		}
		if at := strings.LastIndexAny(name, `/\`); at >= 0 {
			name = name[at+1:]
		}
		if name = oneLine(strings.TrimLeft(name, ". ")); name != "" {
			return cutName(name)
		}
	}
	return ""
}

func cutName(name string) string {
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 10 {
		ext = ""
	}
	stem, _ := shortened(name, maxName-len(ext))
	return stem + ext
}

// ending gives a made-up name its end.
func ending(a Attachment) string {
	kind := a.Label
	if kind == "" || kind == "application/octet-stream" {
		kind = a.Type
	}
	known := map[string]string{
		"message/rfc822": ".eml", "text/calendar": ".ics", "image/jpeg": ".jpg", "text/plain": ".txt", "text/html": ".html",
		"application/pdf": ".pdf", "image/png": ".png", "image/gif": ".gif", "text/vcard": ".vcf", "text/x-vcard": ".vcf",
		"audio/mpeg": ".mp3", "video/mp4": ".mp4", "application/zip": ".zip", "image/webp": ".webp", "text/csv": ".csv",
	}
	return known[kind]
}

// mediaType gives a label that is one.
func mediaType(kind string) string {
	if t, _, err := mime.ParseMediaType(kind); err == nil && strings.Contains(t, "/") && len(t) < 100 {
		return t
	}
	return ""
}

// sniffed tells a file's type from its beginning.
func sniffed(b []byte) string {
	for _, known := range []struct {
		at          int
		magic, kind string
	}{
		{0, "MZ", "application/vnd.microsoft.portable-executable"},
		{0, "\x7fELF", "application/x-executable"},
		{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"},
		{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
		{0, "x\x9f\x3e\x22", "application/ms-tnef"},
		{4, "ftypheic", "image/heic"}, {4, "ftypheix", "image/heic"}, {4, "ftypmif1", "image/heic"}, {4, "ftypavif", "image/avif"},
		{0, "{\\rtf", "application/rtf"},
		{0, "BEGIN:VCALENDAR", "text/calendar"}, {0, "BEGIN:VCARD", "text/vcard"},
		{0, "II*\x00", "image/tiff"}, {0, "MM\x00*", "image/tiff"},
		{0, "#!AMR", "audio/amr"},
	} {
		if len(b) >= known.at && bytes.HasPrefix(b[known.at:], []byte(known.magic)) {
			return known.kind
		}
	}
	kind, _, _ := strings.Cut(http.DetectContentType(b), ";")
	if kind == "text/xml" && bytes.Contains(b, []byte("<svg")) {
		return "image/svg+xml"
	}
	return kind
}
