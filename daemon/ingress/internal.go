package ingress

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// authority is our own certificate authority for a LAN, in DATA/tls/internal. People install ca.pem on their devices, so
// it may sign for nothing but private addresses, local names and the names in the configuration: stolen, it opens no bank.
type authority struct {
	s    *Server
	cert *x509.Certificate
	key  crypto.Signer
}

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 90 * 24 * time.Hour
	leafRenew     = leafLife / 3 // before its end
	clockSlack    = time.Hour
)

// next gives the certificate to serve now: the current one, the one kept on disk, or a new one.
func (a *authority) next(current *tls.Certificate) (*tls.Certificate, error) {
	names, err := a.names()
	if err != nil {
		return nil, err
	}
	now := a.s.o.Now()
	if current == nil {
		if err := a.open(names); err != nil {
			return nil, fmt.Errorf("open our certificate authority: %w", err)
		}
		current = a.kept()
	}
	if current != nil && current.Leaf.NotAfter.Sub(now) > leafRenew && covers(current.Leaf, names) {
		return current, nil
	}
	if a.cert.NotAfter.Sub(now) < leafLife {
		if err := a.create(names); err != nil {
			return nil, fmt.Errorf("renew our certificate authority: %w", err)
		}
	}
	fresh, err := a.issue(names)
	if err != nil {
		return nil, fmt.Errorf("issue our certificate: %w", err)
	}
	return fresh, nil
}

func (a *authority) path(name string) string { return filepath.Join(a.s.o.TLS.Dir, "internal", name) }

// open loads the authority, or makes it when there is none yet.
func (a *authority) open(names []string) error {
	if _, err := os.Lstat(a.path("ca.pem")); errors.Is(err, os.ErrNotExist) {
		return a.create(names)
	}
	pair, err := tls.LoadX509KeyPair(a.path("ca.pem"), a.path("ca.key"))
	if err != nil {
		return err
	}
	a.cert, a.key = pair.Leaf, pair.PrivateKey.(crypto.Signer) // we only ever wrote ECDSA keys
	for _, name := range names {
		if !permits(a.cert, name) {
			return &ngo.Error{Code: ngo.Invalid, Message: "our certificate authority may not sign for " + name,
				Hint: "remove the folder " + filepath.Dir(a.path("ca.pem")) + " to make a new one, then install its ca.pem on every device again"}
		}
	}
	return nil
}

func (a *authority) create(names []string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := a.s.o.Now()
	t := &x509.Certificate{
		SerialNumber:                serial(),
		Subject:                     pkix.Name{CommonName: "ngoctl " + now.Format(time.DateOnly), Organization: []string{"ngoctl on this network"}},
		NotBefore:                   now.Add(-clockSlack),
		NotAfter:                    now.Add(authorityLife),
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"localhost", "local", "lan", "internal", "home.arpa"},
		PermittedIPRanges:           privateRanges(),
	}
	for _, name := range names {
		if !permits(t, name) {
			permit(t, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return err
	}
	if err := a.save("ca", [][]byte{der}, key); err != nil {
		return err
	}
	a.key = key
	a.cert, err = x509.ParseCertificate(der)
	return err
}

func (a *authority) issue(names []string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := a.s.o.Now()
	t := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: names[0]},
		NotBefore:             now.Add(-clockSlack),
		NotAfter:              now.Add(leafLife),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	if err := a.save("cert", [][]byte{der, a.cert.Raw}, key); err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, err
}

// kept gives the certificate on disk if our authority signed it. Anything else is as good as none: a new one is cheap.
func (a *authority) kept() *tls.Certificate {
	pair, err := tls.LoadX509KeyPair(a.path("cert.pem"), a.path("cert.key"))
	if err != nil || pair.Leaf.CheckSignatureFrom(a.cert) != nil {
		return nil
	}
	return &pair
}

// save writes the key first: a certificate without its key would stop the next start, a key alone does not.
func (a *authority) save(name string, chain [][]byte, key *ecdsa.PrivateKey) error {
	if err := os.MkdirAll(filepath.Dir(a.path(name)), 0o700); err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := replaceFile(a.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	var text []byte
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c})...)
	}
	return replaceFile(a.path(name+".pem"), text, 0o644)
}

// replaceFile puts a whole new file in the place of the old one.
func replaceFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

// names gives what people on the LAN may call this box: the configured names, its host name, its private addresses.
func (a *authority) names() ([]string, error) {
	names := slices.Clone(a.s.o.TLS.Domains)
	if host, err := os.Hostname(); err == nil && host != "" {
		host = strings.ToLower(host)
		names = append(names, host)
		if !strings.Contains(host, ".") {
			names = append(names, host+".local")
		}
	}
	names = append(names, "localhost", "127.0.0.1", "::1")
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("find the addresses of this box: %w", err)
	}
	for _, addr := range addrs {
		p, err := netip.ParsePrefix(addr.String())
		if err == nil && p.Addr().IsPrivate() {
			names = append(names, p.Addr().String())
		}
	}
	slices.Sort(names[len(a.s.o.TLS.Domains):])
	return slices.Compact(names), nil
}

func covers(leaf *x509.Certificate, names []string) bool {
	for _, name := range names {
		if leaf.VerifyHostname(name) != nil {
			return false
		}
	}
	return true
}

func permits(ca *x509.Certificate, name string) bool {
	if ip := net.ParseIP(name); ip != nil {
		return slices.ContainsFunc(ca.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(ip) })
	}
	return slices.ContainsFunc(ca.PermittedDNSDomains, func(d string) bool { return name == d || strings.HasSuffix(name, "."+d) })
}

func permit(ca *x509.Certificate, name string) {
	ip := net.ParseIP(name)
	if ip == nil {
		ca.PermittedDNSDomains = append(ca.PermittedDNSDomains, name)
		return
	}
	bits := 8 * net.IPv6len
	if v4 := ip.To4(); v4 != nil {
		ip, bits = v4, 8*net.IPv4len
	}
	ca.PermittedIPRanges = append(ca.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
}

func privateRanges() []*net.IPNet {
	var out []*net.IPNet
	for _, s := range [...]string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"} {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			panic(err) // the list above is ours
		}
		out = append(out, n)
	}
	return out
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand aborts the program before it would fail
	}
	return n.Add(n, big.NewInt(1))
}
