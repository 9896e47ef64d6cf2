package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
)

func statusCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "status", Category: categoryWatch, Usage: "how the daemon is and what waits", Action: onAppliance(t, status),
		UsageText: "ngoctl status\nngoctl status --json --jq .data.jobs_parked",
	}
}

func status(ctx context.Context, c *call, s session) error {
	st, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if s.local {
		st.Version = version() // of the only program there is
	}
	fields := []field{
		{"version", st.Version}, {"ready", st.Ready}, {"uptime", (time.Duration(st.UptimeSeconds) * time.Second).String()},
		{"started_at", st.Started}, {"memory", size(st.RSSBytes)},
		{"jobs_pending", st.JobsPending}, {"jobs_parked", st.JobsParked}, {"deliveries_quarantined", st.DeliveriesQuarantined}, {"you_are", st.Actor},
	}
	if st.Bucket != "" {
		fields = append(fields, field{"bucket", st.Bucket})
	}
	if s.local {
		fields = fields[5:] // the rest is about a process that ends with this answer
	}
	r := record{title: "ngoctl " + st.Version, fields: fields}
	orgs := section{title: "organisations"}
	for _, o := range st.Orgs {
		orgs.rows = append(orgs.rows, []any{o.Org, o.JobsPending, "pending", o.JobsParked, "parked", o.DeliveriesQuarantined, "quarantined"})
	}
	r.sections = []section{orgs, problems(st)}
	if err := c.record(st, r); err != nil {
		return err
	}
	if s.local {
		c.note("\nNo daemon runs on this data folder. Start one with: ngoctl daemon")
	}
	if st.JobsParked > 0 {
		c.next("ngoctl job list --state parked")
	}
	return nil
}

// problems lists what somebody should see to, with the organisation it is about.
func problems(st api.Status) section {
	out := section{title: "problems"}
	for _, p := range st.Problems {
		out.rows = append(out.rows, []any{"-", p})
	}
	for _, o := range st.Orgs {
		for _, p := range o.Problems {
			out.rows = append(out.rows, []any{o.Org, p})
		}
	}
	return out
}
