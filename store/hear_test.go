package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// desk is an organisation that hears and answers, under a clock of its own.
type desk struct {
	t testing.TB
	o *store.Org
	*clock
	account ngo.AccountID
}

const aLine = ngo.Ref("1098")

func newDesk(t testing.TB) *desk {
	c := newClock()
	d := &desk{t: t, o: storetest.Org(t, storetest.At(c.Now)), clock: c}
	n := d.o.NewAccount(ngo.Channel, "whatsapp", "whatsapp", nil, nil)
	storetest.Write(t, d.o, func(tx *store.Tx) error { return tx.AddAccount(n) })
	d.account = n.Account.ID
	return d
}

// try runs fn a millisecond after whatever was before.
func (d *desk) try(fn func(*store.Tx) error) error {
	d.pass(time.Millisecond)
	return d.o.Write(d.t.Context(), store.Ack, "test", fn)
}

func (d *desk) do(fn func(*store.Tx) error) {
	d.t.Helper()
	if err := d.try(fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) move(id ngo.ConversationID, to ngo.ConversationState) {
	d.t.Helper()
	d.do(func(tx *store.Tx) error { _, err := tx.MoveConversation(id, to); return err })
}

// person is whoever has this number.
func (d *desk) person(number string) (id ngo.PersonID) {
	d.t.Helper()
	d.do(func(tx *store.Tx) (err error) {
		id, _, _, err = tx.PersonFor(d.account, []ngo.Identity{{Kind: ngo.WhatsApp, Value: number}}, "", "")
		return err
	})
	return id
}

// says is a message of a chat.
func (d *desk) says(person ngo.PersonID, ref, text string, at time.Time) store.NewIncoming {
	return store.NewIncoming{Account: d.account, Line: aLine, Ref: ngo.Ref(ref), Kind: ngo.Chat, Person: person, At: at, Renews: true, What: "text", Text: text,
		Address: ngo.Identity{Kind: ngo.WhatsApp, Value: "919876543210"}, Name: "Meena"}
}

func (d *desk) hear(n store.NewIncoming) (h store.Heard) {
	d.t.Helper()
	d.do(func(tx *store.Tx) (err error) { h, err = tx.Hear(n); return err })
	return h
}

func (d *desk) reply(c ngo.ConversationID, text string) (m ngo.Message) {
	d.t.Helper()
	d.do(func(tx *store.Tx) (err error) {
		m, _, err = tx.AddReply(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: text, Author: "meena"})
		return err
	})
	return m
}

func (d *desk) thread(c ngo.ConversationID) (out []ngo.Message) {
	d.t.Helper()
	storetest.Read(d.t, d.o, func(r *store.Rx) (err error) { out, _, err = r.Thread(c, store.ListQuery{Limit: 500}); return err })
	return out
}

func (d *desk) conversation(id ngo.ConversationID) (c ngo.Conversation) {
	d.t.Helper()
	storetest.Read(d.t, d.o, func(r *store.Rx) (err error) { c, err = r.Conversation(id); return err })
	return c
}

func (d *desk) conversations(q store.ConversationQuery) (out []ngo.Conversation) {
	d.t.Helper()
	storetest.Read(d.t, d.o, func(r *store.Rx) (err error) { out, _, err = r.Conversations(q); return err })
	return out
}

func (d *desk) messageOf(id ngo.MessageID) (m ngo.Message) {
	d.t.Helper()
	storetest.Read(d.t, d.o, func(r *store.Rx) (err error) { m, err = r.Message(id); return err })
	return m
}

func textsOf(messages []ngo.Message) (out []string) {
	for _, m := range messages {
		out = append(out, m.Text)
	}
	return out
}

