package apiserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/rate"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// counter is a limiter that blocks a source after ten failures, for good.
type counter struct {
	mu sync.Mutex
	n  map[string]int
}

func newCounter() *counter { return &counter{n: map[string]int{}} }

func (c *counter) Blocked(source string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[source] >= 10
}

func (c *counter) Fail(source string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[source]++
}

// The uids of the tests: the owner of the folder, one who is a user's, and one whom nobody knows.
const (
	ownerUID = 4001
	meenaUID = 4002
	otherUID = 4003
)

// fixture is a real server on a real store, on the loopback. The header Test-Uid stands for who connected to the socket.
type fixture struct {
	t     testing.TB
	store *store.Store
	org   *store.Org // sevai
	book  *org.Book
	blobs *blob.Shelves
	srv   *apiserver.Server
	http  *httptest.Server
	local *api.Client // full rights, in process
}

type peerKey struct{}

func newFixture(t testing.TB, change ...func(*apiserver.Options)) *fixture {
	t.Helper()
	f := newServer(t, change...)
	f.http = httptest.NewServer(asPeer(f.srv))
	t.Cleanup(f.http.Close)
	return f
}

// newServer makes a server without a listener.
func newServer(t testing.TB, change ...func(*apiserver.Options)) *fixture {
	t.Helper()
	dir := t.TempDir()
	s := storetest.Open(t, storetest.In(dir))
	o := storetest.AddOrg(t, s, storetest.Slug)
	storetest.AddOrg(t, s, "other")
	book, err := org.New(org.Options{Store: s, Gateways: []payment.Driver{razorpay.New(), desk.New()}, Channels: []channel.Driver{email.New(email.Options{}), whatsapp.New()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	blobs := blob.NewShelves(dir, storetest.Keys())
	t.Cleanup(func() { blobs.Close() })
	rates, _, err := rate.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	options := apiserver.Options{
		Rates: rates,
		Store: s, Book: book, Blobs: blobs, Fonts: typeset.New(),
		Accounts: newCounter(), Addresses: newCounter(), Owner: ownerUID, Version: "1.2.3", BaseURL: "https://ngo.example.org",
		Peer: func(ctx context.Context) (apiserver.Peer, bool) {
			uid, ok := ctx.Value(peerKey{}).(int)
			return apiserver.Peer{UID: uid}, ok
		},
		OSUser: func(uid int) (string, error) {
			return map[int]string{0: "root", ownerUID: "ngoctl", meenaUID: "meena-os", otherUID: "mallory"}[uid], nil
		},
	}
	for _, c := range change {
		c(&options)
	}
	srv, err := apiserver.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	f := &fixture{t: t, store: s, org: o, book: book, blobs: blobs, srv: srv}
	f.local = f.client(api.Options{Transport: apiserver.Local(srv, "root")})
	return f
}

// asPeer puts into the context what the door does for a connection on the socket.
func asPeer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if uid, err := strconv.Atoi(r.Header.Get("Test-Uid")); err == nil {
			r = r.WithContext(context.WithValue(r.Context(), peerKey{}, uid))
		}
		next.ServeHTTP(w, r)
	})
}

func (f *fixture) client(o api.Options) *api.Client {
	f.t.Helper()
	c, err := api.New(o)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// with gives a client over the loopback that shows a token.
func (f *fixture) with(token string) *api.Client {
	return f.client(api.Options{Server: f.http.URL, Token: token})
}

// user makes a user with one role and a token.
func (f *fixture) user(name, slug string, role ngo.Role) (ngo.User, string) {
	f.t.Helper()
	u, err := f.local.AddUser(f.t.Context(), api.NewUser{Name: name, Members: []ngo.Member{{Org: slug, Role: role}}})
	if err != nil {
		f.t.Fatal(err)
	}
	tok, err := f.local.AddToken(f.t.Context(), name, "test", time.Hour)
	if err != nil {
		f.t.Fatal(err)
	}
	return u, tok.Secret
}

// wantCode checks the code of an error.
func wantCode(t testing.TB, err error, want ngo.Code) {
	t.Helper()
	if ngo.CodeOf(err) != want {
		t.Errorf("error = %v (code %q), want code %q", err, ngo.CodeOf(err), want)
	}
}
