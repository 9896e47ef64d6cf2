package ingress

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Mode says where certificates come from.
type Mode string

// The modes of TLS.
const (
	ACME     Mode = "acme"     // a certificate authority on the internet, such as Let's Encrypt
	Files    Mode = "files"    // two files that somebody else renews
	Internal Mode = "internal" // our own authority, for a LAN
	Off      Mode = "off"      // loopback, or behind a proxy that is named
)

// TLS says how the main listener is protected.
type TLS struct {
	Mode     Mode
	Dir      string   // where acme and internal keep what they have: DATA/tls
	Domains  []string // the names of this box; acme needs at least one
	CertFile string   // files: PEM, the chain included
	KeyFile  string   // files

	EMail     string         // acme: for the authority's warnings; optional
	Directory string         // acme: URL of the authority; Let's Encrypt when empty
	Roots     *x509.CertPool // acme: whom to trust at that URL; the system's when nil
	HTTP      string         // acme: HOST:PORT for challenges and redirects; port 80 at the host of Listen when empty
}

func (o *Options) checkTLS() []string {
	t := &o.TLS
	if host, _, err := net.SplitHostPort(o.Listen); err == nil && t.HTTP == "" {
		t.HTTP = net.JoinHostPort(host, "80")
	}
	t.Domains = slices.Clone(t.Domains) // the caller's stay as they are
	for i, d := range t.Domains {
		t.Domains[i] = strings.ToLower(d)
	}
	var faults []string
	switch t.Mode {
	case ACME:
		if len(t.Domains) == 0 {
			faults = append(faults, "tls mode acme: name at least one domain")
		}
	case Files:
		if t.CertFile == "" || t.KeyFile == "" {
			faults = append(faults, "tls mode files: name the certificate and its key")
		}
	case Internal:
	case Off:
		if !Loopback(o.Listen) && len(o.Proxies) == 0 {
			faults = append(faults, fmt.Sprintf("tls is off, but %s can be reached by others: listen on 127.0.0.1, name the proxy in front in proxies, or choose another tls mode", o.Listen))
		}
	default:
		faults = append(faults, fmt.Sprintf("tls mode %q: choose acme, files, internal or off", t.Mode))
	}
	if (t.Mode == ACME || t.Mode == Internal) && t.Dir == "" {
		faults = append(faults, fmt.Sprintf("tls mode %s: a folder to keep certificates in is required", t.Mode))
	}
	return faults
}

// loadTLS gives what the main listener needs, nil when TLS is off. acme is added when the port is known.
func (s *Server) loadTLS() (*tls.Config, error) {
	var next func(*tls.Certificate) (*tls.Certificate, error)
	switch s.o.TLS.Mode {
	case Files:
		next = (&certFiles{cert: s.o.TLS.CertFile, key: s.o.TLS.KeyFile}).next
	case Internal:
		next = (&authority{s: s}).next
	default:
		return nil, nil
	}
	first, err := next(nil)
	if err != nil {
		return nil, err
	}
	r := &renewing{cert: first, checked: s.o.Now(), next: next, now: s.o.Now, log: s.o.Log}
	config := tlsBase()
	config.GetCertificate = r.get
	return config, nil
}

// tlsBase is what every mode starts from.
func tlsBase() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
}

// renewing serves one certificate and looks at a handshake, once a minute at most, whether there is a newer one. When
// the newer one cannot be had, it keeps the one it has and says so.
type renewing struct {
	next func(current *tls.Certificate) (*tls.Certificate, error)
	now  func() time.Time
	log  *slog.Logger

	mu      sync.Mutex
	cert    *tls.Certificate
	checked time.Time
}

func (r *renewing) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if age := now.Sub(r.checked); age >= 0 && age < time.Minute {
		return r.cert, nil
	}
	r.checked = now
	fresh, err := r.next(r.cert)
	if err != nil {
		r.log.Error("certificate not renewed", "err", err)
		return r.cert, nil
	}
	if fresh != r.cert {
		r.log.Info("certificate changed", "until", fresh.Leaf.NotAfter)
	}
	r.cert = fresh
	return r.cert, nil
}

// certFiles loads a certificate from two files again when either has changed.
type certFiles struct {
	cert, key string
	loaded    [2]time.Time
}

func (f *certFiles) next(current *tls.Certificate) (*tls.Certificate, error) {
	var changed [2]time.Time
	for i, name := range [...]string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return nil, f.broken(err)
		}
		changed[i] = info.ModTime()
	}
	if current != nil && changed == f.loaded {
		return current, nil
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, f.broken(err)
	}
	f.loaded = changed
	return &pair, nil
}

func (f *certFiles) broken(err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the certificate %s with the key %s cannot be used", f.cert, f.key),
		Hint: "both must be PEM, belong together, and be readable for the user that runs the daemon", Err: err}
}
