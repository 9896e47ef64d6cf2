package ingress

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// recorder watches what a handler answers. On a stream it gives each write its own deadline, so that a slow reader is
// cut while a quiet stream stays.
type recorder struct {
	http.ResponseWriter
	request *http.Request // as the routes got it, which leave their pattern in it
	start   time.Time
	id      string
	status  int
	bytes   int64
	broken  bool

	stream   *http.ResponseController // nil unless this is a stream
	patience time.Duration            // for one write to a stream
}

// A stream is asked for by a GET without a body. Only such a request is freed of the time-outs, as it holds nothing.
func wantsStream(r *http.Request) bool {
	accept, ok := r.Header["Accept"]
	return ok && r.Method == http.MethodGet && r.ContentLength == 0 && strings.Contains(accept[0], "text/event-stream")
}

// openStream lifts the deadlines of the whole request and gives a context that also ends when the server stops. The
// function it gives ends the stream, and leaves a deadline for what net/http still has to send.
func (rec *recorder) openStream(ctx, stopping context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(stopping, cancel)
	rc := http.NewResponseController(rec.ResponseWriter)
	var none time.Time
	if rc.SetReadDeadline(none) == nil && rc.SetWriteDeadline(none) == nil {
		rec.stream = rc
	}
	return ctx, func() {
		unhook()
		cancel()
		_ = rc.SetWriteDeadline(time.Now().Add(rec.patience)) // an error means that the connection is gone
	}
}

func (rec *recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= 200 {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	defer rec.deadline()()
	n, err := rec.ResponseWriter.Write(b)
	rec.bytes += int64(n)
	return n, err
}

// FlushError sends what is buffered; http.ResponseController finds it.
func (rec *recorder) FlushError() error {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	defer rec.deadline()()
	return http.NewResponseController(rec.ResponseWriter).Flush()
}

// Flush is FlushError for those who want an http.Flusher.
func (rec *recorder) Flush() { _ = rec.FlushError() } // the next Write tells

// SetWriteDeadline lets a slow handler take longer. On a stream it does nothing: each write has its own deadline there,
// and one that is left standing would end a quiet HTTP/2 stream.
func (rec *recorder) SetWriteDeadline(t time.Time) error {
	if rec.stream != nil {
		return nil
	}
	return http.NewResponseController(rec.ResponseWriter).SetWriteDeadline(t)
}

// Unwrap is for http.ResponseController.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// deadline starts the time for one write and gives what ends it. Deadlines are the kernel's, so the clock is too.
func (rec *recorder) deadline() func() {
	if rec.stream == nil {
		return func() {}
	}
	// An error means that the connection is gone; the write then says so.
	_ = rec.stream.SetWriteDeadline(time.Now().Add(rec.patience))
	return func() { _ = rec.stream.SetWriteDeadline(time.Time{}) }
}
