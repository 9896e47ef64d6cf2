package flow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// receiptsBy gives the house a WhatsApp account with an approved template for receipts, in English and Tamil.
func (h *house) receiptsBy(states ...channel.TemplateState) *graph {
	h.t.Helper()
	g := h.whatsApp("receipt-template", "receipt_ready")
	state := channel.TemplateApproved
	if len(states) > 0 {
		state = states[0]
	}
	var all []ngo.Template
	for lang, text := range map[string]string{"en": "Dear {{1}}, here is your receipt {{3}} for {{2}}.", "ta": "{{1}}, {{2}} {{3}}"} {
		kept, err := channel.Template{
			Ref: ngo.Ref("7" + lang), Name: "receipt_ready", Language: lang, State: state, Category: "utility", Header: channel.Part{Kind: "document"},
			Body: channel.Part{Kind: "text", Text: text, Parameters: []string{"1", "2", "3"}},
		}.Keep(g.account.ID, h.now())
		must(h.t, err)
		all = append(all, kept)
	}
	h.write(func(tx *store.Tx) error { return tx.PutTemplates(g.account.ID, all) })
	return g
}

// agrees has the donor of the gift of complete() known, and say that receipts may come by WhatsApp.
func (h *house) agrees(topic ngo.Topic, given bool) (donor ngo.PersonID) {
	h.t.Helper()
	h.write(func(tx *store.Tx) (err error) {
		if donor, err = tx.JoinPerson(complete()); err != nil {
			return err
		}
		_, err = tx.AddConsent(ngo.Consent{Person: donor, Topic: topic, Given: given, Words: "yes, by WhatsApp", Source: "by phone"})
		return err
	})
	return donor
}

func (h *house) give() {
	h.t.Helper()
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	h.later(time.Minute) // until the document is drawn, the message waits
	h.works()
}

func TestReceiptByWhatsApp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	g := h.receiptsBy()
	h.agrees(ngo.TopicReceipt, true)
	h.give()
	if server.Total() != 0 || len(g.taken()) != 1 {
		t.Fatalf("%d mails, WhatsApp took %v; want the receipt there alone", server.Total(), g.taken())
	}
	sent := g.taken()[0]
	template, _ := sent["template"].(map[string]any)
	if sent["to"] != "+919840012345" || template["name"] != "receipt_ready" || g.asked["/"+ourNumber+"/media"] != 1 {
		t.Errorf("sent %v", sent)
	}
	m := h.state().messages[0]
	c := h.thread()
	if m.State != ngo.MessageSent || m.Receipt == "" || m.Conversation != c.ID || !strings.Contains(m.Text, "Dear Meena Raman, here is your receipt SVT/") || !strings.Contains(m.Text, "₹1,000.00") {
		t.Errorf("message %+v", m)
	}
	r := h.receiptsOf(h.onlyGift().ID)[0]
	if r.Given == nil || r.GivenBy != string(m.ID) {
		t.Errorf("receipt %+v; want the original given by it", r)
	}
	g.hears(messages(h.text("wamid.1", "thank you")))
	if got := h.thread(); got.ID != c.ID || len(got.messages) != 2 {
		t.Errorf("conversation %+v; want the answer in it", got)
	}
}

func TestReceiptsThatGoByMail(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(h *house) *graph{
		"nobody agreed":     func(h *house) *graph { return h.receiptsBy() },
		"they took it back": func(h *house) *graph { g := h.receiptsBy(); h.agrees(ngo.TopicReceipt, false); return g },
		"the template is paused": func(h *house) *graph {
			g := h.receiptsBy(channel.TemplatePaused)
			h.agrees(ngo.TopicReceipt, true)
			return g
		},
		"no template is set":      func(h *house) *graph { g := h.whatsApp(); h.agrees(ngo.TopicReceipt, true); return g },
		"agreed to anything else": func(h *house) *graph { g := h.receiptsBy(); h.agrees(ngo.TopicMarketing, true); return g },
		"stopped everything since": func(h *house) *graph {
			g := h.receiptsBy()
			h.agrees(ngo.TopicReceipt, true)
			h.later(time.Second)
			h.agrees(ngo.TopicAll, false)
			return g
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			g := prepare(h)
			h.give()
			if server.Total() != 1 || len(g.taken()) != 0 {
				t.Errorf("%d mails, WhatsApp took %v; want the mail alone", server.Total(), g.taken())
			}
		})
	}
}

