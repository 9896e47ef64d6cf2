package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// NewIncoming is a message that came, or one of ours that was sent from elsewhere (Echo). What is for others, and what changes a
// message, is none: see NewRipple.
type NewIncoming struct {
	Account ngo.AccountID
	Line    ngo.Ref
	Ref     ngo.Ref // the provider's id, of which an account has one each; never empty
	Kind    ngo.ConversationKind
	Group   ngo.Ref      // of a group
	Person  ngo.PersonID // who wrote it, or to whom an echo went: as they are known there, whoever they were joined with
	Address ngo.Identity // to whom an answer goes
	Name    string       // as they call themselves
	At      time.Time    // as the provider dates it; zero is now, and so is what is dated more than a day ahead
	Came    time.Time    // of those with one date the first that came stands first; zero is now
	Place   int          // and of those that came together, the first of these

	Echo   bool
	Author string // who of ours sent an echo, when that is told
	Quiet  bool   // nobody waits for an answer: a machine wrote it, or another program has the conversation
	Renews bool   // from now on one may write freely again for a while

	What, Subject, Text string
	More                ngo.Extra
	Masked              bool
	Attachments         []NewAttachment
	ReplyTo             []ngo.Ref // what it answers or quotes, the nearest first

	// Again says a message without a number in it that is never kept where what was said before is about that; nil for one in which
	// there is none, or which can be told by itself.
	Again func(*NewIncoming)

	// What only mail has.
	Aliases []ngo.Ref // its Message-IDs
	Tokens  []string  // of ours, which it was addressed to or quotes: anybody can write one who has seen it
	Topic   string    // the subject without what mail programs put before it
	Answers bool      // whether one of those was a word for an answer

	Delivery ngo.DeliveryID // which brought it
}

// Heard is what became of a message that came.
type Heard struct {
	Conversation ngo.Conversation // without a snippet
	Message      ngo.MessageID
	Added        bool // false: it was there before, and nothing was changed
	Opened       bool // the conversation is new
	Reopened     bool // it was closed or put off
	Stranger     bool // somebody else than the conversation's person wrote it: nothing is to answer it by itself
}

const (
	mostAhead = 24 * time.Hour // a clock may be wrong by as much, and is believed
	topicFor  = 14 * 24 * time.Hour
)

// Hear adds a message to its conversation, once, however often and in whatever order it is told. It makes the conversation when
// there is none, opens it again when it was closed or put off, and leaves the jobs that fetch attachments. It fails with Invalid for a
// message without a ref, and for one of a chat with nobody.
func (t *Tx) Hear(n NewIncoming) (Heard, error) {
	if n.Ref == "" || n.Kind == ngo.Chat && n.Person == "" {
		return Heard{}, &ngo.Error{Code: ngo.Invalid, Message: "a message that came has an id of the provider's, and in a chat somebody's"}
	}
	if n.At = instant(n.At); n.At.IsZero() || n.At.After(t.now.Add(mostAhead)) {
		n.At = t.now
	}
	p, err := t.placeFor(&n)
	if err != nil {
		return Heard{}, err
	}
	if !p.ok || n.Echo {
		if was, ok, err := t.heardBefore(n); err != nil || ok {
			return was, err
		}
	}
	c := p.thread
	if !p.ok {
		if c, err = t.openThread(n.conversation(), n.At); err != nil {
			return Heard{}, err
		}
	}
	h := Heard{Opened: !p.ok, Stranger: p.stranger, Added: true}
	if p.stranger {
		n.doubt(c)
	}
	if err := t.reconsider(&n, c.ID, p.quotes); err != nil {
		return h, err
	}
	m, added, err := t.addHeard(n, &c, p.quotes)
	if err != nil {
		return h, err
	}
	if !added {
		was, _, err := t.heardBefore(n)
		return was, err
	}
	if p.adopts != "" {
		if err := t.adopt(p.adopts, c.ID); err != nil {
			return h, err
		}
	}
	wants := m.Direction == ngo.In && !n.Quiet
	if err := t.said(&c, &m, wants, n.Renews); err != nil {
		return h, err
	}
	if wants && c.State != ngo.ConversationOpen {
		h.Reopened, c.State, c.act = true, ngo.ConversationOpen, ""
	}
	if err := t.saveThread(&c); err != nil {
		return h, err
	}
	err = t.callWriter(&c, n, m, p.stranger)
	h.Conversation, h.Message = c.Conversation, m.ID
	return h, err
}

