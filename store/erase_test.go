package store_test

import (
	"bytes"
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
		Phone: fmt.Sprintf("+9197%08d", 33_000_000+i), Address: fmt.Sprintf("%05d Canarystreet", i), PAN: "ABCDE1234F",
	}
}

// traces gives what must not be found of a donor.
func traces(i int) []string {
	d := canary(i)
	return []string{d.Name, d.EMail, d.Phone, d.Address}
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
		jobs, err := tx.Claim(ngo.LaneOutbound, 1, time.Minute)
		if err != nil {
			return err
		}
		return tx.Park(jobs[0], "550 no such user "+d.Donor.EMail)
	})
	return d.Person
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
		return err
	})
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
