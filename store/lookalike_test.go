package store_test

import (
	"fmt"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestLookalikes(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	storetest.Write(t, o, func(tx *store.Tx) error {
		if _, err := tx.JoinPerson(ngo.Donor{Name: "Meena", Phone: "+919840012345"}); err != nil {
			return err
		}
		_, _, _, err := tx.PersonFor("", []ngo.Identity{{Kind: ngo.WhatsApp, Value: "919840067890"}}, "Ravi", "")
		return err
	})
	numbers := []string{"919840012345", "919840067890", "234123412346"}
	for n := range 6 {
		numbers = append(numbers, fmt.Sprintf("30000000000%d", n))
	}
	var got map[string]bool
	storetest.Read(t, o, func(rx *store.Rx) (err error) { got, err = rx.Lookalikes(numbers); return err })
	if len(got) != 2 || !got["919840012345"] || !got["919840067890"] {
		t.Errorf("Lookalikes = %v; want the two phones", got)
	}
}