// What WhatsApp does not take, or takes and cannot deliver, goes by mail, once; what nobody knows of waits for a person.
func TestReceiptThatWhatsAppDoesNotDeliver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer, status string
		mails                int
		state                ngo.MessageState
	}{
		{"refused", fault(400, 131026), "", 1, ngo.MessageFailed},
		{"refused later", "", "failed", 1, ngo.MessageFailed},
		{"nobody knows", "lose", "", 0, ngo.MessageUncertain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			g := h.receiptsBy()
			h.agrees(ngo.TopicReceipt, true)
			if tt.answer != "" {
				g.answer(tt.answer)
			}
			h.give()
			if tt.status != "" {
				all := h.state().messages
				g.hears(statuses(h.status(all[0].ID, "wamid.out.1", tt.status)))
				g.hears(statuses(h.status(all[0].ID, "wamid.out.1", tt.status)) + " ")
			}
			all := h.state().messages
			first := all[len(all)-1]
			if server.Total() != tt.mails || first.State != tt.state || len(all) != 1+tt.mails {
				t.Errorf("%d mails, messages %+v; want %d, and the first %s", server.Total(), all, tt.mails, tt.state)
			}
		})
	}
}

func TestStoppedDonorsAreNotReminded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.PAN = ""
	api.Give(sim.Charge{Donor: donor})
	c.told()
	h.later(time.Minute)
	h.works()
	asked := server.Total()
	person := h.onlyGift().Person
	h.write(func(tx *store.Tx) error {
		_, err := tx.AddConsent(ngo.Consent{Person: person, Topic: ngo.TopicAll, Words: "stop", Source: "by phone"})
		return err
	})
	for range 3 {
		h.later(30 * 24 * time.Hour)
		h.works()
	}
	if asked != 1 || server.Total() != asked {
		t.Errorf("%d mails, %d of them before the stop; want no reminder", server.Total(), asked)
	}
}

// WhatsApp may tell that it did not deliver a receipt before it has answered to it.
func TestReceiptThatFailsBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	g := h.receiptsBy()
	h.agrees(ngo.TopicReceipt, true)
	g.refuse = func(string) string {
		id := h.state().messages[0].ID
		d := h.org.NewDelivery(g.account.ID, "", []byte(statuses(h.status(id, "wamid.out.1", "failed")))).Heard()
		h.write(func(tx *store.Tx) error { _, err := tx.AddDelivery(d); return err })
		for _, j := range h.claim() {
			if j.Kind == ngo.JobHear {
				must(t, h.run(j))
			}
		}
		return ""
	}
	h.give()
	h.works()
	if all := h.state().messages; server.Total() != 1 || len(all) != 2 {
		t.Errorf("%d mails, messages %+v; want the receipt by mail", server.Total(), all)
	}
}

// A receipt whose document cannot be drawn holds up nothing in its donor's conversation for long.
func TestReceiptThatIsNotDrawn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	g := h.receiptsBy()
	h.agrees(ngo.TopicReceipt, true)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	for _, w := range api.Webhooks() {
		c.arrive(w.Body, false)
	}
	stuck := func() {
		for n := 0; n < 20; n++ {
			jobs := h.claim()
			if len(jobs) == 0 {
				return
			}
			for _, j := range jobs {
				if j.Kind == ngo.JobRender {
					h.write(func(tx *store.Tx) error { return tx.Park(j, "no font") })
					continue
				}
				must(t, h.run(j))
			}
		}
	}
	stuck()
	g.arrive(messages(h.text("wamid.1", "hello?")))
	stuck()
	h.reply(h.thread().ID, "good morning")
	for range 12 {
		h.later(10 * time.Minute)
		stuck()
	}
	if len(g.taken()) != 1 || server.Total() != 0 {
		t.Fatalf("WhatsApp took %v; want the answer", g.taken())
	}
	h.retryParked()
	h.later(time.Hour)
	h.works()
	if server.Total() != 1 || len(g.taken()) != 1 {
		t.Errorf("%d mails, WhatsApp took %v; want the receipt once, by mail", server.Total(), g.taken())
	}
}