func (n *NewIncoming) conversation() NewConversation {
	return NewConversation{Account: n.Account, Line: n.Line, Kind: n.Kind, Group: n.Group, Person: n.Person, Address: n.Address, Name: n.Name,
		Subject: n.Subject, Topic: n.Topic}
}

// doubt notes on a message that somebody else wrote it than the person whose conversation it is. It renews nothing.
func (n *NewIncoming) doubt(c thread) {
	n.Renews = false
	n.More.Doubt = strings.TrimSpace("It was written by somebody else than " + firstOf(c.Name, c.Address.Value) + ". " + n.More.Doubt)
}

func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return "the person whose thread this is"
}

// callWriter notes how a person calls themselves now, and where an answer goes, by the newest that they wrote.
func (t *Tx) callWriter(c *thread, n NewIncoming, m ngo.Message, stranger bool) error {
	if stranger || n.Echo || n.Kind == ngo.Group || c.newest != m.ID {
		return nil
	}
	address, name := c.Address, c.Name
	if n.Address.Value != "" {
		address = ngo.Identity{Kind: n.Address.Kind, Value: n.Address.Value}
	}
	if n.Name != "" {
		name = n.Name
	}
	if address == c.Address && name == c.Name {
		return nil
	}
	c.Address, c.Name = address, name
	return t.saveAddress(c)
}

// place is where a message belongs.
type place struct {
	thread
	ok       bool // there is one
	stranger bool
	quotes   ngo.MessageID // the message that it answers
	adopts   ngo.MessageID // a mail of ours that has no conversation yet: this one begins with it
}

func (t *Tx) placeFor(n *NewIncoming) (p place, err error) {
	if n.Kind == ngo.Mail {
		return t.placeOfMail(n)
	}
	if p.thread, p.ok, err = t.placeOf(n.conversation()); err != nil || !p.ok || len(n.ReplyTo) == 0 {
		return p, err
	}
	quoted, err := t.MessageByRef(n.Account, n.ReplyTo[0])
	if ngo.CodeOf(err) == ngo.NotFound {
		return p, nil
	}
	if quoted.Conversation == p.ID {
		p.quotes = quoted.ID
	}
	return p, err
}

// placeOfMail looks for the mails that a mail answers or that answer it, then for a token of ours, then, when it names neither, for
// a mail of the same person with the same subject.
func (t *Tx) placeOfMail(n *NewIncoming) (p place, err error) {
	known, err := t.relatives(n)
	if err != nil {
		return p, err
	}
	p.quotes = quoted(n.ReplyTo, known)
	for _, k := range known {
		if k.conversation != "" {
			p.thread, err = t.thread(k.conversation)
			p.ok = err == nil
			return t.whose(p, n.Person, err)
		}
	}
	for _, token := range n.Tokens[:min(len(n.Tokens), mostTokens)] {
		if p.thread, p.ok, err = t.maybeThread(selectByToken, strings.ToLower(token)); err != nil || p.ok {
			return t.whose(p, n.Person, err)
		}
	}
	for _, k := range known {
		same, err := t.sameAs(k.person, n.Person)
		if err != nil {
			return p, err
		}
		if same {
			p.adopts = k.message
			return p, nil
		}
	}
	p.quotes = ""
	if len(n.ReplyTo) > 0 || !n.Answers || n.Person == "" || n.Topic == "" {
		return p, nil
	}
	p.thread, p.ok, err = t.maybeThread(selectByTopic, string(n.Person), foldTopic(n.Topic), string(n.Account), ngo.Stamp(n.At.Add(-topicFor)), ngo.Stamp(n.At.Add(topicFor)))
	return p, err
}

