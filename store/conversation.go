package store

import (
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// thread is a conversation as it is worked on.
type thread struct {
	ngo.Conversation
	newest   ngo.MessageID // which lists show
	answered *time.Time    // when the newest message was said that counts as an answer
	settled  *time.Time    // what came until then was dealt with when the conversation was closed
	seen     *time.Time    // what came until then was looked at
	act      ngo.ActID
	was      threadBefore
}

// threadBefore is what of a conversation changes seldom, as it was read.
type threadBefore struct {
	state   ngo.ConversationState
	waiting any
	settled *time.Time
	failed  int
	act     ngo.ActID
}

const threadColumns = `c.id, c.account_id, c.line, c.kind, coalesce(c.person_id, ''), c.address_kind, c.address, c.name, c.subject, c.state, c.token, c.doubt,
  c.opened, c.last_at, c.last_in, c.waiting, c.unread, c.failed, coalesce(c.newest_id, ''), c.answered, c.settled, c.seen, c.act_id`

func scanThread(s scanner) (c thread, err error) {
	err = s.Scan(c.fields()...)
	c.was = c.before()
	return c, err
}

func (c *thread) before() threadBefore {
	return threadBefore{c.State, stampOf(c.Waiting), c.settled, c.Failed, c.act}
}

func (c *thread) fields() []any {
	return []any{&c.ID, &c.Account, &c.Line, &c.Kind, &c.Person, &c.Address.Kind, &c.Address.Value, &c.Name, &c.Subject, &c.State, &c.Token, &c.Doubt,
		at(&c.Opened), at(&c.Last), maybeAt(&c.LastIn), maybeAt(&c.Waiting), &c.Unread, &c.Failed, &c.newest, maybeAt(&c.answered), maybeAt(&c.settled),
		maybeAt(&c.seen), &c.act}
}

const (
	selectThread = `
select ` + threadColumns + `
from conversation c
where c.id = $1`

	selectChat = `
select ` + threadColumns + `
from conversation c
where c.account_id = $1 and c.line = $2 and c.person_id = $3 and c.kind = 'chat'`

	selectGroupThread = `
select ` + threadColumns + `
from conversation c
where c.account_id = $1 and c.group_ref = $2 and c.kind = 'group'`

	selectByToken = `
select ` + threadColumns + `
from conversation c
where c.token = $1 and c.token <> ''`
)

func (r *Rx) thread(id ngo.ConversationID) (thread, error) {
	return get(r.conn, "conversation", string(id), scanThread, selectThread, string(id))
}

// maybeThread gives the conversation that a query finds; false when it finds none.
func (r *Rx) maybeThread(query string, args ...any) (c thread, ok bool, err error) {
	found, err := all(r.conn, "conversations", scanThread, query, args...)
	if err != nil || len(found) == 0 {
		return c, false, err
	}
	return found[0], true, nil
}

const insertThread = `
insert into conversation (id, account_id, line, kind, person_id, group_ref, address_kind, address, name, subject, topic, token, opened, last_at, last_in)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`

// NewConversation is a conversation that is to begin.
type NewConversation struct {
	Account ngo.AccountID
	Line    ngo.Ref
	Kind    ngo.ConversationKind
	Group   ngo.Ref // of a group
	Person  ngo.PersonID
	Address ngo.Identity // to whom an answer goes
	Name    string
	Subject string
	Topic   string // the subject without what mail programs put before it
}

// OpenConversation gives the conversation of a chat or a group, and makes it when there is none; of mail it always makes one.
func (t *Tx) OpenConversation(n NewConversation) (c ngo.Conversation, added bool, err error) {
	found, ok, err := t.placeOf(n)
	if err != nil || ok {
		return found.Conversation, false, err
	}
	made, err := t.openThread(n, t.now)
	return made.Conversation, err == nil, err
}

// placeOf finds the one conversation that a chat or a group can have.
func (r *Rx) placeOf(n NewConversation) (c thread, ok bool, err error) {
	switch n.Kind {
	case ngo.Chat:
		return r.maybeThread(selectChat, string(n.Account), string(n.Line), string(n.Person))
	case ngo.Group:
		return r.maybeThread(selectGroupThread, string(n.Account), string(n.Group))
	}
	return c, false, nil
}

func (t *Tx) openThread(n NewConversation, last time.Time) (c thread, err error) {
	c.Conversation = ngo.Conversation{ID: ngo.NewID[ngo.ConversationID](t.now), Account: n.Account, Line: n.Line, Kind: n.Kind, Person: n.Person,
		Address: n.Address, Name: n.Name, State: ngo.ConversationOpen, Opened: t.now, Last: last}
	if n.Kind == ngo.Mail {
		c.Subject, c.Token = n.Subject, newReplyToken()
	}
	if n.Kind == ngo.Group {
		c.Person, c.Address, c.Name = "", ngo.Identity{}, "" // whoever wrote first is not the group
	}
	if c.LastIn, err = t.rippled(n); err != nil {
		return c, err
	}
	_, err = t.exec("open conversation", insertThread, string(c.ID), string(c.Account), string(c.Line), string(c.Kind), orNull(c.Person), string(n.Group),
		string(c.Address.Kind), c.Address.Value, c.Name, c.Subject, topicOf(n), c.Token, ngo.Stamp(c.Opened), ngo.Stamp(c.Last), stampOf(c.LastIn))
	if err != nil {
		return c, err
	}
	t.audit("conversation.open", string(c.ID), nil, facts{{"account", string(c.Account)}, {"kind", string(c.Kind)}, {"person", string(c.Person)}})
	t.changed("conversation", string(c.ID))
	return c, nil
}

func topicOf(n NewConversation) string {
	if n.Kind != ngo.Mail {
		return ""
	}
	return foldTopic(n.Topic)
}

// foldTopic makes subjects comparable that differ in case and spaces only.
func foldTopic(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// replyTokenBits is how much of a token nobody can guess: whoever has it can write into a thread.
const replyTokenBits = 120

// newReplyToken is in letters and digits that survive in the local part of an address, whatever is done to their case.
func newReplyToken() string {
	raw := make([]byte, replyTokenBits/8)
	rand.Read(raw)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw))
}

