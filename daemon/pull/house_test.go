package pull

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// till is a gateway without a network: what it has been told of is what it knows. Every account of it is the same one.
type till struct {
	mu     sync.Mutex
	things []thing
	asked  []payment.Window
	times  []time.Time
	err    error                            // what asking ends with, after everything was told
	each   func(context.Context, int) error // before the n-th thing is told
}

// thing is a payment, or nothing that can be understood when it has no Ref.
type thing struct {
	Ref   ngo.Ref
	State ngo.PaymentState
	Made  time.Time
	Fill  string `json:",omitempty"`
	Fee   int64  `json:",omitempty"`
}

func (t *till) Name() string           { return "till" }
func (t *till) Settings() setting.Form { return nil }

func (t *till) Open(v setting.Values) (payment.Account, error) {
	if v["mute"] != "" {
		return read{}, nil
	}
	return asker{read{}, t}, nil
}

func (t *till) give(things ...thing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.things = append(t.things, things...)
}

func (t *till) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

// windows gives what was asked for since the last call, and when.
func (t *till) windows() ([]payment.Window, []time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	asked, times := t.asked, t.times
	t.asked, t.times = nil, nil
	return asked, times
}

// read is an account that cannot ask.
type read struct{}

func (read) Limit() int64            { return 1 << 20 }
func (read) Hint(http.Header) string { return "" }
func (read) Verify(h http.Header, body []byte) error {
	if h.Get("Signed") != fmt.Sprint(len(body)) {
		return &ngo.Error{Code: ngo.Unauthenticated, Message: "the signature does not match"}
	}
	return nil
}

func (read) Normalise(body []byte) (payment.Event, error) {
	var x thing
	if err := json.Unmarshal(body, &x); err != nil || x.Ref == "" {
		return payment.Event{}, &ngo.Error{Code: ngo.Invalid, Message: "not understood"}
	}
	if x.Ref == "nothing" {
		return payment.Event{Name: "nothing"}, nil
	}
	return payment.Event{Name: "told", Payment: &payment.Payment{
		Ref: x.Ref, State: x.State, Amount: ngo.Money{Minor: 50000, Currency: ngo.INR}, Created: x.Made, Fee: x.Fee,
	}}, nil
}

func (read) Probe(now time.Time, nonce string) (http.Header, []byte) {
	body := fmt.Appendf(nil, `{"Ref":"nothing","Fill":%q}`, nonce)
	return http.Header{"Signed": {fmt.Sprint(len(body))}}, body
}

// asker is one that can.
type asker struct {
	read
	till *till
}

func (a asker) Poll(ctx context.Context, w payment.Window, yield func([]byte) error) error {
	a.till.mu.Lock()
	a.till.asked, a.till.times = append(a.till.asked, w), append(a.till.times, time.Now())
	things, err, each := slices.Clone(a.till.things), a.till.err, a.till.each
	a.till.mu.Unlock()
	for n, x := range things {
		if x.Made.Before(w.From) || !x.Made.Before(w.To) {
			continue
		}
		if each != nil {
			if err := each(ctx, n); err != nil {
				return err
			}
		}
		body, err := json.Marshal(x)
		if err != nil {
			return err
		}
		if err := yield(body); err != nil {
			return err
		}
	}
	return err
}

func (a asker) Check(context.Context) error {
	a.till.mu.Lock()
	defer a.till.mu.Unlock()
	return a.till.err
}

// house is an appliance with one organisation and the puller.
type house struct {
	*Puller
	t    testing.TB
	till *till
	org  *org.Org
	log  *journal
	kept map[ngo.BlobID][]byte
}

type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) count(s string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), s)
}

func newHouse(t testing.TB, edit ...func(*Options)) *house {
	t.Helper()
	s := storetest.Open(t)
	storetest.AddOrg(t, s, "sevai")
	h := &house{t: t, till: &till{}, log: &journal{}, kept: map[ngo.BlobID][]byte{}}
	book, err := org.New(org.Options{Store: s, Gateways: []payment.Driver{h.till}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	if h.org, err = book.Org(t.Context(), "sevai"); err != nil {
		t.Fatal(err)
	}
	o := Options{Book: book, Log: slog.New(slog.NewTextHandler(h.log, nil)),
		Keep: func(_ context.Context, _ *store.Org, id ngo.BlobID, body []byte) (store.Blob, error) {
			h.kept[id] = body
			return store.Blob{ID: id, Size: int64(len(body)), Key: []byte("key")}, nil
		}}
	for _, e := range edit {
		e(&o)
	}
	if h.Puller, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// restart makes a puller that remembers nothing.
func (h *house) restart() {
	h.t.Helper()
	var err error
	if h.Puller, err = New(h.o); err != nil {
		h.t.Fatal(err)
	}
}

// connect adds a gateway with these settings.
func (h *house) connect(name string, settings map[string]string) ngo.Account {
	h.t.Helper()
	n := h.org.Store.NewAccount(ngo.Gateway, "till", name, settings, nil)
	storetest.Write(h.t, h.org.Store, func(tx *store.Tx) error { return tx.AddAccount(n) })
	return n.Account
}

// run runs the puller until stop is called, which waits for its end.
func (h *house) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	})
	h.t.Cleanup(stop)
	return stop
}

func (h *house) deliveries() (all []ngo.Delivery) {
	h.t.Helper()
	storetest.Read(h.t, h.org.Store, func(rx *store.Rx) error {
		for before := ""; ; {
			page, next, err := rx.Deliveries(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 200, After: before}})
			if err != nil || len(page) == 0 {
				return err
			}
			if all = append(all, page...); next == "" {
				return nil
			}
			before = next
		}
	})
	return all
}

func (h *house) health(id ngo.AccountID) ngo.Health {
	h.t.Helper()
	got, err := health(context.Background(), h.org, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// captured gives n gifts, the last made at that time and each other a second earlier.
func captured(n int, last time.Time) (out []thing) {
	for i := range n {
		out = append(out, thing{Ref: ngo.Ref(fmt.Sprintf("pay_%d_%d", last.Unix(), i)), State: ngo.PaymentCaptured, Made: last.Add(-time.Duration(n-1-i) * time.Second)})
	}
	return out
}
