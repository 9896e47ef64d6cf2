package store

import (
	"encoding/json"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// NewReply is something to be written into a conversation.
type NewReply struct {
	Conversation ngo.ConversationID
	Kind         ngo.MessageKind // MessageText, MessageTemplate, MessageAuto or MessageNote; or what a receipt goes by
	Text         string          // what it says, or, of a template, what it reads like
	Subject      string
	More         ngo.Extra
	Masked       bool
	Quotes       ngo.MessageID
	Author       string    // who of ours wrote it
	Due          time.Time // until then it can be pulled back; zero is now
	Key          string    // the caller's own: one conversation has one message of each
	Attachments  []NewAttachment
	Donation     ngo.DonationID
	Receipt      ngo.ReceiptID
}

const insertReply = `
insert into message (id, account_id, receipt_id, person_id, recipient, state, reason, created, kind, donation_id, conversation_id, direction, at, line,
  subject, text, more, author, quotes, due, masked, key)
values ($1, $2, $3, $4, $5, $6, '', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
on conflict do nothing`

// AddReply writes into a conversation, behind all that was said, and leaves the job that sends it unless it is a note. With a key
// that the conversation has seen it gives the message that was written then, and says false. A text or a template answers those
// that wait. It fails with NotFound, and with Invalid when it quotes a message of another conversation.
func (t *Tx) AddReply(n NewReply) (m ngo.Message, added bool, err error) {
	c, err := t.thread(n.Conversation)
	if err != nil {
		return m, false, err
	}
	if was, ok, err := t.repeated(n); err != nil || ok {
		return was, false, err
	}
	if c.Address.Value == "" && n.Kind != ngo.MessageNote {
		return m, false, &ngo.Error{Code: ngo.Conflict, Message: "there is no address to which an answer would go", Hint: "a group cannot be answered from here, nor somebody who was erased"}
	}
	if n.Quotes != "" {
		quoted, err := t.Message(n.Quotes)
		if err != nil {
			return m, false, err
		}
		if quoted.Conversation != c.ID {
			return m, false, &ngo.Error{Code: ngo.Invalid, Message: "message " + string(n.Quotes) + " is of another conversation", Hint: "quote one of this conversation"}
		}
	}
	more, err := extra(n.More)
	if err != nil {
		return m, false, err
	}
	m = n.message(c, t)
	if more != "" {
		m.More = json.RawMessage(more)
	}
	if _, err := t.exec("add reply", insertReply, string(m.ID), string(m.Account), orNull(m.Receipt), orNull(m.Person), m.Recipient, string(m.State), t.stamp(), string(m.Kind),
		orNull(m.Donation), string(c.ID), string(m.Direction), ngo.Stamp(m.At), string(m.Line), m.Subject, m.Text, more, m.Author, orNull(m.Quotes), stampOf(m.Due),
		boolInt(m.Masked), n.Key); err != nil {
		return m, false, err
	}
	if err := t.addAttachments(m.ID, n.Attachments); err != nil {
		return m, false, err
	}
	t.audit("message.queue", string(m.ID), nil, facts{{"kind", string(m.Kind)}, {"conversation", string(c.ID)}, {"author", m.Author}, {"text", personal(m.Text)}})
	t.count("message", string(m.State), 1)
	t.changed("message", string(m.ID))
	if m.Direction == ngo.Note {
		t.changed("conversation", string(c.ID))
		return m, true, nil
	}
	if answers(m.Kind) {
		c.seen = &t.now // whoever wrote it has seen what it answers, also when it does not go
	}
	if err := t.said(&c, &m, false, false); err != nil {
		return m, false, err
	}
	if err := t.saveThread(&c); err != nil {
		return m, false, err
	}
	delay := time.Duration(0)
	if m.Due != nil {
		delay = m.Due.Sub(t.now)
	}
	return m, true, t.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(m.ID), delay)
}

