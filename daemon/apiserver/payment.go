package apiserver

import (
	"context"
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

type paymentsIn struct {
	OrgPath
	PageQuery
	DayQuery
	GatewayQuery
	State     string `query:"state" enum:"created,failed,authorized,captured,charged_back"`
	Method    string `query:"method" maxLength:"40" doc:"Such as upi or card."`
	Recovered bool   `query:"recovered" doc:"Only those that were missed and found by asking."`
}

func (s *Server) payments(ctx context.Context, in *paymentsIn) (*page[ngo.Payment], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	from, to, err := in.between(o.Zone())
	if err != nil {
		return nil, err
	}
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Payment, string, error) {
		account, err := in.account(rx)
		if err != nil {
			return nil, "", err
		}
		return rx.Payments(store.PaymentQuery{
			ListQuery: in.list(), State: ngo.PaymentState(in.State), Account: account, From: from, To: to, Method: in.Method, Recovered: in.Recovered,
		})
	})
}

// between gives the instants in which the days begin and are over; zero where no day is given. A day begins when it does in
// the organisation's zone.
func (q DayQuery) between(zone *time.Location) (from, to time.Time, err error) {
	if q.From != "" {
		if from, err = begins(q.From, 0, zone); err != nil {
			return from, to, err
		}
	}
	if q.To != "" {
		to, err = begins(q.To, 1, zone)
	}
	return from, to, err
}

func begins(day string, later int, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return t, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q is not a day such as 2026-04-01", ngo.Printable(day)), Err: err}
	}
	return t.AddDate(0, 0, later), nil
}

func (s *Server) payment(ctx context.Context, in *IDPath) (*answer[api.Payment], error) {
	return one(ctx, s, in.OrgPath, func(rx *store.Rx) (api.Payment, error) { return readPayment(rx, ngo.PaymentID(in.ID)) })
}

func readPayment(rx *store.Rx, id ngo.PaymentID) (api.Payment, error) {
	p, err := rx.Payment(id)
	if err != nil {
		return api.Payment{}, err
	}
	out := api.Payment{Payment: p}
	if out.Refunds, out.Disputes, err = returns(rx, id); err != nil {
		return out, err
	}
	sightings, err := rx.Sightings(id)
	if err != nil {
		return out, err
	}
	out.Sightings = append([]ngo.Sighting{}, sightings...)
	d, err := rx.DonationOf(id)
	if ngo.CodeOf(err) == ngo.NotFound {
		return out, nil // it made none: it failed, or is not captured yet
	}
	out.Donation = d.ID
	return out, err
}
