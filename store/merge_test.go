package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// counter is an organisation with one gateway.
type counter struct {
	t        *testing.T
	o        *store.Org
	clock    *clock
	account  ngo.AccountID
	delivery ngo.DeliveryID
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	return &counter{t: t, o: o, clock: c, account: account, delivery: deliver(t, o, "{}")}
}

// pay tells of a payment and makes its gift as the flow does.
func (c *counter) pay(p ngo.Payment, d ngo.Donor) (saved ngo.Payment, gift ngo.Donation) {
	c.t.Helper()
	storetest.Write(c.t, c.o, func(tx *store.Tx) (err error) {
		p.Account, p.Delivery = c.account, c.delivery
		if p.Created.IsZero() {
			p.Created = tx.Now()
		}
		if saved, _, err = tx.SavePayment(p); err != nil || !saved.State.Paid() {
			return err
		}
		gift, _, err = tx.AddDonation(ngo.Donation{Payment: saved.ID, Amount: saved.Amount, Given: "2026-06-01", Donor: d})
		return err
	})
	return saved, gift
}

// paid is a gift of ₹500 by a donor of whom all is known.
func (c *counter) paid(ref ngo.Ref) ngo.Donation {
	c.t.Helper()
	_, d := c.pay(ngo.Payment{Ref: ref, State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000)},
		ngo.Donor{Name: "Chitra Iyer", EMail: "chitra@example.org", Address: "1 Lake Road", PAN: "ABCPE1234F"})
	return d
}

func (c *counter) gift(id ngo.DonationID) (d ngo.Donation) {
	c.t.Helper()
	storetest.Read(c.t, c.o, func(r *store.Rx) (err error) {
		d, err = r.Donation(id)
		return err
	})
	return d
}

// do runs fn and gives what it fails with.
func (c *counter) do(fn func(*store.Tx) error) error {
	return c.o.Write(c.t.Context(), store.Work, "user:meena", fn)
}

// refuses checks that fn fails with a code.
func (c *counter) refuses(code ngo.Code, what string, fn func(*store.Tx) error) {
	c.t.Helper()
	if err := c.do(fn); ngo.CodeOf(err) != code {
		c.t.Errorf("%s = %v; want %s", what, err, code)
	}
}

// reacts ends the jobs that have receipts follow, and gives when they were due.
func (c *counter) reacts() (due []time.Time) {
	c.t.Helper()
	storetest.Write(c.t, c.o, func(tx *store.Tx) error {
		jobs, _, err := tx.Jobs(store.JobQuery{})
		for _, j := range jobs {
			if j.Kind == ngo.JobReact {
				due = append(due, j.Due)
			}
		}
		return err
	})
	c.clock.pass(time.Hour)
	for _, j := range claim(c.t, c.o, ngo.LanePayment, 64) {
		storetest.Write(c.t, c.o, func(tx *store.Tx) error { return tx.Finish(j) })
	}
	return due
}

func TestTwoPaymentsUnderOneReference(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	tell := func(alias ngo.Ref, state ngo.PaymentState) ngo.Payment {
		p, _ := c.pay(ngo.Payment{Ref: "txn1", Alias: alias, State: state, Amount: ngo.Paise(100)}, ngo.Donor{})
		return p
	}
	first := tell("", ngo.PaymentCreated)
	one := tell("4001", ngo.PaymentCaptured)
	other := tell("4002", ngo.PaymentCaptured)
	again := tell("4002", ngo.PaymentCaptured)
	if first.ID != one.ID || one.ID == other.ID || again.ID != other.ID || one.Ref != "txn1" || other.Ref != "txn1/4002" {
		t.Errorf("payments %v, %v, %v, %v; want two", first, one, other, again)
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		for ref, want := range map[ngo.Ref]ngo.PaymentID{"txn1": one.ID, "4001": one.ID, "4002": other.ID, "txn1/4002": other.ID} {
			if p, err := r.PaymentByRef(c.account, ref); err != nil || p.ID != want {
				t.Errorf("PaymentByRef(%s) = %s, %v; want %s", ref, p.ID, err, want)
			}
		}
		if _, err := r.PaymentByRef(c.account, ""); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("PaymentByRef of nothing = %v; want NotFound", err)
		}
		return nil
	})
	checkWhole(t, c.o)
}

