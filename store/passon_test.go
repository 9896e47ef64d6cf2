package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// An id beside a number tells whether its owner still has it.
func TestWhoseANumberIs(t *testing.T) {
	t.Parallel()
	phone := func(n string) []ngo.Identity {
		return []ngo.Identity{{Kind: ngo.WhatsApp, Value: n}, {Kind: ngo.Phone, Value: "+" + n}}
	}
	user := func(v string) ngo.Identity { return ngo.Identity{Kind: ngo.WhatsAppUser, Value: v} }
	const one, two = "919840012345", "919840067890"
	for name, check := range map[string]func(*testing.T, *store.Org){
		"somebody's who was known by their id": func(t *testing.T, o *store.Org) {
			a, _, _ := personFor(t, o, "Meena", append(phone(one), user("IN.1"))...)
			b, _, _ := personFor(t, o, "Meena", user("IN.2"))
			for range 2 { // told in turns, each is who they are
				if got, _, joined := personFor(t, o, "Meena", append(phone(one), user("IN.2"))...); got != b || joined != nil {
					t.Errorf("by the other id: %s, joined %+v; want %s", got, joined, b)
				}
				if got, _, joined := personFor(t, o, "Meena", append(phone(one), user("IN.1"))...); got != a || joined != nil {
					t.Errorf("by the first id: %s, joined %+v; want %s", got, joined, a)
				}
			}
			storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Join(a, b, "a new phone"); return err })
			personFor(t, o, "Meena", append(phone(one), user("IN.2"))...)
			storetest.Read(t, o, func(r *store.Rx) error {
				p, err := r.Person(a)
				if len(p.Identities) != 3 || p.Identities[1] != phone(one)[0] {
					t.Errorf("identities %+v; want nothing taken from who is one with them", p.Identities)
				}
				return err
			})
		},
		"the same in another portfolio": func(t *testing.T, o *store.Org) {
			parent := ngo.Identity{Kind: ngo.WhatsAppParent, Value: "IN.ENT.1"}
			a, _, _ := personFor(t, o, "Meena", append(phone(one), user("IN.1"), parent)...)
			if got, _, _ := personFor(t, o, "Meena", append(phone(one), user("IN.2"), parent)...); got != a {
				t.Errorf("they are %s; want %s", got, a)
			}
		},
		"two accounts that are not linked": func(t *testing.T, o *store.Org) {
			a, _, _ := personAt(t, o, "acc_1", "Meena", append(phone(one), user("IN.1"))...)
			for range 2 {
				for account, id := range map[ngo.AccountID]string{"acc_1": "IN.1", "acc_2": "IN.2"} {
					if got, _, joined := personAt(t, o, account, "Meena", append(phone(one), user(id))...); got != a || joined != nil {
						t.Errorf("told by %s they are %s, joined %+v; want %s", account, got, joined, a)
					}
				}
			}
			b, _, _ := personAt(t, o, "acc_2", "Ravi", append(phone(one), user("IN.3"))...)
			if rootOf(t, o, b) == a {
				t.Error("whom the second account knows by another id now has the thread of who had the number")
			}
			if got, _, _ := personAt(t, o, "acc_1", "Ravi", append(phone(one), user("IN.4"))...); got != b {
				t.Errorf("to the first account whoever has the number now is %s; want %s", got, b)
			}
		},
		"told late by another account": func(t *testing.T, o *store.Org) {
			a, _, _ := personAt(t, o, "acc_1", "Meena", append(phone(one), user("IN.1"))...)
			personAt(t, o, "acc_2", "Meena", append(phone(one), user("IN.2"))...)
			b, _, _ := personAt(t, o, "acc_2", "Ravi", append(phone(one), user("IN.3"))...)
			if got, _, joined := personAt(t, o, "acc_1", "Meena", append(phone(one), user("IN.1"))...); got != a || joined != nil || rootOf(t, o, b) == a {
				t.Errorf("what she wrote before is of %s, joined %+v; want it hers", got, joined)
			}
		},
		"two accounts of one portfolio": func(t *testing.T, o *store.Org) {
			a, _, _ := personAt(t, o, "acc_1", "Meena", append(phone(one), user("IN.1"))...)
			personAt(t, o, "acc_2", "Meena", append(phone(one), user("IN.1"))...)
			if got, _, _ := personAt(t, o, "acc_2", "Ravi", append(phone(one), user("IN.2"))...); got == a {
				t.Error("the second account knew her by the id too, and takes somebody else for her")
			}
		},
		"at another portfolio since": func(t *testing.T, o *store.Org) {
			a, _, _ := personAt(t, o, "acc_1", "Meena", append(phone(one), user("IN.1"))...)
			if got, added, _ := personAt(t, o, "acc_2", "Meena", append(phone(one), user("IN.2"))...); got != a || added {
				t.Errorf("they are %s; want %s", got, a)
			}
			storetest.Read(t, o, func(r *store.Rx) error {
				p, err := r.Person(a)
				if len(p.Identities) != 4 {
					t.Errorf("identities %+v; want the number and both ids", p.Identities)
				}
				return err
			})
		},
		"a second number's first id": func(t *testing.T, o *store.Org) {
			a, _, _ := personFor(t, o, "Meena", append(phone(one), user("IN.1"))...)
			b, _, _ := personFor(t, o, "Meena", phone(two)...)
			storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Join(a, b, "she has two"); return err })
			if got, _, _ := personFor(t, o, "Meena", append(phone(two), user("IN.2"))...); got != b || rootOf(t, o, got) != a {
				t.Errorf("they are %s; want %s", got, b)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); check(t, storetest.Org(t)) })
	}
}

// Whoever is erased is named in nobody's thread any more, whichever of the two who had a number they are.
func TestErasedFromADoubt(t *testing.T) {
	t.Parallel()
	const number = "919840012345"
	for erased := range 2 {
		d := newDesk(t)
		writes := func(id, ref string) (ngo.PersonID, ngo.ConversationID) {
			from := []ngo.Identity{{Kind: ngo.WhatsApp, Value: number}, {Kind: ngo.Phone, Value: "+" + number}, {Kind: ngo.WhatsAppUser, Value: id}}
			who, _, _ := personAt(t, d.o, d.account, id, from...)
			n := d.says(who, ref, "hello", d.Now())
			n.Address = from[0]
			h := d.hear(n)
			d.do(func(tx *store.Tx) error {
				why, err := tx.PassedOn(who)
				if err != nil || why == "" {
					return err
				}
				return tx.SetDoubt(h.Conversation.ID, why)
			})
			return who, h.Conversation.ID
		}
		a, was := writes("IN.1", "wamid.1")
		d.pass(time.Minute)
		b, now := writes("IN.2", "wamid.2")
		for _, c := range []ngo.ConversationID{was, now} {
			if !strings.Contains(d.conversation(c).Doubt, number) {
				t.Fatalf("conversation %+v; want a doubt that names the number", d.conversation(c))
			}
		}
		d.do(func(tx *store.Tx) error { return tx.ErasePerson([]ngo.PersonID{a, b}[erased]) })
		for _, c := range []ngo.ConversationID{was, now} {
			if doubt := d.conversation(c).Doubt; doubt != "" {
				t.Errorf("once %d was erased a thread still says %q", erased, doubt)
			}
		}
	}
}
