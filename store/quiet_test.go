package store_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// Who wants no more reminders gets none for the other gifts that wait at that address; nobody else is quiet for it.
func TestStopReminders(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.SetProfile(storetest.Profile()); return err })
	waits := func(ref, address string) ngo.DonationID {
		return gift(t, o, ref, func(d *ngo.Donation) { d.Donor.PAN, d.Donor.EMail, d.Pot = "", address, ngo.Domestic }).ID
	}
	first, second, other := waits("pay_1", "meena@example.org"), waits("pay_2", "meena@example.org"), waits("pay_3", "ravi@example.org")
	noAddress, alsoNone := waits("pay_4", ""), waits("pay_5", "")
	done := gift(t, o, "pay_6", func(d *ngo.Donation) { d.Donor.EMail = "meena@example.org" }).ID
	for range 2 {
		storetest.Write(t, o, func(tx *store.Tx) error { return tx.StopReminders(first) })
		storetest.Write(t, o, func(tx *store.Tx) error { return tx.StopReminders(noAddress) })
	}
	storetest.Read(t, o, func(rx *store.Rx) error {
		for id, want := range map[ngo.DonationID]bool{first: true, second: true, other: false, noAddress: true, alsoNone: false, done: false} {
			if d, err := rx.Donation(id); err != nil || d.Quiet != want {
				t.Errorf("gift of %q is quiet: %v, %v; want %v", d.Donor.EMail, d.Quiet, err, want)
			}
		}
		entries, _, err := rx.Audit(store.ListQuery{Limit: 500})
		n := 0
		for _, e := range entries {
			if e.Action == "donation.quiet" {
				n++
			}
		}
		if n != 3 {
			t.Errorf("the trail tells of it %d times, %v; want 3", n, err)
		}
		return err
	})
}