const (
	saveThread = `
update conversation
set last_at = $2,
    newest_id = $3,
    last_in = $4,
    answered = $5,
    waiting = $6,
    unread = $7,
    failed = $8,
    state = $9,
    settled = $10,
    seen = $11,
    act_id = $12
where id = $1`

	// saveNews leaves alone what most indexes are by.
	saveNews = `
update conversation
set last_at = $2,
    newest_id = $3,
    last_in = $4,
    answered = $5,
    unread = $6,
    seen = $7
where id = $1`

	saveAddress = `
update conversation
set address_kind = $2,
    address = $3,
    name = $4
where id = $1`
)

func (t *Tx) saveThread(c *thread) error {
	before := c.was
	if c.was = c.before(); c.was == before {
		err := t.must("conversation", string(c.ID), saveNews, string(c.ID), ngo.Stamp(c.Last), orNull(c.newest), stampOf(c.LastIn), stampOf(c.answered), c.Unread,
			stampOf(c.seen))
		if err == nil {
			t.stirred("conversation", string(c.ID))
		}
		return err
	}
	err := t.must("conversation", string(c.ID), saveThread, string(c.ID), ngo.Stamp(c.Last), orNull(c.newest), stampOf(c.LastIn), stampOf(c.answered),
		stampOf(c.Waiting), c.Unread, c.Failed, string(c.State), stampOf(c.settled), stampOf(c.seen), string(c.act))
	if err == nil {
		t.stirred("conversation", string(c.ID))
	}
	return err
}

func (t *Tx) saveAddress(c *thread) error {
	t.changed("conversation", string(c.ID))
	return t.must("conversation", string(c.ID), saveAddress, string(c.ID), string(c.Address.Kind), c.Address.Value, c.Name)
}

const (
	// newestOf and answeredOf walk back from the end of a thread.
	newestOf = `
select coalesce((
  select m.id
  from message m
  where m.conversation_id = $1 and m.direction <> 'note' and m.state <> 'withdrawn'
  order by m.at desc, m.id desc
  limit 1
), '')`

	answeredOf = `
select (
  select m.at
  from message m
  where m.conversation_id = $1 and m.direction = 'out' and m.kind in ('text', 'template') and m.state not in ('failed', 'withdrawn')
  order by m.at desc
  limit 1
)`

	// waitingOf looks at what was said since the last answer only.
	waitingOf = `
select min(case when m.created > $3 then m.at end), count(case when m.created > $3 and m.created > $4 then 1 end)
from message m
where m.conversation_id = $1 and m.at > $2 and m.direction = 'in' and m.wants = 1`
)

// scanMaybe scans an instant that may be null.
func scanMaybe(s scanner) (t *time.Time, err error) { return t, s.Scan(maybeAt(&t)) }

