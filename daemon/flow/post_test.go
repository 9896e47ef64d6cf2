package flow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

const (
	office   = "office@sevai.example"
	meenaBox = "meena@people.example"
)

// post is the house's mail: a server that takes it and a mailbox that it comes to.
type post struct {
	*sim.SMTP
	box  *sim.IMAP
	h    *house
	mark string
	seen int
}

func (h *house) post() *post {
	h.t.Helper()
	p := &post{h: h}
	var err error
	p.SMTP, err = sim.NewSMTP(sim.SMTPOptions{})
	must(h.t, err)
	h.t.Cleanup(p.SMTP.Close)
	p.box, err = sim.NewIMAP(sim.IMAPOptions{Now: h.now})
	must(h.t, err)
	h.t.Cleanup(p.box.Close)
	settings := map[string]string{"smtp": p.Addr(), "from": office, "imap-tls": "none"}
	maps.Copy(settings, p.box.Values())
	secrets := map[string]string{"imap-password": settings["imap-password"]}
	delete(settings, "imap-password")
	h.addMail(settings, secrets)
	return p
}

var errEnough = errors.New("that was all")

// fetch has everything in the mailbox read that was not read before, and does all that follows.
func (p *post) fetch() {
	p.h.t.Helper()
	o, err := p.h.book.Org(p.h.t.Context(), storetest.Slug)
	must(p.h.t, err)
	info, account, err := o.Channel(p.h.t.Context(), "email")
	must(p.h.t, err)
	if p.seen == p.box.Count() {
		return
	}
	err = account.(channel.Listener).Listen(p.h.t.Context(), p.mark, func(_ context.Context, heard channel.Heard) error {
		body, err := io.ReadAll(heard.Body)
		must(p.h.t, err)
		p.h.arrives(p.h.org.NewDelivery(info.ID, heard.Hint, body).Polled().Heard(), body)
		p.mark = heard.Mark
		if p.seen++; p.seen == p.box.Count() {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		p.h.t.Fatalf("the mailbox: %v", err)
	}
	p.h.works()
}

// arrives brings in a delivery, in a file when it is large.
func (h *house) arrives(d store.NewDelivery, body []byte) {
	h.t.Helper()
	var large store.Blob
	if len(body) > store.MostInline {
		shelf, err := h.blobs.Of(h.org.Info())
		must(h.t, err)
		b, err := shelf.Put(h.t.Context(), ngo.NewID[ngo.BlobID](h.now()), body)
		must(h.t, err)
		large = store.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key}
		d = d.InBlob(b.ID)
	}
	h.write(func(tx *store.Tx) error {
		if _, err := tx.AddDelivery(d); err != nil || large.ID == "" {
			return err
		}
		return tx.AddBlob(large.ID, large.Size, large.SHA, large.Key)
	})
}

// writes lays a letter into the mailbox and has it read.
func (p *post) writes(l sim.Letter) string {
	p.h.t.Helper()
	p.h.later(2 * time.Second) // mails are dated to the second
	id := p.box.Put(l)
	p.fetch()
	return id
}

// last gives the mail that went out last, with its header.
func (p *post) last() (sim.Mail, mail.Header) {
	p.h.t.Helper()
	all := p.Mails()
	if len(all) == 0 {
		p.h.t.Fatal("no mail went out")
	}
	m := all[len(all)-1]
	read, err := mail.ReadMessage(strings.NewReader(string(m.Data)))
	must(p.h.t, err)
	return m, read.Header
}

// written is a house to which Meena has written a mail that was answered.
func written(t *testing.T) (*house, *post, thread) {
	t.Helper()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{From: "Meena <" + meenaBox + ">", Subject: "The school lunch", Text: "When is it?"})
	c := h.thread()
	h.reply(c.ID, "On Friday.")
	h.works()
	return h, p, h.thread()
}

