package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// chat is a conversation in which somebody waits.
func (d *desk) chat(number string) (ngo.PersonID, ngo.ConversationID) {
	d.t.Helper()
	p := d.person(number)
	return p, d.hear(d.says(p, "wamid."+number, "hello", d.Now())).Conversation.ID
}

func (d *desk) settle(id ngo.MessageID, o store.Outcome) {
	d.t.Helper()
	d.do(func(tx *store.Tx) error { return tx.SettleMessage(id, o) })
}

func (d *desk) status(n store.StatusNews) (found bool) {
	d.t.Helper()
	d.do(func(tx *store.Tx) (err error) { found, err = tx.SetStatus(d.account, n); return err })
	return found
}

// What is written twice with one key is written once, and conversations have keys of their own.
func TestReplyWithAKeyIsWrittenOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, one := d.chat("919876543210")
	_, other := d.chat("919876543211")
	write := func(c ngo.ConversationID, key string) (m ngo.Message, added bool) {
		d.do(func(tx *store.Tx) (err error) {
			m, added, err = tx.AddReply(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: "hello", Key: key})
			return err
		})
		return m, added
	}
	first, added := write(one, "k1")
	again, twice := write(one, "k1")
	if !added || twice || first.ID != again.ID {
		t.Errorf("written twice: %v %v, %s and %s", added, twice, first.ID, again.ID)
	}
	if _, added := write(other, "k1"); !added {
		t.Error("another conversation's key was taken for this one's")
	}
	for range 2 {
		if _, added := write(one, ""); !added {
			t.Error("two replies without a key are two")
		}
	}
	if got := d.thread(one); len(got) != 4 {
		t.Errorf("%d messages; want 4", len(got))
	}
}

// Replies keep their order, also when the provider's clock is ahead of ours, and each waits for those before it until they went or failed.
func TestRepliesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, c := d.chat("919876543210")
	d.hear(d.says(p, "2", "from the future", d.Now().Add(time.Minute)))
	var replies []ngo.Message
	d.do(func(tx *store.Tx) error {
		for i := range 5 {
			m, _, err := tx.AddReply(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: fmt.Sprint("reply ", i)})
			if err != nil {
				return err
			}
			replies = append(replies, m)
		}
		return nil
	})
	d.reply(c, "reply 5")
	if got, want := textsOf(d.thread(c)), []string{"hello", "from the future", "reply 0", "reply 1", "reply 2", "reply 3", "reply 4", "reply 5"}; !slices.Equal(got, want) {
		t.Errorf("thread = %q; want %q", got, want)
	}
	blocker := func(m ngo.Message) (older ngo.MessageID) {
		storetest.Read(t, d.o, func(r *store.Rx) error {
			id, blocked, err := r.Backlog(m)
			if blocked != (id != "") {
				t.Errorf("blocked %v by %q", blocked, id)
			}
			older = id
			return err
		})
		return older
	}
	for i, o := range []store.Outcome{{State: ngo.MessageSent}, {State: ngo.MessageFailed, Reason: "no"}, {State: ngo.MessageUncertain}} {
		if got := blocker(replies[i]); got != "" {
			t.Errorf("reply %d waits for %s", i, got)
		}
		if got := blocker(replies[i+1]); got != replies[i].ID {
			t.Errorf("reply %d waits for %q; want the one before", i+1, got)
		}
		d.settle(replies[i].ID, store.Outcome{State: ngo.MessageSending, Account: d.account})
		if got := blocker(replies[4]); got != replies[i].ID {
			t.Errorf("the last waits for %q; want %s", got, replies[i].ID)
		}
		d.settle(replies[i].ID, o)
	}
	d.do(func(tx *store.Tx) error { _, err := tx.Withdraw(replies[3].ID); return err })
	if got := blocker(replies[4]); got != "" {
		t.Errorf("the last waits for %s, that was pulled back", got)
	}
	_, other := d.chat("919876543211")
	if got := blocker(d.reply(other, "another's")); got != "" {
		t.Errorf("another conversation waits for %s", got)
	}
}

