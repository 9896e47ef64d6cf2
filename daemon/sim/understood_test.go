package sim_test

import (
	"slices"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/payu"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// heard is what the drivers make of one payment, all events taken together.
type heard struct {
	captured bool
	donor    ngo.Donor
	amount   ngo.Money
	purpose  string
}

// listener reads all that the gateways of a day say.
type listener struct {
	t        *testing.T
	accounts map[string]payment.Account
	payments map[ngo.Ref]*heard
}

func listen(t *testing.T, d *sim.Day) *listener {
	t.Helper()
	l := &listener{t: t, accounts: map[string]payment.Account{}, payments: map[ngo.Ref]*heard{}}
	var err error
	if l.accounts[sim.AtRazorpay], err = razorpay.New().Open(d.Razorpay.Values()); err != nil {
		t.Fatal(err)
	}
	if l.accounts[sim.AtPayU], err = payu.New().Open(d.PayU.Values()); err != nil {
		t.Fatal(err)
	}
	return l
}

// hear reads one body, and what the gateway says when it is asked about its claim.
func (l *listener) hear(gateway string, body []byte) payment.Event {
	l.t.Helper()
	e, err := l.accounts[gateway].Normalise(body)
	if err != nil {
		l.t.Fatalf("%s: Normalise: %v\n%s", gateway, err, body)
	}
	if p := e.Payment; p != nil {
		l.note(p)
	}
	if e.Claim == nil {
		return e
	}
	bodies, err := l.accounts[gateway].(payment.Confirmer).Confirm(l.t.Context(), *e.Claim)
	if err != nil || len(bodies) == 0 {
		l.t.Errorf("%s: Confirm %+v: %d bodies, %v", gateway, e.Claim, len(bodies), err)
	}
	for _, b := range bodies {
		l.hear(gateway, b)
	}
	return e
}

func (l *listener) note(p *payment.Payment) {
	h := l.payments[p.Ref]
	if h == nil {
		h = &heard{amount: p.Amount}
		l.payments[p.Ref] = h
	}
	if h.amount != p.Amount {
		l.t.Errorf("%s is of %v and of %v", p.Ref, h.amount, p.Amount)
	}
	h.captured = h.captured || p.State == ngo.PaymentCaptured
	for _, x := range []struct {
		have *string
		told string
	}{
		{&h.donor.Name, p.Donor.Name}, {&h.donor.EMail, p.Donor.EMail}, {&h.donor.Address, p.Donor.Address}, {&h.donor.PAN, p.Donor.PAN},
		{&h.donor.Language, p.Donor.Language}, {&h.purpose, p.Purpose},
	} {
		if *x.have == "" {
			*x.have = x.told
		}
	}
	if h.donor.Citizenship == "" {
		h.donor.Citizenship = p.Donor.Citizenship
	}
}

// TestDayIsUnderstood holds the doubles to the drivers: what they send is verified and read, what they answer too, and both
// together tell of every gift what Expected says.
func TestDayIsUnderstood(t *testing.T) {
	t.Parallel()
	d, moments := played(t, 1)
	l, e := listen(t, d), d.Expected()
	for _, m := range moments {
		for _, s := range m.Sends {
			if err := l.accounts[s.Gateway].Verify(s.Webhook.Header, s.Webhook.Body); err != nil {
				t.Errorf("%s: Verify: %v", s.Webhook.Name, err)
			}
			l.hear(s.Gateway, s.Webhook.Body)
		}
	}
	for _, g := range e.Gifts {
		if known := l.payments[g.Payment]; known == nil != g.Recovered {
			t.Errorf("%s is found by asking: %t; told: %+v", g.Payment, g.Recovered, known)
		}
	}
	refunds := 0
	for gateway, a := range l.accounts {
		w := payment.Window{From: noon(), To: moments[len(moments)-1].At}
		err := a.(payment.Poller).Poll(t.Context(), w, func(body []byte) error {
			if l.hear(gateway, body).Refund != nil {
				refunds++
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: Poll: %v", gateway, err)
		}
	}
	if len(l.payments) != len(e.Payments) || refunds != e.Refunds {
		t.Errorf("%d payments and %d refunds; want %d and %d", len(l.payments), refunds, len(e.Payments), e.Refunds)
	}
	for _, g := range e.Gifts {
		h := l.payments[g.Payment]
		if h == nil || !h.captured {
			t.Errorf("%s is not heard of: %+v", g.Payment, h)
			continue
		}
		want := g.Donor
		want.Phone = ""
		if h.donor != want || h.amount != g.Amount || !slices.Equal(h.donor.Missing(), g.Donor.Missing()) {
			t.Errorf("%s: heard %+v; want %+v of %v", g.Payment, h, want, g.Amount)
		}
		if h.purpose != g.Purpose {
			t.Errorf("%s is for %q; want %q", g.Payment, h.purpose, g.Purpose)
		}
	}
}
