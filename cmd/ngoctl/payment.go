package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func paymentCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "payment", Aliases: []string{"payments"}, Category: categoryWork, Usage: "money moving at the gateways, whether it became a gift or not",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "payments, those seen last first", Action: inOrg(t, paymentList),
				UsageText: "ngoctl payment list\nngoctl payment list --state failed --from 2026-11-01\nngoctl payment list --gateway payu --recovered",
				Flags: listFlags(append(dayFlags(),
					choiceFlag("state", "only those in", ngo.PaymentCreated, ngo.PaymentFailed, ngo.PaymentAuthorized, ngo.PaymentCaptured, ngo.PaymentChargedBack),
					gatewayFlag(),
					&cli.StringFlag{Name: "method", Usage: "only those paid by `METHOD`: upi, card, netbanking, …"},
					&cli.BoolFlag{Name: "recovered", Usage: "only those that were missed and found by asking"},
				)...),
			},
			{
				Name: "show", Usage: "one payment: what the gateway said of it, its refunds and disputes", ArgsUsage: "ID", Action: inOrg(t, paymentShow),
				UsageText: "ngoctl payment show pmt_01k9v3m5w8x2y4z6a7b9c1d3e5",
			},
		},
	})
}

// gatewayFlag restricts a list to one gateway.
func gatewayFlag() cli.Flag {
	return &cli.StringFlag{Name: "gateway", Usage: "only what came through the gateway called `NAME`"}
}

func paymentList(ctx context.Context, c *call, s session) error {
	from, to := c.days()
	q := api.PaymentQuery{
		State: ngo.PaymentState(c.flags.String("state")), From: from, To: to, Gateway: c.flags.String("gateway"),
		Method: c.flags.String("method"), Recovered: c.flags.Bool("recovered"),
	}
	return printPages(ctx, c, paymentColumns(), func(ctx context.Context, page api.ListQuery) (api.Page[ngo.Payment], error) {
		q.ListQuery = page
		return s.Payments(ctx, s.org, q)
	})
}

func paymentColumns() []column[ngo.Payment] {
	return []column[ngo.Payment]{
		{name: "id", value: func(p ngo.Payment) any { return p.ID }},
		{name: "created_at", spare: 3, value: func(p ngo.Payment) any { return p.Created }},
		{name: "state", value: func(p ngo.Payment) any { return p.State }},
		{name: "amount", value: func(p ngo.Payment) any { return p.Amount }},
		{name: "method", spare: 2, value: func(p ngo.Payment) any { return p.Method }},
		{name: "ref", wide: true, spare: 1, value: func(p ngo.Payment) any { return p.Ref }},
		{name: "problem", wide: true, value: func(p ngo.Payment) any { return p.Problem }},
		{name: "recovered", pipes: true, value: func(p ngo.Payment) any { return p.Recovered }},
		{name: "returned_minor", pipes: true, value: func(p ngo.Payment) any { return p.Returned }},
	}
}

func paymentShow(ctx context.Context, c *call, s session) error {
	p, err := s.Payment(ctx, s.org, ngo.PaymentID(c.arg(0)))
	if err != nil {
		return err
	}
	return c.record(p, record{
		title: "Payment " + string(p.Ref),
		fields: []field{
			{"id", p.ID}, {"state", p.State}, {"amount", p.Amount}, {"returned", returned(p.Returned, p.Amount.Currency)}, {"fee", ngo.Money{Minor: p.Fee, Currency: p.Amount.Currency}},
			{"method", p.Method}, {"reference", p.Reference}, {"ref", p.Ref}, {"alias", p.Alias}, {"order", p.Order},
			{"international", p.International}, {"recovered", p.Recovered}, {"problem", p.Problem},
			{"created_at", p.Created}, {"seen_at", p.Seen}, {"account_id", p.Account}, {"donation_id", p.Donation}, {"delivery_id", p.Delivery},
		},
		sections: []section{sightingSection(p.Sightings), refundSection(p.Refunds), disputeSection(p.Disputes)},
	})
}

// returned is money that went back; nothing is shown when none did.
func returned(minor int64, c ngo.Currency) any {
	if minor == 0 {
		return nil
	}
	return ngo.Money{Minor: minor, Currency: c}
}

func sightingSection(list []ngo.Sighting) section {
	s := section{title: "seen as"}
	for _, x := range list {
		s.rows = append(s.rows, []any{x.At, x.State, x.Text})
	}
	return s
}

func refundSection(list []ngo.Refund) section {
	s := section{title: "refunds"}
	for _, x := range list {
		s.rows = append(s.rows, []any{x.Created, x.State, x.Amount, x.Ref, x.Reason, x.Problem, x.ID})
	}
	return s
}

func disputeSection(list []ngo.Dispute) section {
	s := section{title: "disputes"}
	for _, x := range list {
		s.rows = append(s.rows, []any{x.Created, x.State, x.Amount, x.Phase, x.Reason, x.RespondBy, x.Ref})
	}
	return s
}
