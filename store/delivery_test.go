package store_test

import (
	"bytes"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestHundredCopiesAreOneDelivery(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	account := storetest.Gateway(t, o).ID
	body := []byte(`{"event":"payment.captured"}`)
	var added atomic.Int64
	together(100, func(int) {
		var first bool
		d := o.NewDelivery(account, "another header id each time", body)
		err := o.Write(t.Context(), store.Ack, "webhook", func(tx *store.Tx) (err error) {
			first, err = tx.AddDelivery(d)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if first {
			added.Add(1)
		}
	})
	if added.Load() != 1 {
		t.Errorf("%d of 100 copies were added; want 1", added.Load())
	}
	if jobs := claim(t, o, ngo.LanePayment, 200); len(jobs) != 1 {
		t.Errorf("%d jobs were left; want 1", len(jobs))
	}
	checkWhole(t, o)
}

func TestSameBodyOfAnotherAccountIsNoRepeat(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	one := storetest.Gateway(t, o).ID
	other := o.NewAccount(ngo.Gateway, "razorpay", "second", nil, nil)
	storetest.Write(t, o, func(tx *store.Tx) error {
		if err := tx.AddAccount(other); err != nil {
			return err
		}
		for _, account := range []ngo.AccountID{one, other.Account.ID} {
			if added, err := tx.AddDelivery(o.NewDelivery(account, "", []byte("{}"))); err != nil || !added {
				t.Errorf("AddDelivery for %s = %v, %v; want true", account, added, err)
			}
		}
		return nil
	})
}

// deliver adds one delivery and gives it.
func deliver(t testing.TB, o *store.Org, body string) ngo.DeliveryID {
	t.Helper()
	accounts := func() (a []ngo.Account) {
		storetest.Read(t, o, func(r *store.Rx) (err error) {
			a, err = r.Accounts(ngo.Gateway)
			return err
		})
		return a
	}
	if len(accounts()) == 0 {
		storetest.Gateway(t, o)
	}
	d := o.NewDelivery(accounts()[0].ID, "hint", []byte(body))
	storetest.Write(t, o, func(tx *store.Tx) error {
		_, err := tx.AddDelivery(d)
		return err
	})
	return d.ID
}

func TestBodyIsSealedAndErased(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	id := deliver(t, o, "a body as it came")
	body := func() (body []byte, err error) {
		err = o.Read(t.Context(), func(r *store.Rx) error {
			_, body, _, err = r.DeliveryBody(id)
			return err
		})
		return body, err
	}
	if got, err := body(); string(got) != "a body as it came" {
		t.Fatalf("body = %q, %v", got, err)
	}
	erase := func(want int) {
		t.Helper()
		storetest.Write(t, o, func(tx *store.Tx) error {
			n, err := tx.EraseBodies(c.Now().Add(-90 * 24 * time.Hour))
			if n != want {
				t.Errorf("EraseBodies took %d; want %d", n, want)
			}
			return err
		})
	}
	c.pass(91 * 24 * time.Hour)
	erase(0) // it was never processed
	settle(t, o, id, ngo.DeliveryProcessed)
	erase(0) // it was processed just now
	c.pass(91 * 24 * time.Hour)
	erase(1)
	erase(0)
	if got, err := body(); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("body after its erasure = %q, %v; want NotFound", got, err)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		d, err := r.Delivery(id)
		if d.Digest == ([32]byte{}) || d.State != ngo.DeliveryProcessed {
			t.Errorf("delivery after the erasure of its body = %+v; want its digest", d)
		}
		return err
	})
	checkWhole(t, o)
}

func settle(t testing.TB, o *store.Org, id ngo.DeliveryID, state ngo.DeliveryState) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.SettleDelivery(id, state, "payment.captured", "") })
}

func TestLongBodyGoesToABlob(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	account := storetest.Gateway(t, o).ID
	d := o.NewDelivery(account, "", bytes.Repeat([]byte("x"), store.MostInline+1))
	err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
		_, err := tx.AddDelivery(d)
		return err
	})
	if ngo.CodeOf(err) != ngo.TooLarge {
		t.Errorf("a long body without a blob = %v; want TooLarge", err)
	}
	blob := ngo.NewID[ngo.BlobID](time.Now())
	storetest.Write(t, o, func(tx *store.Tx) error {
		if err := tx.AddBlob(blob, 5, [32]byte{1}, []byte("key")); err != nil {
			return err
		}
		_, err := tx.AddDelivery(d.InBlob(blob))
		return err
	})
	storetest.Read(t, o, func(r *store.Rx) error {
		if _, _, in, err := r.DeliveryBody(d.ID); in != blob || err != nil {
			t.Errorf("DeliveryBody = in %q, %v; want in %q", in, err, blob)
		}
		known, err := r.BlobsKnown([]ngo.BlobID{blob, "blb_unknown"})
		if !known[blob] || len(known) != 1 {
			t.Errorf("BlobsKnown = %v; want %s alone", known, blob)
		}
		got, _ := r.Blob(blob)
		if got.Size != 5 || string(got.Key) != "key" || got.SHA != ([32]byte{1}) {
			t.Errorf("Blob = %+v", got)
		}
		return err
	})
}

