package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// listed is a gift with what a query may ask of it besides.
type listed struct {
	ngo.Donation
	account ngo.AccountID
}

// give records a gift of an account, with its own payment.
func give(t testing.TB, o *store.Org, account ngo.AccountID, p ngo.Payment, d ngo.Donation) listed {
	t.Helper()
	delivery := o.NewDelivery(account, "", []byte(p.Ref))
	storetest.Write(t, o, func(tx *store.Tx) error {
		if _, err := tx.AddDelivery(delivery); err != nil {
			return err
		}
		p.Account, p.Delivery, p.State, p.Amount, p.Method = account, delivery.ID, ngo.PaymentCaptured, d.Amount, d.Method
		saved, _, err := tx.SavePayment(p)
		if err != nil {
			return err
		}
		d.Payment = saved.ID
		if d.Person, err = tx.JoinPerson(d.Donor); err != nil {
			return err
		}
		d, _, err = tx.AddDonation(d)
		return err
	})
	return listed{d, account}
}

// manyGifts makes gifts that differ in all that a list can be narrowed by, and gives them as they stand, newest first.
func manyGifts(t testing.TB, o *store.Org, c *clock) (gifts []listed, accounts [2]ngo.AccountID) {
	t.Helper()
	second := o.NewAccount(ngo.Gateway, "payu", "payu", nil, nil)
	accounts = [2]ngo.AccountID{storetest.Gateway(t, o).ID, second.Account.ID}
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(second) })
	addPurpose(t, o, lunch())
	names := [...]string{"Chitra Iyer", "Ravi 100% Das", "under_score", "சித்ரா", "Émile"}
	purposes := [...]string{"", "Lunch Fund", "For the library", "school-lunch", "100%"}
	for i := range 60 {
		c.pass(7 * time.Minute)
		d := ngo.Donation{Amount: ngo.Paise(int64(100 * (1 + i/2%4))), Given: ngo.DateOf(c.Now(), time.UTC), Method: "upi", Purpose: purposes[i%5],
			Donor: ngo.Donor{Name: names[i/3%5], EMail: fmt.Sprintf("donor%d@example.org", i/2%9), Address: "1 Lake Road", PAN: "ABCPE1234F"}}
		if i%7 == 0 {
			d.Donor.Phone = fmt.Sprintf("+91984000000%d", i%3)
		}
		if i%5 == 0 {
			d.Donor.Address = "" // waits
		}
		if i%11 == 0 {
			d.Amount.Currency = "USD" // held
		}
		if i%6 == 0 {
			d.Pot = ngo.Foreign
		}
		give(t, o, accounts[i%4/3], ngo.Payment{Ref: ngo.Ref(fmt.Sprint("pay_", i)), Created: c.Now()}, d)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		items, _, err := r.Donations(store.DonationQuery{ListQuery: store.ListQuery{Limit: 500}})
		for _, d := range items {
			p, err := r.Payment(d.Payment)
			if err != nil {
				return err
			}
			gifts = append(gifts, listed{d, p.Account})
		}
		return err
	})
	if len(gifts) != 60 {
		t.Fatalf("%d gifts; want 60", len(gifts))
	}
	return gifts, accounts
}

// asked tells whether a gift is what a query asks for, in Go instead of SQL.
func (g listed) asked(q store.DonationQuery, purpose ngo.PurposeID, owner ngo.PersonID) bool {
	has := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	marked := map[string]bool{"": true, store.MarkSlip: g.Slip != "", store.MarkRecovered: g.Recovered, store.MarkAny: g.Slip != "" || g.Recovered}[q.Mark]
	return marked && (q.Mark == "" || g.State != ngo.DonationReversed) && (q.State == "" || g.State == q.State) && (q.From == "" || g.Given >= q.From) && (q.To == "" || g.Given <= q.To) &&
		(q.Account == "" || g.account == q.Account) && g.Amount.Minor >= q.Least && (q.Most == 0 || g.Amount.Minor <= q.Most) &&
		(q.Pot == "" || g.Pot == q.Pot) && (q.Purpose == "" || purpose != "" && g.PurposeID == purpose || has(g.Purpose, q.Purpose)) &&
		(q.Donor == "" || has(g.Donor.Name, q.Donor) || owner != "" && g.Person == owner || g.Donor.EMail == q.Donor || g.Donor.Phone == q.Donor)
}

