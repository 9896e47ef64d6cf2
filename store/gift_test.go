package store_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// gift records a finished gift in one transaction and gives it.
func gift(t testing.TB, o *store.Org, ref string, change func(*ngo.Donation)) ngo.Donation {
	t.Helper()
	delivery := deliver(t, o, ref)
	d := ngo.Donation{ID: ngo.NewID[ngo.DonationID](time.Now()), Amount: ngo.Paise(50_000), Given: "2026-06-01",
		Donor: ngo.Donor{Name: "Chitra Iyer", EMail: ref + "@example.org", Address: "1 Lake Road", PAN: "ABCPE1234F"}, Purpose: "School", Method: "upi"}
	if change != nil {
		change(&d)
	}
	storetest.Write(t, o, func(tx *store.Tx) error {
		v, err := tx.Delivery(delivery)
		if err != nil {
			return err
		}
		p, _, err := tx.SavePayment(ngo.Payment{Account: v.Account, Ref: ngo.Ref(ref), State: ngo.PaymentCaptured, Amount: d.Amount,
			Method: "upi", Created: tx.Now(), Delivery: delivery})
		if err != nil {
			return err
		}
		d.Payment, d.Recorded = p.ID, tx.Now()
		if d.Person, err = tx.JoinPerson(d.Donor); err != nil {
			return err
		}
		stored, added, err := tx.AddDonation(d)
		if err == nil && !added {
			err = fmt.Errorf("gift %s was not added", ref)
		}
		d = stored
		return err
	})
	return d
}

func issue(t testing.TB, o *store.Org, d ngo.Donation) (r ngo.Receipt) {
	t.Helper()
	n, err := o.NewReceipt(d.ID, store.ReceiptFacts{Series: "SVT/2026-27/D", Amount: d.Amount, Day: d.Given, Law: "it-act-2025", Tax: true,
		Printed: []byte(`{"donor":"` + d.Donor.Name + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		r, err = tx.IssueReceipt(n)
		return err
	})
	return r
}

func TestGiftIsReadBackAsRecorded(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	want := gift(t, o, "pay_1", nil)
	want.Receipt = issue(t, o, want).ID
	storetest.Read(t, o, func(r *store.Rx) error {
		got, err := r.Donation(want.ID)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Donation = %+v\nwant %+v", got, want)
		}
		if of, err := r.DonationOf(want.Payment); err != nil || !reflect.DeepEqual(of, want) {
			t.Errorf("DonationOf = %+v, %v", of, err)
		}
		if _, err := r.Donation("don_none"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("Donation of no id = %v; want NotFound", err)
		}
		events, _ := r.Timeline(want.ID)
		if len(events) != 5 {
			t.Errorf("Timeline = %v; want payment, capture, delivery, gift and receipt", events)
		}
		return err
	})
}

func TestPaymentMovesForwardOnly(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	states := []ngo.PaymentState{ngo.PaymentCreated, ngo.PaymentFailed, ngo.PaymentAuthorized, ngo.PaymentCaptured, ngo.PaymentChargedBack}
	delivery := deliver(t, o, "x")
	save := func(ref string, state ngo.PaymentState, fee int64) (saved ngo.Payment, moved bool) {
		storetest.Write(t, o, func(tx *store.Tx) error {
			v, err := tx.Delivery(delivery)
			if err != nil {
				return err
			}
			saved, moved, err = tx.SavePayment(ngo.Payment{Account: v.Account, Ref: ngo.Ref(ref), State: state, Amount: ngo.Paise(100), Fee: fee,
				Created: tx.Now(), Delivery: delivery})
			return err
		})
		return saved, moved
	}
	for _, from := range states {
		for _, to := range states {
			ref := string(from + "-" + to)
			first, moved := save(ref, from, 1)
			if !moved || first.State != from {
				t.Errorf("first sight of %s: %+v, moved %v", ref, first, moved)
			}
			then, moved := save(ref, to, 2)
			if want := from.CanBecome(to); moved != want || then.ID != first.ID || (then.State == to) != (want || from == to) || then.Fee != 2 {
				t.Errorf("%s: %+v, moved %v; want moved %v", ref, then, moved, want)
			}
		}
	}
}

func TestOnePaymentIsOneGift(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	d := gift(t, o, "pay_1", nil)
	again := d
	again.ID, again.Amount = ngo.NewID[ngo.DonationID](time.Now()), ngo.Paise(1)
	storetest.Write(t, o, func(tx *store.Tx) error {
		if _, added, err := tx.AddDonation(again); added || err != nil {
			t.Errorf("a second gift of one payment = %v, %v; want false", added, err)
		}
		return nil
	})
	checkWhole(t, o)
}

