package apiserver

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
)

type insiderKey struct{}

// insider gives the principal of a program in the same process, nil for everybody else. Only Local puts it there.
func insider(ctx context.Context) *principal {
	p, _ := ctx.Value(insiderKey{}).(*principal)
	return p
}

// Local makes a transport that calls the server in the same process, as the operator osUser, who may do everything. It is
// for commands that run without a daemon; closing the server ends its streams.
func Local(s *Server, osUser string) http.RoundTripper { return &local{s, operator(osUser)} }

type local struct {
	s   *Server
	who *principal
}

// RoundTrip runs the handler and returns once it has begun to answer. The body is a stream: it can be read while the
// handler writes.
func (l *local) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), insiderKey{}, l.who))
	in := r.Clone(ctx)
	in.RequestURI, in.RemoteAddr, in.Host = r.URL.RequestURI(), "local", r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	pr, pw := io.Pipe()
	w := &localWriter{header: http.Header{}, body: pw, begun: make(chan struct{})}
	unhook := context.AfterFunc(ctx, func() { pw.CloseWithError(context.Cause(ctx)) })
	go func() {
		defer cancel()
		defer unhook()
		defer l.end(w)
		l.s.ServeHTTP(w, in)
	}()
	<-w.begun
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: &localBody{pr, cancel}, ContentLength: -1, Request: r,
	}, nil
}

// localBody ends the handler when the reader closes it.
type localBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *localBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

// localWriter is the response of a call in the same process. A handler uses it from one goroutine.
type localWriter struct {
	header http.Header
	body   *io.PipeWriter
	once   sync.Once
	begun  chan struct{}
	status int         // fixed once begun is closed
	sent   http.Header // likewise
}

func (w *localWriter) Header() http.Header { return w.header }

func (w *localWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	})
}

func (w *localWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// FlushError is for http.ResponseController; a write is there at once.
func (w *localWriter) FlushError() error {
	w.WriteHeader(http.StatusOK)
	return nil
}

// end closes the answer. A panic in the handler costs only its own call, as behind the door; an abort cuts the answer off,
// so that nobody takes it for whole.
func (l *local) end(w *localWriter) {
	v := recover()
	if v != nil && v != http.ErrAbortHandler { //nolint:errorlint // it is panicked with as it is
		l.s.log.Error("handler panicked", slog.String("panic", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())))
		w.WriteHeader(http.StatusInternalServerError)
	}
	w.WriteHeader(http.StatusOK)
	if v != nil {
		w.body.CloseWithError(io.ErrUnexpectedEOF)
		return
	}
	w.body.Close()
}