func TestMailIsAnsweredInItsThread(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	first := p.writes(sim.Letter{From: "Meena <" + meenaBox + ">", Subject: "The school lunch", Text: "When is it?"})
	c := h.thread()
	if c.Kind != ngo.Mail || c.Subject != "The school lunch" || c.Name != "Meena" || c.Address.Value != meenaBox || c.Line != office || c.messages[0].Text != "When is it?" {
		t.Fatalf("conversation %+v", c)
	}
	h.reply(c.ID, "On Friday.")
	h.works()
	m, head := p.last()
	if head.Get("Subject") != "Re: The school lunch" || head.Get("In-Reply-To") != "<"+first+">" || !strings.Contains(head.Get("References"), first) || head.Get("Auto-Submitted") != "" {
		t.Errorf("header %v; want it in the thread, and by a person", head)
	}
	if to := head.Get("Reply-To"); !strings.Contains(to, "office+c.") || m.To[0] != meenaBox {
		t.Errorf("answers go to %q, it went to %v", to, m.To)
	}
	h.later(2 * time.Second)
	second := p.box.Answer(m, sim.Letter{Text: "Thank you!"})
	p.fetch()
	got := h.thread()
	if !slices.Equal(got.texts(), []string{"When is it?", "On Friday.", "Thank you!"}) || got.Waiting == nil {
		t.Errorf("the thread says %v", got.texts())
	}
	h.reply(c.ID, "See you there.")
	h.works()
	_, head = p.last()
	refs := strings.Fields(head.Get("References"))
	if want := []string{"<" + first + ">", "<" + m.MessageID + ">", "<" + second + ">"}; !slices.Equal(refs, want) || head.Get("In-Reply-To") != "<"+second+">" {
		t.Errorf("references %v, want %v; in reply to %q", refs, want, head.Get("In-Reply-To"))
	}
}

// A second answer to a mail refers to that mail, and not to our first answer as if that had come before it.
func TestSecondAnswerIsNoAnswerToOurs(t *testing.T) {
	t.Parallel()
	h, p, c := written(t)
	_, first := p.last()
	h.reply(c.ID, "At noon.")
	h.works()
	_, second := p.last()
	for _, name := range []string{"In-Reply-To", "References"} {
		if got, want := second.Get(name), first.Get("In-Reply-To"); got != want || want == "" || p.Total() != 2 {
			t.Errorf("%s of the second is %q, want %q", name, got, want)
		}
	}
}

func TestWhereAMailBelongs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		letter func(p *post) sim.Letter
		same   bool
	}{
		{"by the token alone", func(p *post) sim.Letter {
			_, head := p.last()
			return sim.Letter{From: meenaBox, To: head.Get("Reply-To"), Subject: "something else", Text: "x"}
		}, true},
		{"by the subject", func(*post) sim.Letter { return sim.Letter{From: meenaBox, Subject: "RE: the school  lunch", Text: "x"} }, true},
		{"the same subject, and no answer", func(*post) sim.Letter { return sim.Letter{From: meenaBox, Subject: "The school lunch", Text: "x"} }, false},
		{"the same subject by somebody else", func(*post) sim.Letter {
			return sim.Letter{From: "ravi@people.example", Subject: "Re: The school lunch", Text: "x"}
		}, false},
		{"an answer to what nobody knows", func(*post) sim.Letter {
			return sim.Letter{From: meenaBox, Subject: "Re: The school lunch", InReplyTo: "other@elsewhere.example", References: []string{"other@elsewhere.example"}, Text: "x"}
		}, false},
		{"another subject", func(*post) sim.Letter { return sim.Letter{From: meenaBox, Subject: "Re: Pension", Text: "x"} }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, p, was := written(t)
			p.writes(tt.letter(p))
			all := h.threads()
			if same := len(all) == 1; same != tt.same {
				t.Fatalf("%d conversations; want the mail in the same: %v", len(all), tt.same)
			}
			if tt.same && len(all[0].messages) != len(was.messages)+1 {
				t.Errorf("messages %v", all[0].texts())
			}
		})
	}
}

