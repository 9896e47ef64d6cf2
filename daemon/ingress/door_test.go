package ingress

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// Pebble's validator has no way to be stopped; certmagic keeps a limiter per authority as long as it lives, and
		// the keeper of a lock file notices within five seconds that the file is gone.
		goleak.IgnoreTopFunction("github.com/letsencrypt/pebble/v2/va.VAImpl.processTasks"),
		goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.(*RingBufferRateLimiter).loop"),
		goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"))
}

// door is a running Server and a client that trusts it.
type door struct {
	*Server
	t      *testing.T
	dir    string
	log    *lines
	client *http.Client
	stop   func() error // stops it and gives what Run returned
}

// start runs a Server with its own authority on loopback. Fields that the test leaves empty get something harmless.
func start(t *testing.T, change func(*Options)) *door {
	t.Helper()
	d := &door{t: t, dir: t.TempDir(), log: &lines{}}
	o := Options{
		Listen: "127.0.0.1:0",
		TLS:    TLS{Mode: Internal, Dir: d.dir},
		Hooks:  http.HandlerFunc(echo),
		API:    http.HandlerFunc(echo),
		Probe:  time.Now,
		Log:    slog.New(slog.NewJSONHandler(d.log, nil)),
	}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	d.Server = s
	d.client = &http.Client{Transport: &http.Transport{TLSClientConfig: d.trust(), ForceAttemptHTTP2: true}, Timeout: 30 * time.Second}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	d.stop = sync.OnceValue(func() error {
		d.client.CloseIdleConnections()
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := d.stop(); err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	})
	return d
}

func (d *door) trust() *tls.Config {
	pem, err := os.ReadFile(filepath.Join(d.dir, "internal", "ca.pem"))
	if err != nil {
		return &tls.Config{} // another mode
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool}
}

func (d *door) url(path string) string {
	scheme := "https"
	if d.tls == nil {
		scheme = "http"
	}
	return scheme + "://" + d.Addr().String() + path
}

// dial connects as one client of the main listener, over TLS if there is any.
func (d *door) dial() net.Conn {
	d.t.Helper()
	var c net.Conn
	var err error
	if d.tls == nil {
		c, err = net.Dial("tcp", d.Addr().String())
	} else {
		c, err = tls.Dial("tcp", d.Addr().String(), d.trust())
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	return c
}

func (d *door) get(path string, headers ...string) (int, string) {
	d.t.Helper()
	return d.send(http.MethodGet, path, nil, headers...)
}

func (d *door) send(method, path string, body io.Reader, headers ...string) (int, string) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.url(path), body)
	if err != nil {
		d.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := d.client.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// echo reads the body and says who asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		http.Error(w, fmt.Sprint(tooLarge.Limit), http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%s %d %s", r.RemoteAddr, len(body), r.Header.Get("X-Forwarded-For"))
}

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// with gives the lines that have this message.
func (l *lines) with(message string) []map[string]any {
	var out []map[string]any
	sc := bufio.NewScanner(strings.NewReader(l.String()))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var m map[string]any
		if json.Unmarshal(sc.Bytes(), &m) == nil && m["msg"] == message {
			out = append(out, m)
		}
	}
	return out
}

// await polls for something that another goroutine does soon.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
		<-tick.C
	}
}