func TestAmountsToldTwiceAreRefused(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.paid("pay_1")
	c.refuses(ngo.Invalid, "another amount of a payment", func(tx *store.Tx) error {
		_, _, err := tx.SavePayment(ngo.Payment{Account: c.account, Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(1), Created: tx.Now(), Delivery: c.delivery})
		return err
	})
	f := ngo.Refund{Account: c.account, Ref: "rfnd_1", PaymentRef: "pay_1", State: ngo.RefundPending, Amount: ngo.Paise(100)}
	d := ngo.Dispute{Account: c.account, Ref: "disp_1", PaymentRef: "pay_1", State: ngo.DisputeOpen, Amount: ngo.Paise(100)}
	s := ngo.Settlement{Account: c.account, Ref: "setl_1", State: ngo.SettlementCreated, Amount: ngo.Paise(100)}
	save := func(tx *store.Tx) error {
		_, _, err := tx.SaveRefund(f)
		if err == nil {
			_, _, err = tx.SaveDispute(d)
		}
		if err == nil {
			_, _, err = tx.SaveSettlement(s)
		}
		return err
	}
	storetest.Write(t, c.o, save)
	storetest.Write(t, c.o, save)
	f.Amount = ngo.Paise(200)
	c.refuses(ngo.Invalid, "another amount of a refund", save)
	f.Amount, d.Amount = ngo.Paise(100), ngo.Paise(200)
	c.refuses(ngo.Invalid, "another amount of a dispute", save)
	d.Amount, s.Amount = ngo.Paise(100), ngo.Paise(200)
	c.refuses(ngo.Invalid, "another amount of a settlement", save)
	for name, bad := range map[string]ngo.Refund{
		"without an id":     {PaymentRef: "pay_1", Amount: ngo.Paise(1)},
		"without a payment": {Ref: "r", Amount: ngo.Paise(1)},
		"of nothing":        {Ref: "r", PaymentRef: "pay_1", Amount: ngo.Paise(0)},
		"beyond all bounds": {Ref: "r", PaymentRef: "pay_1", Amount: ngo.Paise(store.MostAmount + 1)},
		"in other currency": {Ref: "r", PaymentRef: "pay_1", Amount: ngo.Money{Minor: 1, Currency: "USD"}},
		"less than nothing": {Ref: "r", PaymentRef: "pay_1", Amount: ngo.Paise(-1)},
	} {
		bad.Account, bad.State = c.account, ngo.RefundProcessed
		c.refuses(ngo.Invalid, "a refund "+name, func(tx *store.Tx) error {
			_, _, err := tx.SaveRefund(bad)
			return err
		})
	}
}

func TestRecoveredIsWhatWasFoundFirst(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	tell := func(ref ngo.Ref, state ngo.PaymentState, found bool) ngo.Donation {
		_, d := c.pay(ngo.Payment{Ref: ref, State: state, Amount: ngo.Paise(100), Recovered: found}, ngo.Donor{Name: "x"})
		return d
	}
	tell("a", ngo.PaymentAuthorized, false)
	if d := tell("a", ngo.PaymentCaptured, true); !d.Recovered {
		t.Error("a payment whose money was found by asking is not recovered")
	}
	tell("b", ngo.PaymentAuthorized, true)
	if d := tell("b", ngo.PaymentCaptured, false); d.Recovered {
		t.Error("a payment whose money was told counts as recovered")
	}
	if d := tell("b", ngo.PaymentCaptured, true); d.Recovered {
		t.Error("asking for what is known makes it recovered")
	}
	checkWhole(t, c.o)
}

func TestRefundBeforeItsPayment(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		_, _, err := tx.SaveRefund(ngo.Refund{Account: c.account, Ref: "rfnd_1", PaymentRef: "4001", State: ngo.RefundProcessed, Amount: ngo.Paise(50_000)})
		if err == nil {
			_, _, err = tx.SaveDispute(ngo.Dispute{Account: c.account, Ref: "disp_1", PaymentRef: "pay_9", State: ngo.DisputeOpen, Amount: ngo.Paise(1)})
		}
		return err
	})
	p, d := c.pay(ngo.Payment{Ref: "txn1", Alias: "4001", State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000)}, ngo.Donor{Name: "x"})
	if p.Returned != 50_000 || d.State != ngo.DonationReversed || d.Reason != "Refunded in full." {
		t.Errorf("payment %+v, gift %+v; want it reversed", p, d)
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		all, err := r.RefundsOf(p.ID)
		if len(all) != 1 || all[0].Settled == nil {
			t.Errorf("refunds = %+v; want the one that waited", all)
		}
		none, _ := r.DisputesOf(p.ID)
		if len(none) != 0 {
			t.Errorf("disputes = %+v; want none: it is another payment's", none)
		}
		return err
	})
	checkWhole(t, c.o)
}

