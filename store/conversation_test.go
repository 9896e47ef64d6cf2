package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// talk is a conversation to which rapid does whatever comes to its mind, and what must have become of it.
type talk struct {
	*desk
	person  ngo.PersonID
	id      ngo.ConversationID
	n       int
	came    []said // what came, in the order in which it did
	went    []ngo.MessageID
	settled int // how many had come when it was closed
	seen    int
	state   ngo.ConversationState
	acts    []undoable
}

type said struct {
	at    time.Time
	wants bool
}

// undoable is a move, and how the conversation was before it.
type undoable struct {
	id      ngo.ActID
	answer  ngo.MessageID // which it goes back with
	state   ngo.ConversationState
	settled int
	went    int // how many of ours were written by then
}

func (k *talk) hear(t *rapid.T) {
	k.n++
	n := k.says(k.person, fmt.Sprint("wamid.", k.n), fmt.Sprint("text ", k.n), k.Now().Add(time.Duration(rapid.IntRange(-60, 5).Draw(t, "ago"))*time.Second))
	n.Quiet = rapid.IntRange(0, 4).Draw(t, "quiet") == 0
	h := k.desk.hear(n)
	k.id = h.Conversation.ID
	k.came = append(k.came, said{n.At, !n.Quiet})
	if !n.Quiet && k.state != ngo.ConversationOpen {
		k.state, k.acts = ngo.ConversationOpen, nil
	}
}

func (k *talk) echo(t *rapid.T) {
	k.n++
	n := k.says(k.person, fmt.Sprint("wamid.", k.n), fmt.Sprint("text ", k.n), k.Now().Add(time.Duration(rapid.IntRange(-60, 0).Draw(t, "ago"))*time.Second))
	n.Echo, n.Renews = true, false
	k.went = append(k.went, k.desk.hear(n).Message)
}

func (k *talk) write(t *rapid.T) {
	kind := rapid.SampledFrom([]ngo.MessageKind{ngo.MessageText, ngo.MessageText, ngo.MessageTemplate, ngo.MessageAuto, ngo.MessageNote}).Draw(t, "kind")
	k.do(func(tx *store.Tx) error {
		m, _, err := tx.AddReply(store.NewReply{Conversation: k.id, Kind: kind, Text: string(kind)})
		if kind != ngo.MessageNote {
			k.went = append(k.went, m.ID)
		}
		return err
	})
	if kind == ngo.MessageText || kind == ngo.MessageTemplate {
		k.seen = len(k.came)
	}
}

// send does what a sender does, or a provider tells; a refusal is as good as anything.
func (k *talk) send(t *rapid.T) {
	if len(k.went) == 0 {
		t.Skip("nothing went")
	}
	id := rapid.SampledFrom(k.went).Draw(t, "message")
	to := rapid.SampledFrom([]ngo.MessageState{ngo.MessageSending, ngo.MessageSent, ngo.MessageFailed, ngo.MessageUncertain, ngo.MessageWithdrawn, ngo.MessageQueued, ngo.MessageRead}).Draw(t, "to")
	told := rapid.Bool().Draw(t, "told")
	before := k.message(id)
	err := k.try(func(tx *store.Tx) error {
		switch {
		case to == ngo.MessageWithdrawn:
			_, err := tx.Withdraw(id)
			return err
		case to == ngo.MessageQueued:
			_, err := tx.RetryMessage(id, true)
			return err
		case told && (to == ngo.MessageSent || to == ngo.MessageFailed || to == ngo.MessageRead):
			_, err := tx.SetStatus(k.account, store.StatusNews{Token: string(id), State: to, Retry: true})
			return err
		}
		return tx.SettleMessage(id, store.Outcome{State: to, Retry: true})
	})
	if code := ngo.CodeOf(err); code != "" && code != ngo.Conflict {
		t.Fatal(err)
	}
	k.took(before, k.message(id))
}

func (k *talk) move(t *rapid.T) {
	to := rapid.SampledFrom([]ngo.ConversationState{ngo.ConversationOpen, ngo.ConversationSnoozed, ngo.ConversationClosed}).Draw(t, "to")
	if !k.state.CanBecome(to) {
		t.Skip("not allowed")
	}
	var act ngo.Act
	k.do(func(tx *store.Tx) (err error) { act, err = tx.MoveConversation(k.id, to); return err })
	k.moved(act, to, "")
}

func (k *talk) moved(act ngo.Act, to ngo.ConversationState, answer ngo.MessageID) {
	k.acts = []undoable{{act.ID, answer, k.state, k.settled, len(k.went)}}
	if k.state = to; to == ngo.ConversationClosed {
		k.settled = len(k.came)
	}
}

