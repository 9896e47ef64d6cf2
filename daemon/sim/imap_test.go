package sim_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// postOffice is both sides of a mail server, and an account of ours there.
type postOffice struct {
	*sim.IMAP
	t       *testing.T
	out     *sim.SMTP
	account *email.Mailbox
}

func newPostOffice(t *testing.T, o sim.IMAPOptions) *postOffice {
	t.Helper()
	in, err := sim.NewIMAP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(in.Close)
	p := &postOffice{IMAP: in, t: t, out: start(t, sim.SMTPOptions{})}
	values := setting.Values{"smtp": p.out.Addr(), "from": "office@sevai.example"}
	for name, value := range in.Values() {
		values[name] = value
	}
	quick := email.Patience{Connect: 10 * time.Second, Command: 2 * time.Second, Idle: 20 * time.Second, Poll: 20 * time.Millisecond}
	a, err := email.New(email.Options{Patience: quick}).Open(values)
	if err != nil {
		t.Fatal(err)
	}
	p.account = a.(*email.Mailbox)
	return p
}

// hears gives the first n mails after a mark, as the driver understands them, and the mark after them.
func (p *postOffice) hears(mark string, n int) (out []channel.Event, after string) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer stop()
	enough := 0
	err := p.account.Listen(ctx, mark, func(_ context.Context, h channel.Heard) error {
		body, err := io.ReadAll(h.Body)
		if err != nil {
			return err
		}
		events, err := p.account.Normalise(body)
		if err == nil {
			err = channeltest.Sound(events)
		}
		if err != nil {
			return err
		}
		out, after = append(out, events...), h.Mark
		if enough++; enough == n {
			stop()
		}
		return nil
	})
	if enough != n {
		p.t.Fatalf("%d of %d mails were heard: %v", enough, n, err)
	}
	return out, after
}

// sends sends a mail of ours, and gives it as the server took it.
func (p *postOffice) sends(m channel.Message) sim.Mail {
	p.t.Helper()
	m.ID, m.To.Kind = ngo.NewID[ngo.MessageID](time.Now()), ngo.EMail
	if _, err := p.account.Send(p.t.Context(), m); err != nil {
		p.t.Fatal(err)
	}
	mail, err := p.out.Await(p.t.Context(), func(x sim.Mail) bool { return strings.HasPrefix(x.MessageID, string(m.ID)) })
	if err != nil {
		p.t.Fatal(err)
	}
	return mail
}

// What comes to the mailbox, the driver understands as that.
func TestIMAPLettersAreUnderstood(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, sim.IMAPOptions{})
	ours := p.sends(channel.Message{
		To: ngo.Identity{Value: "meena@example.org"}, Subject: "ரசீது", Text: "x", ReplyAddress: p.account.ReturnAddress("", "abcdefgh1234"),
	})
	mark := ""
	for _, tt := range []struct {
		name string
		do   func()
		is   func(channel.Event) bool
	}{
		{"letter", func() {
			p.Put(sim.Letter{From: "மீனா <meena@example.org>", Subject: "ரசீது எங்கே?", Text: "வணக்கம்,\nரசீது வரவில்லை.", HTML: "<p>வணக்கம்</p>"})
		}, func(e channel.Event) bool {
			in := e.Incoming
			return in != nil && in.Person.Name == "மீனா" && in.Mail.Subject == "ரசீது எங்கே?" && strings.Contains(in.Text, "வரவில்லை") && in.Mail.Doubt == "" && in.Mail.Answerable
		}},
		{"file", func() {
			p.Put(sim.Letter{From: "a@example.org", Subject: "form", Text: "here", Files: []sim.File{{Name: "படிவம்.pdf", Type: "application/pdf", Data: []byte("%PDF-1.4")}}})
		}, func(e channel.Event) bool {
			return len(e.Incoming.Media) == 1 && e.Incoming.Media[0].Name == "படிவம்.pdf" && string(e.Incoming.Media[0].Data) == "%PDF-1.4"
		}},
		{"answer", func() { p.Answer(ours, sim.Letter{Text: "நன்றி"}) }, func(e channel.Event) bool {
			in := e.Incoming
			return in.ReplyTo[0] == ngo.Ref(ours.MessageID) && in.Tokens[0] == "abcdefgh1234" && in.Mail.Answer && in.Mail.Topic == "ரசீது"
		}},
		{"forged", func() { p.Answer(ours, sim.Letter{From: "thief@example.com", Text: "pay me", Forged: true}) }, func(e channel.Event) bool {
			return e.Incoming.Mail.Doubt != "" && len(e.Incoming.Tokens) == 1
		}},
		{"away", func() { p.Away(ours, "I am back on Monday.") }, func(e channel.Event) bool { return e.Incoming.Mail.Auto == channel.AutoReply }},
		{"newsletter", func() {
			p.Put(sim.Letter{From: "news@example.com", Subject: "News", Text: "x", Header: map[string]string{"List-Id": "<news.example.com>", "Precedence": "bulk"}})
		}, func(e channel.Event) bool { return e.Incoming.Mail.Auto == channel.AutoBulk }},
		{"bounce", func() { p.Bounce(ours, "5.1.1", "550 5.1.1 no such user") }, func(e channel.Event) bool {
			return e.Status != nil && e.Status.State == ngo.MessageFailed && e.Status.Ref == ngo.Ref(ours.MessageID)
		}},
	} {
		tt.do()
		events, after := p.hears(mark, 1)
		if mark = after; len(events) != 1 || !tt.is(events[0]) {
			t.Errorf("%s is understood as %+v", tt.name, events)
		}
	}
}

