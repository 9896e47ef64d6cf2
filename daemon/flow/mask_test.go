package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// UIDAI's own number for tests.
const testAadhaar = "999941057058"

func (h *house) body(id ngo.DeliveryID) (kept bool) {
	h.t.Helper()
	h.read(func(rx *store.Rx) error {
		_, body, blob, err := rx.DeliveryBody(id)
		if ngo.CodeOf(err) == ngo.NotFound {
			return nil
		}
		kept = len(body) > 0 || blob != ""
		return err
	})
	return kept
}

func TestAadhaarIsMaskedEverywhere(t *testing.T) {
	t.Parallel()
	grouped := "9999 4105 7058"
	for name, item := range map[string]func(*house) string{
		"text":    func(h *house) string { return h.text("wamid.1", "my Aadhaar is "+testAadhaar) },
		"grouped": func(h *house) string { return h.text("wamid.1", "please note "+grouped) },
		"Tamil digits": func(h *house) string {
			return h.text("wamid.1", "ஆதார் "+strings.Map(func(r rune) rune { return '௦' + r - '0' }, testAadhaar))
		},
		"caption": func(h *house) string {
			return h.item(meena, "wamid.1", "image", fmt.Sprintf(`{"id":"700000000000001","mime_type":"image/jpeg","caption":"Aadhaar %s"}`, testAadhaar))
		},
		"file name": func(h *house) string {
			return h.item(meena, "wamid.1", "document", fmt.Sprintf(`{"id":"700000000000001","mime_type":"application/pdf","filename":"aadhaar %s.pdf"}`, grouped))
		},
		"form": func(h *house) string {
			return h.item(meena, "wamid.1", "interactive", fmt.Sprintf(`{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"aadhaar\":\"%s\"}"}}`, grouped))
		},
		"card": func(h *house) string {
			return h.item(meena, "wamid.1", "contacts", fmt.Sprintf(`[{"name":{"formatted_name":"Aadhaar %s"},"phones":[]}]`, testAadhaar))
		},
		"edit": func(h *house) string {
			return h.text("wamid.1", "hello") + "," + h.item(meena, "wamid.2", "edit", fmt.Sprintf(`{"original_message_id":"wamid.1","message":{"type":"text","text":{"body":"Aadhaar %s"}}}`, testAadhaar))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			id := g.arrive(messages(item(h)))
			h.work()
			c := h.thread()
			all := fmt.Sprintf("%+v %s %+v", c.messages, c.messages[0].More, c.messages[0].Attachments)
			if strings.Contains(all, testAadhaar) || strings.Contains(all, grouped) || strings.Contains(all, "௯௯௯௯௪") || !strings.Contains(all, "xxxx xxxx") {
				t.Errorf("kept: %s", all)
			}
			if h.body(id) {
				t.Error("the body that it came in is still there")
			}
			if !c.messages[0].Masked {
				t.Errorf("message %+v does not say that something was masked", c.messages[0])
			}
			if strings.Contains(c.Snippet, testAadhaar) {
				t.Errorf("snippet %q", c.Snippet)
			}
		})
	}
}

