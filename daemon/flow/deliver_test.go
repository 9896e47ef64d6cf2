package flow_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// gift brings in one gift and does all that can be done with it.
func (h *house) gift(n int) {
	h.t.Helper()
	h.deliver(h.sim.Captured(n).Body)
	if errs := h.work(); errs != nil {
		h.t.Fatal(errs)
	}
}

func (h *house) message() ngo.Message {
	h.t.Helper()
	all := h.state().messages
	if len(all) != 1 {
		h.t.Fatalf("messages %+v; want one", all)
	}
	return all[0]
}

func TestRefusalsInPlainWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault sim.Fault
		state ngo.MessageState
		jobs  int
	}{
		{"no such address", sim.Fault{Step: sim.Recipient, Code: 550, Text: "5.1.1 no such user"}, ngo.MessageFailed, 0},
		{"content refused", sim.Fault{Step: sim.Data, Code: 554, Text: "5.7.1 looks like spam"}, ngo.MessageFailed, 0},
		{"greylisted", sim.Fault{Step: sim.Recipient, Code: 451, Text: "4.7.1 try later"}, ngo.MessageQueued, 1},
		{"busy", sim.Fault{Step: sim.Connect, Code: 421, Text: "too many connections"}, ngo.MessageQueued, 1},
		{"cut before the end", sim.Fault{Step: sim.Data, Drop: true}, ngo.MessageQueued, 1},
		{"cut after the end", sim.Fault{Step: sim.End, Drop: true}, ngo.MessageQueued, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			server.Fail(tt.fault)
			h.gift(0)
			m, jobs := h.message(), h.state().jobs
			if m.State != tt.state || m.Reason == "" || len(jobs) != tt.jobs {
				t.Errorf("message %+v, %d jobs; want %s with a reason and %d jobs", m, len(jobs), tt.state, tt.jobs)
			}
			if strings.Contains(m.Reason, h.state().messages[0].Recipient) {
				t.Errorf("the reason %q repeats the address", m.Reason)
			}
			if tt.state == ngo.MessageFailed {
				return
			}
			server.Heal()
			h.later(time.Hour)
			if errs := h.work(); errs != nil {
				t.Fatal(errs)
			}
			if m := h.message(); m.State != ngo.MessageSent || m.Reason != "" {
				t.Errorf("message %+v; want it sent in the end", m)
			}
			if ids := server.Counts(); len(ids) != 1 {
				t.Errorf("Message-IDs %v; want one, however often it was sent", ids)
			}
		})
	}
}

func TestWithoutMailAccountMessagesWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.gift(0)
	if m := h.message(); m.State != ngo.MessageQueued || !strings.Contains(m.Reason, "ngoctl channel add email") {
		t.Errorf("message %+v; want it queued, with what to do", m)
	}
	h.later(30 * 24 * time.Hour)
	h.work()
	if m := h.message(); m.State != ngo.MessageQueued {
		t.Errorf("message %+v after a month; want it queued still", m)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	hurried := make(chan struct{}, 10)
	defer h.store.Feed().Subscribe(func(changes []store.Change) {
		for _, c := range changes {
			if c.Lane == ngo.LaneOutbound && c.ID == "" {
				hurried <- struct{}{}
			}
		}
	})()
	subscribed := make(chan struct{})
	go func() {
		close(subscribed)
		ended <- h.flow.Run(ctx)
	}()
	<-subscribed
	server := h.mailServer(sim.SMTPOptions{})
	for waiting := true; waiting; { // Run may subscribe just after the account was added: then another change does it
		select {
		case <-hurried:
			waiting = false
		case <-time.After(100 * time.Millisecond):
			n := h.org.NewAccount(ngo.Gateway, "razorpay", "another-"+time.Now().String(), nil, map[string]string{"webhook-secret": secret})
			h.write(func(tx *store.Tx) error { return tx.AddAccount(n) })
		}
	}
	stop()
	must(t, <-ended)
	h.work()
	if m := h.message(); m.State != ngo.MessageSent || server.Total() != 1 {
		t.Errorf("message %+v, %d mails; want it sent, once", m, server.Total())
	}
}

func TestServerDownForHours(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	server.Down()
	for n := range 20 {
		h.deliver(h.sim.Captured(n).Body)
	}
	h.work()
	for range 48 {
		h.later(10 * time.Minute)
		h.work()
	}
	for _, m := range h.state().messages {
		if m.State != ngo.MessageQueued || m.Reason == "" {
			t.Fatalf("message %+v; want it queued with a reason", m)
		}
	}
	must(t, server.Up())
	h.later(30 * time.Minute) // one goes, and has the others tried
	h.work()
	sent := 0
	for _, m := range h.state().messages {
		if m.State == ngo.MessageSent {
			sent++
		}
	}
	ids := server.Counts()
	if sent != 20 || len(ids) != 20 || server.Total() != 20 {
		t.Errorf("%d sent, %d mails, %d Message-IDs; want 20 each", sent, server.Total(), len(ids))
	}
}

