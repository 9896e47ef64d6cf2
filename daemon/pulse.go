package daemon

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ngoctl/ngoctl/store"
)

const (
	pulseEvery = 5 * time.Second
	pulseLimit = 4 * time.Second
)

// pulse proves that writes become durable: it commits a row every few seconds, in one organisation after the other. All
// of them lie on the same disk, so that one tells of all, and a hundred organisations cost no more than one.
type pulse struct {
	base   *base
	beat   atomic.Pointer[time.Time]
	turn   int
	failed bool
}

// last tells when a row was last committed; the zero time before the first.
func (p *pulse) last() time.Time {
	if t := p.beat.Load(); t != nil {
		return *t
	}
	return time.Time{}
}

func (p *pulse) run(ctx context.Context) error {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		p.once(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (p *pulse) once(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, pulseLimit)
	defer cancel()
	err := p.probe(within)
	log := p.base.o.Log
	switch {
	case err == nil:
		now := p.base.o.Now()
		p.beat.Store(&now)
		if p.failed {
			log.Info("writing works again")
		}
	case ctx.Err() != nil:
		return
	case !p.failed:
		log.Error("nothing can be written", "err", err)
	}
	p.failed = err != nil
}

// probe writes to the organisation whose turn it is. Where there is none, there is nothing that could be lost.
func (p *pulse) probe(ctx context.Context) error {
	orgs, err := p.base.store.Orgs(ctx)
	if err != nil || len(orgs) == 0 {
		return err
	}
	p.turn = (p.turn + 1) % len(orgs)
	o, err := p.base.store.Org(ctx, orgs[p.turn].Slug)
	if err != nil {
		return err
	}
	return o.Write(ctx, store.Ack, "daemon", func(tx *store.Tx) error { return tx.Probe() })
}
