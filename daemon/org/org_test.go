package org

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plain is a gateway and a channel whose accounts are their own values.
type plain struct{ name string }

func (d plain) Name() string           { return d.name }
func (d plain) Settings() setting.Form { return nil }

type gatewayDriver struct{ plain }

func (d gatewayDriver) Open(v setting.Values) (payment.Account, error) {
	if v["secret"] == "bad" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the secret is bad"}
	}
	return account{v}, nil
}

type channelDriver struct{ plain }

func (d channelDriver) Open(v setting.Values) (channel.Account, error) {
	if v["secret"] == "bad" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the secret is bad"}
	}
	return account{v}, nil
}

type account struct{ values setting.Values }

func (account) Limit() int64                                           { return 1 << 10 }
func (account) Verify(http.Header, []byte) error                       { return nil }
func (account) Hint(http.Header) string                                { return "" }
func (account) Normalise([]byte) (payment.Event, error)                { return payment.Event{}, nil }
func (account) Reaches(ngo.IdentityKind) bool                          { return true }
func (account) Send(context.Context, channel.Message) (ngo.Ref, error) { return "", nil }
func (account) Check(context.Context) error                            { return nil }
func newBook(t testing.TB, s *store.Store, noCache bool) *Book {
	t.Helper()
	b, err := New(Options{Store: s, NoCache: noCache,
		Gateways: []payment.Driver{gatewayDriver{plain{"pay"}}}, Channels: []channel.Driver{channelDriver{plain{"post"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func open(t testing.TB, noCache bool) *Org {
	t.Helper()
	s := storetest.Open(t)
	storetest.AddOrg(t, s, "sevai")
	o, err := newBook(t, s, noCache).Org(t.Context(), "sevai")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// each runs a test with the cache and without it.
func each(t *testing.T, fn func(t *testing.T, o *Org)) {
	t.Helper()
	t.Parallel()
	for _, noCache := range []bool{false, true} {
		t.Run(fmt.Sprintf("noCache=%v", noCache), func(t *testing.T) {
			t.Parallel()
			fn(t, open(t, noCache))
		})
	}
}

func addAccount(t testing.TB, o *Org, kind ngo.AccountKind, driver, name, secret string) ngo.Account {
	t.Helper()
	n := o.Store.NewAccount(kind, driver, name, map[string]string{"key": "k"}, map[string]string{"secret": secret})
	storetest.Write(t, o.Store, func(tx *store.Tx) error { return tx.AddAccount(n) })
	return n.Account
}

func TestUnknownOrganisation(t *testing.T) {
	t.Parallel()
	b := newBook(t, storetest.Open(t), false)
	if _, err := b.Org(t.Context(), "nobody"); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("Org = %v; want NotFound", err)
	}
}

func TestGateway(t *testing.T) {
	each(t, func(t *testing.T, o *Org) {
		if _, _, err := o.Gateway(t.Context(), "pay"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("Gateway before it is added = %v; want NotFound", err)
		}
		row := addAccount(t, o, ngo.Gateway, "pay", "pay", "s3cret")
		info, acc, err := o.Gateway(t.Context(), "pay")
		if err != nil || info.ID != row.ID || acc.(account).values["secret"] != "s3cret" || acc.(account).values["key"] != "k" {
			t.Fatalf("Gateway = %+v, %v, %v", info, acc, err)
		}
		storetest.Write(t, o.Store, func(tx *store.Tx) error { _, err := tx.RemoveAccount(row.ID); return err })
		if _, _, err := o.Gateway(t.Context(), "pay"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("Gateway after its removal = %v; want NotFound", err)
		}
		if _, acc, err := o.GatewayByID(t.Context(), row.ID); err != nil || acc == nil {
			t.Errorf("GatewayByID after its removal = %v, %v; want the account, for what it sent before", acc, err)
		}
	})
}

func TestAccountsThatCannotBeOpened(t *testing.T) {
	each(t, func(t *testing.T, o *Org) {
		bad := addAccount(t, o, ngo.Gateway, "pay", "bad", "bad")
		foreign := addAccount(t, o, ngo.Gateway, "from-the-future", "foreign", "x")
		addAccount(t, o, ngo.Gateway, "pay", "good", "x")
		for _, id := range []ngo.AccountID{bad.ID, foreign.ID} {
			if _, _, err := o.GatewayByID(t.Context(), id); ngo.CodeOf(err) != ngo.Invalid {
				t.Errorf("GatewayByID = %v; want Invalid", err)
			}
		}
		if _, _, err := o.Gateway(t.Context(), "good"); err != nil {
			t.Errorf("a good account beside bad ones: %v", err)
		}
		addAccount(t, o, ngo.Channel, "post", "bad-post", "bad")
		good := addAccount(t, o, ngo.Channel, "post", "good-post", "x")
		gateways, err := o.Gateways(t.Context())
		if err != nil || len(gateways) != 1 || gateways[0].Info.Name != "good" {
			t.Errorf("Gateways = %v, %v; want the good one", gateways, err)
		}
		all, err := o.Channels(t.Context())
		if err != nil || len(all) != 1 || all[0].Info.ID != good.ID {
			t.Errorf("Channels = %v, %v; want the good one", all, err)
		}
	})
}

func TestSummary(t *testing.T) {
	each(t, func(t *testing.T, o *Org) {
		if got, err := o.Summary(t.Context()); err != nil || !json.Valid(got) {
			t.Fatalf("Summary = %s, %v", got, err)
		}
		if err := seed.Fill(t.Context(), o.Store, seed.Options{Gifts: 10}); err != nil {
			t.Fatal(err)
		}
		var got, want store.Summary
		raw, err := o.Summary(t.Context())
		if err := errors.Join(err, json.Unmarshal(raw, &got)); err != nil {
			t.Fatal(err)
		}
		storetest.Read(t, o.Store, func(rx *store.Rx) (err error) { want, err = rx.Summary(got.Day); return err })
		if got.ReceiptsIssued != 10 || got.ReceiptsIssued != want.ReceiptsIssued || len(got.Year) != len(want.Year) || got.Today == nil {
			t.Errorf("Summary = %s; want %+v", raw, want)
		}
	})
}

// A value that was read before a commit and stored after it must not be served: the version was taken before the read.
func TestSlowReaderDoesNotPoison(t *testing.T) {
	t.Parallel()
	o := open(t, false)
	ready := func(during func()) int64 {
		n, err := cached(t.Context(), o, &o.changes, "jobs", func(rx *store.Rx) (int64, int64, error) {
			s, err := rx.Summary("2026-04-01")
			during()
			return s.JobsReady, 8, err
		})
		if err != nil {
			t.Error(err)
		}
		return n
	}
	enqueue := func() {
		storetest.Write(t, o.Store, func(tx *store.Tx) error { return tx.Enqueue(ngo.LaneBulk, ngo.JobIngest, "x", 0) })
	}
	ready(func() {})
	o.book.cache.Wait()
	enqueue()
	if n := ready(enqueue); n != 1 { // its snapshot is older than the second job
		t.Fatalf("the slow reader saw %d jobs; want 1", n)
	}
	o.book.cache.Wait()
	if n := ready(func() {}); n != 2 {
		t.Errorf("the next reader saw %d jobs; want 2", n)
	}
}

// Concurrent readers and writers never see a value older than an acknowledged write.
func TestNeverOlderThanAcknowledged(t *testing.T) {
	t.Parallel()
	h := &history{org: open(t, false)}
	checks := 0
	rapid.Check(t, func(t *rapid.T) {
		checks++
		h.forgetGateways()
		plans := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom([]step{
			(*history).bumpProfile, (*history).readProfile, (*history).readProfile, (*history).enqueue, (*history).readSummary,
			(*history).readSummary, (*history).readJobs, (*history).readJobsSlowly, (*history).addGateway, (*history).readGateways, (*history).removeGateway,
		}), 1, 12), 2, 6).Draw(t, "plans")
		var all sync.WaitGroup
		for i, plan := range plans {
			all.Go(func() {
				for j, do := range plan {
					if err := do(h, fmt.Sprintf("g%d-%d-%d", checks, i, j)); err != nil {
						h.fail(err)
					}
				}
			})
		}
		all.Wait()
		if err := h.err(); err != nil {
			t.Fatal(err)
		}
	})
}

type step = func(*history, string) error

// history knows what was acknowledged.
type history struct {
	org     *Org
	profile atomic.Int64 // highest acknowledged
	jobs    atomic.Int64 // acknowledged
	mu      sync.Mutex
	added   map[string]ngo.AccountID
	removed map[string]bool // asked for
	gone    map[string]bool // acknowledged
	errs    []error
}

func (h *history) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.errs = append(h.errs, err)
}

func (h *history) forgetGateways() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.added, h.removed, h.gone = map[string]ngo.AccountID{}, map[string]bool{}, map[string]bool{}
}

func (h *history) err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return errors.Join(h.errs...)
}

func (h *history) write(fn func(*store.Tx) error) error {
	return h.org.Store.Write(context.Background(), store.Ack, "test", fn)
}

func (h *history) bumpProfile(string) error {
	var n int64
	err := h.write(func(tx *store.Tx) error {
		p, err := tx.Profile()
		if err != nil {
			return err
		}
		n = number(p) + 1
		p.Address = fmt.Sprint(n)
		_, err = tx.SetProfile(p)
		return err
	})
	for err == nil {
		old := h.profile.Load()
		if old >= n || h.profile.CompareAndSwap(old, n) {
			break
		}
	}
	return err
}

func number(p ngo.Profile) (n int64) {
	fmt.Sscan(p.Address, &n) // empty at first: zero
	return n
}

func (h *history) readProfile(string) error {
	least := h.profile.Load()
	p, err := h.org.Profile(context.Background())
	if err == nil && number(p) < least {
		return fmt.Errorf("profile is %d after %d was acknowledged", number(p), least)
	}
	return err
}

func (h *history) enqueue(subject string) error {
	err := h.write(func(tx *store.Tx) error { return tx.Enqueue(ngo.LaneBulk, ngo.JobIngest, subject, 0) })
	if err == nil {
		h.jobs.Add(1)
	}
	return err
}

func (h *history) readSummary(string) error {
	least := h.jobs.Load()
	raw, err := h.org.Summary(context.Background())
	if err != nil {
		return err
	}
	var s store.Summary
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if s.JobsReady < least {
		return fmt.Errorf("summary has %d jobs after %d were acknowledged", s.JobsReady, least)
	}
	return nil
}

func (h *history) readJobs(string) error { return h.readJobsWhile(func() error { return nil }) }

// readJobsSlowly has a write acknowledged between its read and the keeping of what it read.
func (h *history) readJobsSlowly(subject string) error {
	return h.readJobsWhile(func() error { return h.enqueue(subject) })
}

func (h *history) readJobsWhile(during func() error) error {
	least := h.jobs.Load()
	n, err := cached(context.Background(), h.org, &h.org.changes, "jobs", func(rx *store.Rx) (int64, int64, error) {
		s, err := rx.Summary("2026-04-01")
		return s.JobsReady, 8, errors.Join(err, during())
	})
	if err == nil && n < least {
		return fmt.Errorf("read %d jobs after %d were acknowledged", n, least)
	}
	return err
}

func (h *history) addGateway(name string) error {
	n := h.org.Store.NewAccount(ngo.Gateway, "pay", name, nil, nil)
	if err := h.write(func(tx *store.Tx) error { return tx.AddAccount(n) }); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.added[name] = n.Account.ID
	return nil
}

func (h *history) removeGateway(string) error {
	h.mu.Lock()
	var name string
	for n := range h.added {
		if !h.removed[n] {
			name = n
			h.removed[n] = true
			break
		}
	}
	id := h.added[name]
	h.mu.Unlock()
	if name == "" {
		return nil
	}
	if err := h.write(func(tx *store.Tx) error { _, err := tx.RemoveAccount(id); return err }); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone[name] = true
	return nil
}

func (h *history) readGateways(string) error {
	h.mu.Lock()
	there := map[string]bool{}
	for name := range h.added {
		if h.gone[name] || !h.removed[name] {
			there[name] = !h.gone[name]
		}
	}
	h.mu.Unlock()
	for name, want := range there {
		_, _, err := h.org.Gateway(context.Background(), name)
		h.mu.Lock()
		leaving := h.removed[name]
		h.mu.Unlock()
		if (err == nil) != want && (!want || !leaving) {
			return fmt.Errorf("gateway %s: %v; acknowledged as there: %v", name, err, want)
		}
	}
	return nil
}

func BenchmarkSummaryCached(b *testing.B) {
	o := open(b, false)
	if _, err := o.Summary(b.Context()); err != nil {
		b.Fatal(err)
	}
	o.book.cache.Wait()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := o.Summary(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSummaryUncached(b *testing.B) {
	o := open(b, true)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Summary(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGateway(b *testing.B) {
	o := open(b, false)
	addAccount(b, o, ngo.Gateway, "pay", "pay", "x")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := o.Gateway(b.Context(), "pay"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
