package pull

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// newPorch is a house that is written to by WhatsApp and by mail, with what stands at its public address.
func newPorch(t *testing.T) (h *house, way *httptest.Server) {
	t.Helper()
	s := storetest.Open(t)
	storetest.AddOrg(t, s, "sevai")
	h = &house{t: t, log: &journal{}}
	book, err := org.New(org.Options{Store: s, Channels: []channel.Driver{whatsapp.New(), email.New(email.Options{})}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	if h.org, err = book.Org(t.Context(), "sevai"); err != nil {
		t.Fatal(err)
	}
	h.Puller, err = New(Options{Book: book, Keep: func(context.Context, *store.Org, ngo.BlobID, []byte) (store.Blob, error) { return store.Blob{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	for driver, values := range map[string][2]map[string]string{
		"whatsapp": {{"phone-number-id": "200300400500600"}, {"app-secret": "synthetic", "verify-token": "word", "token": "token"}},
		"email":    {{"smtp": "127.0.0.1:1", "from": "office@sevai.example"}, nil},
	} {
		n := h.org.Store.NewAccount(ngo.Channel, driver, driver, values[0], values[1])
		storetest.Write(t, h.org.Store, func(tx *store.Tx) error { return tx.AddAccount(n) })
	}
	way = httptest.NewServer(http.HandlerFunc(h.receive))
	t.Cleanup(way.Close)
	return h, way
}

func (h *house) receive(w http.ResponseWriter, r *http.Request) {
	info, account, err := h.org.Channel(r.Context(), strings.TrimPrefix(r.URL.Path, "/hooks/sevai/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodGet {
		answer, err := account.(channel.Handshaker).Handshake(r.URL.Query())
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		io.WriteString(w, answer)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || account.(channel.Receiver).Verify(r.Header, body) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	d := h.org.Store.NewDelivery(info.ID, "", body).Heard()
	err = h.org.Store.Write(r.Context(), store.Ack, "test", func(tx *store.Tx) error { _, err := tx.AddDelivery(d); return err })
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func TestTryChannel(t *testing.T) {
	t.Parallel()
	h, good := newPorch(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "welcome") }))
	t.Cleanup(other.Close)
	shut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(shut.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	for _, tt := range []struct {
		name, channel, base string
		want                string
		text                string
	}{
		{"all the way", "whatsapp", good.URL, "address- handshake+ delivery+ stored+", "cannot reach"},
		{"another program there", "whatsapp", other.URL, "address- handshake-", "something else"},
		{"another ngoctl there", "whatsapp", shut.URL, "address- handshake-", "refused"},
		{"nobody there", "whatsapp", gone.URL, "address- handshake-", "Nothing answers"},
		{"no such name", "whatsapp", "https://nowhere.invalid", "address-", "leads nowhere"},
		{"no address", "whatsapp", "", "address-", "not known"},
		{"only sends", "email", good.URL, "", ""},
	} {
		h.o.BaseURL = tt.base
		steps, err := h.TryChannel(t.Context(), h.org, tt.channel)
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
		if strings.Contains(said, "word") && strings.Contains(said, "verify") {
			t.Errorf("%s: the word of the handshake is told: %s", tt.name, said)
		}
	}
	if _, err := h.TryChannel(t.Context(), h.org, "nothing"); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("a channel that there is not: %v", err)
	}
}
