package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// canary is a donor whose every fact is found again by a search of the files.
func canary(i int) ngo.Donor {
	return ngo.Donor{
		Name: fmt.Sprintf("Canary%05d Surname", i), EMail: fmt.Sprintf("canary%05d@example.org", i),
		Phone: fmt.Sprintf("+9197%08d", 33_000_000+i), Address: fmt.Sprintf("%05d Canarystreet", i), PAN: "ABCPE1234F",
		IDKind: ngo.IDPassport, IDNumber: fmt.Sprintf("P%07dCANARY", i), Language: "ta", Citizenship: ngo.CitizenIndian,
	}
}

// traces gives what must not be found of a donor.
func traces(i int) []string {
	d := canary(i)
	return []string{d.Name, d.EMail, d.Phone, d.Address, d.IDNumber}
}

// files reads every file of a folder, once the store is closed: nobody else may open them before.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		out[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// grep tells which texts are in which files.
func grep(in map[string][]byte, texts ...string) (found []string) {
	for path, data := range in {
		for _, text := range texts {
			if bytes.Contains(data, []byte(text)) {
				found = append(found, text+" in "+filepath.Base(path))
			}
		}
	}
	return found
}

// A hundred people among many are erased, with pages split and joined around them, and nothing of them is left in any
// file, nor anything of the others lost.
func TestErasureReachesDisk(t *testing.T) {
	t.Parallel()
	people := 1000
	if testing.Short() || raceEnabled {
		people = 120
	}
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Engine: storetest.Engine, Keys: storetest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	o := storetest.AddOrg(t, s, storetest.Slug)
	gone := map[int]ngo.PersonID{}
	for i := range people {
		id := rememberCanary(t, o, i)
		if i%20 == 7 {
			gone[i] = id
		}
	}
	for i, id := range gone {
		storetest.Write(t, o, func(tx *store.Tx) error { return tx.ErasePerson(id) })
		err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error { return tx.ErasePerson(id) })
		if ngo.CodeOf(err) != ngo.Conflict {
			t.Errorf("erasing person %d again = %v; want Conflict", i, err)
		}
	}
	checkWhole(t, o)
	checkErased(t, o, gone[7])
	if err := o.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left := files(t, dir)
	for i := range gone {
		if found := grep(left, traces(i)...); len(found) > 0 {
			t.Errorf("person %d was erased; found %v", i, found)
		}
	}
	if found := grep(left, traces(8)...); len(found) != 4 {
		t.Errorf("person 8 was not erased; found only %v", found)
	}
}

// rememberCanary leaves traces of a donor wherever the store keeps any.
func rememberCanary(t testing.TB, o *store.Org, i int) ngo.PersonID {
	t.Helper()
	d := gift(t, o, fmt.Sprint("pay_", i), func(d *ngo.Donation) { d.Donor = canary(i) })
	r := issue(t, o, d)
	writeAbout(t, o, d)
	storetest.Write(t, o, func(tx *store.Tx) error {
		sent, waiting := ngo.NewID[ngo.MessageID](time.Now()), ngo.NewID[ngo.MessageID](time.Now())
		for _, m := range []ngo.MessageID{sent, waiting} {
			if err := tx.AddMessage(ngo.Message{ID: m, Receipt: r.ID, Person: d.Person, Recipient: d.Donor.EMail}); err != nil {
				return err
			}
		}
		if err := tx.MoveMessage(sent, ngo.MessageFailed, "550 no such user "+d.Donor.EMail, "", ""); err != nil {
			return err
		}
		if err := tx.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(waiting), 0); err != nil {
			return err
		}
		jobs, err := tx.Claim(ngo.LaneOutbound, 2, time.Minute) // the refund and the mail
		for _, j := range jobs {
			err = errors.Join(err, tx.Park(j, "550 no such user "+d.Donor.EMail))
		}
		return err
	})
	return d.Person
}