// Fifty copies of each message, in any order, make one of each in its place.
func TestFiftyCopiesMakeOneMessage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person("919876543210")
	start := d.Now()
	var all []store.NewIncoming
	for i := range 5 {
		for range 50 {
			all = append(all, d.says(p, fmt.Sprint("wamid.", i), fmt.Sprint("message ", i), start.Add(time.Duration(i)*time.Second)))
		}
		echo := d.says(p, fmt.Sprint("wamid.echo", i), fmt.Sprint("echo ", i), start.Add(time.Duration(i)*time.Second+500*time.Millisecond))
		echo.Echo, echo.Renews = true, false
		for range 50 {
			all = append(all, echo)
		}
	}
	for i := range all { // any order will do: each step is coprime to the number of them
		j := (i*377 + 11) % len(all)
		all[i], all[j] = all[j], all[i]
	}
	added := 0
	var c ngo.ConversationID
	for some := range slices.Chunk(all, 25) {
		d.do(func(tx *store.Tx) error {
			for _, n := range some {
				h, err := tx.Hear(n)
				if err != nil {
					return err
				}
				if h.Added {
					added++
				}
				if c != "" && h.Conversation.ID != c {
					t.Errorf("a copy is in %s; want %s", h.Conversation.ID, c)
				}
				c = h.Conversation.ID
			}
			return nil
		})
	}
	want := []string{"message 0", "echo 0", "message 1", "echo 1", "message 2", "echo 2", "message 3", "echo 3", "message 4", "echo 4"}
	if got := textsOf(d.thread(c)); added != 10 || !slices.Equal(got, want) {
		t.Errorf("%d added: %q; want %q", added, got, want)
	}
	got := d.conversation(c)
	if got.Waiting != nil || got.Unread != 0 || !got.Mine || got.Snippet != "echo 4" || got.LastIn == nil || !got.LastIn.Equal(start.Add(4*time.Second)) {
		t.Errorf("the conversation = %+v", got)
	}
	checkWhole(t, d.o)
}

// Messages that a provider dates to the same second stand in the order in which they were told.
func TestMessagesOfOneSecondKeepTheirOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, at := d.person("919876543210"), d.Now()
	var c ngo.ConversationID
	var want []string
	for range 10 {
		d.do(func(tx *store.Tx) error {
			for range 10 {
				text := fmt.Sprint("picture ", len(want))
				h, err := tx.Hear(d.says(p, "wamid."+text, text, at))
				if err != nil {
					return err
				}
				want, c = append(want, text), h.Conversation.ID
			}
			return nil
		})
	}
	if got := textsOf(d.thread(c)); !slices.Equal(got, want) {
		t.Errorf("thread = %q; want %q", got, want)
	}
	if got := d.conversation(c); got.Snippet != want[99] || got.Unread != 100 {
		t.Errorf("the conversation = %+v; want the last of 100", got)
	}
}

// heardEvent is something that is said in a chat: by them, or by us from elsewhere.
type heardEvent struct {
	n      store.NewIncoming
	ripple *store.NewRipple
}

// Whatever the order in which a history is told, the conversation and its thread end the same.
func TestOrderOfTellingChangesNothing(t *testing.T) {
	t.Parallel()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > 60 || raceEnabled && runs > 8 {
			return
		}
		d := newDesk(t)
		start := d.Now()
		var events []heardEvent
		for i := range rapid.IntRange(1, 8).Draw(rt, "messages") {
			n := d.says("", fmt.Sprint("wamid.", i), fmt.Sprint("text ", i), start.Add(time.Duration(i+rapid.IntRange(0, 3).Draw(rt, "second"))*10*time.Second))
			switch rapid.SampledFrom([]string{"in", "in", "echo", "auto", "quiet"}).Draw(rt, "kind") {
			case "echo":
				n.Echo, n.Renews = true, false
			case "auto":
				n.Quiet, n.Renews = true, false
			case "quiet":
				n.Quiet = true
			}
			events = append(events, heardEvent{n: n})
			for j := range rapid.IntRange(0, 2).Draw(rt, "ripples") {
				kind := rapid.SampledFrom([]store.RippleKind{store.RippleReaction, store.RippleEdit, store.RippleRevoke}).Draw(rt, "ripple")
				events = append(events, heardEvent{ripple: &store.NewRipple{Account: d.account, Ref: ngo.Ref(fmt.Sprintf("wamid.%d.%d", i, j)), About: n.Ref, Kind: kind,
					Line: aLine, Text: rapid.SampledFrom([]string{"", "👍", "changed"}).Draw(rt, "text"), Mine: rapid.Bool().Draw(rt, "mine"),
					Renews: kind == store.RippleReaction, At: n.At.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "after")) * time.Second)}})
			}
		}
		want := d.tell("919876500001", events)
		for i, number := range []string{"919876500002", "919876500003"} {
			twice := append(slices.Clone(events), events[:rapid.IntRange(0, len(events)).Draw(rt, "again")]...)
			if got := d.tell(number, rapid.Permutation(twice).Draw(rt, fmt.Sprint("order ", i))); got != want {
				rt.Fatalf("told in another order:\n%s\nwant\n%s", got, want)
			}
		}
	})
}

