package store

import (
	"errors"
	"fmt"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// fullerDonor joins two tellings of a donor, a fact at a time. An identity document is one fact, of two parts.
func fullerDonor(a, b ngo.Donor) ngo.Donor {
	kind, number := a.IDKind, fuller(a.IDNumber, b.IDNumber)
	switch {
	case number != a.IDNumber:
		kind = b.IDKind
	case number == b.IDNumber:
		kind = fuller(a.IDKind, b.IDKind)
	}
	return ngo.Donor{
		Name: fuller(a.Name, b.Name), EMail: fuller(a.EMail, b.EMail), Phone: fuller(a.Phone, b.Phone), Address: fuller(a.Address, b.Address),
		PAN: fuller(a.PAN, b.PAN), IDKind: kind, IDNumber: number,
		Language: fuller(a.Language, b.Language), Citizenship: fuller(a.Citizenship, b.Citizenship), Born: fuller(a.Born, b.Born),
	}
}

// filledDonor takes from b only what a does not say.
func filledDonor(a, b ngo.Donor) ngo.Donor {
	fill(&a.Name, b.Name)
	fill(&a.EMail, b.EMail)
	fill(&a.Phone, b.Phone)
	fill(&a.Address, b.Address)
	fill(&a.PAN, b.PAN)
	fill(&a.Language, b.Language)
	fill(&a.Citizenship, b.Citizenship)
	fill(&a.Born, b.Born)
	if a.IDNumber == "" {
		a.IDKind, a.IDNumber = b.IDKind, b.IDNumber
	}
	return a
}

func fill[T ~string](to *T, from T) {
	if *to == "" {
		*to = from
	}
}

// MergeDonor adds to a gift what a further event of its payment tells of the donor, and tells whether anything changed. Gaps
// are filled; where both speak the longer text wins until a receipt stands. What a person put right stays as it is. The gift
// joins its person if it had none.
func (t *Tx) MergeDonor(id ngo.DonationID, donor ngo.Donor, purpose, campaign string) (moved bool, err error) {
	was, err := t.gift(id)
	if err != nil || was.Edited || was.hasErased {
		return false, err
	}
	now := was
	merge, word := fullerDonor, fuller[string]
	if was.Receipt != "" {
		merge, word = filledDonor, func(a, b string) string { fill(&a, b); return a }
	}
	now.Donor, now.Purpose, now.Campaign = merge(was.Donor, donor), word(was.Purpose, purpose), word(was.Campaign, campaign)
	next, err := t.rejoin(was, &now)
	if err != nil {
		return false, err
	}
	if now, moved, err = t.keep(was, now, 0); err != nil {
		return false, err
	}
	return moved, errors.Join(t.markNext(next, now.ID), t.leave(was.Person, now.Person))
}

// rejoin finds anew what depends on the facts of a donor that changed: the person, the purpose, the mark of a slip.
func (t *Tx) rejoin(was gift, now *gift) (next ngo.DonationID, err error) {
	if now.Purpose != was.Purpose {
		if err := t.findPurpose(now); err != nil {
			return "", err
		}
	}
	if now.Donor == was.Donor {
		return "", nil
	}
	if err := t.joinGift(now); err != nil || now.Person == was.Person {
		return "", err
	}
	return t.markSlip(now)
}

// joinGift joins a gift to its person. One whom nothing but a name tells apart is given up for whoever the addresses belong
// to; else the person learns those that are nobody's.
func (t *Tx) joinGift(g *gift) error {
	known := identitiesOf(g.Donor)
	had, err := t.ownersOf(known, g.Donor.Name)
	if err != nil {
		return err
	}
	g.learnt = had.lacking(known, g.Person)
	if g.Person == "" {
		g.Person, err = t.JoinPerson(g.Donor)
		return err
	}
	if meant := had.person(); meant != "" && meant != g.Person {
		bare, err := scanOne[bool](t.w.QueryRow(selectBare, string(g.Person)))
		if err != nil {
			return fmt.Errorf("read person %s: %w", g.Person, err)
		}
		if bare {
			g.Person = meant
		}
	}
	if err := t.learn(g.Person, had.lacking(known, g.Person)); err != nil || g.Donor.Name == "" {
		return err
	}
	_, err = t.exec("name person", namePerson, string(g.Person), g.Donor.Name)
	return err
}

const unlearnIdentity = `
delete from identity
where kind = $1 and value = $2 and person_id = $3
  and not exists (
    select 1
    from donation d
    where d.person_id = $3 and d.id <> $4 and $2 in (lower(d.donor_email), d.donor_phone)
  )`

// unlearn takes from the person of a gift the addresses that were learnt of that gift alone.
func (t *Tx) unlearn(g gift, learnt []ngo.Identity) error {
	var gone int64
	for _, k := range learnt { // an e-mail and a phone at most
		n, err := t.exec("unlearn identity", unlearnIdentity, string(k.Kind), k.Value, string(g.Person), string(g.ID))
		if err != nil {
			return err
		}
		gone += n
	}
	if gone > 0 {
		t.audit("person.unlearn", string(g.Person), facts{{"identities", gone}}, nil)
		t.changed("person", string(g.Person))
	}
	return nil
}

// personAgain has somebody be there who left a gift, and is to have it back.
func (t *Tx) personAgain(id ngo.PersonID, d ngo.Donor) error {
	if id == "" {
		return nil
	}
	p, err := t.Person(id)
	if ngo.CodeOf(err) == ngo.NotFound {
		return t.addPerson(id, d, nil)
	}
	if err == nil && p.Erased != nil {
		err = &ngo.Error{Code: ngo.Conflict, Message: "the former donor's data was erased at the donor's wish: it is not written again"}
	}
	return err
}

// selectBare tells whether nobody can know a person again.
const selectBare = `
select not exists (select 1 from identity where person_id = $1)`

// namePerson gives a name to somebody who has none.
const namePerson = `
update person
set name = $2
where id = $1 and name = '' and erased is null`

const removePerson = `
delete from person
where id = $1
  and not exists (select 1 from identity where identity.person_id = person.id)
  and not exists (select 1 from donation where donation.person_id = person.id)
  and not exists (select 1 from message where message.person_id = person.id)
  and not exists (select 1 from conversation where conversation.person_id = person.id)
  and not exists (select 1 from joining where joining.kept = person.id or joining.gone = person.id)
  and not exists (select 1 from apart where apart.one = person.id or apart.other = person.id)
  and not exists (select 1 from consent where consent.person_id = person.id)
  and not exists (select 1 from person_mention where person_mention.person_id = person.id)`

// leave removes somebody of whom nothing was known but the name on a gift that turned out to be another's.
func (t *Tx) leave(old, now ngo.PersonID) error {
	if old == "" || old == now {
		return nil
	}
	n, err := t.exec("remove person", removePerson, string(old))
	if n > 0 {
		t.audit("person.leave", string(old), nil, facts{{"into", string(now)}})
		t.changed("person", string(old))
	}
	return err
}