// Erasing a body that lies in a file takes its key: a copy of the file in some backup cannot be read either.
func TestErasingABodyTakesTheKeyOfItsFile(t *testing.T) {
	t.Parallel()
	for name, erase := range map[string]func(*store.Tx, ngo.PersonID) error{
		"with its age": func(tx *store.Tx, _ ngo.PersonID) error {
			_, err := tx.EraseBodies(tx.Now().Add(time.Hour))
			return err
		},
		"with its donor": func(tx *store.Tx, donor ngo.PersonID) error { return tx.ErasePerson(donor) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := storetest.Org(t)
			d := o.NewDelivery(storetest.Gateway(t, o).ID, "", []byte("a long body"))
			file := ngo.NewID[ngo.BlobID](time.Now())
			var donor ngo.PersonID
			storetest.Write(t, o, func(tx *store.Tx) error {
				if err := tx.AddBlob(file, 5, [32]byte{1}, []byte("key")); err != nil {
					return err
				}
				if _, err := tx.AddDelivery(d.InBlob(file)); err != nil {
					return err
				}
				return tx.SettleDelivery(d.ID, ngo.DeliveryProcessed, "payment.captured", "")
			})
			storetest.Write(t, o, func(tx *store.Tx) error {
				v, err := tx.Delivery(d.ID)
				if err != nil {
					return err
				}
				p, _, err := tx.SavePayment(ngo.Payment{Account: v.Account, Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100), Created: tx.Now(), Delivery: d.ID})
				if err != nil {
					return err
				}
				if donor, err = tx.JoinPerson(ngo.Donor{Name: "Chitra Iyer"}); err != nil {
					return err
				}
				_, _, err = tx.AddDonation(ngo.Donation{Payment: p.ID, Person: donor, State: ngo.DonationReceived, Amount: p.Amount, Given: "2026-06-01"})
				return err
			})
			storetest.Write(t, o, func(tx *store.Tx) error { return erase(tx, donor) })
			storetest.Read(t, o, func(r *store.Rx) error {
				if _, err := r.Blob(file); ngo.CodeOf(err) != ngo.NotFound {
					t.Errorf("the key of the file: %v; want NotFound", err)
				}
				_, _, _, err := r.DeliveryBody(d.ID)
				if ngo.CodeOf(err) != ngo.NotFound {
					t.Errorf("the body: %v; want NotFound", err)
				}
				return nil
			})
		})
	}
}

func TestDeliveriesMoveForwardOnly(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	states := []ngo.DeliveryState{ngo.DeliveryAccepted, ngo.DeliveryProcessed, ngo.DeliveryQuarantined}
	for i, from := range states {
		for j, to := range states {
			id := deliver(t, o, string(rune('a'+i))+string(rune('a'+j)))
			if from != ngo.DeliveryAccepted {
				settle(t, o, id, from)
			}
			err := o.Write(t.Context(), store.Work, "test", func(tx *store.Tx) error { return tx.SettleDelivery(id, to, "x", "y") })
			if allowed := from == to || from.CanBecome(to); allowed != (err == nil) {
				t.Errorf("%s to %s = %v; want allowed %v", from, to, err, allowed)
			}
			if err != nil && ngo.CodeOf(err) != ngo.Conflict {
				t.Errorf("%s to %s = %v; want Conflict", from, to, err)
			}
		}
	}
	checkWhole(t, o)
}

func TestDeliveriesComeInPages(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	var want []ngo.DeliveryID
	for i := range 7 {
		c.pass(time.Millisecond)
		want = append(want, deliver(t, o, string(rune('a'+i))))
	}
	slices.Reverse(want)
	settle(t, o, want[3], ngo.DeliveryQuarantined)
	list := func(q store.DeliveryQuery) (ids []ngo.DeliveryID, pages int) {
		for {
			storetest.Read(t, o, func(r *store.Rx) error {
				items, next, err := r.Deliveries(q)
				for _, d := range items {
					ids = append(ids, d.ID)
				}
				q.After = next
				return err
			})
			pages++
			if q.After == "" {
				return ids, pages
			}
		}
	}
	if got, pages := list(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 3}}); !slices.Equal(got, want) || pages != 3 {
		t.Errorf("pages of 3: %v in %d; want %v in 3", got, pages, want)
	}
	if got, pages := list(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 7}}); len(got) != 7 || pages != 1 {
		t.Errorf("a page that just fits: %d items in %d pages; want 7 in 1", len(got), pages)
	}
	if got, _ := list(store.DeliveryQuery{State: ngo.DeliveryQuarantined}); !slices.Equal(got, want[3:4]) {
		t.Errorf("quarantined = %v; want %v", got, want[3:4])
	}
	if got, _ := list(store.DeliveryQuery{State: ngo.DeliveryAccepted}); len(got) != 6 {
		t.Errorf("accepted = %v; want 6", got)
	}
}
