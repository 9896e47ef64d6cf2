package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
)

func daemonCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "daemon", Category: categorySetup, Usage: "run the daemon on the data folder", Action: invoke(t, runDaemon),
		UsageText:   "ngoctl daemon\nngoctl daemon --data /srv/ngo",
		Description: "Ends when it is interrupted: the first time within ten seconds and in good order, the second time at once. It logs to standard error.",
	}
}

func runDaemon(ctx context.Context, c *call) error {
	dir := c.dataDir()
	if err := checkFolder(dir); err != nil {
		return err
	}
	config, err := daemon.LoadConfig(dir)
	if err != nil {
		return err
	}
	d, err := daemon.New(daemon.Options{Dir: dir, Config: config, Log: config.Log.New(c.term.err), Version: version()})
	if err != nil {
		return err
	}
	return d.Run(ctx)
}
