package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// globalFlags work with every command and may stand anywhere.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "data", Usage: "the data `DIR`; also from NGOCTL_DATA"},
		&cli.StringFlag{Name: "server", Usage: "a daemon elsewhere, at this `URL`"},
		&cli.StringFlag{Name: "token" + fileSuffix, Usage: "log in with the token in this `FILE`; also from NGOCTL_TOKEN"},
		&cli.StringFlag{Name: "org", Usage: "the organisation with this `SLUG`; the only one needs no naming"},
		&cli.BoolFlag{Name: "json", Usage: "answer as JSON"},
		&cli.StringFlag{Name: "jq", Usage: "answer with what this jq `EXPR` makes of the JSON"},
		&cli.BoolFlag{Name: "plain", Usage: "tab-separated, as into a pipe"},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; also with NO_COLOR set"},
		&cli.BoolFlag{Name: "no-input", Usage: "ask nothing, fail instead"},
		&cli.BoolFlag{Name: "yes", Usage: "answer yes to every \"are you sure\""},
		&cli.BoolFlag{Name: "version", Usage: "print the version", Hidden: true},
	}
}

// A call is one run of one command: its flags and arguments, and where its answer goes.
type call struct {
	printer
	flags *cli.Context
	path  string // the command as a person types it
	piped bool   // its text came on standard input
}

// A session is an open way to a daemon.
type session struct {
	*api.Client
	org   string // the organisation meant; empty for commands about the appliance
	local bool   // there is no daemon: this process has the data folder for itself
}

// invoke makes an action of a function that needs no daemon.
func invoke(t terminal, fn func(context.Context, *call) error) cli.ActionFunc {
	return func(cc *cli.Context) error {
		c, err := newCall(t, cc)
		if err != nil {
			return err
		}
		return fn(cc.Context, c)
	}
}

// onAppliance makes an action of a function that asks the daemon.
func onAppliance(t terminal, fn func(context.Context, *call, session) error) cli.ActionFunc {
	return invoke(t, func(ctx context.Context, c *call) (err error) {
		s, done, err := c.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		return fn(ctx, c, s)
	})
}

// inOrg makes an action of a function that asks the daemon about one organisation.
func inOrg(t terminal, fn func(context.Context, *call, session) error) cli.ActionFunc {
	return onAppliance(t, func(ctx context.Context, c *call, s session) error {
		org, err := c.pickOrg(ctx, s.Client)
		if err != nil {
			return err
		}
		s.org = org
		c.useZone(ctx, s)
		return fn(ctx, c, s)
	})
}

// useZone shows people times by the organisation's clock, by which its gifts are dated, unless they named one.
func (c *call) useZone(ctx context.Context, s session) {
	if c.format != forPeople || c.term.env("TZ") != "" {
		return
	}
	o, err := s.Org(ctx, s.org)
	if err != nil {
		return // the command itself will meet the same
	}
	if zone, err := time.LoadLocation(o.Zone); err == nil {
		c.zone = zone
	}
}

func newCall(t terminal, cc *cli.Context) (*call, error) {
	c := &call{flags: cc, path: programName, printer: printer{
		term: t, zone: zoneOf(t),
		color: t.outTTY && !cc.Bool("no-color") && t.env("NO_COLOR") == "" && t.env("TERM") != "dumb",
	}}
	if cc.Command.HelpName != "" {
		c.path = cc.Command.HelpName
	}
	switch {
	case cc.Bool("json") || cc.IsSet("jq"):
		c.format = forMachines
	case cc.Bool("plain") || !t.outTTY:
		c.format = forPipes
	}
	if cc.IsSet("jq") {
		var err error
		if c.filter, err = compileFilter(cc.String("jq")); err != nil {
			return nil, err
		}
	}
	return c, c.checkArgs()
}

// checkArgs holds the arguments to the command's ArgsUsage: NAME must be there, [NAME] may.
func (c *call) checkArgs() error {
	want := strings.Fields(c.flags.Command.ArgsUsage)
	for i, name := range want {
		if i >= c.flags.NArg() && !strings.HasPrefix(name, "[") {
			return usage(fmt.Sprintf("%s needs %s", c.path, name), fmt.Sprintf("write: %s %s", c.path, c.flags.Command.ArgsUsage))
		}
	}
	if n := c.flags.NArg(); n > len(want) {
		if len(want) == 0 {
			return usage(c.path+" takes no arguments", "see: "+c.path+" --help")
		}
		return usage(fmt.Sprintf("%s takes %d argument(s), not %d", c.path, len(want), n), fmt.Sprintf("write: %s %s", c.path, c.flags.Command.ArgsUsage))
	}
	return nil
}

func (c *call) arg(i int) string { return c.flags.Args().Get(i) }

// given gives a flag's value when it stands on the command line, else nil.
func (c *call) given(name string) *string {
	if !c.flags.IsSet(name) {
		return nil
	}
	v := c.flags.String(name)
	return &v
}

// everywhere is the value of a flag that works with every command, and not of the command's own that is called the same: the
// token of a channel is not the one to log in with.
func (c *call) everywhere(name string) string {
	for _, cc := range slices.Backward(c.flags.Lineage()[1:]) {
		if v := cc.String(name); v != "" {
			return v
		}
	}
	return ""
}

// group makes the action of a noun without a verb.
func group(c *cli.Command) *cli.Command {
	c.Action = func(cc *cli.Context) error {
		var verbs []string
		for _, sub := range cc.Command.Subcommands {
			verbs = append(verbs, sub.Name)
		}
		path := cc.Command.HelpName
		return usage(path+" needs one of: "+strings.Join(verbs, ", "), "see: "+path+" --help")
	}
	return c
}

// pickOrg tells which organisation is meant: the one named, else the only one there is.
func (c *call) pickOrg(ctx context.Context, client *api.Client) (string, error) {
	if slug := c.flags.String("org"); slug != "" {
		return slug, nil
	}
	orgs, err := client.Orgs(ctx)
	if err != nil {
		return "", err
	}
	switch len(orgs) {
	case 1:
		return orgs[0].Slug, nil
	case 0:
		return "", &ngo.Error{Code: ngo.NotFound, Message: "there is no organisation yet, or none you have a role in",
			Hint: `make one: ngoctl org add SLUG --name "NAME"`}
	}
	var slugs []string
	for _, o := range orgs {
		slugs = append(slugs, o.Slug)
	}
	return "", usage("there are several organisations", "say which one: --org "+strings.Join(slugs, " or --org "))
}
