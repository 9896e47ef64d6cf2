package daemon

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/pull"
)

// catchUp has a gateway asked for what was missed, in the words of the interface. It needs no daemon: what is found waits for one.
func (b *base) catchUp(ctx context.Context, o *org.Org, gateway string, since time.Time) (api.CatchUpReport, error) {
	r, err := b.pull.CatchUp(ctx, o, gateway, since)
	return api.CatchUpReport{From: r.From, To: r.To, Seen: r.Seen, Found: r.Found, Problem: r.Problem}, err
}

// try tries a gateway, in the words of the interface.
func (b *base) try(ctx context.Context, o *org.Org, gateway string) ([]api.TestStep, error) {
	steps, err := b.pull.Try(ctx, o, gateway)
	return testSteps(steps), err
}

// tryChannel tries the way in of a channel, in the words of the interface.
func (b *base) tryChannel(ctx context.Context, o *org.Org, channel string) ([]api.TestStep, error) {
	steps, err := b.pull.TryChannel(ctx, o, channel)
	return testSteps(steps), err
}

func testSteps(steps []pull.Step) []api.TestStep {
	out := make([]api.TestStep, len(steps))
	for i, s := range steps {
		out[i] = api.TestStep(s)
	}
	return out
}