// How much of what a stranger lists is looked at.
const (
	mostRefs   = 40
	mostNames  = atOnce - mostRefs
	mostTokens = 4
)

var selectRelatives = `
select a.ref, a.refers, m.id, coalesce(m.conversation_id, ''), coalesce(m.person_id, '')
from alias a
join message m on m.id = a.message_id
where a.ref in (` + someKeys + `)
order by a.refers, m.at desc, m.id desc
limit 100`

// relative is a mail that another one names, or that names one which it names.
type relative struct {
	ref          ngo.Ref
	refers       bool
	message      ngo.MessageID
	conversation ngo.ConversationID
	person       ngo.PersonID
}

func scanRelative(s scanner) (r relative, err error) {
	return r, s.Scan(&r.ref, &r.refers, &r.message, &r.conversation, &r.person)
}

// relatives gives the mails of the thread that a mail belongs to, those that it names first and the nearest of them before the others.
func (t *Tx) relatives(n *NewIncoming) ([]relative, error) {
	refs := slices.Concat(n.ReplyTo[:min(len(n.ReplyTo), mostRefs)], n.Aliases[:min(len(n.Aliases), mostNames)])
	if len(refs) == 0 {
		return nil, nil
	}
	found, err := all(t.w, "mails of a thread", scanRelative, selectRelatives, keysFor(refs)...)
	near := func(r relative) int { return boolInt(r.refers)*len(refs) + slices.Index(refs, r.ref) }
	slices.SortStableFunc(found, func(a, b relative) int { return cmp.Compare(near(a), near(b)) })
	return found, err
}

// quoted gives the mail itself that a mail answers, if it is here.
func quoted(refs []ngo.Ref, known []relative) ngo.MessageID {
	if i := slices.IndexFunc(known, func(r relative) bool { return !r.refers && slices.Contains(refs, r.ref) }); i >= 0 {
		return known[i].message
	}
	return ""
}

const selectByTopic = `
select ` + threadColumns + `
from conversation c
where c.person_id = $1 and c.topic = $2 and c.topic <> '' and c.kind = 'mail' and c.account_id = $3 and c.last_at >= $4 and c.last_at <= $5
order by c.last_at desc
limit 1`

// whose tells whether a person writes into a conversation of somebody else's.
func (t *Tx) whose(p place, writer ngo.PersonID, err error) (place, error) {
	if err != nil {
		return p, err
	}
	same, err := t.sameAs(p.Person, writer)
	p.stranger = !same
	return p, err
}

// sameAs tells whether two persons are one, as far as that is known.
func (t *Tx) sameAs(a, b ngo.PersonID) (bool, error) {
	if a == b || a == "" || b == "" {
		return a != "" && a == b, nil
	}
	one, err := t.RootOf(a)
	if err != nil {
		return false, err
	}
	other, err := t.RootOf(b)
	return one == other, err
}

// heardBefore finds a message that is told again; an echo also when it is of one that was sent from here.
func (t *Tx) heardBefore(n NewIncoming) (h Heard, ok bool, err error) {
	m, err := t.MessageByRef(n.Account, n.Ref)
	if ngo.CodeOf(err) == ngo.NotFound {
		return h, false, nil
	}
	if err == nil {
		err = t.mentioned(m.ID, n.Delivery)
	}
	if err != nil || m.Conversation == "" {
		return Heard{Message: m.ID}, true, err
	}
	c, err := t.thread(m.Conversation)
	return Heard{Message: m.ID, Conversation: c.Conversation}, true, err
}

const insertHeard = `
insert into message (id, account_id, person_id, recipient, state, reason, ref, created, sent, kind, conversation_id, direction, at, line, what, subject,
  text, more, author, echo, wants, renews, quotes, quoting, masked, delivery_id)
values ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
on conflict do nothing`

