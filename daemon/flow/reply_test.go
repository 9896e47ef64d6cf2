package flow_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// reply writes into a conversation as staff do, to go at once.
func (h *house) reply(c ngo.ConversationID, words string) ngo.Message {
	h.t.Helper()
	return h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: words, Author: "user:meena"})
}

func (h *house) write1(n store.NewReply) (m ngo.Message) {
	h.t.Helper()
	h.write(func(tx *store.Tx) (err error) { m, _, err = tx.AddReply(n); return err })
	return m
}

// greeted is a house with a WhatsApp account to which Meena has written.
func greeted(t *testing.T) (*house, *graph, ngo.ConversationID) {
	t.Helper()
	h := newHouse(t)
	g := h.whatsApp()
	g.hears(messages(h.text("wamid.1", "hello")))
	return h, g, h.thread().ID
}

func TestReplyGoesOut(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	due := h.now().Add(10 * time.Second)
	m := h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: "good morning", Author: "user:x", Due: due, Quotes: h.thread().messages[0].ID})
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageQueued || len(g.taken()) != 0 {
		t.Fatalf("message %+v went before it was due", got)
	}
	h.later(11 * time.Second)
	h.works()
	got := statusOf(t, h, m.ID)
	if got.State != ngo.MessageSent || got.Ref != "wamid.out.1" || !slices.Equal(g.texts(), []string{"good morning"}) {
		t.Errorf("message %+v, WhatsApp took %v", got, g.texts())
	}
	sent := g.taken()[0]
	if about, _ := sent["context"].(map[string]any); about["message_id"] != "wamid.1" || sent["to"] != "+"+meena || sent["biz_opaque_callback_data"] != string(m.ID) {
		t.Errorf("sent %v; want it to quote, and to carry our own id", sent)
	}
	if c := h.thread(); c.Waiting != nil || !c.Mine {
		t.Errorf("conversation %+v; want nobody waiting", c.Conversation)
	}
	g.hears(statuses(h.status(m.ID, "wamid.out.1", "read"), h.status(m.ID, "wamid.out.1", "delivered")))
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageRead {
		t.Errorf("message %+v; want it read", got)
	}
}

// What waits for an account that comes back is hurried, but for what can still be pulled back.
func TestHurriedIsNotEarly(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	m := h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: "wait", Author: "user:x", Due: h.now().Add(10 * time.Second)})
	h.write(func(tx *store.Tx) error { _, err := tx.Hurry(ngo.LaneOutbound, ngo.JobDeliver); return err })
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageQueued || len(g.taken()) != 0 {
		t.Fatalf("message %+v went before it was due", got)
	}
	h.later(11 * time.Second)
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageSent {
		t.Errorf("message %+v; want it sent", got)
	}
}

func TestPulledBack(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	m := h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: "oops", Due: h.now().Add(10 * time.Second)})
	h.write(func(tx *store.Tx) error { _, err := tx.Withdraw(m.ID); return err })
	h.later(time.Minute)
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageWithdrawn || len(g.taken()) != 0 || len(h.state().jobs) != 0 {
		t.Errorf("message %+v, WhatsApp took %v; want it pulled back", got, g.texts())
	}
}

// A message that must wait keeps those behind it in the same conversation, and nobody else's.
func TestOrderOfAConversation(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	g.hears(messages(h.textFrom(ravi, "wamid.2", "hello too")))
	var other ngo.ConversationID
	for _, one := range h.threads() {
		if one.ID != c {
			other = one.ID
		}
	}
	g.answer(fault(400, 131056), fault(400, 131056))
	h.reply(c, "one")
	h.works()
	for _, words := range []string{"two", "three"} {
		h.reply(c, words)
	}
	h.reply(other, "elsewhere")
	h.works() // the pair limit hits once more, whoever is asked first
	for range 30 {
		h.later(20 * time.Second)
		h.works()
	}
	texts := g.texts()
	mine := slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s == "elsewhere" })
	if !slices.Equal(mine, []string{"one", "two", "three"}) || len(texts) != 4 {
		t.Errorf("WhatsApp took %v; want the conversation in its order", texts)
	}
}

