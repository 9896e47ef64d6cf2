package flow_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// threads gives every conversation, whatever its state, with its messages.
func (h *house) threads() (out []thread) {
	h.t.Helper()
	h.read(func(rx *store.Rx) error {
		all, _, err := rx.Conversations(store.ConversationQuery{ListQuery: store.ListQuery{Limit: 500}})
		if err != nil {
			return err
		}
		for _, c := range all {
			messages, _, err := rx.Thread(c.ID, store.ListQuery{Limit: 500})
			if err != nil {
				return err
			}
			out = append(out, thread{c, messages})
		}
		return nil
	})
	return out
}

type thread struct {
	ngo.Conversation
	messages []ngo.Message
}

// texts gives what was said, oldest first.
func (t thread) texts() (out []string) {
	for _, m := range t.messages {
		out = append(out, m.Text)
	}
	return out
}

func (h *house) thread() thread {
	h.t.Helper()
	all := h.threads()
	if len(all) != 1 {
		h.t.Fatalf("conversations %+v; want one", all)
	}
	return all[0]
}

func TestMessageIsHeard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	id := g.hears(messages(h.text("wamid.1", "வணக்கம், is the office open?")))
	c := h.thread()
	m := c.messages[0]
	if c.Kind != ngo.Chat || c.Line != ourNumber || c.Name != meenaName || c.Address != (ngo.Identity{Kind: ngo.WhatsApp, Value: meena}) || c.LastIn == nil || c.Waiting == nil || c.Unread != 1 {
		t.Errorf("conversation %+v", c.Conversation)
	}
	if m.Text != "வணக்கம், is the office open?" || m.What != "text" || m.Direction != ngo.In || m.State != ngo.MessageReceived || m.Person != c.Person {
		t.Errorf("message %+v", m)
	}
	h.read(func(rx *store.Rx) error {
		d, err := rx.Delivery(id)
		if err == nil && (d.State != ngo.DeliveryProcessed || d.Summary != "messages.text" || d.Reason != "") {
			t.Errorf("delivery %+v", d)
		}
		return err
	})
	if jobs := h.state().jobs; len(jobs) != 0 {
		t.Errorf("jobs %+v; want none left", jobs)
	}
}

// A delivery of which one part is for another number, and another means nothing, keeps the rest.
func TestHalfBrokenDeliveryKeepsItsGoodHalf(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	body := `{"object":"whatsapp_business_account","entry":[` + strings.Join([]string{
		entry(ourNumber, "messages", "messages", h.text("wamid.1", "good"), `{"id":7,"nonsense":`+`[]}`, `{"from":"919840012345","timestamp":"1","type":"text"}`),
		entry("999", "messages", "messages", h.text("wamid.2", "of somebody else")),
		entry(ourSecond, "messages", "messages", h.text("wamid.3", "good too")),
	}, ",") + `]}`
	id := g.hears(body)
	all := h.threads()
	if len(all) != 2 || len(all[0].messages) != 1 || len(all[1].messages) != 1 {
		t.Fatalf("conversations %+v; want one on each of our numbers", all)
	}
	h.read(func(rx *store.Rx) error {
		d, err := rx.Delivery(id)
		if err == nil && (d.State != ngo.DeliveryProcessed || !strings.Contains(d.Reason, "left out: it is for another number") || !strings.Contains(d.Reason, "not understood")) {
			t.Errorf("delivery %+v; want it processed, with what was left out", d)
		}
		return err
	})
}

// Fifty copies of the same messages, in any order and in any batches, are told once, each in its place.
func TestCopiesInAnyOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	var items, want []string
	for n := range 5 {
		words := fmt.Sprintf("message %d", n)
		items = append(items, fmt.Sprintf(`{"from":%q,"id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":%q}}`, meena, n, h.now().Add(time.Duration(n-60)*time.Minute).Unix(), words))
		want = append(want, words)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 50 {
		rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		body := messages(items[:1+rng.IntN(len(items))]...)
		g.arrive(body + strings.Repeat(" ", n)) // no two bodies are equal: each is a delivery
		if n%7 == 0 {
			h.works()
		}
	}
	g.arrive(messages(items...) + "\n")
	h.works()
	c := h.thread()
	if !slices.Equal(c.texts(), want) || c.Unread != len(want) {
		t.Errorf("the thread says %v, %d unread; want %v", c.texts(), c.Unread, want)
	}
}

