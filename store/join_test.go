package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// folk makes people who have nothing but a name and a phone.
func folk(t testing.TB, o *store.Org, n int) (ids []ngo.PersonID) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) error {
		ids = nil
		for i := range n {
			id, err := tx.JoinPerson(ngo.Donor{Name: fmt.Sprint("Person ", i), Phone: fmt.Sprintf("+9198400%05d", i)})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
}

// forest is what joining and parting mean: whom each was joined to.
type forest map[ngo.PersonID]ngo.PersonID

func (f forest) root(id ngo.PersonID) ngo.PersonID {
	for f[id] != "" {
		id = f[id]
	}
	return id
}

// However people are joined and parted, at whatever time, everybody is shown with those they belong to, and nobody loses an address
// or a gift.
func TestJoiningLosesNothing(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	rounds := 0
	rapid.Check(t, func(rt *rapid.T) {
		rounds++
		people := folkOf(t, o, rounds)
		want := forest{}
		standing := 0
		rt.Repeat(map[string]func(*rapid.T){
			"join": func(rt *rapid.T) {
				kept, gone := rapid.SampledFrom(people).Draw(rt, "kept"), rapid.SampledFrom(people).Draw(rt, "gone")
				err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
					_, err := tx.Join(kept, gone, "the same")
					return err
				})
				if want.root(kept) == want.root(gone) {
					if ngo.CodeOf(err) != ngo.Conflict {
						rt.Fatalf("joining one person with themselves: %v", err)
					}
					return
				}
				if err != nil {
					rt.Fatal(err)
				}
				want[want.root(gone)] = kept
				standing++
			},
			"part": func(rt *rapid.T) {
				id := rapid.SampledFrom(people).Draw(rt, "parted")
				err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
					_, err := tx.Part(id, "two after all")
					return err
				})
				if want[id] == "" {
					if ngo.CodeOf(err) != ngo.Conflict {
						rt.Fatalf("parting who is nobody's part: %v", err)
					}
					return
				}
				if err != nil {
					rt.Fatal(err)
				}
				delete(want, id)
				standing--
			},
			"": func(rt *rapid.T) { checkGroups(rt, o, people, want, standing) },
		})
	})
}

