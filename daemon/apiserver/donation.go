package apiserver

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// DayQuery restricts a list to days, both included.
type DayQuery struct {
	From string `query:"from" format:"date" doc:"First day, such as 2026-04-01, in the organisation's zone."`
	To   string `query:"to" format:"date" doc:"Last day."`
}

// GatewayQuery restricts a list to what came through one gateway.
type GatewayQuery struct {
	Gateway string `query:"gateway" maxLength:"100" doc:"Name of a gateway, or the id of one, also of one that was removed."`
}

// account finds the gateway that is meant.
func (q GatewayQuery) account(rx *store.Rx) (ngo.AccountID, error) {
	if q.Gateway == "" {
		return "", nil
	}
	if id, err := ngo.ParseID[ngo.AccountID](q.Gateway); err == nil {
		return id, nil
	}
	a, err := rx.Account(ngo.Gateway, q.Gateway)
	return a.ID, err
}

type donationsIn struct {
	OrgPath
	PageQuery
	DayQuery
	GatewayQuery
	State   string `query:"state" enum:"waiting,held,received,reversed"`
	Least   int64  `query:"least" minimum:"0" doc:"Least amount in minor units."`
	Most    int64  `query:"most" minimum:"0" doc:"Largest amount in minor units; 0 is any."`
	Donor   string `query:"donor" maxLength:"254" doc:"E-mail address, phone number, or a part of the name."`
	Purpose string `query:"purpose" maxLength:"200" doc:"Name or id of a purpose, or a part of what the donor wrote."`
	Pot     string `query:"pot" enum:"domestic,foreign"`
	Mark    string `query:"mark" enum:"slip,recovered,any" doc:"What somebody should look at: likely slips, and what was found by asking."`
}

func (q PageQuery) list() store.ListQuery { return store.ListQuery{Limit: q.Limit, After: q.After} }

func (s *Server) donations(ctx context.Context, in *donationsIn) (*page[ngo.Donation], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Donation, string, error) {
		account, err := in.account(rx)
		if err != nil {
			return nil, "", err
		}
		items, next, err := rx.Donations(store.DonationQuery{
			ListQuery: in.list(), State: ngo.DonationState(in.State), From: ngo.Date(in.From), To: ngo.Date(in.To), Account: account,
			Least: in.Least, Most: in.Most, Donor: in.Donor, Purpose: in.Purpose, Pot: ngo.Pot(in.Pot), Mark: in.Mark,
		})
		return maskAll(items), next, err
	})
}

func (s *Server) donation(ctx context.Context, in *IDPath) (*answer[api.Donation], error) {
	return one(ctx, s, in.OrgPath, func(rx *store.Rx) (api.Donation, error) { return readDonation(rx, ngo.DonationID(in.ID)) })
}

// readDonation gathers a gift with all that became of it, from one snapshot.
func readDonation(rx *store.Rx, id ngo.DonationID) (api.Donation, error) {
	d, err := rx.Donation(id)
	if err != nil {
		return api.Donation{}, err
	}
	d.Donor = masked(d.Donor)
	out := api.Donation{Donation: d, Timeline: []api.Moment{}}
	moments, err := rx.Timeline(id)
	if err != nil {
		return out, err
	}
	for _, m := range moments {
		out.Timeline = append(out.Timeline, api.Moment{At: m.At, Text: m.Text})
	}
	if err := addMoney(rx, &out); err != nil {
		return out, err
	}
	return out, addPapers(rx, &out)
}

// addMoney adds the payment of a gift and what went back of it.
func addMoney(rx *store.Rx, d *api.Donation) error {
	p, err := rx.Payment(d.Donation.Payment)
	if err != nil {
		return err
	}
	d.Payment = &p
	d.Refunds, d.Disputes, err = returns(rx, p.ID)
	return err
}

// returns lists the refunds and disputes of a payment; each list is one, also when it is empty.
func returns(rx *store.Rx, id ngo.PaymentID) ([]ngo.Refund, []ngo.Dispute, error) {
	refunds, err := rx.RefundsOf(id)
	if err != nil {
		return nil, nil, err
	}
	disputes, err := rx.DisputesOf(id)
	return append([]ngo.Refund{}, refunds...), append([]ngo.Dispute{}, disputes...), err
}

// addPapers adds the receipts of a gift and the mails about it.
func addPapers(rx *store.Rx, d *api.Donation) error {
	receipts, err := rx.ReceiptsOf(d.ID)
	if err != nil {
		return err
	}
	d.Receipts = append([]ngo.Receipt{}, receipts...)
	for i := range d.Receipts {
		if d.Receipts[i].ID == d.Donation.Receipt {
			d.Receipt = &d.Receipts[i]
		}
	}
	messages, err := rx.MessagesFor(d.ID)
	d.Messages = append([]ngo.Message{}, messages...)
	return err
}
