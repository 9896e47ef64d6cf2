// Package indexer has what was written found by the search, shortly after: it is woken by the change feed, reads in batches what is
// noted as not searched yet, and writes the words of it. An hour after somebody was erased it has what is left of their words in the
// file overwritten. It promises that nothing is left out, whether the program crashed in between or is new to a folder that held data
// before, and that those who wait for the database wait for a batch at most. It must not know what a row means: the words are the
// store's.
package indexer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	actor = "search"
	// atOnce is how many notes one batch takes.
	atOnce = 500
	// gather is how long changes are let come together after the first: one batch of many costs far less than many of one.
	gather = 100 * time.Millisecond
	// rest after a full batch leaves the database and the processor to others.
	rest = 5 * time.Millisecond
	// sweepAfter lets erasures come together: a sweep writes all of the search anew.
	sweepAfter = time.Hour
	// pause is what the database has to itself between two parts of a sweep.
	pause = 20 * time.Millisecond
	// patience is how long an organisation is left alone after its database failed.
	patience = 30 * time.Second
)

// Options is what New needs. Store is required.
type Options struct {
	Store *store.Store
	Log   *slog.Logger // nil discards
	Now   func() time.Time
}

// Indexer has the searches of all organisations follow what is written. Make one with New.
type Indexer struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time

	// Of organisations with words of the erased, known to Run alone: which it will be called for, and which are being swept.
	called, sweeping map[string]bool

	mu     sync.Mutex
	wanted map[string]bool // slugs of organisations in which something was written
	wake   chan struct{}
}

// New makes an indexer that does nothing until Run. It fails with Invalid without a store.
func New(o Options) (*Indexer, error) {
	if o.Store == nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "an indexer needs Store"}
	}
	x := &Indexer{store: o.Store, log: o.Log, now: o.Now, wanted: map[string]bool{}, called: map[string]bool{}, sweeping: map[string]bool{}, wake: make(chan struct{}, 1)}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	if x.now == nil {
		x.now = time.Now
	}
	return x, nil
}

// Run works until ctx ends. It fails when the organisations cannot be listed.
func (x *Indexer) Run(ctx context.Context) error {
	defer x.store.Feed().Subscribe(x.changed)() // before the first look, so that no change falls in between
	orgs, err := x.store.Orgs(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	for _, o := range orgs {
		x.want(o.Slug)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-x.wake:
		}
		for {
			slug, ok := x.next()
			if !ok {
				break
			}
			if !x.turn(ctx, slug) {
				return nil
			}
		}
		if !sleep(ctx, gather) {
			return nil
		}
	}
}

// changed is called by the feed and must not block.
func (x *Indexer) changed(changes []store.Change) {
	for _, c := range changes {
		if c.Org != "" && c.Lane == "" && store.Searched(c.ID) {
			x.want(c.Org)
		}
	}
}

func (x *Indexer) want(slug string) {
	x.mu.Lock()
	x.wanted[slug] = true
	x.mu.Unlock()
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

func (x *Indexer) next() (slug string, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for slug = range x.wanted { // whichever
		delete(x.wanted, slug)
		return slug, true
	}
	return "", false
}

// turn takes one batch of an organisation, which comes again when there may be more; so none waits for another's backlog. It is false
// when ctx has ended.
func (x *Indexer) turn(ctx context.Context, slug string) bool {
	n, err := x.batch(ctx, slug)
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		x.log.Warn("search does not follow", "org", slug, "err", err)
		time.AfterFunc(patience, func() { x.want(slug) })
		return true
	case n == atOnce:
		x.want(slug)
		return sleep(ctx, rest)
	}
	return x.idle(ctx, slug)
}

// idle is for an organisation of which everything is found. It is false when ctx has ended.
func (x *Indexer) idle(ctx context.Context, slug string) bool {
	more, err := x.sweep(ctx, slug)
	if err != nil && ctx.Err() == nil {
		x.log.Warn("words of the erased are not overwritten yet", "org", slug, "err", err)
	}
	if more {
		x.want(slug)
		return sleep(ctx, pause)
	}
	return ctx.Err() == nil
}

// sweep overwrites a part of the words of the erased when it is time for that, and tells whether there is more to do now.
func (x *Indexer) sweep(ctx context.Context, slug string) (more bool, err error) {
	o, err := x.store.Org(ctx, slug)
	if err != nil {
		return false, err
	}
	var since time.Time
	err = o.Read(ctx, func(r *store.Rx) (err error) {
		since, more, err = r.Unswept()
		return err
	})
	if err != nil || !more {
		return false, err
	}
	if wait := since.Add(sweepAfter).Sub(x.now()); wait > 0 {
		if !x.called[slug] {
			x.called[slug] = true
			time.AfterFunc(wait, func() { x.want(slug) })
		}
		return false, nil
	}
	delete(x.called, slug)
	begin, done := !x.sweeping[slug], false
	err = o.Write(ctx, store.Work, actor, func(tx *store.Tx) (err error) {
		done, err = tx.Sweep(begin)
		return err
	})
	x.sweeping[slug] = err == nil && !done
	return x.sweeping[slug], err
}

// batch has a batch of an organisation found, and tells how many notes it took.
func (x *Indexer) batch(ctx context.Context, slug string) (n int, err error) {
	o, err := x.store.Org(ctx, slug)
	if err != nil {
		return 0, err
	}
	var words store.Words
	err = o.Read(ctx, func(r *store.Rx) (err error) {
		words, err = r.Unsearched(atOnce)
		return err
	})
	if err != nil || words.Empty() {
		return 0, err
	}
	return words.Notes(), o.Write(ctx, store.Work, actor, func(tx *store.Tx) error { return tx.Index(words) })
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