// Whoever waits behind a message that is pulled back goes at once.
func TestPulledBackFromTheHead(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	g.answer(fault(400, 131056))
	first := h.reply(c, "first")
	h.works()
	h.reply(c, "second")
	h.works()
	if len(g.taken()) != 0 {
		t.Fatalf("WhatsApp took %v; want both to wait", g.texts())
	}
	h.write(func(tx *store.Tx) error { _, err := tx.Withdraw(first.ID); return err })
	h.later(10 * time.Second) // what the person was told to be spared of
	h.works()
	h.later(30 * time.Second)
	h.works()
	if !slices.Equal(g.texts(), []string{"second"}) {
		t.Errorf("WhatsApp took %v; want the second", g.texts())
	}
}

func TestWhatComesOfEachCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		answer string
		state  ngo.MessageState
		fault  string
		retry  bool
		says   string
	}{
		{"the window is shut", fault(400, 131047), ngo.MessageFailed, "131047", false, "template"},
		{"nobody there", fault(400, 131026), ngo.MessageFailed, "131026", false, "Try another way"},
		{"stopped marketing", fault(400, 131050), ngo.MessageFailed, "131050", false, "stopped"},
		{"the cap", fault(400, 131049), ngo.MessageFailed, "131049", true, "Wait a day"},
		{"a bad template", fault(404, 132001), ngo.MessageFailed, "132001", false, "template"},
		{"unknown to all", fault(400, 999999), ngo.MessageFailed, "999999", false, "999999"},
		{"pair", fault(400, 131056), ngo.MessageQueued, "", false, "this person"},
		{"too fast", fault(400, 130429), ngo.MessageQueued, "", false, "at once"},
		{"429", "429 {}", ngo.MessageQueued, "", false, ""},
		{"somebody else answers", "403 Forbidden", ngo.MessageQueued, "", false, "base-url"},
		{"trouble of its own", fault(500, 131000), ngo.MessageQueued, "", false, "trouble"},
		{"the token has ended", fault(401, 190), ngo.MessageQueued, "", false, "token"},
		{"a lost answer", "lose", ngo.MessageUncertain, "", false, "Find out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, g, c := greeted(t)
			g.answer(tt.answer)
			m := h.reply(c, "hello")
			h.works()
			got := statusOf(t, h, m.ID)
			if got.State != tt.state || got.Fault != tt.fault || got.Retry != tt.retry || got.Reason == "" || !strings.Contains(got.Reason, tt.says) {
				t.Errorf("message %+v; want %+v", got, tt)
			}
			if failed := h.thread().Failed; (failed == 1) != (tt.state == ngo.MessageFailed || tt.state == ngo.MessageUncertain) {
				t.Errorf("%d failed in the conversation", failed)
			}
			if tt.state == ngo.MessageQueued {
				h.later(time.Hour)
				h.works()
				if got := statusOf(t, h, m.ID); got.State != ngo.MessageSent || got.Reason != "" || len(g.taken()) != 1 {
					t.Errorf("message %+v later, taken %d times; want it sent once", got, len(g.taken()))
				}
			}
		})
	}
}

// What became of a message whose answer was lost is told by a status, by our own id, early or late.
func TestUncertainIsResolvedByAStatus(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"delivered", "failed"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			h, g, c := greeted(t)
			g.answer("lose")
			m := h.reply(c, "hello")
			h.works()
			if got := statusOf(t, h, m.ID); got.State != ngo.MessageUncertain {
				t.Fatalf("message %+v", got)
			}
			h.later(time.Hour)
			h.works()
			if len(g.taken()) != 1 {
				t.Errorf("taken %d times; want it never repeated by itself", len(g.taken()))
			}
			g.hears(statuses(h.status(m.ID, "wamid.out.1", state)))
			if got := statusOf(t, h, m.ID); string(got.State) != state || got.Ref != "wamid.out.1" {
				t.Errorf("message %+v; want it %s", got, state)
			}
		})
	}
}

// The window may shut while a message waits.
func TestWindowIsLookedAtBeforeSending(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	g.answer(fault(401, 190))
	m := h.reply(c, "hello")
	h.works()
	h.later(25 * time.Hour)
	h.works()
	got := statusOf(t, h, m.ID)
	if got.State != ngo.MessageFailed || !strings.Contains(got.Reason, "template") || len(g.taken()) != 0 {
		t.Errorf("message %+v, taken %v; want it failed, with the offer of a template", got, g.texts())
	}
}

