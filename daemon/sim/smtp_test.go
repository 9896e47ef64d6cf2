package sim_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
)

func start(t *testing.T, o sim.SMTPOptions) *sim.SMTP {
	t.Helper()
	s, err := sim.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func post(s *sim.SMTP, id string) error {
	body := fmt.Sprintf("From: a@example.org\r\nMessage-ID: <%s>\r\nSubject: x\r\n\r\nbody\r\n", id)
	return smtp.SendMail(s.Addr(), nil, "a@example.org", []string{"b@example.org"}, []byte(body))
}

func TestSMTPKeepsAndCounts(t *testing.T) {
	t.Parallel()
	s := start(t, sim.SMTPOptions{Keep: 3})
	var clients sync.WaitGroup
	for i := range 10 {
		clients.Go(func() {
			if err := post(s, fmt.Sprintf("m%d@x", i%5)); err != nil {
				t.Error(err)
			}
		})
	}
	if err := s.Wait(t.Context(), 10); err != nil {
		t.Error(err)
	}
	clients.Wait()
	if got := s.Counts(); len(got) != 5 || got["m1@x"] != 2 || s.Total() != 10 || len(s.Mails()) != 3 || s.Sessions() != 10 {
		t.Errorf("counts %v, total %d, kept %d, sessions %d", got, s.Total(), len(s.Mails()), s.Sessions())
	}
}

func TestSMTPFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault sim.Fault
		code  int // 0: no answer
		taken int
	}{
		{sim.Fault{Step: sim.Connect, Code: 421, Text: "busy", Times: 1}, 421, 0},
		{sim.Fault{Step: sim.Connect, Drop: true, Times: 1}, 0, 0},
		{sim.Fault{Step: sim.Hello, Drop: true, Times: 1}, 0, 0},
		{sim.Fault{Step: sim.From, Code: 451, Text: "4.3.0 later", Times: 1}, 451, 0},
		{sim.Fault{Step: sim.Recipient, Code: 550, Text: "5.1.1 nobody", Times: 1}, 550, 0},
		{sim.Fault{Step: sim.Data, Code: 552, Text: "5.3.4 too large", Times: 1}, 552, 0},
		{sim.Fault{Step: sim.Data, Drop: true, Times: 1}, 0, 0},
		{sim.Fault{Step: sim.End, Code: 554, Text: "5.7.1 spam", Times: 1}, 554, 0},
		{sim.Fault{Step: sim.End, Drop: true, Times: 1}, 0, 1},
	} {
		t.Run(fmt.Sprintf("%s %d", tt.fault.Step, tt.code), func(t *testing.T) {
			t.Parallel()
			s := start(t, sim.SMTPOptions{})
			s.Fail(tt.fault)
			err := post(s, "m@x")
			reply, refused := errors.AsType[*textproto.Error](err)
			if err == nil || refused != (tt.code != 0) || refused && reply.Code != tt.code {
				t.Errorf("the first mail: %v; want code %d", err, tt.code)
			}
			if s.Total() != tt.taken {
				t.Errorf("%d mails were taken; want %d", s.Total(), tt.taken)
			}
			if err := post(s, "m@x"); err != nil {
				t.Errorf("the second mail: %v", err)
			}
		})
	}
}

func TestSMTPDownAndUp(t *testing.T) {
	t.Parallel()
	s := start(t, sim.SMTPOptions{})
	s.Down()
	s.Down()
	if err := post(s, "m@x"); err == nil {
		t.Error("a mail was taken while the server was down")
	}
	if err := s.Up(); err != nil {
		t.Fatal(err)
	}
	if err := post(s, "m@x"); err != nil {
		t.Error(err)
	}
}

func TestSMTPCloseEndsDelays(t *testing.T) {
	t.Parallel()
	s := start(t, sim.SMTPOptions{})
	s.Fail(sim.Fault{Step: sim.End, Delay: time.Hour})
	done := make(chan error)
	go func() { done <- post(s, "m@x") }()
	if err := s.Wait(t.Context(), 1); err != nil { // it is taken, and its answer waits
		t.Fatal(err)
	}
	s.Close()
	if err := <-done; err == nil {
		t.Error("the client was told that its mail was taken")
	}
}

func TestSMTPSpeaksTLSAndLogsIn(t *testing.T) {
	t.Parallel()
	config, roots, err := sim.Certificate(time.Now(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, sim.SMTPOptions{TLS: config, Implicit: true, User: "u", Password: "p"})
	c, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := smtp.NewClient(c, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Mail("a@example.org"); err == nil {
		t.Error("a mail is taken without log-in")
	}
	if err := client.Auth(smtp.PlainAuth("", "u", "p", "127.0.0.1")); err != nil {
		t.Error(err)
	}
	if err := client.Mail("a@example.org"); err != nil {
		t.Error(err)
	}
}