func TestKindsOfMessage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind, content string
		what, text    string
		check         func(ngo.Message, ngo.Extra) bool
	}{
		{"location", `{"latitude":13.08,"longitude":80.27,"name":"Office","address":"Beach Road"}`, "place", "", func(_ ngo.Message, x ngo.Extra) bool {
			return x.Place != nil && x.Place.Latitude == 13.08 && x.Place.Name == "Office"
		}},
		{"contacts", `[{"name":{"formatted_name":"Ravi"},"phones":[{"phone":"+91 98400 67890"}],"org":{"company":"Sevai"}}]`, "cards", "", func(_ ngo.Message, x ngo.Extra) bool {
			return len(x.Cards) == 1 && x.Cards[0].Name == "Ravi" && len(x.Cards[0].Lines) == 2 && !x.Cards[0].Own
		}},
		{"button", `{"payload":"yes-7","text":"Yes, please"}`, "choice", "Yes, please", func(_ ngo.Message, x ngo.Extra) bool {
			return x.Choice == "Yes, please" && x.Payload == "yes-7"
		}},
		{"interactive", `{"type":"list_reply","list_reply":{"id":"r1","title":"Pension","description":"Old age"}}`, "choice", "Pension", func(_ ngo.Message, x ngo.Extra) bool {
			return strings.Contains(x.Choice, "Old age")
		}},
		{"interactive", `{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"village\":\"Kalpakkam\"}"}}`, "form", "", func(_ ngo.Message, x ngo.Extra) bool {
			return len(x.Form) > 0 && x.Form[0].Value == "Kalpakkam"
		}},
		{"order", `{"catalog_id":"7","text":"two please","product_items":[{"product_retailer_id":"calendar","quantity":2,"item_price":150,"currency":"INR"}]}`, "order", "two please", func(_ ngo.Message, x ngo.Extra) bool {
			return len(x.Order) == 1 && strings.Contains(x.Order[0], "2 × calendar") && strings.Contains(x.Order[0], "150")
		}},
		{"unsupported", `{"type":"poll"}`, "other", "", func(_ ngo.Message, x ngo.Extra) bool { return strings.Contains(x.Problem, "does not pass on") }},
		{"hologram", `{"of":"somebody"}`, "other", "", func(_ ngo.Message, x ngo.Extra) bool { return strings.Contains(x.Problem, "hologram") }},
	} {
		t.Run(tt.kind+" "+tt.what, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.whatsApp().hears(messages(h.item(meena, "wamid.1", tt.kind, tt.content)))
			m := h.thread().messages[0]
			var x ngo.Extra
			if len(m.More) > 0 {
				must(t, json.Unmarshal(m.More, &x))
			}
			if m.What != tt.what || tt.text != "" && m.Text != tt.text || !tt.check(m, x) {
				t.Errorf("message %+v with %s", m, m.More)
			}
		})
	}
}

func TestWhatComesAboutAMessage(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{false, true} { // before the message, and after
		t.Run(fmt.Sprint(early), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			first := messages(h.text("wamid.1", "I come at nine"), h.text("wamid.2", "wrong thread"))
			about := messages(
				h.item(meena, "wamid.3", "reaction", `{"message_id":"wamid.1","emoji":"👍"}`),
				h.item(meena, "wamid.4", "edit", `{"original_message_id":"wamid.1","message":{"type":"text","text":{"body":"I come at ten"}}}`),
				h.item(meena, "wamid.5", "revoke", `{"original_message_id":"wamid.2"}`),
			)
			if early {
				first, about = about, first
			}
			g.hears(first)
			g.hears(about)
			c := h.thread()
			if len(c.messages) != 2 {
				t.Fatalf("messages %+v; want two", c.messages)
			}
			one, two := c.messages[0], c.messages[1]
			if one.Text != "I come at ten" || one.Edited == nil || len(one.Reactions) != 1 || one.Reactions[0].Emoji != "👍" || one.Reactions[0].Mine {
				t.Errorf("message %+v; want it edited, with a reaction", one)
			}
			if two.Revoked == nil || two.Text != "" {
				t.Errorf("message %+v; want it taken back", two)
			}
		})
	}
}

