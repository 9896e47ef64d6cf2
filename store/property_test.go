package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// house is an organisation to which rapid does whatever comes to its mind.
type house struct {
	t         *testing.T
	o         *store.Org
	clock     *clock
	account   ngo.AccountID
	seq       int
	donations []ngo.Donation
	messages  []ngo.MessageID
	issued    map[string]int64 // by series
	refs      map[ngo.DonationID]ngo.Ref
}

// change runs fn; a refusal is as good an outcome as any other, a fault is not.
func (h *house) change(t *rapid.T, fn func(*store.Tx) error) bool {
	err := h.o.Write(h.t.Context(), store.Work, "rapid", fn)
	switch ngo.CodeOf(err) {
	case "", ngo.Conflict, ngo.NotFound:
	default:
		t.Fatalf("%v", err)
	}
	return err == nil
}

// spoiled is returned now and then after all was written, so that roll-backs happen too.
var errSpoiled = &ngo.Error{Code: ngo.Conflict, Message: "spoiled on purpose"}

func spoil(t *rapid.T) error {
	if rapid.IntRange(0, 5).Draw(t, "spoil") == 0 {
		return errSpoiled
	}
	return nil
}

func (h *house) give(t *rapid.T) {
	h.seq++
	donor := seed.Donor(rapid.IntRange(0, 30).Draw(t, "donor"))
	delivery := h.o.NewDelivery(h.account, "", fmt.Appendf(nil, "%d", h.seq))
	if rapid.Bool().Draw(t, "wanting") {
		donor.Address = ""
	}
	hold := rapid.SampledFrom([]string{"", "", "look at it"}).Draw(t, "hold")
	day := rapid.SampledFrom([]ngo.Date{"2026-03-31", "2026-04-01", "2026-06-01"}).Draw(t, "day")
	cur := rapid.SampledFrom([]ngo.Currency{ngo.INR, ngo.INR, "USD"}).Draw(t, "currency")
	d := ngo.Donation{ID: ngo.NewID[ngo.DonationID](h.clock.Now()), Hold: hold, Given: day, Donor: donor, Method: "upi",
		Amount: ngo.Money{Minor: rapid.Int64Range(1, store.MostAmount).Draw(t, "amount"), Currency: cur}}
	spoiled := spoil(t)
	done := h.change(t, func(tx *store.Tx) error {
		if _, err := tx.AddDelivery(delivery); err != nil {
			return err
		}
		p, _, err := tx.SavePayment(ngo.Payment{Account: h.account, Ref: ngo.Ref(fmt.Sprint("pay_", h.seq)), State: ngo.PaymentCaptured,
			Amount: d.Amount, Created: tx.Now(), Delivery: delivery.ID})
		if err != nil {
			return err
		}
		d.Payment = p.ID
		if d.Person, err = tx.JoinPerson(donor); err != nil {
			return err
		}
		if _, _, err := tx.AddDonation(d); err != nil {
			return err
		}
		return errors.Join(tx.SettleDelivery(delivery.ID, ngo.DeliveryProcessed, "payment.captured", ""), spoiled)
	})
	if done {
		h.donations = append(h.donations, d)
		h.refs[d.ID] = ngo.Ref(fmt.Sprint("pay_", h.seq))
	}
}

func (h *house) donation(t *rapid.T) ngo.Donation {
	if len(h.donations) == 0 {
		t.Skip("no gift yet")
	}
	return rapid.SampledFrom(h.donations).Draw(t, "gift")
}

// move does what staff do to a gift.
func (h *house) move(t *rapid.T) {
	d := h.donation(t)
	what := rapid.SampledFrom([]string{"hold", "release", "edit", "refund", "restate"}).Draw(t, "what")
	spoiled := spoil(t)
	h.change(t, func(tx *store.Tx) (err error) {
		switch what {
		case "hold":
			_, err = tx.HoldDonation(d.ID, "why")
		case "release":
			_, err = tx.ReleaseDonation(d.ID, "")
		case "edit":
			name := "Somebody Else"
			_, err = tx.EditDonation(d.ID, store.DonorEdit{Name: &name})
		case "refund":
			_, _, err = tx.SaveRefund(ngo.Refund{Account: h.account, Ref: ngo.Ref("rfnd_" + d.ID), PaymentRef: h.refs[d.ID], State: ngo.RefundProcessed, Amount: d.Amount})
		case "restate":
			_, _, err = tx.Restate(d.ID)
		}
		return errors.Join(err, spoiled)
	})
}

