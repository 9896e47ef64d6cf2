// Package public serves the plain pages for donors and citizens: they work without JavaScript, in Tamil, Hindi and English, on
// an old phone. A page shows its reader nothing that the link in the reader's hand does not already tell, keeps no cookie, and
// loads nothing from elsewhere.
//
// It also shows staff in a browser what a terminal cannot: files of strangers and whole threads, by links that end soon, in a form in
// which nothing of theirs runs or loads.
//
// Whoever asks is a stranger: an organisation that does not exist, one that does, and a link that was not made here all get
// the same answer. A Handler is safe for concurrent use.
package public

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store/ngo"
)

//go:embed lang/*.toml page.html thread.html mail.html page.css
var files embed.FS

// MaxForm is the largest form in bytes that is read.
const MaxForm = 32 << 10

// Options is what New needs. Book is required.
type Options struct {
	Book  *org.Book
	Blobs *blob.Shelves // for what staff has links to; without it there is nothing under /files/
	Log   *slog.Logger  // nil discards
	Now   func() time.Time
}

// Handler serves the pages.
type Handler struct {
	book  *org.Book
	blobs *blob.Shelves
	log   *slog.Logger
	now   func() time.Time
	texts ngo.Texts
	page  *template.Template
	style template.CSS
	// policy allows the one style sheet that is in the page, and forms to come back here. Everything else is off.
	policy string
	mux    *http.ServeMux
}

// New makes a handler. It fails with Invalid when Book is missing or a language lacks a sentence.
func New(o Options) (*Handler, error) {
	if o.Book == nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "public pages need Book"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Handler{book: o.Book, blobs: o.Blobs, log: o.Log, now: o.Now, mux: http.NewServeMux()}
	var err error
	if h.texts, err = ngo.LoadTexts(files, "lang"); err != nil {
		return nil, err
	}
	if h.page, err = template.ParseFS(files, "page.html", "thread.html", "mail.html"); err != nil {
		return nil, err
	}
	style, err := files.ReadFile("page.css")
	if err != nil {
		return nil, err
	}
	h.style = template.CSS(style) //nolint:gosec // it is ours
	sum := sha256.Sum256(style)
	h.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	h.mux.HandleFunc("GET /o/{org}/donor/{token}", h.showDonor)
	h.mux.HandleFunc("POST /o/{org}/donor/{token}", h.takeDonor)
	h.mux.HandleFunc("GET /o/{org}/donor/{token}/stop", h.askStop)
	h.mux.HandleFunc("POST /o/{org}/donor/{token}/stop", h.stop)
	h.mux.HandleFunc("GET /r/{receipt}", h.showReceipt)
	h.mux.HandleFunc("/r/", h.noReceipt)
	h.mux.HandleFunc("GET /files/{token}", h.showFile)
	h.mux.HandleFunc("/files/", h.noFile)
	h.mux.HandleFunc("/", h.nothing)
	return h, nil
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

func (h *Handler) nothing(w http.ResponseWriter, r *http.Request) {
	h.write(w, http.StatusNotFound, h.notice(r, "", "unknown"))
}

// view is what the page is drawn from.
type view struct {
	texts   ngo.Texts
	Lang    string
	Org     string
	Title   string
	Style   template.CSS
	Links   []choice
	Gift    *giftView
	Message string
	Receipt *receiptView
	Form    *form
	Stop    bool // a button that ends reminders
	Privacy string
}

// choice is a language to choose; Here is the one in use.
type choice struct {
	Lang, Name string
	Here       bool
}

type giftView struct{ Thanks, For string }

// Say gives a sentence without placeholders.
func (v view) Say(key string) string { return v.texts.Say(v.Lang, key) }

// blank is a page in a language without anything on it.
func (h *Handler) blank(lang string) view {
	return view{texts: h.texts, Lang: lang, Style: h.style, Links: h.languages(lang)}
}

// notice is a page that says one thing: its title and text stand under NAME_title and NAME.
func (h *Handler) notice(r *http.Request, org, name string) view {
	v := h.blank(wanted(r))
	v.Org, v.Title, v.Message = org, h.texts.Say(v.Lang, name+"_title"), h.texts.Say(v.Lang, name)
	return v
}

func (h *Handler) languages(here string) []choice {
	var out []choice
	for _, lang := range ngo.Languages {
		out = append(out, choice{lang, h.texts.Say(lang, "language"), lang == here})
	}
	return out
}

// wanted gives the language that was asked for in the address, else the first of the wishes that we speak, else the browser's.
func wanted(r *http.Request, wishes ...string) string {
	return ngo.Language(append(append([]string{r.URL.Query().Get("lang")}, wishes...), accepted(r)...)...)
}

// write draws a page whole before any of it is sent.
func (h *Handler) write(w http.ResponseWriter, status int, v view) {
	var b bytes.Buffer
	if err := h.page.ExecuteTemplate(&b, "page.html", v); err != nil {
		h.log.Error("page cannot be drawn", "err", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", v.Lang)
	header.Set("Content-Security-Policy", h.policy)
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-store")
	}
	header.Set("Referrer-Policy", "no-referrer") // the address is the key
	header.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever asked may be gone
}