// recount works out afresh what follows from the messages: nobody need know in which order they came. answers tells that one
// which counted as an answer does so no more, or again.
func (t *Tx) recount(c *thread, answers bool) (err error) {
	if c.newest, err = scanOne[ngo.MessageID](t.w.QueryRow(newestOf, string(c.ID))); err != nil {
		return fmt.Errorf("newest message of %s: %w", c.ID, err)
	}
	if answers {
		if c.answered, err = scanMaybe(t.w.QueryRow(answeredOf, string(c.ID))); err != nil {
			return fmt.Errorf("last answer of %s: %w", c.ID, err)
		}
	}
	since := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return ngo.Stamp(*t)
	}
	c.Waiting, c.Unread = nil, 0
	row := t.w.QueryRow(waitingOf, string(c.ID), since(c.answered), since(c.settled), since(c.seen))
	if err := row.Scan(maybeAt(&c.Waiting), &c.Unread); err != nil {
		return fmt.Errorf("what waits in %s: %w", c.ID, err)
	}
	return nil
}

// said puts a message into its place in the conversation. What is newer than all the rest costs no look at that.
func (t *Tx) said(c *thread, m *ngo.Message, wants, renews bool) error {
	answer := m.Direction == ngo.Out && answers(m.Kind)
	last := m.At.After(c.Last) || m.At.Equal(c.Last) && m.ID > c.newest
	if renews && (c.LastIn == nil || m.At.After(*c.LastIn)) {
		c.LastIn = &m.At
	}
	if answer && (c.answered == nil || m.At.After(*c.answered)) {
		c.answered = &m.At
	}
	if !last {
		return t.recount(c, false)
	}
	c.Last, c.newest = m.At, m.ID
	switch {
	case answer:
		c.Waiting, c.Unread = nil, 0
	case wants && (c.answered == nil || m.At.After(*c.answered)):
		c.Waiting = cmp.Or(c.Waiting, &m.At)
		c.Unread++
	}
	return nil
}

// answers tells whether a message of ours is what somebody waits for. What goes out by itself is not.
func answers(k ngo.MessageKind) bool { return k == ngo.MessageText || k == ngo.MessageTemplate }

// amiss tells whether a message is to be looked at.
func amiss(s ngo.MessageState) bool { return s == ngo.MessageFailed || s == ngo.MessageUncertain }

// became brings a conversation up to date when a message of ours has moved.
func (t *Tx) became(m ngo.Message, to ngo.MessageState) error {
	if m.Conversation == "" {
		return nil
	}
	counts := func(s ngo.MessageState) bool { return s != ngo.MessageFailed && s != ngo.MessageWithdrawn }
	if amiss(m.State) == amiss(to) && counts(m.State) == counts(to) {
		return nil
	}
	c, err := t.thread(m.Conversation)
	if err != nil {
		return err
	}
	c.Failed = max(0, c.Failed+boolInt(amiss(to))-boolInt(amiss(m.State)))
	if counts(m.State) != counts(to) {
		if err := t.recount(&c, answers(m.Kind)); err != nil {
			return err
		}
	}
	if err := t.saveThread(&c); err != nil || c.State == ngo.ConversationOpen {
		return err
	}
	switch {
	case amiss(to) && !amiss(m.State) && answers(m.Kind):
		return t.reopen(c, m)
	case to == ngo.MessageWithdrawn:
		return t.unclose(c, m.ID)
	}
	return nil
}

// reopen opens a conversation at an answer that did not go, or of which nobody knows. What waited for the answer when the
// conversation was closed waits again. One with somebody who was erased meanwhile stays: it has no address to try again.
func (t *Tx) reopen(c thread, answer ngo.Message) error {
	if c.Address.Value == "" {
		return nil
	}
	now := movedConversation{Conversation: c.ID, State: c.State, Settled: c.settled}
	if c.State == ngo.ConversationClosed && c.act != "" {
		act, before, err := t.movedBy(c.act)
		if err != nil {
			return err
		}
		if !answer.Created.After(act.At) {
			c.settled = before.Settled
		}
	}
	_, err := t.moveThread(&c, ngo.ConversationOpen, now, "")
	return err
}

// unclose takes back that an answer closed a conversation, unless somebody, or a message that came, has moved it since.
func (t *Tx) unclose(c thread, answer ngo.MessageID) error {
	if c.State != ngo.ConversationClosed || c.act == "" {
		return nil
	}
	act, before, err := t.movedBy(c.act)
	if err != nil || before.Answer != answer {
		return err
	}
	_, err = t.Undo(act.ID)
	return err
}

// movedBy gives an act that moved a conversation, and how that was before.
func (t *Tx) movedBy(id ngo.ActID) (ngo.Act, movedConversation, error) {
	var before movedConversation
	act, err := t.Act(id)
	if err == nil {
		err = before.read(act)
	}
	return act, before, err
}

const setSeen = `
update conversation
set seen = $2,
    unread = 0
where id = $1`

