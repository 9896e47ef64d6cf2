package apiserver

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// most of a person's other threads that come with one.
const mostOthers = 10

type conversationsIn struct {
	OrgPath
	PageQuery
	State   string `query:"state" enum:"open,snoozed,closed,any" doc:"Open and snoozed when empty."`
	Channel string `query:"channel" maxLength:"100" doc:"Name or id of a channel."`
	Person  string `query:"person" maxLength:"100" doc:"Id of a person; threads of those joined with them count."`
	Sort    string `query:"sort" enum:"waiting,window" doc:"Who has waited longest first, or whose window shuts soonest; newest first when empty."`
	Waiting bool   `query:"waiting" doc:"Only those that somebody has to answer."`
}

// conversations lists threads. Each comes with how long it may be written into, so that nobody has to open one to see.
func (s *Server) conversations(ctx context.Context, in *conversationsIn) (*page[api.Conversation], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var q store.ConversationQuery
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		q, err = in.query(rx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if q.Sort == store.SortWindow {
		return s.closing(ctx, o, q)
	}
	items, next, err := s.listed(ctx, o, q)
	return newPage(items, next), err
}

// listed gives one page.
func (s *Server) listed(ctx context.Context, o *org.Org, q store.ConversationQuery) (items []api.Conversation, next string, err error) {
	var all seen
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		rows, after, err := rx.Conversations(q)
		if err != nil {
			return err
		}
		next = after
		all, err = look(rx, rows)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	items, err = s.views(ctx, o, all)
	return items, next, err
}

// mostPages bounds how many pages are read for one of closing; a page may then be short, and the next goes on.
const mostPages = 8

// closing lists those threads that have a window which is open, the soonest shut first.
func (s *Server) closing(ctx context.Context, o *org.Org, q store.ConversationQuery) (*page[api.Conversation], error) {
	all, err := o.Channels(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c org.Channel) bool { return windowOf(c.Account) == 0 })
	if len(all) == 0 {
		return newPage[api.Conversation](nil, ""), nil
	}
	if len(all) == 1 && q.Account == "" {
		q.Account = all[0].Info.ID // then nothing is read that is left out
	}
	longest := time.Duration(0)
	for _, c := range all {
		longest = max(longest, windowOf(c.Account))
	}
	q.Since = s.o.Now().Add(-longest)
	var out []api.Conversation
	limit := q.Limit
	for range mostPages {
		items, next, err := s.listed(ctx, o, q)
		if err != nil {
			return nil, err
		}
		for _, c := range items {
			if c.Window != nil && c.Window.Open {
				out = append(out, c)
			}
		}
		q.After, q.Limit = next, limit-len(out)
		if next == "" || q.Limit <= 0 {
			break
		}
	}
	return newPage(out, q.After), nil
}

// windowOf is how long a member of staff may write freely; 0 where that has no end.
func windowOf(a channel.Account) time.Duration {
	w, ok := a.(channel.Windowed)
	if !ok {
		return 0
	}
	return max(w.Window().Free, w.Window().Human)
}

func (in *conversationsIn) query(rx *store.Rx) (store.ConversationQuery, error) {
	q := store.ConversationQuery{ListQuery: in.list(), State: ngo.ConversationState(in.State), Waiting: in.Waiting, Sort: in.Sort}
	if in.Channel != "" {
		var err error
		if q.Account, err = findChannel(rx, in.Channel); err != nil {
			return q, err
		}
	}
	if in.Person != "" {
		root, err := rx.RootOf(ngo.PersonID(in.Person))
		if err != nil {
			return q, err
		}
		q.Person = root
	}
	return q, nil
}

// findChannel takes a name, or the id of a channel, also of one that was removed.
func findChannel(rx *store.Rx, nameOrID string) (ngo.AccountID, error) {
	if id, err := ngo.ParseID[ngo.AccountID](nameOrID); err == nil {
		return id, nil
	}
	a, err := rx.Account(ngo.Channel, nameOrID)
	return a.ID, err
}

// seen is conversations with what was read of their people in the same snapshot.
type seen struct {
	rows   []ngo.Conversation
	people map[ngo.PersonID]store.Persona
}

// look reads who the people of conversations are by now.
func look(rx *store.Rx, rows []ngo.Conversation) (seen, error) {
	ids := make([]ngo.PersonID, 0, len(rows))
	for _, c := range rows {
		if c.Person != "" {
			ids = append(ids, c.Person)
		}
	}
	people, err := rx.Personas(ids)
	return seen{rows, people}, err
}

// views shows conversations as lists do.
func (s *Server) views(ctx context.Context, o *org.Org, all seen) ([]api.Conversation, error) {
	lines := lines{}
	out := make([]api.Conversation, 0, len(all.rows))
	for _, c := range all.rows {
		l, err := lines.of(ctx, o, c.Account)
		if err != nil {
			return nil, err
		}
		p := all.people[c.Person]
		v := api.Conversation{
			Conversation: c, Channel: l.info.Name, Driver: l.info.Driver, PersonName: p.Name, Root: p.Root, Stopped: p.Stopped,
			Window: l.window(c, s.o.Now()),
		}
		v.PersonName = cmp.Or(v.PersonName, c.Name, c.Address.Stranger())
		out = append(out, v)
	}
	return out, nil
}