// Of two accounts one that is down keeps its own messages only, and is on record as what somebody has to mend.
func TestOutageParksItsOwnAccountOnly(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	server := h.mailServer(sim.SMTPOptions{})
	g.answer(slices.Repeat([]string{fault(401, 190)}, 50)...)
	for range 5 {
		h.reply(c, "hello")
	}
	for n := range 5 {
		h.deliver(h.sim.Captured(n).Body)
	}
	h.works()
	if server.Total() != 5 {
		t.Errorf("%d mails; want all five, whatever ails WhatsApp", server.Total())
	}
	if tries := g.asked["/"+ourNumber+"/messages"]; tries > 2 {
		t.Errorf("WhatsApp was tried %d times; want it left alone", tries)
	}
	alarm := func() (s string) {
		h.read(func(rx *store.Rx) error { x, err := rx.Health(g.account.ID); s = x.Alarm; return err })
		return s
	}
	if !strings.Contains(alarm(), "token has ended") {
		t.Errorf("alarm %q; want it to say what somebody has to mend", alarm())
	}
	g.mu.Lock()
	g.answers = nil
	g.mu.Unlock()
	for range 5 {
		h.later(20 * time.Minute)
		h.works()
	}
	if alarm() != "" || len(g.taken()) != 5 {
		t.Errorf("alarm %q, %d taken; want all gone", alarm(), len(g.taken()))
	}
}

// What waits for an account goes as soon as somebody has found that its provider takes it again; what waits for a limit keeps to that.
func TestMendedAtTheProvider(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	g.answer(fault(401, 190))
	m := h.reply(c, "hello")
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageQueued || len(g.taken()) != 0 {
		t.Fatalf("message %+v; want it to wait", got)
	}
	h.flow.Mended(t.Context(), g.org(), g.account.ID)
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageSent {
		t.Errorf("message %+v; want it sent at once", got)
	}
	g.answer(fault(400, 131056))
	m = h.reply(c, "again")
	h.works()
	h.flow.Mended(t.Context(), g.org(), g.account.ID)
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageQueued || len(g.taken()) != 1 {
		t.Errorf("message %+v; want it to wait for the person to be spared", got)
	}
}

// org is the organisation as the daemon holds it.
func (g *graph) org() *org.Org {
	g.h.t.Helper()
	o, err := g.h.book.Org(g.h.t.Context(), storetest.Slug)
	must(g.h.t, err)
	return o
}

// template keeps an approved template.
func (g *graph) template(name, lang, category, text string, parameters ...string) {
	g.h.t.Helper()
	kept, err := channel.Template{
		Ref: ngo.Ref("t-" + name), Name: name, Language: lang, State: channel.TemplateApproved, Category: category,
		Body: channel.Part{Kind: "text", Text: text, Parameters: parameters},
	}.Keep(g.account.ID, g.h.now())
	must(g.h.t, err)
	g.h.write(func(tx *store.Tx) error { return tx.PutTemplates(g.account.ID, []ngo.Template{kept}) })
}

// A template goes out when the window is shut, unless the person has stopped such, or it has changed since.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare func(h *house, g *graph, person ngo.PersonID)
		state   ngo.MessageState
		says    string
	}{
		"approved": {func(*house, *graph, ngo.PersonID) {}, ngo.MessageSent, ""},
		"stopped": {func(h *house, _ *graph, p ngo.PersonID) {
			h.write(func(tx *store.Tx) error {
				_, err := tx.AddConsent(ngo.Consent{Person: p, Topic: ngo.TopicAll, Words: "stop", Source: "x"})
				return err
			})
		}, ngo.MessageFailed, "asked for no more"},
		"marketing stopped": {func(h *house, _ *graph, p ngo.PersonID) {
			h.write(func(tx *store.Tx) error {
				_, err := tx.AddConsent(ngo.Consent{Person: p, Topic: ngo.TopicMarketing, Words: "stop", Source: "x"})
				return err
			})
		}, ngo.MessageFailed, "asked for no more"},
		"paused since": {func(h *house, g *graph, _ ngo.PersonID) {
			h.write(func(tx *store.Tx) error {
				_, err := tx.NewsOfTemplate(g.account.ID, store.TemplateNews{Ref: "t-appeal", State: "paused"})
				return err
			})
		}, ngo.MessageFailed, "paused"},
		"other values now": {func(_ *house, g *graph, _ ngo.PersonID) {
			g.template("appeal", "en", "marketing", "Dear {{1}}, {{2}}", "1", "2")
		}, ngo.MessageFailed, "do not fit"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, g, c := greeted(t)
			g.template("appeal", "en", "marketing", "Dear {{1}}, please help.", "1")
			h.later(48 * time.Hour)
			tt.prepare(h, g, h.thread().Person)
			m := h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageTemplate, Text: "Dear Meena, please help.", Author: "user:x",
				More: ngo.Extra{Template: "appeal", Language: "en", Category: "marketing", Body: map[string]string{"1": "Meena"}}})
			h.works()
			got := statusOf(t, h, m.ID)
			if got.State != tt.state || !strings.Contains(got.Reason, tt.says) || len(g.taken()) != map[ngo.MessageState]int{ngo.MessageSent: 1}[tt.state] {
				t.Errorf("message %+v, taken %v; want %s", got, g.taken(), tt.state)
			}
		})
	}
}

