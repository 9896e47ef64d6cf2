package store_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// Whoever was joined to somebody is shown by their name, and what either said last of everything counts for both.
func TestPersonas(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	var meena, mina, uma ngo.PersonID
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		for name, id := range map[string]*ngo.PersonID{"Meena": &meena, "mina 😀": &mina, "Uma": &uma} {
			if *id, _, _, err = tx.PersonFor("", []ngo.Identity{{Kind: ngo.WhatsApp, Value: "9198400123" + string(rune('0'+len(name))) + "0"}}, name, "ta"); err != nil {
				return err
			}
		}
		if _, err = tx.Join(meena, mina, "she told us"); err != nil {
			return err
		}
		_, err = tx.AddConsent(ngo.Consent{Person: mina, Topic: ngo.TopicAll, Words: "stop"})
		return err
	})
	check := func(stopped bool) {
		t.Helper()
		var got map[ngo.PersonID]store.Persona
		storetest.Read(t, o, func(rx *store.Rx) (err error) {
			got, err = rx.Personas([]ngo.PersonID{mina, uma, "per_00000000000000000000000000", mina})
			return err
		})
		if p := got[mina]; p.Root != meena || p.Name != "Meena" || p.Language != "ta" || p.Stopped != stopped {
			t.Errorf("mina is shown as %+v; want Meena, stopped %v", p, stopped)
		}
		if p := got[uma]; p.Root != uma || p.Stopped || len(got) != 2 {
			t.Errorf("uma is shown as %+v, of %d", p, len(got))
		}
	}
	check(true)
	storetest.Write(t, o, func(tx *store.Tx) error {
		_, err := tx.AddConsent(ngo.Consent{Person: meena, Topic: ngo.TopicAll, Given: true, Words: "start", At: tx.Now().Add(time.Second)})
		return err
	})
	check(false)
}

// A part shows what came with it, and whoever it was joined to shows the threads of all.
func TestThreadsOfAPart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	root, part := d.person("919876543210"), d.person("919876500000")
	first := d.hear(d.says(root, "wamid.1", "hello", d.Now()))
	second := d.hear(d.says(part, "wamid.2", "hello from the other phone", d.Now()))
	d.do(func(tx *store.Tx) error { _, err := tx.Join(root, part, "the same"); return err })
	storetest.Read(t, d.o, func(r *store.Rx) error {
		of, err := r.ConversationsOf(part, 10)
		if err != nil || len(of) != 1 || of[0].ID != second.Conversation.ID {
			t.Errorf("the part has %+v; want its own thread", of)
		}
		of, err = r.ConversationsOf(root, 10)
		if len(of) != 2 {
			t.Errorf("they have %+v; want %s too", of, first.Conversation.ID)
		}
		return err
	})
}
