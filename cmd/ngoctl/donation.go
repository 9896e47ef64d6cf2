package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func donationCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "donation", Aliases: []string{"donations"}, Category: categoryWork, Usage: "gifts and what became of them",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "gifts, newest first", Action: inOrg(t, donationList),
				UsageText: "ngoctl donation list\nngoctl donation list --state waiting\nngoctl donation list --from 2026-04-01 --all --json",
				Flags: listFlags(append(dayFlags(),
					choiceFlag("state", "only those in", ngo.DonationWaiting, ngo.DonationHeld, ngo.DonationReceived, ngo.DonationReversed))...),
			},
			{
				Name: "show", Usage: "one gift: its money, donor, receipt, mails and history", ArgsUsage: "ID", Action: inOrg(t, donationShow),
				UsageText: "ngoctl donation show don_01k9v3m5w8x2y4z6a7b9c1d3e5",
			},
		},
	})
}

func donationList(ctx context.Context, c *call, s session) error {
	state := ngo.DonationState(c.flags.String("state"))
	from, to := c.days()
	return printPages(ctx, c, donationColumns(), func(ctx context.Context, q api.ListQuery) (api.Page[ngo.Donation], error) {
		return s.Donations(ctx, s.org, api.DonationQuery{ListQuery: q, State: state, From: from, To: to})
	})
}

func donationColumns() []column[ngo.Donation] {
	return []column[ngo.Donation]{
		{name: "id", value: func(d ngo.Donation) any { return d.ID }},
		{name: "given", value: func(d ngo.Donation) any { return d.Given }},
		{name: "state", value: func(d ngo.Donation) any { return d.State }},
		{name: "amount", value: func(d ngo.Donation) any { return d.Amount }},
		{name: "donor", wide: true, value: func(d ngo.Donation) any { return donorName(d.Donor) }},
		{name: "purpose", wide: true, value: func(d ngo.Donation) any { return d.Purpose }},
		{name: "reason", wide: true, value: func(d ngo.Donation) any { return d.Reason }},
	}
}

// donorName is what to call a donor whose name may be missing.
func donorName(d ngo.Donor) string {
	for _, name := range []string{d.Name, d.EMail, d.Phone} {
		if name != "" {
			return name
		}
	}
	return ""
}

func donationShow(ctx context.Context, c *call, s session) error {
	d, err := s.Donation(ctx, s.org, ngo.DonationID(c.arg(0)))
	if err != nil {
		return err
	}
	r := record{title: "Gift " + string(d.ID), fields: []field{
		{"id", d.ID}, {"state", d.State}, {"reason", d.Reason}, {"amount", d.Amount}, {"given", d.Given},
		{"method", d.Method}, {"purpose", d.Purpose}, {"recorded_at", d.Recorded},
		{"donor_name", d.Donor.Name}, {"donor_email", d.Donor.EMail}, {"donor_phone", d.Donor.Phone},
		{"donor_address", d.Donor.Address}, {"donor_pan", d.Donor.PAN}, {"person_id", d.Person},
	}}
	r.fields = append(r.fields, paymentFields(d.Payment)...)
	if d.Receipt != nil {
		r.fields = append(r.fields, field{"receipt_number", d.Receipt.Number}, field{"receipt_state", d.Receipt.State}, field{"receipt_id", d.Receipt.ID})
	}
	r.sections = []section{messageSection(d.Messages), timelineSection(d.Timeline)}
	return c.record(d, r)
}

func paymentFields(p *ngo.Payment) []field {
	if p == nil {
		return nil
	}
	return []field{
		{"payment_id", p.ID}, {"payment_state", p.State}, {"payment_ref", p.Ref}, {"payment_reference", p.Reference},
		{"paid_at", p.Created}, {"fee", ngo.Money{Minor: p.Fee, Currency: p.Amount.Currency}},
	}
}

func messageSection(messages []ngo.Message) section {
	s := section{title: "mail"}
	for _, m := range messages {
		s.rows = append(s.rows, []any{m.Created, m.State, m.Recipient, m.Reason, m.ID})
	}
	return s
}

func timelineSection(moments []api.Moment) section {
	s := section{title: "history"}
	for _, m := range moments {
		s.rows = append(s.rows, []any{m.At, m.Text})
	}
	return s
}
