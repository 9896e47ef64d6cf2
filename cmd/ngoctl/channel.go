package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
)

func channelCommand(t terminal) *cli.Command {
	var drivers []driver
	for _, d := range daemon.Channels() {
		drivers = append(drivers, driver{name: d.Name(), form: d.Settings()})
	}
	example := "ngoctl channel add email --smtp smtp.example.org:587 --from office@example.org --user office --password-file smtp.txt"
	return group(&cli.Command{
		Name: "channel", Aliases: []string{"channels"}, Category: categorySetup, Usage: "connections through which messages go out",
		Subcommands: []*cli.Command{
			addCommand(t, "channel", example, drivers, channelAdd),
			{Name: "list", Usage: "the channels of the organisation", Action: inOrg(t, channelList), UsageText: "ngoctl channel list"},
			{Name: "show", Usage: "one channel", ArgsUsage: "NAME", Action: inOrg(t, channelShow), UsageText: "ngoctl channel show email"},
			{
				Name: "check", Usage: "connect and log in, without sending anything", ArgsUsage: "[NAME]", Action: inOrg(t, channelCheck),
				UsageText: "ngoctl channel check\nngoctl channel check email", Description: "Ends with code 8 when the provider refuses.",
			},
			{
				Name: "remove", Usage: "end a connection; what went through it stays", ArgsUsage: "NAME", Action: inOrg(t, channelRemove),
				UsageText: "ngoctl channel remove email",
			},
		},
	})
}

func channelAdd(ctx context.Context, c *call, s session, a api.AddAccount) error {
	account, err := s.AddChannel(ctx, s.org, a)
	if err != nil {
		return err
	}
	if err := c.record(account, accountRecord(account)); err != nil {
		return err
	}
	c.next("ngoctl channel check " + account.Name)
	return nil
}

func channelList(ctx context.Context, c *call, s session) error {
	accounts, err := s.Channels(ctx, s.org)
	if err != nil {
		return err
	}
	return printItems(c, accountColumns(), accounts)
}

func channelShow(ctx context.Context, c *call, s session) error {
	account, err := s.Channel(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	return c.record(account, accountRecord(account))
}

func channelCheck(ctx context.Context, c *call, s session) error {
	name, err := c.namedChannel(ctx, s)
	if err != nil {
		return err
	}
	check, err := patiently(c, "connecting", func() (api.Check, error) { return s.CheckChannel(ctx, s.org, name) })
	if err != nil {
		return err
	}
	title := "The channel works"
	if !check.OK {
		title = "The channel does not work"
	}
	if err := c.record(check, record{title: title, fields: []field{{"ok", check.OK}, {"problem", check.Problem}, {"hint", check.Hint}}}); err != nil {
		return err
	}
	if !check.OK {
		return outcome(exitFindings)
	}
	return nil
}

// namedChannel is the channel of the argument, else the only one.
func (c *call) namedChannel(ctx context.Context, s session) (string, error) {
	if name := c.arg(0); name != "" {
		return name, nil
	}
	all, err := s.Channels(ctx, s.org)
	if err != nil {
		return "", err
	}
	if len(all) == 1 {
		return all[0].Name, nil
	}
	return "", usage("which channel is meant?", "see: ngoctl channel list")
}

func channelRemove(ctx context.Context, c *call, s session) error {
	if err := s.RemoveChannel(ctx, s.org, c.arg(0)); err != nil {
		return err
	}
	return c.accountRemoved(s.org)
}
