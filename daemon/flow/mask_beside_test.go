package flow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// bareAadhaar has the right check digit, as one of ten numbers of twelve digits has: in one piece only words tell what it is.
const bareAadhaar = "739128465025"

// kept is all that is kept of the threads that there are.
func (h *house) kept() (all string, masked bool) {
	h.t.Helper()
	for _, c := range h.threads() {
		all += fmt.Sprintf("%+v", c)
		for _, m := range c.messages {
			all += fmt.Sprintf(" %s %+v", m.More, m.Attachments)
			masked = masked || m.Masked
		}
	}
	return all, masked
}

func (h *house) wantMasked(id ngo.DeliveryID) {
	h.t.Helper()
	all, masked := h.kept()
	if strings.Contains(all, bareAadhaar) || !strings.Contains(all, "xxxx xxxx 5025") || !masked {
		h.t.Errorf("masked %v: %s", masked, all)
	}
	if h.body(id) {
		h.t.Error("the body that it came in is still there")
	}
}

func (h *house) wantAsWritten(id ngo.DeliveryID, number string) {
	h.t.Helper()
	all, masked := h.kept()
	if !strings.Contains(all, number) || masked || !h.body(id) {
		h.t.Errorf("masked %v; want %s as it was written: %s", masked, number, all)
	}
}

func TestTheWordInOneFieldCountsForAnother(t *testing.T) {
	t.Parallel()
	const n = bareAadhaar
	form := func(fields string) string {
		return fmt.Sprintf(`{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":%q}}`, fields)
	}
	for name, tt := range map[string]struct{ kind, content string }{
		"form":              {"interactive", form(`{"aadhaar":"` + n + `"}`)},
		"form, long name":   {"interactive", form(`{"userAadhaarNumber":"` + n + `"}`)},
		"form, two words":   {"interactive", form(`{"Aadhaar No":"` + n + `"}`)},
		"form, in Tamil":    {"interactive", form(`{"ஆதார்":"` + n + `"}`)},
		"form, other field": {"interactive", form(`{"kind of id":"Aadhaar","number":"` + n + `"}`)},
		"form, inside":      {"interactive", form(`{"details":{"aadhaar":"` + n + `"}}`)},
		"place":             {"location", `{"latitude":13,"longitude":80,"name":"Aadhaar","address":"` + n + `"}`},
		"card":              {"contacts", `[{"name":{"formatted_name":"Aadhaar"},"phones":[{"phone":"` + n + `"}]}]`},
		"file":              {"document", `{"id":"700000000000001","mime_type":"application/pdf","filename":"aadhaar.pdf","caption":"` + n + `"}`},
		"file's name":       {"document", `{"id":"700000000000001","mime_type":"application/pdf","filename":"` + n + `.pdf","caption":"my aadhaar"}`},
		"twice":             {"location", `{"latitude":13,"longitude":80,"name":"7391 2846 5025","address":"` + n + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.wantMasked(h.whatsApp().hears(messages(h.item(meena, "wamid.1", tt.kind, tt.content))))
		})
	}
}

func TestTheWordInOnePartOfAMailCountsForAnother(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]sim.Letter{
		"subject": {Subject: "My aadhaar number", Text: bareAadhaar},
		"text":    {Subject: bareAadhaar, Text: "This is my aadhaar."},
		"file":    {Subject: "Papers", Text: bareAadhaar, Files: []sim.File{{Name: "aadhaar.txt", Type: "text/plain", Data: []byte("x")}}},
		"page":    {Subject: "Papers", Text: bareAadhaar, HTML: "<p>My aadhaar: " + bareAadhaar + "</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p := h.post()
			l.From = meenaBox
			p.writes(l)
			h.wantMasked(h.state().deliveries[0].ID)
		})
	}
}

// A donor's number of a payment stays, whatever else stands in the message.
func TestAReferenceBesideTheWordStays(t *testing.T) {
	t.Parallel()
	const n = bareAadhaar
	for name, tt := range map[string]struct{ kind, content string }{
		"form": {"interactive", fmt.Sprintf(`{"type":"nfm_reply","nfm_reply":{"response_json":%q}}`, `{"aadhaar given":"yes","UTR":"`+n+`"}`)},
		"file": {"document", `{"id":"700000000000001","mime_type":"application/pdf","filename":"aadhaar.pdf","caption":"UTR ` + n + `"}`},
		"card": {"contacts", `[{"name":{"formatted_name":"Aadhaar centre"},"phones":[{"phone":"` + n + `","wa_id":"` + n + `"}]}]`},
		"none": {"location", `{"latitude":13,"longitude":80,"name":"our office","address":"` + n + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.wantAsWritten(h.whatsApp().hears(messages(h.item(meena, "wamid.1", tt.kind, tt.content))), n)
		})
	}
}

func TestAnAadhaarNumberThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first, ours, then string
		masked            bool
	}{
		"asked for":           {"hello", "Please send your Aadhaar number.", bareAadhaar, true},
		"with a word":         {"hello", "Please send your Aadhaar number.", "here it is " + bareAadhaar, true},
		"announced":           {"my aadhaar number is", "", bareAadhaar, true},
		"another one asked":   {"my aadhaar is in the post", "Thank you. Which UTR has your gift?", bareAadhaar, false},
		"named":               {"hello", "Please send your Aadhaar number.", "UTR " + bareAadhaar, false},
		"nothing said before": {"I have paid today", "Thank you.", bareAadhaar, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			g.hears(messages(h.text("wamid.1", tt.first)))
			if tt.ours != "" {
				h.reply(h.thread().ID, tt.ours)
			}
			id := g.hears(messages(h.text("wamid.2", tt.then)))
			if tt.masked {
				h.wantMasked(id)
				return
			}
			h.wantAsWritten(id, bareAadhaar)
		})
	}
}

// A picture and the number under it come as two messages, in one delivery or in two; a number may be put into a message later.
func TestAnAadhaarNumberBehindWhatSaysSo(t *testing.T) {
	t.Parallel()
	for name, items := range map[string]func(*house) []string{
		"file": func(h *house) []string {
			return []string{h.item(meena, "wamid.1", "document", `{"id":"700000000000001","mime_type":"application/pdf","filename":"aadhaar.pdf"}`), h.text("wamid.2", bareAadhaar)}
		},
		"edit": func(h *house) []string {
			return []string{h.text("wamid.1", "my aadhaar:"), h.text("wamid.2", "wait"),
				h.item(meena, "wamid.3", "edit", `{"original_message_id":"wamid.2","message":{"type":"text","text":{"body":"`+bareAadhaar+`"}}}`)}
		},
		"quotation": func(h *house) []string {
			return []string{h.text("wamid.1", "my aadhaar:"), h.text("wamid.2", "a"), h.text("wamid.3", "b"), h.text("wamid.4", "c"), h.text("wamid.5", "d"),
				strings.TrimSuffix(h.text("wamid.6", bareAadhaar), "}") + `,"context":{"from":"` + meena + `","id":"wamid.1"}}`}
		},
	} {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprint(name, together), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				g := h.whatsApp()
				all, id := items(h), ngo.DeliveryID("")
				if together {
					all = []string{strings.Join(all, ",")}
				}
				for _, one := range all {
					id = g.hears(messages(one))
				}
				h.wantMasked(id)
			})
		}
	}
}

// A bank's number that is on record stays also where it was asked for as an Aadhaar number.
func TestAKnownNumberStaysWhereAadhaarWasAskedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	h.write(func(tx *store.Tx) error {
		_, err := tx.JoinPerson(ngo.Donor{Name: "Ravi", Phone: "+" + bareAadhaar})
		return err
	})
	g.hears(messages(h.text("wamid.1", "my aadhaar number is")))
	h.wantAsWritten(g.hears(messages(h.text("wamid.2", bareAadhaar))), bareAadhaar)
}

// A message that is nothing but numbers is read in a time that grows as it does: this one would take hours otherwise.
func TestAMessageOfNumbersAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	text := strings.Repeat(bareAadhaar+" ", 4000)
	form := make([]string, 200)
	for i := range form {
		form[i] = fmt.Sprintf(`"q%d":"%s"`, i, bareAadhaar)
	}
	answers, err := json.Marshal("{" + strings.Join(form, ",") + "}")
	must(t, err)
	reply := h.item(meena, "wamid.2", "interactive", `{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":`+string(answers)+`}}`)
	g.hears(messages(h.textFrom(meena, "wamid.1", text)))
	g.hears(messages(reply))
	if c := h.thread(); len(c.messages) != 2 {
		t.Errorf("%d messages; want both", len(c.messages))
	}
}
