package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A watch prints messages as they come and as they move on.
type watch struct {
	c     *call
	s     session
	only  ngo.ConversationID // empty is all
	seen  map[ngo.MessageID]ngo.MessageState
	since ngo.MessageID // whatever was recorded after it and is not in seen is new
	name  map[ngo.ConversationID]api.Conversation
}

// newsPage is so few because a mail can be long.
const newsPage = 100

// mostSeen bounds what a watch that runs for weeks remembers.
const mostSeen = 10_000

func conversationWatch(ctx context.Context, c *call, s session) error {
	w := &watch{c: c, s: s, only: ngo.ConversationID(c.arg(0)), seen: map[ngo.MessageID]ngo.MessageState{}, name: map[ngo.ConversationID]api.Conversation{}}
	err := w.begin(ctx)
	if err == nil {
		c.note("Waiting for messages; Ctrl-C ends it.")
		err = s.Follow(ctx, s.org, func(e api.Event) error { return w.event(ctx, e) }, w.stale)
	}
	if ctx.Err() != nil {
		return outcome(exitInterrupted)
	}
	return err
}

func (w *watch) stale(err error) {
	if err != nil {
		w.c.note("The daemon does not answer; trying again.")
	}
}

// begin notes what there is already, before anything is followed: what comes between the two is then new.
func (w *watch) begin(ctx context.Context) error {
	if w.only != "" {
		if _, err := w.s.Thread(ctx, w.s.org, w.only, api.ListQuery{Limit: 1}); err != nil {
			return err
		}
	}
	page, err := w.messages(ctx, "")
	if err != nil {
		return err
	}
	for _, m := range page.Items {
		w.seen[m.ID] = m.State
	}
	w.since = ngo.MessageID(page.Next)
	return nil
}

func (w *watch) event(ctx context.Context, e api.Event) error {
	switch e.Kind {
	case api.Resync:
		return w.catchUp(ctx)
	case "message":
		m, err := insist(ctx, w, func() (ngo.Message, error) { return w.s.Message(ctx, w.s.org, ngo.MessageID(e.Subject)) })
		if ngo.CodeOf(err) == ngo.NotFound || err == nil && m.Conversation == "" {
			return nil // a mail with a receipt, or one that was erased meanwhile
		}
		if err != nil {
			return err
		}
		return w.print(ctx, m)
	}
	return nil
}

// catchUp prints what came and what moved on while nobody listened, by the order in which it was recorded: a provider may deliver late
// what was written long before. Messages that moved on are looked for as far back as the watch remembers.
func (w *watch) catchUp(ctx context.Context) error {
	var news []ngo.Message
	for after := ""; ; {
		page, err := w.messages(ctx, after)
		if err != nil {
			return err
		}
		for _, m := range page.Items {
			if m.ID > w.since && !w.knows(m) {
				news = append(news, m)
			}
		}
		if after = page.Next; after == "" || ngo.MessageID(after) <= w.since {
			break
		}
	}
	for _, m := range slices.Backward(news) {
		if err := w.print(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (w *watch) messages(ctx context.Context, after string) (api.Page[ngo.Message], error) {
	return insist(ctx, w, func() (api.Page[ngo.Message], error) {
		return w.s.Messages(ctx, w.s.org, api.ListQuery{Limit: newsPage, After: after})
	})
}

// insist reads again what could not be read for now. An event that was let go would not come again.
func insist[T any](ctx context.Context, w *watch, read func() (T, error)) (T, error) {
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		out, err := read()
		if err == nil || ngo.Permanent(err) || ctx.Err() != nil {
			return out, err
		}
		w.stale(err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return out, ctx.Err()
		}
	}
}

// longPause is how long a watch waits at most before it reads again.
const longPause = 30 * time.Second

func (w *watch) knows(m ngo.Message) bool {
	was, known := w.seen[m.ID]
	return known && was == m.State
}

// keep remembers what was printed, and of too much the newer half.
func (w *watch) keep(m ngo.Message) {
	w.seen[m.ID] = m.State
	if len(w.seen) <= mostSeen {
		return
	}
	ids := slices.Sorted(maps.Keys(w.seen))
	w.since = ids[mostSeen/2]
	for _, id := range ids[:mostSeen/2] {
		delete(w.seen, id)
	}
}

// print prints a message that is new, or that has moved on.
func (w *watch) print(ctx context.Context, m ngo.Message) error {
	if w.knows(m) {
		return nil
	}
	if w.only == "" || m.Conversation == w.only {
		if err := w.show(ctx, m); err != nil {
			return err
		}
	}
	w.keep(m)
	return nil
}

func (w *watch) show(ctx context.Context, m ngo.Message) error {
	if w.c.format == forMachines {
		return w.line(m)
	}
	v, err := w.conversation(ctx, m.Conversation)
	if ngo.CodeOf(err) == ngo.NotFound {
		return nil // it was erased meanwhile
	}
	if err != nil {
		return err
	}
	if w.c.format == forPipes {
		_, err := fmt.Fprintln(w.c.term.out, strings.Join([]string{m.At.UTC().Format(time.RFC3339), string(m.Conversation), string(m.Direction),
			string(m.State), ngo.Printable(who(v, m)), ngo.Printable(m.Said()), string(m.ID)}, "\t"))
		return err
	}
	var b strings.Builder
	if _, known := w.seen[m.ID]; known {
		fmt.Fprintf(&b, "%s  %s: %s %s\n", shown(time.Now(), w.c.zone), ngo.Printable(conversationName(v)), cmp.Or(m.Fate(time.Now()), string(m.State)), ngo.Printable(m.Reason))
	} else {
		fmt.Fprintf(&b, "\n%s", ngo.Printable(v.Channel+" · "+conversationName(v)+" · "+string(v.ID)))
		w.c.bubble(&b, v, m)
	}
	_, err = io.WriteString(w.c.term.out, b.String())
	return err
}

// line prints a message as one line of JSON, or what --jq makes of it.
func (w *watch) line(m ngo.Message) error {
	if w.c.filter != nil {
		return w.c.filtered(success{OK: true, Data: m, Meta: struct{}{}})
	}
	text, err := encode(m, false)
	if err != nil {
		return err
	}
	_, err = w.c.term.out.Write(text)
	return err
}

// conversation gives the thread of a message, as it was when it was first seen: names rarely change.
func (w *watch) conversation(ctx context.Context, id ngo.ConversationID) (api.Conversation, error) {
	if v, ok := w.name[id]; ok {
		return v, nil
	}
	thread, err := insist(ctx, w, func() (api.Thread, error) { return w.s.Thread(ctx, w.s.org, id, api.ListQuery{Limit: 1}) })
	if err != nil {
		return api.Conversation{}, err
	}
	if len(w.name) >= mostSeen {
		clear(w.name)
	}
	w.name[id] = thread.Conversation
	return thread.Conversation, nil
}