// tell tells a history as that of somebody else, and gives what became of it.
func (d *desk) tell(number string, events []heardEvent) string {
	d.t.Helper()
	p := d.person(number)
	for _, e := range events {
		d.do(func(tx *store.Tx) (err error) {
			if e.ripple != nil {
				r := *e.ripple
				r.Person, r.Ref, r.About = p, r.Ref+ngo.Ref(number), r.About+ngo.Ref(number)
				_, err = tx.Ripple(r)
				return err
			}
			n := e.n
			n.Person, n.Ref = p, n.Ref+ngo.Ref(number)
			_, err = tx.Hear(n)
			return err
		})
	}
	var out string
	for _, c := range d.conversations(store.ConversationQuery{Person: p}) {
		out += fmt.Sprintln(c.Last, stamp(c.LastIn), stamp(c.Waiting), c.Unread, c.State)
		seconds := map[time.Time]int{}
		for _, m := range d.thread(c.ID) {
			seconds[m.At]++
		}
		if seconds[c.Last] == 1 { // of several of one instant, the one told last
			out += fmt.Sprintln(c.Snippet, c.Mine)
		}
		var lines []string
		for _, m := range d.thread(c.ID) {
			line := fmt.Sprintln(m.At, m.Direction, m.Text, stamp(m.Edited), stamp(m.Revoked))
			for _, r := range m.Reactions {
				line += fmt.Sprintln(r.Emoji, r.Mine, r.At)
			}
			lines = append(lines, line)
		}
		slices.Sort(lines)
		out += fmt.Sprint(lines)
	}
	return out
}

func stamp(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return ngo.Stamp(*t)
}