func TestEchoesAreOurs(t *testing.T) {
	t.Parallel()
	h, g, c := greeted(t)
	h.later(time.Minute)
	echo := fmt.Sprintf(`{"from":"914440000000","to":%q,"id":"wamid.app","timestamp":"%d","type":"text","text":{"body":"from the phone"}}`, meena, h.now().Unix())
	g.hears(batch("smb_message_echoes", "message_echoes", echo))
	m := h.reply(c, "from here")
	h.works()
	again := fmt.Sprintf(`{"from":"914440000000","to":%q,"id":"wamid.out.1","timestamp":"%d","type":"text","text":{"body":"from here"}}`, meena, h.now().Unix())
	g.hears(batch("smb_message_echoes", "message_echoes", again))
	got := h.thread()
	if !slices.Equal(got.texts(), []string{"hello", "from the phone", "from here"}) {
		t.Fatalf("the thread says %v", got.texts())
	}
	if e := got.messages[1]; e.Direction != ngo.Out || !e.Echo || e.State != ngo.MessageSent || e.Author != "the WhatsApp app" || e.Person != got.Person {
		t.Errorf("echo %+v", e)
	}
	if got.Waiting != nil || got.messages[2].ID != m.ID || got.messages[2].Echo {
		t.Errorf("conversation %+v, last %+v; want nobody waiting, and our own message once", got.Conversation, got.messages[2])
	}
}

func TestGroupIsOneConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	in := func(from, id, words string) string {
		return strings.Replace(h.textFrom(from, id, words), `{"from"`, `{"group_id":"group-7","from"`, 1)
	}
	g.hears(messages(in(meena, "wamid.1", "who comes?"), in(ravi, "wamid.2", "I do"), h.text("wamid.3", "between us")))
	all := h.threads()
	if len(all) != 2 {
		t.Fatalf("conversations %+v; want the group and the chat", all)
	}
	group := all[slices.IndexFunc(all, func(c thread) bool { return c.Kind == ngo.Group })]
	if len(group.messages) != 2 || group.messages[0].Person == group.messages[1].Person || group.Person != "" {
		t.Errorf("group %+v", group)
	}
}

// What nobody understands any of is kept for a person.
func TestUnknownIsKept(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body  string
		state ngo.DeliveryState
	}{
		"a new field":         {`{"object":"whatsapp_business_account","entry":[{"id":"` + ourWABA + `","changes":[{"field":"telepathy","value":{"x":1}}]}]}`, ngo.DeliveryQuarantined},
		"no body of WhatsApp": {`{"object":"page"}`, ngo.DeliveryQuarantined},
		"all for others":      {batchFor("999", "messages", "messages", `{"from":"919840012345","id":"wamid.1","timestamp":"1","type":"text","text":{"body":"x"}}`), ngo.DeliveryProcessed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			id := h.whatsApp().hears(tt.body)
			var d ngo.Delivery
			h.read(func(rx *store.Rx) (err error) { d, err = rx.Delivery(id); return err })
			if d.State != tt.state || d.Reason == "" || len(h.threads()) != 0 || len(h.state().jobs) != 0 {
				t.Errorf("delivery %+v; want it %s with a reason, and nothing else", d, tt.state)
			}
		})
	}
}

