package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

// People are joined and parted without a row of theirs moving: who belongs together is a tree, of which each person keeps the one
// they were joined to and its top. Whoever was joined to somebody goes with them when these are joined to others, or parted.

const (
	insertJoining = `
insert into joining (id, kept, gone, reason, actor, at)
values ($1, $2, $3, $4, $5, $6)`

	setParent = `
update person
set parent = $2
where id = $1`

	moveGroup = `
update person
set root = $2
where root = $1`

	// moveBelow makes a person the top of all who were joined to them, directly or not.
	moveBelow = `
with recursive below (id) as (
  select id
  from person
  where id = $1
  union all
  select p.id
  from person p
  join below b on p.parent = b.id
)
update person
set root = $1
where id in (select id from below)`

	endJoining = `
update joining
set parted = $2,
    parted_by = $3,
    parted_why = $4
where id = $1`

	insertApart = `
insert into apart (one, other, actor, at)
values ($1, $2, $3, $4)
on conflict (one, other) do nothing`

	// apartBetween are what was said of one of a group and one of another.
	apartBetween = `
  select a.one
  from apart a
  join person p on p.id = a.one
  join person q on q.id = a.other
  where (p.root = $1 and q.root = $2) or (p.root = $2 and q.root = $1)`

	selectApart = `
select exists (` + apartBetween + `
)`
)

const (
	joiningColumns = `j.id, j.kept, j.gone, j.reason, j.actor, j.at, j.parted, j.parted_by, j.parted_why`

	selectJoining = `
select ` + joiningColumns + `
from joining j
where j.gone = $1 and j.parted is null`

	listJoinings = `
select ` + joiningColumns + `
from joining j
where j.kept in (select id from person where root = $1) or j.gone in (select id from person where root = $1)
order by j.id desc`
)

func scanJoining(s scanner) (j ngo.Joining, err error) {
	return j, s.Scan(&j.ID, &j.Kept, &j.Gone, &j.Reason, &j.Actor, at(&j.At), maybeAt(&j.Parted), &j.PartedBy, &j.PartedWhy)
}

// Join shows one person, with whoever was joined to them, as part of another. Where gone is somebody's part it is the whole of
// these that goes along; the Joining says who. Nothing of anybody moves, and Part takes it back at any time. What was said of some of
// them being two holds again when they are parted. It fails with NotFound, and with Conflict when they are one already or somebody was erased.
func (t *Tx) Join(kept, gone ngo.PersonID, reason string) (ngo.Joining, error) {
	into, err := t.standing(kept)
	if err != nil {
		return ngo.Joining{}, err
	}
	from, err := t.standing(gone)
	if err != nil {
		return ngo.Joining{}, err
	}
	if into.Root == from.Root {
		return ngo.Joining{}, &ngo.Error{Code: ngo.Conflict, Message: "they are shown as one person already", Hint: "ngoctl person show " + string(into.Root)}
	}
	if err := t.settlePassed(into.Root, from.Root); err != nil {
		return ngo.Joining{}, err
	}
	j := ngo.Joining{ID: ngo.NewID[ngo.JoiningID](t.now), Kept: kept, Gone: from.Root, Reason: line(reason, mostText), Actor: t.actor, At: t.now}
	_, err = t.exec("add joining", insertJoining, string(j.ID), string(j.Kept), string(j.Gone), j.Reason, j.Actor, t.stamp())
	if err != nil {
		return ngo.Joining{}, err
	}
	if _, err := t.exec("join person", setParent, string(j.Gone), string(kept)); err != nil {
		return ngo.Joining{}, err
	}
	if _, err := t.exec("join parts", moveGroup, string(j.Gone), string(into.Root)); err != nil {
		return ngo.Joining{}, err
	}
	t.audit("person.join", string(j.Gone), nil, facts{{"kept", string(kept)}, {"root", string(into.Root)}, {"reason", personal(j.Reason)}})
	t.changed("person", string(into.Root))
	t.changed("person", string(j.Gone))
	return j, nil
}

// standing reads a person who is to be joined or told apart. It fails with Conflict when they were erased.
func (t *Tx) standing(id ngo.PersonID) (ngo.Person, error) {
	p, err := get(t.w, "person", string(id), scanPerson, selectPerson, string(id))
	if err == nil && p.Erased != nil {
		err = &ngo.Error{Code: ngo.Conflict, Message: "person " + string(id) + " was erased: nothing is known of them any more"}
	}
	return p, err
}