func (s *Server) view(ctx context.Context, o *org.Org, one seen) (api.Conversation, error) {
	all, err := s.views(ctx, o, one)
	if err != nil {
		return api.Conversation{}, err
	}
	return all[0], nil
}

// line is a channel as conversations need it. What cannot be opened any more has no account.
type line struct {
	info    ngo.Account
	account channel.Account
	err     error // why it cannot be opened
}

// lines are the channels that were looked up for one request.
type lines map[ngo.AccountID]line

func (l lines) of(ctx context.Context, o *org.Org, id ngo.AccountID) (line, error) {
	if known, ok := l[id]; ok {
		return known, nil
	}
	info, account, err := o.ChannelByID(ctx, id)
	if _, ours := errors.AsType[*ngo.Error](err); err != nil && !ours {
		return line{}, err
	}
	l[id] = line{info, account, err}
	return l[id], nil
}

// window tells how long a person may be written to by a member of staff; nil where that has no end.
func (l line) window(c ngo.Conversation, now time.Time) *api.Window {
	long := windowOf(l.account)
	if long == 0 {
		return nil
	}
	out := &api.Window{}
	if c.LastIn != nil {
		until := c.LastIn.Add(long)
		out.Open, out.Until = now.Before(until), &until
	}
	return out
}

type threadIn struct {
	IDPath
	PageQuery
}

// thread does not mark anything as read: that somebody looked is not that somebody saw to it.
func (s *Server) thread(ctx context.Context, in *threadIn) (*answer[api.Thread], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	out := api.Thread{Messages: []ngo.Message{}}
	var all seen
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		c, err := rx.Conversation(ngo.ConversationID(in.ID))
		if err != nil {
			return err
		}
		said, next, err := rx.Thread(c.ID, in.list())
		if err != nil {
			return err
		}
		out.Messages, out.Next = append(out.Messages, said...), next
		others, err := othersOf(rx, c)
		if err != nil {
			return err
		}
		all, err = look(rx, append([]ngo.Conversation{c}, others...))
		return err
	})
	if err != nil {
		return nil, err
	}
	views, err := s.views(ctx, o, all)
	if err != nil {
		return nil, err
	}
	out.Conversation, out.Others = views[0], views[1:]
	l, err := (lines{}).of(ctx, o, views[0].Account)
	if err != nil {
		return nil, err
	}
	out.Free, err = s.freeReplies(ctx, o, l, all.rows[0])
	return &answer[api.Thread]{out}, err
}

// othersOf gives the other threads of a conversation's person, whoever they were joined with.
func othersOf(rx *store.Rx, c ngo.Conversation) ([]ngo.Conversation, error) {
	if c.Person == "" {
		return nil, nil
	}
	root, err := rx.RootOf(c.Person)
	if err != nil {
		return nil, err
	}
	all, err := rx.ConversationsOf(root, mostOthers+1)
	if err != nil {
		return nil, err
	}
	var out []ngo.Conversation
	for _, other := range all {
		if other.ID != c.ID && len(out) < mostOthers {
			out = append(out, other)
		}
	}
	return out, nil
}

func (s *Server) message(ctx context.Context, in *IDPath) (*answer[ngo.Message], error) {
	return one(ctx, s, in.OrgPath, func(rx *store.Rx) (ngo.Message, error) { return spoken(rx, in.ID) })
}

// spoken gives a message of a conversation as it is by now; mail about gifts is read with them.
func spoken(rx *store.Rx, id string) (ngo.Message, error) {
	m, err := rx.MessageNow(ngo.MessageID(id))
	if err == nil && m.Conversation == "" {
		return m, &ngo.Error{Code: ngo.NotFound, Message: "there is no message " + ngo.Printable(id) + " in a conversation", Hint: "mail about a gift is shown with it: ngoctl donation show"}
	}
	return m, err
}

// move says where a conversation is to stand.
type move struct {
	State string `json:"state" enum:"open,snoozed,closed"`
}

func (s *Server) moveConversation(ctx context.Context, in *idBody[move]) (*answer[api.Moved], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var all seen
	var act ngo.Act
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error {
		id := ngo.ConversationID(in.ID)
		if act, err = tx.MoveConversation(id, ngo.ConversationState(in.Body.State)); err != nil {
			return err
		}
		c, err := tx.Conversation(id)
		if err != nil {
			return err
		}
		all, err = look(&tx.Rx, []ngo.Conversation{c})
		return err
	})
	if err != nil {
		return nil, err
	}
	v, err := s.view(ctx, o, all)
	return &answer[api.Moved]{api.Moved{Conversation: v, Act: act}}, err
}
