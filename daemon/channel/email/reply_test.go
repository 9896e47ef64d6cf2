package email_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// What each refusal means, by step.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		step sim.Step
		code int
		text string
		want ngo.Code
	}{
		{sim.Connect, 421, "4.3.2 shutting down", ngo.Unavailable},
		{sim.Connect, 421, "4.7.0 too many connections", ngo.Limited},
		{sim.Connect, 554, "5.7.1 your address is blocked", ngo.Unavailable},
		{sim.Hello, 451, "4.3.0 later", ngo.Unavailable},
		{sim.Hello, 550, "5.7.1 bad name", ngo.Unavailable},
		{sim.Auth, 454, "4.7.0 the password server is down", ngo.Limited},
		{sim.Auth, 535, "5.7.8 wrong password", ngo.Unauthenticated},
		{sim.Auth, 550, "locked", ngo.Unauthenticated},
		{sim.From, 421, "closing", ngo.Unavailable},
		{sim.From, 451, "4.3.0 later", ngo.Unavailable},
		{sim.From, 451, "4.7.1 greylisted", ngo.Limited},
		{sim.From, 454, "Throttling failure: Maximum sending rate exceeded", ngo.Limited},
		{sim.From, 530, "5.7.0 log in first", ngo.Unauthenticated},
		{sim.From, 552, "5.3.4 too large", ngo.TooLarge},
		{sim.From, 553, "5.7.1 not your address", ngo.Unauthenticated},
		{sim.Recipient, 450, "4.2.1 too much mail for this mailbox", ngo.Limited},
		{sim.Recipient, 450, "4.2.0 greylisted", ngo.Unavailable},
		{sim.Recipient, 452, "4.2.2 mailbox full", ngo.Unavailable},
		{sim.Recipient, 452, "4.5.3 too many recipients", ngo.Limited},
		{sim.Recipient, 501, "5.1.3 bad address", ngo.NotFound},
		{sim.Recipient, 501, "syntax", ngo.Invalid},
		{sim.Recipient, 550, "5.1.1 no such user", ngo.NotFound},
		{sim.Recipient, 550, "no such user", ngo.NotFound},
		{sim.Recipient, 550, "5.1.8 bad sender", ngo.Unauthenticated},
		{sim.Recipient, 550, "5.2.1 mailbox closed", ngo.Denied},
		{sim.Recipient, 550, "5.7.1 relaying denied", ngo.Denied},
		{sim.Recipient, 552, "5.2.2 mailbox full", ngo.Denied},
		{sim.Recipient, 553, "no such name", ngo.NotFound},
		{sim.Recipient, 554, "no", ngo.Denied},
		{sim.Data, 451, "4.3.0 disk full", ngo.Unavailable},
		{sim.Data, 552, "5.3.4 too large", ngo.TooLarge},
		{sim.End, 421, "4.7.0 slow down", ngo.Limited},
		{sim.End, 451, "4.3.0 later", ngo.Unavailable},
		{sim.End, 454, "Throttling failure", ngo.Limited},
		{sim.End, 550, "5.1.1 no such user", ngo.NotFound},
		{sim.End, 552, "too large", ngo.TooLarge},
		{sim.End, 554, "5.7.1 this is spam", ngo.Denied},
		{sim.End, 554, "Message rejected: Email address is not verified", ngo.Denied},
	} {
		t.Run(fmt.Sprintf("%s %d %s", tt.step, tt.code, tt.text), func(t *testing.T) {
			t.Parallel()
			s := server(t, sim.SMTPOptions{User: "u", Password: "p"})
			a := account(t, s.Addr(), email.Options{}, "user", "u", "password", "p")
			s.Fail(sim.Fault{Step: tt.step, Code: tt.code, Text: tt.text, Times: 2}) // HELO follows on EHLO
			_, err := a.Send(t.Context(), receipt())
			e, ok := errors.AsType[*ngo.Error](err)
			if !ok || e.Code != tt.want {
				t.Fatalf("Send = %v; want %s", err, tt.want)
			}
			if !strings.Contains(e.Message, fmt.Sprint(tt.code)) {
				t.Errorf("message %q does not give the code", e.Message)
			}
			if strings.Contains(e.Hint, "donor") { // whoever wrote need not have given anything
				t.Errorf("the hint is %q", e.Hint)
			}
			if s.Total() != 0 {
				t.Error("the mail was taken")
			}
			s.Heal()
			if _, err := a.Send(t.Context(), receipt()); err != nil {
				t.Errorf("Send after that = %v", err)
			}
		})
	}
}

