package ingress

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// pebble is a certificate authority on loopback that refuses a fifth of all nonces. The client asks again a few times; of an
// order of a dozen requests more refusals would now and then use up its patience, and it starts over a minute later.
type pebble struct {
	*httptest.Server
	ca  *ca.CAImpl
	log *lines
}

// newPebble validates at these ports of loopback, whatever the name.
func newPebble(t *testing.T, httpPort, tlsPort int) *pebble {
	t.Helper()
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "20")
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	p := &pebble{log: &lines{}}
	logger := log.New(p.log, "", 0)
	store := db.NewMemoryStore()
	p.ca = ca.New(logger, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "default"}})
	validator := va.New(logger, httpPort, tlsPort, false, resolver(t), store)
	front := wfe.New(logger, store, validator, p.ca, []string{"pebble.example"}, false, false, 1, 1)
	p.Server = httptest.NewTLSServer(front.Handler())
	t.Cleanup(p.Close)
	return p
}

func (p *pebble) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.Certificate())
	return pool
}

// trust is what a visitor's browser would trust.
func (p *pebble) trust(name string) *tls.Config {
	pool := x509.NewCertPool()
	block := p.ca.GetRootCert(0).PEM()
	if b, _ := pem.Decode(block); b == nil {
		panic("pebble's root is no PEM")
	}
	pool.AppendCertsFromPEM(block)
	return &tls.Config{RootCAs: pool, ServerName: name}
}

// resolver answers every question with loopback.
func resolver(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &dns.Server{Listener: ln, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1)})
		}
		w.WriteMsg(m)
	})}
	var wait sync.WaitGroup
	wait.Go(func() { srv.ActivateAndServe() })
	t.Cleanup(func() { srv.Shutdown(); wait.Wait() })
	return ln.Addr().String()
}

// freePort finds a port that Pebble can be told before the Server has it.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

func at(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Not parallel: Pebble takes its settings from the environment.
func TestACME(t *testing.T) {
	for _, tt := range []struct{ name, challenge string }{{"over HTTP", "http-01"}, {"over TLS when plain HTTP is taken", "tls-alpn-01"}} {
		t.Run(tt.name, func(t *testing.T) {
			httpPort, tlsPort := freePort(t), freePort(t)
			p := newPebble(t, httpPort, tlsPort)
			if tt.challenge == "tls-alpn-01" {
				other, err := net.Listen("tcp", at(httpPort))
				if err != nil {
					t.Fatal(err)
				}
				defer other.Close()
			}
			dir := t.TempDir()
			d := start(t, func(o *Options) {
				o.Listen = at(tlsPort)
				o.TLS = TLS{Mode: ACME, Dir: dir, Domains: []string{"NGO.example"}, EMail: "admin@ngo.example",
					Directory: p.URL + wfe.DirectoryPath, Roots: p.roots(), HTTP: at(httpPort)}
			})
			began := time.Now()
			deadline := began.Add(3 * time.Minute) // a second attempt comes after a minute
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				c, err := tls.Dial("tcp", d.Addr().String(), p.trust("ngo.example"))
				if err == nil {
					c.Close()
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("no certificate after three minutes: %v\n%s\n%s", err, d.log, p.log)
				}
				<-tick.C
			}
			t.Logf("a certificate after %s", time.Since(began).Round(time.Millisecond))
			if tt.challenge == "http-01" {
				checkRedirect(t, d, httpPort, tlsPort)
				checkStrangeNames(t, d, p)
			}
			if keys, _ := filepath.Glob(filepath.Join(dir, "certificates", "*", "*", "*.key")); len(keys) != 1 {
				t.Errorf("keys %q, want one", keys)
			}
		})
	}
}

func checkRedirect(t *testing.T, d *door, httpPort, tlsPort int) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true}}
	for _, tt := range []struct {
		method, host string
		code         int
		location     string
	}{
		{"GET", "ngo.example", 301, fmt.Sprintf("https://ngo.example:%d/r/x?y=1", tlsPort)},
		{"HEAD", "NGO.example:80", 301, fmt.Sprintf("https://ngo.example:%d/r/x?y=1", tlsPort)},
		{"POST", "ngo.example", 403, ""},
		{"GET", "evil.example", 404, ""},
	} {
		req, _ := http.NewRequest(tt.method, "http://"+at(httpPort)+"/r/x?y=1", nil)
		req.Host = tt.host
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if got := resp.Header.Get("Location"); resp.StatusCode != tt.code || got != tt.location {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.host, resp.StatusCode, got, tt.code, tt.location)
		}
	}
}

// A thousand names that are not ours cost failed handshakes and not one order.
func checkStrangeNames(t *testing.T, d *door, p *pebble) {
	t.Helper()
	orders := func() int { return strings.Count(p.log.String(), "order") }
	before := orders()
	for i := range 1000 {
		c, err := tls.Dial("tcp", d.Addr().String(), p.trust(fmt.Sprintf("n%d.example", i)))
		if err == nil {
			c.Close()
			t.Fatal("a certificate for a name that is not ours")
		}
	}
	if after := orders(); before == 0 || after != before {
		t.Errorf("%d words of orders in the authority's log, then %d: want none more", before, after)
	}
	if d.log.String() != "" && strings.Contains(d.log.String(), "n999.example") {
		t.Error("strangers' names fill the log")
	}
}
