package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

// PersonQuery asks for people: all when Text is empty, else those who have this e-mail or phone, or it in their name.
type PersonQuery struct {
	ListQuery
	Text string
}

const (
	personColumns = `p.id, p.name, p.created, p.erased`

	listPersons = `
select ` + personColumns + `
from person p
where p.id < $1 and ($2 = '' or lower(p.name) like $2 escape '!')
order by p.id desc
limit $3`

	listPersonsByAddress = `
select ` + personColumns + `
from person p
where p.id < $1 and p.id in (
  select person_id
  from identity
  where (kind = 'email' and value = $2) or (kind = 'phone' and value = $3)
)
order by p.id desc
limit $4`

	// listIdentities reads those of a page: the people between its last and its first.
	listIdentities = `
select i.person_id, i.kind, i.value
from identity i
where i.person_id >= $1 and i.person_id <= $2
order by i.person_id, i.kind, i.value`
)

type ownedIdentity struct {
	person ngo.PersonID
	ngo.Identity
}

func scanOwnedIdentity(s scanner) (i ownedIdentity, err error) {
	return i, s.Scan(&i.person, &i.Kind, &i.Value)
}

// Persons lists people with their addresses, the last met first.
func (r *Rx) Persons(q PersonQuery) (items []ngo.Person, next string, err error) {
	key := func(p ngo.Person) string { return string(p.ID) }
	email, phone := addressesIn(q.Text)
	if email != "" || phone != "" {
		items, next, err = page(r.conn, "persons", q.ListQuery, scanPerson, key, listPersonsByAddress, q.before(), email, phone)
	} else {
		items, next, err = page(r.conn, "persons", q.ListQuery, scanPerson, key, listPersons, q.before(), partOf(q.Text))
	}
	if err != nil || len(items) == 0 {
		return items, next, err
	}
	return items, next, r.addAddresses(items)
}

// addressesIn tells which e-mail or phone a text is, in the form in which it is kept.
func addressesIn(text string) (email, phone string) {
	if v, err := ngo.NormaliseEMail(text); err == nil {
		return v, ""
	}
	if v, err := ngo.NormalisePhone(text); err == nil {
		return "", v
	}
	return "", ""
}

// addAddresses gives the people of a page their identities.
func (r *Rx) addAddresses(items []ngo.Person) error {
	found, err := all(r.conn, "identities", scanOwnedIdentity, listIdentities, string(items[len(items)-1].ID), string(items[0].ID))
	if err != nil {
		return err
	}
	of := map[ngo.PersonID][]ngo.Identity{}
	for _, i := range found {
		of[i.person] = append(of[i.person], i.Identity)
	}
	for i := range items {
		items[i].Identities = of[items[i].ID]
	}
	return nil
}

const selectPersonTotals = `
select currency, count(*), sum(max(amount - returned, 0)), min(given), max(given)
from donation
where person_id = $1 and state in ('waiting', 'received')
group by currency
order by currency`

type personTotal struct {
	Total
	first, last ngo.Date
}

func scanPersonTotal(s scanner) (t personTotal, err error) {
	return t, s.Scan(&t.Money.Currency, &t.Count, &t.Money.Minor, &t.first, &t.last)
}

// PersonTotals gives what a person gave, for each currency, and the days of the first and the last gift; held and reversed
// gifts do not count.
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
where d.person_id = $1 and d.id < $2
order by d.id desc
limit $3`

// DonationsBy lists the gifts of a person, the last recorded first.
func (r *Rx) DonationsBy(id ngo.PersonID, q ListQuery) (items []ngo.Donation, next string, err error) {
	return page(r.conn, "donations of a person", q, r.scanDonation, donationKey, listDonationsBy, string(id), q.before())
}