// The oldest that nobody has answered waits; what goes out by itself answers nothing; what was not sent answered nothing.
func TestWhatWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, start := d.person("919876543210"), d.Now()
	h := d.hear(d.says(p, "1", "first", start))
	d.hear(d.says(p, "2", "second", start.Add(time.Second)))
	waits := func(want *time.Time, unread int, after string) {
		t.Helper()
		if c := d.conversation(h.Conversation.ID); stamp(c.Waiting) != stamp(want) || c.Unread != unread {
			t.Errorf("after %s: waiting since %s, %d unread; want %s, %d", after, stamp(c.Waiting), c.Unread, stamp(want), unread)
		}
	}
	second, third := start.Add(time.Second), start.Add(time.Hour)
	waits(&start, 2, "two messages")
	d.do(func(tx *store.Tx) error {
		_, _, err := tx.AddReply(store.NewReply{Conversation: h.Conversation.ID, Kind: ngo.MessageAuto, Text: "We got it."})
		return err
	})
	waits(&start, 2, "an answer by itself")
	d.do(func(tx *store.Tx) error {
		_, _, err := tx.AddReply(store.NewReply{Conversation: h.Conversation.ID, Kind: ngo.MessageNote, Text: "Who is it?"})
		return err
	})
	waits(&start, 2, "a note")
	d.do(func(tx *store.Tx) error { return tx.MarkRead(h.Conversation.ID) })
	waits(&start, 0, "a look")

	d.pass(time.Minute)
	m := d.reply(h.Conversation.ID, "hello")
	waits(nil, 0, "a reply")
	d.do(func(tx *store.Tx) error { _, err := tx.Withdraw(m.ID); return err })
	waits(&start, 0, "pulling it back")
	if c := d.conversation(h.Conversation.ID); c.Snippet != "We got it." {
		t.Errorf("the list shows %q; want nothing that was pulled back", c.Snippet)
	}
	m = d.reply(h.Conversation.ID, "hello again")
	d.do(func(tx *store.Tx) error {
		return tx.SettleMessage(m.ID, store.Outcome{State: ngo.MessageFailed, Reason: "They cannot be reached.", Fault: "131026"})
	})
	waits(&start, 0, "a reply that failed")
	if c := d.conversation(h.Conversation.ID); c.Failed != 1 {
		t.Errorf("%d failed; want 1", c.Failed)
	}
	echo := d.says(p, "3", "from the phone", start.Add(500*time.Millisecond))
	echo.Echo = true
	d.hear(echo)
	waits(&second, 0, "an echo from between the two")
	d.pass(2 * time.Hour)
	d.reply(h.Conversation.ID, "here we are")
	d.hear(d.says(p, "4", "told late", third))
	waits(nil, 0, "a message told late that was answered since")
	d.hear(d.says(p, "5", "third", d.Now().Add(time.Second)))
	if c := d.conversation(h.Conversation.ID); c.Waiting == nil || c.Unread != 1 {
		t.Errorf("a new message: %+v", c)
	}
	checkWhole(t, d.o)
}

// A new message opens a conversation that was closed or put off; a machine's does not.
func TestNewMessageReopens(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person("919876543210")
	h := d.hear(d.says(p, "1", "first", d.Now()))
	id := h.Conversation.ID
	var act ngo.Act
	d.do(func(tx *store.Tx) (err error) { act, err = tx.MoveConversation(id, ngo.ConversationClosed); return err })
	if c := d.conversation(id); c.State != ngo.ConversationClosed || c.Waiting != nil || c.Unread != 0 {
		t.Errorf("closed: %+v", c)
	}
	if all := d.conversations(store.ConversationQuery{}); len(all) != 0 {
		t.Errorf("the list has %d; want none", len(all))
	}
	err := d.try(func(tx *store.Tx) error { _, err := tx.MoveConversation(id, ngo.ConversationSnoozed); return err })
	if ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("putting off what is closed = %v; want Conflict", err)
	}
	quiet := d.says(p, "2", "out of office", d.Now())
	quiet.Quiet = true
	d.hear(quiet)
	if c := d.conversation(id); c.State != ngo.ConversationClosed {
		t.Errorf("after a machine's message it is %s", c.State)
	}
	var undone ngo.Act
	d.do(func(tx *store.Tx) (err error) { undone, err = tx.Undo(act.ID); return err })
	if c := d.conversation(id); c.State != ngo.ConversationOpen || c.Waiting == nil || c.Unread != 1 {
		t.Errorf("undone: %+v; want it as it was", c)
	}
	d.do(func(tx *store.Tx) (err error) { _, err = tx.Undo(undone.ID); return err })
	if c := d.conversation(id); c.State != ngo.ConversationClosed || c.Waiting != nil {
		t.Errorf("undoing undone: %+v; want it closed", c)
	}
	again := d.hear(d.says(p, "3", "are you there?", d.Now()))
	if c := d.conversation(id); !again.Reopened || c.State != ngo.ConversationOpen || c.Waiting == nil || c.Unread != 1 {
		t.Errorf("after a new message: %+v, reopened %v; want it open, waiting for that one", c, again.Reopened)
	}
	d.do(func(tx *store.Tx) (err error) {
		act, err = tx.MoveConversation(id, ngo.ConversationSnoozed)
		return err
	})
	late := d.hear(d.says(p, "4", "told late", d.Now().Add(-time.Hour)))
	if !late.Reopened {
		t.Error("an old message told late did not open it")
	}
	if err := d.try(func(tx *store.Tx) error { _, err := tx.Undo(act.ID); return err }); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("undoing what was overtaken = %v; want Conflict", err)
	}
	checkWhole(t, d.o)
}