// folkOf makes the people of one round: each with an address and a gift's worth of nothing but their name.
func folkOf(t testing.TB, o *store.Org, round int) (ids []ngo.PersonID) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) error {
		ids = nil
		for i := range 7 {
			id, err := tx.JoinPerson(ngo.Donor{Name: "P", EMail: fmt.Sprintf("p%d.%d@example.org", round, i)})
			ids = append(ids, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return ids
}

func checkGroups(rt *rapid.T, o *store.Org, people []ngo.PersonID, want forest, standing int) {
	groups := map[ngo.PersonID][]ngo.PersonID{}
	for _, id := range people {
		groups[want.root(id)] = append(groups[want.root(id)], id)
	}
	err := o.Read(rt.Context(), func(r *store.Rx) error {
		ended := 0
		for _, id := range people {
			p, err := r.Person(id)
			if err != nil {
				return err
			}
			root, err := r.RootOf(id)
			if err != nil || root != want.root(id) || p.Root != root || len(p.Identities) != 1 {
				return fmt.Errorf("person %s is %+v; want root %s: %v", id, p, want.root(id), err)
			}
			group, err := r.Group(root)
			slices.Sort(groups[root])
			if err != nil || !slices.Equal(group, groups[root]) {
				return fmt.Errorf("group of %s = %v, %v; want %v", root, group, err, groups[root])
			}
			if id == root && len(p.Parts) != len(group)-1 || id != root && p.Parts != nil {
				return fmt.Errorf("person %s has %d parts", id, len(p.Parts))
			}
		}
		for root := range maps.Keys(groups) {
			all, err := r.Joinings(root)
			if err != nil {
				return err
			}
			for _, j := range all {
				if j.Parted == nil && want.root(j.Gone) == root {
					ended++
				}
			}
		}
		if ended != standing {
			return fmt.Errorf("%d joinings stand; want %d", ended, standing)
		}
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
}

// What comes after two were joined stays with whom it came to when they are parted.
func TestPartingAfterMoreGiftsCame(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	donor := func(name, mail string) ngo.Donor {
		return ngo.Donor{Name: name, EMail: mail, Address: "1 Lake Road", PAN: "ABCPE1234F"}
	}
	gave := 0
	giveAs := func(d ngo.Donor, rupees int64) ngo.PersonID {
		gave++
		c.pass(time.Hour)
		return give(t, o, account, ngo.Payment{Ref: ngo.Ref(fmt.Sprint("pay_", gave)), Created: c.Now()}, ngo.Donation{Donor: d, Amount: ngo.Paise(100 * rupees), Given: "2026-04-01"}).Person
	}
	work, home := donor("Meena Raman", "meena@work.example.org"), donor("மீனா ராமன்", "meena@home.example.org")
	a, b := giveAs(work, 1), giveAs(home, 2)
	var j ngo.Joining
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		j, err = tx.Join(a, b, "She said so on the phone.")
		return err
	})
	if j.Kept != a || j.Gone != b || j.Reason != "She said so on the phone." || j.Actor != "test" || j.Parted != nil {
		t.Errorf("joining = %+v", j)
	}
	total := func(id ngo.PersonID) (minor int64, gifts int) {
		storetest.Read(t, o, func(r *store.Rx) error {
			totals, _, _, err := r.PersonTotals(id)
			listed, _, also := r.DonationsBy(id, store.ListQuery{})
			if len(totals) == 1 {
				minor = totals[0].Money.Minor
			}
			gifts = len(listed)
			return errors.Join(err, also)
		})
		return minor, gifts
	}
	if got := giveAs(home, 4); got != b {
		t.Errorf("a gift from the address of a part is %s's; want %s's", got, b)
	}
	if minor, gifts := total(a); minor != 700 || gifts != 3 {
		t.Errorf("together they gave %d in %d gifts", minor, gifts)
	}
	if minor, gifts := total(b); minor != 600 || gifts != 2 {
		t.Errorf("the part gave %d in %d gifts", minor, gifts)
	}
	if all := people(t, o, store.PersonQuery{}); len(all) != 1 || all[0].ID != a {
		t.Errorf("listed are %+v; want one", all)
	}
	for _, text := range []string{home.EMail, "மீனா", "raman"} {
		if all := people(t, o, store.PersonQuery{Text: text}); len(all) != 1 || all[0].ID != a {
			t.Errorf("%q finds %+v; want whom they were joined to", text, all)
		}
	}
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		j, err = tx.Part(b, "Two cousins.")
		return err
	})
	if j.Parted == nil || j.PartedBy != "test" || j.PartedWhy != "Two cousins." {
		t.Errorf("parted = %+v", j)
	}
	for id, want := range map[ngo.PersonID]int64{a: 100, b: 600} {
		if minor, _ := total(id); minor != want {
			t.Errorf("after the parting %s gave %d; want %d", id, minor, want)
		}
	}
}

