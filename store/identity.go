package store

import (
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// A provider knows somebody by addresses of its own, and besides tells a phone number of theirs at times. By the former they are
// known again; the latter only tells as whose part they are shown.

const selectHolders = `
select i.kind, i.value, i.person_id, i.shared, i.told_by, p.root, p.name, p.language
from identity i
join person p on p.id = i.person_id
where (i.kind = $1 and i.value = $2)
   or (i.kind = $3 and i.value = $4)
   or (i.kind = $5 and i.value = $6)
   or (i.kind = $7 and i.value = $8)
order by i.kind, i.value, i.person_id`

// holdersAtOnce is how many addresses selectHolders looks up.
const holdersAtOnce = 4

// holder is somebody who has an address.
type holder struct {
	ngo.Identity
	person, root   ngo.PersonID
	name, language string
	toldBy         string // the accounts that told it, where it is an id of WhatsApp's
}

func scanHolder(s scanner) (h holder, err error) {
	return h, s.Scan(&h.Kind, &h.Value, &h.person, &h.Shared, &h.toldBy, &h.root, &h.name, &h.language)
}

type holders []holder

func (t *Tx) holdersOf(known []ngo.Identity) (out holders, err error) {
	for some := range slices.Chunk(known, holdersAtOnce) {
		var args []any
		for i := range holdersAtOnce {
			k := some[min(i, len(some)-1)]
			args = append(args, string(k.Kind), k.Value)
		}
		found, err := all(t.w, "identities", scanHolder, selectHolders, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// of gives who has an address.
func (h holders) of(k ngo.Identity) (out holders) {
	for _, one := range h {
		if one.Kind == k.Kind && one.Value == k.Value {
			out = append(out, one)
		}
	}
	return out
}

// meant gives whom some addresses mean, the first of them first: its owner, or of those who share it the first who is called so. An
// id of WhatsApp's means who had it, also when it was retired.
func (h holders) meant(known []ngo.Identity, name string) (holder, bool) {
	for _, k := range known {
		for _, one := range h.of(k) {
			if !one.Shared || k.Kind == ngo.WhatsAppUser || ngo.SameName(one.name, name) {
				return one, true
			}
		}
	}
	return holder{}, false
}

// told sorts what a provider tells of somebody: what they are known by, and phone numbers.
func told(known []ngo.Identity) (own, phones []ngo.Identity) {
	for _, k := range known {
		k.Shared = false
		switch {
		case k.Kind == "" || k.Value == "" || slices.Contains(own, k) || slices.Contains(phones, k):
		case k.Kind == ngo.Phone:
			phones = append(phones, k)
		default:
			own = append(own, k)
		}
	}
	return own, phones
}

// PersonFor gives who is known by what a channel tells of somebody, all of it told at once and the one to answer to first. Nobody is
// known by a phone number alone: whom a messenger tells of is a person of their own, and joined by itself to the one owner of the
// number, unless somebody said that these are two; so are two persons of whom a provider says that they are one. Joined is what was
// joined just now. Who shares an address is known by the name too. The person learns what is nobody's. Where nothing is told but a
// name there is nobody. A number that WhatsApp tells beside another id than its owner's is no longer theirs: see passOn.
func (t *Tx) PersonFor(account ngo.AccountID, known []ngo.Identity, name, language string) (id ngo.PersonID, added bool, joined *ngo.Joining, err error) {
	own, phones := told(known)
	if len(own) == 0 {
		own, phones = phones, nil
	}
	if len(own) == 0 {
		return "", false, nil, nil
	}
	have, err := t.holdersOf(append(slices.Clone(own), phones...))
	if err == nil {
		have, err = t.passOn(account, have, own, phones)
	}
	if err != nil {
		return "", false, nil, err
	}
	who, found := have.meant(own, name)
	if fresh := have.lacking(who.person, own, phones); found {
		err = t.learn(who.person, fresh)
	} else {
		who.person = ngo.NewID[ngo.PersonID](t.now)
		who.root, who.name = who.person, name
		err = t.addPerson(who.person, ngo.Donor{Name: name}, fresh)
	}
	if err == nil {
		err = t.noteTold(account, have, own)
	}
	if err == nil {
		err = t.callThem(who, name, language)
	}
	if err == nil {
		joined, err = t.joinTold(who, have, phones)
	}
	return who.person, !found, joined, err
}

// lacking gives the addresses that a person can have and has not: nobody's, and such as are shared.
func (h holders) lacking(id ngo.PersonID, own, phones []ngo.Identity) (out []ngo.Identity) {
	for _, k := range append(slices.Clone(own), phones...) {
		had := h.of(k)
		if len(had) == 0 || had[0].Shared && !slices.ContainsFunc(had, func(one holder) bool { return one.person == id }) {
			k.Shared = len(had) > 0
			out = append(out, k)
		}
	}
	return out
}

const setLanguage = `
update person
set language = $2
where id = $1 and language = '' and erased is null`

// callThem gives somebody a name and a language who has none yet.
func (t *Tx) callThem(who holder, name, language string) error {
	if who.name == "" && name != "" {
		if _, err := t.exec("name person", namePerson, string(who.person), name); err != nil {
			return err
		}
		t.changed("person", string(who.person))
	}
	if who.language != "" || language == "" {
		return nil
	}
	_, err := t.exec("set language", setLanguage, string(who.person), ngo.Language(language))
	return err
}

// joinTold joins somebody by itself with whoever else has one of the addresses that were told of them.
func (t *Tx) joinTold(who holder, have holders, phones []ngo.Identity) (first *ngo.Joining, err error) {
	for _, h := range have {
		if h.Shared || h.root == who.root {
			continue
		}
		kept, gone, reason := min(h.person, who.person), max(h.person, who.person), "The provider told the addresses of both as one person's."
		if h.Kind == ngo.Phone && slices.Contains(phones, h.Identity) {
			kept, gone, reason = h.person, who.person, "They write from the phone number that is on record."
		}
		j, err := t.joinByItself(kept, gone, reason)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = j
		}
	}
	return first, nil
}

const dropIdentity = `
delete from identity
where kind = $1 and value = $2 and person_id = $3`

const shareIdentity = `
update identity
set shared = $4
where kind = $1 and value = $2 and person_id = $3`

// ChangeIdentity takes in what a provider says: that who was known by these addresses is known by those now. A number that they have
// no more may be somebody else's soon: they are no longer known by it, and as a phone it counts as shared. Whoever had the new
// address is joined with them by itself. The id is empty when nobody had the former ones.
func (t *Tx) ChangeIdentity(account ngo.AccountID, was, now []ngo.Identity) (id ngo.PersonID, joined *ngo.Joining, err error) {
	before, former := told(was)
	own, phones := told(now)
	had, err := t.holdersOf(append(slices.Clone(before), former...))
	if err != nil {
		return "", nil, err
	}
	who, found := had.meant(before, "")
	if !found || len(own) == 0 {
		return who.person, nil, nil
	}
	if had, err = t.withIDs(had, who, own); err != nil {
		return "", nil, err
	}
	still := append(slices.Clone(own), phones...)
	for _, h := range had {
		if h.person != who.person || h.Shared || slices.Contains(still, h.Identity) {
			continue
		}
		if err := t.retire(h); err != nil {
			return "", nil, err
		}
	}
	t.audit("person.change", string(who.person), facts{{"identities", personal(values(before))}}, facts{{"identities", personal(values(own))}})
	t.changed("person", string(who.person))
	have, err := t.holdersOf(still)
	if err == nil {
		err = t.learn(who.person, have.lacking(who.person, own, phones))
	}
	if err == nil {
		err = t.noteTold(account, have, own)
	}
	if err == nil {
		joined, err = t.joinTold(who, have, phones)
	}
	return who.person, joined, err
}

// withIDs adds the ids that WhatsApp gave somebody who has another number now: it makes new ones with that.
func (t *Tx) withIDs(had holders, who holder, now []ngo.Identity) (holders, error) {
	if !slices.ContainsFunc(now, func(i ngo.Identity) bool { return i.Kind == ngo.WhatsApp }) {
		return had, nil
	}
	mine, err := all(t.w, "identities", scanIdentity, selectIdentities, string(who.person))
	for _, i := range mine {
		if i.Kind == ngo.WhatsAppUser && len(had.of(i)) == 0 {
			had = append(had, holder{Identity: i, person: who.person, root: who.root})
		}
	}
	return had, err
}

// retire takes in that somebody has a number no more, or an id that is in use no more. Ids that a provider makes are given to nobody
// else: they stay, and nobody is written to by them.
func (t *Tx) retire(h holder) (err error) {
	switch h.Kind {
	case ngo.WhatsApp:
		_, err = t.exec("drop identity", dropIdentity, string(h.Kind), h.Value, string(h.person))
	case ngo.Phone, ngo.WhatsAppUser:
		_, err = t.exec("share identity", shareIdentity, string(h.Kind), h.Value, string(h.person), 1)
	}
	return err
}

func values(known []ngo.Identity) (out string) {
	for _, k := range known {
		out += k.Value + " "
	}
	return out
}

// ShareIdentity says that several people use an address of a person's, or, with Shared false, that they alone do. Nobody is known by
// what is shared alone: a gift or a message from there belongs to whoever is called so, and to somebody new when nobody is. It fails
// with Invalid for an address that only one can have, with NotFound when the person has no such address, and with Conflict when
// others have it too.
func (t *Tx) ShareIdentity(person ngo.PersonID, i ngo.Identity) error {
	switch i.Kind {
	case ngo.EMail, ngo.Phone, ngo.UPI:
	default:
		return &ngo.Error{Code: ngo.Invalid, Message: "an account at a messenger has one owner", Hint: "share the phone number instead"}
	}
	have, err := t.holdersOf([]ngo.Identity{i})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(have, func(h holder) bool { return h.person == person })
	if at < 0 {
		return notFound(string(i.Kind), i.Value)
	}
	if !i.Shared && len(have) > 1 {
		return &ngo.Error{Code: ngo.Conflict, Message: "others have this address too", Hint: "ngoctl person list " + i.Value}
	}
	if have[at].Shared == i.Shared {
		return nil
	}
	if _, err := t.exec("share identity", shareIdentity, string(i.Kind), i.Value, string(person), boolInt(i.Shared)); err != nil {
		return err
	}
	t.audit("person.share", string(person), facts{{"shared", !i.Shared}}, facts{{"kind", string(i.Kind)}, {"value", personal(i.Value)}, {"shared", i.Shared}})
	t.changed("person", string(person))
	return nil
}