// A stranger who has come by a token or a reference is shown, with a doubt, and learns nothing: no answer goes to them.
func TestStrangerInAThread(t *testing.T) {
	t.Parallel()
	for name, letter := range map[string]func(p *post) sim.Letter{
		"token": func(p *post) sim.Letter {
			_, head := p.last()
			return sim.Letter{From: "eve@elsewhere.example", To: head.Get("Reply-To"), Subject: "hm", Text: "STOP"}
		},
		"reference": func(p *post) sim.Letter {
			m, _ := p.last()
			return sim.Letter{From: "eve@elsewhere.example", Subject: "hm", InReplyTo: m.MessageID, Text: "STOP"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, p, was := written(t)
			sent := p.Total()
			p.writes(letter(p))
			got := h.thread()
			last := got.messages[len(got.messages)-1]
			if got.ID != was.ID || len(got.messages) != 3 || !strings.Contains(string(last.More), "somebody else") {
				t.Fatalf("thread %+v; want the mail in it, with a doubt", got)
			}
			if got.Address != was.Address || got.Name != was.Name || !got.LastIn.Equal(*was.LastIn) || last.Person == was.Person {
				t.Errorf("conversation %+v; was %+v: want answers to go where they went", got.Conversation, was.Conversation)
			}
			if p.Total() != sent || h.stopped(was.Person) {
				t.Errorf("%d mails went out, %d before; want no answer, and Meena's wishes as they were", p.Total(), sent)
			}
		})
	}
}

// A forged sender is shown with a doubt, and has no answer sent elsewhere.
func TestForgedSender(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{From: meenaBox, Subject: "hello", Text: "send me my receipts", Forged: true, Header: map[string]string{"Reply-To": "eve@elsewhere.example"}})
	c := h.thread()
	if c.Address.Value != meenaBox || !strings.Contains(string(c.messages[0].More), "doubt") {
		t.Errorf("conversation %+v with %s; want a doubt, and answers to the address it says", c.Conversation, c.messages[0].More)
	}
}

// Machines that answer renew nothing, wait for nobody, and are answered by none.
func TestMachinesAreNotAnswered(t *testing.T) {
	t.Parallel()
	h, p, was := written(t)
	m, _ := p.last()
	h.later(time.Hour)
	p.box.Away(m, "STOP")
	p.fetch()
	p.writes(sim.Letter{From: "news@elsewhere.example", Subject: "Our newsletter", Text: "stop", Header: map[string]string{"List-Id": "<news.elsewhere.example>", "Precedence": "bulk"}})
	for _, c := range h.threads() {
		if c.ID == was.ID && (!c.LastIn.Equal(*was.LastIn) || c.Waiting != nil || c.Unread != 0) || c.ID != was.ID && c.Waiting != nil {
			t.Errorf("conversation %+v; want nobody waiting and no window renewed", c.Conversation)
		}
	}
	if p.Total() != 1 {
		t.Errorf("%d mails went out; want only the reply", p.Total())
	}
}

func TestBouncesAreBelieved(t *testing.T) {
	t.Parallel()
	t.Run("of a reply", func(t *testing.T) {
		t.Parallel()
		h, p, _ := written(t)
		m, _ := p.last()
		p.box.Bounce(m, "5.1.1", "550 5.1.1 no such user")
		p.fetch()
		c := h.thread()
		if got := c.messages[1]; got.State != ngo.MessageFailed || !strings.Contains(got.Reason, "address does not exist") || c.Failed != 1 || len(c.messages) != 2 {
			t.Errorf("message %+v in %+v; want it failed in plain words", got, c.Conversation)
		}
	})
	t.Run("of a receipt", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		p := h.post()
		h.gift(0)
		m, _ := p.last()
		p.box.Bounce(m, "5.2.2", "552 5.2.2 mailbox full")
		p.fetch()
		if got := h.state().messages[0]; got.State != ngo.MessageFailed || !strings.Contains(got.Reason, "mailbox is full") || got.Receipt == "" {
			t.Errorf("message %+v; want the receipt's mail failed", got)
		}
		if len(h.threads()) != 0 {
			t.Errorf("conversations %+v; want none of a machine's report", h.threads())
		}
	})
}