func TestWhoCannotBeJoined(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	ids := folk(t, o, 3)
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.ErasePerson(ids[2]) })
	for _, tt := range []struct {
		name string
		do   func(*store.Tx) error
		want ngo.Code
	}{
		{"with themselves", func(tx *store.Tx) error { _, err := tx.Join(ids[0], ids[0], ""); return err }, ngo.Conflict},
		{"with somebody erased", func(tx *store.Tx) error { _, err := tx.Join(ids[0], ids[2], ""); return err }, ngo.Conflict},
		{"with nobody", func(tx *store.Tx) error { _, err := tx.Join(ids[0], "per_none", ""); return err }, ngo.NotFound},
		{"parting nobody's part", func(tx *store.Tx) error { _, err := tx.Part(ids[0], ""); return err }, ngo.Conflict},
		{"differing from themselves", func(tx *store.Tx) error {
			err := tx.Differ(ids[0], ids[0])
			if e, ok := errors.AsType[*ngo.Error](err); !ok || !strings.Contains(e.Hint, "person likely") {
				t.Errorf("there is nobody to part them from: %+v", e)
			}
			return err
		}, ngo.Conflict},
		{"differing twice", func(tx *store.Tx) error { return errors.Join(tx.Differ(ids[0], ids[1]), tx.Differ(ids[1], ids[0])) }, ""},
		{"sharing what they have not", func(tx *store.Tx) error {
			return tx.ShareIdentity(ids[0], ngo.Identity{Kind: ngo.Phone, Value: "+919840000001", Shared: true})
		}, ngo.NotFound},
		{"sharing an account", func(tx *store.Tx) error {
			return tx.ShareIdentity(ids[0], ngo.Identity{Kind: ngo.WhatsApp, Value: "1", Shared: true})
		}, ngo.Invalid},
	} {
		if err := o.Write(t.Context(), store.Ack, "test", tt.do); err != nil && ngo.CodeOf(err) != tt.want || err == nil && tt.want != "" {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
}

// A family has one phone. Each gift from there is that of whoever is called so.
func TestAFamilySharesAPhone(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	const phone = "+919840012345"
	join := func(d ngo.Donor) (id ngo.PersonID) {
		storetest.Write(t, o, func(tx *store.Tx) (err error) {
			id, err = tx.JoinPerson(d)
			return err
		})
		return id
	}
	meena := join(ngo.Donor{Name: "Meena Raman", Phone: phone})
	if got := join(ngo.Donor{Name: "Ravi Raman", Phone: phone}); got != meena {
		t.Error("as long as nobody said that the phone is shared it is one person's")
	}
	share := func(shared bool) error {
		return o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
			return tx.ShareIdentity(meena, ngo.Identity{Kind: ngo.Phone, Value: phone, Shared: shared})
		})
	}
	if err := share(true); err != nil {
		t.Fatal(err)
	}
	ravi := join(ngo.Donor{Name: "Ravi Raman", Phone: phone})
	if ravi == meena {
		t.Error("a shared phone joined a son with his mother")
	}
	for name, want := range map[string]ngo.PersonID{"மீனா ராமன்": meena, "raman meena": meena, "रवि रामन": ravi, "Ravi Raman": ravi} {
		if got := join(ngo.Donor{Name: name, Phone: phone}); got != want {
			t.Errorf("%s is %s; want %s", name, got, want)
		}
	}
	if got := join(ngo.Donor{Name: "", Phone: phone}); got == meena || got == ravi || join(ngo.Donor{Phone: phone}) != got {
		t.Error("nobody's name is one of the family's")
	}
	if got := join(ngo.Donor{Name: "Ravi Raman", EMail: "ravi@example.org", Phone: phone}); got != ravi {
		t.Error("the e-mail was not learnt by the one who is called so")
	}
	if got := join(ngo.Donor{Name: "Someone else", EMail: "ravi@example.org", Phone: phone}); got != ravi {
		t.Error("an e-mail decides")
	}
	if err := share(false); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("the phone of three is one's again: %v", err)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		p, err := r.Person(meena)
		if len(p.Identities) != 1 || !p.Identities[0].Shared {
			t.Errorf("identities = %+v; want one that is shared", p.Identities)
		}
		return err
	})
}

func personFor(t testing.TB, o *store.Org, name string, known ...ngo.Identity) (id ngo.PersonID, added bool, joined *ngo.Joining) {
	t.Helper()
	return personAt(t, o, "acc_1", name, known...)
}

func personAt(t testing.TB, o *store.Org, account ngo.AccountID, name string, known ...ngo.Identity) (id ngo.PersonID, added bool, joined *ngo.Joining) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		id, added, joined, err = tx.PersonFor(account, known, name, "ta-IN")
		return err
	})
	return id, added, joined
}

