package store_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// The ledger is a function of what was told, never of the order: histories that one gateway could have, told in the order in
// which they happened and in any other, twice and in parts, with receipts issued in between, end in the same ledger.

// told is one event of a history. One of the three is set.
type told struct {
	payment *ngo.Payment
	at      time.Time
	facts   ngo.Donor
	purpose string
	refund  *ngo.Refund
	dispute *ngo.Dispute
}

// history draws what a gateway tells of up to three payments of up to two donors.
func history(t *rapid.T, start time.Time) []told {
	var out []told
	donors := rapid.SliceOfN(rapid.SampledFrom([]ngo.Citizenship{ngo.CitizenIndian, ngo.CitizenIndian, ngo.CitizenForeign}), 1, 2).Draw(t, "donors")
	for i := range rapid.IntRange(1, 3).Draw(t, "payments") {
		p := ngo.Payment{Ref: ngo.Ref(fmt.Sprint("pay_", i)), Amount: ngo.Paise(rapid.SampledFrom([]int64{500, 700}).Draw(t, "amount")),
			Created: start.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "minute")) * time.Minute)}
		if rapid.IntRange(0, 9).Draw(t, "abroad") == 0 {
			p.Amount.Currency = "USD"
		}
		out = append(out, payments(t, p, donors, rapid.IntRange(0, len(donors)-1).Draw(t, "donor"))...)
		for j := range rapid.IntRange(0, 2).Draw(t, "refunds") {
			out = append(out, refunds(t, p, j)...)
		}
		if rapid.IntRange(0, 3).Draw(t, "disputed") == 0 {
			out = append(out, disputes(t, p)...)
		}
	}
	return out
}

func some[T any](t *rapid.T, name string, v T) (out T) {
	if rapid.Bool().Draw(t, name) {
		return v
	}
	return out
}

// payments draws in which states a payment is told of, under container names that know different things.
func payments(t *rapid.T, p ngo.Payment, donors []ngo.Citizenship, donor int) (out []told) {
	states := []ngo.PaymentState{ngo.PaymentCreated, ngo.PaymentFailed, ngo.PaymentAuthorized, ngo.PaymentCaptured, ngo.PaymentCaptured}
	for i, state := range states {
		if rapid.IntRange(0, 9).Draw(t, "told") > 6 {
			continue
		}
		one := p
		one.State, one.Method, one.Order = state, some(t, "method", "upi"), some(t, "order", "order_1")
		one.Fee, one.Reference = some(t, "fee", int64(12)), some(t, "reference", "RRN1")
		one.International = rapid.IntRange(0, 5).Draw(t, "international") == 0
		if state == ngo.PaymentFailed {
			one.Problem = some(t, "problem", "bank did not answer")
		}
		at := p.Created.Add(time.Duration(i) * 10 * time.Minute)
		if state == ngo.PaymentCaptured {
			one.Captured = &at
		}
		d := ngo.Donor{Name: some(t, "name", fmt.Sprint("Donor ", donor)), Address: some(t, "address", "1 Lake Road"), PAN: some(t, "pan", "ABCPE1234F"),
			Citizenship: some(t, "citizenship", donors[donor])}
		if rapid.Bool().Draw(t, "addresses") { // both or none: who is who must not depend on the order either
			d.EMail, d.Phone = fmt.Sprintf("donor%d-RUN@example.org", donor), fmt.Sprintf("+9198%dPHONE", donor)
		}
		out = append(out, told{payment: &one, at: at, facts: d, purpose: some(t, "purpose", "School lunch")})
	}
	return out
}

// refunds draws a refund that was perhaps asked for here: known by our token, by the gateway's id, or both.
func refunds(t *rapid.T, p ngo.Payment, n int) (out []told) {
	f := ngo.Refund{PaymentRef: p.Ref, Amount: p.Amount, Created: p.Created.Add(time.Hour)}
	f.Amount.Minor = rapid.SampledFrom([]int64{100, 250, p.Amount.Minor}).Draw(t, "back")
	ref, token := ngo.Ref(fmt.Sprintf("rfnd_%s_%d", p.Ref, n)), fmt.Sprintf("token_%s_%d", p.Ref, n)
	asked := rapid.Bool().Draw(t, "asked")
	for i, state := range []ngo.RefundState{ngo.RefundRequested, ngo.RefundPending, ngo.RefundFailed, ngo.RefundProcessed} {
		if rapid.Bool().Draw(t, "refund told") || state == ngo.RefundRequested && !asked {
			continue
		}
		one := f
		one.State, one.Reference, one.Problem = state, some(t, "arn", "ARN1"), some(t, "why", "no")
		switch {
		case state == ngo.RefundRequested:
			one.Token, one.Reason = token, "asked for"
		case asked && rapid.Bool().Draw(t, "both"):
			one.Ref, one.Token = ref, token
		default:
			one.Ref = ref
		}
		if state == ngo.RefundFailed || state == ngo.RefundProcessed {
			settled := f.Created.Add(time.Duration(i) * time.Hour)
			one.Settled = &settled
		}
		out = append(out, told{refund: &one})
	}
	return out
}