// Accounts and lines keep their own: the same ref is another message there, and the same person has another chat.
func TestLinesAndAccountsAreApart(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := d.o.NewAccount(ngo.Channel, "whatsapp", "second", nil, nil)
	d.do(func(tx *store.Tx) error { return tx.AddAccount(other) })
	p := d.person("919876543210")
	n := d.says(p, "1", "one", d.Now())
	first := d.hear(n)
	n.Account = other.Account.ID
	second := d.hear(n)
	n.Account, n.Ref, n.Line = d.account, "2", "2222"
	third := d.hear(n)
	if !second.Added || !third.Added || first.Conversation.ID == second.Conversation.ID || first.Conversation.ID == third.Conversation.ID {
		t.Errorf("%v %v %v", first, second, third)
	}
	if got := d.conversations(store.ConversationQuery{Account: other.Account.ID}); len(got) != 1 || got[0].ID != second.Conversation.ID {
		t.Errorf("conversations of the second account: %+v", got)
	}
	all := d.conversations(store.ConversationQuery{Person: p})
	if len(all) != 3 {
		t.Errorf("%d conversations of the person; want 3", len(all))
	}
}

// Another organisation's ids mean nothing, whatever is asked with them.
func TestOthersIdsMeanNothing(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t)
	ours, theirs := storetest.AddOrg(t, s, "ours"), storetest.AddOrg(t, s, "theirs")
	var h store.Heard
	var m ngo.Message
	n := theirs.NewAccount(ngo.Channel, "whatsapp", "whatsapp", nil, nil)
	storetest.Write(t, theirs, func(tx *store.Tx) error {
		if err := tx.AddAccount(n); err != nil {
			return err
		}
		p, _, _, err := tx.PersonFor(n.Account.ID, []ngo.Identity{{Kind: ngo.WhatsApp, Value: "919876543210"}}, "Meena", "")
		if err != nil {
			return err
		}
		h, err = tx.Hear(store.NewIncoming{Account: n.Account.ID, Ref: "1", Kind: ngo.Chat, Person: p, Text: "hello", Address: ngo.Identity{Kind: ngo.WhatsApp, Value: "919876543210"},
			Attachments: []store.NewAttachment{{Kind: "image", State: ngo.AttachmentWanted, Ref: "media"}}})
		if err != nil {
			return err
		}
		m, _, err = tx.AddReply(store.NewReply{Conversation: h.Conversation.ID, Kind: ngo.MessageText, Text: "hello"})
		return err
	})
	var files []store.AttachmentSource
	storetest.Read(t, theirs, func(r *store.Rx) (err error) { files, err = r.AttachmentsOf(h.Message); return err })
	for name, fn := range map[string]func(*store.Tx) error{
		"conversation": func(tx *store.Tx) error { _, err := tx.Conversation(h.Conversation.ID); return err },
		"message":      func(tx *store.Tx) error { _, err := tx.Message(m.ID); return err },
		"attachment":   func(tx *store.Tx) error { _, err := tx.Attachment(files[0].ID); return err },
		"withdraw":     func(tx *store.Tx) error { _, err := tx.Withdraw(m.ID); return err },
		"retry":        func(tx *store.Tx) error { _, err := tx.RetryMessage(m.ID, true); return err },
		"bounce":       func(tx *store.Tx) error { return tx.MarkBounced(m.ID, "", "") },
		"read":         func(tx *store.Tx) error { return tx.MarkRead(h.Conversation.ID) },
		"doubt":        func(tx *store.Tx) error { return tx.SetDoubt(h.Conversation.ID, "") },
		"move": func(tx *store.Tx) error {
			_, err := tx.MoveConversation(h.Conversation.ID, ngo.ConversationClosed)
			return err
		},
		"reply": func(tx *store.Tx) error {
			_, _, err := tx.AddReply(store.NewReply{Conversation: h.Conversation.ID, Kind: ngo.MessageText})
			return err
		},
		"fetched": func(tx *store.Tx) error {
			return tx.SetAttachment(files[0].ID, store.FetchedAttachment{State: ngo.AttachmentKept})
		},
	} {
		if err := ours.Write(t.Context(), store.Ack, "test", fn); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("%s of another organisation = %v; want NotFound", name, err)
		}
	}
	storetest.Write(t, ours, func(tx *store.Tx) error {
		items, _, err := tx.Thread(h.Conversation.ID, store.ListQuery{})
		if len(items) > 0 {
			t.Error("its thread can be read")
		}
		return err
	})
}