func rootOf(t testing.TB, o *store.Org, id ngo.PersonID) (root ngo.PersonID) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) (err error) {
		root, err = r.RootOf(id)
		return err
	})
	return root
}

func TestWhomAChannelTellsOf(t *testing.T) {
	t.Parallel()
	const number, phone = "919840012345", "+919840012345"
	wa, tel, user := ngo.Identity{Kind: ngo.WhatsApp, Value: number}, ngo.Identity{Kind: ngo.Phone, Value: phone}, ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.1349"}
	giver := ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org", Phone: phone}

	t.Run("from a donor's phone", func(t *testing.T) {
		t.Parallel()
		o := storetest.Org(t)
		var donor ngo.PersonID
		storetest.Write(t, o, func(tx *store.Tx) (err error) { donor, err = tx.JoinPerson(giver); return err })
		id, added, joined := personFor(t, o, "meena", wa, tel)
		if id == donor || !added || joined == nil || joined.Kept != donor || joined.Gone != id || joined.Reason == "" || rootOf(t, o, id) != donor {
			t.Errorf("PersonFor = %s, %t, %+v; want somebody new, shown as %s", id, added, joined, donor)
		}
		again, added, joined := personFor(t, o, "meena", wa, tel, user)
		if again != id || added || joined != nil {
			t.Errorf("again: %s, %t, %+v; want %s", again, added, joined, id)
		}
		if byUser, _, _ := personFor(t, o, "", user); byUser != id {
			t.Errorf("by the id told beside the number: %s; want %s", byUser, id)
		}
		storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Part(id, "her daughter"); return err })
		if again, _, joined := personFor(t, o, "meena", wa, tel); again != id || joined != nil || rootOf(t, o, id) != id {
			t.Error("who was parted was joined again by itself")
		}
	})
	t.Run("before the gift", func(t *testing.T) {
		t.Parallel()
		o := storetest.Org(t)
		id, _, _ := personFor(t, o, "meena", wa, tel)
		storetest.Write(t, o, func(tx *store.Tx) error {
			got, err := tx.JoinPerson(giver)
			p, also := tx.Person(id)
			if got != id || p.Language != "ta" || p.Name != "meena" {
				t.Errorf("the gift is %s's; want %s's, %+v", got, id, p)
			}
			return errors.Join(err, also)
		})
	})
	t.Run("from a phone that is shared", func(t *testing.T) {
		t.Parallel()
		o := storetest.Org(t)
		storetest.Write(t, o, func(tx *store.Tx) error {
			donor, err := tx.JoinPerson(giver)
			tel := tel
			tel.Shared = true
			return errors.Join(err, tx.ShareIdentity(donor, tel))
		})
		id, added, joined := personFor(t, o, "Meena Raman", wa, tel)
		if !added || joined != nil || rootOf(t, o, id) != id {
			t.Errorf("a shared phone joined somebody: %+v", joined)
		}
	})
	t.Run("two who are one", func(t *testing.T) {
		t.Parallel()
		o := storetest.Org(t)
		a, _, _ := personFor(t, o, "A", wa)
		b, _, _ := personFor(t, o, "B", user)
		got, added, joined := personFor(t, o, "A", wa, user)
		if got != a || added || joined == nil || joined.Kept != min(a, b) || rootOf(t, o, max(a, b)) != min(a, b) {
			t.Errorf("PersonFor = %s, %t, %+v", got, added, joined)
		}
	})
	t.Run("another number", func(t *testing.T) {
		t.Parallel()
		o := storetest.Org(t)
		id, _, _ := personFor(t, o, "A", wa, tel)
		now := []ngo.Identity{{Kind: ngo.WhatsApp, Value: "919840054321"}, {Kind: ngo.Phone, Value: "+919840054321"}}
		storetest.Write(t, o, func(tx *store.Tx) error {
			who, joined, err := tx.ChangeIdentity("acc_1", []ngo.Identity{wa, tel}, now)
			if who != id || joined != nil {
				t.Errorf("ChangeIdentity = %s, %+v", who, joined)
			}
			return err
		})
		if got, _, _ := personFor(t, o, "A", now...); got != id {
			t.Errorf("by the new number: %s; want %s", got, id)
		}
		if got, added, joined := personFor(t, o, "Somebody", wa, tel); got == id || !added || joined != nil {
			t.Error("the former number still means them")
		}
	})
	t.Run("a mail", func(t *testing.T) {
		t.Parallel()
		o := storetest.Org(t)
		var donor ngo.PersonID
		storetest.Write(t, o, func(tx *store.Tx) (err error) { donor, err = tx.JoinPerson(giver); return err })
		if got, added, joined := personFor(t, o, "M. R.", ngo.Identity{Kind: ngo.EMail, Value: giver.EMail}); got != donor || added || joined != nil {
			t.Errorf("by e-mail: %s, %t, %+v; want %s", got, added, joined, donor)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		if id, added, _ := personFor(t, storetest.Org(t), "A name"); id != "" || added {
			t.Errorf("a name alone is %s", id)
		}
	})
}