// A reply can be pulled back until it begins to leave, and its job waits so long.
func TestReplyCanBePulledBackUntilItBegins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, c := d.chat("919876543210")
	var m ngo.Message
	d.do(func(tx *store.Tx) (err error) {
		m, _, err = tx.AddReply(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: "oops", Due: tx.Now().Add(store.Regret)})
		return err
	})
	claims := func() (jobs []ngo.Job) {
		d.do(func(tx *store.Tx) (err error) { jobs, err = tx.Claim(ngo.LaneOutbound, 5, lease); return err })
		return jobs
	}
	if jobs := claims(); len(jobs) != 0 || m.Due == nil {
		t.Errorf("it is due at once: %v, until %v", jobs, m.Due)
	}
	d.pass(store.Regret)
	if jobs := claims(); len(jobs) != 1 || jobs[0].Kind != ngo.JobDeliver || jobs[0].Subject != string(m.ID) {
		t.Errorf("jobs = %v; want the one that sends it", jobs)
	}
	second := d.reply(c, "fine")
	d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
	if err := d.try(func(tx *store.Tx) error { _, err := tx.Withdraw(m.ID); return err }); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("pulling back what has begun to leave = %v; want Conflict", err)
	}
	for range 2 {
		d.do(func(tx *store.Tx) error { _, err := tx.Withdraw(second.ID); return err })
	}
	if got := d.messageOf(second.ID); got.State != ngo.MessageWithdrawn {
		t.Errorf("it is %s", got.State)
	}
	for what, fn := range map[string]func(*store.Tx) error{
		"begun": func(tx *store.Tx) error { return tx.SettleMessage(second.ID, store.Outcome{State: ngo.MessageSending}) },
		"sent again": func(tx *store.Tx) error {
			_, err := tx.RetryMessage(second.ID, true)
			return err
		},
	} {
		if err := d.try(fn); ngo.CodeOf(err) != ngo.Conflict {
			t.Errorf("what was pulled back was %s: %v", what, err)
		}
	}
	checkWhole(t, d.o)
}

// Statuses in any order, twice, and before the message has its ref, end in the same.
func TestStatusesInAnyOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, c := d.chat("919876543210")
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 200 || raceEnabled && n > 20 {
			return
		}
		var news []store.StatusNews
		for _, state := range rapid.SliceOfNDistinct(rapid.SampledFrom([]ngo.MessageState{ngo.MessageSent, ngo.MessageDelivered, ngo.MessageRead, ngo.MessageFailed}),
			1, 4, func(s ngo.MessageState) ngo.MessageState { return s }).Draw(rt, "states") {
			one := store.StatusNews{State: state, At: d.Now()}
			switch state {
			case ngo.MessageFailed:
				one.Fault, one.Reason = "131026", "They cannot be reached."
			case ngo.MessageSent:
				one.Price = "utility"
			case ngo.MessageRead:
				one.Played = rapid.Bool().Draw(rt, "played")
			}
			news = append(news, one)
		}
		var want string
		for run := range 3 {
			order := rapid.Permutation(append(slices.Clone(news), news[0])).Draw(rt, "order")
			taken := rapid.IntRange(0, len(order)).Draw(rt, "known after")
			got := d.tellStatuses(c, ngo.Ref(fmt.Sprintf("wamid.out.%d.%d", n, run)), order, taken, rapid.Bool().Draw(rt, "tokens"))
			if run == 0 {
				want = got
			}
			if got != want {
				rt.Fatalf("%v, known after %d: %s; want %s", order, taken, got, want)
			}
		}
	})
	checkWhole(t, d.o)
}

// tellStatuses sends a message, tells of it before and after its ref is known, and gives what became of it.
func (d *desk) tellStatuses(c ngo.ConversationID, ref ngo.Ref, order []store.StatusNews, taken int, tokens bool) string {
	d.t.Helper()
	m := d.reply(c, "hello")
	d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
	for i, n := range order {
		if i == taken {
			d.settle(m.ID, store.Outcome{State: ngo.MessageSent, Ref: ref})
		}
		if n.Ref = ref; tokens {
			n.Token = string(m.ID)
		}
		d.status(n)
	}
	if taken == len(order) {
		d.settle(m.ID, store.Outcome{State: ngo.MessageSent, Ref: ref})
	}
	got := d.messageOf(m.ID)
	return fmt.Sprint(got.State, got.Reason, got.Fault, string(got.More))
}

