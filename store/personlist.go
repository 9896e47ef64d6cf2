package store

import (
	"cmp"
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// PersonQuery asks for people: all when Text is empty, else those who have this e-mail or phone, or it in their name, or whom Search
// finds by it, themselves or in somebody who was joined to them.
type PersonQuery struct {
	ListQuery
	Text string
}

const (
	personColumns = `p.id, p.name, p.created, p.erased, p.root, p.language`

	listPersons = `
select ` + personColumns + `
from person p
where p.id < $1 and p.root = p.id
order by p.id desc
limit $2`

	// What was written a moment ago is not found by its words yet, and a part of a name that no word begins with never is.
	listPersonsByName = `
select ` + personColumns + `
from person p
where p.id < $1 and p.root = p.id
  and (lower(p.name) like $2 escape '!'
    or exists (select 1 from person q where q.root = p.id and q.id <> p.id and lower(q.name) like $2 escape '!')
    or p.id in (
      select f.root
      from entry_words
      join entry e on e.id = entry_words.rowid
      join person f on f.id = e.subject
      where entry_words match $3 and entry_words.rowid >= $4 and entry_words.rowid < $5
    ))
order by p.id desc
limit $6`

	listPersonsByAddress = `
select ` + personColumns + `
from person p
where p.id < $1 and p.id in (
  select q.root
  from identity i
  join person q on q.id = i.person_id
  where i.kind in ('email', 'phone') and i.value = $2
)
order by p.id desc
limit $3`
)

var listIdentities = `
select person_id, kind, value, shared
from identity
where person_id in (` + someKeys + `)
order by person_id, kind, value`

type ownedIdentity struct {
	person ngo.PersonID
	ngo.Identity
}

func scanOwnedIdentity(s scanner) (i ownedIdentity, err error) {
	return i, s.Scan(&i.person, &i.Kind, &i.Value, &i.Shared)
}

// Persons lists people with their addresses, the last met first. Who was joined to another is not listed.
func (r *Rx) Persons(q PersonQuery) (items []ngo.Person, next string, err error) {
	key := func(p ngo.Person) string { return string(p.ID) }
	query, args := personsBy(q.Text)
	items, next, err = page(r.conn, "persons", q.ListQuery, scanPerson, key, query, append([]any{q.before()}, args...)...)
	if err != nil {
		return nil, "", err
	}
	return items, next, r.addAddresses(items)
}

const noKey = `"0"` // what no entry has, where nothing is asked for

// personsBy gives the query for a text, and what it takes beside the place in the list.
func personsBy(text string) (query string, args []any) {
	address, name := addressIn(text)
	switch {
	case address != "":
		return listPersonsByAddress, []any{address}
	case name == "":
		return listPersons, nil
	}
	from, to := placesOf("person")
	return listPersonsByName, []any{partOf(name), cmp.Or(asked(name, question{wide: true}), noKey), from, to}
}

// addAddresses gives the people of a page their identities.
func (r *Rx) addAddresses(people []ngo.Person) error {
	for some := range slices.Chunk(people, atOnce) {
		of := map[ngo.PersonID]*ngo.Person{}
		var ids []string
		for i := range some {
			of[some[i].ID] = &some[i]
			ids = append(ids, string(some[i].ID))
		}
		found, err := all(r.conn, "identities", scanOwnedIdentity, listIdentities, keysFor(ids)...)
		if err != nil {
			return err
		}
		for _, i := range found {
			of[i.person].Identities = append(of[i.person].Identities, i.Identity)
		}
	}
	return nil
}

const selectPersonTotals = `
select currency, count(*), sum(amount - returned), min(given), max(given)
from donation
where person_id in (select id from person where id = $1 or root = $1) and state in ('waiting', 'received')
group by currency
order by currency`

type personTotal struct {
	Total
	first, last ngo.Date
}

func scanPersonTotal(s scanner) (t personTotal, err error) {
	return t, s.Scan(&t.Money.Currency, &t.Count, &t.Money.Minor, &t.first, &t.last)
}

// PersonTotals gives what a person and those who were joined to them gave less what went back, for each currency, and the days of
// the first and the last gift; held and reversed gifts do not count.
func (r *Rx) PersonTotals(id ngo.PersonID) (totals []Total, first, last ngo.Date, err error) {
	rows, err := all(r.conn, "totals of a person", scanPersonTotal, selectPersonTotals, string(id))
	for _, row := range rows {
		totals = append(totals, row.Total)
		if first == "" || row.first < first {
			first = row.first
		}
		last = max(last, row.last)
	}
	return totals, first, last, err
}

const listDonationsBy = `
select ` + donationColumns + `
from donation d
where d.person_id in (select id from person where id = $1 or root = $1) and d.id < $2
order by d.id desc
limit $3`

// DonationsBy lists the gifts of a person and of those who were joined to them, the last recorded first.
func (r *Rx) DonationsBy(id ngo.PersonID, q ListQuery) (items []ngo.Donation, next string, err error) {
	return page(r.conn, "donations of a person", q, r.scanDonation, donationKey, listDonationsBy, string(id), q.before())
}