// finish answers and closes.
func (k *talk) finish(t *rapid.T) {
	if k.state == ngo.ConversationClosed {
		t.Skip("closed already")
	}
	var m ngo.Message
	var act ngo.Act
	k.do(func(tx *store.Tx) (err error) {
		if m, _, err = tx.AddReply(store.NewReply{Conversation: k.id, Kind: ngo.MessageText, Text: "done"}); err == nil {
			act, err = tx.CloseWith(m)
		}
		return err
	})
	k.went, k.seen = append(k.went, m.ID), len(k.came)
	k.moved(act, ngo.ConversationClosed, m.ID)
}

func (k *talk) message(id ngo.MessageID) ngo.Message {
	for _, m := range k.thread(k.id) {
		if m.ID == id {
			return m
		}
	}
	return ngo.Message{}
}

// took follows what an answer that did not go did to the conversation.
func (k *talk) took(was, now ngo.Message) {
	amiss := func(m ngo.Message) bool { return m.State == ngo.MessageFailed || m.State == ngo.MessageUncertain }
	answers := now.Kind == ngo.MessageText || now.Kind == ngo.MessageTemplate
	moved := len(k.acts) > 0
	switch {
	case k.state == ngo.ConversationOpen:
	case answers && amiss(now) && !amiss(was):
		if moved && k.state == ngo.ConversationClosed && slices.Contains(k.went[:k.acts[0].went], now.ID) {
			k.settled = k.acts[0].settled
		}
		k.state, k.acts = ngo.ConversationOpen, nil
	case moved && k.acts[0].answer == now.ID && now.State == ngo.MessageWithdrawn:
		k.state, k.settled, k.acts = k.acts[0].state, k.acts[0].settled, nil
	}
}

func (k *talk) undo(t *rapid.T) {
	if len(k.acts) == 0 {
		t.Skip("nothing to undo")
	}
	was, now := k.acts[0], undoable{state: k.state, settled: k.settled, went: len(k.went)}
	k.do(func(tx *store.Tx) error {
		act, err := tx.Undo(was.id)
		now.id = act.ID
		return err
	})
	k.state, k.settled, k.acts = was.state, was.settled, []undoable{now}
}

func (k *talk) look(*rapid.T) {
	k.do(func(tx *store.Tx) error { return tx.MarkRead(k.id) })
	k.seen = len(k.came)
}

// check compares the conversation with what its messages say.
func (k *talk) check(t *rapid.T) {
	c, thread := k.conversation(k.id), k.thread(k.id)
	var answered, last time.Time
	failed, uncertain := 0, 0
	for _, m := range thread {
		goes := m.State != ngo.MessageFailed && m.State != ngo.MessageWithdrawn
		if m.Direction == ngo.Out && goes && (m.Kind == ngo.MessageText || m.Kind == ngo.MessageTemplate) {
			answered = m.At
		}
		if m.State == ngo.MessageFailed || m.State == ngo.MessageUncertain {
			failed++
		}
		if m.State == ngo.MessageUncertain {
			uncertain++
		}
		if m.Direction != ngo.Note && m.State != ngo.MessageWithdrawn {
			last = m.At
		}
	}
	var waiting *time.Time
	unread := 0
	for i, s := range k.came {
		if !s.wants || i < k.settled || !s.at.After(answered) {
			continue
		}
		if waiting == nil || s.at.Before(*waiting) {
			waiting = &k.came[i].at
		}
		if i >= k.seen {
			unread++
		}
	}
	if stamp(c.Waiting) != stamp(waiting) || c.Unread != unread || c.Failed != failed || c.Uncertain != uncertain || c.State != k.state || c.Last.Before(last) {
		t.Fatalf("waiting %s, %d unread, %d failed, %d uncertain, %s, last %s; want %s, %d, %d, %d, %s, %s", stamp(c.Waiting), c.Unread, c.Failed,
			c.Uncertain, c.State, stamp(&c.Last), stamp(waiting), unread, failed, uncertain, k.state, stamp(&last))
	}
	if !slices.IsSortedFunc(thread, func(a, b ngo.Message) int { return a.At.Compare(b.At) }) {
		t.Fatal("the thread is not in its order")
	}
}

// Whatever is said, sent, failed, pulled back, closed, undone and looked at, a conversation is what its messages say.
func TestConversationIsWhatItsMessagesSay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 60 || raceEnabled && runs > 6 {
			return
		}
		k := &talk{desk: d, person: d.person(fmt.Sprint("9198765", 10000+runs)), state: ngo.ConversationOpen}
		k.n = runs * 10_000
		k.hear(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"hear": k.hear, "hear more": k.hear, "echo": k.echo, "write": k.write, "send": k.send, "send more": k.send, "move": k.move, "undo": k.undo,
			"finish": k.finish,
			"look":   k.look, "": k.check,
		})
	})
	checkWhole(t, d.o)
}