func TestRefundAskedForHere(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	ask := func(m ngo.Money) (f ngo.Refund, err error) {
		err = c.do(func(tx *store.Tx) (err error) {
			f, err = tx.RequestRefund(d.ID, m, "wrong account\x1b[31m")
			return err
		})
		return f, err
	}
	part, err := ask(ngo.Paise(20_000))
	if err != nil || part.State != ngo.RefundRequested || len(part.Token) != 20 || part.Actor != "user:meena" || part.Reason != "wrong account" {
		t.Fatalf("RequestRefund = %+v, %v", part, err)
	}
	for name, tt := range map[string]struct {
		amount ngo.Money
		want   ngo.Code
	}{"more than remains": {ngo.Paise(30_001), ngo.Invalid}, "another currency": {ngo.Money{Minor: 1, Currency: "USD"}, ngo.Invalid}, "less than nothing": {ngo.Paise(-1), ngo.Invalid}} {
		if _, err := ask(tt.amount); ngo.CodeOf(err) != tt.want {
			t.Errorf("%s = %v; want %s", name, err, tt.want)
		}
	}
	rest, err := ask(ngo.Money{})
	if err != nil || rest.Amount != ngo.Paise(30_000) || rest.Token == part.Token {
		t.Fatalf("RequestRefund of the rest = %+v, %v", rest, err)
	}
	if _, err := ask(ngo.Money{}); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("RequestRefund of nothing = %v; want Conflict", err)
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		jobs, _, err := r.Jobs(store.JobQuery{})
		n := 0
		for _, j := range jobs {
			if j.Kind == ngo.JobRefund && j.Lane == ngo.LaneOutbound && (j.Subject == string(part.ID) || j.Subject == string(rest.ID)) {
				n++
			}
		}
		if n != 2 {
			t.Errorf("jobs = %+v; want one for each refund", jobs)
		}
		return err
	})

	// The webhook knows only the gateway's id, and comes before the answer that has both.
	tell := func(ref ngo.Ref, token string, state ngo.RefundState, m ngo.Money) (f ngo.Refund) {
		storetest.Write(t, c.o, func(tx *store.Tx) (err error) {
			f, _, err = tx.SaveRefund(ngo.Refund{Account: c.account, Ref: ref, Token: token, PaymentRef: "pay_1", State: state, Amount: m, Created: tx.Now()})
			return err
		})
		return f
	}
	tell("rfnd_1", "", ngo.RefundProcessed, part.Amount)
	one := tell("rfnd_1", part.Token, ngo.RefundPending, part.Amount)
	if one.ID != part.ID || one.State != ngo.RefundProcessed || one.Ref != "rfnd_1" || one.Reason != "wrong account" {
		t.Errorf("joined refund = %+v; want the one asked for, processed", one)
	}
	if g := c.gift(d.ID); g.Returned != 20_000 || g.State != ngo.DonationReceived {
		t.Errorf("gift = %+v; want a part gone", g)
	}
	tell("", rest.Token, ngo.RefundFailed, rest.Amount)
	if again, err := ask(ngo.Money{}); err != nil || again.Amount != rest.Amount {
		t.Errorf("asking again for what failed = %+v, %v", again, err)
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		all, err := r.RefundsOf(one.Payment)
		if len(all) != 3 {
			t.Errorf("refunds = %+v; want three", all)
		}
		got, err2 := r.Refund(part.ID)
		if err2 != nil || got.Settled == nil {
			t.Errorf("Refund = %+v, %v", got, err2)
		}
		return err
	})
	c.refuses(ngo.NotFound, "a refund of no gift", func(tx *store.Tx) error {
		_, err := tx.RequestRefund("don_none", ngo.Money{}, "")
		return err
	})
	checkWhole(t, c.o)
}

