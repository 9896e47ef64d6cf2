package paymenttest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// given makes a payment and gives it as the ledger would hold it.
func given(t *testing.T, d Double, a payment.Account, amount int64) ngo.Payment {
	t.Helper()
	ref := d.Give(Noon().Add(-time.Hour), amount)
	p, ok := read(t, poll(t, a, theDay())).payments[ref]
	if !ok {
		t.Fatalf("asking does not give %s", ref)
	}
	return ngo.Payment{Ref: p.Ref, Alias: p.Alias, State: p.State, Amount: p.Amount, Method: p.Method, Created: p.Created}
}

func refunder(t *testing.T, a payment.Account) payment.Refunder {
	t.Helper()
	r, ok := a.(payment.Refunder)
	if !ok {
		t.Fatal("an account at the double cannot refund")
	}
	return r
}

func (s Suite) refunds(t *testing.T, _ payment.Account) {
	d, a := s.start(t)
	p := given(t, d, a, 500_00)
	o := payment.RefundOrder{Token: "abcdefghij0123456789", Payment: p, Amount: ngo.Paise(150_00), Reason: "given twice by mistake"}
	first := refund(t, a, o)
	if again := refund(t, a, o); again.Ref != first.Ref {
		t.Errorf("the same order again = %+v; want %s", again, first.Ref)
	}
	o.Token, o.Amount = "abcdefghij0123456780", ngo.Paise(50_00)
	d.Trouble(Trouble{Lost: true, Refund: true, Times: 1})
	if _, err := refunder(t, a).Refund(t.Context(), o); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a refund whose answer is lost = %v; want Unavailable", err)
	}
	if second := refund(t, a, o); second.Ref == first.Ref {
		t.Errorf("another order = %+v; want another refund", second)
	}
	if got := d.Returned(p.Ref); got != 200_00 {
		t.Errorf("%d paise went back; want 20000", got)
	}
	tokens := map[string]int{}
	for _, r := range read(t, poll(t, a, theDay())).refunds {
		tokens[r.Token]++
	}
	if len(tokens) != 2 || tokens["abcdefghij0123456789"] != 1 || tokens["abcdefghij0123456780"] != 1 {
		t.Errorf("asking gives the refunds %v; want one of each of our ids", tokens)
	}
	o.Token, o.Amount = "abcdefghij0123456781", ngo.Paise(300_00)
	refund(t, a, o) // all that remains
}

// refund orders, and checks the answer against the order.
func refund(t *testing.T, a payment.Account, o payment.RefundOrder) payment.Refund {
	t.Helper()
	r, err := refunder(t, a).Refund(t.Context(), o)
	if err != nil {
		t.Fatalf("Refund(%+v): %v", o, err)
	}
	if r.Ref == "" || r.Token != o.Token || r.Payment != o.Payment.Ref && r.Payment != o.Payment.Alias || r.Amount != o.Amount ||
		r.State != ngo.RefundPending && r.State != ngo.RefundProcessed {
		t.Errorf("Refund(%+v) = %+v", o, r)
	}
	return r
}

func (s Suite) overdraws(t *testing.T, _ payment.Account) {
	d, a := s.start(t)
	p := given(t, d, a, 100_00)
	o := payment.RefundOrder{Token: "abcdefghij0123456789", Payment: p, Amount: ngo.Paise(100_01), Reason: "x"}
	refuse := func(what string) {
		t.Helper()
		r, err := refunder(t, a).Refund(t.Context(), o)
		if code := ngo.CodeOf(err); code != ngo.Invalid && code != ngo.Conflict {
			t.Errorf("a refund %s = %+v, %v; want Invalid or Conflict", what, r, err)
		}
	}
	refuse("of more than was paid")
	o.Amount = ngo.Paise(0)
	refuse("of nothing")
	o.Amount = ngo.Money{Minor: 10_00, Currency: "USD"}
	refuse("in another currency")
	o.Amount, o.Payment.Ref, o.Payment.Alias = ngo.Paise(10_00), "no such payment", ""
	refuse("of no payment")
	if got := d.Returned(p.Ref); got != 0 {
		t.Errorf("%d paise went back; want none", got)
	}
}

