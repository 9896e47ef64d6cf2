package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// done answers a command that changed something and has nothing to show but that.
type done struct {
	ID   string `json:"id"`
	Done string `json:"done"` // removed, queued, revoked, …
}

func jobCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "job", Aliases: []string{"jobs"}, Category: categoryWatch, Usage: "work that waits, and work that failed too often",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "jobs, those due first at the top", Action: inOrg(t, jobList),
				UsageText: "ngoctl job list\nngoctl job list --state parked",
				Flags: listFlags(
					choiceFlag("state", "only those in", ngo.JobReady, ngo.JobParked),
					choiceFlag("lane", "only those in", ngo.Lanes[:]...),
					choiceFlag("kind", "only those of", ngo.JobIngest, ngo.JobReact, ngo.JobRender, ngo.JobDeliver),
				),
			},
			{
				Name: "show", Usage: "one job, with its last error", ArgsUsage: "ID", Action: inOrg(t, jobShow),
				UsageText: "ngoctl job show m_8f0c2a5e7b9d1c3f",
			},
			{
				Name: "retry", Usage: "try a parked job again now", ArgsUsage: "ID", Action: inOrg(t, jobRetry),
				UsageText: "ngoctl job retry m_8f0c2a5e7b9d1c3f",
			},
		},
	})
}

func jobList(ctx context.Context, c *call, s session) error {
	q := api.JobQuery{
		State: ngo.JobState(c.flags.String("state")), Lane: ngo.Lane(c.flags.String("lane")), Kind: ngo.JobKind(c.flags.String("kind")),
	}
	return printPages(ctx, c, jobColumns(), func(ctx context.Context, page api.ListQuery) (api.Page[ngo.Job], error) {
		q.ListQuery = page
		return s.Jobs(ctx, s.org, q)
	})
}

func jobColumns() []column[ngo.Job] {
	return []column[ngo.Job]{
		{name: "id", value: func(j ngo.Job) any { return j.ID }},
		{name: "lane", spare: 1, value: func(j ngo.Job) any { return j.Lane }},
		{name: "kind", value: func(j ngo.Job) any { return j.Kind }},
		{name: "state", value: func(j ngo.Job) any { return j.State }},
		{name: "attempts", spare: 2, value: func(j ngo.Job) any { return j.Attempts }},
		{name: "due_at", spare: 3, value: func(j ngo.Job) any { return j.Due }},
		{name: "subject", wide: true, value: func(j ngo.Job) any { return j.Subject }},
		{name: "error", wide: true, value: func(j ngo.Job) any { return j.Error }},
	}
}

func jobShow(ctx context.Context, c *call, s session) error {
	j, err := s.Job(ctx, s.org, ngo.JobID(c.arg(0)))
	if err != nil {
		return err
	}
	return c.record(j, record{title: "Job " + string(j.ID), fields: []field{
		{"id", j.ID}, {"lane", j.Lane}, {"kind", j.Kind}, {"subject", j.Subject}, {"state", j.State},
		{"attempts", j.Attempts}, {"error", j.Error}, {"due_at", j.Due}, {"created_at", j.Created},
	}})
}

func jobRetry(ctx context.Context, c *call, s session) error {
	id := ngo.JobID(c.arg(0))
	if err := s.RetryJob(ctx, s.org, id); err != nil {
		return err
	}
	if err := c.record(done{ID: string(id), Done: "queued"}, record{fields: []field{{"id", id}, {"done", "queued"}}}); err != nil {
		return err
	}
	c.next("ngoctl job show " + string(id))
	return nil
}