// Whoever has come by a mail of ours knows its Message-ID: what they report of it does not count.
func TestReportsOfStrangers(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]func(sim.Mail) sim.Mail{
		"to somebody else": func(m sim.Mail) sim.Mail { m.To = []string{"eve@elsewhere.example"}; return m },
		"to nobody":        func(m sim.Mail) sim.Mail { m.To = []string{"nobody"}; return m },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			p := h.post()
			h.gift(0)
			m, _ := p.last()
			p.box.Bounce(other(m), "5.1.1", "550 5.1.1 no such user")
			p.fetch()
			s := h.state()
			if got := s.messages[0]; got.State != ngo.MessageSent {
				t.Errorf("message %+v; want it as it was", got)
			}
			if d := s.deliveries[0]; !strings.Contains(d.Reason, "left out") {
				t.Errorf("delivery %+v; want it to say so", d)
			}
		})
	}
}

// A donor who answers the mail of a receipt begins a conversation with it.
func TestAnswerToAReceipt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	h.gift(0)
	m, _ := p.last()
	h.later(2 * time.Second)
	p.box.Answer(m, sim.Letter{Text: "Please correct my name."})
	p.fetch()
	c := h.thread()
	if len(c.messages) != 2 || c.messages[0].Receipt == "" || c.messages[1].Text != "Please correct my name." {
		t.Fatalf("thread %+v; want the receipt and the answer", c)
	}
	h.reply(c.ID, "Gladly.")
	h.works()
	answer, head := p.last()
	if answer.To[0] != m.To[0] || !strings.Contains(head.Get("References"), m.MessageID) {
		t.Errorf("answered to %v, %v", answer.To, head)
	}
}

func (h *house) stopped(p ngo.PersonID) (stopped bool) {
	h.t.Helper()
	root := h.root(p)
	h.read(func(rx *store.Rx) (err error) { stopped, err = rx.Stopped(root); return err })
	return stopped
}

func TestMailWithFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{
		From: meenaBox, Subject: "my picture", Text: "see here", HTML: "<p>see <b>here</b><script>alert(1)</script></p>",
		Files: []sim.File{{Name: "me.png", Type: "image/png", Data: picture(t)}, {Name: "evil.exe", Type: "application/octet-stream", Data: append([]byte("MZ"), make([]byte, 300)...)}},
	})
	all := h.thread().messages[0].Attachments
	if len(all) != 3 || all[0].State != ngo.AttachmentKept || all[0].Type != "image/png" || all[1].State != ngo.AttachmentRefused || all[1].Reason == "" || all[2].Kind != "page" || all[2].State != ngo.AttachmentKept {
		t.Errorf("attachments %+v; want the picture, not the program, and the page", all)
	}
	if got := string(h.content(all[2].Blob)); !strings.Contains(got, "<b>here</b>") {
		t.Errorf("page %q", got)
	}
}

// A large mail lies in a file, and so do the files in it.
func TestLargeMail(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	text := strings.Repeat("0123456789 abcdefghij\n", 100_000)
	p.writes(sim.Letter{From: meenaBox, Subject: "the list", Text: "attached", Files: []sim.File{{Name: "list.txt", Type: "text/plain", Data: []byte(text)}}})
	all := h.thread().messages[0].Attachments
	if len(all) != 1 || all[0].State != ngo.AttachmentKept || all[0].Size != int64(len(text)) {
		t.Fatalf("attachments %+v; want the list", all)
	}
	if got := string(h.content(all[0].Blob)); got != text {
		t.Errorf("%d bytes kept; want %d", len(got), len(text))
	}
}

// Of a mail in which something is masked the page is not kept: the number stands there as it was written.
func TestMaskedMailKeepsNoPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.post()
	p.writes(sim.Letter{From: meenaBox, Subject: "my Aadhaar " + testAadhaar, Text: "It is 9999 4105 7058.", HTML: "<p>It is 9999 4105 7058.</p>"})
	c := h.thread()
	m := c.messages[0]
	if !m.Masked || len(m.Attachments) != 0 || strings.Contains(m.Text+m.Subject+c.Subject+c.Snippet, "9999") || h.body(h.state().deliveries[0].ID) {
		t.Errorf("message %+v in %+v; want the number nowhere", m, c.Conversation)
	}
	files, err := filepath.Glob(filepath.Join(h.org.Dir(), "org.db*"))
	must(t, err)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		must(t, err)
		if bytes.Contains(raw, []byte(testAadhaar)) || bytes.Contains(raw, []byte("9999 4105 7058")) {
			t.Errorf("the number is still in %s", filepath.Base(name))
		}
	}
}
