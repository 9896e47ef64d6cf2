package sim_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// played is a day that is over.
func played(t *testing.T, seed uint64) (*sim.Day, []sim.Moment) {
	t.Helper()
	d, err := sim.NewDay(sim.DayOptions{Seed: seed, Start: noon()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	var out []sim.Moment
	for m, ok := d.Next(); ok; m, ok = d.Next() {
		out = append(out, m)
	}
	return d, out
}

func TestDayFollowsFromTheSeed(t *testing.T) {
	t.Parallel()
	a, first := played(t, 1)
	b, second := played(t, 1)
	c, _ := played(t, 2)
	if !reflect.DeepEqual(first, second) || !reflect.DeepEqual(a.Expected(), b.Expected()) {
		t.Error("one seed makes two days")
	}
	if reflect.DeepEqual(a.Expected(), c.Expected()) || a.Expected().Received != c.Expected().Received {
		t.Error("another seed changes who gives, and not what")
	}
}

func TestDayHasEverything(t *testing.T) {
	t.Parallel()
	d, moments := played(t, 1)
	e := d.Expected()
	if len(e.Gifts) < 40 || e.Refunds < 6 || e.Disputes < 3 || e.Settlements != 1 {
		t.Errorf("%d gifts, %d refunds, %d disputes, %d settlements", len(e.Gifts), e.Refunds, e.Disputes, e.Settlements)
	}
	for state, least := range map[ngo.DonationState]int{ngo.DonationReceived: 30, ngo.DonationWaiting: 4, ngo.DonationHeld: 4, ngo.DonationReversed: 4} {
		if e.Count(state) < least {
			t.Errorf("%d gifts are %s; want %d at least", e.Count(state), state, least)
		}
	}
	seen := map[string]int{}
	seenPayments := map[ngo.Ref]bool{}
	for _, g := range e.Gifts {
		seen["held:"+g.Held]++
		seen["language:"+g.Donor.Language]++
		if g.Slip {
			seen["slip"]++
		}
		if g.Recovered {
			seen["recovered at "+g.Gateway]++
		}
		if seenPayments[g.Payment] || g.Returned > g.Amount.Minor || g.Receipt != 0 && g.Receipt != g.Amount.Minor-g.Returned {
			t.Errorf("gift %+v", g)
		}
		seenPayments[g.Payment] = true
	}
	for _, want := range []string{"held:currency", "held:dispute", "held:foreign", "held:international", "language:ta", "language:hi", "language:en", "slip"} {
		if seen[want] == 0 {
			t.Errorf("no gift is %s", want)
		}
	}
	if seen["recovered at razorpay"] != 6 || seen["recovered at payu"] != 4 || seen["slip"] != 1 {
		t.Errorf("gifts are %v", seen)
	}
	if last := moments[len(moments)-1].At; last.Sub(noon()) > 12*time.Hour {
		t.Errorf("the day ends at %s", last)
	}
	asked := slices.DeleteFunc(slices.Clone(moments), func(m sim.Moment) bool { return !m.CatchUp })
	if len(asked) != 1 || asked[0].Since.After(asked[0].At.Add(-2*time.Hour)) {
		t.Errorf("asked at %+v", asked)
	}
	for _, m := range moments {
		if m.Title == "" {
			t.Errorf("moment %+v says nothing", m)
		}
	}
}

// TestDayIsWhatTheGatewaysSay holds what a ledger should look like to the gateways' own books.
func TestDayIsWhatTheGatewaysSay(t *testing.T) {
	t.Parallel()
	d, moments := played(t, 3)
	e := d.Expected()
	told := map[ngo.Ref]bool{}
	for _, m := range moments {
		for _, s := range m.Sends {
			told[s.Webhook.Payment] = true
		}
	}
	for gateway, payments := range map[string][]ngo.Ref{sim.AtRazorpay: d.Razorpay.Payments(), sim.AtPayU: d.PayU.Payments()} {
		for _, ref := range payments {
			if !slices.ContainsFunc(e.Payments, func(p sim.ExpectedPayment) bool { return p.Gateway == gateway && p.Payment == ref }) {
				t.Errorf("%s is not expected", ref)
			}
			g, gift := e.Gift(gateway, ref)
			if gift && g.Recovered == told[ref] {
				t.Errorf("%s is found by asking: %t; told of: %t", ref, g.Recovered, told[ref])
			}
		}
	}
	for _, g := range e.Gifts {
		returned := d.Razorpay.Returned
		if g.Gateway == sim.AtPayU {
			returned = d.PayU.Returned
		}
		if back := returned(g.Payment); back != g.Returned && (back != 0 || g.Returned != g.Amount.Minor) { // a lost dispute is no refund
			t.Errorf("%s: %d went back; the gateway says %d", g.Payment, g.Returned, back)
		}
	}
}

func TestDayComesTwiceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	_, moments := played(t, 1)
	var all []sim.Webhook
	repeats, refundFirst := 0, false
	for _, m := range moments {
		for _, s := range m.Sends {
			if slices.ContainsFunc(all, func(w sim.Webhook) bool { return bytes.Equal(w.Body, s.Webhook.Body) }) {
				repeats++
			}
			known := slices.ContainsFunc(all, func(w sim.Webhook) bool { return w.Payment == s.Webhook.Payment })
			refundFirst = refundFirst || !known && s.Webhook.Name == "refund.created"
			all = append(all, s.Webhook)
		}
	}
	if repeats < 5 || !refundFirst || len(all) < 120 {
		t.Errorf("%d webhooks, %d of them repeats; a refund before its payment: %t", len(all), repeats, refundFirst)
	}
}
