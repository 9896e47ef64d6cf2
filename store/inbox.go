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

// ConversationQuery asks for conversations; an empty field means any, but for State.
type ConversationQuery struct {
	ListQuery
	State   ngo.ConversationState // empty is open and put off; StateAny is all
	Account ngo.AccountID
	Person  ngo.PersonID // whoever was joined to them too
	Waiting bool         // only those that somebody has to answer
	Sort    string       // SortWaiting, SortWindow; empty is the newest first
	Since   time.Time    // of SortWindow: only of those who wrote later, since the windows of others are shut; a week when zero
}

// StateAny asks for conversations of every state.
const StateAny ngo.ConversationState = "any"

// In which order ConversationQuery can ask for them.
const (
	SortWaiting = "waiting" // the longest first
	SortWindow  = "window"  // who wrote longest ago first, and that is whose window shuts soonest
)

const (
	conversationFilter = `
  and ($3 = '' or c.account_id = $3)
  and ($4 = '' or c.state = $4)
  and ($5 = 0 or c.waiting is not null)`

	newestFirst = `
order by c.last_at desc, c.id desc
limit $6`

	activeConversations = `
select c.id, c.last_at as at
from conversation c
where c.state <> 'closed' and (c.last_at, c.id) < ($1, $2)` + conversationFilter + newestFirst

	closedConversations = `
select c.id, c.last_at as at
from conversation c
where c.state = 'closed' and (c.last_at, c.id) < ($1, $2)` + conversationFilter + newestFirst

	snoozedConversations = `
select c.id, c.last_at as at
from conversation c
where c.state = 'snoozed' and (c.last_at, c.id) < ($1, $2)` + conversationFilter + newestFirst

	anyConversations = `
select o.id, o.at
from (` + activeConversations + `) as o
union all
select d.id, d.at
from (` + closedConversations + `) as d`

	// conversationsOfPerson sorts: one person has few.
	conversationsOfPerson = `
select c.id, c.last_at as at
from conversation c
where c.person_id in (` + personGroup + `) and ($8 = 1 or c.state <> 'closed') and (c.last_at, c.id) < ($1, $2)` + conversationFilter + newestFirst

	// personGroup is who was joined to a person, and of a part nobody else.
	personGroup = `select p.id from person p where p.id = $7 or p.root = $7`

	waitingConversations = `
select c.id, c.waiting as at
from conversation c
where c.waiting is not null and c.state <> 'closed' and (c.waiting, c.id) > ($1, $2)` + conversationFilter + `
order by c.waiting, c.id
limit $6`

	// windowConversations sorts those that were active since: whoever wrote since is among them.
	windowConversations = `
select c.id, c.last_in as at
from conversation c
where c.last_at > $7 and c.last_in > $7 and c.state <> 'closed' and (c.last_in, c.id) > ($1, $2)` + conversationFilter + `
order by c.last_in, c.id
limit $6`

	// Where few have what is asked for, the lists above would be walked to their end: these take the few, and sort. The indexes
	// that have the order are of states in other words than stand here, so that none of them is walked.
	fewConversations = `
select c.id, c.last_at as at
from conversation c
where c.account_id = $3 and ($7 = 1 or c.state in ('open', 'snoozed')) and (c.last_at, c.id) < ($1, $2)` + conversationFilter + newestFirst

	fewWaitLongest = `
select c.id, c.waiting as at
from conversation c
where c.account_id = $3 and c.waiting is not null and c.state in ('open', 'snoozed') and (c.waiting, c.id) > ($1, $2)` + conversationFilter + `
order by c.waiting, c.id
limit $6`

	fewWait = `
with waits as materialized (
  select c.id, c.last_at as at
  from conversation c
  where c.waiting > '' and c.state <> 'closed'` + conversationFilter + `
  order by c.waiting
)
select w.id, w.at
from waits w
where (w.at, w.id) < ($1, $2)
order by w.at desc, w.id desc
limit $6`

	// listed has what a list shows of conversations, with the newest message of each.
	listed = `
select ` + threadColumns + `, k.at,
  case when c.failed = 0 then 0 else (select count(*) from message u where u.conversation_id = c.id and u.state = 'uncertain') end,
  coalesce(m.direction, ''), coalesce(m.account_id, ''), coalesce(m.ref, ''), coalesce(m.person_id, ''),
  coalesce(m.id, ''), coalesce(substr(m.text, 1, 400), ''), coalesce(m.subject, ''), coalesce(m.what, ''), coalesce(substr(m.more, 1, 4000), ''),
  coalesce((select case when a.name = '' and a.state in ('wanted', 'kept') then '[' || a.kind || ']' else a.name end from attachment a where a.message_id = m.id and a.place = 0), '')
from (`

	listedBehind = `) as k
join conversation c on c.id = k.id
left join message m on m.id = c.newest_id
order by k.at `
)

