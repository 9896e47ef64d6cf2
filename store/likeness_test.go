package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func likely(t testing.TB, o *store.Org, id ngo.PersonID) (out []ngo.Likeness) {
	t.Helper()
	indexAll(t, o)
	storetest.Read(t, o, func(r *store.Rx) (err error) {
		out, err = r.Likely(id)
		return err
	})
	return out
}

func TestWhoMayBeTheSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		one, other     ngo.Donor
		shared         bool // the first one's phone
		reason, doubt  string
		least, most    int
		notOfferedSoon bool
	}{
		{name: "a name in two scripts, and a phone that ends alike", one: ngo.Donor{Name: "Meena Raman", Phone: "+919840012345"}, other: ngo.Donor{Name: "மீனா ராமன்", Phone: "+919740012345"},
			reason: "phone numbers end alike", least: 60, most: 80},
		{name: "the same PAN under another address", one: ngo.Donor{Name: "Meena Raman", EMail: "a@example.org", PAN: "ABCPE1234F"}, other: ngo.Donor{Name: "Meena R", EMail: "b@example.org", PAN: "ABCPE1234F"},
			reason: "same PAN", least: 70, most: 99},
		{name: "two PANs", one: ngo.Donor{Name: "Meena Raman", Phone: "+919840012345", PAN: "ABCPE1234F"}, other: ngo.Donor{Name: "Meena Raman", Phone: "+919740012345", PAN: "ABCPE1234G"},
			notOfferedSoon: true},
		{name: "the name alone, which hardly anybody has", one: ngo.Donor{Name: "Meena Raman", EMail: "a@example.org"}, other: ngo.Donor{Name: "मीना रामन", EMail: "b@example.org"},
			reason: "Hardly anybody", least: 40, most: 50},
		{name: "a first name alone", one: ngo.Donor{Name: "Meena", EMail: "a@example.org"}, other: ngo.Donor{Name: "Meena", EMail: "b@example.org"}, notOfferedSoon: true},
		{name: "strangers", one: ngo.Donor{Name: "Meena Raman", Phone: "+919840012345"}, other: ngo.Donor{Name: "Ravi Kumar", Phone: "+919840012346"}, notOfferedSoon: true},
		{name: "the same local part", one: ngo.Donor{Name: "Meena Raman", EMail: "meena.raman@one.example.org"}, other: ngo.Donor{Name: "Meena Raman", EMail: "meena.raman@two.example.org"},
			reason: "only behind the @", least: 50, most: 70},
		{name: "a shared phone and one name", one: ngo.Donor{Name: "Meena Raman", Phone: "+919840012345"}, other: ngo.Donor{Name: "Meena", Phone: "+919840012345", EMail: "m@example.org"}, shared: true,
			reason: "share a phone", doubt: "Several people", least: 40, most: 60},
		{name: "a shared phone and two names", one: ngo.Donor{Name: "Meena Raman", Phone: "+919840012345"}, other: ngo.Donor{Name: "Ravi Raman", Phone: "+919840012345"}, shared: true, notOfferedSoon: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := storetest.Org(t)
			a := gift(t, o, "pay_1", func(d *ngo.Donation) { d.Donor = tt.one }).Person
			if tt.shared {
				storetest.Write(t, o, func(tx *store.Tx) error {
					return tx.ShareIdentity(a, ngo.Identity{Kind: ngo.Phone, Value: tt.one.Phone, Shared: true})
				})
			}
			b := gift(t, o, "pay_2", func(d *ngo.Donation) { d.Donor = tt.other }).Person
			if a == b {
				t.Fatal("they are one already")
			}
			for _, pair := range [][2]ngo.PersonID{{a, b}, {b, a}} {
				got := likely(t, o, pair[0])
				if tt.notOfferedSoon {
					if len(got) > 0 {
						t.Errorf("offered: %+v", got)
					}
					continue
				}
				if len(got) != 1 || got[0].Person.ID != pair[1] || !has(got[0].Reasons, tt.reason) || tt.doubt != "" && !has(got[0].Doubts, tt.doubt) ||
					got[0].Score < tt.least || got[0].Score > tt.most {
					t.Errorf("Likely = %+v; want %s, %d to %d", got, pair[1], tt.least, tt.most)
				}
			}
			storetest.Write(t, o, func(tx *store.Tx) error { return tx.Differ(a, b) })
			if got := append(likely(t, o, a), likely(t, o, b)...); len(got) > 0 {
				t.Errorf("of whom it was said that they are two: %+v", got)
			}
		})
	}
}

func has(sentences []string, part string) bool {
	return slices.ContainsFunc(sentences, func(s string) bool { return strings.Contains(s, part) })
}

// A gift from one person's e-mail and another's phone is the first one's; that the second may be the same is offered.
func TestAGiftOfTwoAddresses(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	phone := gift(t, o, "pay_1", func(d *ngo.Donation) { d.Donor = ngo.Donor{Name: "M. Raman", Phone: "+919840012345"} }).Person
	mail := gift(t, o, "pay_2", func(d *ngo.Donation) { d.Donor = ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org"} }).Person
	gift(t, o, "pay_3", func(d *ngo.Donation) {
		d.Donor = ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org", Phone: "+919840012345"}
	})
	got := likely(t, o, mail)
	if len(got) != 1 || got[0].Person.ID != phone || !has(got[0].Reasons, "names the phone number") {
		t.Errorf("Likely = %+v", got)
	}
	storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Join(mail, phone, ""); return err })
	if got := likely(t, o, mail); len(got) > 0 {
		t.Errorf("of those who are one: %+v", got)
	}
}

// Who gives a number as their own is offered the person who has it, also when they go by another name there.
func TestANumberGivenAsOnesOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	giver := gift(t, d.o, "pay_1", func(g *ngo.Donation) {
		g.Donor = ngo.Donor{Name: "Meena Raman", Phone: "+919840012345", EMail: "meena@example.org"}
	}).Person
	hidden := func(ref, name string, own bool) (id ngo.PersonID) {
		user := ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN." + ref}
		d.do(func(tx *store.Tx) (err error) {
			id, _, _, err = tx.PersonFor(d.account, []ngo.Identity{user}, name, "")
			return err
		})
		n := d.says(id, ref, name, d.Now())
		n.Address, n.Name, n.What = user, name, "cards"
		n.More.Cards = []ngo.ExtraCard{{Name: name, Own: own, Phones: []string{"+919840012345"}}}
		d.hear(n)
		return id
	}
	who, other := hidden("11", "Sunshine", true), hidden("12", "Moonlight", false)
	got := likely(t, d.o, who)
	if len(got) != 1 || got[0].Person.ID != giver || !has(got[0].Reasons, "gave the number") || !has(got[0].Doubts, "names differ") {
		t.Errorf("Likely = %+v; want %s", got, giver)
	}
	if got := likely(t, d.o, other); len(got) > 0 {
		t.Errorf("of who sent somebody else's card: %+v", got)
	}
}

// Where many have a name, it is no reason.
func TestAFrequentNameIsNoReason(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	var first ngo.PersonID
	storetest.Write(t, o, func(tx *store.Tx) error {
		for i := range 20 {
			id, err := tx.JoinPerson(ngo.Donor{Name: "Meena Kumari", EMail: fmt.Sprintf("m%d@example.org", i)})
			if err != nil {
				return err
			}
			first = id
		}
		return nil
	})
	if got := likely(t, o, first); len(got) > 0 {
		t.Errorf("Likely = %+v", got)
	}
}
