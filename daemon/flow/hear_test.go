package flow_test

import (
	"strings"
	"testing"

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
