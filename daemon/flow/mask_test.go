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