func TestImpossibleGiftsAreRefused(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	good := gift(t, o, "pay_1", nil)
	for _, amount := range []int64{0, -1, store.MostAmount + 1, math.MaxInt64, math.MinInt64} {
		bad := good
		bad.Amount = ngo.Paise(amount)
		err := o.Write(t.Context(), store.Work, "test", func(tx *store.Tx) error {
			_, _, err := tx.AddDonation(bad)
			return err
		})
		if ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("a gift of %d = %v; want Invalid", amount, err)
		}
	}
	for i := range 3 { // the largest that is taken must not break the sums
		gift(t, o, fmt.Sprint("big", i), func(d *ngo.Donation) { d.Amount = ngo.Paise(store.MostAmount) })
	}
	checkWhole(t, o)
}

func TestDonationsAreFoundByStateAndDay(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	for i, day := range []ngo.Date{"2026-03-31", "2026-04-01", "2026-04-02"} {
		gift(t, o, fmt.Sprint("r", i), func(d *ngo.Donation) { d.Given = day })
		gift(t, o, fmt.Sprint("h", i), func(d *ngo.Donation) { d.Given, d.Hold = day, "look" })
	}
	for _, tt := range []struct {
		name  string
		query store.DonationQuery
		want  int
	}{
		{"all", store.DonationQuery{}, 6},
		{"received", store.DonationQuery{State: ngo.DonationReceived}, 3},
		{"held", store.DonationQuery{State: ngo.DonationHeld}, 3},
		{"from", store.DonationQuery{From: "2026-04-01"}, 4},
		{"to", store.DonationQuery{To: "2026-04-01"}, 4},
		{"held on a day", store.DonationQuery{State: ngo.DonationHeld, From: "2026-04-01", To: "2026-04-01"}, 1},
		{"waiting", store.DonationQuery{State: ngo.DonationWaiting}, 0},
	} {
		storetest.Read(t, o, func(r *store.Rx) error {
			items, _, err := r.Donations(tt.query)
			if len(items) != tt.want {
				t.Errorf("%s: %d gifts; want %d", tt.name, len(items), tt.want)
			}
			return err
		})
	}
}

func TestSummarySumsByDayMonthAndFinancialYear(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	add := func(ref string, day ngo.Date, m ngo.Money, change func(*ngo.Donation)) {
		gift(t, o, ref, func(d *ngo.Donation) {
			if d.Given, d.Amount = day, m; change != nil {
				change(d)
			}
		})
	}
	add("a", "2026-03-31", ngo.Paise(1), nil) // the year before
	add("b", "2026-04-01", ngo.Paise(10), nil)
	add("c", "2026-06-01", ngo.Paise(100), nil)
	add("d", "2026-06-02", ngo.Paise(1000), nil)
	add("e", "2026-06-02", ngo.Paise(10_000), func(d *ngo.Donation) { d.Hold = "look" })
	add("f", "2026-06-02", ngo.Paise(100_000), func(d *ngo.Donation) { d.Donor.PAN = "" }) // waits, and counts
	add("g", "2026-06-02", ngo.Money{Minor: 700, Currency: "USD"}, nil)                    // is held, and does not
	refund(t, o, gift(t, o, "h", func(d *ngo.Donation) { d.Given, d.Amount = "2026-06-02", ngo.Paise(5000) }), 2000)
	refund(t, o, gift(t, o, "i", func(d *ngo.Donation) { d.Given, d.Amount = "2026-06-02", ngo.Paise(5000) }), 5000)
	storetest.Read(t, o, func(r *store.Rx) error {
		s, err := r.Summary("2026-06-02")
		check := func(name string, got []store.Total, want ...store.Total) {
			if !slices.Equal(got, want) {
				t.Errorf("%s = %v; want %v", name, got, want)
			}
		}
		check("today", s.Today, store.Total{Money: ngo.Paise(104_000), Count: 3})
		check("month", s.Month, store.Total{Money: ngo.Paise(104_100), Count: 4})
		check("year", s.Year, store.Total{Money: ngo.Paise(104_110), Count: 5})
		if s.Held != 2 || s.Waiting != 1 || s.Reversed != 1 {
			t.Errorf("held, waiting, reversed = %d, %d, %d; want 2, 1, 1", s.Held, s.Waiting, s.Reversed)
		}
		return err
	})
	checkWhole(t, o)
}

// refund has part of a gift go back.
func refund(t testing.TB, o *store.Org, d ngo.Donation, minor int64) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) error {
		p, err := tx.Payment(d.Payment)
		if err != nil {
			return err
		}
		_, moved, err := tx.SaveRefund(ngo.Refund{Account: p.Account, Ref: "rfnd_" + p.Ref, PaymentRef: p.Ref, State: ngo.RefundProcessed,
			Amount: ngo.Money{Minor: minor, Currency: p.Amount.Currency}, Created: tx.Now()})
		if err == nil && !moved {
			err = fmt.Errorf("refund of %s did not move", p.Ref)
		}
		return err
	})
}

