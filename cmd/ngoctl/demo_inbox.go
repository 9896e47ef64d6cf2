package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	staffName = "anita"          // who answers in the demo
	heardIn   = 20 * time.Second // how long a mail may lie there until it is heard
)

// connectChannels gives the organisation WhatsApp and mail, and somebody who answers.
func (s *stage) connectChannels(ctx context.Context, client *api.Client) error {
	mail := setting.Values{"smtp": s.post.Addr(), "from": "office@sevai.example"}
	for name, value := range s.morning.Inbox.Values() {
		mail[name] = value
	}
	for driver, values := range map[string]setting.Values{sim.AtMail: mail, sim.AtWhatsApp: s.morning.WhatsApp.Values()} {
		if _, err := client.AddChannel(ctx, demoOrg, api.AddAccount{Driver: driver, Values: values}); err != nil {
			return err
		}
	}
	s.hooks[sim.AtWhatsApp] = "http://" + s.addr + "/hooks/" + demoOrg + "/" + sim.AtWhatsApp
	if _, err := client.AddUser(ctx, api.NewUser{Name: staffName, Members: []ngo.Member{{Org: demoOrg, Role: ngo.Agent}}}); err != nil {
		return err
	}
	token, err := client.AddToken(ctx, staffName, "demo", 0)
	s.staffToken = token.Secret
	return err
}

// callStaff makes the client by which staff answers.
func (s *stage) callStaff() (err error) {
	s.staff, err = api.New(api.Options{Socket: filepath.Join(s.data(), socketName), Token: s.staffToken, Program: version()})
	return err
}

// turn plays the next turn of the morning, if what it waits for has happened; over says that there is none.
func (p *play) turn(ctx context.Context, rest func(title string) error) (played, over bool, err error) {
	wants, more := p.morning.Wants()
	if !more {
		return false, true, nil
	}
	for _, w := range wants {
		if there, err := p.there(ctx, w); err != nil || !there {
			return false, false, err
		}
	}
	t := p.morning.Next()
	p.seen.Moments++
	for _, hook := range t.Sends {
		if err := p.bring(ctx, sim.Sent{Gateway: sim.AtWhatsApp, Webhook: hook}); err != nil {
			return true, false, err
		}
	}
	for _, a := range t.Acts {
		if err := p.act(ctx, a); err != nil {
			return true, false, err
		}
	}
	return true, false, rest(t.Title)
}

// restOfMorning plays what of the morning is still to come once the day is over.
func (p *play) restOfMorning(ctx context.Context, rest func(title string) error) error {
	return eventually(ctx, 50*time.Millisecond, func() (bool, error) {
		if err := p.reports(ctx); err != nil {
			return false, err
		}
		_, over, err := p.turn(ctx, rest)
		return over, err
	})
}

// reports brings what WhatsApp tells of messages of ours.
func (p *play) reports(ctx context.Context) error {
	for _, hook := range p.morning.Webhooks() {
		if err := p.bring(ctx, sim.Sent{Gateway: sim.AtWhatsApp, Webhook: hook}); err != nil {
			return err
		}
	}
	return nil
}

// there tells whether a message has come as far as is wanted.
func (p *play) there(ctx context.Context, w sim.Want) (bool, error) {
	id, err := p.conversation(ctx, w.Thread)
	if id == "" || err != nil {
		return false, err
	}
	t, err := p.client.Thread(ctx, demoOrg, id, api.ListQuery{})
	if err != nil {
		return false, err
	}
	far := []ngo.MessageState{ngo.MessageSent, ngo.MessageDelivered, ngo.MessageRead}
	return slices.ContainsFunc(t.Messages, func(m ngo.Message) bool {
		if m.Direction != ngo.Out || !strings.HasPrefix(m.Text, w.Text) {
			return false
		}
		return m.State == w.State || slices.Contains(far, w.State) && slices.Index(far, m.State) >= slices.Index(far, w.State)
	}), nil
}

// conversation gives the id of a thread of the script; empty when it is not there.
func (p *play) conversation(ctx context.Context, name string) (ngo.ConversationID, error) {
	if id := p.threads[name]; id != "" {
		return id, nil
	}
	all, err := p.inbox(ctx)
	if err != nil {
		return "", err
	}
	for _, t := range p.morning.Expected() {
		if i := slices.IndexFunc(all, func(c api.Conversation) bool { return isThread(c, t) }); i >= 0 && t.Name == name {
			p.threads[name] = all[i].ID
		}
	}
	return p.threads[name], nil
}

// isThread tells whether a conversation is a thread of the script.
func isThread(c api.Conversation, t sim.ExpectedThread) bool {
	return c.Channel == t.Channel && slices.Contains(t.Addresses, c.Address.Value) && strings.HasSuffix(c.Subject, t.Subject)
}

// inbox gives all conversations.
func (p *play) inbox(ctx context.Context) (all []api.Conversation, err error) {
	err = walk(func(q api.ListQuery) (api.Page[api.Conversation], error) {
		return p.client.Conversations(ctx, demoOrg, api.ConversationQuery{ListQuery: q, State: "any"})
	}, func(c api.Conversation) { all = append(all, c) })
	return all, err
}

// act does what staff does in a thread, once it is there.
func (p *play) act(ctx context.Context, a sim.Act) error {
	soon, cancel := context.WithTimeout(ctx, heardIn)
	defer cancel()
	var id ngo.ConversationID
	err := eventually(soon, 50*time.Millisecond, func() (_ bool, err error) {
		id, err = p.conversation(soon, a.Thread)
		return id != "", err
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if soon.Err() != nil {
		p.find("the thread of %s is missing", a.Thread)
		return nil
	}
	if err != nil {
		return err
	}
	if a.Reply != "" || a.Note != "" {
		_, err = p.staff.ReplyTo(ctx, demoOrg, id, api.Reply{Text: a.Reply + a.Note, Note: a.Note != ""})
	}
	if a.Close && err == nil {
		_, err = p.staff.MoveConversation(ctx, demoOrg, id, ngo.ConversationClosed)
	}
	switch refused := ngo.CodeOf(err) == ngo.Conflict; {
	case a.Refused && !refused:
		p.find("what was written to %s after the time to answer freely was not refused: %v", a.Thread, err)
		return nil
	case a.Refused:
		return nil
	}
	return err
}

// heard waits until the inbox is as it should be, or will not be so any more.
func (p *play) heard(ctx context.Context, within time.Duration) error {
	soon, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := eventually(soon, 100*time.Millisecond, func() (bool, error) {
		if err := p.reports(soon); err != nil {
			return false, err
		}
		i, err := p.lookAtInbox(soon)
		return len(i.findings) == 0, err
	})
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil // what differs is found again by the check
	}
	return err
}