// message is the reply as it stands in the conversation: behind what whoever wrote it has seen, also when the provider's clock is ahead.
func (n NewReply) message(c thread, t *Tx) ngo.Message {
	m := ngo.Message{ID: t.nextMessageID(), Kind: n.Kind, Donation: n.Donation, Account: c.Account, Receipt: n.Receipt, Person: c.Person, Recipient: c.Address.Value,
		State: ngo.MessageQueued, Created: t.now, Conversation: c.ID, Direction: ngo.Out, Line: c.Line, At: t.now, Subject: n.Subject, Text: n.Text,
		Author: n.Author, Quotes: n.Quotes, Masked: n.Masked}
	if n.Kind == ngo.MessageNote {
		m.Direction, m.State, m.Recipient = ngo.Note, ngo.MessageReceived, ""
	}
	if c.newest != "" && !m.At.After(c.Last) {
		m.At = c.Last.Add(time.Millisecond)
	}
	if due := instant(n.Due); m.Direction == ngo.Out && due.After(t.now) {
		m.Due = &due
	}
	return m
}

const selectByKey = `
select ` + messageColumns + `
from message
where conversation_id = $1 and key = $2 and key <> ''`

func (t *Tx) repeated(n NewReply) (m ngo.Message, ok bool, err error) {
	if n.Key == "" {
		return m, false, nil
	}
	found, err := all(t.w, "messages", scanMessage, selectByKey, string(n.Conversation), n.Key)
	if err != nil || len(found) == 0 {
		return m, false, err
	}
	return found[0], true, nil
}

const selectBacklog = `
select id
from message
where conversation_id = $1 and conversation_id is not null and state in ('queued', 'sending') and (at, id) < ($2, $3)
order by at, id
limit 1`

// Backlog tells whether an older message of the same conversation is still to go, and which: a later one waits for it. What has
// failed, or is in doubt, holds nothing up.
func (r *Rx) Backlog(m ngo.Message) (older ngo.MessageID, blocked bool, err error) {
	if m.Conversation == "" {
		return "", false, nil
	}
	found, err := all(r.conn, "backlog", scanOne[ngo.MessageID], selectBacklog, string(m.Conversation), ngo.Stamp(m.At), string(m.ID))
	if err != nil || len(found) == 0 {
		return "", false, err
	}
	return found[0], true, nil
}

// Withdraw pulls a message back that has not begun to leave. Doing so again changes nothing. It fails with Conflict once it has.
func (t *Tx) Withdraw(id ngo.MessageID) (ngo.Message, error) {
	m, err := t.Message(id)
	if err != nil || m.State == ngo.MessageWithdrawn {
		return m, err
	}
	if m.State != ngo.MessageQueued {
		return m, &ngo.Error{Code: ngo.Conflict, Message: "message " + string(id) + " is " + string(m.State) + " and cannot be pulled back", Hint: "write another one that puts it right"}
	}
	if err := t.SettleMessage(id, Outcome{State: ngo.MessageWithdrawn}); err != nil {
		return m, err
	}
	if m.Conversation != "" {
		if err := t.Follow(m.Conversation); err != nil {
			return m, err
		}
	}
	return t.Message(id)
}

const (
	requeue = `
update message
set ref = '',
    due = $2
where id = $1`

	dropParked = `
delete from goqite
where queue = $1
  and state = 'parked'
  and substr(cast(body as text), 26) = $2`
)

// RetryMessage has a message sent again that failed, or of which nobody knows, by a new job in the place of one that is parked. It
// fails with Conflict when it did neither, when trying again cannot help, and when nobody knows and sure, that it did not arrive, is
// false.
func (t *Tx) RetryMessage(id ngo.MessageID, sure bool) (ngo.Message, error) {
	m, err := t.Message(id)
	if err != nil {
		return m, err
	}
	conflict := func(message, hint string) (ngo.Message, error) {
		return m, &ngo.Error{Code: ngo.Conflict, Message: message, Hint: hint}
	}
	switch {
	case m.State == ngo.MessageUncertain && !sure:
		return conflict("nobody knows whether message "+string(id)+" arrived", "ask the recipient first; then say that you are sure that it did not")
	case m.State == ngo.MessageFailed && !m.Retry && m.Fault != "":
		return conflict("sending message "+string(id)+" again cannot help: "+m.Reason, "write another one")
	case m.State != ngo.MessageFailed && m.State != ngo.MessageUncertain:
		return conflict("message "+string(id)+" is "+string(m.State)+": there is nothing to send again", "")
	case m.Recipient == "":
		return conflict("nobody is known any more to whom message "+string(id)+" would go", "")
	}
	if err := t.SettleMessage(id, Outcome{State: ngo.MessageQueued}); err != nil {
		return m, err
	}
	if err := t.must("message", string(id), requeue, string(id), t.stamp()); err != nil {
		return m, err
	}
	parked, err := t.exec("drop job", dropParked, string(ngo.LaneOutbound), string(ngo.JobDeliver)+" "+string(id))
	if err != nil {
		return m, err
	}
	t.count("job", string(ngo.JobParked), -parked)
	if err := t.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(id), 0); err != nil {
		return m, err
	}
	return t.Message(id)
}

