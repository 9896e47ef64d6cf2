package apiserver

import (
	"context"
	"fmt"
	"maps"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// number is one that a provider tells apart what comes by: its id of a number, a page or a mailbox.
type number struct {
	driver string
	ref    ngo.Ref
}

// numbers are the names of the channels that have each.
type numbers map[number][]string

func (n numbers) add(a ngo.Account, account channel.Account) {
	if has, ok := account.(channel.Liner); ok {
		for _, ref := range has.Lines() {
			n[number{a.Driver, ref}] = append(n[number{a.Driver, ref}], a.Name)
		}
	}
}

// connect writes what may change an organisation's accounts, and refuses with Conflict what gives a number to a second channel: what
// comes for it would make two threads of one message, or be read by another organisation. Changes go one by one, so that of two that
// take the same number the later is refused. A number that was in two before does not stand in the way of changing something else.
func (s *Server) connect(ctx context.Context, o *org.Org, change func(*store.Tx) error) error {
	s.connecting.Lock()
	defer s.connecting.Unlock()
	others, err := s.numbersBeside(ctx, o)
	if err != nil {
		return err
	}
	return o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error {
		before, err := s.numbersOf(&tx.Rx)
		if err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		after, err := s.numbersOf(&tx.Rx)
		if err != nil {
			return err
		}
		return after.since(before, others)
	})
}

// since fails with Conflict when a number came to be where it was not before, and is somewhere else, too.
func (n numbers) since(before, others numbers) error {
	for at, names := range n {
		switch was := before[at]; {
		case len(names) <= len(was):
		case len(others[at]) > 0:
			return &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("%s is connected in another organisation of this server", at.ref), Hint: "it has to be removed there first"}
		case len(was) > 0:
			return &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("%s is connected already, in the channel %q", at.ref, was[0]), Hint: "see: ngoctl channel show " + was[0]}
		}
	}
	return nil
}

// numbersOf gives the numbers of an organisation's channels as a transaction sees them. Settings that make no account have none.
func (s *Server) numbersOf(rx *store.Rx) (numbers, error) {
	rows, err := rx.Accounts(ngo.Channel)
	if err != nil {
		return nil, err
	}
	out := numbers{}
	for _, a := range rows { // a handful
		secrets, err := rx.Secrets(a.ID)
		if err != nil {
			return nil, err
		}
		if account, err := s.opened(a, secrets); err == nil {
			out.add(a, account)
		}
	}
	return out, nil
}

func (s *Server) opened(a ngo.Account, secrets map[string]string) (channel.Account, error) {
	for _, d := range s.o.Book.Channels() {
		if d.Name() == a.Driver {
			return d.Open(valuesOf(a, secrets).WithoutUntil())
		}
	}
	return nil, &ngo.Error{Code: ngo.NotFound, Message: "there is no such driver"}
}

func valuesOf(a ngo.Account, secrets map[string]string) setting.Values {
	values := setting.Values{}
	maps.Copy(values, a.Settings)
	maps.Copy(values, secrets)
	return values
}

// numbersBeside gives the numbers of all other organisations. One whose channels cannot be read is left out: it is not to keep the others
// from mending theirs.
func (s *Server) numbersBeside(ctx context.Context, own *org.Org) (numbers, error) {
	all, err := s.o.Book.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	out := numbers{}
	for _, info := range all {
		if info.Slug == own.Info().Slug {
			continue
		}
		channels, err := s.channelsOf(ctx, info.Slug)
		if err != nil {
			s.log.Warn("channels of an organisation cannot be compared", "org", info.Slug, "err", err)
			continue
		}
		for _, c := range channels {
			out.add(c.Info, c.Account)
		}
	}
	return out, ctx.Err()
}

func (s *Server) channelsOf(ctx context.Context, slug string) ([]org.Channel, error) {
	o, err := s.o.Book.Org(ctx, slug)
	if err != nil {
		return nil, err
	}
	return o.Channels(ctx)
}
