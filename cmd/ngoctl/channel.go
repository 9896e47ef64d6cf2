package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func channelCommand(t terminal) *cli.Command {
	var drivers []driver
	for _, d := range daemon.Channels() {
		drivers = append(drivers, driver{name: d.Name(), form: d.Settings()})
	}
	example := "ngoctl channel add email --smtp smtp.example.org:587 --from office@example.org --user office --password-file smtp.txt"
	return group(&cli.Command{
		Name: "channel", Aliases: []string{"channels"}, Category: categorySetup, Usage: "connections through which messages come and go",
		Subcommands: []*cli.Command{
			addCommand(t, "channel", example, drivers, channelAdd),
			{Name: "list", Usage: "the channels of the organisation", Action: inOrg(t, channelList), UsageText: "ngoctl channel list"},
			{Name: "show", Usage: "one channel", ArgsUsage: "NAME", Action: inOrg(t, channelShow), UsageText: "ngoctl channel show email"},
			{
				Name: "set", Usage: "change some of its settings", ArgsUsage: "NAME", Action: inOrg(t, channelSet), Flags: unionFlags(drivers, anyField),
				UsageText:   "ngoctl channel set email --from office@example.org\nngoctl channel set whatsapp --token-file token.txt",
				Description: "Only what is given changes; an empty value takes a setting back to its default. A change without a secret in it can be taken back.",
			},
			{
				Name: "test", Usage: "try everything a channel needs: credentials, the way in, templates", ArgsUsage: "[NAME]", Action: inOrg(t, channelTest),
				UsageText: "ngoctl channel test\nngoctl channel test whatsapp", Description: "It needs the daemon, and ends with code 8 when something does not work.",
			},
			{
				Name: "health", Usage: "how each channel is: last message in and out, what waits, what failed", Action: inOrg(t, channelHealth),
				UsageText: "ngoctl channel health", Description: "It ends with code 8 when a channel has a problem.",
			},
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
	if account.URL != "" {
		c.note("\nNow enter this address as the webhook at %s:\n  %s", account.Driver, account.URL)
	}
	c.next("ngoctl channel check " + account.Name)
	return nil
}

func channelSet(ctx context.Context, c *call, s session) error {
	account, err := s.Channel(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	values, err := c.settingsOf(account)
	if err != nil {
		return err
	}
	if account, err = s.SetChannel(ctx, s.org, account.Name, api.SetAccount{Values: values}); err != nil {
		return err
	}
	if err := c.record(account, accountRecord(account)); err != nil {
		return err
	}
	c.next("ngoctl channel test " + account.Name)
	return nil
}

// settingsOf reads the settings that were given for a channel. A flag that belongs to another driver is refused: it would be
// ignored without a word.
func (c *call) settingsOf(account api.Account) (setting.Values, error) {
	var own setting.Form
	for _, d := range daemon.Channels() {
		if d.Name() == account.Driver {
			own = d.Settings()
		}
	}
	for _, d := range daemon.Channels() {
		for _, f := range d.Settings() {
			if _, ours := own.Field(f.Name); !ours && c.flags.IsSet(flagOf(f)) {
				return nil, usage(fmt.Sprintf("--%s is not a setting of %s", flagOf(f), account.Driver), "see: ngoctl channel add "+account.Driver+" --help")
			}
		}
	}
	values, err := c.flagValues(own)
	if err == nil && len(values) == 0 {
		err = usage("nothing to change was given", "see: ngoctl channel set --help")
	}
	return values, err
}

func channelTest(ctx context.Context, c *call, s session) error {
	name, err := c.namedChannel(ctx, s)
	if err != nil {
		return err
	}
	report, err := patiently(c, "trying "+ngo.Printable(name), func() (api.GatewayTest, error) { return s.TestChannel(ctx, s.org, name) })
	if err != nil {
		return err
	}
	return c.tried("Channel "+name, report)
}

func channelHealth(ctx context.Context, c *call, s session) error {
	all, err := s.ChannelHealths(ctx, s.org)
	if err != nil {
		return err
	}
	err = printItems(c, healthColumns(), all)
	if err == nil && slices.ContainsFunc(all, func(h api.ChannelHealth) bool { return h.Problem != "" }) {
		return outcome(exitFindings)
	}
	return err
}

func healthColumns() []column[api.ChannelHealth] {
	return []column[api.ChannelHealth]{
		{name: "name", value: func(h api.ChannelHealth) any { return h.Name }},
		{name: "driver", spare: 1, value: func(h api.ChannelHealth) any { return h.Driver }},
		{name: "last_in_at", spare: 3, value: func(h api.ChannelHealth) any { return h.LastIn }},
		{name: "last_out_at", spare: 2, value: func(h api.ChannelHealth) any { return h.LastOut }},
		{name: "waiting", value: func(h api.ChannelHealth) any { return h.Waiting }},
		{name: "failed", value: func(h api.ChannelHealth) any { return h.Failed }},
		{name: "uncertain", value: func(h api.ChannelHealth) any { return h.Uncertain }},
		{name: "problem", wide: true, value: func(h api.ChannelHealth) any { return h.Problem }},
		{name: "hint", wide: true, value: func(h api.ChannelHealth) any { return h.Hint }},
	}
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
	refusal := usage("what waits to go by a channel does not go once it is removed", "add --yes to remove it without being asked")
	if err := c.confirm("Remove the channel "+ngo.Printable(c.arg(0))+"? What waits to go by it does not go then.", refusal); err != nil {
		return err
	}
	if err := s.RemoveChannel(ctx, s.org, c.arg(0)); err != nil {
		return err
	}
	return c.accountRemoved(s.org)
}
