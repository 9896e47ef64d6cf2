package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
)

func gatewayCommand(t terminal) *cli.Command {
	var drivers []driver
	for _, d := range daemon.Gateways() {
		drivers = append(drivers, driver{name: d.Name(), form: d.Settings()})
	}
	example := "ngoctl gateway add razorpay --webhook-secret-file secret.txt\nngoctl gateway add razorpay --webhook-secret-file - < secret.txt"
	return group(&cli.Command{
		Name: "gateway", Aliases: []string{"gateways"}, Category: categorySetup, Usage: "connections to payment gateways",
		Subcommands: []*cli.Command{
			addCommand(t, "gateway", example, drivers, gatewayAdd),
			{Name: "list", Usage: "the gateways of the organisation", Action: inOrg(t, gatewayList), UsageText: "ngoctl gateway list"},
			{Name: "show", Usage: "one gateway, with the URL to enter there", ArgsUsage: "NAME", Action: inOrg(t, gatewayShow), UsageText: "ngoctl gateway show razorpay"},
			{
				Name: "remove", Usage: "end a connection; what came through it stays", ArgsUsage: "NAME", Action: inOrg(t, gatewayRemove),
				UsageText: "ngoctl gateway remove razorpay",
			},
		},
	})
}

func gatewayAdd(ctx context.Context, c *call, s session, a api.AddAccount) error {
	account, err := s.AddGateway(ctx, s.org, a)
	if err != nil {
		return err
	}
	if err := c.record(account, accountRecord(account)); err != nil {
		return err
	}
	c.note("\nNow enter this address as the webhook at %s, with the same secret:\n  %s", account.Driver, account.URL)
	return nil
}

func gatewayList(ctx context.Context, c *call, s session) error {
	accounts, err := s.Gateways(ctx, s.org)
	if err != nil {
		return err
	}
	return printItems(c, accountColumns(), accounts)
}

func gatewayShow(ctx context.Context, c *call, s session) error {
	account, err := s.Gateway(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	return c.record(account, accountRecord(account))
}

func gatewayRemove(ctx context.Context, c *call, s session) error {
	if err := s.RemoveGateway(ctx, s.org, c.arg(0)); err != nil {
		return err
	}
	return c.accountRemoved(s.org)
}
