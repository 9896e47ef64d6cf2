package store

import (
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Phone numbers are given to somebody else after a while, and WhatsApp's ids are not: a number that comes with another id than before
// is somebody else's now, or may be. Whoever writes from it is then a person of their own, until somebody who asked joins the two.
// Each portfolio of accounts has ids of its own, and we do not know which accounts are in one: ids are compared that one account told.

const (
	// selectOtherID gives the id that an account knows an owner of a number by, or any does where $3 is empty. That of another number
	// of theirs tells nothing.
	selectOtherID = `
select i.value
from identity i
join person p on p.id = i.person_id
where p.root = $1 and i.kind = 'whatsapp_user' and i.shared = 0 and i.told_by like '%' || $3 || '%'
  and not exists (select 1 from identity n where n.person_id = p.id and n.kind = 'whatsapp' and n.value <> $2)
order by i.value
limit 1`

	// noteTold notes which account told an id.
	noteTold = `
update identity
set told_by = told_by || $2 || ' '
where kind = 'whatsapp_user' and value = $1`

	// passThread has answers go to who had the number, wherever they are by now, by the id that the thread's account knows.
	passThread = `
update conversation
set address_kind = 'whatsapp_user',
    address = coalesce((
        select min(i.value)
        from identity i
        where i.person_id = conversation.person_id and i.kind = 'whatsapp_user' and i.shared = 0
          and i.told_by like '%' || conversation.account_id || '%'
      ), $4),
    doubt = $5
where address_kind = $1 and address = $2 and person_id = $3 and kind = 'chat'
returning id`

	// selectPassedOn gives the number that somebody has from who is known by another id.
	selectPassedOn = `
select mine.value
from identity mine
join person p on p.id = mine.person_id
join identity theirs on theirs.kind = mine.kind and theirs.value = mine.value and theirs.person_id <> mine.person_id
join person q on q.id = theirs.person_id
where mine.person_id = $1 and mine.kind = 'phone' and mine.shared = 1 and q.root <> p.root
  and exists (select 1 from identity u join person o on o.id = u.person_id where o.root = q.root and u.kind = 'whatsapp_user')
limit 1`

	// settlePassed takes back a doubt that the threads of both have.
	settlePassed = `
update conversation
set doubt = ''
where doubt like $3 and person_id in (select id from person where root in ($1, $2))
  and doubt in (select c.doubt from conversation c where c.person_id in (select id from person where root = $1))
  and doubt in (select c.doubt from conversation c where c.person_id in (select id from person where root = $2))
returning id`

	// forgetPassed takes back the doubts in the threads of others that name a number of somebody's: they had it before, or have it now.
	forgetPassed = `
update conversation
set doubt = ''
where person_id in (
    select i.person_id
    from identity mine
    join identity i on i.kind = mine.kind and i.value = mine.value
    where mine.person_id = $1 and mine.kind = 'phone'
  )
  and doubt in (select replace($2, '%', substr(i.value, 2)) from identity i where i.person_id = $1 and i.kind = 'phone')
returning id`
)

// passedOn is the doubt about a number, the same in the threads of who had it and of who has it.
func passedOn(number string) string {
	return "WhatsApp knows whoever writes from +" + number + " by another id than before: the number may be somebody else's now. " +
		"Ask something that only they know before you tell anything."
}

// passOn takes a number, and the phone that it is, from those whom WhatsApp knows by another id than the one told beside it, and gives
// the holders as they are then. As a phone it counts as shared, so that it joins nobody.
func (t *Tx) passOn(account ngo.AccountID, have holders, own, phones []ngo.Identity) (holders, error) {
	if !slices.ContainsFunc(own, func(i ngo.Identity) bool { return i.Kind == ngo.WhatsAppUser }) {
		return have, nil
	}
	if have.hadNumber() {
		account = ""
	}
	passed := false
	for _, h := range have {
		if h.Shared || h.Kind != ngo.WhatsApp && h.Kind != ngo.Phone || have.goBy(h.root) {
			continue
		}
		number := strings.TrimPrefix(h.Value, "+")
		other, err := all(t.w, "identities", scanOne[string], selectOtherID, string(h.root), number, string(account))
		if err != nil {
			return nil, err
		}
		if len(other) == 0 {
			continue
		}
		if err := t.passFrom(h, number, other[0]); err != nil {
			return nil, err
		}
		passed = true
	}
	if !passed {
		return have, nil
	}
	return t.holdersOf(append(slices.Clone(own), phones...))
}

// hadNumber tells whether one of the ids is that of somebody who had the number that is told beside it. Whoever has it by now is then
// another, whichever account knows by which id.
func (h holders) hadNumber() bool {
	return slices.ContainsFunc(h, func(id holder) bool {
		return id.Kind == ngo.WhatsAppUser && slices.ContainsFunc(h, func(n holder) bool {
			return n.Kind == ngo.Phone && n.Shared && n.person == id.person
		})
	})
}

// noteTold notes which of the ids an account tells for the first time.
func (t *Tx) noteTold(account ngo.AccountID, have holders, own []ngo.Identity) error {
	for _, k := range own {
		known := slices.ContainsFunc(have.of(k), func(h holder) bool { return strings.Contains(h.toldBy, string(account)) })
		if k.Kind != ngo.WhatsAppUser || account == "" || known {
			continue
		}
		if _, err := t.exec("note who told an id", noteTold, k.Value, string(account)); err != nil {
			return err
		}
	}
	return nil
}

// goBy tells whether one of the ids that WhatsApp told is that of somebody who is shown as one with a root.
func (h holders) goBy(root ngo.PersonID) bool {
	return slices.ContainsFunc(h, func(one holder) bool {
		return one.root == root && (one.Kind == ngo.WhatsAppUser || one.Kind == ngo.WhatsAppParent)
	})
}

// passFrom takes a number from who had it.
func (t *Tx) passFrom(h holder, number, id string) error {
	if err := t.retire(h); err != nil {
		return err
	}
	t.audit("person.change", string(h.person), facts{{"identities", personal(h.Value)}}, facts{{"passed_on", true}})
	t.changed("person", string(h.person))
	threads, err := all(t.w, "conversations", scanOne[ngo.ConversationID], passThread, string(h.Kind), h.Value, string(h.person), id, passedOn(number))
	for _, c := range threads {
		t.changed("conversation", string(c))
	}
	return err
}

// PassedOn says, in plain words, why somebody may be another than who had their phone number before; empty when there is no doubt.
func (r *Rx) PassedOn(id ngo.PersonID) (string, error) {
	found, err := all(r.conn, "numbers", scanOne[string], selectPassedOn, string(id))
	if err != nil || len(found) == 0 {
		return "", err
	}
	return passedOn(strings.TrimPrefix(found[0], "+")), nil
}

// settlePassed ends the doubt about a number between two who are to be one.
func (t *Tx) settlePassed(one, other ngo.PersonID) error {
	settled, err := all(t.w, "conversations", scanOne[ngo.ConversationID], settlePassed, string(one), string(other), passedOn("%"))
	for _, c := range settled {
		t.changed("conversation", string(c))
	}
	return err
}

// forgetPassed ends the doubt about a number once one of the two is erased. Should somebody else write from it, it comes again.
func (t *Tx) forgetPassed(person ngo.PersonID) error {
	cleared, err := all(t.w, "conversations", scanOne[ngo.ConversationID], forgetPassed, string(person), passedOn("%"))
	for _, c := range cleared {
		t.changed("conversation", string(c))
	}
	return err
}
