package store

import (
	"encoding/json"
	"time"

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

const messageColumns = `id, coalesce(account_id, ''), coalesce(receipt_id, ''), coalesce(person_id, ''), recipient, state, reason, attempts, created, sent, kind,
  coalesce(donation_id, ''), coalesce(conversation_id, ''), direction, line, ref, at, what, subject, text, more, author, echo, coalesce(quotes, ''), due,
  fault, retry, masked`

func scanMessage(s scanner) (m ngo.Message, err error) { return m, scanMessageAnd(s, &m) }

// scanMessageAnd scans further columns behind those of a message.
func scanMessageAnd(s scanner, m *ngo.Message, behind ...any) error {
	var more string
	err := s.Scan(append([]any{&m.ID, &m.Account, &m.Receipt, &m.Person, &m.Recipient, &m.State, &m.Reason, &m.Attempts, at(&m.Created), maybeAt(&m.Sent),
		&m.Kind, &m.Donation, &m.Conversation, &m.Direction, &m.Line, &m.Ref, at(&m.At), &m.What, &m.Subject, &m.Text, &more, &m.Author, &m.Echo, &m.Quotes,
		maybeAt(&m.Due), &m.Fault, &m.Retry, &m.Masked}, behind...)...)
	if more != "" {
		m.More = json.RawMessage(more)
	}
	return err
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

// selectByRef has the words that the two indexes of refs need.
const selectByRef = `
select ` + messageColumns + `
from message
where account_id = $1 and ref = $2 and (direction = 'in' or echo = 1)
union all
select ` + messageColumns + `
from message
where account_id = $1 and ref = $2 and direction = 'out' and echo = 0 and ref <> ''`

// MessageByRef gives the message that an account's provider calls so.
func (r *Rx) MessageByRef(account ngo.AccountID, ref ngo.Ref) (ngo.Message, error) {
	found, err := all(r.conn, "messages", scanMessage, selectByRef, string(account), string(ref))
	if err != nil {
		return ngo.Message{}, err
	}
	if len(found) == 0 || ref == "" {
		return ngo.Message{}, notFound("message", string(ref))
	}
	return found[0], nil
}

var listByAlias = `
select ` + messageColumns + `
from message
where id in (select message_id from alias where refers = 0 and ref in (` + someKeys + `))
order by at desc, id desc
limit 100`

// MessageByAlias gives the messages that have one of these names, such as a Message-ID, the newest first. At most the first fifty
// names are looked for. Strangers may give a mail of theirs any name.
func (r *Rx) MessageByAlias(refs []ngo.Ref) ([]ngo.Message, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	return all(r.conn, "messages", scanMessage, listByAlias, keysFor(refs[:min(len(refs), atOnce)])...)
}

const listAliases = `
select ref
from alias
where message_id = $1 and refers = 0
order by ref`

// AliasesOf gives the other names of a message.
func (r *Rx) AliasesOf(id ngo.MessageID) ([]ngo.Ref, error) {
	return all(r.conn, "names of a message", scanOne[ngo.Ref], listAliases, string(id))
}

var insertAliases = newMultiRow(3, "insert into alias (ref, message_id, refers) values ", " on conflict do nothing")

// AddAlias notes another name of a message.
func (t *Tx) AddAlias(ref ngo.Ref, id ngo.MessageID) error {
	_, query := insertAliases.fitting(1)
	_, err := t.exec("add name of a message", query, string(ref), string(id), 0)
	return err
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
where id < $1 and direction = 'out' and ($2 = '' or state = $2)
order by id desc
limit $3`

	// listOpenMessages is the same for the states that somebody works on, in the words that its index needs. None that came in
	// is in them.
	listOpenMessages = `
select ` + messageColumns + `
from message
where id < $1 and state in ('queued', 'sending', 'failed', 'uncertain') and state = $2
order by id desc
limit $3`
)

// Messages lists what went out, or is to, the newest first.
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
    sent = coalesce(sent, $7),
    fault = $8,
    retry = $9
where id = $1`

// Outcome is what became of a message.
type Outcome struct {
	State   ngo.MessageState
	Reason  string        // in plain words
	Account ngo.AccountID // which took it; empty leaves it as it was
	Ref     ngo.Ref       // the provider's id, which empty leaves as it was
	Fault   string        // the provider's code, of one that did not go
	Retry   bool          // whether sending a failed one again can help
}

// MoveMessage is SettleMessage for what has no fault.
func (t *Tx) MoveMessage(id ngo.MessageID, state ngo.MessageState, reason string, account ngo.AccountID, ref ngo.Ref) error {
	return t.SettleMessage(id, Outcome{State: state, Reason: reason, Account: account, Ref: ref})
}

// SettleMessage brings a message to another state, or gives a queued one another reason to wait. What the provider told of it
// before it was known by this ref, or before its fate was in doubt, counts too. It fails with Conflict when the move is not
// allowed; the provider may have told more already than that it was sent, which stays then.
func (t *Tx) SettleMessage(id ngo.MessageID, o Outcome) error {
	m, err := t.Message(id)
	if err != nil {
		return err
	}
	switch {
	case m.State == o.State && o.State == ngo.MessageSending: // a try ended without a word
		return t.MayHaveLeft(id)
	case m.State == o.State && m.Reason == o.Reason:
		return nil
	case o.State == ngo.MessageSent && m.Conversation != "" && o.Ref != "" && newsRank[m.State] > newsRank[ngo.MessageSent]:
		o.State, o.Reason, o.Fault, o.Retry = m.State, m.Reason, m.Fault, m.Retry
	case m.State != o.State && !m.State.CanBecome(o.State):
		return badMove("message", string(id), string(m.State), string(o.State))
	}
	if err := t.settle(m, o, t.now); err != nil {
		return err
	}
	return t.catchUp(m, o)
}

// settle writes what became of a message, whether or not a sender would be allowed that.
func (t *Tx) settle(m ngo.Message, o Outcome, happened time.Time) error {
	tries, sent := 0, any(nil)
	if m.Recipient == "" && m.Direction == ngo.Out && !m.Echo && m.State != ngo.MessageQueued {
		o.Fault, o.Ref = "", "" // whom it went to was erased while it left, and these may tell of them
		if o.Reason != "" {
			o.Reason = "Whom it went to was erased meanwhile."
		}
	}
	switch o.State {
	case ngo.MessageSending:
		tries = 1
	case ngo.MessageSent, ngo.MessageDelivered, ngo.MessageRead:
		sent = ngo.Stamp(happened)
	}
	err := t.must("message", string(m.ID), moveMessage, string(m.ID), string(o.State), o.Reason, orNull(o.Account), orNull(o.Ref), tries, sent, o.Fault, boolInt(o.Retry))
	if err != nil {
		return err
	}
	if err := t.mailed(m, o.State); err != nil {
		return err
	}
	if o.State != m.State {
		t.audit("message."+string(o.State), string(m.ID), facts{{"state", string(m.State)}}, facts{{"reason", personal(o.Reason)}, {"account", string(o.Account)}})
		t.moved("message", string(m.State), string(o.State))
	}
	if sent != nil && m.Sent == nil {
		t.countReply(m, happened)
	}
	t.changed("message", string(m.ID))
	return t.became(m, o.State)
}
