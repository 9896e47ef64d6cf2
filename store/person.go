package store

import (
	"fmt"
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// identitiesOf gives the addresses by which a donor can be known again, e-mail first. What is no address is no identity.
func identitiesOf(d ngo.Donor) []ngo.Identity {
	var out []ngo.Identity
	if v, err := ngo.NormaliseEMail(d.EMail); err == nil {
		out = append(out, ngo.Identity{Kind: ngo.EMail, Value: v})
	}
	if v, err := ngo.NormalisePhone(d.Phone); err == nil {
		out = append(out, ngo.Identity{Kind: ngo.Phone, Value: v})
	}
	return out
}

// E-mail comes first.
const selectOwners = `
select kind, person_id
from identity
where (kind = $1 and value = $2)
   or (kind = $3 and value = $4)
order by kind`

type owner struct {
	kind   ngo.IdentityKind
	person ngo.PersonID
}

func scanOwner(s scanner) (o owner, err error) { return o, s.Scan(&o.kind, &o.person) }

// JoinPerson gives the person who has the donor's e-mail or phone, and learns the other from the gift; else it makes a
// new one. Where the two belong to different people the e-mail decides. Of whom nothing is known there is no person: the
// id is empty then.
func (t *Tx) JoinPerson(d ngo.Donor) (ngo.PersonID, error) {
	id, _, err := t.join(d)
	return id, err
}

// join is JoinPerson; it tells besides whether the person is new.
func (t *Tx) join(d ngo.Donor) (id ngo.PersonID, added bool, err error) {
	known := identitiesOf(d)
	if len(known) == 0 && d.Name == "" {
		return "", false, nil
	}
	owners, err := t.ownersOf(known)
	if err != nil {
		return "", false, err
	}
	if len(owners) == 0 {
		id := ngo.NewID[ngo.PersonID](t.now)
		return id, true, t.addPerson(id, d, known)
	}
	return owners[0].person, false, t.learn(owners[0].person, owners, known)
}

// ownersOf tells whose the identities are, e-mail first. Those that are nobody's are left out. It reads before anything is
// written, since most gifts come from people who are known.
func (t *Tx) ownersOf(known []ngo.Identity) ([]owner, error) {
	if len(known) == 0 {
		return nil, nil
	}
	first, last := known[0], known[len(known)-1]
	return all(t.w, "identities", scanOwner, selectOwners, string(first.Kind), first.Value, string(last.Kind), last.Value)
}

const insertPerson = `
insert into person (id, name, created)
values ($1, $2, $3)`

func (t *Tx) addPerson(id ngo.PersonID, d ngo.Donor, known []ngo.Identity) error {
	if _, err := t.exec("add person", insertPerson, string(id), d.Name, t.stamp()); err != nil {
		return err
	}
	if err := t.addIdentities(id, known); err != nil {
		return err
	}
	t.audit("person.add", string(id), nil, facts{{"name", personal(d.Name)}, {"email", personal(d.EMail)}, {"phone", personal(d.Phone)}})
	t.changed("person", string(id))
	return nil
}

// nobodys gives those of the identities that have no owner.
func nobodys(known []ngo.Identity, owners []owner) []ngo.Identity {
	return slices.DeleteFunc(slices.Clone(known), func(k ngo.Identity) bool {
		return slices.ContainsFunc(owners, func(o owner) bool { return o.kind == k.Kind })
	})
}

// learn gives a person those of the identities that are nobody's.
func (t *Tx) learn(person ngo.PersonID, owners []owner, known []ngo.Identity) error {
	fresh := nobodys(known, owners)
	if len(fresh) == 0 {
		return nil
	}
	if err := t.addIdentities(person, fresh); err != nil {
		return err
	}
	t.audit("person.learn", string(person), nil, facts{{"identities", int64(len(fresh))}})
	t.changed("person", string(person))
	return nil
}

var insertIdentities = newMultiRow(3, "insert into identity (kind, value, person_id) values ", "")

func (t *Tx) addIdentities(person ngo.PersonID, fresh []ngo.Identity) error {
	if len(fresh) == 0 {
		return nil
	}
	_, query := insertIdentities.fitting(len(fresh)) // one or two
	var args []any
	for _, k := range fresh {
		args = append(args, string(k.Kind), k.Value, string(person))
	}
	_, err := t.exec("add identities", query, args...)
	return err
}

const selectPerson = `
select id, name, created, erased
from person
where id = $1`

const selectIdentities = `
select kind, value
from identity
where person_id = $1
order by kind, value`

func scanPerson(s scanner) (p ngo.Person, err error) {
	return p, s.Scan(&p.ID, &p.Name, at(&p.Created), maybeAt(&p.Erased))
}

func scanIdentity(s scanner) (i ngo.Identity, err error) { return i, s.Scan(&i.Kind, &i.Value) }

// Person gives one person with all identities.
func (r *Rx) Person(id ngo.PersonID) (ngo.Person, error) {
	p, err := get(r.conn, "person", string(id), scanPerson, selectPerson, string(id))
	if err != nil {
		return p, err
	}
	p.Identities, err = all(r.conn, "identities", scanIdentity, selectIdentities, string(id))
	if err != nil {
		return p, fmt.Errorf("person %s: %w", id, err)
	}
	return p, nil
}