func TestIMAPHasTroubles(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sim.IMAPOptions{"idle": {}, "poll": {NoIdle: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPostOffice(t, o)
			letter := func(text string) { p.Put(sim.Letter{From: "a@example.org", Subject: "x", Text: text}) }
			letter("one")
			_, mark := p.hears("", 1)
			p.Hang()
			if err := p.account.Check(t.Context()); ngo.CodeOf(err) != ngo.Unavailable {
				t.Errorf("Check of a server that hangs = %v", err)
			}
			p.Heal()
			if err := p.account.Check(t.Context()); err != nil {
				t.Errorf("Check after it was healed = %v", err)
			}

			ended, ready := make(chan error, 1), make(chan struct{})
			letter("two")
			go func() {
				ended <- p.account.Listen(t.Context(), mark, func(_ context.Context, h channel.Heard) error {
					_, err := io.Copy(io.Discard, h.Body)
					close(ready)
					return err
				})
			}()
			<-ready
			p.Cut()
			if err := <-ended; ngo.CodeOf(err) != ngo.Unavailable {
				t.Errorf("Listen on a line that was cut = %v", err)
			}

			if err := p.Renumber(); err != nil {
				t.Fatal(err)
			}
			if _, after := p.hears(mark, 2); strings.Split(after, ":")[0] == strings.Split(mark, ":")[0] || p.Count() != 2 {
				t.Errorf("mark %s after %s: the server does not count anew", after, mark)
			}
			p.Down()
			if err := p.account.Check(t.Context()); ngo.CodeOf(err) != ngo.Unavailable {
				t.Errorf("Check of a server that is down = %v", err)
			}
			if err := p.Up(); err != nil {
				t.Fatal(err)
			}
			if err := p.account.Check(t.Context()); err != nil {
				t.Errorf("Check of a server that is up again = %v", err)
			}
		})
	}
}

func TestSMTPAwaits(t *testing.T) {
	t.Parallel()
	s := start(t, sim.SMTPOptions{})
	var client sync.WaitGroup
	defer client.Wait()
	client.Go(func() {
		if err := post(s, "x@y"); err != nil {
			t.Error(err)
		}
	})
	m, err := s.Await(t.Context(), func(m sim.Mail) bool { return m.To[0] == "b@example.org" })
	if err != nil || m.MessageID != "x@y" {
		t.Errorf("Await = %+v, %v", m, err)
	}
}

// A mail that comes while another is being read waits for nobody: neither for whoever reads slowly, nor for a server that hangs.
func TestMailsComeWhileOneIsRead(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]bool{"slowly": false, "from a server that hangs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPostOffice(t, sim.IMAPOptions{})
			const large = 16 << 20 // more than lies between the two ends
			p.PutData([]byte("From: meena@example.org\r\nSubject: one\r\nMessage-ID: <1@example.org>\r\n\r\n" + strings.Repeat("a long line of a long mail\r\n", large/28)))
			ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
			defer stop()
			heard := 0
			err := p.account.Listen(ctx, "", func(_ context.Context, h channel.Heard) error {
				if heard++; heard == 2 {
					stop()
					return nil
				}
				if hang {
					p.Hang()
				}
				p.PutData([]byte("From: meena@example.org\r\nSubject: two\r\nMessage-ID: <2@example.org>\r\n\r\nhello\r\n"))
				p.Heal()
				_, err := io.Copy(io.Discard, h.Body)
				return err
			})
			if heard != 2 {
				t.Errorf("%d mails were heard: %v; want both", heard, err)
			}
		})
	}
}

// A reader is told of a mail that came between its last search and its wait, as every real server does.
func TestMailBeforeIdleIsTold(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, sim.IMAPOptions{})
	told := make(chan uint32, 1)
	c, err := imapclient.DialInsecure(p.Addr(), &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(m *imapclient.UnilateralDataMailbox) {
			if m.NumMessages != nil {
				told <- *m.NumMessages
			}
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	values := p.Values()
	if err := c.Login(values["imap-user"], values["imap-password"]).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	p.Put(sim.Letter{From: "meena@example.org", Subject: "one", Text: "hello"})
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	select {
	case n := <-told:
		if n != 1 {
			t.Errorf("told of %d mails; want 1", n)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing was told of a mail that came before the wait")
	}
	if err := idle.Close(); err != nil {
		t.Error(err)
	}
}