// Whatever of a message somebody can write into is looked at. What names a number that is known to be a phone is left as it is.
func TestAadhaarIsMaskedInEveryField(t *testing.T) {
	t.Parallel()
	const x = "9999 4105 7058"
	reacts := func(h *house) string {
		return h.text("wamid.1", "hello") + "," + h.item(meena, "wamid.2", "reaction", `{"message_id":"wamid.1","emoji":"`+x+`"}`)
	}
	one := func(kind, content string) func(*house) string {
		return func(h *house) string { return h.item(meena, "wamid.1", kind, content) }
	}
	for name, item := range map[string]func(*house) string{
		"text between tabs":    one("text", `{"body":"9999\t4105\t7058"}`),
		"text between returns": one("text", `{"body":"9999\r\n4105\r\n7058"}`),
		"place":                one("location", `{"latitude":13,"longitude":80,"name":"`+x+`"}`),
		"address":              one("location", `{"latitude":13,"longitude":80,"address":"12 Car Street, `+x+`"}`),
		"card's phone":         one("contacts", `[{"name":{"formatted_name":"Ravi"},"phones":[{"phone":"`+x+`"}]}]`),
		"card's mail":          one("contacts", `[{"name":{"formatted_name":"Ravi"},"emails":[{"email":"`+x+`"}]}]`),
		"card's company":       one("contacts", `[{"name":{"formatted_name":"Ravi"},"org":{"company":"`+x+`"}}]`),
		"card's title":         one("contacts", `[{"name":{"formatted_name":"Ravi"},"org":{"title":"`+x+`"}}]`),
		"card's address":       one("contacts", `[{"name":{"formatted_name":"Ravi"},"addresses":[{"street":"`+x+`"}]}]`),
		"card's birthday":      one("contacts", `[{"name":{"formatted_name":"Ravi"},"birthday":"`+x+`"}]`),
		"card's page":          one("contacts", `[{"name":{"formatted_name":"Ravi"},"urls":[{"url":"`+x+`"}]}]`),
		"button":               one("button", `{"payload":"`+x+`","text":"`+x+`"}`),
		"answer":               one("interactive", `{"type":"button_reply","button_reply":{"id":"`+x+`","title":"`+x+`"}}`),
		"line of a list":       one("interactive", `{"type":"list_reply","list_reply":{"id":"1","title":"yes","description":"`+x+`"}}`),
		"field of a form":      one("interactive", `{"type":"nfm_reply","nfm_reply":{"response_json":"{\"`+x+`\":\"yes\"}"}}`),
		"word of a form":       one("interactive", `{"type":"nfm_reply","nfm_reply":{"response_json":"{\"flow_token\":\"`+x+`\"}"}}`),
		"order":                one("order", `{"catalog_id":"1","text":"`+x+`","product_items":[]}`),
		"line of an order":     one("order", `{"catalog_id":"1","product_items":[{"product_retailer_id":"`+x+`","quantity":"1"}]}`),
		"reaction":             reacts,
		"name of another kind": func(h *house) string { return `{"from":"` + meena + `","id":"wamid.1","type":"` + x + `"}` },
		"what brought them here": func(h *house) string {
			return h.with("referral", `{"source_type":"ad","headline":"`+x+`","body":"`+x+`"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			id := g.arrive(messages(item(h)))
			h.work()
			c := h.thread()
			all := fmt.Sprintf("%+v", c)
			for _, m := range c.messages {
				all += fmt.Sprintf(" %s %+v", m.More, m.Reactions)
			}
			for _, bad := range []string{x, testAadhaar, "9999\t4105", "9999\r\n4105"} {
				if strings.Contains(all, bad) {
					t.Errorf("%q is kept: %s", bad, all)
				}
			}
			if !strings.Contains(all, "xxxx xxxx") {
				t.Errorf("nothing is masked in %s", all)
			}
			if h.body(id) {
				t.Error("the body that it came in is still there")
			}
		})
	}
}

// with is a text message with one thing more.
func (h *house) with(name, content string) string {
	return strings.TrimSuffix(h.text("wamid.1", "hello"), "}") + `,"` + name + `":` + content + "}"
}

// A card that says which number is on WhatsApp keeps it, however it is written.
func TestThePhoneOnACardIsNotMasked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	id := g.hears(messages(h.item(meena, "wamid.1", "contacts", `[{"name":{"formatted_name":"Ravi"},"phones":[{"phone":"9999 4105 7058","wa_id":"999941057058"}]}]`)))
	m := h.thread().messages[0]
	if m.Masked || !strings.Contains(string(m.More), "9999 4105 7058") || !h.body(id) {
		t.Errorf("message %+v %s; want the phone as it was written", m, m.More)
	}
}

// A mail's page is not kept where a number stands in it, whether or not the text beside it has that too.
func TestAadhaarInAPageAlone(t *testing.T) {
	t.Parallel()
	grouped := "9999 4105 7058"
	for name, page := range map[string]string{
		"text":               "<p>my Aadhaar is " + testAadhaar + "</p>",
		"grouped":            "<p>please note " + grouped + "</p>",
		"between tags":       "<p>Aadhaar <b>9999</b><i>41</i>05<span>7058</span></p>",
		"in cells":           "<table><tr><td>9999</td><td>4105</td><td>7058</td></tr></table>",
		"as entities":        "<p>Aadhaar &#57;&#57;&#57;&#57;41057058</p>",
		"of a picture":       `<img src="cid:x" alt="Aadhaar ` + grouped + `">`,
		"of a link's title":  `<a href="https://example.org" title="` + grouped + `">here</a>`,
		"hidden":             `<div style="display:none">` + grouped + `</div>`,
		"in a comment":       "<!-- Aadhaar " + testAadhaar + " -->",
		"behind broken tags": "<p <b>Aadhaar</script><p>" + testAadhaar,
		"in Tamil digits":    "<p>ஆதார் ௯௯௯௯௪௧௦௫௭௦௫௮</p>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p := h.post()
			p.writes(sim.Letter{From: meenaBox, Subject: "My papers", Text: "They are in the page.", HTML: page})
			m := h.thread().messages[0]
			if len(m.Attachments) != 0 || !m.Masked || m.Text != "They are in the page." {
				t.Errorf("message %+v; want it without its page, and saying that something was masked", m)
			}
			if h.body(h.state().deliveries[0].ID) {
				t.Error("the body that it came in is still there")
			}
		})
	}
}

// A page stays where what looks like such a number is none.
func TestAPageWithOtherNumbersIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{From: meenaBox, Subject: "The transfer", Text: "UTR " + testAadhaar, HTML: "<p>UTR " + testAadhaar + `</p><img src="data:image/png;base64,9999410570589999">`})
	if m := h.thread().messages[0]; len(m.Attachments) != 1 || m.Masked {
		t.Errorf("message %+v; want it with its page", m)
	}
}

func TestKnownNumbersAreNotMasked(t *testing.T) {
	t.Parallel()
	// Twelve digits with the right check digit that are a phone, or a payment's own number.
	h := newHouse(t)
	g := h.whatsApp()
	phone := ""
	for n := range 20 {
		if s := fmt.Sprintf("9198400123%02d", n); ngo.LooksLikeAadhaar(s) {
			phone = s
		}
	}
	h.write(func(tx *store.Tx) error {
		_, err := tx.JoinPerson(ngo.Donor{Name: "Ravi", Phone: "+" + phone})
		return err
	})
	words := "his number is " + phone[:4] + " " + phone[4:8] + " " + phone[8:]
	id := g.hears(messages(h.text("wamid.1", words)))
	if got := h.thread().messages[0]; got.Text != words || got.Masked || !h.body(id) {
		t.Errorf("message %+v; want it as it was written", got)
	}
}