func TestTemplateNewsAndProblems(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	h.write(func(tx *store.Tx) error {
		return tx.PutTemplates(g.account.ID, []ngo.Template{{Account: g.account.ID, Ref: "77", Name: "thanks", Language: "en", State: "approved", Category: "utility"}})
	})
	g.hears(fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"message_template_status_update","value":{"event":"PAUSED","message_template_id":77,"message_template_name":"thanks","message_template_language":"en","reason":"NONE"}}]}]}`, ourWABA))
	var found ngo.Template
	h.read(func(rx *store.Rx) (err error) { found, err = rx.Template(g.account.ID, "thanks", "en"); return err })
	if found.State != "paused" {
		t.Errorf("template %+v; want it paused", found)
	}
	g.hears(messages() + " ")
	g.hears(fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":%q},"errors":[{"code":131031,"title":"locked"}]}}]}]}`, ourWABA, ourNumber))
	var health ngo.Health
	h.read(func(rx *store.Rx) (err error) { health, err = rx.Health(g.account.ID); return err })
	if !strings.Contains(health.Alarm, "locked the account") {
		t.Errorf("alarm %q; want what WhatsApp says", health.Alarm)
	}
}

// Very much news of templates costs one list.
func TestManyTemplatesOneList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	news := func(n int) string {
		return fmt.Sprintf(`{"field":"message_template_status_update","value":{"event":"APPROVED","message_template_id":%d,"message_template_name":"t%d","message_template_language":"en","reason":"NONE"}}`, n, n)
	}
	var all []string
	for n := range 20 {
		all = append(all, news(n+1))
	}
	g.hears(fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[%s]}]}`, ourWABA, strings.Join(all, ",")))
	if n := g.asked["/"+ourWABA+"/message_templates"]; n != 1 {
		t.Errorf("asked %d times; want once", n)
	}
	h.later(time.Minute)
	g.hears(fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[%s]}]}`, ourWABA, news(99)))
	if n := g.asked["/"+ourWABA+"/message_templates"]; n != 2 {
		t.Errorf("asked %d times; want once more for what came later", n)
	}
}

// The time to answer freely ends a day after the message came, however far ahead its clock is.
func TestAClockAheadOpensNoLongerWindow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	at := h.now().Add(20 * time.Hour).Unix()
	id := g.hears(messages(fmt.Sprintf(`{"from":%q,"id":"wamid.1","timestamp":"%d","type":"text","text":{"body":"hello"}}`, meena, at)))
	var d ngo.Delivery
	h.read(func(rx *store.Rx) (err error) { d, err = rx.Delivery(id); return err })
	c := h.thread()
	if !c.LastIn.Equal(d.Received) || !c.Waiting.Equal(d.Received) || !c.messages[0].At.Equal(d.Received) {
		t.Errorf("window from %v, waiting since %v, message of %v; want %v, when it came", c.LastIn, c.Waiting, c.messages[0].At, d.Received)
	}
	h.later(24*time.Hour + time.Second)
	h.write(func(tx *store.Tx) error {
		_, _, err := tx.AddReply(store.NewReply{Conversation: c.ID, Kind: ngo.MessageText, Text: "too late"})
		return err
	})
	h.works()
	if len(g.taken()) != 0 {
		t.Errorf("WhatsApp was given %v; want nothing outside of the window", g.taken())
	}
}

// Who dates a mail a year back does not get before somebody who waits.
func TestABackdatedMailHasNotWaitedLongest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{From: meenaBox, Subject: "First", Text: "I wait."})
	h.later(time.Hour)
	p.box.PutData([]byte("From: mallory@people.example\r\nTo: " + office + "\r\nDate: Sat, 22 Nov 2025 10:00:00 +0530\r\nSubject: Me first\r\n\r\nI wait for a year.\r\n"))
	p.fetch()
	h.read(func(rx *store.Rx) error {
		all, _, err := rx.Conversations(store.ConversationQuery{Sort: store.SortWaiting, Waiting: true})
		if err == nil && (len(all) != 2 || all[0].Subject != "First") {
			t.Errorf("waiting %+v; want who came first in front", all)
		}
		return err
	})
}
