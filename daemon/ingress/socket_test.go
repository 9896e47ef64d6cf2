package ingress

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shortDir is a folder whose path leaves room for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ng")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func overSocket(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
}

func TestSocketTellsWhoCalls(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), "ngoctl.sock")
	d := start(t, func(o *Options) {
		o.Socket = path
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, ok := PeerOf(r.Context())
			fmt.Fprintf(w, "%v %d %d", ok, p.UID, p.PID)
		})
	})
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o660 {
		t.Errorf("mode %o, want 660", got)
	}
	client := overSocket(path)
	for _, tt := range []struct {
		url, origin string
		code        int
		body        string
	}{
		{"http://ngoctl/api/v1/status", "", 200, fmt.Sprintf("true %d %d", os.Getuid(), os.Getpid())},
		{"http://localhost/healthz", "", 200, "ok"},
		{"http://ngoctl/metrics", "", 200, "ngoctl_http_requests_total"},
		{"http://evil.example/api/v1/status", "", 403, "denied"},
		{"http://ngoctl/api/v1/status", "http://evil.example", 403, "denied"},
		{"http://ngoctl/hooks/a/b", "", 404, "not_found"},
	} {
		req, _ := http.NewRequest("GET", tt.url, nil)
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.code || !strings.Contains(string(text), tt.body) {
			t.Errorf("%s: %d %s; want %d %s", tt.url, resp.StatusCode, text, tt.code, tt.body)
		}
	}
	if _, body := d.get("/api/v1/status"); body != "false 0 0" {
		t.Errorf("over the network: %s, want nobody", body)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestSocketTakesNoOthersPlace(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }

	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: at("stale"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	live, err := net.Listen("unix", at("live"))
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	if err := os.WriteFile(at("file"), []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("live"), at("link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, path, want string }{
		{"stale", at("stale"), ""},
		{"live", at("live"), "another daemon answers"},
		{"file", at("file"), "in the way"},
		{"link", at("link"), "in the way"},
		{"folder", dir, "in the way"},
		{"abstract", "@ngoctl", "abstract"},
		{"abstract by NUL", "\x00ngoctl", "abstract"},
		{"long", at(strings.Repeat("x", 100)), "longer than"},
		{"no folder", at("none/s"), "no such file"},
	} {
		ln, err := listenSocket(tt.path)
		if err == nil {
			ln.Close()
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if text, _ := os.ReadFile(at("file")); string(text) != "precious" {
		t.Error("a file was touched")
	}
	left, _ := filepath.Glob(at(".*"))
	if len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestSocketOfASuccessorIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), "s")
	first, err := listenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	second, err := listenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	first.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the successor's socket is gone: %v", err)
	}
}
