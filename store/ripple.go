package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// RippleKind is what came about a message.
type RippleKind string

// The kinds of ripple.
const (
	RippleReaction RippleKind = "reaction" // Text is a sign; an empty one takes the last back
	RippleEdit     RippleKind = "edit"     // the message now says Text
	RippleRevoke   RippleKind = "revoke"   // who wrote it took it back
)

// NewRipple is what came about a message, which may come after it.
type NewRipple struct {
	Account  ngo.AccountID
	Ref      ngo.Ref // the provider's id of this very item
	About    ngo.Ref
	Kind     RippleKind
	Line     ngo.Ref
	Person   ngo.PersonID // whose it is, or in whose chat it is ours
	Mine     bool         // ours, from elsewhere
	Renews   bool
	Text     string
	Masked   bool
	At       time.Time
	Count    int // how often the message was edited, when that is told
	Delivery ngo.DeliveryID
}

const (
	insertRipple = `
insert into ripple (account_id, ref, about, kind, line, person_id, mine, renews, text, masked, at, count, delivery_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict do nothing`

	// rippled is when somebody whose chat begins only now has reacted to something before.
	rippled = `
select max(at)
from ripple
where account_id = $1 and line = $2 and person_id = $3 and mine = 0 and renews = 1`

	renewChat = `
update conversation
set last_in = case when last_in is null or last_in < $4 then $4 else last_in end
where account_id = $1 and line = $2 and person_id = $3 and kind = 'chat'
returning id`
)

// Ripple keeps what came about a message, once, whether or not that is known yet: a thread is read with it.
func (t *Tx) Ripple(n NewRipple) (added bool, err error) {
	if n.At = instant(n.At); n.At.IsZero() || n.At.After(t.now.Add(mostAhead)) {
		n.At = t.now
	}
	rows, err := t.exec("add ripple", insertRipple, string(n.Account), string(n.Ref), string(n.About), string(n.Kind), string(n.Line), orNull(n.Person), boolInt(n.Mine),
		boolInt(n.Renews), n.Text, boolInt(n.Masked), ngo.Stamp(n.At), n.Count, orNull(n.Delivery))
	if err != nil {
		return false, err
	}
	if rows == 0 {
		return false, t.rippledAgain(n)
	}
	if n.Renews && !n.Mine && n.Person != "" {
		renewed, err := all(t.w, "conversations", scanOne[ngo.ConversationID], renewChat, string(n.Account), string(n.Line), string(n.Person), ngo.Stamp(n.At))
		if err != nil {
			return true, err
		}
		for _, id := range renewed {
			t.changed("conversation", string(id))
		}
	}
	about, err := t.MessageByRef(n.Account, n.About)
	if ngo.CodeOf(err) == ngo.NotFound {
		return true, nil
	}
	t.changed("message", string(about.ID))
	if about.Conversation != "" {
		t.changed("conversation", string(about.Conversation))
	}
	return true, err
}

// rippledAgain notes on the message what else told of what came about it: its own delivery it has.
func (t *Tx) rippledAgain(n NewRipple) error {
	about, err := t.MessageByRef(n.Account, n.About)
	if ngo.CodeOf(err) == ngo.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return t.mentioned(about.ID, n.Delivery)
}

// rippled gives when a person reacted last before their chat began.
func (t *Tx) rippled(n NewConversation) (*time.Time, error) {
	if n.Kind != ngo.Chat {
		return nil, nil
	}
	return scanMaybe(t.w.QueryRow(rippled, string(n.Account), string(n.Line), string(n.Person)))
}

// listRipples does not narrow by account, which would have it go by that instead of by what the ripples are about.
var listRipples = `
select account_id, about, ref, kind, coalesce(person_id, ''), mine, text, masked, at, count
from ripple
where about in (` + someKeys + `)`

// named is what a provider calls a message.
type named struct {
	account ngo.AccountID
	ref     ngo.Ref
}

type ripple struct {
	about  named
	ref    ngo.Ref
	kind   RippleKind
	person ngo.PersonID
	mine   bool
	text   string
	masked bool
	at     time.Time
	count  int
}

func scanRipple(s scanner) (r ripple, err error) {
	return r, s.Scan(&r.about.account, &r.about.ref, &r.ref, &r.kind, &r.person, &r.mine, &r.text, &r.masked, at(&r.at), &r.count)
}

// rippling shows messages as they are now: the latest edit counts, what was revoked says nothing, and of each who reacted the last
// sign stands. Only who wrote a message can change it.
func (r *Rx) rippling(messages []ngo.Message) error {
	for some := range slices.Chunk(messages, atOnce) {
		of := map[named]*ngo.Message{}
		var refs []ngo.Ref
		for i := range some {
			if m := &some[i]; m.Ref != "" && m.Conversation != "" {
				of[named{m.Account, m.Ref}] = m
				refs = append(refs, m.Ref)
			}
		}
		if len(refs) == 0 {
			continue
		}
		found, err := all(r.conn, "ripples", scanRipple, listRipples, keysFor(refs)...)
		if err != nil {
			return err
		}
		ripples(slices.DeleteFunc(found, func(p ripple) bool { return of[p.about] == nil })).on(of)
	}
	return nil
}

type ripples []ripple

// on applies ripples to the messages that they are about.
func (found ripples) on(of map[named]*ngo.Message) {
	slices.SortFunc(found, func(a, b ripple) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.count, b.count), cmp.Compare(a.ref, b.ref))
	})
	last := map[reactor]ngo.Ref{}
	for _, p := range found {
		if p.kind == RippleReaction {
			last[p.who()] = p.ref
			continue
		}
		p.change(of[p.about])
	}
	for _, p := range found {
		if m := of[p.about]; p.kind == RippleReaction && p.text != "" && last[p.who()] == p.ref {
			m.Reactions = append(m.Reactions, ngo.Reaction{Emoji: p.text, Mine: p.mine, At: p.at})
		}
	}
}

// reactor is who may put one sign on a message.
type reactor struct {
	about  named
	person ngo.PersonID
}

func (p ripple) who() reactor {
	if p.mine {
		return reactor{p.about, ""}
	}
	return reactor{p.about, p.person}
}

// change applies an edit or a revocation to the message that it is about, if it is its writer's.
func (p ripple) change(m *ngo.Message) {
	if p.mine != (m.Direction == ngo.Out) || !p.mine && m.Person != "" && p.person != "" && p.person != m.Person {
		return
	}
	switch p.kind {
	case RippleRevoke:
		m.Revoked, m.Text, m.Subject, m.More = &p.at, "", "", nil
		m.Attachments = nil
	case RippleEdit:
		m.Edited = &p.at
		if m.Revoked == nil {
			m.Text, m.Masked = p.text, m.Masked || p.masked
		}
	}
}
