package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// Fifty issue at once, and some fail after they took a number: every number is there once all the same.
func TestSerialsHaveNoGap(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	var gifts []ngo.Donation
	for i := range 75 {
		gifts = append(gifts, gift(t, o, fmt.Sprint("pay_", i), nil))
	}
	var mu sync.Mutex
	var serials []int64
	fault := errors.New("something after the number was taken")
	together(75, func(i int) {
		n, err := o.NewReceipt(gifts[i].ID, store.ReceiptFacts{Series: "A", Amount: gifts[i].Amount, Day: "2026-06-01", Law: "x", Printed: []byte("{}")})
		if err != nil {
			t.Error(err)
		}
		var r ngo.Receipt
		err = o.Write(t.Context(), store.Work, "job", func(tx *store.Tx) (err error) {
			if r, err = tx.IssueReceipt(n); err == nil && i%3 == 2 {
				err = fault
			}
			return err
		})
		if i%3 == 2 {
			if !errors.Is(err, fault) {
				t.Errorf("a failing issue = %v", err)
			}
			return
		}
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		serials = append(serials, r.Serial)
		mu.Unlock()
	})
	slices.Sort(serials)
	for i, s := range serials {
		if s != int64(i+1) {
			t.Fatalf("serials = %v; want 1 to 50", serials)
		}
	}
	if len(serials) != 50 {
		t.Errorf("%d receipts; want 50", len(serials))
	}
	checkWhole(t, o)
}

func TestOneGiftHasOneReceipt(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	d := gift(t, o, "pay_1", nil)
	first := issue(t, o, d)
	if first.Number != "SVT/2026-27/D/000001" {
		t.Errorf("number = %s", first.Number)
	}
	n, err := o.NewReceipt(d.ID, store.ReceiptFacts{Series: "SVT/2026-27/D", Amount: d.Amount, Day: d.Given, Printed: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Write(t, o, func(tx *store.Tx) error { // the caller takes the conflict for an answer, and commits
		again, err := tx.IssueReceipt(n)
		if ngo.CodeOf(err) != ngo.Conflict || again.ID != first.ID {
			t.Errorf("a second issue = %+v, %v; want the first receipt and Conflict", again, err)
		}
		return nil
	})
	if next := issue(t, o, gift(t, o, "pay_2", nil)); next.Serial != 2 {
		t.Errorf("the next serial is %d; want 2: a refused issue took a number", next.Serial)
	}
	checkWhole(t, o)
}

func TestReceiptIsReadBack(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	d := gift(t, o, "pay_1", nil)
	want := issue(t, o, d)
	blob := ngo.NewID[ngo.BlobID](time.Now())
	storetest.Write(t, o, func(tx *store.Tx) error {
		if err := tx.AddBlob(blob, 1, [32]byte{}, nil); err != nil {
			return err
		}
		return tx.AttachDocument(want.ID, blob)
	})
	want.Document = blob
	storetest.Read(t, o, func(r *store.Rx) error {
		same := func(name string, got ngo.Receipt, err error) {
			got.Facts = nil
			if fmt.Sprint(got) != fmt.Sprint(want) || err != nil {
				t.Errorf("%s = %+v, %v\nwant %+v", name, got, err, want)
			}
		}
		byID, err := r.Receipt(want.ID)
		same("Receipt", byID, err)
		byNumber, err := r.ReceiptByNumber(want.Number)
		same("ReceiptByNumber", byNumber, err)
		of, err := r.ReceiptOf(d.ID)
		same("ReceiptOf", of, err)
		list, _, err := r.Receipts(store.ReceiptQuery{Series: want.Series})
		if len(list) != 1 || err != nil {
			t.Fatalf("Receipts = %v, %v", list, err)
		}
		same("Receipts", list[0], nil)
		facts, err := r.ReceiptFacts(want.ID)
		if string(facts) != `{"donor":"Chitra Iyer"}` {
			t.Errorf("facts = %s, %v", facts, err)
		}
		return err
	})
}

func TestReceiptWithoutFactsIsRefused(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	if _, err := o.NewReceipt("don_1", store.ReceiptFacts{Series: "A", Amount: ngo.Paise(1)}); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("NewReceipt without what is printed = %v; want Invalid", err)
	}
}

func TestMessagesMoveByTheTable(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	states := []ngo.MessageState{ngo.MessageQueued, ngo.MessageSending, ngo.MessageSent, ngo.MessageDelivered, ngo.MessageRead,
		ngo.MessageFailed, ngo.MessageUncertain}
	road := map[ngo.MessageState][]ngo.MessageState{ // how a new message gets there
		ngo.MessageQueued: {}, ngo.MessageSending: {ngo.MessageSending}, ngo.MessageSent: {ngo.MessageSent},
		ngo.MessageDelivered: {ngo.MessageSent, ngo.MessageDelivered}, ngo.MessageRead: {ngo.MessageSent, ngo.MessageRead},
		ngo.MessageFailed: {ngo.MessageFailed}, ngo.MessageUncertain: {ngo.MessageSending, ngo.MessageUncertain},
	}
	for _, from := range states {
		for _, to := range states {
			id := ngo.NewID[ngo.MessageID](time.Now())
			storetest.Write(t, o, func(tx *store.Tx) error {
				err := tx.AddMessage(ngo.Message{ID: id, Recipient: "x@example.org"})
				for _, s := range road[from] {
					err = errors.Join(err, tx.MoveMessage(id, s, "on the way", "", ""))
				}
				return err
			})
			err := o.Write(t.Context(), store.Work, "test", func(tx *store.Tx) error { return tx.MoveMessage(id, to, "why", "", "ref") })
			if want := from == to || from.CanBecome(to); want != (err == nil) || (err != nil && ngo.CodeOf(err) != ngo.Conflict) {
				t.Errorf("%s to %s = %v; want allowed %v", from, to, err, want)
			}
		}
	}
	checkWhole(t, o)
}

func TestMessageTellsHowItWent(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := o.NewAccount(ngo.Channel, "email", "email", nil, nil)
	id := ngo.NewID[ngo.MessageID](time.Now())
	d := gift(t, o, "pay_1", nil)
	receipt := issue(t, o, d)
	moves := func(states ...ngo.MessageState) {
		storetest.Write(t, o, func(tx *store.Tx) error {
			for _, s := range states {
				if err := tx.MoveMessage(id, s, "", account.Account.ID, "ref-1"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	storetest.Write(t, o, func(tx *store.Tx) error {
		if err := tx.AddAccount(account); err != nil {
			return err
		}
		return tx.AddMessage(ngo.Message{ID: id, Receipt: receipt.ID, Person: d.Person, Recipient: "x@example.org"})
	})
	moves(ngo.MessageSending, ngo.MessageQueued, ngo.MessageSending)
	c.pass(time.Minute)
	moves(ngo.MessageSent)
	storetest.Read(t, o, func(r *store.Rx) error {
		all, err := r.MessagesOf(receipt.ID)
		if len(all) != 1 || all[0].State != ngo.MessageSent || all[0].Attempts != 2 || all[0].Account != account.Account.ID ||
			all[0].Sent == nil || !all[0].Sent.Equal(c.Now()) {
			t.Errorf("messages = %+v; want one sent now, at the second attempt", all)
		}
		sent, _, _ := r.Messages(store.MessageQuery{State: ngo.MessageSent})
		queued, _, _ := r.Messages(store.MessageQuery{State: ngo.MessageQueued})
		if len(sent) != 1 || len(queued) != 0 {
			t.Errorf("sent, queued = %d, %d; want 1, 0", len(sent), len(queued))
		}
		return err
	})
}