func TestWhatTheyWish(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	ids := folk(t, o, 2)
	storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Join(ids[0], ids[1], ""); return err })
	start := c.Now().Add(-10 * time.Hour)
	for _, step := range []struct {
		who             int
		topic           ngo.Topic
		given           bool
		at              time.Duration // since the start
		stopped, allows bool          // marketing
	}{
		{0, ngo.TopicReceipt, true, 0, false, false},
		{1, ngo.TopicMarketing, true, 1, false, true},
		{0, ngo.TopicAll, false, 5, true, false},
		{0, ngo.TopicMarketing, true, 4, true, false}, // said before, told later
		{1, ngo.TopicMarketing, true, 6, true, true},  // this they wanted again
		{0, ngo.TopicAll, false, 7, true, false},
		{1, ngo.TopicAll, true, 8, false, true},
		{0, ngo.TopicMarketing, false, 9, false, false},
	} {
		c.pass(time.Minute)
		storetest.Write(t, o, func(tx *store.Tx) error {
			_, err := tx.AddConsent(ngo.Consent{Person: ids[step.who], Topic: step.topic, Given: step.given, Words: "yes or no", Source: "phone", At: start.Add(step.at * time.Hour)})
			return err
		})
		storetest.Read(t, o, func(r *store.Rx) error {
			stopped, err := r.Stopped(ids[0])
			allows, also := r.Allows(ids[0], ngo.TopicMarketing)
			if stopped != step.stopped || allows != step.allows {
				t.Errorf("after %+v: stopped %t, allows %t", step, stopped, allows)
			}
			return errors.Join(err, also)
		})
	}
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.ErasePerson(ids[0]) })
	storetest.Read(t, o, func(r *store.Rx) error {
		all, err := r.Consents(ids[0])
		if len(all) != 8 {
			t.Errorf("%d consents are left; want 8", len(all))
		}
		for _, c := range all {
			if c.Words != "" || c.Source != "" || c.Identity.Value != "" {
				t.Errorf("of a person who was erased there is still %+v", c)
			}
		}
		p, also := r.Person(ids[1])
		if p.Erased == nil {
			t.Error("who was shown as one with them was not erased")
		}
		return errors.Join(err, also)
	})
}