// Whatever a list is narrowed by, alone or together and over its pages, it has what it was asked for and nothing else.
func TestListsOfGiftsAreNarrowed(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	gifts, accounts := manyGifts(t, o, c)
	var lunchID ngo.PurposeID
	owners := map[string]ngo.PersonID{}
	storetest.Read(t, o, func(r *store.Rx) error {
		p, err := r.Purpose("school-lunch")
		lunchID = p.ID
		people, _, _ := r.Persons(store.PersonQuery{})
		for _, p := range people {
			for _, i := range p.Identities {
				owners[i.Value] = p.ID
			}
		}
		return err
	})
	seen := map[string]bool{}
	check := func(t interface {
		Context() context.Context
		Errorf(string, ...any)
		Fatalf(string, ...any)
	}, q store.DonationQuery) {
		var purpose ngo.PurposeID
		if q.Purpose == "school-lunch" || q.Purpose == "Lunch fund" || q.Purpose == string(lunchID) {
			purpose = lunchID
		}
		var want, got []ngo.DonationID
		for _, g := range gifts {
			if g.asked(q, purpose, owners[q.Donor]) {
				want = append(want, g.ID)
			}
		}
		seen[fmt.Sprintf("%v", len(want) > 0)] = true
		err := o.Read(t.Context(), func(r *store.Rx) error {
			for page := q; ; {
				items, next, err := r.Donations(page)
				for _, d := range items {
					got = append(got, d.ID)
				}
				if page.After = next; next == "" || err != nil {
					return err
				}
			}
		})
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v gives %d gifts\n%v\nwant %d\n%v", q, len(got), got, len(want), want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		some := func(name string) bool { return rapid.IntRange(0, 3).Draw(rt, name) == 0 }
		q := store.DonationQuery{ListQuery: store.ListQuery{Limit: rapid.IntRange(1, 61).Draw(rt, "limit")}}
		if some("state?") {
			q.State = rapid.SampledFrom([]ngo.DonationState{"waiting", "held", "received", "reversed"}).Draw(rt, "state")
		}
		if some("from?") {
			q.From = rapid.SampledFrom([]ngo.Date{"2026-05-01", "2026-06-01", "2026-06-02", gifts[0].Given}).Draw(rt, "from")
		}
		if some("to?") {
			q.To = gifts[rapid.IntRange(0, 59).Draw(rt, "to")].Given
		}
		if some("account?") {
			q.Account = rapid.SampledFrom([]ngo.AccountID{accounts[0], accounts[1], "acc_none"}).Draw(rt, "account")
		}
		if some("amount?") {
			q.Least, q.Most = rapid.Int64Range(0, 500).Draw(rt, "least"), rapid.Int64Range(0, 500).Draw(rt, "most")
		}
		if some("pot?") {
			q.Pot = rapid.SampledFrom([]ngo.Pot{ngo.Domestic, ngo.Foreign}).Draw(rt, "pot")
		}
		if some("mark?") {
			q.Mark = rapid.SampledFrom([]string{store.MarkSlip, store.MarkRecovered, store.MarkAny}).Draw(rt, "mark")
		}
		if some("purpose?") {
			q.Purpose = rapid.SampledFrom([]string{"school-lunch", "Lunch fund", string(lunchID), "LIBRARY", "%", "_", "nothing"}).Draw(rt, "purpose")
		}
		if some("donor?") {
			q.Donor = rapid.SampledFrom([]string{"chitra", "donor3@example.org", "+919840000001", "%", "_", "!", "சித்", "100% D", "É", "nobody@example.org"}).Draw(rt, "donor")
		}
		check(rt, q)
	})
	for _, q := range []store.DonationQuery{{Mark: store.MarkSlip}, {Donor: "Donor3@Example.org "}, {Donor: "98400 00001"}, {Purpose: "lunchfund"}, {Purpose: "%"}} {
		var n int
		storetest.Read(t, o, func(r *store.Rx) error {
			items, _, err := r.Donations(q)
			n = len(items)
			return err
		})
		if n == 0 {
			t.Errorf("%+v gives nothing", q)
		}
	}
	if !seen["true"] || !seen["false"] {
		t.Errorf("the queries were all of one sort: %v", seen)
	}
	err := o.Read(t.Context(), func(r *store.Rx) error {
		_, _, err := r.Donations(store.DonationQuery{Mark: "blue"})
		return err
	})
	if ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("an unknown mark = %v; want Invalid", err)
	}
}
