package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
)

// previewCommand shows a made-up receipt. It needs no data folder and no daemon: a newcomer can look at one first.
func previewCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "preview", Usage: "write a made-up receipt, to look at", Action: func(cc *cli.Context) error {
			if cc.IsSet("mail") {
				return inOrg(t, receiptMailSample)(cc)
			}
			return invoke(t, receiptPreview)(cc)
		},
		UsageText: "ngoctl receipt preview --sample --language ta --output sample.pdf\nngoctl receipt preview --sample --language hi --year 2025-26\n" +
			"ngoctl receipt preview --mail you@example.org",
		Description: "Nobody in it exists, and it says SAMPLE. With a data folder, its law files count; without one, those built in.\n" +
			"With --mail it is one of your own organisation, as your donors will get it, sent by your own mail account.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "sample", Usage: "a made-up donor and organisation", Value: true},
			choiceFlag("language", "of the receipt,", "en", "ta", "hi"),
			&cli.StringFlag{Name: "year", Usage: "the `YEAR` of the gift, such as 2025-26, which decides the law (default: the present one)"},
			&cli.StringFlag{Name: "mail", Usage: "mail one of your own organisation to this `ADDRESS`, instead of writing a file"},
			&cli.StringFlag{Name: "output", Usage: "write it to this `FILE`; - is standard output (default: receipt-sample.pdf)"},
		},
	}
}

func receiptPreview(_ context.Context, c *call) error {
	path := c.flags.String("output")
	if path == "" {
		path = "receipt-sample.pdf"
	}
	if path == "-" {
		if err := c.mayPour(); err != nil {
			return err
		}
	} else if err := c.mayReplace(path); err != nil {
		return err
	}
	pdf, err := daemon.SampleReceipt(daemon.SampleOptions{Dir: c.dataDir(), Language: c.flags.String("language"), Year: c.flags.String("year"), Now: time.Now().In(india())})
	if err != nil {
		return err
	}
	return c.keep(path, pdf)
}

// india is the zone by whose days the law counts, also on a server that runs on another clock.
func india() *time.Location {
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		return time.FixedZone("IST", 5*60*60+30*60)
	}
	return zone
}

func receiptMailSample(ctx context.Context, c *call, s session) error {
	to := c.flags.String("mail")
	check, err := patiently(c, "sending", func() (api.Check, error) { return s.SendSample(ctx, s.org, api.SampleRequest{To: to}) })
	if err != nil {
		return err
	}
	err = c.record(check, record{title: "A made-up receipt for " + to, fields: []field{{"ok", check.OK}, {"problem", check.Problem}, {"hint", check.Hint}}})
	if err == nil && !check.OK {
		return outcome(exitFindings)
	}
	return err
}