func (h *house) issue(t *rapid.T) {
	d := h.donation(t)
	series := rapid.SampledFrom([]string{"A", "B"}).Draw(t, "series")
	n, err := h.o.NewReceipt(d.ID, store.ReceiptFacts{Series: series, Amount: d.Amount, Day: d.Given, Printed: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	m := ngo.Message{ID: ngo.NewID[ngo.MessageID](h.clock.Now()), Person: d.Person, Recipient: d.Donor.EMail}
	spoiled := spoil(t)
	swallow := rapid.Bool().Draw(t, "swallow")
	issued := false
	done := h.change(t, func(tx *store.Tx) error {
		r, err := tx.IssueReceipt(n)
		issued = err == nil
		if err != nil && swallow {
			return nil // commits although no receipt was issued
		}
		if err != nil {
			return err
		}
		m.Receipt = r.ID
		return errors.Join(tx.AddMessage(m), tx.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(m.ID), 0), spoiled)
	})
	if done && issued {
		h.issued[series]++
		h.messages = append(h.messages, m.ID)
	}
}

func (h *house) message(t *rapid.T) {
	if len(h.messages) == 0 {
		t.Skip("no message yet")
	}
	id := rapid.SampledFrom(h.messages).Draw(t, "message")
	to := rapid.SampledFrom([]ngo.MessageState{ngo.MessageQueued, ngo.MessageSending, ngo.MessageSent, ngo.MessageFailed, ngo.MessageUncertain, ngo.MessageRead}).Draw(t, "to")
	spoiled := spoil(t)
	h.change(t, func(tx *store.Tx) error { return errors.Join(tx.MoveMessage(id, to, "why", "", ""), spoiled) })
}

func (h *house) erase(t *rapid.T) {
	d := h.donation(t)
	h.change(t, func(tx *store.Tx) error { return tx.ErasePerson(d.Person) })
}

// work does something to a job that is due, or lets a lease run out.
func (h *house) work(t *rapid.T) {
	lane := rapid.SampledFrom([]ngo.Lane{ngo.LanePayment, ngo.LaneOutbound}).Draw(t, "lane")
	what := rapid.SampledFrom([]string{"finish", "advance", "retry", "park", "crash"}).Draw(t, "what")
	spoiled := spoil(t)
	h.change(t, func(tx *store.Tx) error {
		jobs, err := tx.Claim(lane, 2, lease)
		for _, j := range jobs {
			switch what {
			case "finish":
				err = errors.Join(err, tx.Finish(j))
			case "advance":
				err = errors.Join(err, tx.Advance(j, ngo.LaneOutbound, ngo.JobDeliver, j.Subject))
			case "retry":
				err = errors.Join(err, tx.Retry(j, time.Second, "why"))
			case "park":
				err = errors.Join(err, tx.Park(j, "why"))
			}
		}
		return errors.Join(err, spoiled)
	})
	h.clock.pass(rapid.SampledFrom([]time.Duration{time.Millisecond, lease}).Draw(t, "pass"))
}

func (h *house) unpark(t *rapid.T) {
	h.change(t, func(tx *store.Tx) error {
		jobs, _, err := tx.Jobs(store.JobQuery{State: ngo.JobParked})
		for _, j := range jobs {
			err = errors.Join(err, tx.RetryParked(j.ID))
		}
		return err
	})
}

// check is what holds whatever was done: roll-ups are what they sum, the trail is whole, no number is missing.
func (h *house) check(t *rapid.T) {
	err := h.o.Read(h.t.Context(), func(r *store.Rx) error {
		off, err := r.Recount()
		if len(off) > 0 {
			t.Fatalf("roll-ups: %v", off)
		}
		for series, want := range h.issued {
			last, err := r.LastSerial(series)
			if err != nil || last != want {
				t.Fatalf("series %s gave %d numbers, %v; %d receipts were issued", series, last, err, want)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if report, err := h.o.VerifyAudit(h.t.Context()); err != nil || !report.Whole() {
		t.Fatalf("trail: %+v, %v", report, err)
	}
}

func TestWhateverIsDoneItAddsUp(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; raceEnabled && runs > 10 {
			return
		}
		c := newClock()
		h := &house{t: t, o: storetest.Org(t, storetest.At(c.Now)), clock: c, issued: map[string]int64{}, refs: map[ngo.DonationID]ngo.Ref{}}
		h.account = storetest.Gateway(t, h.o).ID
		rt.Repeat(map[string]func(*rapid.T){
			"give": h.give, "give again": h.give, "move": h.move, "issue": h.issue, "message": h.message, "erase": h.erase,
			"work": h.work, "unpark": h.unpark, "": h.check,
		})
	})
}
