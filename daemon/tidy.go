package daemon

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	tidyFirst = 10 * time.Minute // after the start, which has enough to do
	tidyEvery = time.Hour
	sweepEach = 6                   // of those times also looks for old bodies and files
	bodiesFor = 90 * 24 * time.Hour // how long what a provider sent is kept after it was processed
	orphanAge = time.Hour           // a younger file may still get its row
)

// tidy now and then forgets secrets that were replaced long ago, erases old bodies and removes files that no row needs.
func (b *base) tidy(ctx context.Context) error {
	timer := time.NewTimer(tidyFirst)
	defer timer.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		b.tidyAll(ctx, n%sweepEach == 0)
		timer.Reset(tidyEvery)
	}
}

func (b *base) tidyAll(ctx context.Context, sweep bool) {
	orgs, err := b.store.Orgs(ctx)
	if err != nil {
		b.o.Log.Warn("tidying put off", "err", err)
		return
	}
	for _, o := range orgs {
		if ctx.Err() != nil {
			return
		}
		if err := b.forgetFormer(ctx, o); err != nil {
			b.o.Log.Warn("tidying put off", "org", o.Slug, "err", err)
		}
		if !sweep {
			continue
		}
		bodies, files, err := b.tidyOrg(ctx, o)
		if err != nil {
			b.o.Log.Warn("tidying put off", "org", o.Slug, "err", err)
		}
		if bodies+files > 0 {
			b.o.Log.Info("tidied", "org", o.Slug, "bodies", bodies, "files", files)
		}
	}
}

// tidyOrg tells how many bodies it erased and how many files it removed.
func (b *base) tidyOrg(ctx context.Context, info ngo.Org) (bodies, files int, err error) {
	o, err := b.store.Org(ctx, info.Slug)
	if err != nil {
		return 0, 0, err
	}
	if bodies, err = b.eraseBodies(ctx, o); err != nil {
		return bodies, 0, err
	}
	shelf, err := b.blobs.Of(info)
	if err != nil {
		return bodies, 0, err
	}
	files, err = shelf.Sweep(ctx, b.o.Now().Add(-orphanAge), func(ids []ngo.BlobID) (known map[ngo.BlobID]bool, err error) {
		err = o.Read(ctx, func(rx *store.Rx) error {
			known, err = rx.BlobsKnown(ids)
			return err
		})
		return known, err
	})
	return bodies, files, err
}

// eraseBodies works in small transactions until nothing old is left.
func (b *base) eraseBodies(ctx context.Context, o *store.Org) (total int, err error) {
	for ctx.Err() == nil {
		var n int
		err := o.Write(ctx, store.Work, "daemon", func(tx *store.Tx) (err error) {
			n, err = tx.EraseBodies(tx.Now().Add(-bodiesFor))
			return err
		})
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
	return total, nil
}
