package setting_test

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var form = setting.Form{
	{Name: "key", Kind: setting.Text, Secret: true, Required: true},
	{Name: "base-url", Kind: setting.URL, Default: "https://api.example.org/v1"},
	{Name: "server", Kind: setting.Address},
	{Name: "from", Kind: setting.Mail},
	{Name: "tls", Kind: setting.Choice, Choices: []string{"on", "off"}, Default: "on"},
}

func TestCheckFillsDefaultsAndTrims(t *testing.T) {
	t.Parallel()
	in := setting.Values{"key": " s p \r\n", "server": " smtp.example.org:587 ", "from": ""}
	before := maps.Clone(in)
	got, err := form.Check(in)
	want := setting.Values{"key": " s p ", "base-url": "https://api.example.org/v1", "server": "smtp.example.org:587", "tls": "on"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("Check = %v, %v; want %v", map[string]string(got), err, map[string]string(want))
	}
	if !maps.Equal(in, before) {
		t.Errorf("Check changed what it was given to %v", map[string]string(in))
	}
	again, err := form.Check(got)
	if err != nil || !maps.Equal(again, got) {
		t.Errorf("a second Check = %v, %v; want the same", map[string]string(again), err)
	}
}

func TestCheckNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := form.Check(setting.Values{"base-url": "ftp://x", "server": "nowhere", "from": "x", "tls": "maybe", "colour": "red"})
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok || e.Code != ngo.Invalid {
		t.Fatalf("Check = %v; want Invalid", err)
	}
	for _, want := range []string{"key is missing", "base-url", "server", "from", "tls is none of on, off", `"colour"`} {
		if !strings.Contains(e.Message, want) {
			t.Errorf("message %q lacks %q", e.Message, want)
		}
	}
	if !strings.Contains(e.Hint, "--key-file") || !strings.Contains(e.Hint, "[--tls]") {
		t.Errorf("hint %q does not name the flags", e.Hint)
	}
}

func TestCheckKeepsSecretsToItself(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	_, err := form.Check(setting.Values{"key": secret + "\xff"})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("Check = %v; want an error without the secret", err)
	}
	v := setting.Values{"key": secret}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("opened", "values", v)
	if printed := fmt.Sprintf("%v %+v %s %#v", v, v, v, v) + log.String(); strings.Contains(printed, secret) {
		t.Errorf("printing values shows the secret: %s", printed)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind setting.Kind
		good []string
		bad  []string
	}{
		{setting.Text, []string{"x", "தமிழ்", "a b"}, []string{"a\x00b", "a\nb", "\xff", strings.Repeat("x", 17<<10)}},
		{
			setting.URL,
			[]string{"https://api.example.org", "https://api.example.org:8443/v1", "http://127.0.0.1:9/v1", "http://[::1]:9", "http://10.0.0.4", "http://localhost:1", "http://sim:80"},
			[]string{"x", "/v1", "https://", "http://api.example.org", "http://8.8.8.8", "https://u:p@x.org", "https://x.org?a=b", "https://x.org#f", "https://x.org:0", "file:///etc/passwd", "mailto:a@b.org"},
		},
		{
			setting.Address,
			[]string{"smtp.example.org:587", "127.0.0.1:2525", "[::1]:25", "mail_1:25"},
			[]string{"smtp.example.org", ":25", "a:0", "a:65536", "a:x", "a b:25", "a..b:25", "-a:25", "a:25:26", "a/b:25"},
		},
		{
			setting.Mail,
			[]string{"a@b", "office@example.org", "Sevai <office@example.org>", `"சேவை" <office@example.org>`},
			[]string{"x", "a@b, c@d", "a b@c.org", `"a b"@c.org`, "அ@example.org", "a@b\r\nBcc: c@d"},
		},
	} {
		field := setting.Field{Name: "x", Kind: tt.kind}
		for _, value := range tt.good {
			if got, err := field.Check(value); err != nil || got != value {
				t.Errorf("%s %q = %q, %v; want it as it is", tt.kind, value, got, err)
			}
		}
		for _, value := range tt.bad {
			if _, err := field.Check(value); err == nil {
				t.Errorf("%s %q passes", tt.kind, value)
			}
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	settings, secrets := form.Split(setting.Values{"key": "k", "tls": "on", "colour": "red"})
	if want := map[string]string{"tls": "on"}; !maps.Equal(settings, want) {
		t.Errorf("settings = %v; want %v", settings, want)
	}
	if want := map[string]string{"key": "k"}; !maps.Equal(secrets, want) {
		t.Errorf("secrets = %v; want %v", secrets, want)
	}
}

func FuzzFieldCheck(f *testing.F) {
	for _, s := range []string{"https://api.example.org/v1", "smtp.example.org:587", "Sevai <a@b.org>", "on", "[::1]:25", "http://%41", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, field := range form {
			got, err := field.Check(value)
			if err != nil {
				continue
			}
			if again, err := field.Check(got); err != nil || again != got {
				t.Errorf("%s: Check(%q) = %q, and of that %q, %v", field.Name, value, got, again, err)
			}
		}
	})
}

func TestUntilBelongsToNoForm(t *testing.T) {
	t.Parallel()
	v := setting.Values{"key": "k", setting.Until("old-key"): "2026-12-07T00:00:00Z"}
	if got := v.WithoutUntil(); len(got) != 1 || got["key"] != "k" || len(v) != 2 {
		t.Errorf("WithoutUntil = %v of %v", got, v)
	}
}
