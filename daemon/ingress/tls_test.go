package ingress

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestOffIsForLoopbackAndProxies(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.5/32")}
	for _, tt := range []struct {
		listen  string
		proxies []netip.Prefix
		ok      bool
	}{
		{"127.0.0.1:8443", nil, true},
		{"localhost:8443", nil, true},
		{"[::1]:8443", nil, true},
		{":8443", nil, false},
		{"0.0.0.0:8443", nil, false},
		{"192.168.1.2:8443", nil, false},
		{"127.0.0.1.evil.example:8443", nil, false},
		{"192.168.1.2:8443", proxies, true},
	} {
		_, err := New(Options{Listen: tt.listen, Proxies: tt.proxies, TLS: TLS{Mode: Off}, Hooks: http.NotFoundHandler(), API: http.NotFoundHandler()})
		if (err == nil) != tt.ok {
			t.Errorf("off at %s with proxies %v: %v, want ok %v", tt.listen, tt.proxies, err, tt.ok)
		}
	}
	s := &Server{o: Options{Listen: ":8443", Proxies: proxies, TLS: TLS{Mode: Off}}}
	open := s.openTo()
	for addr, want := range map[string]bool{"127.0.0.1": true, "::1": true, "10.0.0.5": true, "10.0.0.6": false, "192.0.2.1": false} {
		if got := open(netip.MustParseAddr(addr)); got != want {
			t.Errorf("behind a proxy, %s may connect: %v, want %v", addr, got, want)
		}
	}
}

func TestEveryFaultOfTheOptionsIsNamed(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Listen: "nowhere", Metrics: ":1", BaseURL: "ngo.example", TLS: TLS{Mode: "best"}})
	for _, want := range []string{"Hooks and API", "nowhere", "metrics", "base URL", "best"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want it to name %q", err, want)
		}
	}
	for mode, want := range map[Mode]string{ACME: "domain", Files: "its key", Internal: "a folder"} {
		_, err := New(Options{Listen: ":443", TLS: TLS{Mode: mode}, Hooks: http.NotFoundHandler(), API: http.NotFoundHandler()})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("mode %s with nothing: %v, want %q named", mode, err, want)
		}
	}
}

// ours makes an authority in dir for a box with these names; now can be moved.
func ours(t *testing.T, dir string, now *time.Time, domains ...string) *authority {
	t.Helper()
	return &authority{s: &Server{o: Options{
		TLS: TLS{Mode: Internal, Dir: dir, Domains: domains},
		Now: func() time.Time { return *now },
		Log: slog.New(slog.DiscardHandler),
	}}}
}

func TestAuthorityIsKeptAndRenewed(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	a := ours(t, dir, &now, "ngo.lan")
	first, err := a.next(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Leaf.VerifyHostname("ngo.lan"); err != nil {
		t.Error(err)
	}
	again, err := ours(t, dir, &now, "ngo.lan").next(nil) // a restart
	if err != nil || !again.Leaf.Equal(first.Leaf) {
		t.Errorf("after a restart: another certificate (%v), want the same", err)
	}
	if same, err := a.next(first); err != nil || same != first {
		t.Errorf("a minute later: another certificate (%v), want the same", err)
	}
	now = now.Add(61 * 24 * time.Hour)
	renewed, err := a.next(first)
	if err != nil || renewed == first {
		t.Fatalf("29 days before its end: the same certificate (%v), want a new one", err)
	}
	verify(t, renewed, a.cert, now, "ngo.lan", "127.0.0.1", "localhost")
	ca := a.cert
	now = now.Add(9*365*24*time.Hour + 300*24*time.Hour)
	renewed, err = a.next(renewed)
	if err != nil || a.cert.Equal(ca) {
		t.Fatalf("as the authority ends: the same authority (%v), want a new one", err)
	}
	verify(t, renewed, a.cert, now, "ngo.lan")
	keys, _ := filepath.Glob(filepath.Join(dir, "internal", "*.key"))
	if len(keys) != 2 {
		t.Errorf("keys %q, want two", keys)
	}
	for _, key := range keys {
		if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v (%v), want 600", key, info.Mode(), err)
		}
	}
}

