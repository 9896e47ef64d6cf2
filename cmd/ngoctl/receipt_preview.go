package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
)

// previewCommand shows a made-up receipt. It needs no data folder and no daemon: a newcomer can look at one first.
func previewCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "preview", Usage: "write a made-up receipt, to look at", Action: invoke(t, receiptPreview),
		UsageText:   "ngoctl receipt preview --sample --language ta --output sample.pdf\nngoctl receipt preview --sample --language hi --year 2025-26",
		Description: "Nobody in it exists, and it says SAMPLE. With a data folder, its law files count; without one, those built in.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "sample", Usage: "a made-up donor and organisation", Value: true},
			choiceFlag("language", "of the receipt,", "en", "ta", "hi"),
			&cli.StringFlag{Name: "year", Usage: "the `YEAR` of the gift, such as 2025-26, which decides the law (default: the present one)"},
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
	pdf, err := daemon.SampleReceipt(daemon.SampleOptions{Dir: c.dataDir(), Language: c.flags.String("language"), Year: c.flags.String("year"), Now: time.Now()})
	if err != nil {
		return err
	}
	return c.keep(path, pdf)
}
