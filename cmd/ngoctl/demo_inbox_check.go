package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// An inbox is what the daemon has heard and said, and what it should have.
type inbox struct {
	threads  int
	messages int
	mailed   map[string]bool // ids of messages that are said to have gone by mail
	said     map[string]bool // and by WhatsApp
	findings []string
}

func (i *inbox) find(format string, args ...any) {
	i.findings = append(i.findings, fmt.Sprintf(format, args...))
}

// lookAtInbox holds the threads against what was written.
func (p *play) lookAtInbox(ctx context.Context) (*inbox, error) {
	i := &inbox{mailed: map[string]bool{}, said: map[string]bool{}}
	all, err := p.inbox(ctx)
	if err != nil {
		return i, err
	}
	for _, want := range p.morning.Expected() {
		at := slices.IndexFunc(all, func(c api.Conversation) bool { return isThread(c, want) })
		if at < 0 {
			i.find("the thread of %s is missing", want.Name)
			continue
		}
		t, err := p.client.Thread(ctx, demoOrg, all[at].ID, api.ListQuery{Limit: api.MaxLimit})
		if err != nil {
			return i, err
		}
		all = slices.Delete(all, at, at+1)
		i.threads++
		i.lookAtThread(t, want)
	}
	for _, c := range all {
		i.find("nobody wrote the thread %s with %s", c.ID, c.Address.Value)
	}
	return i, nil
}

func (i *inbox) lookAtThread(t api.Thread, want sim.ExpectedThread) {
	differs := func(what string, got, wanted any) {
		if got != wanted {
			i.find("the thread of %s, %s: %v instead of %v", want.Name, what, got, wanted)
		}
	}
	differs("state", t.State, want.State)
	differs("waiting", t.Waiting != nil, want.Waiting)
	differs("failed", t.Failed, want.Failed)
	differs("may be written freely", t.Window == nil || t.Window.Open, !want.Shut)
	if want.Donor != "" {
		differs("person", t.PersonName, want.Donor)
	}
	differs("messages", len(t.Messages), len(want.Lines))
	i.messages += len(t.Messages)
	for n, m := range t.Messages {
		if m.Direction == ngo.Out && m.State != ngo.MessageQueued {
			map[string]map[string]bool{sim.AtMail: i.mailed, sim.AtWhatsApp: i.said}[want.Channel][string(m.ID)] = true
		}
		if n < len(want.Lines) {
			i.lookAtMessage(fmt.Sprintf("message %d with %s", n+1, want.Name), m, want.Lines[n])
		}
	}
}

func (i *inbox) lookAtMessage(which string, m ngo.Message, want sim.Line) {
	differs := func(what string, got, wanted any) {
		if got != wanted {
			i.find("%s, %s: %v instead of %v", which, what, got, wanted)
		}
	}
	differs("direction", m.Direction, want.Direction)
	differs("state", m.State, want.State)
	files := slices.DeleteFunc(slices.Clone(m.Attachments), func(a ngo.Attachment) bool { return a.Kind == "page" }) // the mail itself
	differs("files", len(files), want.Files)
	differs("withdrawn", m.Revoked != nil, want.Revoked)
	differs("changed", m.Edited != nil, want.Edited)
	differs("masked", m.Masked, want.Masked)
	differs("doubted", strings.Contains(string(m.More), `"doubt"`), want.Doubted)
	if !strings.HasPrefix(m.Text, want.Text) {
		i.find("%s says %q instead of %q", which, m.Text, want.Text)
	}
	if m.State == ngo.MessageFailed && m.Reason == "" {
		i.find("%s failed without a reason", which)
	}
	for _, a := range m.Attachments {
		differs("file "+a.Name, a.State, ngo.AttachmentKept)
	}
	reaction := ""
	for _, r := range m.Reactions {
		reaction += r.Emoji
	}
	differs("reaction", reaction, want.Reaction)
}

// lookAtSent checks that each message of ours went out, once, and that nothing else did.
func (i *inbox) lookAtSent(w *sim.WhatsApp) {
	taken := w.Taken()
	for id, n := range taken {
		if n > 1 {
			i.find("message %s was sent %d times", id, n)
		}
		if !i.said[id] {
			i.find("message %s was sent, and nothing says so", id)
		}
	}
	for id := range i.said {
		if taken[id] == 0 {
			i.find("message %s is said to be sent, but did not arrive", id)
		}
	}
}

// lookForNumber looks through everything that is stored for the number that nobody may keep.
func (i *inbox) lookForNumber(dir string) error {
	bare := strings.ReplaceAll(sim.MorningNumber, " ", "")
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // a file of a moment
		}
		if bytes.Contains(data, []byte(sim.MorningNumber)) || bytes.Contains(data, []byte(bare)) {
			i.find("%s has an Aadhaar number in it", filepath.Base(path))
		}
		return err
	})
}

// lookAtBounce checks that a mail that came back is shown at its gift, with the reason.
func (l *ledger) lookAtBounce(address string) error {
	if address == "" {
		l.find("no receipt came back")
		return nil
	}
	for _, d := range l.gifts {
		if d.Donor.EMail != address {
			continue
		}
		full, err := l.client.Donation(l.ctx, demoOrg, d.ID)
		if err != nil {
			return err
		}
		back := func(m ngo.Message) bool {
			return m.Kind == ngo.MessageReceipt && m.State == ngo.MessageFailed && m.Reason != ""
		}
		if !slices.ContainsFunc(full.Messages, back) {
			l.find("the receipt to %s came back, and the gift does not say so", address)
		}
	}
	return nil
}
