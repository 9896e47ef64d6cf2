package store

import (
	"encoding/json"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// StatusNews is what a provider says of a message of ours, in any order and more than once.
type StatusNews struct {
	// Which message: Ref as it was given when the message was taken, Token as our message's id, or, with both empty, all that went
	// to Person on Line up to Through.
	Ref     ngo.Ref
	Token   string
	Through time.Time
	Line    ngo.Ref
	To      []ngo.Identity // to whom, as far as the provider says

	State    ngo.MessageState // sent, delivered, read or failed
	At       time.Time
	Fault    string // the provider's code
	Reason   string // in plain words
	Retry    bool   // whether sending it again can help
	Price    string // the category that the provider bills
	Played   bool   // read, and heard
	Soft     bool   // it is late, for the reason given, and may yet arrive
	Delivery ngo.DeliveryID
}

// newsRank ranks what is known of a message: what is told in any order ends in the same. That it arrived is believed over that it
// failed.
var newsRank = map[ngo.MessageState]int{
	ngo.MessageQueued: 0, ngo.MessageSending: 0, ngo.MessageUncertain: 0, ngo.MessageSent: 1, ngo.MessageWithdrawn: 2, ngo.MessageFailed: 2,
	ngo.MessageDelivered: 3, ngo.MessageRead: 4,
}

// SetStatus notes what became of a message of ours. It says false when the message is not known by this name: the news is kept, and
// counts as soon as it is.
func (t *Tx) SetStatus(account ngo.AccountID, n StatusNews) (found bool, err error) {
	if n.At = instant(n.At); n.At.IsZero() || n.At.After(t.now.Add(mostAhead)) {
		n.At = t.now
	}
	if n.Ref == "" && n.Token == "" {
		return t.readThrough(account, n)
	}
	m, err := t.sentAs(account, n)
	if ngo.CodeOf(err) == ngo.NotFound {
		return false, t.keepEarly(account, n)
	}
	if err != nil {
		return false, err
	}
	if err := t.mentioned(m.ID, n.Delivery); err != nil {
		return true, err
	}
	if n.Ref != "" && m.Ref == "" && (m.State == ngo.MessageQueued || m.State == ngo.MessageSending) {
		return true, t.keepEarly(account, n) // it may be of a try before: the ref will tell
	}
	return true, t.applyStatus(m, n)
}

// sentAs finds the message that news is about, whichever account sent it when another name is all that is known.
func (t *Tx) sentAs(account ngo.AccountID, n StatusNews) (ngo.Message, error) {
	m, err := t.MessageByRef(account, n.Ref)
	if ngo.CodeOf(err) != ngo.NotFound {
		return m, err
	}
	if id, bad := ngo.ParseID[ngo.MessageID](n.Token); bad == nil {
		m, err := t.Message(id)
		if err == nil && (m.Account != account || m.Ref != "" && n.Ref != "" && m.Ref != n.Ref) {
			return m, notFound("message", string(n.Ref)) // another account's, or of a try before the last
		}
		return m, err
	}
	if n.Ref == "" {
		return m, err
	}
	known, err := t.MessageByAlias([]ngo.Ref{n.Ref})
	if err != nil {
		return m, err
	}
	for _, m := range known {
		if m.Direction == ngo.Out {
			return m, nil
		}
	}
	return m, notFound("message", string(n.Ref))
}

// applyStatus moves a message on, never back.
func (t *Tx) applyStatus(m ngo.Message, n StatusNews) error {
	if m.Direction != ngo.Out {
		return nil
	}
	if err := t.noteExtra(&m, n); err != nil {
		return err
	}
	if n.Soft && newsRank[m.State] <= newsRank[ngo.MessageSent] && m.State != ngo.MessageQueued {
		return t.settle(m, Outcome{State: ngo.MessageSent, Reason: n.Reason}, n.At)
	}
	if newsRank[n.State] <= newsRank[m.State] || n.State == ngo.MessageFailed && m.State == ngo.MessageQueued {
		return nil
	}
	o := Outcome{State: n.State}
	if n.State == ngo.MessageFailed {
		o.Reason, o.Fault, o.Retry = n.Reason, n.Fault, n.Retry
	}
	if m.Ref == "" {
		o.Ref = n.Ref
	}
	return t.settle(m, o, n.At)
}

const setExtra = `
update message
set more = $2
where id = $1`

// noteExtra notes on a message what it cost and that it was heard.
func (t *Tx) noteExtra(m *ngo.Message, n StatusNews) error {
	var e ngo.Extra
	if len(m.More) > 0 {
		if err := json.Unmarshal(m.More, &e); err != nil {
			return err
		}
	}
	if (n.Price == "" || e.Price == n.Price) && (!n.Played || e.Played) {
		return nil
	}
	if n.Price != "" {
		e.Price = n.Price
	}
	e.Played = e.Played || n.Played
	more, err := extra(e)
	if err != nil {
		return err
	}
	m.More = json.RawMessage(more)
	t.changed("message", string(m.ID))
	return t.must("message", string(m.ID), setExtra, string(m.ID), more)
}

const insertMention = `
insert into message_mention (message_id, delivery_id)
values ($1, $2)
on conflict do nothing`

// mentioned notes that a delivery told of a message: erasing whom it is about reaches the body.
func (t *Tx) mentioned(id ngo.MessageID, d ngo.DeliveryID) error {
	if d == "" {
		return nil
	}
	_, err := t.exec("note what told of a message", insertMention, string(id), string(d))
	return err
}

const sentThrough = `
select ` + messageColumns + `
from message
where conversation_id = $1 and at <= $2 and direction = 'out' and state in ('sending', 'uncertain', 'sent', 'delivered')
order by at desc, id desc
limit 500`

// readThrough notes what became of all that went to a person up to a moment.
func (t *Tx) readThrough(account ngo.AccountID, n StatusNews) (found bool, err error) {
	person, err := t.knownAs(n.To)
	if err != nil || person == "" {
		return false, err
	}
	c, ok, err := t.maybeThread(selectChat, string(account), string(n.Line), string(person))
	if err != nil || !ok {
		return false, err
	}
	sent, err := all(t.w, "messages", scanMessage, sentThrough, string(c.ID), ngo.Stamp(n.Through))
	if err != nil {
		return false, err
	}
	for _, m := range sent {
		if newsRank[n.State] <= newsRank[m.State] {
			continue
		}
		if err := t.mentioned(m.ID, n.Delivery); err != nil {
			return true, err
		}
		if err := t.settle(m, Outcome{State: n.State}, n.At); err != nil {
			return true, err
		}
	}
	return true, nil
}

const (
	insertEarly = `
insert into early (account_id, ref, token, person_id, state, at, fault, reason, retry, price, played, arrived, delivery_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict do nothing`

	// takeEarly and takeEarlyByToken end what they find: it is told once.
	takeEarly = `
delete from early
where account_id = $1 and ref = $2 and ref <> ''
returning ref, token, state, at, fault, reason, retry, price, played, coalesce(delivery_id, '')`

	takeEarlyByToken = `
delete from early
where account_id = $1 and token = $2 and token <> ''
returning ref, token, state, at, fault, reason, retry, price, played, coalesce(delivery_id, '')`

	oldEarly = `
delete from early
where arrived < $1`
)

func (t *Tx) keepEarly(account ngo.AccountID, n StatusNews) error {
	person, err := t.knownAs(n.To)
	if err != nil {
		return err
	}
	rows, err := t.exec("keep early news", insertEarly, string(account), string(n.Ref), n.Token, orNull(person), string(n.State), ngo.Stamp(n.At), n.Fault, n.Reason,
		boolInt(n.Retry), n.Price, boolInt(n.Played), t.stamp(), orNull(n.Delivery))
	if err != nil || rows > 0 || person == "" {
		return err
	}
	return t.toldOf(person, n.Delivery) // it was told before
}

func scanEarly(s scanner) (n StatusNews, err error) {
	return n, s.Scan(&n.Ref, &n.Token, &n.State, at(&n.At), &n.Fault, &n.Reason, &n.Retry, &n.Price, &n.Played, &n.Delivery)
}

const selectKnownAs = `
select person_id
from identity
where kind = $1 and value = $2
order by person_id
limit 1`

// knownAs gives somebody who is known by one of these, if there is anybody.
func (t *Tx) knownAs(known []ngo.Identity) (ngo.PersonID, error) {
	for _, k := range known {
		found, err := all(t.w, "identities", scanOne[ngo.PersonID], selectKnownAs, string(k.Kind), k.Value)
		if err != nil || len(found) > 0 {
			return append(found, "")[0], err
		}
	}
	return "", nil
}

// catchUp applies what was told of a message before it was known by its ref, or before its fate was in doubt.
func (t *Tx) catchUp(m ngo.Message, o Outcome) error {
	account := m.Account
	if o.Account != "" {
		account = o.Account
	}
	var early []StatusNews
	var err error
	switch {
	case o.Ref != "":
		early, err = all(t.w, "early news", scanEarly, takeEarly, string(account), string(o.Ref))
	case o.State == ngo.MessageUncertain:
		early, err = all(t.w, "early news", scanEarly, takeEarlyByToken, string(account), string(m.ID))
	}
	if err != nil {
		return err
	}
	for _, n := range early {
		now, err := t.Message(m.ID)
		if err != nil {
			return err
		}
		if err := t.mentioned(m.ID, n.Delivery); err != nil {
			return err
		}
		if err := t.applyStatus(now, n); err != nil {
			return err
		}
	}
	return nil
}

// ForgetEarly drops news of messages that never were known: of somebody else's program, say.
func (t *Tx) ForgetEarly(before time.Time) (int, error) {
	n, err := t.exec("forget early news", oldEarly, ngo.Stamp(before))
	return int(n), err
}
