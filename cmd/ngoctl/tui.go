package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui"
)

func tuiCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "tui", Aliases: []string{"desk"}, Category: categoryWork, Usage: "the desk: gifts, threads and people, live; also opened by ngoctl alone",
		UsageText: "ngoctl tui\nngoctl tui --org sevai", Action: invoke(t, func(ctx context.Context, c *call) error {
			if !t.inTTY || !t.outTTY || c.format != forPeople {
				return usage("the desk needs a terminal", "for figures alone: ngoctl org summary")
			}
			return inOrg(t, desk)(c.flags)
		}),
	}
}

// desk needs a daemon: without one nothing would happen in it, and its own hold on the folder would keep one from starting.
func desk(ctx context.Context, c *call, s session) error {
	if s.local {
		return &ngo.Error{Code: ngo.Unavailable, Message: "no daemon runs on this folder, so nothing would happen in the desk",
			Hint: "start it with: ngoctl daemon", Err: api.ErrUnreachable}
	}
	return tui.Run(ctx, tui.Options{Client: s.Client, Org: s.org, In: c.term.in, Out: c.term.out, NoColor: !c.color, Open: openInViewer(), Browse: openInBrowser()})
}
