package public

import (
	"bytes"
	"context"
	"html/template"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// mostPage is how much of a mail's own page is shown.
const mostPage = 2 << 20

// showFile shows what a link of the staff's allows: an attachment, or a thread as a page. Whatever is not such a link, or no longer, has
// one and the same answer. Each look stands in the trail, before anything is shown, under the name of who asked for the link.
func (h *Handler) showFile(w http.ResponseWriter, r *http.Request) {
	private(w.Header())
	slug, token := cutLast(r.PathValue("token"), ".")
	o, err := h.book.Org(r.Context(), slug)
	if err == nil && h.blobs == nil {
		err = &ngo.Error{Code: ngo.NotFound, Message: "files are not shown here"}
	}
	if err == nil {
		err = h.showGranted(w, r, o, token)
	}
	switch ngo.CodeOf(err) {
	case "":
	case ngo.NotFound, ngo.Invalid:
		h.noFile(w, r)
	default:
		h.refuse(w, r, err)
	}
}

// private says what holds for everything below /files/, whatever it is.
func private(header http.Header) {
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Referrer-Policy", "no-referrer") // the address is the key
	header.Set("Cache-Control", "private, no-store")
}

func (h *Handler) noFile(w http.ResponseWriter, r *http.Request) {
	private(w.Header())
	h.write(w, http.StatusNotFound, h.notice(r, "", "no_file"))
}

func (h *Handler) showGranted(w http.ResponseWriter, r *http.Request, o *org.Org, token string) error {
	g, err := o.OpenFileLink(token)
	if err != nil {
		return err
	}
	if g.Conversation != "" {
		return h.showThread(w, r, o, g)
	}
	return h.showAttachment(w, r, o, g)
}

// opened notes a look in the trail.
func opened(ctx context.Context, o *org.Org, g org.FileGrant) error {
	return o.Store.Write(ctx, store.Ack, g.Actor, func(tx *store.Tx) error {
		tx.Opened(string(g.Attachment) + string(g.Conversation)) // one of them is empty
		return nil
	})
}

func (h *Handler) showAttachment(w http.ResponseWriter, r *http.Request, o *org.Org, g org.FileGrant) error {
	var a ngo.Attachment
	var row store.Blob
	err := o.Store.Read(r.Context(), func(rx *store.Rx) (err error) {
		if a, err = rx.Attachment(g.Attachment); err != nil {
			return err
		}
		m, err := rx.MessageNow(a.Message)
		if err != nil {
			return err
		}
		if a.State != ngo.AttachmentKept || a.Blob == "" || m.Revoked != nil {
			return &ngo.Error{Code: ngo.NotFound, Message: "the attachment is not kept, or was taken back"}
		}
		row, err = rx.Blob(a.Blob)
		return err
	})
	if err != nil {
		return err
	}
	shelf, err := h.blobs.Of(o.Info())
	if err != nil {
		return err
	}
	content, err := shelf.Open(r.Context(), blob.Blob{ID: row.ID, Size: row.Size, SHA: row.SHA, Key: row.Key})
	if err != nil {
		h.log.Warn("a file cannot be shown", "org", o.Info().Slug, "attachment", string(a.ID), "err", err)
		return err
	}
	defer content.Close() // opened to read only
	if err := opened(r.Context(), o, g); err != nil {
		return err
	}
	if a.Kind == "page" || a.Type == "text/html" {
		return h.showPage(w, r, o, g, a, content)
	}
	h.pour(w, r, a, row.Size, content)
	return nil
}

// shown are the types that a browser may show by itself. All others are for saving.
var shown = []string{"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"}

// pour sends a file as it is. What breaks off in the middle is cut, so that nobody takes it for whole.
func (h *Handler) pour(w http.ResponseWriter, r *http.Request, a ngo.Attachment, size int64, content io.Reader) {
	header := w.Header()
	how, media := "attachment", a.Type
	if slices.Contains(shown, media) {
		how = "inline"
	}
	if _, _, err := mime.ParseMediaType(media); err != nil || media == "" {
		media = "application/octet-stream"
	}
	header.Set("Content-Type", media)
	header.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": fileName(a)}))
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	header.Set("Content-Security-Policy", filePolicy)
	header.Set("Accept-Ranges", "none")
	if r.Method == http.MethodHead {
		return
	}
	// A recording over a slow line outlasts what is enough for a page. A writer that has no deadline needs none.
	_ = http.NewResponseController(w).SetWriteDeadline(h.now().Add(pourTime))
	if _, err := io.Copy(w, content); err != nil && r.Context().Err() == nil {
		h.log.Warn("a file broke off", "request", r.Header.Get("X-Request-Id"), "err", err)
		panic(http.ErrAbortHandler)
	}
}

const pourTime = 15 * time.Minute

const strict = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// filePolicy lets a file do nothing but be looked at.
const filePolicy = strict + "; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; sandbox"

// endings are those that a name may have, by type; the first is added where it has another.
var endings = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"}, "image/png": {".png"}, "image/gif": {".gif"}, "image/webp": {".webp"}, "image/heic": {".heic", ".heif"},
	"application/pdf": {".pdf"}, "text/plain": {".txt", ".text", ".log", ".md", ".json", ".xml", ".eml", ".asc"}, "text/csv": {".csv", ".tsv"},
	"text/vcard": {".vcf"}, "text/calendar": {".ics"}, "audio/ogg": {".ogg", ".oga", ".opus"}, "audio/mpeg": {".mp3"}, "audio/mp4": {".m4a", ".mp4"},
	"audio/aac": {".aac"}, "audio/amr": {".amr"}, "audio/wav": {".wav"}, "audio/flac": {".flac"}, "audio/3gpp": {".3gp"}, "video/mp4": {".mp4", ".m4v"},
	"video/3gpp": {".3gp"}, "video/quicktime": {".mov"}, "video/webm": {".webm"}, "video/ogg": {".ogv"}, "application/msword": {".doc"},
	"application/vnd.ms-excel": {".xls"}, "application/vnd.ms-powerpoint": {".ppt"}, "application/rtf": {".rtf", ".doc"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {".docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {".xlsx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {".pptx"},
	"application/vnd.oasis.opendocument.text":                                   {".odt"}, "application/vnd.oasis.opendocument.spreadsheet": {".ods"},
	"application/vnd.oasis.opendocument.presentation": {".odp"},
}

// fileName gives the name under which a file is saved: without a path, and ending in what it is.
func fileName(a ngo.Attachment) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|%`, r) {
			return '_'
		}
		return r
	}, ngo.Printable(a.Name))
	name = strings.Trim(strings.TrimSpace(name), ". ")
	if name == "" {
		name = "file"
	}
	may, known := endings[a.Type]
	switch ext := strings.ToLower(path.Ext(name)); {
	case known && !slices.Contains(may, ext):
		name += may[0]
	case !known:
		name += ".bin"
	}
	if letters := []rune(name); len(letters) > 120 {
		name = string(letters[:60]) + "…" + string(letters[len(letters)-50:])
	}
	return name
}

// pagePolicy allows what is left of a mail's own page after cleaning, and would stop what is not: no scripts, nothing from elsewhere,
// no forms. A link opens a page of its own, by a click.
const pagePolicy = strict + "; style-src 'unsafe-inline'; img-src data: 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"

// mailPage is what the frame around a cleaned page is drawn from.
type mailPage struct {
	view
	LeftOut string
	Body    template.HTML
}

// showPage shows a mail as it was laid out, cleaned. Pictures that came along have links of their own.
func (h *Handler) showPage(w http.ResponseWriter, r *http.Request, o *org.Org, g org.FileGrant, a ngo.Attachment, content io.Reader) error {
	page, err := io.ReadAll(io.LimitReader(content, mostPage))
	if err != nil {
		return err
	}
	pictures, err := h.pictures(r.Context(), o, a.Message)
	if err != nil {
		return err
	}
	clean, leftOut := cleaned(page, func(id string) string {
		picture, ok := pictures[id]
		if !ok {
			return ""
		}
		address, _ := o.FileLink("", org.FileGrant{Attachment: picture, Actor: g.Actor})
		return address
	})
	profile, err := o.Profile(r.Context())
	if err != nil {
		return err
	}
	v := mailPage{view: h.blank(wanted(r, profile.Language)), Body: template.HTML(clean)} //nolint:gosec // it was cleaned
	v.Title = h.texts.Say(v.Lang, "mail_title")
	if leftOut > 0 {
		v.LeftOut = h.texts.Say(v.Lang, "mail_left_out", "count", strconv.Itoa(leftOut))
	}
	return h.draw(w, "mail.html", v.Lang, pagePolicy, v)
}

// pictures gives the pictures that came with a message, by the ids by which its page refers to them.
func (h *Handler) pictures(ctx context.Context, o *org.Org, m ngo.MessageID) (map[string]ngo.AttachmentID, error) {
	out := map[string]ngo.AttachmentID{}
	return out, o.Store.Read(ctx, func(rx *store.Rx) error {
		all, err := rx.AttachmentsOf(m)
		for _, a := range all {
			if a.ContentID != "" && a.State == ngo.AttachmentKept && strings.HasPrefix(a.Type, "image/") && slices.Contains(shown, a.Type) {
				out[strings.Trim(a.ContentID, "<>")] = a.ID
			}
		}
		return err
	})
}

// draw draws a page of staff's whole before any of it is sent.
func (h *Handler) draw(w http.ResponseWriter, name, lang, policy string, v any) error {
	var b bytes.Buffer
	if err := h.page.ExecuteTemplate(&b, name, v); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", lang)
	header.Set("Content-Security-Policy", policy)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(b.Bytes()) // whoever asked may be gone
	return nil
}
