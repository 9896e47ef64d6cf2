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