const (
	listActive   = listed + activeConversations + listedBehind + `desc, c.id desc limit $6`
	listClosed   = listed + closedConversations + listedBehind + `desc, c.id desc limit $6`
	listSnoozed  = listed + snoozedConversations + listedBehind + `desc, c.id desc limit $6`
	listAny      = listed + anyConversations + listedBehind + `desc, c.id desc limit $6`
	listOfPerson = listed + conversationsOfPerson + listedBehind + `desc, c.id desc limit $6`
	listWaiting  = listed + waitingConversations + listedBehind + `, c.id limit $6`
	listWindow   = listed + windowConversations + listedBehind + `, c.id limit $6`

	listFew            = listed + fewConversations + listedBehind + `desc, c.id desc limit $6`
	listFewWaitLongest = listed + fewWaitLongest + listedBehind + `, c.id limit $6`
	listFewWait        = listed + fewWait + listedBehind + `desc, c.id desc limit $6`

	ofAccount = `
select count(*)
from (select 1 from conversation where account_id = $1 limit $2)`

	thatWait = `
select count(*)
from (select 1 from conversation where waiting is not null and state <> 'closed' limit $1)`
)

// mostFew is how many threads are read and sorted rather than looked for among all.
const mostFew = 1000

// byTime are the lists that show the newest first.
var byTime = []string{listActive, listClosed, listSnoozed, listAny}

// longestWindow is as long as any provider lets somebody answer freely.
const longestWindow = 7 * 24 * time.Hour

// shown is a conversation as lists show it, with its newest message.
type shown struct {
	thread
	key        time.Time
	last       ngo.Message
	attachment string
}

func scanShown(s scanner) (c shown, err error) {
	var more string
	err = s.Scan(append(c.fields(), at(&c.key), &c.Uncertain, &c.last.Direction, &c.last.Account, &c.last.Ref, &c.last.Person, &c.last.ID, &c.last.Text, &c.last.Subject,
		&c.last.What, &more, &c.attachment)...)
	if json.Valid([]byte(more)) {
		c.last.More = json.RawMessage(more)
	}
	c.last.Conversation = c.ID
	return c, err
}

// placeKey is where a page of a thread or of conversations ends: an instant and an id.
func placeKey(at time.Time, id string) string { return ngo.Stamp(at) + "." + id }

// placeAfter takes a placeKey apart; without one it is behind everything, or before it.
func placeAfter(key string, descending bool) (at, id string, err error) {
	if key == "" && descending {
		return pastAnyID, pastAnyID, nil
	}
	if key == "" {
		return "", "", nil
	}
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", "", &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q is not where a page ended", ngo.Printable(key)), Hint: "take it from the page before"}
	}
	return key[:i], key[i+1:], nil
}

