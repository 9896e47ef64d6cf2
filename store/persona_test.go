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