// addHeard inserts the message; false when it is there already. The trail has the delivery that brought it.
func (t *Tx) addHeard(n NewIncoming, c *thread, quotes ngo.MessageID) (m ngo.Message, added bool, err error) {
	m = ngo.Message{ID: t.heardID(n), Kind: ngo.MessageIncoming, Direction: ngo.In, State: ngo.MessageReceived, At: n.At}
	var sent *time.Time
	if n.Echo {
		m.Kind, m.Direction, m.State, sent = ngo.MessageText, ngo.Out, ngo.MessageSent, &n.At
	}
	quoting := ngo.Ref("")
	if quotes == "" && len(n.ReplyTo) > 0 && n.Kind != ngo.Mail {
		quoting = n.ReplyTo[0]
	}
	more, err := extra(n.More)
	if err != nil {
		return m, false, err
	}
	recipient := ""
	if n.Echo {
		recipient = n.Address.Value
	}
	rows, err := t.exec("add message", insertHeard, string(m.ID), string(n.Account), orNull(n.Person), recipient, string(m.State), string(n.Ref), t.stamp(),
		stampOf(sent), string(m.Kind), string(c.ID), string(m.Direction), ngo.Stamp(m.At), string(n.Line), n.What, n.Subject, n.Text, more, n.Author,
		boolInt(n.Echo), boolInt(!n.Quiet && !n.Echo), boolInt(n.Renews), orNull(quotes), string(quoting), boolInt(n.Masked), orNull(n.Delivery))
	if err != nil || rows == 0 {
		return m, false, err
	}
	t.count("message", string(m.State), 1)
	t.changed("message", string(m.ID))
	if err := t.nameMail(n, m.ID); err != nil {
		return m, true, err
	}
	return m, true, t.addAttachments(m.ID, n.Attachments)
}

// nameMail notes by what a mail is known, and what it names: that may come after it.
func (t *Tx) nameMail(n NewIncoming, id ngo.MessageID) error {
	if n.Kind != ngo.Mail {
		return nil
	}
	var names []any
	add := func(ref ngo.Ref, refers bool) { names = append(names, string(ref), string(id), boolInt(refers)) }
	for _, ref := range n.Aliases[:min(len(n.Aliases), mostNames)] {
		add(ref, false)
	}
	for _, ref := range n.ReplyTo[:min(len(n.ReplyTo), mostRefs)] {
		add(ref, true)
	}
	for len(names) > 0 {
		rows, query := insertAliases.fitting(len(names) / insertAliases.columns)
		if _, err := t.exec("add names of a mail", query, names[:rows*insertAliases.columns]...); err != nil {
			return err
		}
		names = names[rows*insertAliases.columns:]
	}
	return nil
}

// extra writes what a message carries besides; nothing for nothing.
func extra(e ngo.Extra) (string, error) {
	out, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("write what a message carries: %w", err)
	}
	if string(out) == "{}" {
		return "", nil
	}
	return string(out), nil
}

// heardID orders messages that a provider dates to the same second, in whatever order they are worked on.
func (t *Tx) heardID(n NewIncoming) ngo.MessageID {
	if n.Came.IsZero() {
		return t.nextMessageID()
	}
	return ngo.NewIDAt[ngo.MessageID](n.Came, n.Place)
}

// nextMessageID orders messages that were added in the same millisecond. Under load it runs ahead of the clock.
func (t *Tx) nextMessageID() ngo.MessageID {
	now := t.now.UnixMilli()
	for {
		last := t.org.tick.Load()
		next := max(now, last+1)
		if t.org.tick.CompareAndSwap(last, next) {
			return ngo.NewID[ngo.MessageID](time.UnixMilli(next))
		}
	}
}

const adoptMessage = `
update message
set conversation_id = $2
where id = $1 and conversation_id is null`

// adopt puts a mail that was sent by itself, such as a receipt, into the conversation that an answer to it began.
func (t *Tx) adopt(id ngo.MessageID, c ngo.ConversationID) error {
	_, err := t.exec("adopt message", adoptMessage, string(id), string(c))
	t.changed("message", string(id))
	return err
}