// Conversations lists conversations. It fails with Invalid for a state or an order that there is not.
func (r *Rx) Conversations(q ConversationQuery) (items []ngo.Conversation, next string, err error) {
	query, descending, err := q.query()
	if err != nil {
		return nil, "", err
	}
	if query, err = r.few(q, query); err != nil {
		return nil, "", err
	}
	at, id, err := placeAfter(q.After, descending)
	if err != nil {
		return nil, "", err
	}
	state := q.State
	if state == StateAny {
		state = ""
	}
	limit := q.limit()
	args := []any{at, id, string(q.Account), string(state), boolInt(q.Waiting), limit + 1}
	closed := boolInt(q.State == StateAny || q.State == ngo.ConversationClosed)
	switch {
	case q.Person != "":
		args = append(args, string(q.Person), closed)
	case query == listFew:
		args = append(args, closed)
	case q.Sort == SortWindow:
		if q.Since.IsZero() {
			q.Since = r.org.now().Add(-longestWindow)
		}
		args = append(args, ngo.Stamp(q.Since))
	}
	found, err := all(r.conn, "conversations", scanShown, query, args...)
	if err != nil {
		return nil, "", err
	}
	if len(found) > limit {
		found = found[:limit]
		next = placeKey(found[limit-1].key, string(found[limit-1].ID))
	}
	items, err = r.show(found)
	return items, next, err
}

// query gives the statement, in the words that the index needs by which it goes.
func (q ConversationQuery) query() (query string, descending bool, err error) {
	switch q.State {
	case "", StateAny, ngo.ConversationOpen, ngo.ConversationSnoozed, ngo.ConversationClosed:
	default:
		return "", false, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("no conversation is %q", ngo.Printable(string(q.State))), Hint: "open, snoozed, closed or any"}
	}
	switch {
	case q.Sort != "" && q.Sort != SortWaiting && q.Sort != SortWindow:
		return "", false, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("conversations are not sorted by %q", ngo.Printable(q.Sort)), Hint: "waiting or window; the newest come first without"}
	case q.Person != "":
		return listOfPerson, true, nil
	case q.Sort == SortWaiting:
		return listWaiting, false, nil
	case q.Sort == SortWindow:
		return listWindow, false, nil
	case q.State == StateAny:
		return listAny, true, nil
	case q.State == ngo.ConversationClosed:
		return listClosed, true, nil
	case q.State == ngo.ConversationSnoozed:
		return listSnoozed, true, nil
	}
	return listActive, true, nil
}

// few gives the statement for a list of which few threads are, else the one that walks along it.
func (r *Rx) few(q ConversationQuery, usual string) (string, error) {
	ways := []struct {
		right    bool
		query    string
		count    string
		narrowed []any
	}{
		{q.Waiting && (usual == listActive || usual == listSnoozed), listFewWait, thatWait, nil},
		{q.Account != "" && usual == listWaiting, listFewWaitLongest, ofAccount, []any{string(q.Account)}},
		{q.Account != "" && slices.Contains(byTime, usual), listFew, ofAccount, []any{string(q.Account)}},
	}
	for _, w := range ways {
		if !w.right {
			continue
		}
		n, err := get(r.conn, "conversations", "to be counted", scanOne[int], w.count, append(w.narrowed, mostFew+1)...)
		if err != nil || n <= mostFew {
			return w.query, err
		}
	}
	return usual, nil
}

// ConversationsOf gives the conversations of a person and of those who were joined to them, the newest first.
func (r *Rx) ConversationsOf(person ngo.PersonID, limit int) ([]ngo.Conversation, error) {
	items, _, err := r.Conversations(ConversationQuery{ListQuery: ListQuery{Limit: limit}, State: StateAny, Person: person})
	return items, err
}

const (
	showOne = listed + `
select c.id, c.last_at as at
from conversation c
where c.id = $1` + listedBehind + `limit 1`

	showByToken = listed + `
select c.id, c.last_at as at
from conversation c
where c.token = $1 and c.token <> ''` + listedBehind + `limit 1`
)

// Conversation gives one conversation.
func (r *Rx) Conversation(id ngo.ConversationID) (ngo.Conversation, error) {
	return r.showOne(string(id), showOne, string(id))
}

// ConversationByToken gives the conversation into which a token of ours lets somebody write.
func (r *Rx) ConversationByToken(token string) (ngo.Conversation, error) {
	return r.showOne("with this token", showByToken, strings.ToLower(token))
}