// What to do about a server that cannot be reached is a sentence, whatever the channel is called.
func TestAwayServerHint(t *testing.T) {
	t.Parallel()
	_, err := account(t, "127.0.0.1:1", email.Options{}).Send(t.Context(), receipt())
	e, ok := errors.AsType[*ngo.Error](err)
	if want := "see what is wrong: ngoctl channel test"; !ok || e.Hint != want {
		t.Errorf("Send = %v; want the hint %q", err, want)
	}
}

// The server hangs up. Until the whole mail is out nothing can have been taken; after that nobody knows.
func TestHangUps(t *testing.T) {
	t.Parallel()
	for _, step := range []sim.Step{sim.Connect, sim.Hello, sim.Auth, sim.From, sim.Recipient, sim.Data, sim.End} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			s := server(t, sim.SMTPOptions{User: "u", Password: "p"})
			s.Fail(sim.Fault{Step: step, Drop: true, Times: 1})
			m := receipt()
			if step == sim.Data {
				m.Attachments[0].Data = make([]byte, 8<<20) // more than fits into the buffers on the way
			}
			_, err := account(t, s.Addr(), email.Options{}, "user", "u", "password", "p").Send(t.Context(), m)
			if err == nil {
				t.Fatal("Send = nil")
			}
			_, coded := errors.AsType[*ngo.Error](err)
			if unknown := step == sim.End; coded == unknown || coded && ngo.CodeOf(err) != ngo.Unavailable {
				t.Errorf("Send = %v (code %q)", err, ngo.CodeOf(err))
			}
			if taken := s.Total() == 1; taken != (step == sim.End) {
				t.Errorf("the mail was taken: %v", taken)
			}
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	const short = 60 * time.Millisecond
	for _, step := range []sim.Step{sim.Connect, sim.Hello, sim.Auth, sim.From, sim.Recipient, sim.Data, sim.End} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			s := server(t, sim.SMTPOptions{User: "u", Password: "p"})
			s.Fail(sim.Fault{Step: step, Delay: time.Hour})
			patience := email.Patience{Command: short, Data: short}
			_, err := account(t, s.Addr(), email.Options{Patience: patience}, "user", "u", "password", "p").Send(t.Context(), receipt())
			_, coded := errors.AsType[*ngo.Error](err)
			unknown := step == sim.End || step == sim.Data // the mail is small: it is out before the server is ready for it
			if err == nil || coded == unknown || coded && ngo.CodeOf(err) != ngo.Unavailable {
				t.Errorf("Send = %v (code %q)", err, ngo.CodeOf(err))
			}
		})
	}
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	t.Run("before the mail", func(t *testing.T) {
		t.Parallel()
		s := server(t, sim.SMTPOptions{})
		s.Fail(sim.Fault{Step: sim.From, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := account(t, s.Addr(), email.Options{}).Send(ctx, receipt())
		if ngo.CodeOf(err) != ngo.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send = %v; want Unavailable, stopped", err)
		}
	})
	t.Run("after the mail, without an answer", func(t *testing.T) {
		t.Parallel()
		s := server(t, sim.SMTPOptions{})
		s.Fail(sim.Fault{Step: sim.End, Delay: time.Hour})
		err := giveUpAfterTheMail(t, s, email.Patience{Grace: time.Millisecond})
		if _, coded := errors.AsType[*ngo.Error](err); err == nil || coded {
			t.Errorf("Send = %v; want an error without a code", err)
		}
	})
	t.Run("after the mail, the answer comes in time", func(t *testing.T) {
		t.Parallel()
		s := server(t, sim.SMTPOptions{})
		s.Fail(sim.Fault{Step: sim.End, Delay: 100 * time.Millisecond})
		if err := giveUpAfterTheMail(t, s, email.Patience{Grace: time.Minute}); err != nil {
			t.Errorf("Send = %v; the mail was taken", err)
		}
	})
}

func giveUpAfterTheMail(t *testing.T, s *sim.SMTP, p email.Patience) error {
	t.Helper()
	a := account(t, s.Addr(), email.Options{Patience: p})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := a.Send(ctx, receipt())
		done <- err
	}()
	if err := s.Wait(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	return <-done
}

