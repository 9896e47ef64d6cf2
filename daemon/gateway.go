package daemon

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
)

// catchUp has a gateway asked for what was missed, in the words of the interface. It needs no daemon: what is found waits for one.
func (b *base) catchUp(ctx context.Context, o *org.Org, gateway string, since time.Time) (api.CatchUpReport, error) {
	r, err := b.pull.CatchUp(ctx, o, gateway, since)
	return api.CatchUpReport{From: r.From, To: r.To, Seen: r.Seen, Found: r.Found, Problem: r.Problem}, err
}

// try tries a gateway, in the words of the interface.
func (b *base) try(ctx context.Context, o *org.Org, gateway string) ([]api.TestStep, error) {
	steps, err := b.pull.Try(ctx, o, gateway)
	out := make([]api.TestStep, len(steps))
	for i, s := range steps {
		out[i] = api.TestStep(s)
	}
	return out, err
}
