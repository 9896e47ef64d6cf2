package ingress

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// edge is what every request passes on its way in and out, whatever it asks for.
type edge struct {
	s       *Server
	name    string // of the listener
	next    http.Handler
	headers []header
}

type header struct {
	name  string
	value []string // shared by all responses: replaced by who wants another, never written to
}

// Answers must not be kept, sniffed, framed or linked from, unless a handler says otherwise.
func baseHeaders() []header {
	return []header{
		{"Cache-Control", []string{"no-store"}},
		{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
		{"Referrer-Policy", []string{"no-referrer"}},
		{"X-Content-Type-Options", []string{"nosniff"}},
		{"X-Frame-Options", []string{"DENY"}},
	}
}

// A year, for certificates that every browser trusts; behind a private authority it could lock people out.
func (s *Server) mainHeaders() []header {
	h := baseHeaders()
	if s.o.TLS.Mode == ACME || s.o.TLS.Mode == Files {
		h = append(h, header{"Strict-Transport-Security", []string{"max-age=31536000"}})
	}
	return h
}

func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w, request: r, start: e.s.o.Now(), id: e.s.ids.next(), patience: e.s.o.times.stream}
	defer e.done(rec)
	id := []string{rec.id}
	h := w.Header()
	h["X-Request-Id"] = id
	for _, kv := range e.headers {
		h[kv.name] = kv.value
	}
	e.s.takeAddress(r)
	r.Header["X-Request-Id"] = id
	if compressed(r.Header) {
		problem(rec, http.StatusUnsupportedMediaType, "invalid", "compressed bodies are not taken", "send the body as it is, without Content-Encoding")
		return
	}
	if !wantsStream(r) {
		e.next.ServeHTTP(rec, r)
		return
	}
	ctx, stop := rec.openStream(r.Context(), e.s.stopping)
	defer stop()
	rec.request = r.WithContext(ctx)
	e.next.ServeHTTP(rec, rec.request)
}

// takeAddress puts the client's own address into RemoteAddr and takes away what only the door may read.
func (s *Server) takeAddress(r *http.Request) {
	if _, forwarded := r.Header["X-Forwarded-For"]; !forwarded {
		return
	}
	if addr := s.client(r); addr.IsValid() {
		r.RemoteAddr = netip.AddrPortFrom(addr, 0).String()
	}
	delete(r.Header, "X-Forwarded-For")
}

func compressed(h http.Header) bool {
	v, ok := h["Content-Encoding"]
	return ok && !(len(v) == 1 && strings.EqualFold(v[0], "identity"))
}

// done ends a request: a panic becomes its 500, then comes its line in the log and its place in the metrics.
func (e *edge) done(rec *recorder) {
	r := rec.request
	if v := recover(); v != nil {
		e.failed(rec, r, v)
	}
	took := e.s.o.Now().Sub(rec.start)
	status := rec.status
	if status == 0 {
		status = http.StatusOK // what net/http sends for a handler that wrote nothing
	}
	e.s.metrics.request(e.name, r.Pattern, status, took)
	e.log(rec, r, status, took)
	if rec.broken {
		panic(http.ErrAbortHandler) // half an answer went out: cut it, so that nobody takes it for whole
	}
}

func (e *edge) failed(rec *recorder, r *http.Request, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		rec.broken = true
		return
	}
	// A value that is not the runtime's own may hold a body or a name: only its type is told.
	what := fmt.Sprintf("%T", v)
	if err, ok := v.(runtime.Error); ok {
		what = err.Error()
	}
	e.s.o.Log.Error("handler panicked", "request", rec.id, "route", r.Pattern, "panic", what, "stack", string(debug.Stack()))
	if rec.status != 0 {
		rec.broken = true
		return
	}
	problem(rec, http.StatusInternalServerError, "internal", "something went wrong here", "tell the administrator the request id "+rec.id)
}

// log writes the one line of a request. Paths are shown escaped, without their query, and without the secret of a link.
func (e *edge) log(rec *recorder, r *http.Request, status int, took time.Duration) {
	level := levelOf(status, r.Pattern)
	ctx := r.Context()
	if !e.s.o.Log.Enabled(ctx, level) {
		return
	}
	unlogged, ok := e.s.logs.take(status)
	if !ok {
		return
	}
	shown := loggedPath(r.URL)
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs, slog.String("request", rec.id), slog.String("method", r.Method), slog.String("path", shown),
		slog.Int("status", status), slog.Int64("bytes", rec.bytes), slog.Duration("took", took))
	if org := orgOf(shown); org != "" {
		attrs = append(attrs, slog.String("org", org))
	}
	if p, ok := PeerOf(ctx); ok {
		attrs = append(attrs, slog.Int("uid", p.UID), slog.Int("pid", p.PID))
	} else {
		attrs = append(attrs, slog.String("address", r.RemoteAddr))
	}
	if unlogged > 0 {
		attrs = append(attrs, slog.Int64("unlogged", unlogged))
	}
	e.s.o.Log.LogAttrs(ctx, level, "request", attrs...)
}

func levelOf(status int, pattern string) slog.Level {
	switch {
	case status == http.StatusServiceUnavailable:
		return slog.LevelWarn
	case status >= 500:
		return slog.LevelError
	case pattern == healthz || pattern == readyz || pattern == metricsPath:
		return slog.LevelDebug // monitors ask every few seconds
	}
	return slog.LevelInfo
}

// loggedPath shortens a path to what may stand in the log. The last part of a public page's path is what lets its holder in,
// in whichever way the path is spelled: the router knows them all.
func loggedPath(u *url.URL) string {
	plain, shown := path.Clean("/"+u.Path), u.EscapedPath()
	for before, kept := range map[string]int{publicOrg: 2, publicReceipt: 0, publicFile: 0} { // the organisation and the kind of page
		rest, ok := strings.CutPrefix(plain, before)
		if parts := strings.SplitN(rest, "/", kept+1); ok && len(parts) > kept {
			shown = (&url.URL{Path: before + strings.Join(parts[:kept], "/")}).EscapedPath()
			shown = strings.TrimSuffix(shown, "/") + "/…"
		}
	}
	return shown[:min(len(shown), 200)]
}

// orgOf gives the organisation that a path is about.
func orgOf(path string) string {
	for _, before := range []string{"/hooks/", "/api/v1/orgs/", publicOrg} {
		if rest, ok := strings.CutPrefix(path, before); ok {
			org, _, _ := strings.Cut(rest, "/")
			return org
		}
	}
	return ""
}

// requestIDs gives short ids that differ between requests and between starts. They are no secret.
type requestIDs struct {
	start string
	n     atomic.Uint64
}

func newRequestIDs() *requestIDs {
	var b [4]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	return &requestIDs{start: hex.EncodeToString(b[:]) + "-"}
}

func (i *requestIDs) next() string { return i.start + strconv.FormatUint(i.n.Add(1), 36) }
