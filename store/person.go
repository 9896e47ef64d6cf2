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

// The update that changes nothing makes the database return the row that is in the way.
const (
	claimOneIdentity = `
insert into identity (kind, value, person_id)
values ($1, $2, $3)
on conflict (kind, value) do update
set value = excluded.value
returning kind, person_id`

	claimTwoIdentities = `
insert into identity (kind, value, person_id)
values ($1, $2, $3), ($4, $5, $6)
on conflict (kind, value) do update
set value = excluded.value
returning kind, person_id`
)

type owner struct {
	kind   ngo.IdentityKind
	person ngo.PersonID
}

func scanOwner(s scanner) (o owner, err error) { return o, s.Scan(&o.kind, &o.person) }

// JoinPerson gives the person who has the donor's e-mail or phone, and learns the other from the gift; else it makes a
// new one. Where the two belong to different people the e-mail decides. Of whom nothing is known there is no person: the
// id is empty then.
func (t *Tx) JoinPerson(d ngo.Donor) (ngo.PersonID, error) {
	known := identitiesOf(d)
	fresh := ngo.NewID[ngo.PersonID](t.now)
	if len(known) == 0 {
		if d.Name == "" {
			return "", nil
		}
		return fresh, t.addPerson(fresh, d)
	}
	owners, err := t.claimIdentities(fresh, known)
	if err != nil {
		return "", err
	}
	whose := func(o owner) bool { return o.person != fresh }
	i := slices.IndexFunc(owners, whose)
	if i < 0 {
		return fresh, t.addPerson(fresh, d)
	}
	person := owners[i].person
	if slices.ContainsFunc(owners, func(o owner) bool { return o.person == fresh }) {
		return person, t.giveIdentities(fresh, person)
	}
	return person, nil
}

// claimIdentities writes the identities as those of fresh where they are nobody's, and tells whose each is, e-mail
// first.
func (t *Tx) claimIdentities(fresh ngo.PersonID, known []ngo.Identity) ([]owner, error) {
	query := claimOneIdentity
	if len(known) == 2 {
		query = claimTwoIdentities
	}
	var args []any
	for _, k := range known {
		args = append(args, string(k.Kind), k.Value, string(fresh))
	}
	owners, err := all(t.w, "identities", scanOwner, query, args...)
	slices.SortFunc(owners, func(a, b owner) int {
		return slices.IndexFunc(known, func(k ngo.Identity) bool { return k.Kind == a.kind }) -
			slices.IndexFunc(known, func(k ngo.Identity) bool { return k.Kind == b.kind })
	})
	return owners, err
}

const insertPerson = `
insert into person (id, name, created)
values ($1, $2, $3)`

func (t *Tx) addPerson(id ngo.PersonID, d ngo.Donor) error {
	if _, err := t.exec("add person", insertPerson, string(id), d.Name, t.stamp()); err != nil {
		return err
	}
	t.audit("person.add", string(id), nil, facts{{"name", personal(d.Name)}, {"email", personal(d.EMail)}, {"phone", personal(d.Phone)}})
	t.changed("person", string(id))
	return nil
}

const giveIdentities = `
update identity
set person_id = $2
where person_id = $1`

// giveIdentities hands what was claimed for a person who turned out to be known to the one they are.
func (t *Tx) giveIdentities(fresh, person ngo.PersonID) error {
	if _, err := t.exec("join person", giveIdentities, string(fresh), string(person)); err != nil {
		return err
	}
	t.audit("person.learn", string(person), nil, facts{{"identities", int64(1)}})
	t.changed("person", string(person))
	return nil
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