// A group is one conversation, of nobody in particular, and cannot be answered by writing to whoever wrote first.
func TestGroups(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	meena, ravi := d.person("919876543210"), d.person("919876543211")
	say := func(who ngo.PersonID, ref string) store.Heard {
		n := d.says(who, ref, ref, d.Now())
		n.Kind, n.Group = ngo.Group, "group-1"
		return d.hear(n)
	}
	one, two := say(meena, "1"), say(ravi, "2")
	if one.Conversation.ID != two.Conversation.ID || !one.Opened || two.Opened || two.Stranger {
		t.Errorf("one = %+v, two = %+v", one, two)
	}
	for i, r := range []store.NewRipple{{Person: meena, About: "1", Text: "mine"}, {Person: meena, About: "2", Text: "not mine"}} {
		r.Account, r.Ref, r.Kind, r.Line, r.At = d.account, ngo.Ref(fmt.Sprint("edit", i)), store.RippleEdit, aLine, d.Now()
		d.do(func(tx *store.Tx) error { _, err := tx.Ripple(r); return err })
	}
	if got := textsOf(d.thread(one.Conversation.ID)); !slices.Equal(got, []string{"mine", "2"}) {
		t.Errorf("thread = %q", got)
	}
	err := d.try(func(tx *store.Tx) error {
		_, _, err := tx.AddReply(store.NewReply{Conversation: one.Conversation.ID, Kind: ngo.MessageText, Text: "hello"})
		return err
	})
	if ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("an answer to a group = %v; want Conflict", err)
	}
	d.do(func(tx *store.Tx) error { return tx.ErasePerson(meena) })
	if got := textsOf(d.thread(one.Conversation.ID)); !slices.Equal(got, []string{"", "2"}) {
		t.Errorf("thread after one of them was erased = %q", got)
	}
}

// A message without an id of the provider's, or of a chat with nobody, is refused; one that is dated far ahead counts as of now.
func TestWhatCannotBeHeard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.person("919876543210")
	for _, n := range []store.NewIncoming{d.says(p, "", "hello", d.Now()), d.says("", "1", "hello", d.Now())} {
		if err := d.try(func(tx *store.Tx) error { _, err := tx.Hear(n); return err }); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%+v = %v; want Invalid", n, err)
		}
	}
	h := d.hear(d.says(p, "1", "from the future", d.Now().AddDate(10, 0, 0)))
	if got := d.conversation(h.Conversation.ID).Last; !got.Equal(d.Now()) {
		t.Errorf("it is of %v; want now", got)
	}
}

// News of messages that never come to be known is not kept for good.
func TestEarlyNewsIsForgotten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.status(store.StatusNews{Ref: "unknown", State: ngo.MessageRead})
	d.pass(time.Hour)
	d.status(store.StatusNews{Ref: "later", State: ngo.MessageRead})
	d.do(func(tx *store.Tx) error {
		n, err := tx.ForgetEarly(tx.Now().Add(-time.Minute))
		if n != 1 {
			t.Errorf("%d were forgotten; want the first", n)
		}
		return err
	})
}
