package apiserver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// sendTemplate writes to a person first, by a template, or goes on with the thread that there is.
func (s *Server) sendTemplate(ctx context.Context, in *idBody[api.Beginning]) (*answer[api.Written], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	ch, err := s.templating(ctx, o, in.Body.Channel)
	if err != nil {
		return nil, err
	}
	d, err := s.draft(ctx, o, ngo.Conversation{Account: ch.Info.ID}, api.Reply{Template: &in.Body.Template, Key: in.Body.Key})
	if err != nil {
		return nil, err
	}
	var out api.Written
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error {
		n, err := newChat(tx, ngo.PersonID(in.ID), ch)
		if err != nil {
			return err
		}
		c, _, err := tx.OpenConversation(n) // undone with the rest when the template is refused
		if err != nil {
			return err
		}
		out, err = s.put(tx, c.ID, d)
		return err
	})
	return &answer[api.Written]{out}, err
}

// templating finds the channel by which templates go: the one named, or the only one.
func (s *Server) templating(ctx context.Context, o *org.Org, named string) (org.Channel, error) {
	if named != "" {
		info, account, err := o.Channel(ctx, named)
		if err != nil {
			return org.Channel{}, err
		}
		if _, ok := account.(channel.Templater); !ok {
			return org.Channel{}, &ngo.Error{Code: ngo.Invalid, Message: "the channel " + info.Name + " has no templates", Hint: "see which has: ngoctl template list"}
		}
		return org.Channel{Info: info, Account: account}, nil
	}
	all, err := o.Channels(ctx)
	if err != nil {
		return org.Channel{}, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(c org.Channel) bool { _, ok := c.Account.(channel.Templater); return !ok })
	switch len(all) {
	case 0:
		return org.Channel{}, &ngo.Error{Code: ngo.Conflict, Message: "no channel has templates", Hint: "connect one: ngoctl channel add"}
	case 1:
		return all[0], nil
	}
	var names []string
	for _, c := range all {
		names = append(names, c.Info.Name)
	}
	return org.Channel{}, &ngo.Error{Code: ngo.Invalid, Message: "it is not told by which channel", Hint: "it can be one of: " + strings.Join(names, ", ")}
}

// newChat says where a person is written to first: at the address that is most surely theirs, on the channel's usual line.
func newChat(tx *store.Tx, id ngo.PersonID, ch org.Channel) (n store.NewConversation, err error) {
	p, err := tx.Person(id)
	if err != nil {
		return n, err
	}
	if p.Erased != nil {
		return n, &ngo.Error{Code: ngo.Conflict, Message: "this person was erased"}
	}
	group, err := tx.Group(p.Root)
	if err != nil {
		return n, err
	}
	people := []ngo.Person{p}
	for _, other := range group {
		if other == id {
			continue
		}
		one, err := tx.Person(other)
		if err != nil {
			return n, err
		}
		people = append(people, one)
	}
	for _, one := range people {
		to, ok := reached(one.Identities, ch.Account)
		if !ok {
			continue
		}
		told := asTold(to, ch.Account)
		raw, _, _, err := tx.PersonFor(ch.Info.ID, told, one.Name, "") // as whom they will answer
		return store.NewConversation{Account: ch.Info.ID, Line: usual(ch.Account), Kind: ngo.Chat, Person: raw, Address: told[0], Name: one.Name}, err
	}
	return n, &ngo.Error{
		Code: ngo.Conflict, Message: fmt.Sprintf("no address of theirs is known that %s reaches", ch.Info.Name),
		Hint: "see what is known of them: ngoctl person show " + string(id),
	}
}

// surest are the kinds of address in the order in which one is written to: where they wrote from comes before what was told.
var surest = [...]ngo.IdentityKind{ngo.WhatsApp, ngo.WhatsAppUser, ngo.Messenger, ngo.Instagram, ngo.EMail, ngo.Phone}

func reached(all []ngo.Identity, account channel.Account) (ngo.Identity, bool) {
	for _, kind := range surest {
		for _, i := range all {
			if i.Kind == kind && !i.Shared && account.Reaches(kind) {
				return i, true
			}
		}
	}
	return ngo.Identity{}, false
}

// asTold gives an address as the channel tells of somebody who writes from it, so that the answer comes into the same thread.
func asTold(i ngo.Identity, account channel.Account) []ngo.Identity {
	if digits, ok := strings.CutPrefix(i.Value, "+"); ok && i.Kind == ngo.Phone && account.Reaches(ngo.WhatsApp) {
		return []ngo.Identity{{Kind: ngo.WhatsApp, Value: digits}, i}
	}
	return []ngo.Identity{i}
}

// usual gives the line from which an account writes when nothing else is said.
func usual(account channel.Account) ngo.Ref {
	if l, ok := account.(channel.Liner); ok {
		return l.Lines()[0]
	}
	return ""
}