// Part shows somebody who was joined to another by themselves again, with whoever was joined to them, and keeps in mind that the two
// are not one, so that nothing joins them by itself. It fails with NotFound, and with Conflict when they are nobody's part.
func (t *Tx) Part(id ngo.PersonID, reason string) (ngo.Joining, error) {
	p, err := get(t.w, "person", string(id), scanPerson, selectPerson, string(id))
	if err != nil {
		return ngo.Joining{}, err
	}
	j, err := get(t.w, "joining of", string(id), scanJoining, selectJoining, string(id))
	if ngo.CodeOf(err) == ngo.NotFound {
		err = &ngo.Error{Code: ngo.Conflict, Message: "person " + string(id) + " is nobody's part",
			Hint: "part those who were joined to them: ngoctl person show " + string(id)}
	}
	if err != nil {
		return ngo.Joining{}, err
	}
	now := t.now
	j.Parted, j.PartedBy, j.PartedWhy = &now, t.actor, line(reason, mostText)
	if _, err := t.exec("end joining", endJoining, string(j.ID), t.stamp(), j.PartedBy, j.PartedWhy); err != nil {
		return ngo.Joining{}, err
	}
	if _, err := t.exec("part person", setParent, string(id), nil); err != nil {
		return ngo.Joining{}, err
	}
	if _, err := t.exec("part those below", moveBelow, string(id)); err != nil {
		return ngo.Joining{}, err
	}
	if err := t.setApart(j.Kept, j.Gone); err != nil {
		return ngo.Joining{}, err
	}
	t.audit("person.part", string(id), facts{{"kept", string(j.Kept)}, {"root", string(p.Root)}}, facts{{"reason", personal(j.PartedWhy)}})
	t.changed("person", string(p.Root))
	t.changed("person", string(id))
	return j, nil
}

// Differ keeps in mind that two persons are two, so that they are neither offered as one nor joined by themselves. It fails with
// NotFound, and with Conflict when they are shown as one.
func (t *Tx) Differ(a, b ngo.PersonID) error {
	one, err := t.standing(a)
	if err != nil {
		return err
	}
	other, err := t.standing(b)
	if err != nil {
		return err
	}
	if a == b {
		return &ngo.Error{Code: ngo.Conflict, Message: "that is one person, named twice", Hint: "name whom they were taken for: ngoctl person likely " + string(a)}
	}
	if one.Root == other.Root {
		return &ngo.Error{Code: ngo.Conflict, Message: "they are shown as one person", Hint: "part them first: ngoctl person unmerge"}
	}
	if err := t.setApart(a, b); err != nil {
		return err
	}
	t.audit("person.differ", string(a), nil, facts{{"other", string(b)}})
	t.changed("person", string(a))
	t.changed("person", string(b))
	return nil
}

func (t *Tx) setApart(a, b ngo.PersonID) error {
	_, err := t.exec("tell apart", insertApart, string(min(a, b)), string(max(a, b)), t.actor, t.stamp())
	return err
}

// joinByItself joins two persons without anybody having looked, unless they are one, or somebody said that they are not.
func (t *Tx) joinByItself(kept, gone ngo.PersonID, reason string) (*ngo.Joining, error) {
	into, err := t.RootOf(kept)
	if err != nil {
		return nil, err
	}
	from, err := t.RootOf(gone)
	if err != nil || into == from {
		return nil, err
	}
	apart, err := scanOne[bool](t.w.QueryRow(selectApart, string(into), string(from)))
	if err != nil || apart {
		return nil, err
	}
	j, err := t.Join(kept, gone, reason)
	return &j, err
}

// Joinings lists how somebody and those who were joined to them came to be one, and what of it was taken back, newest first.
func (r *Rx) Joinings(root ngo.PersonID) ([]ngo.Joining, error) {
	return all(r.conn, "joinings", scanJoining, listJoinings, string(root))
}

const (
	selectRoot = `
select root
from person
where id = $1`

	selectGroup = `
select id
from person
where root = $1
order by id`
)

// RootOf gives as whose part a person is shown: their own id where they are nobody's.
func (r *Rx) RootOf(id ngo.PersonID) (ngo.PersonID, error) {
	return get(r.conn, "person", string(id), scanOne[ngo.PersonID], selectRoot, string(id))
}

// Group gives everybody who is shown as one with a root, the root included, the first met first.
func (r *Rx) Group(root ngo.PersonID) ([]ngo.PersonID, error) {
	return all(r.conn, "a person's parts", scanOne[ngo.PersonID], selectGroup, string(root))
}
