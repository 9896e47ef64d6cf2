package letter

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// walk goes once over the parts of a mail.
type walk struct {
	o        Options
	src      *source
	top      header
	textLeft int // bytes of text that may still be kept
	pageLeft int // bytes of pages
	parts    int
	ended    bool // the part's header was also its end
	files    []Attachment
	faults   []string
	report   report
}

// report is what the parts of a report say, as it stood there.
type report struct {
	kind     string // of multipart/report; empty for none
	delivery string // message/delivery-status
	reading  string // message/disposition-notification
	feedback string // message/feedback-report
	original string // the header of the mail it is about
}

const (
	pageFactor = 4 // a page has more bytes than its text
	reportSize = 64 << 10
	listed     = 100 // faults
)

func (w *walk) fault(text string) {
	if len(w.faults) < listed && !slices.Contains(w.faults, text) {
		w.faults = append(w.faults, text)
	}
}

// said is the text of a part, as it came and as a page.
type said struct{ plain, page string }

// text gives what people read.
func (s said) text(w *walk) string {
	text := s.plain
	if blankText(text) && s.page != "" {
		text = fromPage(s.page)
	}
	text, cut := shortened(tidy(text), w.o.Limits.Text)
	if cut {
		w.fault("its text is too long")
	}
	return text
}

func blankText(s string) bool { return strings.TrimSpace(s) == "" }

// tidy gives text the form it has here: safe signs, \n between lines, no blanks at their ends, at most two empty lines together.
func tidy(s string) string {
	var out strings.Builder
	empty := 0
	for line := range strings.SplitSeq(ngo.PrintableText(s), "\n") {
		line = strings.TrimRight(line, " ")
		if line == "" {
			empty++
			continue
		}
		if out.Len() > 0 {
			out.WriteString(strings.Repeat("\n", min(empty, 2)+1))
		}
		empty = 0
		out.WriteString(line)
	}
	return out.String()
}

// shortened cuts text that is safe to show to so many bytes.
func shortened(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	return ngo.PrintableText(strings.ToValidUTF8(s[:limit], "")), true
}

// part reads the part whose header is h, up to the boundary that ends it.
func (w *walk) part(h header, depth int, within string) (said, error) {
	if w.ended {
		w.ended = false
		return said{}, nil
	}
	m, labelled := h.contentType()
	if strings.HasPrefix(m.kind, "multipart/") && m.params["boundary"] != "" && depth < w.o.Limits.Depth {
		return w.multi(m, depth)
	}
	if strings.HasPrefix(m.kind, "multipart/") && depth < w.o.Limits.Depth {
		w.fault("a part of several does not say where they end")
		m.kind = "text/plain"
	}
	if depth >= w.o.Limits.Depth {
		w.fault("its parts lie too deep in one another")
	}
	in, known := transferred(h.get("content-transfer-encoding"), &body{s: w.src})
	if !known {
		w.fault("a part has an encoding that nobody knows")
	}
	in, done, err := w.forReport(m, in, within)
	if done || err != nil {
		return said{}, err
	}
	if within == "multipart/alternative" && slices.Contains(otherForms, m.kind) {
		w.src.skip()
		return said{}, nil
	}
	if kind, ok := w.readable(h, m, labelled, depth); ok {
		return w.words(h, m, kind, in)
	}
	return said{}, w.file(h, m, in)
}

// otherForms are what a page is sent as besides, for readers that run it or are worn on an arm.
var otherForms = []string{"text/x-amp-html", "text/watch-html"}

// readable tells whether a part is text that belongs to the mail, and of which kind.
func (w *walk) readable(h header, m media, labelled bool, depth int) (string, bool) {
	d := h.disposition()
	named := d.params["filename"] != "" || m.params["name"] != ""
	switch {
	case d.kind == "attachment", named && depth > 0:
		return "", false
	case m.kind == "text/html", m.kind == "text/xhtml", strings.Contains(m.kind, "<"):
		return "html", true
	case !labelled, m.kind == "", m.kind == "text", m.kind == "text/", m.kind == "text/plain":
		return "plain", !named || depth == 0 && labelled
	}
	return "", false
}

// words reads a part that is text.
func (w *walk) words(h header, m media, kind string, in io.Reader) (said, error) {
	budget := &w.textLeft
	if kind == "html" {
		budget = &w.pageLeft
	}
	if strings.EqualFold(strings.TrimSpace(h.get("content-transfer-encoding")), "base64") {
		in = w.reallyBase64(in)
	}
	raw, err := io.ReadAll(io.LimitReader(in, int64(*budget)+1))
	if err != nil {
		return said{}, fmt.Errorf("read the text of a mail: %w", err)
	}
	if len(raw) > *budget {
		w.fault("its text is too long")
		raw = raw[:*budget]
	}
	*budget -= len(raw)
	if _, err := io.Copy(io.Discard, in); err != nil {
		return said{}, fmt.Errorf("read the text of a mail: %w", err)
	}
	if kind == "html" {
		return said{page: decode(raw, pageLabel(raw, m.params["charset"]))}, nil
	}
	text := strings.ReplaceAll(decode(raw, m.params["charset"]), "\r\n", "\n")
	if m.params["format"] == "flowed" {
		text = flowed(text, strings.EqualFold(m.params["delsp"], "yes"))
	}
	return said{plain: text}, nil
}

