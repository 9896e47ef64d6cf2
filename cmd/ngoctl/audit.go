package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func auditCommand(t terminal) *cli.Command {
	appliance := func() cli.Flag {
		return &cli.BoolFlag{Name: "appliance", Usage: "the trail of this machine (organisations, users, tokens) instead of an organisation's"}
	}
	return group(&cli.Command{
		Name: "audit", Category: categoryWatch, Usage: "the trail of every change, and the proof that it is whole",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "the trail, newest first", Action: onAppliance(t, auditList),
				UsageText: "ngoctl audit list\nngoctl audit list --appliance\nngoctl audit list --all --json",
				Flags:     listFlags(appliance()),
			},
			{
				Name: "verify", Usage: "check that no line was changed, cut out or added", Action: onAppliance(t, auditVerify),
				UsageText:   "ngoctl audit verify\nngoctl audit verify --appliance",
				Description: "Ends with code 8 when the trail was touched, and names the first line that was. The head it prints, written down elsewhere, proves later that nothing was cut off at the end.",
				Flags:       []cli.Flag{appliance()},
			},
		},
	})
}

// trail tells whose trail is meant; empty is the appliance's.
func (c *call) trail(ctx context.Context, s session) (string, error) {
	if c.flags.Bool("appliance") {
		return "", nil
	}
	return c.pickOrg(ctx, s.Client)
}

func auditList(ctx context.Context, c *call, s session) error {
	org, err := c.trail(ctx, s)
	if err != nil {
		return err
	}
	return printPages(ctx, c, auditColumns(), func(ctx context.Context, q api.ListQuery) (api.Page[ngo.AuditEntry], error) {
		return s.Audit(ctx, org, q)
	})
}

func auditColumns() []column[ngo.AuditEntry] {
	return []column[ngo.AuditEntry]{
		{name: "seq", value: func(e ngo.AuditEntry) any { return e.Seq }},
		{name: "at", value: func(e ngo.AuditEntry) any { return e.At }},
		{name: "actor", wide: true, value: func(e ngo.AuditEntry) any { return e.Actor }},
		{name: "action", value: func(e ngo.AuditEntry) any { return e.Action }},
		{name: "subject", wide: true, value: func(e ngo.AuditEntry) any { return e.Subject }},
	}
}

func auditVerify(ctx context.Context, c *call, s session) error {
	org, err := c.trail(ctx, s)
	if err != nil {
		return err
	}
	report, err := patiently(c, "checking the trail", func() (api.AuditReport, error) { return s.VerifyAudit(ctx, org) })
	if err != nil {
		return err
	}
	title := "The trail is whole"
	if !report.OK {
		title = "The trail was touched"
	}
	fields := []field{{"ok", report.OK}, {"entries", report.Entries}, {"head", report.Head}}
	if !report.OK {
		fields = append(fields, field{"broken", report.Broken}, field{"reason", report.Reason})
	}
	if err := c.record(report, record{title: title, fields: fields}); err != nil {
		return err
	}
	if !report.OK {
		return outcome(exitFindings)
	}
	return nil
}