func disputes(t *rapid.T, p ngo.Payment) (out []told) {
	end := rapid.SampledFrom([]ngo.DisputeState{ngo.DisputeWon, ngo.DisputeLost, ngo.DisputeClosed}).Draw(t, "end")
	for _, state := range []ngo.DisputeState{ngo.DisputeOpen, ngo.DisputeUnderReview, end} {
		if rapid.Bool().Draw(t, "dispute told") {
			continue
		}
		d := ngo.Dispute{Ref: "disp_" + p.Ref, PaymentRef: p.Ref, State: state, Phase: "chargeback", Amount: p.Amount, Created: p.Created.Add(2 * time.Hour),
			Reason: some(t, "dispute reason", "not me")}
		if state == ngo.DisputeLost {
			d.Deducted = p.Amount.Minor
		}
		out = append(out, told{dispute: &d})
	}
	return out
}

// teller tells histories, each to an account of its own, and reads back what the ledger makes of them.
type teller struct {
	t    *testing.T
	o    *store.Org
	runs int
}

// tell brings in a history in one transaction; after the n-th event the receipts follow if reacts says so, and at the end they
// do in any case.
func (w *teller) tell(t *rapid.T, events []told, reacts []bool) string {
	w.runs++
	run := w.runs
	account := w.o.NewAccount(ngo.Gateway, "razorpay", fmt.Sprint("run", run), nil, nil)
	delivery := w.o.NewDelivery(account.Account.ID, "", fmt.Appendf(nil, "%d", run))
	var text string
	err := w.o.Write(w.t.Context(), store.Work, "test", func(tx *store.Tx) error {
		if err := tx.AddAccount(account); err != nil {
			return err
		}
		if _, err := tx.AddDelivery(delivery); err != nil {
			return err
		}
		for i, e := range events {
			err := record(tx, account.Account.ID, delivery.ID, e, run)
			if err == nil && reacts[i] {
				err = w.followAll(tx, account.Account.ID)
			}
			if err != nil {
				return fmt.Errorf("event %d: %w", i, err)
			}
		}
		err := w.followAll(tx, account.Account.ID)
		if err == nil {
			text, err = ledgerText(tx, account.Account.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(fmt.Sprint("-", run, "@"), "-RUN@", fmt.Sprintf("%07d", run), "PHONE").Replace(text)
}

// record does with an event what the flow does.
func record(tx *store.Tx, account ngo.AccountID, delivery ngo.DeliveryID, e told, run int) error {
	switch {
	case e.refund != nil:
		f := *e.refund
		f.Account = account
		_, _, err := tx.SaveRefund(f)
		return err
	case e.dispute != nil:
		d := *e.dispute
		d.Account = account
		_, _, err := tx.SaveDispute(d)
		return err
	}
	p, donor := *e.payment, e.facts
	p.Account, p.Delivery = account, delivery
	donor.EMail = strings.Replace(donor.EMail, "RUN", fmt.Sprint(run), 1)
	donor.Phone = strings.Replace(donor.Phone, "PHONE", fmt.Sprintf("%07d", run), 1)
	saved, _, err := tx.SavePayment(p)
	if err != nil {
		return err
	}
	if p.State != ngo.PaymentCaptured {
		err = tx.AddSighting(saved.ID, ngo.Sighting{State: p.State, At: e.at, Text: p.Problem, Delivery: delivery})
	}
	if err != nil || !saved.State.Paid() {
		return errors.Join(err, tx.RememberDonor(saved.ID, donor, e.purpose, ""))
	}
	_, added, err := tx.AddDonation(ngo.Donation{Payment: saved.ID, Amount: saved.Amount, Given: "2026-06-01", Donor: donor, Purpose: e.purpose})
	if err == nil && !added {
		err = tx.RememberDonor(saved.ID, donor, e.purpose, "")
	}
	return err
}

// followAll has the receipts of an account's gifts follow them.
func (w *teller) followAll(tx *store.Tx, account ngo.AccountID) error {
	for i := range 3 {
		p, err := tx.PaymentByRef(account, ngo.Ref(fmt.Sprint("pay_", i)))
		if ngo.CodeOf(err) == ngo.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		d, err := tx.DonationOf(p.ID)
		if ngo.CodeOf(err) == ngo.NotFound {
			continue
		}
		if err := errors.Join(err, w.follow(tx, d)); err != nil {
			return err
		}
	}
	return nil
}

func (w *teller) follow(tx *store.Tx, d ngo.Donation) error {
	if d.State == ngo.DonationReversed && d.Receipt != "" {
		return tx.VoidReceipt(d.Receipt, "it went back")
	}
	if d.State != ngo.DonationReceived {
		return nil
	}
	n, err := w.o.NewReceipt(d.ID, store.ReceiptFacts{Series: "SVT/2026-27/D", Amount: d.Net(), Day: d.Given, Printed: []byte("{}")})
	if err != nil {
		return err
	}
	if d.Receipt == "" {
		_, err = tx.IssueReceipt(n)
		return err
	}
	r, err := tx.Receipt(d.Receipt)
	if err == nil && r.Amount != d.Net() {
		_, err = tx.ReplaceReceipt(r.ID, n, "part went back")
	}
	return err
}

// ledgerText writes all of an account's ledger but its ids, what was recovered, and the receipts' numbers.
func ledgerText(tx *store.Tx, account ngo.AccountID) (string, error) {
	var out []string
	people := map[ngo.PersonID][]string{}
	for i := range 3 {
		ref := ngo.Ref(fmt.Sprint("pay_", i))
		p, err := tx.PaymentByRef(account, ref)
		if ngo.CodeOf(err) == ngo.NotFound {
			continue
		}
		if err != nil {
			return "", err
		}
		text, err := paymentText(tx, p)
		if err != nil {
			return "", err
		}
		d, err := tx.DonationOf(p.ID)
		if err == nil {
			var gift string
			gift, err = giftText(tx, d)
			text += gift
			people[d.Person] = append(people[d.Person], string(ref))
		}
		if err != nil && ngo.CodeOf(err) != ngo.NotFound {
			return "", err
		}
		out = append(out, text)
	}
	groups := slices.SortedFunc(maps.Values(people), slices.Compare)
	return strings.Join(append(out, fmt.Sprint("people: ", groups)), "\n"), nil
}

func paymentText(tx *store.Tx, p ngo.Payment) (string, error) {
	seen, err := tx.Sightings(p.ID)
	refunds, err2 := tx.RefundsOf(p.ID)
	disputes, err3 := tx.DisputesOf(p.ID)
	var back []string
	for _, f := range refunds {
		settled := "never"
		if f.Settled != nil {
			settled = ngo.Stamp(*f.Settled)
		}
		back = append(back, fmt.Sprint("refund ", f.Ref, f.Token, f.State, f.Amount, f.Reference, f.Reason, f.Problem, f.Created, settled))
	}
	slices.Sort(back)
	for _, d := range disputes {
		back = append(back, fmt.Sprint("dispute ", d.Ref, d.State, d.Phase, d.Amount, d.Deducted, d.Reason, d.Created))
	}
	var states []string
	for _, s := range seen {
		states = append(states, fmt.Sprint(s.State, s.At, s.Text))
	}
	return fmt.Sprint(p.Ref, p.State, p.Amount, p.Fee, p.Tax, p.Method, p.Reference, p.Alias, p.Order, p.Problem, p.Returned, p.International, p.Created,
		"\n", strings.Join(states, ", "), "\n", strings.Join(back, "\n")), errors.Join(err, err2, err3)
}

func giftText(tx *store.Tx, d ngo.Donation) (string, error) {
	var slip ngo.Ref
	if d.Slip != "" {
		of, err := tx.Donation(d.Slip)
		if err != nil {
			return "", err
		}
		p, err := tx.Payment(of.Payment)
		if err != nil {
			return "", err
		}
		slip = p.Ref
	}
	paper := "none"
	if d.Receipt != "" {
		r, err := tx.Receipt(d.Receipt)
		if err != nil {
			return "", err
		}
		paper = r.Amount.String()
	}
	if d.State == ngo.DonationHeld || d.State == ngo.DonationWaiting {
		paper = "whatever stood" // is left
	} else if want := d.Net().String(); (d.State == ngo.DonationReceived) != (paper == want) {
		return "", fmt.Errorf("gift of %s, %s, is worth %s and has a receipt of %s", d.Amount, d.State, want, paper)
	}
	return fmt.Sprintf("\ngift %s %q %v %d %s %+v %s %s %s %q %s %s", d.State, d.Reason, d.Amount, d.Returned, d.Given, d.Donor, d.Purpose, d.Method, d.Pot, slip, d.Fund, paper), nil
}

func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	chunks := 5 // of 100 checks
	switch {
	case os.Getenv("NGOCTL_TEST_LONG") == "1":
		chunks = 100
	case raceEnabled || testing.Short():
		chunks = 1
	}
	for range chunks {
		c := newClock()
		w := &teller{t: t, o: storetest.Org(t, storetest.At(c.Now))}
		storetest.Write(t, w.o, func(tx *store.Tx) error {
			return tx.AddPurpose(ngo.Purpose{Name: "school-lunch", Title: "School lunch", Kind: ngo.FundSpecific})
		})
		rapid.Check(t, func(rt *rapid.T) {
			events := history(rt, c.Now().Add(-24*time.Hour))
			quiet := make([]bool, len(events))
			want := w.tell(rt, events, quiet)
			other := rapid.Permutation(append(slices.Clone(events), repeats(rt, events)...)).Draw(rt, "order")
			reacts := rapid.SliceOfN(rapid.Bool(), len(other), len(other)).Draw(rt, "reacts")
			if got := w.tell(rt, other, reacts); got != want {
				rt.Fatalf("in the order of the history:\n%s\n\nin another:\n%s", want, got)
			}
		})
		checkWhole(t, w.o)
	}
}

func repeats(t *rapid.T, events []told) []told {
	return slices.DeleteFunc(slices.Clone(events), func(told) bool { return rapid.IntRange(0, 2).Draw(t, "again") > 0 })
}