// A server that hangs is not asked again for each message that waits.
func TestDeadServerIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	server.Fail(sim.Fault{Step: sim.Connect, Code: 421, Text: "not now"})
	for n := range 30 {
		h.deliver(h.sim.Captured(n).Body)
	}
	h.work()
	if n := server.Sessions(); n > 5 {
		t.Errorf("%d sessions for 30 messages; want a few tries, then patience", n)
	}
}

// Who puts right what was wrong with an account does not wait for the end of the pause that it had earned.
func TestChangedAccountIsTriedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	server.Down()
	for n := range 10 {
		h.deliver(h.sim.Captured(n).Body)
	}
	h.work()
	must(t, server.Up())
	hurried := make(chan struct{}, 100)
	defer h.store.Feed().Subscribe(func(changes []store.Change) {
		for _, c := range changes {
			if c.Lane == ngo.LaneOutbound && c.ID == "" {
				hurried <- struct{}{}
			}
		}
	})()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.flow.Run(ctx) }()
	for waiting := true; waiting; { // Run may subscribe just after the change: then the next one does it
		var mail ngo.Account
		h.write(func(tx *store.Tx) (err error) {
			if mail, err = tx.Account(ngo.Channel, "email"); err == nil {
				_, err = tx.RemoveAccount(mail.ID)
			}
			return err
		})
		h.write(func(tx *store.Tx) error { return tx.AddAccount(h.org.AccountAgain(mail, mail.Settings, nil)) })
		select {
		case <-hurried:
			waiting = false
		case <-time.After(100 * time.Millisecond):
		}
	}
	stop()
	must(t, <-ended)
	h.work()
	if n := server.Total(); n != 10 {
		t.Errorf("%d mails; want all 10, without a pause", n)
	}
}

// One donor's mailbox that takes nothing just now is not asked again each time another's mail goes out.
func TestOneBusyMailboxKeepsItsPause(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	server.Fail(sim.Fault{Step: sim.Recipient, Code: 450, Text: "4.2.0 mailbox busy", Times: 1})
	h.gift(0)
	busy := h.message()
	h.gift(1)
	for _, m := range h.state().messages {
		want := ngo.MessageSent
		if m.ID == busy.ID {
			want = ngo.MessageQueued
		}
		if m.State != want {
			t.Errorf("message %+v; want it %s", m, want)
		}
	}
	h.later(time.Minute)
	h.work()
	if server.Total() != 2 {
		t.Errorf("%d mails; want both in the end", server.Total())
	}
}

func TestAWeekIsEnough(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	server.Fail(sim.Fault{Step: sim.Recipient, Code: 452, Text: "4.2.2 mailbox full"})
	h.gift(0)
	h.later(8 * 24 * time.Hour)
	h.work()
	if m := h.message(); m.State != ngo.MessageFailed || !strings.Contains(m.Reason, "week") || len(h.state().jobs) != 0 {
		t.Errorf("message %+v; want it failed after a week", m)
	}
}

// The program died between sending and recording: receipt mail goes again, under the same Message-ID.
func TestCrashAfterSending(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	server.Fail(sim.Fault{Step: sim.End, Drop: true, Times: 1}) // taken, and never told
	h.gift(0)
	id := h.message().ID
	h.write(func(tx *store.Tx) error { return tx.MoveMessage(id, ngo.MessageSending, "", "", "") })
	h.later(time.Hour)
	h.work()
	ids := server.Counts()
	if m := h.message(); m.State != ngo.MessageSent || len(ids) != 1 || server.Total() != 2 {
		t.Errorf("message %+v, Message-IDs %v; want it sent, twice under one", m, ids)
	}
}

func TestMissingDocumentParks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.gift(0) // no mail server: it waits with its document
	files, err := filepath.Glob(filepath.Join(h.org.Dir(), "blobs", "*", "blb_*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v; want one", files, err)
	}
	must(t, os.Remove(files[0]))
	server := h.mailServer(sim.SMTPOptions{})
	h.later(24 * time.Hour)
	errs := h.work()
	if len(errs) != 1 || ngo.CodeOf(errs[0]) != ngo.NotFound || server.Total() != 0 {
		t.Errorf("errors %v, %d mails; want NotFound and none", errs, server.Total())
	}
	if m := h.message(); m.State != ngo.MessageQueued {
		t.Errorf("message %+v; want it queued", m)
	}
}
