package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// The mark is the same in whatever order gifts arrive.
func TestSlipsAreMarked(t *testing.T) {
	t.Parallel()
	type paid struct {
		ref    string
		minute int
		amount int64
		donor  string
	}
	gifts := []paid{
		{"a", 0, 500, "x@example.org"}, {"b", 4, 500, "x@example.org"}, {"c", 9, 500, "x@example.org"}, // each of the one before
		{"d", 5, 500, "y@example.org"}, {"e", 6, 700, "x@example.org"}, // another person, another amount
		{"f", 20, 500, "x@example.org"},                                  // too late
		{"g", 30, 500, "x@example.org"}, {"h", 30, 500, "x@example.org"}, // just in time; at the same moment
		{"i", 31, 500, ""}, {"j", 31, 500, ""}, // nobody
	}
	want := map[ngo.Ref]ngo.Ref{"b": "a", "c": "b", "g": "f", "h": "g"}
	for name, order := range map[string][]paid{"in order": gifts, "backwards": backwards(gifts), "mixed": append(slices.Clone(gifts[5:]), gifts[:5]...)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			o := storetest.Org(t, storetest.At(c.Now))
			account := storetest.Gateway(t, o).ID
			start := c.Now().Add(-time.Hour)
			for _, g := range order {
				give(t, o, account, ngo.Payment{Ref: ngo.Ref(g.ref), Created: start.Add(time.Duration(g.minute) * time.Minute)},
					ngo.Donation{Amount: ngo.Paise(g.amount), Given: "2026-06-01", Donor: ngo.Donor{EMail: g.donor}})
			}
			storetest.Read(t, o, func(r *store.Rx) error {
				for _, g := range gifts {
					if got := slipOf(t, r, account, ngo.Ref(g.ref)); got != want[ngo.Ref(g.ref)] {
						t.Errorf("%s is marked as a slip of %q; want %q", g.ref, got, want[ngo.Ref(g.ref)])
					}
				}
				s, err := r.Summary("2026-06-01")
				if s.Flagged != int64(len(want)) {
					t.Errorf("%d flagged; want %d", s.Flagged, len(want))
				}
				return err
			})
			checkWhole(t, o)
		})
	}
}

// Of a gift that went back nothing is left to look at.
func TestAMarkedGiftThatWentBack(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	c.paid("pay_1")
	whole := ngo.Donor{Name: "Chitra Iyer", EMail: "chitra@example.org", Address: "1 Lake Road", PAN: "ABCPE1234F"}
	_, d := c.pay(ngo.Payment{Ref: "pay_2", State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000), Recovered: true}, whole)
	if d.Slip == "" || !d.Recovered {
		t.Fatalf("gift = %+v; want it marked twice", d)
	}
	marks := func(flagged, recovered int64, listed int) {
		t.Helper()
		storetest.Read(t, c.o, func(r *store.Rx) error {
			s, err := r.Summary("2026-06-01")
			if s.Flagged != flagged || s.Recovered != recovered {
				t.Errorf("%d flagged and %d recovered; want %d and %d", s.Flagged, s.Recovered, flagged, recovered)
			}
			for _, mark := range []string{store.MarkSlip, store.MarkRecovered, store.MarkAny} {
				items, _, err := r.Donations(store.DonationQuery{Mark: mark})
				if err != nil || len(items) != listed {
					t.Errorf("the list of %s has %d gifts, %v; want %d", mark, len(items), err, listed)
				}
			}
			return err
		})
		checkWhole(t, c.o)
	}
	marks(1, 1, 1)
	refund := func(ref ngo.Ref, amount int64) {
		storetest.Write(t, c.o, func(tx *store.Tx) error {
			_, _, err := tx.SaveRefund(ngo.Refund{Account: c.account, Ref: ref, PaymentRef: "pay_2", State: ngo.RefundProcessed, Amount: ngo.Paise(amount)})
			return err
		})
	}
	refund("rfnd_1", 20_000)
	marks(1, 1, 1)
	refund("rfnd_2", 30_000)
	marks(0, 0, 0)
	if now := c.gift(d.ID); now.State != ngo.DonationReversed || now.Slip != d.Slip {
		t.Errorf("gift = %+v; want it reversed, and what it was a slip of still told", now)
	}
}

func backwards[T any](in []T) []T {
	out := slices.Clone(in)
	slices.Reverse(out)
	return out
}

// slipOf gives the reference of the payment whose gift this one's is a slip of.
func slipOf(t *testing.T, r *store.Rx, account ngo.AccountID, ref ngo.Ref) ngo.Ref {
	t.Helper()
	p, err := r.PaymentByRef(account, ref)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.DonationOf(p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d.Slip == "" {
		return ""
	}
	of, err := r.Donation(d.Slip)
	if err != nil {
		t.Fatal(fmt.Errorf("slip of %s: %w", d.Slip, err))
	}
	p, err = r.Payment(of.Payment)
	if err != nil {
		t.Fatal(err)
	}
	return p.Ref
}
