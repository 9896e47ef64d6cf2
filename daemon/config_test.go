package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ngoctl/ngoctl/daemon/ingress"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return LoadConfig(dir)
}

func TestConfigNamesEveryFaultWithItsLine(t *testing.T) {
	t.Parallel()
	_, err := load(t, `listen = "everywhere"
colour = "red"
proxies = [
  "10.0.0.1",
  "the proxy",
  "0.0.0.0/0",
]
base_url = 7

[tls]
mode = "best"
domains = "ngo.example.org"
email = "nobody"
directory = "http://acme.example"
shape = "round"

[lanes]
payment = "two"
bulk = 0

[log]
level = "loud"

[metrics]
listen = "0.0.0.0:9464"
`)
	if ngo.CodeOf(err) != ngo.Invalid {
		t.Fatalf("%v, want Invalid", err)
	}
	want := []string{
		`line 1: listen: "everywhere" is not HOST:PORT`,
		`line 2: colour: there is no such setting`,
		`line 3: proxies: "the proxy" is not an address`,
		`line 3: proxies: 0.0.0.0/0 is everybody`,
		`line 8: base_url: here belongs a text in quotes`,
		`line 11: tls.mode: "best" is not acme, files, internal or off`,
		`line 12: tls.domains: here belongs a list of texts`,
		`line 13: tls.email: "nobody" is not a mail address`,
		`line 14: tls.directory: write the URL`,
		`line 15: tls.shape: there is no such setting`,
		`line 18: lanes.payment: here belongs a whole number`,
		`line 19: lanes.bulk: 0 workers cannot be`,
		`line 22: log.level: "loud" is not debug, info, warn or error`,
		`line 25: metrics.listen: only a loopback address`,
	}
	got := strings.Split(err.Error(), "\n")[1:]
	if len(got) != len(want) {
		t.Errorf("%d faults, want %d:\n%s", len(got), len(want), err)
	}
	for i := range min(len(got), len(want)) {
		if !strings.HasPrefix(strings.TrimSpace(got[i]), want[i]) {
			t.Errorf("fault %d: %q, want %q", i, got[i], want[i])
		}
	}
}

func TestConfigThatIsNotTOML(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"listen = \n", "[tls\nmode = 1", "a = 1\na = 2\n", "x = \"\x00\"", "=", "[tls]\n[tls]\n"} {
		if _, err := load(t, text); ngo.CodeOf(err) != ngo.Invalid || !strings.Contains(err.Error(), "line") {
			t.Errorf("%q: %v, want Invalid with a line", text, err)
		}
	}
}

func TestConfigValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"acme", "listen = ':443'\n[tls]\nmode = 'acme'\ndomains = ['ngo.example.org']", ""},
		{"acme without a name", "[tls]\nmode = 'acme'", "tls.domains: acme needs a name"},
		{"acme for a LAN", "[tls]\nmode = 'acme'\ndomains = ['box.local']", "line 3: tls.domains: box.local is not a name on the internet"},
		{"acme for an address", "[tls]\nmode = 'acme'\ndomains = ['192.0.2.1']", "not a name on the internet"},
		{"acme for one word", "[tls]\nmode = 'acme'\ndomains = ['box']", "not a name on the internet"},
		{"acme for a wildcard", "[tls]\nmode = 'acme'\ndomains = ['*.example.org']", "not a host name"},
		{"internal for a LAN", "listen = ':443'\n[tls]\nmode = 'internal'\ndomains = ['box.local', '192.168.1.2']", ""},
		{"files without a key", "[tls]\nmode = 'files'\ncert = 'c.pem'", "files needs both"},
		{"off for everybody", "listen = ':8443'", "tls.mode: off is only for a loopback address"},
		{"off behind a proxy", "listen = ':8443'\nproxies = ['10.0.0.0/24']", ""},
		{"a port too high", "listen = '127.0.0.1:70000'", "not HOST:PORT"},
		{"a base URL with a path", "base_url = 'https://ngo.example.org/x'", "without a path"},
		{"a base URL with a user", "base_url = 'https://u:p@ngo.example.org'", "without a path"},
		{"a bucket", "[blobs]\nendpoint = 's3.example.org'\nbucket = 'b'\naccess-key = 'a'\nsecret-file = 'keys/s3'\ntls = true", ""},
		{"a bucket at a URL", "[blobs]\nendpoint = 'https://s3.example.org'\nbucket = 'b'\naccess-key = 'a'\nsecret-file = 'f'", "line 2: blobs.endpoint: \"https://s3.example.org\" is not HOST"},
		{"a bucket without a key", "[blobs]\nendpoint = 's3.example.org'\nbucket = 'b'\nsecret-file = 'f'", "blobs.access-key: files in a bucket need it too"},
		{"a bucket without a server", "[blobs]\nbucket = 'b'", "blobs.endpoint: a bucket needs the server"},
		{"a bucket with TLS in words", "[blobs]\ntls = 'yes'", "line 2: blobs.tls: here belongs true or false"},
		{"a secret", "[smtp]\npassword = 'x'", "there is no such setting"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tt.text)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestConfigIsWrittenAsAskedAndReadBack(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.Listen = ":443"
	c.TLS = TLSConfig{Mode: "acme", Domains: []string{"ngo.example.org"}, EMail: "it@example.org"}
	c.Lanes.Outbound = 4
	dir := t.TempDir()
	if err := WriteConfig(dir, c); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	const want = configHead + `# Where the daemon listens: HOST:PORT, or :PORT for every address of this box.
listen = ':443'

[tls]
# acme: certificates from Let's Encrypt. files: from two files. internal: our own, for a LAN. off: loopback, or behind a proxy.
mode = 'acme'
# The names of this box. acme needs them to point here, with ports 80 and 443 open.
domains = ['ngo.example.org']
# acme: where the authority may send warnings.
email = 'it@example.org'

# How many jobs of a kind run at once.
[lanes]
outbound = 4
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("config.toml (-want +got):\n%s", diff)
	}
	got, err := LoadConfig(dir)
	if diff := cmp.Diff(c, got); err != nil || diff != "" {
		t.Errorf("read back: %v (-want +got):\n%s", err, diff)
	}
	c.TLS.Mode = "none"
	if err := WriteConfig(dir, c); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("write a wrong one: %v, want Invalid", err)
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		listen, mode, base string
		domains            []string
		want               string
		donors             bool
	}{
		{":443", "acme", "", []string{"ngo.example.org"}, "https://ngo.example.org", true},
		{":8443", "internal", "", []string{"box.local"}, "https://box.local:8443", false},
		{"0.0.0.0:8443", "internal", "", nil, "https://localhost:8443", false},
		{"127.0.0.1:8443", "off", "", nil, "http://127.0.0.1:8443", false},
		{"[::1]:80", "off", "", nil, "http://[::1]", false},
		{":8443", "off", "https://ngo.example.org/", nil, "https://ngo.example.org", true},
	} {
		c := Config{Listen: tt.listen, BaseURL: tt.base, TLS: TLSConfig{Mode: tt.mode, Domains: tt.domains}}
		if got := c.PublicURL(); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt, got, tt.want)
		}
		if got := c.donorURL(); tt.donors && got != tt.want || !tt.donors && got != "" {
			t.Errorf("%+v: donors are sent to %q", tt, got)
		}
	}
}

// The door takes every configuration that Check lets pass.
func TestDoorTakesWhatCheckPasses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "listen = 'localhost:0'", "listen = ':8443'\nproxies = ['10.0.0.1']", "listen = ':443'\n[tls]\nmode = 'acme'\ndomains = ['ngo.example.org']",
		"listen = ':443'\n[tls]\nmode = 'internal'", "base_url = 'https://ngo.example.org:444'\n[metrics]\nlisten = '[::1]:9464'",
	} {
		c, err := load(t, text)
		if err != nil {
			t.Fatal(err)
		}
		o := c.door(t.TempDir())
		o.Hooks, o.API = noHandler{}, noHandler{}
		if _, err := ingress.New(o); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte("listen = ':443'\n[tls]\nmode = 'acme'\ndomains = ['ngo.example.org']\n"))
	f.Add([]byte("lanes = {payment = 'x', bulk = 1}\nlanes.bulk = 3\n[[tls]]\n"))
	f.Add([]byte("proxies = [\n1,\n2]\ntls.mode = 7\n\"a.b\" = 1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, faults := parseConfig(text)
		if len(faults) > 0 {
			return
		}
		if err := c.Check(); err != nil {
			t.Errorf("%q is read without a fault, but: %v", text, err)
		}
	})
}
