package meta_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const usual = "https://graph.facebook.com/v26.0"

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func client(t *testing.T, base string, change func(*meta.Options)) *meta.Client {
	t.Helper()
	o := meta.Options{Base: base, Usual: usual, Token: "the-token"}
	if change != nil {
		change(&o)
	}
	c, err := meta.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPostTellsWhatIsOpen(t *testing.T) {
	t.Parallel()
	const none = ngo.Internal // an error without a code counts as this
	for _, tt := range []struct {
		name   string
		status int
		body   string
		coded  bool
		want   ngo.Code
		class  channel.FaultClass
	}{
		{"taken", 200, `{}`, true, "", ""},
		{"token ended", 401, `{"error":{"code":190}}`, true, ngo.Unauthenticated, channel.FaultAccount},
		{"code and not status decides", 400, `{"error":{"code":190}}`, true, ngo.Unauthenticated, channel.FaultAccount},
		{"right missing", 403, `{"error":{"code":299}}`, true, ngo.Unauthenticated, channel.FaultAccount},
		{"too many calls", 400, `{"error":{"code":4}}`, true, ngo.Limited, channel.FaultLimit},
		{"down", 503, `{"error":{"code":2}}`, true, ngo.Unavailable, channel.FaultTransient},
		{"our fault", 400, `{"error":{"code":"100"}}`, true, ngo.Invalid, channel.FaultMessage},
		{"a code nobody knows, refused", 400, `{"error":{"code":777777}}`, true, ngo.Invalid, channel.FaultUnknown},
		{"a code nobody knows, too many", 429, `{"error":{"code":777777}}`, true, ngo.Limited, channel.FaultUnknown},
		{"a code nobody knows, late", 500, `{"error":{"code":777777}}`, false, none, ""},
		{"a gateway's own trouble", 502, `<html>`, false, none, ""},
		{"a time-out", 504, ``, false, none, ""},
		{"garbage refused", 400, `<html>`, true, ngo.Invalid, ""},
		{"an error of another shape", 404, `{"error":"no"}`, true, ngo.Unavailable, ""},
		{"a proxy, or a wrong address", 403, `Forbidden`, true, ngo.Unavailable, ""},
		{"a redirect", 302, ``, true, ngo.Unavailable, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer the-token" || r.URL.RawQuery != "" {
					t.Errorf("asked %s with %q", r.URL, r.Header.Get("Authorization"))
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body) // a lost connection shows at the client
			}), nil)
			_, err := c.Post(t.Context(), "/1/messages", map[string]string{"a": "b"})
			_, coded := errors.AsType[*ngo.Error](err)
			if ngo.CodeOf(err) != tt.want || err != nil && coded != tt.coded {
				t.Errorf("Post = %v (%q); want %q", err, ngo.CodeOf(err), tt.want)
			}
			if f := meta.FaultOf(err); (f == nil) != (tt.class == "") || f != nil && (f.Class != tt.class || f.Message == "") {
				t.Errorf("fault = %+v; want %q", f, tt.class)
			}
			if err != nil && strings.Contains(err.Error(), "the-token") {
				t.Errorf("the error %v tells the token", err)
			}
		})
	}
}

// An address that may not be called says nothing against what was to be sent there.
func TestPostToAnAddressThatMayNotBeCalled(t *testing.T) {
	t.Parallel()
	c := client(t, serve(t, func(http.ResponseWriter, *http.Request) { t.Error("it was called") }), func(o *meta.Options) { o.Usual = o.Base })
	_, err := c.Post(t.Context(), "/x", 1)
	if ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Post = %v (%q); want it tried again", err, ngo.CodeOf(err))
	}
}

func TestPostHung(t *testing.T) {
	t.Parallel()
	arrived, end := make(chan struct{}), make(chan struct{})
	c := client(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-end
	}), nil)
	t.Cleanup(func() { close(end) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := c.Post(ctx, "/x", 1)
	if _, coded := errors.AsType[*ngo.Error](err); err == nil || coded {
		t.Errorf("Post of what arrived and was not answered = %v; want no code", err)
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(429)
		_, _ = io.WriteString(w, `{"error":{"code":4}}`) // a lost connection shows at the client
	}), nil)
	_, err := c.Get(t.Context(), "/x", nil)
	if f := meta.FaultOf(err); ngo.CodeOf(err) != ngo.Limited || f == nil || f.Wait != 90*time.Second {
		t.Errorf("Get = %v, %+v; want Limited with the wait", err, f)
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	var got atomic.Value
	c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) { got.Store(r.URL.Query().Get("appsecret_proof")) }),
		func(o *meta.Options) { o.Secret, o.Token = []byte("Jefe"), "what do ya want for nothing?" })
	if _, err := c.Get(t.Context(), "/x", nil); err != nil {
		t.Fatal(err)
	}
	if want := "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"; got.Load() != want {
		t.Errorf("appsecret_proof = %v; want %s", got.Load(), want)
	}
}

