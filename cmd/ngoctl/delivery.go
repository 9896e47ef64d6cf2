package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func deliveryCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "delivery", Aliases: []string{"deliveries"}, Category: categoryWatch, Usage: "what providers sent, as it came",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "deliveries, newest first", Action: inOrg(t, deliveryList),
				UsageText: "ngoctl delivery list\nngoctl delivery list --state quarantined\nngoctl delivery list --gateway payu --source poll",
				Flags: listFlags(
					choiceFlag("state", "only those in", ngo.DeliveryAccepted, ngo.DeliveryProcessed, ngo.DeliveryQuarantined), gatewayFlag(),
					choiceFlag("source", "only those that came by", ngo.SourceWebhook, ngo.SourcePoll),
				),
			},
			{
				Name: "show", Usage: "one delivery, without its body", ArgsUsage: "ID", Action: inOrg(t, deliveryShow),
				UsageText: "ngoctl delivery show dlv_01k9v3m5w8x2y4z6a7b9c1d3e5",
			},
			{
				Name: "replay", Usage: "work on it once more", ArgsUsage: "ID", Action: inOrg(t, deliveryReplay),
				UsageText:   "ngoctl delivery replay dlv_01k9v3m5w8x2y4z6a7b9c1d3e5",
				Description: "For deliveries that were not understood, after an upgrade that does. What was done already is not done again.",
			},
		},
	})
}

func deliveryList(ctx context.Context, c *call, s session) error {
	ask := api.DeliveryQuery{
		State: ngo.DeliveryState(c.flags.String("state")), Gateway: c.flags.String("gateway"), Source: ngo.DeliverySource(c.flags.String("source")),
	}
	return printPages(ctx, c, deliveryColumns(), func(ctx context.Context, q api.ListQuery) (api.Page[ngo.Delivery], error) {
		ask.ListQuery = q
		return s.Deliveries(ctx, s.org, ask)
	})
}

func deliveryColumns() []column[ngo.Delivery] {
	return []column[ngo.Delivery]{
		{name: "id", value: func(d ngo.Delivery) any { return d.ID }},
		{name: "received_at", spare: 3, value: func(d ngo.Delivery) any { return d.Received }},
		{name: "state", value: func(d ngo.Delivery) any { return d.State }},
		{name: "source", spare: 2, value: func(d ngo.Delivery) any { return d.Source }},
		{name: "summary", wide: true, value: func(d ngo.Delivery) any { return d.Summary }},
		{name: "size", spare: 1, value: func(d ngo.Delivery) any { return size(d.Size) }},
		{name: "reason", wide: true, value: func(d ngo.Delivery) any { return d.Reason }},
	}
}

func deliveryShow(ctx context.Context, c *call, s session) error {
	d, err := s.Delivery(ctx, s.org, ngo.DeliveryID(c.arg(0)))
	if err != nil {
		return err
	}
	return c.record(d, record{title: "Delivery " + string(d.ID), fields: []field{
		{"id", d.ID}, {"state", d.State}, {"reason", d.Reason}, {"summary", d.Summary}, {"source", d.Source}, {"account_id", d.Account},
		{"hint", d.Hint}, {"size", size(d.Size)}, {"received_at", d.Received}, {"processed_at", d.Processed},
	}})
}

func deliveryReplay(ctx context.Context, c *call, s session) error {
	id := ngo.DeliveryID(c.arg(0))
	if err := s.ReplayDelivery(ctx, s.org, id); err != nil {
		return err
	}
	if err := c.record(done{ID: string(id), Done: "queued"}, record{fields: []field{{"id", id}, {"done", "queued"}}}); err != nil {
		return err
	}
	c.next("ngoctl delivery show " + string(id))
	return nil
}