// Of a message whose fate nobody knows, a status by our own token tells, also one from before the doubt.
func TestStatusEndsDoubt(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		d := newDesk(t)
		_, c := d.chat("919876543210")
		m := d.reply(c, "hello")
		news := store.StatusNews{Ref: "wamid.out", Token: string(m.ID), State: ngo.MessageDelivered, To: []ngo.Identity{{Kind: ngo.WhatsApp, Value: "919876543210"}}}
		d.settle(m.ID, store.Outcome{State: ngo.MessageSending, Account: d.account})
		if before {
			d.status(news)
		}
		d.settle(m.ID, store.Outcome{State: ngo.MessageUncertain, Reason: "no answer"})
		if !before {
			if got := d.conversation(c); got.Failed != 1 {
				t.Errorf("one in doubt: %+v", got)
			}
			d.status(news)
		}
		if got := d.messageOf(m.ID); got.State != ngo.MessageDelivered || got.Ref != "wamid.out" || got.Reason != "" {
			t.Errorf("told before %v: %+v; want it delivered", before, got)
		}
		if got := d.conversation(c); got.Failed != 0 || got.Waiting != nil {
			t.Errorf("told before %v: %+v; want nothing amiss", before, got)
		}
		checkWhole(t, d.o)
	}
}

// What is told of a try before the last does not end the last.
func TestStatusOfAFormerTry(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, c := d.chat("919876543210")
	m := d.reply(c, "hello")
	failed := store.StatusNews{Ref: "wamid.first", Token: string(m.ID), State: ngo.MessageFailed, Fault: "131000", Reason: "Try again.", Retry: true}
	d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
	d.settle(m.ID, store.Outcome{State: ngo.MessageSent, Ref: "wamid.first"})
	d.status(failed)
	d.do(func(tx *store.Tx) error { _, err := tx.RetryMessage(m.ID, false); return err })
	d.status(failed)
	if got := d.messageOf(m.ID); got.State != ngo.MessageQueued || got.Ref != "" {
		t.Errorf("told again after the retry: %+v; want it queued", got)
	}
	d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
	d.status(failed)
	d.settle(m.ID, store.Outcome{State: ngo.MessageSent, Ref: "wamid.second"})
	d.status(failed)
	if got := d.messageOf(m.ID); got.State != ngo.MessageSent || got.Ref != "wamid.second" {
		t.Errorf("told again after the second try: %+v; want it sent", got)
	}
	var jobs []ngo.Job
	d.do(func(tx *store.Tx) (err error) { jobs, err = tx.Claim(ngo.LaneOutbound, 5, lease); return err })
	if len(jobs) != 2 {
		t.Errorf("%d jobs; want one for each try", len(jobs))
	}
	checkWhole(t, d.o)
}

func TestWhatCanBeSentAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, c := d.chat("919876543210")
	for _, tt := range []struct {
		name    string
		outcome store.Outcome
		sure    bool
		want    ngo.Code
	}{
		{"failed, and it can help", store.Outcome{State: ngo.MessageFailed, Fault: "131000", Retry: true}, false, ""},
		{"failed, and it cannot", store.Outcome{State: ngo.MessageFailed, Fault: "131026"}, true, ngo.Conflict},
		{"failed without a fault", store.Outcome{State: ngo.MessageFailed}, false, ""},
		{"in doubt", store.Outcome{State: ngo.MessageUncertain}, false, ngo.Conflict},
		{"in doubt, and sure", store.Outcome{State: ngo.MessageUncertain}, true, ""},
		{"sent", store.Outcome{State: ngo.MessageSent}, true, ngo.Conflict},
	} {
		m := d.reply(c, tt.name)
		d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
		d.settle(m.ID, tt.outcome)
		if err := d.try(func(tx *store.Tx) error { _, err := tx.RetryMessage(m.ID, tt.sure); return err }); ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
	checkWhole(t, d.o)
}

