package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A watch prints messages as they come and as they move on.
type watch struct {
	c    *call
	s    session
	only ngo.ConversationID // empty is all
	from time.Time          // up to here everything was printed
	seen map[ngo.MessageID]ngo.MessageState
	name map[ngo.ConversationID]api.Conversation
}

// mostSeen bounds what a watch that runs for weeks remembers.
const mostSeen = 10_000

func conversationWatch(ctx context.Context, c *call, s session) error {
	w := &watch{c: c, s: s, only: ngo.ConversationID(c.arg(0)), from: time.Now(), seen: map[ngo.MessageID]ngo.MessageState{}, name: map[ngo.ConversationID]api.Conversation{}}
	if w.only != "" {
		if _, err := s.Thread(ctx, s.org, w.only, api.ListQuery{Limit: 1}); err != nil {
			return err
		}
	}
	c.note("Waiting for messages; Ctrl-C ends it.")
	err := s.Follow(ctx, s.org, func(e api.Event) error { return w.event(ctx, e) }, func(err error) {
		if err != nil {
			c.note("The daemon does not answer; trying again.")
		}
	})
	if ctx.Err() != nil {
		return outcome(exitInterrupted)
	}
	return err
}

func (w *watch) event(ctx context.Context, e api.Event) error {
	switch e.Kind {
	case api.Resync:
		return w.catchUp(ctx)
	case "message":
		m, err := w.s.Message(ctx, w.s.org, ngo.MessageID(e.Subject))
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

// catchUp prints what came while nobody listened.
func (w *watch) catchUp(ctx context.Context) error {
	q := api.ConversationQuery{State: "any"}
	page, err := w.s.Conversations(ctx, w.s.org, q)
	if err != nil {
		return err
	}
	for _, v := range page.Items {
		if v.Last.Before(w.from) {
			continue
		}
		thread, err := w.s.Thread(ctx, w.s.org, v.ID, api.ListQuery{})
		if err != nil {
			return err
		}
		for _, m := range thread.Messages {
			if !m.Created.Before(w.from) {
				if err := w.print(ctx, m); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// print prints a message that is new, or that has moved on.
func (w *watch) print(ctx context.Context, m ngo.Message) error {
	if w.only != "" && m.Conversation != w.only {
		return nil
	}
	was, known := w.seen[m.ID]
	if known && was == m.State {
		return nil
	}
	if len(w.seen) >= mostSeen {
		clear(w.seen)
	}
	w.seen[m.ID] = m.State
	if m.Created.After(w.from) {
		w.from = m.Created
	}
	if w.c.format == forMachines {
		return w.line(m)
	}
	v, err := w.conversation(ctx, m.Conversation)
	if err != nil {
		return err
	}
	if w.c.format == forPipes {
		_, err := fmt.Fprintln(w.c.term.out, strings.Join([]string{m.At.UTC().Format(time.RFC3339), string(m.Conversation), string(m.Direction),
			string(m.State), ngo.Printable(who(v, m)), ngo.Printable(m.Said()), string(m.ID)}, "\t"))
		return err
	}
	var b strings.Builder
	if known {
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
	thread, err := w.s.Thread(ctx, w.s.org, id, api.ListQuery{Limit: 1})
	if err != nil {
		return api.Conversation{}, err
	}
	if len(w.name) >= mostSeen {
		clear(w.name)
	}
	w.name[id] = thread.Conversation
	return thread.Conversation, nil
}
