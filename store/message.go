package store

import (
	"github.com/ngoctl/ngoctl/store/ngo"
)

const insertMessage = `
insert into message (id, account_id, receipt_id, person_id, recipient, state, reason, created, at, kind, donation_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)`

// AddMessage queues a message, one that carries a receipt unless it is of another kind. The job that sends it is the caller's
// to leave.
func (t *Tx) AddMessage(m ngo.Message) error {
	if m.Kind == "" {
		m.Kind = ngo.MessageReceipt
	}
	if m.ID == "" {
		m.ID = ngo.NewID[ngo.MessageID](t.now)
	}
	_, err := t.exec("add message", insertMessage, string(m.ID), orNull(m.Account), orNull(m.Receipt), orNull(m.Person), m.Recipient,
		string(ngo.MessageQueued), m.Reason, t.stamp(), string(m.Kind), orNull(m.Donation))
	if err != nil {
		return err
	}
	t.audit("message.queue", string(m.ID), nil, facts{{"kind", string(m.Kind)}, {"donation", string(m.Donation)}, {"receipt", string(m.Receipt)}, {"person", string(m.Person)}})
	t.count("message", string(ngo.MessageQueued), 1)
	t.changed("message", string(m.ID))
	return nil
}

const messageColumns = `id, coalesce(account_id, ''), coalesce(receipt_id, ''), coalesce(person_id, ''), recipient, state, reason, attempts, created, sent, kind, coalesce(donation_id, '')`

func scanMessage(s scanner) (m ngo.Message, err error) {
	return m, s.Scan(&m.ID, &m.Account, &m.Receipt, &m.Person, &m.Recipient, &m.State, &m.Reason, &m.Attempts, at(&m.Created), maybeAt(&m.Sent), &m.Kind, &m.Donation)
}

const (
	selectMessage = `
select ` + messageColumns + `
from message
where id = $1`

	messagesOf = `
select ` + messageColumns + `
from message
where receipt_id = $1
order by id`

	messagesFor = `
select ` + messageColumns + `
from message
where donation_id = $1
   or receipt_id in (select receipt.id from receipt where receipt.donation_id = $1)
order by created, id`
)

// Message gives one message.
func (r *Rx) Message(id ngo.MessageID) (ngo.Message, error) {
	return get(r.conn, "message", string(id), scanMessage, selectMessage, string(id))
}

// MessagesOf gives what was sent, or is to be sent, with a receipt, oldest first.
func (r *Rx) MessagesOf(receipt ngo.ReceiptID) ([]ngo.Message, error) {
	return all(r.conn, "messages", scanMessage, messagesOf, string(receipt))
}

// MessagesFor gives every message about a gift, by itself or by one of its receipts, oldest first.
func (r *Rx) MessagesFor(donation ngo.DonationID) ([]ngo.Message, error) {
	return all(r.conn, "messages", scanMessage, messagesFor, string(donation))
}

// askedElsewhere finds what went to an address about other gifts of a person that wait.
const askedElsewhere = `
select ` + messageColumns + `
from message
where donation_id in (
    select d.id
    from donation d
    where d.person_id = $1 and d.id <> $2 and d.state = 'waiting'
  )
  and recipient = $3
  and kind in ('ask', 'reminder')
  and state not in ('failed', 'withdrawn')
order by coalesce(sent, created) desc
limit 1`

// AskedElsewhere gives the last question or reminder that went, or is on its way, to the address about another gift of the same
// person that waits: its answer serves this gift too. It says false when there is none.
func (r *Rx) AskedElsewhere(d ngo.Donation, address string) (last ngo.Message, ok bool, err error) {
	if d.Person == "" {
		return last, false, nil
	}
	found, err := all(r.conn, "messages", scanMessage, askedElsewhere, string(d.Person), string(d.ID), address)
	if err != nil || len(found) == 0 {
		return last, false, err
	}
	return found[0], true, nil
}

// MessageQuery asks for messages, of one state unless it is empty.
type MessageQuery struct {
	ListQuery
	State ngo.MessageState
}

const (
	listMessages = `
select ` + messageColumns + `
from message
where id < $1 and ($2 = '' or state = $2)
order by id desc
limit $3`

	// listOpenMessages is the same for the states that somebody works on, in the words that its index needs.
	listOpenMessages = `
select ` + messageColumns + `
from message
where id < $1 and state in ('queued', 'sending', 'failed', 'uncertain') and state = $2
order by id desc
limit $3`
)

// Messages lists messages, the newest first.
func (r *Rx) Messages(q MessageQuery) (items []ngo.Message, next string, err error) {
	query := listMessages
	switch q.State {
	case ngo.MessageQueued, ngo.MessageSending, ngo.MessageFailed, ngo.MessageUncertain:
		query = listOpenMessages
	}
	key := func(m ngo.Message) string { return string(m.ID) }
	return page(r.conn, "messages", q.ListQuery, scanMessage, key, query, q.before(), string(q.State))
}

const moveMessage = `
update message
set state = $2,
    reason = $3,
    account_id = coalesce($4, account_id),
    ref = coalesce($5, ref),
    attempts = attempts + $6,
    sent = coalesce(sent, $7)
where id = $1`

// MoveMessage brings a message to another state, or gives a queued one another reason to wait. An account or a
// provider's id that is empty stays what it was. It fails with Conflict when the move is not allowed.
func (t *Tx) MoveMessage(id ngo.MessageID, state ngo.MessageState, reason string, account ngo.AccountID, ref ngo.Ref) error {
	m, err := t.Message(id)
	if err != nil {
		return err
	}
	if m.State == state && state == ngo.MessageSending { // a try ended without a word
		return t.MayHaveLeft(id)
	}
	if m.State == state && m.Reason == reason {
		return nil
	}
	if m.State != state && !m.State.CanBecome(state) {
		return badMove("message", string(id), string(m.State), string(state))
	}
	tries, sent := 0, any(nil)
	switch state {
	case ngo.MessageSending:
		tries = 1
	case ngo.MessageSent, ngo.MessageDelivered, ngo.MessageRead:
		sent = t.stamp()
	}
	if err := t.must("message", string(id), moveMessage, string(id), string(state), reason, orNull(account), orNull(ref), tries, sent); err != nil {
		return err
	}
	if err := t.mailed(m, state); err != nil {
		return err
	}
	if state != m.State {
		t.audit("message."+string(state), string(id), facts{{"state", string(m.State)}}, facts{{"reason", personal(reason)}, {"account", string(account)}})
		t.moved("message", string(m.State), string(state))
	}
	t.changed("message", string(id))
	return nil
}
