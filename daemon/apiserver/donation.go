package apiserver

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// DayQuery restricts a list to days, both included.
type DayQuery struct {
	From string `query:"from" format:"date" doc:"First day of giving, such as 2026-04-01."`
	To   string `query:"to" format:"date" doc:"Last day of giving."`
}

type donationsIn struct {
	OrgPath
	PageQuery
	DayQuery
	State string `query:"state" enum:"waiting,held,received,reversed"`
}

func (q PageQuery) list() store.ListQuery { return store.ListQuery{Limit: q.Limit, After: q.After} }

func (s *Server) donations(ctx context.Context, in *donationsIn) (*page[ngo.Donation], error) {
	q := store.DonationQuery{ListQuery: in.list(), State: ngo.DonationState(in.State), From: ngo.Date(in.From), To: ngo.Date(in.To)}
	var items []ngo.Donation
	var next string
	err := s.read(ctx, in.OrgPath, func(rx *store.Rx) (err error) {
		items, next, err = rx.Donations(q)
		return err
	})
	for i := range items {
		items[i].Donor.PAN = ngo.MaskPAN(items[i].Donor.PAN)
	}
	return newPage(items, next), err
}

func (s *Server) donation(ctx context.Context, in *IDPath) (*answer[api.Donation], error) {
	var d api.Donation
	err := s.read(ctx, in.OrgPath, func(rx *store.Rx) (err error) {
		d, err = readDonation(rx, ngo.DonationID(in.ID))
		return err
	})
	d.Donor.PAN = ngo.MaskPAN(d.Donor.PAN)
	return &answer[api.Donation]{d}, err
}

// readDonation gathers a gift with all that became of it, from one snapshot.
func readDonation(rx *store.Rx, id ngo.DonationID) (api.Donation, error) {
	d, err := rx.Donation(id)
	if err != nil {
		return api.Donation{}, err
	}
	out := api.Donation{Donation: d, Messages: []ngo.Message{}, Timeline: []api.Moment{}}
	moments, err := rx.Timeline(id)
	if err != nil {
		return out, err
	}
	for _, m := range moments {
		out.Timeline = append(out.Timeline, api.Moment{At: m.At, Text: m.Text})
	}
	if d.Payment != "" {
		p, err := rx.Payment(d.Payment)
		if err != nil {
			return out, err
		}
		out.Payment = &p
	}
	if d.Receipt == "" {
		return out, nil
	}
	r, err := rx.Receipt(d.Receipt)
	if err != nil {
		return out, err
	}
	out.Receipt = &r
	messages, err := rx.MessagesOf(r.ID)
	out.Messages = append(out.Messages, messages...)
	return out, err
}
