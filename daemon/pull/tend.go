package pull

import (
	"context"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// tend does what is timed for channels, until ctx ends: their templates are asked for once a night, and soon after the start or after
// a channel was added, since providers tell of most changes, and not of all; and their silence is noticed.
func (p *Puller) tend(ctx context.Context) {
	next, heard := map[ngo.AccountID]time.Time{}, map[ngo.AccountID]time.Time{}
	timer := time.NewTimer(firstAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		p.order(ctx, next)
		p.overhearAll(ctx, heard)
		timer.Reset(look)
	}
}

// overhearAll looks at each channel whose time has come.
func (p *Puller) overhearAll(ctx context.Context, next map[ngo.AccountID]time.Time) {
	p.eachChannel(ctx, "listening for webhooks put off", func(o *org.Org, c org.Channel) error {
		if p.o.Now().Before(next[c.Info.ID]) {
			return nil
		}
		next[c.Info.ID] = p.o.Now().Add(quietLook)
		return p.overhear(ctx, o, c)
	})
}

// order leaves the errand to ask for templates with each channel whose time has come.
func (p *Puller) order(ctx context.Context, next map[ngo.AccountID]time.Time) {
	p.eachChannel(ctx, "asking for templates put off", func(o *org.Org, c org.Channel) error {
		if _, has := c.Account.(channel.Templater); !has || p.o.Now().Before(next[c.Info.ID]) {
			return nil
		}
		if err := orderOf(ctx, o, c.Info.ID); err != nil {
			return err
		}
		next[c.Info.ID] = nextNight(p.o.Now(), o.Zone()).Add(upTo(nightSpread))
		return nil
	})
}

// eachChannel does something for the channels of all organisations. What fails for one is no other's trouble.
func (p *Puller) eachChannel(ctx context.Context, putOff string, do func(*org.Org, org.Channel) error) {
	infos, err := p.o.Book.Orgs(ctx)
	for _, info := range infos {
		o, missing := p.o.Book.Org(ctx, info.Slug)
		if missing != nil {
			err = errors.Join(err, missing)
			continue
		}
		channels, missing := o.Channels(ctx)
		err = errors.Join(err, missing)
		for _, c := range channels {
			err = errors.Join(err, do(o, c))
		}
	}
	if err != nil && ctx.Err() == nil {
		p.o.Log.Warn(putOff, "err", err)
	}
}

func orderOf(ctx context.Context, o *org.Org, id ngo.AccountID) error {
	return o.Store.Write(ctx, store.Work, "clock", func(tx *store.Tx) error {
		return tx.Enqueue(ngo.LaneDocument, ngo.JobErrand, ngo.TemplatesErrand(id), 0)
	})
}
