package flow_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func (h *house) consents(p ngo.PersonID) (all []ngo.Consent) {
	h.t.Helper()
	root := h.root(p)
	h.read(func(rx *store.Rx) (err error) { all, err = rx.Consents(root); return err })
	return all
}

func TestStopIsRecordedAndAnsweredOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ lang, stop, start, says string }{
		{"en", "STOP", "start", "START"},
		{"ta", "நிறுத்து", "தொடங்கு", "தொடங்கு"},
		{"hi", "रोको!", "शुरू करें", "शुरू"},
	} {
		t.Run(tt.lang, func(t *testing.T) {
			t.Parallel()
			h, g, _ := greeted(t)
			for n := range 3 { // however often
				h.later(time.Minute)
				g.hears(messages(h.text(fmt.Sprintf("wamid.stop.%d", n), tt.stop)))
			}
			c := h.thread()
			all := h.consents(c.Person)
			if !h.stopped(c.Person) || len(all) != 3 || all[0].Given || all[0].Topic != ngo.TopicAll || all[0].Words == "" || all[0].Language != tt.lang || all[0].Identity.Value != meena || all[0].Source == "" {
				t.Errorf("consents %+v; want each stop, with its words", all)
			}
			if texts := g.texts(); len(texts) != 1 || !strings.Contains(texts[0], tt.says) || !strings.Contains(texts[0], "Sevai Trust") {
				t.Errorf("answered %q; want once, with the way back", texts)
			}
			if m := c.messages[len(c.messages)-1]; c.Waiting == nil || m.Kind == ngo.MessageAuto && m.Author != "" {
				t.Errorf("conversation %+v: the question before is still to be answered", c.Conversation)
			}
			h.later(time.Minute)
			g.hears(messages(h.text("wamid.start", tt.start)))
			if h.stopped(c.Person) || len(g.texts()) != 2 || len(h.consents(c.Person)) != 4 {
				t.Errorf("consents %+v, answers %q; want them back", h.consents(c.Person), g.texts())
			}
		})
	}
}

func TestWhatIsNoStop(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]func(*house) string{
		"a sentence": func(h *house) string {
			return messages(h.text("wamid.2", "please do not stop the school lunch"))
		},
		"an echo": func(h *house) string {
			return batch("smb_message_echoes", "message_echoes", fmt.Sprintf(`{"from":"914440000000","to":%q,"id":"wamid.2","timestamp":"%d","type":"text","text":{"body":"stop"}}`, meena, h.now().Unix()))
		},
		"in a group": func(h *house) string {
			return messages(strings.Replace(h.text("wamid.2", "stop"), `{"from"`, `{"group_id":"g","from"`, 1))
		},
		"start without a stop": func(h *house) string { return messages(h.text("wamid.2", "start")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, g, _ := greeted(t)
			g.hears(body(h))
			for _, c := range h.threads() {
				for _, m := range c.messages {
					if m.Person != "" && len(h.consents(m.Person)) != 0 {
						t.Errorf("consents %+v; want none", h.consents(m.Person))
					}
				}
			}
			if len(g.texts()) != 0 {
				t.Errorf("answered %q; want nothing", g.texts())
			}
		})
	}
}

// A word that may be about something else is taken for a stop, and somebody looks what it is about.
func TestAnUnsureStopWaits(t *testing.T) {
	t.Parallel()
	for word, waits := range map[string]bool{"Cancel": true, "बंद": true, "pls stop": false, "stop\nstop": false} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			g.hears(messages(h.text("wamid.1", word)))
			c := h.thread()
			if !h.stopped(c.Person) || len(g.texts()) != 1 || (c.Waiting != nil) != waits {
				t.Errorf("stopped %v, answered %q, waiting since %v; want them stopped, told so, and waiting: %v", h.stopped(c.Person), g.texts(), c.Waiting, waits)
			}
		})
	}
}

// A stop told late is recorded, and not answered when one may not write freely any more.
func TestLateStop(t *testing.T) {
	t.Parallel()
	h, g, _ := greeted(t)
	item := h.text("wamid.2", "stop")
	h.later(3 * 24 * time.Hour)
	g.hears(messages(item))
	if !h.stopped(h.thread().Person) || len(g.texts()) != 0 || h.thread().Failed != 0 {
		t.Errorf("answered %q, stopped %v", g.texts(), h.stopped(h.thread().Person))
	}
}

func TestStopByMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{From: meenaBox, Subject: "unsubscribe"})
	c := h.thread()
	if !h.stopped(c.Person) || p.Total() != 1 {
		t.Fatalf("stopped %v, %d mails; want one answer", h.stopped(c.Person), p.Total())
	}
	_, head := p.last()
	if head.Get("Auto-Submitted") == "" || head.Get("In-Reply-To") == "" {
		t.Errorf("header %v; want it to say that a machine answers", head)
	}
	for n := range 4 {
		h.later(time.Hour)
		p.writes(sim.Letter{From: meenaBox, Subject: fmt.Sprint("again ", n), Text: []string{"start", "stop"}[n%2]})
	}
	if p.Total() != 1 || !h.stopped(c.Person) {
		t.Errorf("%d mails; want no second answer within days, whatever is written", p.Total())
	}
}

