package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func people(t testing.TB, o *store.Org, q store.PersonQuery) (all []ngo.Person) {
	t.Helper()
	for more := true; more; more = q.After != "" {
		storetest.Read(t, o, func(r *store.Rx) error {
			items, next, err := r.Persons(q)
			all, q.After = append(all, items...), next
			return err
		})
	}
	return all
}

func TestPeopleAreListedWithTheirAddresses(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	const many = 120 // more than one statement looks up
	for i := range many {
		c.pass(time.Second)
		d := ngo.Donor{Name: fmt.Sprintf("Donor %03d", i), EMail: fmt.Sprintf("d%d@example.org", i), Phone: fmt.Sprintf("+91984000%04d", i)}
		if i == 7 {
			d = ngo.Donor{Name: "Only a Name_7%"}
		}
		storetest.Write(t, o, func(tx *store.Tx) error {
			_, err := tx.JoinPerson(d)
			return err
		})
	}
	for _, limit := range []int{0, 7, 500} {
		all := people(t, o, store.PersonQuery{ListQuery: store.ListQuery{Limit: limit}})
		if len(all) != many {
			t.Fatalf("pages of %d: %d people; want %d", limit, len(all), many)
		}
		for i, p := range all {
			n := many - 1 - i
			want := []ngo.Identity{{Kind: ngo.EMail, Value: fmt.Sprintf("d%d@example.org", n)}, {Kind: ngo.Phone, Value: fmt.Sprintf("+91984000%04d", n)}}
			if n == 7 {
				want = nil
			}
			if !slices.Equal(p.Identities, want) {
				t.Errorf("pages of %d: person %d is %+v; want %v", limit, n, p, want)
			}
		}
	}
	for text, want := range map[string]string{
		" D12@Example.org": "Donor 012", "098400 00013": "Donor 013", "donor 014": "Donor 014", "e_7%": "Only a Name_7%",
		"nobody@example.org": "", "+919840009999": "", "_": "Only a Name_7%", "zzz": "",
	} {
		got := people(t, o, store.PersonQuery{Text: text})
		if (want == "") != (len(got) == 0) || len(got) > 1 || len(got) == 1 && got[0].Name != want {
			t.Errorf("%q finds %+v; want %q", text, got, want)
		}
	}
}

// A list of people finds what the search finds, whatever else it finds by what stands in a name, in pages of any length.
func TestPeopleAreFoundInEveryScript(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	var ids []ngo.PersonID
	for i, name := range []string{"மீனா ராமன்", "Meena Kumari", "Ravi", "मीना", "Murugan"} {
		c.pass(time.Second)
		storetest.Write(t, o, func(tx *store.Tx) error {
			id, err := tx.JoinPerson(ngo.Donor{Name: name, Phone: fmt.Sprintf("+9198400012%02d", i)})
			ids = append(ids, id)
			return err
		})
	}
	storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Join(ids[4], ids[0], "Her husband writes."); return err })
	indexAll(t, o)
	all := []ngo.PersonID{ids[4], ids[3], ids[1]} // Meena in Tamil is shown as Murugan
	for text, want := range map[string][]ngo.PersonID{
		"meena": all, "मीना": all, "மீனா": all, "Mee": {ids[1]}, "meena raman": {ids[4]}, "eena": {ids[1]}, "மீன": all, "1202": {ids[2]}, "nobody": nil, `"`: nil, "*": nil,
	} {
		for _, limit := range []int{0, 1} {
			var got []ngo.PersonID
			for _, p := range people(t, o, store.PersonQuery{ListQuery: store.ListQuery{Limit: limit}, Text: text}) {
				got = append(got, p.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q in pages of %d finds %v; want %v", text, limit, got, want)
			}
		}
	}
}

func TestWhatAPersonGave(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	donor := ngo.Donor{Name: "Chitra Iyer", EMail: "chitra@example.org", Address: "1 Lake Road", PAN: "ABCPE1234F"}
	other := donor
	other.EMail = "other@example.org"
	var mine []ngo.DonationID
	for i, d := range []ngo.Donation{
		{Donor: donor, Amount: ngo.Paise(100), Given: "2026-04-01"},
		{Donor: donor, Amount: ngo.Paise(200), Given: "2025-12-31"},
		{Donor: other, Amount: ngo.Paise(400), Given: "2024-01-01"},
		{Donor: donor, Amount: ngo.Money{Minor: 800, Currency: "USD"}, Given: "2023-01-01"}, // held: it does not count yet
		{Donor: ngo.Donor{Name: "C", EMail: donor.EMail}, Amount: ngo.Paise(1600), Given: "2026-05-01"},
	} {
		c.pass(time.Hour)
		g := give(t, o, account, ngo.Payment{Ref: ngo.Ref(fmt.Sprint("pay_", i)), Created: c.Now()}, d)
		if d.Donor.EMail == donor.EMail {
			mine = append(mine, g.ID)
		}
	}
	slices.Reverse(mine)
	id := people(t, o, store.PersonQuery{Text: donor.EMail})[0].ID
	storetest.Read(t, o, func(r *store.Rx) error {
		totals, first, last, err := r.PersonTotals(id)
		if len(totals) != 1 || totals[0] != (store.Total{Money: ngo.Paise(1900), Count: 3}) || first != "2025-12-31" || last != "2026-05-01" {
			t.Errorf("PersonTotals = %v, %s, %s", totals, first, last)
		}
		if none, first, last, err := r.PersonTotals("per_none"); len(none) != 0 || first+last != "" || err != nil {
			t.Errorf("PersonTotals of nobody = %v, %q, %q, %v", none, first, last, err)
		}
		return err
	})
	var got []ngo.DonationID
	for q := (store.ListQuery{Limit: 3}); ; {
		var next string
		storetest.Read(t, o, func(r *store.Rx) error {
			items, n, err := r.DonationsBy(id, q)
			for _, d := range items {
				got = append(got, d.ID)
			}
			next = n
			return err
		})
		if q.After = next; next == "" {
			break
		}
	}
	if !slices.Equal(got, mine) {
		t.Errorf("DonationsBy = %v; want %v", got, mine)
	}
}