// The token goes to the address that was set and to Meta's own hosts, wherever the data say that a file lies.
func TestDownloadAsksNobodyElse(t *testing.T) {
	t.Parallel()
	var foreign atomic.Int64
	other := serve(t, func(http.ResponseWriter, *http.Request) { foreign.Add(1) })
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/file":
			if r.Header.Get("Authorization") != "Bearer the-token" {
				t.Error("the file is asked for without the token")
			}
			w.Header().Set("Content-Type", "image/png")
			_, _ = io.WriteString(w, "12345") // a lost connection shows at the client
		case "/away":
			http.Redirect(w, r, other+"/x", http.StatusFound)
		case "/near":
			http.Redirect(w, r, "/file", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	c := client(t, base, nil)
	var got strings.Builder
	mediaType, n, err := c.Download(t.Context(), base+"/file", 5, &got)
	if mediaType != "image/png" || n != 5 || got.String() != "12345" || err != nil {
		t.Errorf("Download = %q, %d, %q, %v", mediaType, n, got.String(), err)
	}
	for address, want := range map[string]ngo.Code{
		base + "/file?long": ngo.TooLarge, base + "/away": ngo.Denied, base + "/near": ngo.Denied, base + "/none": ngo.NotFound,
		other + "/x": ngo.Denied, "http://lookaside.fbsbx.com/x": ngo.Denied, "https://fbsbx.com.evil.example/x": ngo.Denied,
		"https://evilfbsbx.com/x": ngo.Denied, "https://lookaside.fbsbx.com@127.0.0.1/x": ngo.Denied, "https://lookaside.fbsbx.com:8443/x": ngo.Denied,
		"https://a:b@lookaside.fbsbx.com/x": ngo.Denied, "file:///etc/passwd": ngo.Denied, "//lookaside.fbsbx.com/x": ngo.Denied,
		"https://169.254.169.254/latest": ngo.Denied, "https://localhost/x": ngo.Denied, "": ngo.Denied, "http://\x7f": ngo.Denied,
		strings.Replace(base, "127.0.0.1", "user@127.0.0.1", 1) + "/file": ngo.Denied, strings.Replace(base, "127.0.0.1", "localhost", 1) + "/file": ngo.Denied,
		strings.Replace(base, "http:", "https:", 1) + "/file": ngo.Denied,
	} {
		limit := int64(5)
		if want == ngo.TooLarge {
			limit = 4
		}
		if _, _, err := c.Download(t.Context(), address, limit, io.Discard); ngo.CodeOf(err) != want {
			t.Errorf("Download(%q) = %v; want %q", address, err, want)
		}
	}
	if _, _, err := client(t, usual, nil).Download(t.Context(), base+"/file", 5, io.Discard); ngo.CodeOf(err) != ngo.Denied {
		t.Errorf("with the usual base, Download from this box = %v; want Denied", err)
	}
	if foreign.Load() > 0 {
		t.Error("somebody else was asked")
	}
}

func TestFaultsOfAnyShape(t *testing.T) {
	t.Parallel()
	codes := meta.Codes(func(code, sub int) (meta.Meaning, bool) {
		return meta.Meaning{Class: channel.FaultWindow, Says: "mine"}, code == 10 && sub == 2018278
	})
	if f := codes.Fault(meta.Error{Code: "10", Subcode: "2018278"}); f.Class != channel.FaultWindow {
		t.Errorf("a channel's own meaning = %+v", f)
	}
	if f := codes.Fault(meta.Error{Code: "10"}); f.Class != channel.FaultAccount {
		t.Errorf("the common meaning = %+v", f)
	}
	for _, code := range []meta.Text{"", "x", "-1", "99999999999999999999999"} {
		f := meta.Codes(nil).Fault(meta.Error{Code: code, Message: "\x1b[2J\u202ehi"})
		if f.Class != channel.FaultUnknown || f.Message == "" || f.Words != "hi" || f.Class.Retry() {
			t.Errorf("Fault(%q) = %+v", code, f)
		}
	}
}