// troubles puts everything that asks through everything that can go wrong.
func (s Suite) troubles(t *testing.T, _ payment.Account) {
	d, a := s.start(t)
	p := given(t, d, a, 500_00)
	o := payment.RefundOrder{Token: "abcdefghij0123456789", Payment: p, Amount: ngo.Paise(10_00), Reason: "x"}
	calls := map[string]func(context.Context) error{
		"Poll": func(ctx context.Context) error {
			return poller(t, a).Poll(ctx, theDay(), func([]byte) error { return nil })
		},
		"Refund": func(ctx context.Context) error { _, err := refunder(t, a).Refund(ctx, o); return err },
	}
	if c, ok := a.(payment.Checker); ok {
		calls["Check"] = c.Check
	}
	if c, ok := a.(payment.Confirmer); ok {
		calls["Confirm"] = func(ctx context.Context) error { _, err := c.Confirm(ctx, s.claim(t, d, a)); return err }
	}
	for _, tt := range []struct {
		name    string
		trouble Trouble
		want    []ngo.Code
	}{
		{"401", Trouble{Status: 401}, []ngo.Code{ngo.Unauthenticated}},
		{"403", Trouble{Status: 403}, []ngo.Code{ngo.Denied}},
		{"429", Trouble{Status: 429, Header: map[string][]string{"Retry-After": {"3600"}}}, []ngo.Code{ngo.Limited}},
		{"500", Trouble{Status: 500}, []ngo.Code{ngo.Unavailable}},
		{"503 in HTML", Trouble{Status: 503, Body: "<html>"}, []ngo.Code{ngo.Unavailable}},
		{"302", Trouble{Status: 302}, []ngo.Code{ngo.Internal, ngo.Unavailable}},
		{"garbage", Trouble{Body: "\x00\xff{["}, []ngo.Code{ngo.Internal}},
		{"HTML", Trouble{Body: "<html>Sign in to the hotel's network</html>"}, []ngo.Code{ngo.Internal}},
		{"JSON of something else", Trouble{Body: `{"weather":"fair"}`}, []ngo.Code{ngo.Internal}},
		{"a list of nothing known", Trouble{Body: `[1,null,"x"]`}, []ngo.Code{ngo.Internal}},
		{"an empty answer", Trouble{Empty: true}, []ngo.Code{ngo.Internal, ngo.Unavailable}},
		{"an answer cut off", Trouble{Cut: true}, []ngo.Code{ngo.Unavailable}},
		{"no answer", Trouble{Lost: true}, []ngo.Code{ngo.Unavailable}},
		{"hanging", Trouble{Hang: true}, []ngo.Code{ngo.Unavailable}},
	} {
		d.Trouble(tt.trouble)
		for name, call := range calls {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if tt.trouble.Hang {
				ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
			}
			err := call(ctx)
			cancel()
			if !slices.Contains(tt.want, ngo.CodeOf(err)) {
				t.Errorf("%s with %s = %v (%s); want %v", name, tt.name, err, ngo.CodeOf(err), tt.want)
			}
		}
		d.Heal()
	}
	for name, call := range calls {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s when all is well again: %v", name, err)
		}
	}
	if got := d.Returned(p.Ref); got != 10_00 {
		t.Errorf("%d paise went back; want 1000", got)
	}
}

// claim makes a payment and gives what its webhook claims.
func (s Suite) claim(t *testing.T, d Double, a payment.Account) payment.Claim {
	t.Helper()
	d.Webhooks()
	d.Give(Noon().Add(-time.Minute), 10_00)
	for _, x := range d.Webhooks() {
		if e, err := a.Normalise(x.Body); err == nil && e.Claim != nil {
			return *e.Claim
		}
	}
	t.Fatal("no webhook is a claim")
	return payment.Claim{}
}