func TestTooLargeForTheServer(t *testing.T) {
	t.Parallel()
	s := server(t, sim.SMTPOptions{MaxBytes: 20_000})
	if _, err := account(t, s.Addr(), email.Options{}).Send(t.Context(), receipt()); ngo.CodeOf(err) != ngo.TooLarge {
		t.Errorf("Send = %v; want TooLarge", err)
	}
}

// odd answers one connection after the other as told: a greeting, then a reply to each command by its first word; "" hangs
// up, and what is not named gets 250. A mail's content is not answered until its dot, which is the command ".".
func odd(t *testing.T, greeting string, replies map[string]string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			talk(c, greeting, replies)
			c.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		talks.Wait()
	})
	return l.Addr().String()
}

func talk(c net.Conn, greeting string, replies map[string]string) {
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(c, greeting)
	in := bufio.NewScanner(c)
	in.Buffer(nil, 1<<20)
	mail := false
	for in.Scan() {
		word, _, _ := strings.Cut(in.Text(), " ")
		if mail && word != "." {
			continue
		}
		reply, ok := replies[word]
		if !ok {
			reply = "250 ok\r\n"
		}
		if reply == "" {
			return
		}
		fmt.Fprint(c, reply)
		mail = word == "DATA" && strings.HasPrefix(reply, "354")
	}
}

func TestOddServers(t *testing.T) {
	t.Parallel()
	const hello, ready = "220 odd\r\n", "354 go on\r\n"
	long := strings.Repeat("x", 100_000)
	for _, tt := range []struct {
		name, greeting string
		replies        map[string]string
		want           ngo.Code // "" for a mail that was taken
		unknown        bool
	}{
		{"plain and old, HELO only", hello, map[string]string{"EHLO": "502 what?\r\n", "DATA": ready}, "", false},
		{"speaks HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", nil, ngo.Unavailable, false},
		{"speaks in bytes", "\x00\xff\xfe\r\n", nil, ngo.Unavailable, false},
		{"greets at length", "220 " + long + "\r\n", map[string]string{"DATA": ready}, "", false},
		{"refuses DATA for now", hello, map[string]string{"DATA": "451 4.3.0 later\r\n"}, ngo.Unavailable, false},
		{"refuses DATA", hello, map[string]string{"DATA": "554 5.7.1 no\r\n"}, ngo.Denied, false},
		{"takes DATA as done", hello, map[string]string{"DATA": "250 ok\r\n"}, ngo.Unavailable, false},
		{"hangs up at DATA", hello, map[string]string{"DATA": ""}, ngo.Unavailable, false},
		{"answers the mail with nonsense", hello, map[string]string{"DATA": ready, ".": "yes\r\n"}, "", true},
		{"answers the mail with 251", hello, map[string]string{"DATA": ready, ".": "251 forwarded\r\n"}, "", false},
		{"hangs up after the mail", hello, map[string]string{"DATA": ready, ".": ""}, "", true},
		{"hangs up at QUIT", hello, map[string]string{"DATA": ready, "QUIT": ""}, "", false},
		{"refuses in many lines", hello, map[string]string{"RCPT": "550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n"}, ngo.NotFound, false},
		{"refuses in colour", hello, map[string]string{"RCPT": "550 5.1.1 \x1b[31m<meena@example.org>\x1b[0m " + long + "\r\n"}, ngo.NotFound, false},
		{"asks for a forwarding", hello, map[string]string{"RCPT": "551 5.1.6 gone\r\n"}, ngo.NotFound, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := account(t, odd(t, tt.greeting, tt.replies), email.Options{Patience: email.Patience{Command: 5 * time.Second}})
			_, err := a.Send(t.Context(), receipt())
			e, coded := errors.AsType[*ngo.Error](err)
			if tt.unknown {
				if err == nil || coded {
					t.Errorf("Send = %v; want an error without a code", err)
				}
				return
			}
			if ngo.CodeOf(err) != tt.want {
				t.Fatalf("Send = %v; want %q", err, tt.want)
			}
			if coded && (ngo.Printable(e.Message) != e.Message || len(e.Message) > 400 || strings.Contains(err.Error(), "meena@")) {
				t.Errorf("the error says %q", err)
			}
		})
	}
}
