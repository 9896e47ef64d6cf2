package main

import (
	"bytes"
	"context"
	"flag"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
)

// Work on many that is interrupted tells people how far it came; programs get the one answer they read.
func TestInterruptedBulkAnswersOnce(t *testing.T) {
	t.Parallel()
	for form, want := range map[format]int{forMachines: 1, forPipes: 2} {
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.String("reason", "why", "")
		var out, errs bytes.Buffer
		term := terminal{out: &out, err: &errs}
		c := &call{printer: printer{term: term, format: form}, flags: cli.NewContext(cli.NewApp(), set, nil)}
		parts := 0
		err := c.bulk(t.Context(), session{}, "mailed", func(_ context.Context, _ string, q api.BulkReceipts) (api.BulkReport, error) {
			if parts++; parts == 2 {
				return api.BulkReport{}, context.Canceled
			}
			return api.BulkReport{Count: 1, Next: "x", Touched: []api.Touched{{Number: "SVT/2026-27/D/000001"}}}, nil
		})
		if code := exitCode(err); code != exitInterrupted {
			t.Errorf("%v: it ends with %d (%v); want %d", form, code, err, exitInterrupted)
		}
		c.problem(err)
		if got := strings.Count(out.String(), `"ok"`) + strings.Count(out.String(), "000001") + strings.Count(errs.String(), "interrupted"); got != want {
			t.Errorf("%v: it says %q and %q", form, out.String(), errs.String())
		}
	}
}