func TestFilesGoOut(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	shelf, err := h.blobs.Of(h.org.Info())
	must(t, err)
	data := picture(t)
	b, err := shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](h.now()), data)
	must(t, err)
	h.write(func(tx *store.Tx) error { return tx.AddBlob(b.ID, b.Size, b.SHA, b.Key) })
	m := h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: "the way here", Author: "user:x", Attachments: []store.NewAttachment{
		{Kind: "image", Name: "map.png", Type: "image/png", Size: b.Size, State: ngo.AttachmentKept, Blob: b.ID},
	}})
	h.works()
	got := statusOf(t, h, m.ID)
	if got.State != ngo.MessageSent || g.asked["/"+ourNumber+"/media"] != 1 {
		t.Fatalf("message %+v, asked %v", got, g.asked)
	}
	if file, _ := g.taken()[0]["image"].(map[string]any); file["caption"] != "the way here" || file["id"] == "" {
		t.Errorf("sent %v; want the picture with its words", g.taken()[0])
	}
	too := h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: strings.Repeat("long ", 1000), Author: "user:x"})
	h.works()
	if got := statusOf(t, h, too.ID); got.State != ngo.MessageFailed || !strings.Contains(got.Reason, "4096") {
		t.Errorf("message %+v; want it refused before it is sent", got)
	}
}

// A number that goes too fast waits; another number of the same account goes on.
func TestLimitOfALine(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	g.hears(batchFor(ourSecond, "messages", "messages", h.textFrom(ravi, "wamid.2", "hello")))
	var other ngo.ConversationID
	for _, one := range h.threads() {
		if one.ID != c {
			other = one.ID
		}
	}
	g.answer(fault(400, 131048)) // an hour
	first := h.reply(c, "first")
	h.works()
	second := h.reply(other, "second")
	h.works()
	if a, b := statusOf(t, h, first.ID), statusOf(t, h, second.ID); a.State != ngo.MessageQueued || b.State != ngo.MessageSent {
		t.Errorf("first %+v, second %+v; want the first to wait alone", a, b)
	}
	h.later(30 * time.Minute)
	h.works()
	if a := statusOf(t, h, first.ID); a.State != ngo.MessageQueued {
		t.Errorf("first %+v; want it to wait as long as it was told", a)
	}
	h.later(32 * time.Minute)
	h.works()
	if a := statusOf(t, h, first.ID); a.State != ngo.MessageSent {
		t.Errorf("first %+v; want it sent", a)
	}
}

// A number that somebody has to mend keeps its own messages only, and stays on record for as long as it is not.
func TestBrokenLine(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	g.hears(batchFor(ourSecond, "messages", "messages", h.textFrom(ravi, "wamid.2", "hello")))
	var other ngo.ConversationID
	for _, one := range h.threads() {
		if one.ID != c {
			other = one.ID
		}
	}
	ails := true
	g.refuse = func(to string) string {
		if to == "+"+meena && ails {
			return fault(400, 133010)
		}
		return ""
	}
	first := h.reply(c, "first")
	h.works()
	for range 3 {
		m := h.reply(other, "elsewhere")
		h.works()
		if got := statusOf(t, h, m.ID); got.State != ngo.MessageSent {
			t.Fatalf("message %+v; want another number's sent at once", got)
		}
	}
	alarm := func() (s string) {
		h.read(func(rx *store.Rx) error { x, err := rx.Health(g.account.ID); s = x.Alarm; return err })
		return s
	}
	if got := statusOf(t, h, first.ID); got.State != ngo.MessageQueued || !strings.Contains(alarm(), "not registered") {
		t.Errorf("message %+v, alarm %q; want it to wait, and somebody told", got, alarm())
	}
	ails = false
	h.later(time.Hour)
	h.works()
	if got := statusOf(t, h, first.ID); got.State != ngo.MessageSent || alarm() != "" {
		t.Errorf("message %+v, alarm %q; want it sent, and the alarm over", got, alarm())
	}
}

