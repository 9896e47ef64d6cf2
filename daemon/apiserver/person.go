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
	return p
}

type personIn struct {
	IDPath
	PageQuery
}

func (s *Server) person(ctx context.Context, in *personIn) (*answer[api.Person], error) {
	return one(ctx, s, in.OrgPath, func(rx *store.Rx) (api.Person, error) { return readPerson(rx, ngo.PersonID(in.ID), in.list()) })
}

func readPerson(rx *store.Rx, id ngo.PersonID, q store.ListQuery) (api.Person, error) {
	p, err := rx.Person(id)
	if err != nil {
		return api.Person{}, err
	}
	out := api.Person{Person: reachable(p), Totals: []api.Total{}, Donations: []ngo.Donation{}}
	totals, first, last, err := rx.PersonTotals(id)
	if err != nil {
		return out, err
	}
	out.First, out.Last = first, last
	for _, t := range totals {
		out.Totals = append(out.Totals, api.Total(t))
	}
	gifts, next, err := rx.DonationsBy(id, q)
	out.Donations, out.Next = append(out.Donations, maskAll(gifts)...), next
	return out, err
}
