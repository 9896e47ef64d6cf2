package store_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// What a channel brought is heard, also when it is read once more; what a gateway brought is ingested.
func TestDeliveriesAreReadByKind(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	pay := storetest.Gateway(t, o)
	post := o.NewAccount(ngo.Channel, "whatsapp", "whatsapp", nil, nil)
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(post) })
	for account, heard := range map[ngo.AccountID]bool{pay.ID: false, post.Account.ID: true} {
		d := o.NewDelivery(account, "", []byte("{}"))
		if heard {
			d = d.Heard()
		}
		storetest.Write(t, o, func(tx *store.Tx) error {
			if _, err := tx.AddDelivery(d); err != nil {
				return err
			}
			kept, err := tx.Delivery(d.ID)
			if err != nil {
				return err
			}
			return tx.ReadAgain(kept)
		})
		want, lane := ngo.JobIngest, ngo.LanePayment
		if heard {
			want, lane = ngo.JobHear, ngo.LaneMessage
		}
		n := 0
		storetest.Read(t, o, func(rx *store.Rx) error {
			jobs, _, err := rx.Jobs(store.JobQuery{ListQuery: store.ListQuery{Limit: 10}})
			for _, j := range jobs {
				if j.Subject == string(d.ID) && j.Kind == want && j.Lane == lane {
					n++
				}
			}
			return err
		})
		if n != 2 {
			t.Errorf("%d jobs %s for a delivery that came and was read again, want 2", n, want)
		}
	}
}

// A gateway and a channel share the addresses at which they are sent to, and so their names.
func TestNoTwoConnectionsHaveOneName(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	storetest.Gateway(t, o)
	add := func(kind ngo.AccountKind, name string) error {
		n := o.NewAccount(kind, "x", name, nil, nil)
		return o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error { return tx.AddAccount(n) })
	}
	if err := add(ngo.Channel, "razorpay"); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a channel by a gateway's name: %v; want Conflict", err)
	}
	if err := add(ngo.Channel, "post"); err != nil {
		t.Fatal(err)
	}
	if err := add(ngo.Gateway, "post"); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a gateway by a channel's name: %v; want Conflict", err)
	}
	var act ngo.Act
	storetest.Write(t, o, func(tx *store.Tx) error {
		a, err := tx.Account(ngo.Channel, "post")
		if err != nil {
			return err
		}
		act, err = tx.RemoveAccount(a.ID)
		return err
	})
	if err := add(ngo.Gateway, "post"); err != nil {
		t.Errorf("a gateway by the name of a channel that was removed: %v", err)
	}
	undoRefused(t, o, act.ID)
}