// Read up to a moment: what went later, or was not taken, stays as it is.
func TestReadUpToAMoment(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, c := d.chat("919876543210")
	var sent []ngo.Message
	for i := range 4 {
		d.pass(time.Minute)
		m := d.reply(c, fmt.Sprint(i))
		d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
		if i != 1 {
			d.settle(m.ID, store.Outcome{State: ngo.MessageSent, Ref: ngo.Ref(fmt.Sprint("wamid.", i))})
		} else {
			d.settle(m.ID, store.Outcome{State: ngo.MessageFailed})
		}
		sent = append(sent, m)
	}
	news := store.StatusNews{Line: aLine, To: []ngo.Identity{{Kind: ngo.WhatsApp, Value: "919876543210"}}, Through: sent[2].At, State: ngo.MessageRead}
	if !d.status(news) {
		t.Error("the conversation was not found")
	}
	for i, want := range []ngo.MessageState{ngo.MessageRead, ngo.MessageFailed, ngo.MessageRead, ngo.MessageSent} {
		if got := d.messageOf(sent[i].ID); got.State != want {
			t.Errorf("message %d is %s; want %s", i, got.State, want)
		}
	}
	news.To[0].Value = "nobody"
	if d.status(news) {
		t.Error("a stranger's was found")
	}
}

// Replies are counted by line and month as they leave, once each, templates and what others sent apart.
func TestRepliesAreCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, c := d.chat("919876543210")
	send := func(kind ngo.MessageKind) ngo.MessageID {
		var m ngo.Message
		d.do(func(tx *store.Tx) (err error) {
			m, _, err = tx.AddReply(store.NewReply{Conversation: c, Kind: kind, Text: "hello"})
			return err
		})
		d.settle(m.ID, store.Outcome{State: ngo.MessageSending})
		d.settle(m.ID, store.Outcome{State: ngo.MessageSent, Ref: ngo.Ref("wamid." + m.ID)})
		return m.ID
	}
	used := func(month string, want int64) {
		t.Helper()
		storetest.Read(t, d.o, func(r *store.Rx) error {
			got, err := r.RepliesUsed(d.account, aLine, month)
			if got != want {
				t.Errorf("%d replies in %s; want %d", got, month, want)
			}
			return err
		})
	}
	used("2026-06", 0)
	id := send(ngo.MessageText)
	send(ngo.MessageAuto)
	send(ngo.MessageTemplate)
	echo := d.says(p, "e", "from the phone", d.Now())
	echo.Echo = true
	d.hear(echo)
	d.status(store.StatusNews{Ref: ngo.Ref("wamid." + id), State: ngo.MessageRead})
	d.pass(30 * 24 * time.Hour)
	send(ngo.MessageText)
	used("2026-06", 2)
	used("2026-07", 1)
	storetest.Read(t, d.o, func(r *store.Rx) error {
		counts, err := r.ChannelCounts(d.account)
		if counts.LastIn == nil || counts.LastOut == nil || counts.Waiting+counts.Failed+counts.Uncertain != 0 {
			t.Errorf("counts = %+v", counts)
		}
		return err
	})
	checkWhole(t, d.o)
}

// A mail that bounces has failed, whatever was known of it, and the original of its receipt has not left.
func TestBounce(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	g := gift(t, o, "pay_1", nil)
	r := issue(t, o, g)
	id := ngo.NewID[ngo.MessageID](time.Now())
	storetest.Write(t, o, func(tx *store.Tx) error {
		return errors.Join(tx.AddMessage(ngo.Message{ID: id, Receipt: r.ID, Person: g.Person, Recipient: g.Donor.EMail}),
			tx.MoveMessage(id, ngo.MessageSending, "", "", ""), tx.MoveMessage(id, ngo.MessageSent, "", "", "a@ngoctl"), tx.AddAlias("a@ses", id))
	})
	storetest.Write(t, o, func(tx *store.Tx) error {
		found, err := tx.MessageByAlias([]ngo.Ref{"nothing", "a@ses"})
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		return tx.MarkBounced(found[0].ID, "5.1.1", "The mailbox does not exist.")
	})
	storetest.Read(t, o, func(rx *store.Rx) error {
		m, err := rx.Message(id)
		if m.State != ngo.MessageFailed || m.Reason != "The mailbox does not exist." {
			t.Errorf("message = %+v", m)
		}
		now, err2 := rx.Receipt(r.ID)
		if now.Given != nil {
			t.Errorf("the original left at %v; want it here", now.Given)
		}
		return errors.Join(err, err2)
	})
	checkWhole(t, o)
}

