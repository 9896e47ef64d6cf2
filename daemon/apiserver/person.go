package apiserver

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

type personsIn struct {
	OrgPath
	PageQuery
	Text string `query:"text" maxLength:"254" doc:"E-mail address, phone number, or a part of the name; everybody when empty."`
}

func (s *Server) persons(ctx context.Context, in *personsIn) (*page[ngo.Person], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Person, string, error) {
		items, next, err := rx.Persons(store.PersonQuery{ListQuery: in.list(), Text: in.Text})
		for i := range items {
			items[i] = reachable(items[i])
		}
		return items, next, err
	})
}

// reachable makes the list of addresses one, also when it is empty.
func reachable(p ngo.Person) ngo.Person {
	if p.Identities == nil {
		p.Identities = []ngo.Identity{}
	}
	for i := range p.Parts {
		p.Parts[i] = reachable(p.Parts[i])
	}
	return p
}

type personIn struct {
	IDPath
	PageQuery
}

// mostShown is how many threads and receipts come with a person.
const mostShown = 50

// person shows somebody with all that belongs to them and to whoever was joined to them. Threads come to those only who may read
// them.
func (s *Server) person(ctx context.Context, in *personIn) (*answer[api.Person], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var out api.Person
	var all seen
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if out, err = readPerson(rx, ngo.PersonID(in.ID), in.list()); err != nil {
			return err
		}
		if callOf(ctx).who.allow(conversationRead, place{org: in.Org}) != nil {
			return nil
		}
		threads, err := rx.ConversationsOf(out.ID, mostShown)
		if err != nil {
			return err
		}
		all, err = look(rx, threads)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Conversations, err = s.views(ctx, o, all)
	return &answer[api.Person]{out}, err
}

func readPerson(rx *store.Rx, id ngo.PersonID, q store.ListQuery) (out api.Person, err error) {
	p, err := rx.Person(id)
	if err != nil {
		return out, err
	}
	out = api.Person{Person: reachable(p), Totals: []api.Total{}, Donations: []ngo.Donation{}}
	totals, first, last, err := rx.PersonTotals(id)
	if err != nil {
		return out, err
	}
	out.First, out.Last = first, last
	for _, t := range totals {
		out.Totals = append(out.Totals, api.Total(t))
	}
	gifts, next, err := rx.DonationsBy(id, q)
	if err != nil {
		return out, err
	}
	out.Donations, out.Next = append(out.Donations, maskAll(gifts)...), next
	if out.Receipts, err = rx.ReceiptsBy(id, mostShown); err != nil {
		return out, err
	}
	if out.Consents, err = rx.Consents(id); err != nil {
		return out, err
	}
	if out.Joinings, err = rx.Joinings(id); err != nil {
		return out, err
	}
	out.Stopped, err = rx.Stopped(p.Root)
	return out, err
}