func TestJoinPerson(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	join := func(name, mail, phone string) (id ngo.PersonID) {
		storetest.Write(t, o, func(tx *store.Tx) (err error) {
			id, err = tx.JoinPerson(ngo.Donor{Name: name, EMail: mail, Phone: phone})
			return err
		})
		return id
	}
	chitra := join("Chitra", "chitra@example.org", "")
	ravi := join("Ravi", "", "9876543210")
	for _, tt := range []struct {
		name                string
		donor, email, phone string
		want                ngo.PersonID
	}{
		{"the same e-mail in other letters", "C. Iyer", " Chitra@Example.org ", "", chitra},
		{"the same phone in another form", "R", "", "+91 98765 43210", ravi},
		{"a known e-mail and a new phone", "Chitra", "chitra@example.org", "+919811111111", chitra},
		{"the phone learnt so", "someone", "", "09811111111", chitra},
		{"e-mail of one, phone of another", "x", "chitra@example.org", "9876543210", chitra},
		{"nothing at all", "", "", "", ""},
		{"addresses that are none", "", "not an address", "12", ""},
	} {
		if got := join(tt.donor, tt.email, tt.phone); got != tt.want {
			t.Errorf("%s: joined %s; want %s", tt.name, got, tt.want)
		}
	}
	if a, b := join("Only A Name", "", ""), join("Only A Name", "", ""); a == b || a == "" {
		t.Errorf("two gifts with the same bare name joined %q and %q; want two people", a, b)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		p, err := r.Person(chitra)
		want := []ngo.Identity{{Kind: ngo.EMail, Value: "chitra@example.org"}, {Kind: ngo.Phone, Value: "+919811111111"}}
		if p.Name != "Chitra" || !slices.Equal(p.Identities, want) {
			t.Errorf("person = %+v; want Chitra with %v", p, want)
		}
		return err
	})
}

// The day of a gift is that of its payment, however late that is told: a payment first told of without its time is dated by
// its arrival. What is printed on a receipt that stands does not change.
func TestTheDayFollowsThePayment(t *testing.T) {
	t.Parallel()
	eve, morning := time.Date(2026, 3, 31, 18, 0, 0, 0, time.UTC), time.Date(2026, 3, 31, 18, 40, 0, 0, time.UTC) // half past eleven, and ten past midnight in India
	for _, receipted := range []bool{false, true} {
		c := newCounter(t)
		p := ngo.Payment{Account: c.account, Delivery: c.delivery, Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000), Created: morning}
		var d ngo.Donation
		tell := func() {
			t.Helper()
			storetest.Write(t, c.o, func(tx *store.Tx) error {
				saved, _, err := tx.SavePayment(p)
				if err == nil && d.ID == "" {
					d, _, err = tx.AddDonation(ngo.Donation{Payment: saved.ID, Amount: p.Amount, Given: "2026-04-01",
						Donor: ngo.Donor{Name: "Chitra Iyer", EMail: "chitra@example.org", Address: "1 Lake Road", PAN: "ABCPE1234F"}})
				}
				return err
			})
		}
		tell()
		if receipted {
			issue(t, c.o, d)
		}
		p.Created = morning.Add(-time.Minute)
		tell()
		if got := c.gift(d.ID).Given; got != "2026-04-01" {
			t.Errorf("within the day the gift moved to %s", got)
		}
		p.Created = eve
		tell()
		day, years := ngo.Date("2026-03-31"), [2]int{1, 0}
		if receipted {
			day, years = "2026-04-01", [2]int{0, 1}
		}
		if got := c.gift(d.ID).Given; got != day {
			t.Errorf("receipted %v: the gift is of %s; want %s", receipted, got, day)
		}
		storetest.Read(t, c.o, func(r *store.Rx) error {
			old, err := r.Summary("2026-03-31")
			now, err2 := r.Summary("2026-04-01")
			if len(old.Today) != years[0] || len(old.Month) != years[0] || len(old.Year) != years[0] || len(now.Today) != years[1] || len(now.Month) != years[1] || len(now.Year) != years[1] {
				t.Errorf("receipted %v: %+v\n%+v; want the gift in the sums of its day alone", receipted, old, now)
			}
			return errors.Join(err, err2)
		})
		checkWhole(t, c.o)
	}
	c := newCounter(t)
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000)}, ngo.Donor{})
	c.refuses(ngo.Invalid, "a day before any gateway", func(tx *store.Tx) error {
		_, _, err := tx.SavePayment(ngo.Payment{Account: c.account, Delivery: c.delivery, Ref: "pay_1", State: ngo.PaymentCaptured, Amount: d.Amount, Created: time.Unix(0, 0)})
		return err
	})
}
