package egress_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func client(t *testing.T, o egress.Options) *egress.Client {
	t.Helper()
	c := egress.NewClient(o)
	t.Cleanup(c.CloseIdle)
	return c
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestStatusBecomesCode(t *testing.T) {
	t.Parallel()
	status := make(chan int, 1)
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(<-status)
		_, _ = io.WriteString(w, "words") // a lost connection shows at the client
	})
	c := client(t, egress.Options{Near: true})
	for _, tt := range []struct {
		status int
		want   ngo.Code
	}{
		{200, ""}, {201, ""}, {302, ngo.Internal}, {400, ngo.Invalid}, {401, ngo.Unauthenticated}, {403, ngo.Denied}, {404, ngo.NotFound},
		{408, ngo.Unavailable}, {409, ngo.Conflict}, {422, ngo.Invalid}, {429, ngo.Limited}, {500, ngo.Unavailable}, {503, ngo.Unavailable},
	} {
		status <- tt.status
		got, err := c.Do(get(t, url))
		if ngo.CodeOf(err) != tt.want || got.Status != tt.status || string(got.Body) != "words" {
			t.Errorf("status %d = %d %q, %v; want the answer and %q", tt.status, got.Status, got.Body, err, tt.want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header, date string
		want         time.Duration
	}{
		{"", "", 0}, {"7", "", 7 * time.Second}, {"-7", "", 0}, {"soon", "", 0}, {"99999999", "", time.Hour}, {"999999999999999", "", 0},
		{"Sun, 22 Nov 2026 10:00:30 GMT", "Sun, 22 Nov 2026 10:00:00 GMT", 30 * time.Second},
		{"Sun, 22 Nov 2026 09:00:00 GMT", "Sun, 22 Nov 2026 10:00:00 GMT", 0},
		{"Sun, 22 Nov 2026 10:00:30 GMT", "today", 0},
	} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", tt.header)
			if tt.date != "" {
				w.Header().Set("Date", tt.date)
			}
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := client(t, egress.Options{Near: true}).Do(get(t, url))
		if got := egress.RetryAfter(err); got != tt.want || ngo.CodeOf(err) != ngo.Limited {
			t.Errorf("Retry-After %q at %q = %v, %v; want %v", tt.header, tt.date, got, err, tt.want)
		}
	}
	if got := egress.RetryAfter(errors.New("other")); got != 0 {
		t.Errorf("RetryAfter of another error = %v", got)
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		http.Redirect(w, r, "/again", http.StatusTemporaryRedirect)
	})
	_, err := client(t, egress.Options{Near: true}).Do(get(t, url))
	if ngo.CodeOf(err) != ngo.Internal || calls.Load() != 1 {
		t.Errorf("Do = %v after %d calls; want Internal after one", err, calls.Load())
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	hung := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 101))
		case "/fits":
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		case "/cut":
			w.Header().Set("Content-Length", "50")
			_, _ = io.WriteString(w, "x")
		case "/hang":
			<-hung
		case "/drip":
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-hung
		}
	})
	t.Cleanup(func() { close(hung) })
	c := client(t, egress.Options{Near: true, MaxBody: 100, Timeout: 200 * time.Millisecond})
	for path, want := range map[string]ngo.Code{"/long": ngo.Unavailable, "/fits": "", "/cut": ngo.Unavailable, "/hang": ngo.Unavailable, "/drip": ngo.Unavailable} {
		if _, err := c.Do(get(t, url+path)); ngo.CodeOf(err) != want {
			t.Errorf("%s = %v; want %q", path, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Do(get(t, url+"/hang").WithContext(ctx)); !errors.Is(err, context.Canceled) || ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a cancelled call = %v; want Unavailable because of the cancellation", err)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fits":
			_, _ = io.WriteString(w, strings.Repeat("x", 100)) // a lost connection shows at the client
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 101))
		case "/flood": // of unknown length
			for range 200 {
				_, _ = io.WriteString(w, "xx")
				_ = http.NewResponseController(w).Flush()
			}
		case "/cut":
			w.Header().Set("Content-Length", "90")
			_, _ = io.WriteString(w, "x")
		case "/away":
			http.Redirect(w, r, "/fits", http.StatusFound)
		default:
			http.Error(w, "gone", http.StatusNotFound)
		}
	})
	c := client(t, egress.Options{Near: true})
	for _, tt := range []struct {
		path string
		want ngo.Code
		most int
	}{
		{"/fits", "", 100}, {"/long", ngo.TooLarge, 100}, {"/flood", ngo.TooLarge, 100}, {"/cut", ngo.Unavailable, 1},
		{"/away", ngo.Internal, 0}, {"/gone", ngo.NotFound, 0},
	} {
		var got strings.Builder
		_, n, err := c.Copy(get(t, url+tt.path), &got, 100)
		if ngo.CodeOf(err) != tt.want || got.Len() > tt.most || int64(got.Len()) != n || tt.want == "" && n != 100 {
			t.Errorf("%s = %d bytes, %v; wrote %d; want %q", tt.path, n, err, got.Len(), tt.want)
		}
	}
	full := errors.New("the disk is full")
	if _, _, err := c.Copy(get(t, url+"/fits"), broken{full}, 100); err != full {
		t.Errorf("a writer's own error = %v", err)
	}
	_, _, err := client(t, egress.Options{}).Copy(get(t, url+"/fits"), io.Discard, 100)
	if ngo.CodeOf(err) != ngo.Denied {
		t.Errorf("Copy from this box = %v; want Denied", err)
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestErrorsKeepTheQueryToThemselves(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = client(t, egress.Options{Near: true}).Do(get(t, "http://"+addr+"/x?key=hunter2"))
	if ngo.CodeOf(err) != ngo.Unavailable || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Do = %v; want Unavailable without the query", err)
	}
}

func TestNearAddressesAreRefused(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	url := serve(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	c := client(t, egress.Options{})
	port := url[strings.LastIndexByte(url, ':'):]
	for _, u := range []string{url, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port, "http://0.0.0.0" + port, "http://169.254.169.254/latest/meta-data", "http://10.1.2.3", "http://[::1]" + port, "http://[fe80::1]"} {
		if _, err := c.Do(get(t, u)); ngo.CodeOf(err) != ngo.Denied {
			t.Errorf("%s = %v; want Denied", u, err)
		}
	}
	if calls.Load() > 0 {
		t.Errorf("%d calls went through", calls.Load())
	}
}