// What somebody chose in the app itself counts too.
func TestPreferenceOfTheProvider(t *testing.T) {
	t.Parallel()
	h, g, _ := greeted(t)
	wish := func(value string) string {
		return batch("user_preferences", "user_preferences", fmt.Sprintf(`{"wa_id":%q,"user_id":"","detail":"User requested to %s marketing messages","category":"marketing_messages","value":%q,"timestamp":%d}`, meena, value, value, h.now().Unix()))
	}
	g.hears(wish("stop"))
	g.hears(wish("stop") + " ")
	all := h.consents(h.thread().Person)
	if len(all) == 0 || all[0].Topic != ngo.TopicMarketing || all[0].Given || h.stopped(h.thread().Person) || len(g.texts()) != 0 {
		t.Errorf("consents %+v; want marketing stopped, and nothing else", all)
	}
	h.later(time.Minute)
	g.hears(wish("resume"))
	if all := h.consents(h.thread().Person); !all[0].Given {
		t.Errorf("consents %+v; want marketing given", all)
	}
}

// Complaints are believed about a mail that went to who complains.
func TestComplaint(t *testing.T) {
	t.Parallel()
	for _, real := range []bool{true, false} {
		t.Run(fmt.Sprint(real), func(t *testing.T) {
			t.Parallel()
			h, p, was := written(t)
			m, _ := p.last()
			about := m.MessageID
			if !real {
				about = "msg_01m82wjr1322ts0hktkj4m8x49@sevai.example"
			}
			p.box.PutData([]byte(complaint(meenaBox, about)))
			p.fetch()
			if h.stopped(was.Person) != real {
				t.Errorf("stopped %v; want %v", h.stopped(was.Person), real)
			}
		})
	}
}

// complaint is a report in the Abuse Reporting Format (RFC 5965).
func complaint(who, about string) string {
	return strings.ReplaceAll(fmt.Sprintf(`Return-Path: <feedback@isp.example>
From: <feedback@isp.example>
To: <office@sevai.example>
Subject: complaint
Date: Mon, 23 Nov 2026 10:00:00 +0000
Message-ID: <arf-1@isp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: isp/1
Version: 1
Original-Rcpt-To: <%s>
--b
Content-Type: text/rfc822-headers

From: <office@sevai.example>
To: <%s>
Message-ID: <%s>
Subject: Re: x

--b--
`, who, who, about), "\n", "\r\n")
}

// Whoever can write a sender's name can stop what they get, and not have them written to again.
func TestForgedStart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{From: meenaBox, Subject: "hello", Text: "stop", Forged: true})
	c := h.thread()
	if h.works(); !h.stopped(c.Person) || p.Total() != 0 {
		t.Fatalf("stopped %v, %d mails; want the stop recorded, and no answer to who may never have written", h.stopped(c.Person), p.Total())
	}
	h.later(30 * 24 * time.Hour)
	p.writes(sim.Letter{From: meenaBox, Subject: "hello again", Text: "start", Forged: true})
	if !h.stopped(c.Person) || p.Total() != 0 {
		t.Errorf("stopped %v, %d mails; want the stop to stand, and nobody told otherwise", h.stopped(c.Person), p.Total())
	}
	for _, c := range h.threads() {
		if c.Subject == "hello again" && c.Waiting == nil {
			t.Errorf("conversation %+v; want somebody to look at it", c.Conversation)
		}
	}
}

// Whoever stops and starts all day long is heard, and is not answered each time.
func TestWishesAllDayLong(t *testing.T) {
	t.Parallel()
	h, g, _ := greeted(t)
	for n := range 21 {
		h.later(time.Minute)
		g.hears(messages(h.text(fmt.Sprintf("wamid.wish.%d", n), []string{"stop", "start"}[n%2])))
	}
	if !h.stopped(h.thread().Person) || len(g.texts()) != 4 {
		t.Errorf("stopped %v, %d answers; want the last wish to count, and a few answers", h.stopped(h.thread().Person), len(g.texts()))
	}
	h.later(25 * time.Hour)
	g.hears(messages(h.text("wamid.later", "start")))
	if len(g.texts()) != 5 {
		t.Errorf("%d answers; want one more the day after", len(g.texts()))
	}
}

// Who stops twice has stopped at the later time: a start between the two that comes last does not outlast it.
func TestALateStartDoesNotOutlastAStop(t *testing.T) {
	t.Parallel()
	h, g, _ := greeted(t)
	g.hears(messages(h.text("wamid.2", "stop")))
	h.later(time.Minute)
	between := h.text("wamid.3", "start")
	h.later(time.Minute)
	g.hears(messages(h.text("wamid.4", "STOP!")))
	g.hears(messages(between))
	if !h.stopped(h.thread().Person) || len(g.texts()) != 1 {
		t.Errorf("stopped %v, answered %q; want them stopped, and told so once", h.stopped(h.thread().Person), g.texts())
	}
}

// Of two numbers that are shown as one, either stops what goes to both, and neither takes back what the other said: somebody of ours
// looks at who wishes to.
func TestOneNumberDoesNotStartForAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	g.hears(messages(h.text("wamid.1", "hello"), h.textFrom(ravi, "wamid.2", "hello")))
	her, him := h.threadOf("wamid.1").Person, h.threadOf("wamid.2").Person
	h.write(func(tx *store.Tx) error { _, err := tx.Join(her, him, "a mistake"); return err })
	h.later(time.Minute)
	g.hears(messages(h.text("wamid.3", "stop")))
	h.later(time.Minute)
	answered := len(g.texts())
	g.hears(messages(h.textFrom(ravi, "wamid.4", "start")))
	c := h.threadOf("wamid.4")
	if !h.stopped(her) || len(g.texts()) != answered || c.Unread != 2 {
		t.Errorf("stopped %v, answered %q, conversation %+v; want her stop to stand, and somebody to look", h.stopped(her), g.texts(), c.Conversation)
	}
	h.write(func(tx *store.Tx) error { _, err := tx.Part(him, "two people"); return err })
	if !h.stopped(her) || h.stopped(him) {
		t.Errorf("parted: she is stopped %v, he %v", h.stopped(her), h.stopped(him))
	}
}
