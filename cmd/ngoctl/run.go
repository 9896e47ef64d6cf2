package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// run does what the arguments ask and gives the exit code. It never ends the process itself, so that everything opened
// is closed.
func run(ctx context.Context, args []string, term terminal) int {
	term.args = args
	err := dispatch(ctx, args, term)
	if err == nil {
		return exitDone
	}
	if _, told := errors.AsType[outcome](err); !told {
		p := printer{term: term, format: formatAsked(args, term)}
		p.problem(err)
	}
	return exitCode(err)
}

func dispatch(ctx context.Context, args []string, term terminal) error {
	app := program(term)
	if len(args) > 0 && args[0] == completionVerb {
		return complete(ctx, app, args[1:], term)
	}
	req, err := arrange(app, args)
	if err != nil {
		return err
	}
	if req.help {
		return writeHelp(term.out, app, req.chain)
	}
	return app.RunContext(ctx, req.argv)
}

// program is the whole command line.
func program(term terminal) *cli.App {
	app := &cli.App{
		Name: programName, Usage: "the back office of a small organisation",
		Flags: globalFlags(), Commands: commands(term), Action: bare(term),
		HideHelp: true, HideVersion: true,
		Writer: io.Discard, ErrWriter: io.Discard, // we print; urfave/cli only parses
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   onUsageError,
	}
	prepare(app.Commands)
	return app
}

// prepare gives every command what urfave/cli wants repeated on each.
func prepare(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelp = true
		c.OnUsageError = onUsageError
		prepare(c.Subcommands)
	}
}

// onUsageError is left with flags whose value has the wrong form: arrange has refused everything else.
func onUsageError(_ *cli.Context, err error, _ bool) error {
	return usage(strings.ReplaceAll(strings.ReplaceAll(err.Error(), "flag -", "--"), ": parse error", ""), "see the flag's line in --help")
}

// commands lists every noun in the order of help.
func commands(t terminal) []*cli.Command {
	return []*cli.Command{
		tuiCommand(t), donationCommand(t), paymentCommand(t), receiptCommand(t),
		conversationCommand(t), personCommand(t), templateCommand(t), searchCommand(t),
		orgCommand(t), userCommand(t), gatewayCommand(t), channelCommand(t),
		statusCommand(t), deliveryCommand(t), jobCommand(t), auditCommand(t), backupCommand(t),
		initCommand(t), daemonCommand(t),
		loginCommand(t), logoutCommand(t),
		versionCommand(t), completionCommand(t), demoCommand(t), benchCommand(t), helpCommand(t),
	}
}

// bare is what "ngoctl" alone does.
func bare(t terminal) cli.ActionFunc {
	return func(c *cli.Context) error {
		if c.Bool("version") {
			return invoke(t, showVersion)(c)
		}
		if t.inTTY && t.outTTY {
			return inOrg(t, desk)(c)
		}
		return writeHelp(t.out, c.App, nil)
	}
}

// formatAsked tells how to report an error, also when the command line could not be understood.
func formatAsked(args []string, t terminal) format {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	for _, a := range args {
		if a == "--json" || a == "--json=true" || a == "--jq" || strings.HasPrefix(a, "--jq=") {
			return forMachines
		}
	}
	if !t.outTTY {
		return forPipes
	}
	return forPeople
}

// zoneOf is the zone in which people read times: that of their own clock.
func zoneOf(t terminal) *time.Location {
	if name := t.env("TZ"); name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.Local
}