// MarkBounced notes that a message did not arrive after all, whatever was known of it.
func (t *Tx) MarkBounced(id ngo.MessageID, fault, reason string) error {
	m, err := t.Message(id)
	if err != nil || m.State == ngo.MessageFailed {
		return err
	}
	if m.Direction != ngo.Out || m.State == ngo.MessageQueued || m.State == ngo.MessageWithdrawn {
		return badMove("message", string(id), string(m.State), string(ngo.MessageFailed))
	}
	return t.settle(m, Outcome{State: ngo.MessageFailed, Reason: reason, Fault: fault}, t.now)
}

// countReply counts what providers give away a number of each month, by line.
func (t *Tx) countReply(m ngo.Message, sent time.Time) {
	if m.Conversation != "" && !m.Echo && (m.Kind == ngo.MessageText || m.Kind == ngo.MessageAuto) {
		t.count(sumReply, replyKey(m.Account, m.Line, sent.UTC().Format("2006-01")), 1)
	}
}

func replyKey(account ngo.AccountID, line ngo.Ref, month string) string {
	return string(account) + "|" + string(line) + "|" + month
}

const selectReplies = `
select count
from rollup
where kind = 'reply' and key = $1 and currency = ''`

// RepliesUsed tells how many replies a line has sent in a month, such as 2026-11, templates apart. Months are UTC's.
func (r *Rx) RepliesUsed(account ngo.AccountID, line ngo.Ref, month string) (int64, error) {
	found, err := all(r.conn, "replies", scanOne[int64], selectReplies, replyKey(account, line, month))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0], nil
}

// ChannelCounts is how a channel's messages stand.
type ChannelCounts struct {
	Waiting, Uncertain int64
	Failed             int64 // of the last week
	LastIn, LastOut    *time.Time
}

// selectCounts says twice in which states messages are, as its index needs it. Who wrote last is among those that were active last.
const selectCounts = `
select
  (select count(*) from message where account_id = $1 and state in ('queued', 'sending') and state in ('queued', 'sending', 'failed', 'uncertain')),
  (select count(*) from message where account_id = $1 and state = 'uncertain' and state in ('queued', 'sending', 'failed', 'uncertain')),
  (select count(*) from message where account_id = $1 and state = 'failed' and state in ('queued', 'sending', 'failed', 'uncertain') and id > $2),
  (select max(last_in) from (
    select last_in
    from (select c.last_in from conversation c where c.account_id = $1 and c.last_in is not null and c.state <> 'closed' order by c.last_at desc limit 100) as open
    union all
    select last_in
    from (select c.last_in from conversation c where c.account_id = $1 and c.state = 'closed' order by c.last_at desc limit 10) as done
  ) as heard),
  (select max(sent) from message where account_id = $1 and sent is not null)`

// ChannelCounts tells how the messages of a channel stand.
func (r *Rx) ChannelCounts(account ngo.AccountID) (ChannelCounts, error) {
	scan := func(s scanner) (c ChannelCounts, err error) {
		return c, s.Scan(&c.Waiting, &c.Uncertain, &c.Failed, maybeAt(&c.LastIn), maybeAt(&c.LastOut))
	}
	week := ngo.NewID[ngo.MessageID](r.org.now().Add(-7 * 24 * time.Hour))
	return get(r.conn, "channel", string(account), scan, selectCounts, string(account), string(week))
}
