package store

import (
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
		Language: fuller(a.Language, b.Language), Citizenship: fuller(a.Citizenship, b.Citizenship),
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
	return moved, t.markNext(next, now.ID)
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

// joinGift joins a gift to its person, if it has none, and else has the person learn new addresses that are nobody's.
func (t *Tx) joinGift(g *gift) error {
	if g.Person == "" {
		var err error
		g.Person, err = t.JoinPerson(g.Donor)
		return err
	}
	known := identitiesOf(g.Donor)
	owners, err := t.ownersOf(known)
	if err != nil {
		return err
	}
	if err := t.learn(g.Person, owners, known); err != nil || g.Donor.Name == "" {
		return err
	}
	_, err = t.exec("name person", namePerson, string(g.Person), g.Donor.Name)
	return err
}

// namePerson gives a name to somebody who has none.
const namePerson = `
update person
set name = $2
where id = $1 and name = '' and erased is null`