// Two of whom somebody said that they are not one are not joined by themselves after others of theirs were joined and parted.
func TestPartingBringsBackThatTheyDiffer(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	ids := folk(t, o, 4)
	p, q, k, g := ids[0], ids[1], ids[2], ids[3]
	do := func(fn func(*store.Tx) error) {
		t.Helper()
		storetest.Write(t, o, fn)
	}
	join := func(kept, gone ngo.PersonID) func(*store.Tx) error {
		return func(tx *store.Tx) error { _, err := tx.Join(kept, gone, "the same"); return err }
	}
	part := func(id ngo.PersonID) func(*store.Tx) error {
		return func(tx *store.Tx) error { _, err := tx.Part(id, "two after all"); return err }
	}
	do(func(tx *store.Tx) error { return tx.Differ(p, q) })
	do(join(k, p))
	do(join(g, q))
	do(join(k, g)) // a mistake
	do(part(g))
	do(part(p))
	do(part(q))
	do(func(tx *store.Tx) error {
		_, _, joined, err := tx.PersonFor("", []ngo.Identity{{Kind: ngo.WhatsApp, Value: "9198400x"}, {Kind: ngo.Phone, Value: "+919840000000"}}, "Person 0", "")
		if joined == nil || joined.Kept != p {
			t.Errorf("joined %+v; want the writer to be %s", joined, p)
		}
		return err
	})
	do(func(tx *store.Tx) error {
		id, _, joined, err := tx.PersonFor("", []ngo.Identity{{Kind: ngo.WhatsApp, Value: "9198400x"}, {Kind: ngo.Phone, Value: "+919840000001"}}, "Person 0", "")
		if joined != nil {
			t.Errorf("%s was joined by itself: %+v; somebody said that %s and %s are two", id, joined, p, q)
		}
		return err
	})
}

// A clock that is ahead does not have a wish outlast the next one.
func TestConsentsAreNotOfTheFuture(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person("919876543210")
	say := func(given bool, at time.Time) {
		d.do(func(tx *store.Tx) error {
			_, err := tx.AddConsent(ngo.Consent{Person: p, Topic: ngo.TopicAll, Given: given, Words: "words", At: at})
			return err
		})
	}
	say(true, d.Now().AddDate(10, 0, 0))
	d.pass(time.Second)
	say(false, d.Now())
	storetest.Read(t, d.o, func(r *store.Rx) error {
		stopped, err := r.Stopped(p)
		if !stopped {
			t.Error("what was dated ahead counts more than what was said since")
		}
		return err
	})
}