func TestDisputeHoldsAndTakes(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	d := c.paid("pay_1")
	tell := func(ref ngo.Ref, state ngo.DisputeState, deducted int64) ngo.Donation {
		t.Helper()
		storetest.Write(t, c.o, func(tx *store.Tx) error {
			_, _, err := tx.SaveDispute(ngo.Dispute{Account: c.account, Ref: ref, PaymentRef: "pay_1", State: state, Amount: ngo.Paise(50_000), Deducted: deducted})
			return err
		})
		return c.gift(d.ID)
	}
	if g := tell("d1", ngo.DisputeOpen, 0); g.State != ngo.DonationHeld {
		t.Errorf("a disputed gift is %s; want held", g.State)
	}
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		_, err := tx.ReleaseDonation(d.ID, "")
		return err
	})
	if g := tell("d1", ngo.DisputeUnderReview, 0); g.State != ngo.DonationReceived {
		t.Errorf("a disputed gift that was looked at is %s; want received", g.State)
	}
	if g := tell("d2", ngo.DisputeOpen, 0); g.State != ngo.DonationHeld {
		t.Errorf("another dispute leaves the gift %s; want held", g.State)
	}
	if g := tell("d2", ngo.DisputeWon, 0); g.State != ngo.DonationHeld { // the first is still under review, and nobody has looked since
		t.Errorf("one of two disputes won leaves the gift %s; want held", g.State)
	}
	g := tell("d1", ngo.DisputeLost, 50_000)
	if g.State != ngo.DonationReversed || !slices.Contains([]string{"The donor's bank took the money back (dispute lost)."}, g.Reason) {
		t.Errorf("gift = %+v; want it reversed", g)
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		p, err := r.PaymentByRef(c.account, "pay_1")
		if p.State != ngo.PaymentChargedBack || p.Returned != 50_000 {
			t.Errorf("payment = %+v; want it charged back", p)
		}
		return err
	})
	checkWhole(t, c.o)
}

// A dispute that was lost before the money was told leaves a gift all the same: a reversed one.
func TestDisputeLostBeforeTheCapture(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentAuthorized, Amount: ngo.Paise(100)}, ngo.Donor{})
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		_, _, err := tx.SaveDispute(ngo.Dispute{Account: c.account, Ref: "d", PaymentRef: "pay_1", State: ngo.DisputeLost, Amount: ngo.Paise(100), Deducted: 100})
		return err
	})
	p, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "x"})
	if p.State != ngo.PaymentChargedBack || d.State != ngo.DonationReversed {
		t.Errorf("payment %+v, gift %+v; want charged back and reversed", p, d)
	}
}

func TestSightingsTellTheStory(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	start := c.clock.Now()
	at := func(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }
	captured := at(39)
	p, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100), Created: start, Captured: &captured, Method: "upi"}, ngo.Donor{Name: "x"})
	storetest.Write(t, c.o, func(tx *store.Tx) error {
		for _, s := range []ngo.Sighting{
			{State: ngo.PaymentFailed, At: at(5)}, {State: ngo.PaymentFailed, At: at(0), Text: "bank"}, {State: ngo.PaymentFailed, At: at(7), Text: "bank did not answer"},
			{State: ngo.PaymentCaptured, At: at(38)}, {State: ngo.PaymentCaptured, At: at(40)}, {State: ngo.PaymentAuthorized, At: at(38)},
		} {
			s.Delivery = c.delivery
			if err := tx.AddSighting(p.ID, s); err != nil {
				return err
			}
		}
		return nil
	})
	want := []ngo.Sighting{
		{State: ngo.PaymentFailed, At: at(0), Text: "bank did not answer", Delivery: c.delivery}, {State: ngo.PaymentAuthorized, At: at(38), Delivery: c.delivery},
		{State: ngo.PaymentCaptured, At: at(38), Delivery: c.delivery},
	}
	storetest.Read(t, c.o, func(r *store.Rx) error {
		got, err := r.Sightings(p.ID)
		if !slices.Equal(got, want) {
			t.Errorf("Sightings = %v\nwant %v", got, want)
		}
		events, err2 := r.Timeline(d.ID)
		if len(events) < 4 || events[1].Text != "the gateway said: failed (bank did not answer)" && events[2].Text != "the gateway said: failed (bank did not answer)" {
			t.Errorf("Timeline = %v, %v", events, err2)
		}
		return err
	})
}