// reallyBase64 looks at the encoded text before it is decoded.
func (w *walk) reallyBase64(in io.Reader) io.Reader {
	encoded, ok := in.(*base64Reader)
	if !ok {
		return in
	}
	peek := bufio.NewReaderSize(encoded.r, 1024)
	head, err := peek.Peek(512)
	if notBase64(head) && (err == nil || err == io.EOF) {
		w.fault("a part is not encoded as it says")
		return peek
	}
	encoded.r = peek
	return encoded
}

// multi reads parts up to the boundary that ends them.
func (w *walk) multi(m media, depth int) (said, error) {
	mine := len(w.src.bounds)
	w.src.bounds = append(w.src.bounds, strings.TrimRight(m.params["boundary"], " "))
	defer func() { w.src.bounds = w.src.bounds[:mine] }()
	if m.kind == "multipart/report" && w.report.kind == "" {
		w.report.kind = strings.ToLower(m.params["report-type"])
		if w.report.kind == "" {
			w.report.kind = "unknown"
		}
	}
	before := w.preamble()
	if w.src.err != nil {
		return said{}, fmt.Errorf("read a mail: %w", w.src.err)
	}
	if w.src.hit != mine {
		w.fault("its parts are not where it says")
		return said{plain: before}, nil
	}
	var all []said
	for w.src.hit == mine {
		if w.src.closed { // some go on after their last part
			w.src.skip()
			continue
		}
		if w.parts++; w.parts > w.o.Limits.Parts {
			w.fault("it has too many parts")
			w.src.skip()
			continue
		}
		s, err := w.part(w.header(), depth+1, m.kind)
		if err != nil {
			return said{}, err
		}
		if s != (said{}) {
			all = append(all, s)
		}
	}
	if w.src.err != nil {
		return said{}, fmt.Errorf("read a mail: %w", w.src.err)
	}
	return together(all, m.kind), nil
}

// preamble reads what stands before the first part. Nobody shows it, but it is the text if there are no parts.
func (w *walk) preamble() string {
	var b []byte
	for w.src.next() {
		if len(b) < w.textLeft {
			b = append(b, w.src.line...)
		}
	}
	b = b[:min(len(b), w.textLeft)]
	if w.src.hit >= 0 {
		return ""
	}
	return guess(b)
}

// together makes one text of those of several parts.
func together(all []said, kind string) said {
	if len(all) == 1 {
		return all[0]
	}
	var s said
	if kind == "multipart/alternative" {
		for _, one := range all {
			if blankText(s.plain) {
				s.plain = one.plain
			}
			if !blankText(one.page) {
				s.page = one.page
			}
		}
		return s
	}
	var texts []string
	pages := true
	for _, one := range all {
		pages = pages && blankText(one.plain)
	}
	for _, one := range all {
		switch {
		case pages && !blankText(one.page):
			texts = append(texts, one.page)
		case !blankText(one.plain):
			texts = append(texts, strings.Trim(one.plain, "\n"))
		case !blankText(one.page):
			texts = append(texts, fromPage(one.page))
		}
	}
	if pages {
		return said{page: strings.Join(texts, "<hr>")}
	}
	return said{plain: strings.Join(texts, "\n\n")}
}

// forReport keeps what the parts of a report say, for bounces and receipts; done says that the part was nothing else.
func (w *walk) forReport(m media, in io.Reader, within string) (rest io.Reader, done bool, err error) {
	into := map[string]*string{
		"message/delivery-status": &w.report.delivery, "message/global-delivery-status": &w.report.delivery,
		"message/disposition-notification": &w.report.reading, "message/global-disposition-notification": &w.report.reading,
		"message/feedback-report": &w.report.feedback,
	}[m.kind]
	inReport := within == "multipart/report"
	if into == nil && inReport && slices.Contains([]string{"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "text/rfc822-header"}, m.kind) {
		into = &w.report.original
	}
	if into == nil {
		return in, false, nil
	}
	b, err := io.ReadAll(io.LimitReader(in, reportSize))
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	if err != nil {
		return nil, false, fmt.Errorf("read a report: %w", err)
	}
	if *into == "" {
		*into = strings.ReplaceAll(guess(b), "\r\n", "\n")
	}
	return nil, true, nil
}
