package pull

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// refresh has the templates of channels asked for once a night, and soon after the start or after a channel was added: providers
// tell of most changes, and not of all. It ends with ctx.
func (p *Puller) refresh(ctx context.Context) {
	next := map[ngo.AccountID]time.Time{}
	timer := time.NewTimer(firstAfter)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		p.order(ctx, next)
		timer.Reset(look)
	}
}

// order leaves the errand to ask for templates with each channel whose time has come.
func (p *Puller) order(ctx context.Context, next map[ngo.AccountID]time.Time) {
	infos, err := p.o.Book.Orgs(ctx)
	for _, info := range infos {
		var o *org.Org
		var channels []org.Channel
		if o, err = p.o.Book.Org(ctx, info.Slug); err == nil {
			channels, err = o.Channels(ctx)
		}
		for _, c := range channels {
			if _, has := c.Account.(channel.Templater); !has || p.o.Now().Before(next[c.Info.ID]) {
				continue
			}
			if err = orderOf(ctx, o, c.Info.ID); err == nil {
				next[c.Info.ID] = nextNight(p.o.Now(), o.Zone()).Add(upTo(nightSpread))
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		p.o.Log.Warn("asking for templates put off", "err", err)
	}
}

func orderOf(ctx context.Context, o *org.Org, id ngo.AccountID) error {
	return o.Store.Write(ctx, store.Work, "clock", func(tx *store.Tx) error {
		return tx.Enqueue(ngo.LaneDocument, ngo.JobErrand, ngo.TemplatesErrand(id), 0)
	})
}