// A channel that was removed keeps what waits, and says so; brought back, it goes.
func TestRemovedChannel(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	var act ngo.Act
	h.write(func(tx *store.Tx) (err error) { act, err = tx.RemoveAccount(g.account.ID); return err })
	m := h.reply(c, "hello")
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageQueued || !strings.Contains(got.Reason, "removed") {
		t.Errorf("message %+v", got)
	}
	h.write(func(tx *store.Tx) error { _, err := tx.Undo(act.ID); return err })
	h.later(7 * time.Hour)
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageSent {
		t.Errorf("message %+v", got)
	}
}

// What a status tells before the answer to the sending is recorded counts as soon as the message is known by that name.
func TestStatusBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	g.arrive(statuses(`{"id":"wamid.out.1","status":"delivered","timestamp":"` + strconv.FormatInt(h.now().Unix(), 10) + `","recipient_id":"` + meena + `"}`))
	m := h.reply(c, "hello")
	h.works() // the lanes are worked in their order: the status is heard first
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageDelivered {
		t.Errorf("message %+v; want it delivered", got)
	}
}

// What was written for a channel that stayed away for long does not go when it comes back.
func TestChannelThatWasAwayForLong(t *testing.T) {
	t.Parallel()
	h, p, was := written(t)
	sent := p.Total()
	var act ngo.Act
	h.write(func(tx *store.Tx) (err error) { act, err = tx.RemoveAccount(was.Account); return err })
	m := h.reply(was.ID, "see you tomorrow")
	for range 8 {
		h.works()
		h.later(24 * time.Hour)
	}
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageFailed || !got.Retry || !strings.Contains(got.Reason, "removed") {
		t.Fatalf("message %+v; want it failed after a week", got)
	}
	h.write(func(tx *store.Tx) error { _, err := tx.Undo(act.ID); return err })
	h.later(24 * time.Hour)
	h.works()
	if p.Total() != sent {
		t.Errorf("%d mails, %d before; want none of what is old", p.Total(), sent)
	}
}

// Whoever tries an old message again gives it another week.
func TestWeekCountsFromTheRetry(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	m := h.reply(c, "see you")
	h.parks(m.ID, false)
	h.later(8 * 24 * time.Hour)
	g.hears(messages(h.text("wamid.2", "are you there?")))
	h.write(func(tx *store.Tx) error { _, err := tx.RetryMessage(m.ID, true); return err })
	g.answer(fault(500, 131000))
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageQueued {
		t.Errorf("message %+v; want it to wait for the provider", got)
	}
	h.later(time.Hour)
	h.works()
	if got := statusOf(t, h, m.ID); got.State != ngo.MessageSent {
		t.Errorf("message %+v; want it sent", got)
	}
}

// A message that cannot be written holds up none behind it.
func TestLostFileHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	shelf, err := h.blobs.Of(h.org.Info())
	must(t, err)
	b, err := shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](h.now()), picture(t))
	must(t, err)
	files, err := filepath.Glob(filepath.Join(h.org.Dir(), "blobs", "*", string(b.ID)+"*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v; want one", files, err)
	}
	must(t, os.Remove(files[0]))
	h.write(func(tx *store.Tx) error {
		_, _, err := tx.AddReply(store.NewReply{Conversation: c, Kind: ngo.MessageText, Text: "look", Author: "user:x", Attachments: []store.NewAttachment{
			{Kind: "image", Name: "a.png", Type: "image/png", Size: 3, State: ngo.AttachmentKept, Blob: b.ID}}})
		return errors.Join(err, tx.AddBlob(b.ID, b.Size, b.SHA, b.Key))
	})
	second := h.reply(c, "second")
	for range 20 {
		if errs := h.work(); len(errs) > 0 {
			t.Fatalf("errors %v; want none that a person has to look for among the jobs", errs)
		}
		h.later(5 * time.Minute)
	}
	if got := statusOf(t, h, second.ID); got.State != ngo.MessageSent || len(g.texts()) != 1 || h.thread().Failed != 1 {
		t.Errorf("message %+v, WhatsApp took %v; want the first failed and the second sent", got, g.texts())
	}
}
