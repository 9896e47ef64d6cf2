package paymenttest

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// order tells the story of a payment that failed, came through after all, and went back in part: in every order, with
// repeats, and by asking besides.
func (s Suite) order(t *testing.T, _ payment.Account) {
	d, a := s.start(t)
	ref := d.Late(Noon().Add(-2*time.Hour), 500_00)
	d.Refund(ref, 120_00)
	var events []payment.Event
	for _, x := range d.Webhooks() {
		events = append(events, believed(t, a, x)...)
	}
	want := read(t, events)
	p := want.payments[ref]
	if p.State != ngo.PaymentCaptured || p.Amount != ngo.Paise(500_00) || want.returned(p) != 120_00 || len(want.payments) != 1 {
		t.Errorf("webhooks and what they are confirmed by give %+v; want %s captured and ₹120 of it returned", want, ref)
	}
	asked := poll(t, a, theDay())
	byAsking := read(t, asked)
	if q := byAsking.payments[ref]; q.State != p.State || q.Amount != p.Amount || !q.Created.Equal(p.Created) || byAsking.returned(q) != 120_00 {
		t.Errorf("asking gives %+v; want as by webhook %+v", byAsking, want)
	}
	all := append(slices.Clone(events), asked...)
	want = read(t, all)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		mixed := append(slices.Clone(all), all[rng.IntN(len(all))])
		rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if got := read(t, mixed); !got.equal(want) {
			t.Fatalf("in another order the events give %+v; want %+v", got, want)
		}
	}
}

func (s Suite) polls(t *testing.T, _ payment.Account) {
	d, a := s.start(t)
	poller(t, a)
	from, to := Noon().Add(-3*time.Hour), Noon().Add(-time.Hour)
	d.Give(from.Add(-time.Second), 10_00)
	want := map[ngo.Ref]int64{}
	for i, at := range []time.Time{from, from.Add(time.Second), to.Add(-time.Second)} {
		want[d.Give(at, int64(20_00+i))] = int64(20_00 + i)
	}
	for i := range 130 { // more than a page
		want[d.Give(from.Add(time.Minute+time.Duration(i)*time.Second), int64(30_00+i))] = int64(30_00 + i)
	}
	d.Give(to, 40_00)
	last := d.Late(from.Add(time.Hour), 50_00)
	want[last] = 50_00
	d.Refund(last, 20_00)
	w := payment.Window{From: from, To: to}
	events := poll(t, a, w)
	checkSequence(t, events)
	b := read(t, events)
	for ref, amount := range want {
		if p, ok := b.payments[ref]; !ok || p.State != ngo.PaymentCaptured || p.Amount != ngo.Paise(amount) || p.Created.Before(from) || !p.Created.Before(to) {
			t.Errorf("asking gives for %s %+v; want ₹%d captured in the window", ref, p, amount/100)
		}
	}
	if len(b.payments) != len(want) {
		t.Errorf("asking gives %d payments; want %d", len(b.payments), len(want))
	}
	s.pollsAgain(t, a, w)
	if events := poll(t, a, payment.Window{From: from, To: from}); len(read(t, events).payments) != 0 {
		t.Errorf("asking for an empty window gives the payments %+v", events)
	}
}

func poller(t *testing.T, a payment.Account) payment.Poller {
	t.Helper()
	p, ok := a.(payment.Poller)
	if !ok {
		t.Fatal("an account at the double cannot be asked")
	}
	return p
}

// checkSequence wants what undoes gifts before the gifts.
func checkSequence(t *testing.T, events []payment.Event) {
	t.Helper()
	paid := false
	for _, e := range events {
		if paid && (e.Refund != nil || e.Dispute != nil) {
			t.Fatalf("a refund or dispute comes after the first payment: %+v", e)
		}
		paid = paid || e.Payment != nil && e.Refund == nil && e.Dispute == nil
	}
}

// pollsAgain wants the same bodies for the same facts: they are then known as repeats.
func (s Suite) pollsAgain(t *testing.T, a payment.Account, w payment.Window) {
	t.Helper()
	bodies := func() (out [][]byte) {
		if err := poller(t, a).Poll(t.Context(), w, func(b []byte) error { out = append(out, b); return nil }); err != nil {
			t.Fatalf("Poll: %v", err)
		}
		return out
	}
	if first, second := bodies(), bodies(); !slices.EqualFunc(first, second, bytes.Equal) {
		t.Error("asking twice gives different bodies")
	}
}

func (s Suite) stops(t *testing.T, _ payment.Account) {
	d, a := s.start(t)
	for range 3 {
		d.Give(Noon().Add(-time.Hour), 10_00)
	}
	enough, calls := errors.New("enough"), 0
	err := poller(t, a).Poll(t.Context(), theDay(), func([]byte) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("Poll = %v after %d calls; want what the first one failed with", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = poller(t, a).Poll(ctx, theDay(), func([]byte) error { cancel(); return nil })
	if calls = 0; err == nil {
		err = poller(t, a).Poll(ctx, theDay(), func([]byte) error { calls++; return nil })
	}
	if err == nil || calls > 0 {
		t.Errorf("Poll with an ended context = %v after %d calls", err, calls)
	}
}

// confirms tests a gateway whose webhooks are no more than claims.
func (s Suite) confirms(t *testing.T, _ payment.Account) {
	d, a := s.start(t)
	confirmer, ok := a.(payment.Confirmer)
	if !ok {
		t.Skip("the gateway's events are believed as they are")
	}
	ref := d.Give(Noon().Add(-time.Hour), 75_00)
	claims := 0
	for _, x := range d.Webhooks() {
		events := believed(t, a, x)
		if events[0].Claim == nil {
			continue
		}
		claims++
		if p, ok := read(t, events[1:]).payments[ref]; !ok || p.State != ngo.PaymentCaptured || p.Amount != ngo.Paise(75_00) {
			t.Errorf("the claim %+v is confirmed by %+v; want %s captured", events[0].Claim, events[1:], ref)
		}
	}
	if claims == 0 {
		t.Error("no webhook of an account that can confirm is a claim")
	}
	other := s.Double(t)
	other.Give(Noon(), 75_00)
	other.Give(Noon(), 76_00)
	for _, x := range other.Webhooks() {
		e, err := a.Normalise(x.Body)
		if err != nil || e.Claim == nil || e.Payment != nil && e.Payment.Ref == ref {
			continue // signed for the other
		}
		if bodies, err := confirmer.Confirm(t.Context(), *e.Claim); err != nil || len(bodies) > 0 {
			t.Errorf("Confirm of what is not known = %q, %v; want nothing", bodies, err)
		}
	}
}