// Who is shown as one with others stops for all of them, and takes back no stop but their own. What staff record counts for everybody
// who was shown as one by then; whoever is parted has their own words again.
func TestAStopIsTakenBackByWhoSaidIt(t *testing.T) {
	t.Parallel()
	wa := func(n string) ngo.Identity { return ngo.Identity{Kind: ngo.WhatsApp, Value: n} }
	mail := func(v string) ngo.Identity { return ngo.Identity{Kind: ngo.EMail, Value: v} }
	type word struct {
		who   int
		given bool
		topic ngo.Topic
		by    ngo.Identity
	}
	all, marketing := ngo.TopicAll, ngo.TopicMarketing
	for name, tt := range map[string]struct {
		before, after   []word // they were joined
		stopped, allows bool
		parted          [2]bool // who is stopped then
	}{
		"the other number starts": {
			[]word{{0, true, marketing, wa("1")}, {1, false, all, wa("2")}}, []word{{0, true, all, wa("1")}}, true, false, [2]bool{false, true},
		},
		"the same number starts": {
			[]word{{1, true, marketing, wa("2")}, {1, false, all, wa("2")}}, []word{{1, true, all, wa("2")}}, false, true, [2]bool{},
		},
		"the same person by their id": {
			nil, []word{{1, false, all, wa("2")}, {1, true, all, ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.2"}}}, false, false, [2]bool{},
		},
		"from another mailbox": {
			nil, []word{{0, false, all, mail("a@example.org")}, {0, true, all, mail("b@example.org")}}, true, false, [2]bool{true, false},
		},
		"a mailbox and a number": {
			nil, []word{{0, false, all, mail("a@example.org")}, {0, true, all, wa("1")}}, true, false, [2]bool{true, false},
		},
		"staff, once they are one": {
			[]word{{1, false, all, wa("2")}}, []word{{0, true, all, ngo.Identity{}}}, false, false, [2]bool{false, true},
		},
		"staff, before": {
			[]word{{1, false, all, wa("2")}, {0, true, all, ngo.Identity{}}}, nil, true, false, [2]bool{false, true},
		},
		"what staff were told is taken back by who told": {
			[]word{{0, false, all, ngo.Identity{}}}, []word{{0, true, all, wa("1")}}, false, false, [2]bool{},
		},
		"appeals by the other number": {
			[]word{{0, false, marketing, wa("1")}}, []word{{1, true, marketing, wa("2")}}, false, false, [2]bool{},
		},
		"appeals agreed on by another after a stop": {
			[]word{{0, false, all, wa("1")}}, []word{{1, true, marketing, wa("2")}}, true, false, [2]bool{true, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			o := storetest.Org(t, storetest.At(c.Now))
			ids := folk(t, o, 2)
			say := func(words []word) {
				for _, w := range words {
					c.pass(time.Minute)
					storetest.Write(t, o, func(tx *store.Tx) error {
						_, err := tx.AddConsent(ngo.Consent{Person: ids[w.who], Topic: w.topic, Given: w.given, Identity: w.by, Words: "yes or no"})
						return err
					})
				}
				c.pass(time.Minute)
			}
			say(tt.before)
			storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Join(ids[0], ids[1], ""); return err })
			say(tt.after)
			storetest.Read(t, o, func(r *store.Rx) error {
				stopped, err := r.Stopped(ids[0])
				allows, also := r.Allows(ids[0], marketing)
				shown, last := r.Personas(ids)
				if stopped != tt.stopped || allows != tt.allows || shown[ids[0]].Stopped != stopped || shown[ids[1]].Stopped != stopped {
					t.Errorf("stopped %t, allows %t, shown %+v; want %t and %t", stopped, allows, shown, tt.stopped, tt.allows)
				}
				return errors.Join(err, also, last)
			})
			storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Part(ids[1], ""); return err })
			storetest.Read(t, o, func(r *store.Rx) error {
				for i, want := range tt.parted {
					if got, err := r.Stopped(ids[i]); err != nil || got != want {
						t.Errorf("person %d by themselves: stopped %t, %v; want %t", i, got, err, want)
					}
				}
				return nil
			})
		})
	}
}

// What staff record counts for whose stop it was recorded about, whoever is joined with them later; of whoever is, it takes back nothing.
func TestWhatStaffRecordOutlastsALaterJoin(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	ids := folk(t, o, 4)
	step := func(do func(*store.Tx) error) {
		c.pass(time.Minute)
		storetest.Write(t, o, do)
	}
	says := func(who int, given bool, by ngo.Identity) {
		step(func(tx *store.Tx) error {
			_, err := tx.AddConsent(ngo.Consent{Person: ids[who], Topic: ngo.TopicAll, Given: given, Identity: by, Words: "yes or no"})
			return err
		})
	}
	join := func(kept, gone int) {
		step(func(tx *store.Tx) error { _, err := tx.Join(ids[kept], ids[gone], ""); return err })
	}
	wants := func(when string, want bool) {
		t.Helper()
		storetest.Read(t, o, func(r *store.Rx) error {
			root, err := r.RootOf(ids[0])
			stopped, also := r.Stopped(root)
			shown, last := r.Personas(ids[:1])
			if stopped != want || shown[ids[0]].Stopped != want {
				t.Errorf("%s: stopped %t, shown %+v; want %t", when, stopped, shown[ids[0]], want)
			}
			return errors.Join(err, also, last)
		})
	}
	number := func(n string) ngo.Identity { return ngo.Identity{Kind: ngo.WhatsApp, Value: n} }
	says(1, false, number("1"))
	join(0, 1)
	says(0, true, ngo.Identity{})
	wants("staff recorded a start", false)
	join(0, 2)
	wants("a third was joined", false)
	says(3, false, number("3"))
	join(3, 0) // the others are part of a fourth now, who stopped before
	wants("a fourth who stopped was joined", true)
	says(2, true, ngo.Identity{})
	wants("staff recorded a start for all of them", false)
}