func verify(t *testing.T, c *tls.Certificate, ca *x509.Certificate, now time.Time, names ...string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for _, name := range names {
		if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, DNSName: name}); err != nil {
			t.Errorf("verify for %s: %v", name, err)
		}
	}
}

// Whoever steals our authority's key must not be able to pose as a bank to those who installed it.
func TestAuthorityCannotSignForTheWorld(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	a := ours(t, dir, &now, "ngo.example", "203.0.113.9")
	if _, err := a.next(nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"ngo.example": true, "desk.ngo.example": true, "printer.local": true, "192.168.7.7": true, "203.0.113.9": true,
		"bank.example": false, "8.8.8.8": false, "notngo.example": false,
	} {
		leaf, err := a.issue([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(a.cert)
		_, err = leaf.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
		if (err == nil) != want {
			t.Errorf("a certificate for %s: %v, want trusted %v", name, err, want)
		}
	}
	if _, err := ours(t, dir, &now, "other.example").next(nil); ngo.CodeOf(err) != ngo.Invalid || !strings.Contains(err.Error(), "other.example") {
		t.Errorf("a name it may not sign: %v, want what to do", err)
	}
}

func TestFilesAreReloadedWithinAMinute(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), time.Now()
	certFile, keyFile := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	writePair(t, certFile, keyFile, "one.example", now)
	f := &certFiles{cert: certFile, key: keyFile}
	first, err := f.next(nil)
	if err != nil {
		t.Fatal(err)
	}
	var log lines
	r := &renewing{next: f.next, now: func() time.Time { return now }, log: slog.New(slog.NewJSONHandler(&log, nil)), cert: first, checked: now}
	served := func() string {
		c, err := r.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.Subject.CommonName
	}
	writePair(t, certFile, keyFile, "two.example", now.Add(time.Second))
	if got := served(); got != "one.example" {
		t.Errorf("within the minute: %s, want one.example", got)
	}
	now = now.Add(time.Minute)
	if got := served(); got != "two.example" {
		t.Errorf("a minute later: %s, want two.example", got)
	}
	if err := os.WriteFile(keyFile, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if got := served(); got != "two.example" {
		t.Errorf("with a broken key: %s, want two.example still", got)
	}
	if n := len(log.with("certificate not renewed")); n != 1 {
		t.Errorf("%d complaints, want 1", n)
	}
	now = now.Add(-48 * time.Hour) // a clock set back must not stop the checks
	writePair(t, certFile, keyFile, "three.example", now)
	if got := served(); got != "three.example" {
		t.Errorf("after the clock went back: %s, want three.example", got)
	}
}

func TestFilesServeHSTS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	leaf := writePair(t, certFile, keyFile, "localhost", time.Now())
	d := start(t, func(o *Options) { o.TLS = TLS{Mode: Files, CertFile: certFile, KeyFile: keyFile} })
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	d.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool, ServerName: "localhost"}
	resp, err := d.client.Get(d.url("/healthz"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

func TestMissingFilesStopTheStart(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Listen: ":443", TLS: TLS{Mode: Files, CertFile: "none.pem", KeyFile: "none.key"}, Hooks: http.NotFoundHandler(), API: http.NotFoundHandler()})
	if err == nil || !strings.Contains(err.Error(), "none.pem") {
		t.Errorf("%v, want the file named", err)
	}
}

// writePair puts a self-signed certificate for name into two files that look changed at the given time.
func writePair(t *testing.T, certFile, keyFile, name string, changed time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	d := start(t, nil)
	config := d.trust()
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	c, err := (&tls.Dialer{Config: config}).DialContext(context.Background(), "tcp", d.Addr().String())
	if err == nil {
		c.Close()
		t.Error("TLS 1.1 was accepted")
	}
}
