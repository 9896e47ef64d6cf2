package indexer_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/indexer"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// run starts an indexer and gives what stops it and waits.
func run(t *testing.T, s *store.Store) (stop func()) { return runAt(t, s, time.Now) }

func runAt(t *testing.T, s *store.Store, now func() time.Time) (stop func()) {
	t.Helper()
	x, err := indexer.New(indexer.Options{Store: s, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func join(t *testing.T, o *store.Org, name string) (id ngo.PersonID) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		id, err = tx.JoinPerson(ngo.Donor{Name: name})
		return err
	})
	return id
}

// found waits until a search finds so many people.
func found(t *testing.T, o *store.Org, words string, want int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		got := 0
		storetest.Read(t, o, func(r *store.Rx) error {
			hits, err := r.Search(words, "person", 500)
			got = len(hits)
			return err
		})
		if got == want {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%q finds %d; want %d", words, got, want)
		case <-tick.C:
		}
	}
}

// What is written is found soon, in every organisation; so is what was written while no indexer ran.
func TestTheSearchFollows(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	a, b := storetest.AddOrg(t, s, "one"), storetest.AddOrg(t, s, "two")
	join(t, a, "Meena Before")
	stop := run(t, s)
	found(t, a, "before", 1)
	join(t, b, "मीना Later")
	found(t, b, "meena later", 1)
	found(t, a, "later", 0)
	stop()
	for i := range 1200 { // a few batches
		if i%100 == 0 {
			storetest.Write(t, a, func(tx *store.Tx) error {
				for j := range 100 {
					if _, err := tx.JoinPerson(ngo.Donor{Name: fmt.Sprintf("Away %d", i+j)}); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	defer run(t, s)()
	found(t, a, "away 1199", 1)
	found(t, a, "away", 500) // the most that a page has
	storetest.Write(t, a, func(tx *store.Tx) error {
		id, err := tx.JoinPerson(ngo.Donor{Name: "Soon Gone"})
		if err != nil {
			return err
		}
		return tx.ErasePerson(id)
	})
	last := join(t, a, "Last Of All")
	found(t, a, "last of all", 1)
	found(t, a, "soon gone", 0)
	storetest.Write(t, a, func(tx *store.Tx) error { return tx.ErasePerson(last) })
	found(t, a, "last of all", 0)
}

func TestAnIndexerNeedsAStore(t *testing.T) {
	t.Parallel()
	if _, err := indexer.New(indexer.Options{}); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("New = %v; want Invalid", err)
	}
}

// An hour after somebody was erased nothing of their words is in the file any more, in whatever form the search had them.
func TestWordsOfTheErasedAreOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Engine: storetest.Engine, Keys: storetest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	o := storetest.AddOrg(t, s, "one")
	stop := run(t, s)
	var gone ngo.PersonID
	for i := range 40 { // a few parts of the search
		id := join(t, o, fmt.Sprintf("Canary%dsurname Stays", i))
		found(t, o, fmt.Sprintf("canary%dsurname", i), 1)
		if i == 7 {
			gone = id
		}
	}
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.ErasePerson(gone) })
	stop()
	stop = runAt(t, s, func() time.Time { return time.Now().Add(2 * time.Hour) })
	deadline := time.After(20 * time.Second)
	for unswept := true; unswept; {
		storetest.Read(t, o, func(r *store.Rx) (err error) {
			_, unswept, err = r.Unswept()
			return err
		})
		select {
		case <-deadline:
			t.Fatal("nothing was swept")
		case <-time.After(10 * time.Millisecond):
		}
	}
	found(t, o, "stays", 39)
	stop()
	if err := o.Checkpoint(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "orgs", "one", "org.db"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("anary7surname")) || !bytes.Contains(data, []byte("anary8surname")) {
		t.Error("the words of the erased are in the file, or those of others are not")
	}
}
