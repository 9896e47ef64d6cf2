package store

import (
	"fmt"

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

// E-mail comes first, and of those who share an address whoever was met first. Only those have to be told apart by their names.
const selectOwners = `
select kind, person_id, shared,
  case when shared = 1 then (select p.name from person p where p.id = identity.person_id) else '' end
from identity
where (kind = $1 and value = $2)
   or (kind = $3 and value = $4)
order by kind, person_id`

// owner is somebody who has an address of a donor's. Where it is shared, meant says whether they have the donor's name too.
type owner struct {
	kind   ngo.IdentityKind
	person ngo.PersonID
	shared bool
	meant  bool
	name   string
}

func scanOwner(s scanner) (o owner, err error) {
	return o, s.Scan(&o.kind, &o.person, &o.shared, &o.name)
}

// owners are all who have one of the addresses of a donor.
type owners []owner

// person gives whom the addresses mean, e-mail first; nobody when all of them are nobody's, or shared by others.
func (o owners) person() ngo.PersonID {
	for _, one := range o {
		if one.meant {
			return one.person
		}
	}
	return ""
}

// JoinPerson gives the person who has the donor's e-mail or phone, and learns the other from the gift; else it makes a
// new one. Where the two belong to different people the e-mail decides. Of several who share an address it gives the one who has the
// donor's name, however it is written; if none has, there is one more who shares it. Of whom nothing is known there is no
// person: the id is empty then.
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
	had, err := t.ownersOf(known, d.Name)
	if err != nil {
		return "", false, err
	}
	if id = had.person(); id == "" {
		id = ngo.NewID[ngo.PersonID](t.now)
		return id, true, t.addPerson(id, d, had.lacking(known, id))
	}
	return id, false, t.learn(id, had.lacking(known, id))
}

// ownersOf tells whose the identities of somebody of that name are, e-mail first. Those that are nobody's are left out. It reads
// before anything is written, since most gifts come from people who are known.
func (t *Tx) ownersOf(known []ngo.Identity, name string) (owners, error) {
	if len(known) == 0 {
		return nil, nil
	}
	first, last := known[0], known[len(known)-1]
	found, err := all(t.w, "identities", scanOwner, selectOwners, string(first.Kind), first.Value, string(last.Kind), last.Value)
	for i, o := range found {
		found[i].meant = !o.shared || ngo.SameName(o.name, name)
	}
	return found, err
}

const insertPerson = `
insert into person (id, name, created, root)
values ($1, $2, $3, $1)`

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

// lacking gives those of the identities that a person can have and has not: nobody's, and such as are shared.
func (o owners) lacking(known []ngo.Identity, id ngo.PersonID) (out []ngo.Identity) {
	for _, k := range known {
		free := true
		for _, one := range o {
			if one.kind == k.Kind {
				free = free && one.shared && one.person != id
				k.Shared = k.Shared || one.shared
			}
		}
		if free {
			out = append(out, k)
		}
	}
	return out
}

// learn gives a person identities that are nobody's, or shared.
func (t *Tx) learn(person ngo.PersonID, fresh []ngo.Identity) error {
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

var insertIdentities = newMultiRow(4, "insert into identity (kind, value, person_id, shared) values ", "")

func (t *Tx) addIdentities(person ngo.PersonID, fresh []ngo.Identity) error {
	for len(fresh) > 0 {
		n, query := insertIdentities.fitting(len(fresh))
		var args []any
		for _, k := range fresh[:n] {
			args = append(args, string(k.Kind), k.Value, string(person), boolInt(k.Shared))
		}
		if _, err := t.exec("add identities", query, args...); err != nil {
			return err
		}
		fresh = fresh[n:]
	}
	return nil
}

const selectPerson = `
select ` + personColumns + `
from person p
where p.id = $1`

const selectIdentities = `
select kind, value, shared
from identity
where person_id = $1
order by kind, value`

const selectParts = `
select ` + personColumns + `
from person p
where p.root = $1 and p.id <> $1
order by p.id`

func scanPerson(s scanner) (p ngo.Person, err error) {
	return p, s.Scan(&p.ID, &p.Name, at(&p.Created), maybeAt(&p.Erased), &p.Root, &p.Language)
}

func scanIdentity(s scanner) (i ngo.Identity, err error) {
	return i, s.Scan(&i.Kind, &i.Value, &i.Shared)
}

// Person gives one person with all identities. Somebody who is nobody's part comes with whoever was joined to them; a part comes
// alone, and Root says whose it is.
func (r *Rx) Person(id ngo.PersonID) (ngo.Person, error) {
	p, err := get(r.conn, "person", string(id), scanPerson, selectPerson, string(id))
	if err != nil {
		return p, err
	}
	p.Identities, err = all(r.conn, "identities", scanIdentity, selectIdentities, string(id))
	if err != nil {
		return p, fmt.Errorf("person %s: %w", id, err)
	}
	if p.Root != p.ID {
		return p, nil
	}
	p.Parts, err = all(r.conn, "parts of a person", scanPerson, selectParts, string(id))
	if err != nil || len(p.Parts) == 0 {
		return p, err
	}
	return p, r.addAddresses(p.Parts)
}
