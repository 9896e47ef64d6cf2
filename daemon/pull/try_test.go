package pull

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// way is what stands at the public address.
func way(t *testing.T, h *house, a ngo.Account) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hooks/sevai/"+a.Name {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		_, account, err2 := h.org.Gateway(r.Context(), a.Name)
		if err != nil || err2 != nil || account.Verify(r.Header, body) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.add(h.org.Store.NewDelivery(a.ID, "", body))
	}))
	t.Cleanup(s.Close)
	return s
}

// shown gives the steps as NAME+ or NAME-.
func shown(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteString(s.Name + map[bool]string{true: "+ ", false: "- "}[s.OK])
	}
	return strings.TrimSpace(b.String())
}

func TestTry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.connect("till", nil)
	h.connect("mute", map[string]string{"mute": "yes"})
	h.connect("alone", map[string]string{"webhook": "no"})
	good := way(t, h, a)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(other.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	secret := httptest.NewTLSServer(http.NotFoundHandler())
	secret.Config.ErrorLog = nil
	t.Cleanup(secret.Close)
	for _, tt := range []struct {
		name, gateway, base string
		want                string
		text                string
	}{
		{"all the way", "till", good.URL, "key+ address- delivery+ stored+", "cannot reach"},
		{"without a key", "mute", good.URL, "key+ address- delivery-", "404"},
		{"asked only", "alone", good.URL, "key+ webhook+", "asked"},
		{"another program there", "till", other.URL, "key+ address- delivery+ stored-", "another program"},
		{"nobody there", "till", gone.URL, "key+ address- delivery-", "Nothing answers"},
		{"a certificate of nobody", "till", secret.URL, "key+ address- delivery-", "certificate"},
		{"no such name", "till", "https://nowhere.invalid", "key+ address-", "leads nowhere"},
		{"no address", "till", "", "key+ address-", "not known"},
	} {
		h.o.BaseURL = tt.base
		steps, err := h.Try(t.Context(), h.org, tt.gateway)
		var said string
		for _, s := range steps {
			said += s.Text + " "
			if !s.OK && s.Hint == "" {
				t.Errorf("%s: step %s says nothing of what to do", tt.name, s.Name)
			}
		}
		if err != nil || shown(steps) != tt.want || !strings.Contains(said, tt.text) {
			t.Errorf("%s: %s (%s), %v; want %s with %q", tt.name, shown(steps), said, err, tt.want, tt.text)
		}
	}
	h.till.fail(&ngo.Error{Code: ngo.Unauthenticated, Message: "the key is not known"})
	if steps, err := h.Try(t.Context(), h.org, "till"); err != nil || steps[0].OK || !strings.Contains(steps[0].Text, "the key is not known") {
		t.Errorf("a wrong key: %+v, %v", steps, err)
	}
	if _, err := h.Try(t.Context(), h.org, "nobody"); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("Try(nobody) = %v; want NotFound", err)
	}
}
