package daemon

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/ingress"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Config is what stands in config.toml: how the daemon meets the world and how much it does at once. Everything else is
// in the databases. The comments below are also those that WriteConfig puts into the file.
type Config struct {
	Listen  string        `toml:"listen" comment:"Where the daemon listens: HOST:PORT, or :PORT for every address of this box."`
	BaseURL string        `toml:"base_url,omitempty" comment:"The address under which the world finds it, when a router or a proxy stands in between."`
	Proxies []string      `toml:"proxies,omitempty" comment:"Addresses or networks of reverse proxies in front, whose X-Forwarded-For is believed."`
	TLS     TLSConfig     `toml:"tls"`
	Lanes   Lanes         `toml:"lanes,omitempty" comment:"How many jobs of a kind run at once."`
	Log     LogConfig     `toml:"log,omitempty"`
	Metrics MetricsConfig `toml:"metrics,omitempty"`
	Blobs   BlobsConfig   `toml:"blobs,omitempty"`
}

// TLSConfig says where certificates come from.
type TLSConfig struct {
	Mode      string   `toml:"mode" comment:"acme: certificates from Let's Encrypt. files: from two files. internal: our own, for a LAN. off: loopback, or behind a proxy."`
	Domains   []string `toml:"domains,omitempty" comment:"The names of this box. acme needs them to point here, with ports 80 and 443 open."`
	EMail     string   `toml:"email,omitempty" comment:"acme: where the authority may send warnings."`
	Directory string   `toml:"directory,omitempty" comment:"acme: the authority's directory URL, if it is not Let's Encrypt."`
	Cert      string   `toml:"cert,omitempty" comment:"files: the certificate with its chain, PEM; looked at again each minute."`
	Key       string   `toml:"key,omitempty" comment:"files: its key, PEM."`
}

// Lanes is how many workers each lane of the queue has.
type Lanes struct {
	Payment  int `toml:"payment,omitempty"`  // 2
	Message  int `toml:"message,omitempty"`  // 2
	Document int `toml:"document,omitempty"` // 1
	Outbound int `toml:"outbound,omitempty"` // 2
	Bulk     int `toml:"bulk,omitempty"`     // 1
}

// LogConfig says what is logged, to standard error.
type LogConfig struct {
	Level  string `toml:"level,omitempty" comment:"debug, info, warn or error"` // info
	Format string `toml:"format,omitempty" comment:"text or json"`              // text
}

// MetricsConfig says where Prometheus may ask, besides the socket.
type MetricsConfig struct {
	Listen string `toml:"listen,omitempty" comment:"A loopback HOST:PORT that serves /metrics."` // none
}

// BlobsConfig says in which bucket of an S3 server sealed files are kept; without an endpoint they lie in the data folder.
type BlobsConfig struct {
	Endpoint   string `toml:"endpoint,omitempty" comment:"HOST or HOST:PORT of an S3 server that keeps files instead of the data folder. Backups do not hold what is there."`
	Region     string `toml:"region,omitempty" comment:"Of the bucket, such as ap-south-1."` // us-east-1
	Bucket     string `toml:"bucket,omitempty"`
	Prefix     string `toml:"prefix,omitempty" comment:"What names in the bucket begin with, when others use it too."`
	AccessKey  string `toml:"access-key,omitempty"`
	SecretFile string `toml:"secret-file,omitempty" comment:"The file with the secret of that key: a path in the data folder, or a whole one."`
	TLS        bool   `toml:"tls" comment:"false only on a network that nobody else is on."` // true
}

// DefaultConfig is what holds where config.toml says nothing: a daemon that only this box can reach.
func DefaultConfig() Config {
	return Config{
		Listen: "127.0.0.1:8443",
		TLS:    TLSConfig{Mode: string(ingress.Off)},
		Lanes:  Lanes{Payment: 2, Message: 2, Document: 1, Outbound: 2, Bulk: 1},
		Log:    LogConfig{Level: "info", Format: "text"},
		Blobs:  BlobsConfig{TLS: true},
	}
}

// Workers gives the number of workers by lane.
func (l Lanes) Workers() map[ngo.Lane]int {
	return map[ngo.Lane]int{
		ngo.LanePayment: l.Payment, ngo.LaneMessage: l.Message, ngo.LaneDocument: l.Document, ngo.LaneOutbound: l.Outbound, ngo.LaneBulk: l.Bulk,
	}
}