// An answer that did not go, or of which nobody knows, is somebody's work again, however its thread was moved meanwhile. Who waited
// for one that did not go waits on; who was dealt with before it was written does not.
func TestFailedAnswerOpensItsThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	answer := func(c ngo.ConversationID, kind ngo.MessageKind) (id ngo.MessageID) {
		d.do(func(tx *store.Tx) error {
			m, _, err := tx.AddReply(store.NewReply{Conversation: c, Kind: kind, Text: "done"})
			id = m.ID
			return err
		})
		return id
	}
	for i, tt := range []struct {
		name  string
		work  func(ngo.ConversationID) ngo.MessageID
		ends  ngo.MessageState
		want  ngo.ConversationState
		waits bool
	}{
		{"closed after it", func(c ngo.ConversationID) ngo.MessageID {
			id := answer(c, ngo.MessageText)
			d.move(c, ngo.ConversationClosed)
			return id
		}, ngo.MessageFailed, ngo.ConversationOpen, true},
		{"nobody knows", func(c ngo.ConversationID) ngo.MessageID {
			id := answer(c, ngo.MessageTemplate)
			d.move(c, ngo.ConversationClosed)
			return id
		}, ngo.MessageUncertain, ngo.ConversationOpen, false},
		{"put off after it", func(c ngo.ConversationID) ngo.MessageID {
			id := answer(c, ngo.MessageText)
			d.move(c, ngo.ConversationSnoozed)
			return id
		}, ngo.MessageFailed, ngo.ConversationOpen, true},
		{"closed before it", func(c ngo.ConversationID) ngo.MessageID {
			d.move(c, ngo.ConversationClosed)
			return answer(c, ngo.MessageText)
		}, ngo.MessageFailed, ngo.ConversationOpen, false},
		{"went by itself", func(c ngo.ConversationID) ngo.MessageID {
			id := answer(c, ngo.MessageAuto)
			d.move(c, ngo.ConversationClosed)
			return id
		}, ngo.MessageFailed, ngo.ConversationClosed, false},
	} {
		_, c := d.chat(fmt.Sprint("91987654320", i))
		id := tt.work(c)
		d.settle(id, store.Outcome{State: ngo.MessageSending})
		d.settle(id, store.Outcome{State: tt.ends, Reason: "no line"})
		if got := d.conversation(c); got.State != tt.want || (got.Waiting != nil) != tt.waits || got.Failed != 1 {
			t.Errorf("%s: %s, waiting %v, %d failed; want %s, %v, 1", tt.name, got.State, got.Waiting, got.Failed, tt.want, tt.waits)
		}
	}
	checkWhole(t, d.o)
}

// An answer that is pulled back undoes its own closing only: what was opened or closed since stays.
func TestClosingOfALaterMoveStays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i, tt := range []struct {
		name  string
		since func(ngo.PersonID, ngo.ConversationID)
		want  ngo.ConversationState
	}{
		{"closed again", func(_ ngo.PersonID, c ngo.ConversationID) {
			d.move(c, ngo.ConversationOpen)
			d.move(c, ngo.ConversationClosed)
		}, ngo.ConversationClosed},
		{"put off", func(_ ngo.PersonID, c ngo.ConversationID) {
			d.move(c, ngo.ConversationOpen)
			d.move(c, ngo.ConversationSnoozed)
		}, ngo.ConversationSnoozed},
		{"a message came", func(p ngo.PersonID, _ ngo.ConversationID) {
			d.hear(d.says(p, "wamid.more", "and one more thing", d.Now()))
		}, ngo.ConversationOpen},
		{"a machine wrote", func(p ngo.PersonID, _ ngo.ConversationID) {
			n := d.says(p, "wamid.machine", "out of office", d.Now())
			n.Quiet = true
			d.hear(n)
		}, ngo.ConversationOpen},
	} {
		p, c := d.chat(fmt.Sprint("91987654321", i))
		m := d.reply(c, "done")
		d.do(func(tx *store.Tx) error { _, err := tx.CloseWith(m); return err })
		tt.since(p, c)
		d.do(func(tx *store.Tx) error { _, err := tx.Withdraw(m.ID); return err })
		if got := d.conversation(c); got.State != tt.want || (got.Waiting != nil) != (tt.want == ngo.ConversationOpen) {
			t.Errorf("%s: %s, waiting %v; want %s", tt.name, got.State, got.Waiting, tt.want)
		}
	}
}
