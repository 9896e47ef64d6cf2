package ingress

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestServesHTTP2OverTLSWithSafeHeaders(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	resp, err := d.client.Get(d.url("/api/v1/status"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 || resp.TLS.Version < tls.VersionTLS12 {
		t.Errorf("served %s over TLS %x, want HTTP/2 over at least 1.2", resp.Proto, resp.TLS.Version)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options":    "nosniff",
		"X-Frame-Options":           "DENY",
		"Referrer-Policy":           "no-referrer",
		"Cache-Control":             "no-store",
		"Content-Security-Policy":   "default-src 'none'; frame-ancestors 'none'",
		"Strict-Transport-Security": "", // our own authority
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if resp.Header.Get("X-Request-Id") == "" {
		t.Error("no X-Request-Id")
	}
}

// A connection is one place, so it must not carry any number of requests that are held open.
func TestOneConnectionCarriesFewRequests(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	from := map[string]int{} // requests by connection
	release := make(chan struct{})
	d := start(t, func(o *Options) {
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			from[r.RemoteAddr]++
			mu.Unlock()
			<-release
		})
	})
	d.get("/healthz") // the client then knows how many a connection takes
	var wait sync.WaitGroup
	for range maxStreams + 1 {
		wait.Go(func() { d.get("/api/x") })
	}
	await(t, "all requests", func() bool {
		mu.Lock()
		defer mu.Unlock()
		sum := 0
		for _, n := range from {
			sum += n
		}
		return sum == maxStreams+1
	})
	close(release)
	wait.Wait()
	if len(from) != 2 {
		t.Errorf("%d requests came over %d connections, want 2", maxStreams+1, len(from))
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	probe := time.Now()
	d := start(t, func(o *Options) {
		o.Probe = func() time.Time { mu.Lock(); defer mu.Unlock(); return probe }
	})
	if code, _ := d.get("/readyz"); code != 200 {
		t.Errorf("readyz with a fresh probe: %d, want 200", code)
	}
	mu.Lock()
	probe = probe.Add(-time.Minute)
	mu.Unlock()
	if code, body := d.get("/readyz"); code != 503 || !strings.Contains(body, "unavailable") {
		t.Errorf("readyz with an old probe: %d %s, want 503", code, body)
	}
	if code, _ := d.get("/healthz"); code != 200 {
		t.Errorf("healthz: %d, want 200", code)
	}
	if code, _ := d.get("/metrics"); code != 404 {
		t.Errorf("metrics on the main listener: %d, want 404", code)
	}
}

func TestMetricsOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{Listen: "127.0.0.1:0", TLS: TLS{Mode: Off}, Hooks: http.NotFoundHandler(), API: http.NotFoundHandler(), Metrics: "0.0.0.0:9464"}); err == nil {
		t.Error("metrics on every address: no error")
	}
	d := start(t, func(o *Options) { o.Metrics = "127.0.0.1:0" })
	d.get("/api/v1/status")
	resp, err := http.Get("http://" + d.fronts[1].ln.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	text, _ := io.ReadAll(resp.Body)
	if want := `ngoctl_http_requests_total{listener="main",route="/api/",status="2xx"} 1`; !strings.Contains(string(text), want) {
		t.Errorf("metrics lack %s:\n%s", want, text)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) { o.Limits.APIBody, o.Limits.HookBody = 1000, 2000 })
	chunked := func(n int) io.Reader { return io.MultiReader(strings.NewReader(strings.Repeat("x", n))) }
	for _, tt := range []struct {
		name    string
		path    string
		body    io.Reader
		headers []string
		want    int
	}{
		{"within", "/api/x", strings.NewReader(strings.Repeat("x", 1000)), nil, 200},
		{"over, length told", "/api/x", strings.NewReader(strings.Repeat("x", 1001)), nil, 413},
		{"chunked within", "/api/x", chunked(1000), nil, 200},
		{"chunked over", "/api/x", chunked(1001), nil, 413},
		{"hook within", "/hooks/o/a", chunked(2000), nil, 200},
		{"hook over", "/hooks/o/a", chunked(2001), nil, 413},
		{"gzip", "/hooks/o/a", strings.NewReader("x"), []string{"Content-Encoding", "gzip"}, 415},
		{"twice encoded", "/hooks/o/a", strings.NewReader("x"), []string{"Content-Encoding", "identity", "Content-Encoding", "br"}, 415},
		{"identity", "/hooks/o/a", strings.NewReader("x"), []string{"Content-Encoding", "identity"}, 200},
		{"unknown place", "/x", nil, nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if code, body := d.send("POST", tt.path, tt.body, tt.headers...); code != tt.want {
				t.Errorf("%d %s, want %d", code, body, tt.want)
			}
		})
	}
}

// A huge body is refused before it is sent: net/http's client waits for the word to go on.
func TestHugeBodyIsRefusedUnread(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	c := d.dial()
	fmt.Fprintf(c, "POST /hooks/o/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\nExpect: 100-continue\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 413 || !resp.Close {
		t.Errorf("%s, close %v; want 413 and the connection closed", resp.Status, resp.Close)
	}
}

func TestForwardedAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		proxies string
		peer    string
		headers []string
		want    string
	}{
		{"no proxy", "", "192.0.2.1:9", nil, "192.0.2.1:9"},
		{"forged without a proxy", "", "192.0.2.1:9", []string{"1.2.3.4"}, "192.0.2.1:0"},
		{"forged past a proxy of others", "10.0.0.0/8", "192.0.2.1:9", []string{"1.2.3.4"}, "192.0.2.1:0"},
		{"proxy tells", "10.0.0.0/8", "10.1.1.1:9", []string{"1.2.3.4"}, "1.2.3.4:0"},
		{"forged entry in front", "10.0.0.0/8", "10.1.1.1:9", []string{"6.6.6.6, 1.2.3.4"}, "1.2.3.4:0"},
		{"forged line in front", "10.0.0.0/8", "10.1.1.1:9", []string{"6.6.6.6", "1.2.3.4"}, "1.2.3.4:0"},
		{"two proxies", "10.0.0.0/8", "10.1.1.1:9", []string{"6.6.6.6, 1.2.3.4, 10.2.2.2"}, "1.2.3.4:0"},
		{"garbage", "10.0.0.0/8", "10.1.1.1:9", []string{"1.2.3.4, <script>"}, "10.1.1.1:0"},
		{"empty", "10.0.0.0/8", "10.1.1.1:9", []string{""}, "10.1.1.1:0"},
		{"with port", "10.0.0.0/8", "10.1.1.1:9", []string{"1.2.3.4:555"}, "1.2.3.4:0"},
		{"IPv6", "fd00::/8", "[fd00::1]:9", []string{"[2001:db8::7]"}, "[2001:db8::7]:0"},
		{"IPv4 in IPv6", "10.0.0.0/8", "[::ffff:10.1.1.1]:9", []string{"::ffff:1.2.3.4"}, "1.2.3.4:0"},
		{"socket", "", "@", []string{"1.2.3.4"}, "@"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &Server{}
			if tt.proxies != "" {
				s.o.Proxies = []netip.Prefix{netip.MustParsePrefix(tt.proxies)}
			}
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{}}
			for _, h := range tt.headers {
				r.Header.Add("X-Forwarded-For", h)
			}
			s.takeAddress(r)
			if r.RemoteAddr != tt.want || r.Header["X-Forwarded-For"] != nil {
				t.Errorf("%s, header %q; want %s and none", r.RemoteAddr, r.Header["X-Forwarded-For"], tt.want)
			}
		})
	}
}

func TestPanicCostsOneRequest(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) {
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/api/early":
				panic("secret of a donor")
			case "/api/late":
				io.WriteString(w, strings.Repeat("x", 100_000))
				panic("late")
			}
		})
	})
	if code, body := d.get("/api/early"); code != 500 || !strings.Contains(body, "internal") {
		t.Errorf("%d %s, want 500", code, body)
	}
	resp, err := d.client.Get(d.url("/api/late"))
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looks whole")
	}
	if code, _ := d.get("/api/fine"); code != 200 {
		t.Errorf("after the panics: %d, want 200", code)
	}
	d.stop()
	if strings.Contains(d.log.String(), "secret of a donor") {
		t.Error("the log holds what was panicked with")
	}
	if n := len(d.log.with("handler panicked")); n != 2 {
		t.Errorf("%d panics logged, want 2", n)
	}
}

func TestLogLine(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	d.send("POST", "/hooks/sevai/razorpay?token=canary", strings.NewReader("canary"))
	d.get("/api/v1/orgs/sevai/summary")
	d.get("/api/x%0a%1b%5d%E2%80%AE")
	d.stop()
	if strings.Contains(d.log.String(), "canary") {
		t.Error("the log holds a query or a body")
	}
	got := d.log.with("request")
	if len(got) != 3 {
		t.Fatalf("%d lines, want 3", len(got))
	}
	if got[0]["org"] != "sevai" || got[1]["org"] != "sevai" || got[0]["path"] != "/hooks/sevai/razorpay" {
		t.Errorf("lines %v: want the organisation and the path", got)
	}
	for _, key := range []string{"request", "method", "status", "took", "bytes", "address"} {
		if got[0][key] == nil {
			t.Errorf("line %v lacks %s", got[0], key)
		}
	}
	if path := got[2]["path"]; path != "/api/x%0a%1b%5d%E2%80%AE" {
		t.Errorf("path %q, want it escaped", path)
	}
}

func TestFloodOfRefusalsLogsLittle(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	for range 1000 {
		d.get("/wp-login.php")
	}
	d.stop()
	if n := len(d.log.with("request")); n < 200 || n > 400 {
		t.Errorf("%d lines for 1000 refusals, want about 200", n)
	}
}

func TestAPIRefusesPages(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) {
		o.TLS = TLS{Mode: Off, Domains: []string{"Box.Example"}}
		o.BaseURL = "https://ngo.example:8443"
	})
	for _, tt := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:1", "", 200},
		{"localhost", "", 200},
		{"[::1]:8443", "", 200},
		{"ngo.example", "", 200},
		{"BOX.example:99", "", 200},
		{"evil.example", "", 403},
		{"localhost.evil.example", "", 403},
		{"localhost", "null", 403},
		{"localhost", "http://localhost", 403},
	} {
		req, _ := http.NewRequest("GET", d.url("/api/v1/status"), nil)
		req.Host = tt.host
		if tt.origin != "" {
			req.Header.Set("Origin", tt.origin)
		}
		resp, err := d.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("Host %q, Origin %q: %d, want %d", tt.host, tt.origin, resp.StatusCode, tt.want)
		}
	}
	req, _ := http.NewRequest("POST", d.url("/hooks/a/b"), nil)
	req.Host = "whatever.example"
	resp, err := d.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("a hook under another name: %d, want 200: a signature vouches for it", resp.StatusCode)
	}
}

func TestPortInUseSaysWhatToDo(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	_, err := func() (*Server, error) {
		s, err := New(Options{Listen: d.Addr().String(), TLS: TLS{Mode: Off}, Hooks: http.NotFoundHandler(), API: http.NotFoundHandler()})
		if err == nil {
			err = s.Run(t.Context())
		}
		return s, err
	}()
	if err == nil || !strings.Contains(err.Error(), "another program listens") {
		t.Errorf("%v, want what to do", err)
	}
}
