package main

import (
	"context"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/bench"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A measurement is one verb of bench.
type measurement struct {
	name, about string
	gifts       int // how many it works on unless told; 0 when it takes none
	run         func(context.Context, bench.Options) (bench.Report, error)
	flags       []cli.Flag // besides those of all
}

func measurements() []measurement {
	return []measurement{
		{"webhook", "durable acknowledgements of signed webhooks", 0, bench.Webhook, nil},
		{"ingest", "from the first webhook to the last receipt row", 2000, bench.Ingest, nil},
		{"start", "from process start to the first answer, and rest", 200_000, bench.Start, []cli.Flag{&cli.IntFlag{Name: "jobs", Usage: "`N` parked jobs, and as many that are due in a month"}}},
		{"inbox", "from the first delivery of WhatsApp to the last message in its conversation", 0, bench.Inbox, []cli.Flag{
			&cli.IntFlag{Name: "messages", Usage: "`N` messages", Value: 10_000}, &cli.IntFlag{Name: "batch", Usage: "`N` messages in a delivery", Value: 1},
		}},
		{"summary", "cached reads of an organisation's figures", 200_000, bench.Summary, nil},
	}
}

func benchCommand(t terminal) *cli.Command {
	c := group(&cli.Command{Name: "bench", Category: categorySystem, Usage: "measure this program on this machine, on throw-away data"})
	for _, m := range measurements() {
		c.Subcommands = append(c.Subcommands, &cli.Command{
			Name: m.name, Usage: m.about, UsageText: "ngoctl bench " + m.name + " --json", Flags: append(benchFlags(m.gifts), m.flags...),
			Action: invoke(t, func(ctx context.Context, c *call) error { return measure(ctx, c, m) }),
		})
	}
	c.Subcommands = append(c.Subcommands, &cli.Command{
		Name: "torture", Usage: "kill -9 under load, then look for everything acknowledged", Action: invoke(t, torture),
		UsageText: "ngoctl bench torture --kills 50", Description: "Ends with code 8 when something acknowledged is missing or happened twice.",
		Flags: append(benchFlags(0), &cli.IntFlag{Name: "kills", Usage: "`N` kills", Value: 50}),
	})
	c.Subcommands = append(c.Subcommands, &cli.Command{
		Name: "seed", Usage: "fill a data folder with people and messages, and keep it", UsageText: "ngoctl bench seed --data DIR --people 200000 --messages 2000000",
		Description: "A folder that was filled before is left as it is.", Action: invoke(t, seedFolder),
		Flags: []cli.Flag{&cli.IntFlag{Name: "people", Usage: "`N` people", Value: 200_000}, &cli.IntFlag{Name: "messages", Usage: "`N` messages", Value: 2_000_000}, giftsFlag(20_000)},
	}, &cli.Command{
		Name: "read", Usage: "lists, threads and searches in a folder that bench seed filled", UsageText: "ngoctl bench read --data DIR", Action: invoke(t, readFolder),
	})
	return c
}

func readFolder(ctx context.Context, c *call) error {
	return measure(ctx, c, measurement{run: func(ctx context.Context, o bench.Options) (bench.Report, error) {
		return bench.Read(ctx, c.dataDir(), o)
	}})
}

func seedFolder(ctx context.Context, c *call) error {
	return measure(ctx, c, measurement{run: func(ctx context.Context, o bench.Options) (bench.Report, error) {
		return bench.Seed(ctx, c.flags.String("data"), o)
	}})
}

func benchFlags(gifts int) []cli.Flag {
	flags := []cli.Flag{
		&cli.IntFlag{Name: "orgs", Usage: "`N` organisations", Value: 1},
		&cli.IntFlag{Name: "clients", Usage: "`N` connections of the load generator; 64, or two per organisation"},
		&cli.DurationFlag{Name: "for", Usage: "length of the loaded part, as `10s`", Value: 10 * time.Second},
		&cli.StringFlag{Name: "dir", Usage: "make the throw-away folder in `DIR`, say on the disk to be measured"},
		&cli.BoolFlag{Name: "no-tls", Usage: "without TLS"},
	}
	if gifts > 0 {
		flags = append(flags, giftsFlag(gifts))
	}
	return flags
}

func giftsFlag(n int) cli.Flag { return &cli.IntFlag{Name: "gifts", Usage: "`N` gifts", Value: n} }

func (c *call) benchOptions() (bench.Options, error) {
	self, err := os.Executable()
	if err != nil {
		return bench.Options{}, &ngo.Error{Code: ngo.Internal, Message: "this program cannot find itself", Hint: "run it by its full path", Err: err}
	}
	return bench.Options{
		Self: []string{self}, Dir: c.flags.String("dir"), Orgs: c.flags.Int("orgs"), Clients: c.flags.Int("clients"), For: c.flags.Duration("for"),
		Gifts: c.flags.Int("gifts"), Jobs: c.flags.Int("jobs"), Kills: c.flags.Int("kills"),
		Messages: c.flags.Int("messages"), People: c.flags.Int("people"), Batch: c.flags.Int("batch"), Plain: c.flags.Bool("no-tls"),
	}, nil
}

func measure(ctx context.Context, c *call, m measurement) error {
	o, err := c.benchOptions()
	if err != nil {
		return err
	}
	told := c.progress()
	o.Progress = told.say
	report, err := m.run(ctx, o)
	told.end()
	if err != nil {
		return err
	}
	return c.record(report, benchRecord(report))
}

func benchRecord(r bench.Report) record {
	out := record{title: r.Name + ": " + r.What, fields: []field{
		{"cpu", r.On.CPU}, {"cores", r.On.Cores}, {"system", r.On.OS + "/" + r.On.Arch}, {"go", r.On.Go}, {"program", r.On.Program},
	}}
	for _, f := range append(append(bench.Figures{}, r.Given...), r.Measured...) {
		out.fields = append(out.fields, field{f.Name, f.Text()})
	}
	return out
}

// tortured is a report with what was found wrong.
type tortured struct {
	bench.Report
	Findings []string `json:"findings"`
}

func torture(ctx context.Context, c *call) error {
	o, err := c.benchOptions()
	if err != nil {
		return err
	}
	told := c.progress()
	o.Progress = told.say
	report, findings, err := bench.Torture(ctx, o)
	told.end()
	if err != nil {
		return err
	}
	r := benchRecord(report)
	list := section{title: "findings"}
	for _, f := range findings {
		list.rows = append(list.rows, []any{f})
	}
	r.sections = []section{list}
	if err := c.record(tortured{report, append([]string{}, findings...)}, r); err != nil {
		return err
	}
	if len(findings) > 0 {
		return outcome(exitFindings)
	}
	return nil
}
