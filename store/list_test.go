package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/sqlite"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// A list that has an index of its own uses it: a missing word in its text would turn it into a walk along every row.
func TestListsUseTheirIndexes(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	engine, err := sqlite.Open(t.Context(), filepath.Join(o.Dir(), "org.db"), store.EngineOptions{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for query, want := range store.ListsByIndex() {
		plan := strings.ReplaceAll(planOf(t, engine, query), "COVERING INDEX", "INDEX")
		if !strings.Contains(plan, "USING INDEX "+want) || strings.Contains(plan, "SCAN") {
			t.Errorf("%s\nis done by\n%s\nwant %s", query, plan, want)
		}
	}
}

// BenchmarkLists asks for what no gift of 200,000 has, which is the longest walk, and for first pages.
func BenchmarkLists(b *testing.B) {
	o := storetest.Org(b)
	if err := seed.Fill(b.Context(), o, seed.Options{Gifts: 200_000}); err != nil {
		b.Fatal(err)
	}
	var account ngo.AccountID
	var seen []store.Seen
	storetest.Read(b, o, func(r *store.Rx) error {
		items, _, err := r.Payments(store.PaymentQuery{ListQuery: store.ListQuery{Limit: 100}})
		for _, p := range items {
			account, seen = p.Account, append(seen, store.Seen{Payment: p.Ref, PaymentState: p.State})
		}
		return err
	})
	donations := func(q store.DonationQuery) func(*store.Rx) error {
		return func(r *store.Rx) error { _, _, err := r.Donations(q); return err }
	}
	for _, list := range []struct {
		name string
		read func(*store.Rx) error
	}{
		{"donations/first", donations(store.DonationQuery{})},
		{"donations/held", donations(store.DonationQuery{State: ngo.DonationHeld})},
		{"donations/marked", donations(store.DonationQuery{Mark: store.MarkAny})},
		{"donations/days", donations(store.DonationQuery{To: "2020-01-01"})},
		{"donations/account", donations(store.DonationQuery{Account: "acc_none"})},
		{"donations/name", donations(store.DonationQuery{Donor: "nobody"})},
		{"donations/email", donations(store.DonationQuery{Donor: "nobody@example.org"})},
		{"donations/purpose", donations(store.DonationQuery{Purpose: "nothing"})},
		{"payments/failed", func(r *store.Rx) error {
			_, _, err := r.Payments(store.PaymentQuery{State: ngo.PaymentFailed})
			return err
		}},
		{"payments/recovered", func(r *store.Rx) error { _, _, err := r.Payments(store.PaymentQuery{Recovered: true}); return err }},
		{"deliveries/account", func(r *store.Rx) error {
			_, _, err := r.Deliveries(store.DeliveryQuery{Account: "acc_none"})
			return err
		}},
		{"persons/first", func(r *store.Rx) error { _, _, err := r.Persons(store.PersonQuery{}); return err }},
		{"persons/name", func(r *store.Rx) error { _, _, err := r.Persons(store.PersonQuery{Text: "nobody"}); return err }},
		{"persons/email", func(r *store.Rx) error {
			_, _, err := r.Persons(store.PersonQuery{Text: "donor0000007@example.org"})
			return err
		}},
		{"health", func(r *store.Rx) error { _, err := r.Health(account); return err }},
		{"hours", func(r *store.Rx) error { _, err := r.WebhookHours(account, time.Time{}); return err }},
		{"known/100", func(r *store.Rx) error { _, _, err := r.NotKnown(account, seen); return err }},
	} {
		b.Run(list.name, func(b *testing.B) {
			for b.Loop() {
				storetest.Read(b, o, list.read)
			}
		})
	}
}