// New makes the logger that the configuration asks for.
func (l LogConfig) New(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // Check refused what is no level
	o := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// PublicURL gives the address under which the world finds the daemon, without a slash at its end: base_url, else what
// follows from the first domain and the port.
func (c Config) PublicURL() string {
	if c.BaseURL != "" {
		return strings.TrimSuffix(c.BaseURL, "/")
	}
	scheme, usual := "https", "443"
	if c.TLS.Mode == string(ingress.Off) {
		scheme, usual = "http", "80"
	}
	host, port, _ := net.SplitHostPort(c.Listen) // Check refused what is no HOST:PORT
	if len(c.TLS.Domains) > 0 {
		host = c.TLS.Domains[0]
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "localhost"
	}
	if port == usual {
		return scheme + "://" + strings.TrimSuffix(net.JoinHostPort(host, ""), ":")
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// donorURL gives the address at which donors find their pages; empty when it is not known that any can. A mail must not hold a
// link that works in the office alone.
func (c Config) donorURL() string {
	public := c.TLS.Mode == string(ingress.ACME) || c.TLS.Mode == string(ingress.Files)
	if c.BaseURL == "" && (!public || len(c.TLS.Domains) == 0) {
		return ""
	}
	return c.PublicURL()
}

// door gives the options of the listeners of a daemon on the data folder dir.
func (c Config) door(dir string) ingress.Options {
	var proxies []netip.Prefix
	for _, s := range c.Proxies {
		p, _ := parseProxy(s) // Check refused what is none
		proxies = append(proxies, p)
	}
	return ingress.Options{
		Listen: c.Listen, BaseURL: c.BaseURL, Proxies: proxies, Socket: socketPath(dir), Metrics: c.Metrics.Listen,
		TLS: ingress.TLS{
			Mode: ingress.Mode(c.TLS.Mode), Dir: filepath.Join(dir, "tls"), Domains: c.TLS.Domains, EMail: c.TLS.EMail,
			Directory: c.TLS.Directory, CertFile: inside(dir, c.TLS.Cert), KeyFile: inside(dir, c.TLS.Key),
		},
	}
}

// inside reads a relative path from the data folder.
func inside(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// socketPath gives where the daemon's socket is: in the folder that systemd made for it, else in the data folder.
func socketPath(dir string) string {
	if run, _, _ := strings.Cut(os.Getenv("RUNTIME_DIRECTORY"), ":"); run != "" {
		dir = run
	}
	return filepath.Join(dir, "ngoctl.sock")
}

// A fault is one thing that is wrong with a setting.
type fault struct {
	line int    // in config.toml; 0 when the setting is not there
	key  string // tls.mode
	text string
}

func (f fault) String() string {
	if f.line == 0 {
		return f.key + ": " + f.text
	}
	return fmt.Sprintf("line %d: %s: %s", f.line, f.key, f.text)
}

// Check fails with Invalid and names every setting that cannot be.
func (c Config) Check() error { return faulty("the settings are not right", "", c.faults()) }

func faulty(message, hint string, faults []fault) error {
	if len(faults) == 0 {
		return nil
	}
	for _, f := range faults {
		message += "\n  " + f.String()
	}
	return &ngo.Error{Code: ngo.Invalid, Message: message, Hint: hint}
}

// faults lists what is wrong with the values.
func (c Config) faults() []fault {
	var l faultList
	l.add("listen", checkListen(c.Listen))
	l.add("base_url", checkBaseURL(c.BaseURL))
	for _, s := range c.Proxies {
		_, text := parseProxy(s)
		l.add("proxies", text)
	}
	l.add("log.level", checkOneOf(c.Log.Level, "debug", "info", "warn", "error"))
	l.add("log.format", checkOneOf(c.Log.Format, "text", "json"))
	if c.Metrics.Listen != "" && !ingress.Loopback(c.Metrics.Listen) {
		l.add("metrics.listen", "only a loopback address may show metrics, such as 127.0.0.1:9464")
	}
	for lane, n := range c.Lanes.Workers() {
		if n < 1 || n > 64 {
			l.add("lanes."+string(lane), fmt.Sprintf("%d workers cannot be; 1 to 64 can", n))
		}
	}
	c.tlsFaults(&l)
	c.Blobs.faults(&l)
	slices.SortStableFunc(l, func(a, b fault) int { return strings.Compare(a.key, b.key) })
	return l
}

type faultList []fault

func (l *faultList) add(key, text string) {
	if text != "" {
		*l = append(*l, fault{key: key, text: text})
	}
}

func (c Config) tlsFaults(l *faultList) {
	t := c.TLS
	l.add("tls.mode", checkOneOf(t.Mode, "acme", "files", "internal", "off"))
	for _, d := range t.Domains {
		l.add("tls.domains", checkDomain(d, t.Mode))
	}
	if t.EMail != "" {
		if a, err := mail.ParseAddress(t.EMail); err != nil || a.Name != "" {
			l.add("tls.email", fmt.Sprintf("%q is not a mail address", ngo.Printable(t.EMail)))
		}
	}
	if u, err := url.Parse(t.Directory); t.Directory != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		l.add("tls.directory", "write the URL of an ACME directory, https://…")
	}
	switch {
	case t.Mode == "acme" && len(t.Domains) == 0:
		l.add("tls.domains", "acme needs a name, such as ngo.example.org")
	case t.Mode == "files" && (t.Cert == "" || t.Key == ""):
		l.add("tls.cert", "files needs both cert and key")
	case t.Mode == "off" && !ingress.Loopback(c.Listen) && len(c.Proxies) == 0:
		l.add("tls.mode", "off is only for a loopback address, or behind a proxy that is named in proxies")
	}
}

func (c BlobsConfig) faults(l *faultList) {
	if c.Endpoint == "" {
		if c.Bucket != "" || c.AccessKey != "" || c.SecretFile != "" {
			l.add("blobs.endpoint", "a bucket needs the server that it is at, as HOST or HOST:PORT")
		}
		return
	}
	if strings.ContainsAny(c.Endpoint, "/ @") {
		l.add("blobs.endpoint", fmt.Sprintf("%q is not HOST or HOST:PORT; leave out https:// and what stands behind the host", ngo.Printable(c.Endpoint)))
	}
	for key, value := range map[string]string{"blobs.bucket": c.Bucket, "blobs.access-key": c.AccessKey, "blobs.secret-file": c.SecretFile} {
		if value == "" {
			l.add(key, "files in a bucket need it too")
		}
	}
}

func checkListen(s string) string {
	host, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsAny(host, " /") {
		return fmt.Sprintf("%q is not HOST:PORT; write 127.0.0.1:8443, or :443 for every address", ngo.Printable(s))
	}
	return ""
}

func checkBaseURL(s string) string {
	u, err := url.Parse(s)
	if s == "" || err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && strings.Trim(u.Path, "/") == "" &&
		u.RawQuery == "" && u.Fragment == "" && u.User == nil {
		return ""
	}
	return fmt.Sprintf("%q is not an address without a path, such as https://ngo.example.org", ngo.Printable(s))
}

// parseProxy reads an address or a network. The second result says what is wrong.
func parseProxy(s string) (netip.Prefix, string) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), ""
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Sprintf("%q is not an address or a network, such as 10.0.0.5 or 10.0.0.0/24", ngo.Printable(s))
	}
	if p.Bits() == 0 {
		return p, s + " is everybody; name the proxy's own address"
	}
	return p.Masked(), ""
}

var hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func checkDomain(s, mode string) string {
	_, err := netip.ParseAddr(s)
	isAddr := err == nil
	if !isAddr && (len(s) > 253 || !hostForm.MatchString(strings.ToLower(s))) {
		return fmt.Sprintf("%q is not a host name", ngo.Printable(s))
	}
	if mode != "acme" {
		return ""
	}
	top := s[strings.LastIndexByte(s, '.')+1:]
	if isAddr || top == s || checkOneOf(top, "local", "localhost", "internal", "lan", "arpa", "test") == "" {
		return s + " is not a name on the internet, for which acme can give a certificate; use internal"
	}
	return ""
}

func checkOneOf(s string, choices ...string) string {
	for _, c := range choices {
		if s == c {
			return ""
		}
	}
	last := len(choices) - 1
	return fmt.Sprintf("%q is not %s or %s", ngo.Printable(s), strings.Join(choices[:last], ", "), choices[last])
}