func (r *Rx) showOne(what, query string, arg string) (ngo.Conversation, error) {
	c, err := get(r.conn, "conversation", what, scanShown, query, arg)
	if err != nil {
		return ngo.Conversation{}, err
	}
	out, err := r.show([]shown{c})
	if err != nil {
		return ngo.Conversation{}, err
	}
	return out[0], nil
}

// show gives conversations the beginning of their newest message, as it is now.
func (r *Rx) show(found []shown) ([]ngo.Conversation, error) {
	last := make([]ngo.Message, len(found))
	for i, c := range found {
		last[i] = c.last
	}
	if err := r.rippling(last); err != nil {
		return nil, err
	}
	out := make([]ngo.Conversation, len(found))
	for i, c := range found {
		out[i] = c.Conversation
		out[i].Mine = last[i].Direction == ngo.Out
		out[i].Snippet = snippet(last[i], c.attachment)
	}
	return out, nil
}

const mostSnippet = 200

// snippet is the beginning of what a message says, or else of what it carries, in one line.
func snippet(m ngo.Message, attachment string) string {
	if m.Revoked != nil {
		return ngo.TakenBack
	}
	text := cmp.Or(m.Text, m.Extra().Beginning())
	oneLine := ngo.Printable(strings.Join(strings.Fields(cmp.Or(text, attachment, m.Subject)), " "))
	return cut(strings.TrimSpace(oneLine), mostSnippet)
}

const listThread = `
select ` + messageColumns + `, quoting
from message
where conversation_id = $1 and (at, id) < ($2, $3)
order by at desc, id desc
limit $4`

type threadMessage struct {
	ngo.Message
	quoting ngo.Ref
}

func scanThreadMessage(s scanner) (m threadMessage, err error) {
	return m, scanMessageAnd(s, &m.Message, &m.quoting)
}

// Thread gives a page of a conversation, the newest first, each page with the oldest message first: with attachments, as they are
// after what came about them. The key it gives is of the page before.
func (r *Rx) Thread(id ngo.ConversationID, q ListQuery) (items []ngo.Message, next string, err error) {
	at, last, err := placeAfter(q.After, true)
	if err != nil {
		return nil, "", err
	}
	key := func(m threadMessage) string { return placeKey(m.At, string(m.ID)) }
	found, next, err := page(r.conn, "messages of a conversation", q, scanThreadMessage, key, listThread, string(id), at, last)
	if err != nil {
		return nil, "", err
	}
	if err := r.resolveQuotes(found); err != nil {
		return nil, "", err
	}
	for _, m := range slices.Backward(found) {
		items = append(items, m.Message)
	}
	if err := r.addAttached(items); err != nil {
		return nil, "", err
	}
	return items, next, r.rippling(items)
}

var listQuoted = `
select ref, id
from message
where account_id = ` + afterKeys + ` and ref in (` + someKeys + `) and (direction = 'in' or echo = 1)
union all
select ref, id
from message
where account_id = ` + afterKeys + ` and ref in (` + someKeys + `) and direction = 'out' and echo = 0 and ref <> ''`

// resolveQuotes finds the messages that were quoted before they came.
func (r *Rx) resolveQuotes(page []threadMessage) error {
	open := slices.DeleteFunc(slices.Clone(page), func(m threadMessage) bool { return m.quoting == "" })
	type quoted struct {
		ref ngo.Ref
		id  ngo.MessageID
	}
	for some := range slices.Chunk(open, atOnce) {
		var refs []ngo.Ref
		for _, m := range some {
			refs = append(refs, m.quoting)
		}
		scan := func(s scanner) (n quoted, err error) { return n, s.Scan(&n.ref, &n.id) }
		found, err := all(r.conn, "quoted messages", scan, listQuoted, append(keysFor(refs), string(some[0].Account))...)
		if err != nil {
			return err
		}
		for i := range page {
			for _, n := range found {
				if page[i].quoting == n.ref && n.ref != "" {
					page[i].Quotes = n.id
				}
			}
		}
	}
	return nil
}