// writeAbout leaves what gateways and staff write about a gift, each naming its donor.
func writeAbout(t testing.TB, o *store.Org, d ngo.Donation) {
	t.Helper()
	about := "about " + d.Donor.EMail
	storetest.Write(t, o, func(tx *store.Tx) error {
		p, err := tx.Payment(d.Payment)
		if err != nil {
			return err
		}
		told := p
		told.Problem = about
		if _, _, err := tx.SavePayment(told); err != nil {
			return err
		}
		if err := tx.AddSighting(p.ID, ngo.Sighting{State: ngo.PaymentFailed, Text: about, Delivery: p.Delivery}); err != nil {
			return err
		}
		if _, err := tx.RequestRefund(d.ID, ngo.Paise(1), about); err != nil {
			return err
		}
		if _, _, err := tx.SaveRefund(ngo.Refund{Account: p.Account, Ref: "rfnd_" + p.Ref, PaymentRef: p.Ref, State: ngo.RefundFailed, Amount: ngo.Paise(1), Problem: about}); err != nil {
			return err
		}
		if _, _, err := tx.SaveDispute(ngo.Dispute{Account: p.Account, Ref: "disp_" + p.Ref, PaymentRef: p.Ref, State: ngo.DisputeWon, Amount: ngo.Paise(1), Reason: about}); err != nil {
			return err
		}
		name := d.Donor.Name + " the Second"
		if _, err := tx.EditDonation(d.ID, store.DonorEdit{Name: &name}); err != nil {
			return err
		}
		if _, err := tx.HoldDonation(d.ID, about); err != nil {
			return err
		}
		return tx.AddMessage(ngo.Message{Kind: ngo.MessageAsk, Donation: d.ID, Recipient: d.Donor.EMail}) // of nobody, but about the gift
	})
}

func checkErased(t *testing.T, o *store.Org, id ngo.PersonID) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) error {
		p, err := r.Person(id)
		if p.Name != "" || len(p.Identities) != 0 || p.Erased == nil {
			t.Errorf("person after the erasure = %+v", p)
		}
		failed, _, err2 := r.Messages(store.MessageQuery{State: ngo.MessageQueued, ListQuery: store.ListQuery{Limit: 500}})
		for _, m := range failed {
			if m.Person == id {
				t.Errorf("mail to an erased person still waits: %+v", m)
			}
		}
		if err2 != nil {
			return err2
		}
		held, _, err3 := r.Donations(store.DonationQuery{State: ngo.DonationHeld, ListQuery: store.ListQuery{Limit: 500}})
		for _, d := range held {
			if d.Person == id && (d.Hold == "" || d.Reason != d.Hold || d.Donor != ngo.Donor{Citizenship: d.Donor.Citizenship}) {
				t.Errorf("a held gift of an erased person = %+v; want it held, and nothing said of why", d)
			}
		}
		return errors.Join(err, err3)
	})
}

// A gift whose donor was erased does not wait for facts that will not come, learns none, and does not get its old ones back.
func TestErasureEndsTheWaiting(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	_, d := c.pay(ngo.Payment{Ref: "pay_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100)}, ngo.Donor{Name: "Chitra", EMail: "chitra@example.org"})
	act := c.edit(d.ID, store.DonorEdit{Phone: text("98765 43210")})
	storetest.Write(t, c.o, func(tx *store.Tx) error { return tx.ErasePerson(d.Person) })
	if c.merge(d.ID, ngo.Donor{Name: "Chitra"}, "") {
		t.Error("an event told again who the donor was")
	}
	undoRefused(t, c.o, act.ID)
	c.refuses(ngo.Conflict, "an edit of an erased donor", func(tx *store.Tx) error {
		_, err := tx.EditDonation(d.ID, store.DonorEdit{Name: text("Chitra")})
		return err
	})
	if g := c.gift(d.ID); g.State != ngo.DonationReceived || g.Donor != (ngo.Donor{}) {
		t.Errorf("gift = %+v; want it received, with a plain receipt", g)
	}
	checkWhole(t, c.o)
}

// What tax law wants stays, sealed.
func TestErasureKeepsTheReceipt(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	d := gift(t, o, "pay_1", nil)
	r := issue(t, o, d)
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.ErasePerson(d.Person) })
	storetest.Read(t, o, func(rx *store.Rx) error {
		facts, err := rx.ReceiptFacts(r.ID)
		if string(facts) != `{"donor":"Chitra Iyer"}` {
			t.Errorf("facts = %s, %v", facts, err)
		}
		got, err := rx.Donation(d.ID)
		if got.Donor != (ngo.Donor{}) || got.Amount != d.Amount {
			t.Errorf("gift = %+v; want its amount and nothing of its donor", got)
		}
		return err
	})
	storetest.Write(t, o, func(tx *store.Tx) error {
		again, err := tx.JoinPerson(d.Donor)
		if again == d.Person {
			t.Error("a new gift joined the erased person")
		}
		return err
	})
}