// MarkRead says that what came into a conversation until now was seen. Where nothing was unread nobody need be told.
func (t *Tx) MarkRead(id ngo.ConversationID) error {
	c, err := t.thread(id)
	if err != nil {
		return err
	}
	if err := t.must("conversation", string(id), setSeen, string(id), t.stamp()); err != nil {
		return err
	}
	if c.Unread > 0 {
		t.changed("conversation", string(id))
	}
	return nil
}

// MoveConversation opens, snoozes or closes a conversation. Closing it deals with all that has come; the next message that wants
// an answer opens it again, and so does an answer of ours that does not go. It fails with Conflict when the move is not allowed.
func (t *Tx) MoveConversation(id ngo.ConversationID, to ngo.ConversationState) (ngo.Act, error) {
	return t.moveConversation(id, to, "")
}

// CloseWith closes the conversation of an answer. When the answer is pulled back that is undone, unless the conversation was
// moved since.
func (t *Tx) CloseWith(answer ngo.Message) (ngo.Act, error) {
	return t.moveConversation(answer.Conversation, ngo.ConversationClosed, answer.ID)
}

func (t *Tx) moveConversation(id ngo.ConversationID, to ngo.ConversationState, answer ngo.MessageID) (ngo.Act, error) {
	c, err := t.thread(id)
	if err != nil {
		return ngo.Act{}, err
	}
	if !c.State.CanBecome(to) {
		return ngo.Act{}, badMove("conversation", string(id), string(c.State), string(to))
	}
	before := movedConversation{Conversation: id, State: c.State, Settled: c.settled, Answer: answer}
	if to == ngo.ConversationClosed {
		c.settled = &t.now
	}
	return t.moveThread(&c, to, before, "")
}

// movedConversation is what undoing a move needs.
type movedConversation struct {
	Conversation ngo.ConversationID    `json:"conversation"`
	State        ngo.ConversationState `json:"state"`
	Settled      *time.Time            `json:"settled,omitempty"`
	Answer       ngo.MessageID         `json:"answer,omitempty"` // which closed it
}

func (m *movedConversation) read(a ngo.Act) error {
	if err := json.Unmarshal(a.Before, m); err != nil {
		return fmt.Errorf("undo act %s: %w", a.ID, err)
	}
	return nil
}

var conversationMoved = map[ngo.ConversationState]string{
	ngo.ConversationOpen: "opened a conversation", ngo.ConversationSnoozed: "put a conversation off", ngo.ConversationClosed: "closed a conversation",
}

func (t *Tx) moveThread(c *thread, to ngo.ConversationState, before movedConversation, undoes ngo.ActID) (ngo.Act, error) {
	text, _ := json.Marshal(before) // texts and times always have a JSON form
	act, err := t.addAct(ngo.Act{Kind: ngo.ActConversation, Title: conversationMoved[to], Undoes: undoes, Before: text})
	if err != nil {
		return act, err
	}
	was := c.State
	c.State, c.act = to, act.ID
	if err := t.recount(c, false); err != nil {
		return act, err
	}
	if err := t.saveThread(c); err != nil {
		return act, err
	}
	t.audit("conversation."+string(to), string(c.ID), facts{{"state", string(was)}}, facts{{"act", string(act.ID)}})
	return act, nil
}

func (t *Tx) undoConversation(done ngo.Act) (ngo.Act, error) {
	var before movedConversation
	if err := before.read(done); err != nil {
		return ngo.Act{}, err
	}
	c, err := t.thread(before.Conversation)
	if err != nil {
		return ngo.Act{}, err
	}
	if c.act != done.ID {
		return ngo.Act{}, changedSince("the conversation")
	}
	now := movedConversation{Conversation: c.ID, State: c.State, Settled: c.settled}
	c.settled = before.Settled
	return t.moveThread(&c, before.State, now, done.ID)
}

const setDoubt = `
update conversation
set doubt = $2
where id = $1`

// SetDoubt says, in plain words, why the other side may be somebody else; empty takes it back.
func (t *Tx) SetDoubt(id ngo.ConversationID, doubt string) error {
	if err := t.must("conversation", string(id), setDoubt, string(id), doubt); err != nil {
		return err
	}
	t.audit("conversation.doubt", string(id), nil, facts{{"doubt", personal(doubt)}})
	t.changed("conversation", string(id))
	return nil
}

const readdress = `
update conversation
set address_kind = $3,
    address = $4
where address_kind = $1 and address = $2 and person_id = $5
returning id`

// Readdress has answers go to another address wherever they went to the one that a person had.
func (t *Tx) Readdress(person ngo.PersonID, was, now ngo.Identity) error {
	moved, err := all(t.w, "conversations", scanOne[ngo.ConversationID], readdress, string(was.Kind), was.Value, string(now.Kind), now.Value, string(person))
	for _, id := range moved {
		t.changed("conversation", string(id))
	}
	return err
}
