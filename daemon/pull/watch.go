package pull

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// How channels are listened to.
const (
	notice     = 10 * time.Second // until a channel that was added, changed or removed is noticed
	markName   = "heard"
	firstPause = 2 * time.Second
	mostPause  = 5 * time.Minute
	needsHelp  = 15 * time.Minute // between two tries where only a person can help
	steadyFor  = 3 * time.Minute  // without trouble: a line that fails does so sooner
	deafFor    = 10 * time.Minute // in trouble, to tell a person
	deafTimes  = 2                // failures that only a person can mend, to tell one
)

const deafAlarm = "What comes in cannot be fetched"

// ear listens to one channel.
type ear struct {
	p       *Puller
	org     *org.Org
	info    ngo.Account
	account channel.Listener

	mu      sync.Mutex
	failed  int       // times in a row
	failing time.Time // since when
	steady  bool      // it is known to work
}

// listening is an ear at work.
type listening struct {
	version uint64 // of the organisation's accounts
	stop    context.CancelFunc
	done    chan struct{}
}

// watch keeps an ear on each channel that listens, until ctx ends, and returns once none listens any more.
func (p *Puller) watch(ctx context.Context) {
	at := map[ngo.AccountID]*listening{}
	defer func() {
		for _, l := range at {
			l.stop()
		}
		for _, l := range at {
			<-l.done
		}
	}()
	timer := time.NewTicker(notice)
	defer timer.Stop()
	for {
		p.attend(ctx, at)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

// attend begins to listen to what is new, and leaves what is gone. An account that was changed is begun anew.
func (p *Puller) attend(ctx context.Context, at map[ngo.AccountID]*listening) {
	wanted, versions, err := p.ears(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.o.Log.Warn("listening to channels put off", "err", err)
		}
		return
	}
	for id, l := range at {
		if e := wanted[id]; e != nil && versions[e.org] == l.version {
			continue
		}
		l.stop()
		<-l.done
		delete(at, id)
	}
	for id, e := range wanted {
		if at[id] != nil {
			continue
		}
		own, stop := context.WithCancel(ctx)
		l := &listening{version: versions[e.org], stop: stop, done: make(chan struct{})}
		at[id] = l
		go func() {
			defer close(l.done)
			defer stop()
			e.run(own)
		}()
	}
}

// ears gives all channels that listen. An organisation that cannot be read keeps those it has.
func (p *Puller) ears(ctx context.Context) (map[ngo.AccountID]*ear, map[*org.Org]uint64, error) {
	infos, err := p.o.Book.Orgs(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, versions := map[ngo.AccountID]*ear{}, map[*org.Org]uint64{}
	for _, info := range infos {
		o, err := p.o.Book.Org(ctx, info.Slug)
		if err != nil {
			return nil, nil, fmt.Errorf("listen to channels of %s: %w", info.Slug, err)
		}
		versions[o] = o.AccountsVersion() // before what it is the version of
		channels, err := o.Channels(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("listen to channels of %s: %w", info.Slug, err)
		}
		for _, c := range channels {
			if l, ok := c.Account.(channel.Listener); ok {
				all[c.Info.ID] = &ear{p: p, org: o, info: c.Info, account: l}
			}
		}
	}
	return all, versions, nil
}

// run listens until ctx ends, and after each break begins again, later each time.
func (e *ear) run(ctx context.Context) {
	log := e.p.o.Log.With("org", e.org.Info().Slug, "account", e.info.Name)
	for ctx.Err() == nil {
		err := e.listen(ctx)
		if ctx.Err() != nil {
			return // a stop is nobody's fault
		}
		wait := e.fails(ctx, err)
		log.Warn("listening to a channel broke", "err", err, "wait", wait.Round(time.Second))
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// listen listens once, up to the next break.
func (e *ear) listen(ctx context.Context) error {
	var mark string
	err := e.org.Store.Read(ctx, func(rx *store.Rx) (err error) {
		mark, err = rx.Mark(e.info.ID, markName)
		return err
	})
	if err != nil {
		return err
	}
	calm := time.AfterFunc(steadyFor, func() { e.works(ctx) })
	defer calm.Stop()
	return e.account.Listen(ctx, mark, e.take)
}

// take keeps what was heard and how far that is, in one transaction: after a crash it is heard once more, or not at all.
func (e *ear) take(ctx context.Context, h channel.Heard) error {
	d, blob, err := e.pack(ctx, h)
	if err != nil {
		return err
	}
	err = e.org.Store.Write(ctx, store.Work, "listen:"+e.info.Name, func(tx *store.Tx) error {
		added, err := tx.AddDelivery(d)
		if err == nil && added && blob.ID != "" {
			err = tx.AddBlob(blob.ID, blob.Size, blob.SHA, blob.Key)
		}
		if err != nil {
			return err
		}
		return tx.SetMark(e.info.ID, markName, h.Mark)
	})
	if err == nil {
		e.works(ctx)
	}
	return err
}

// pack makes a delivery of what was heard. A long body goes into a blob as it comes.
func (e *ear) pack(ctx context.Context, h channel.Heard) (store.NewDelivery, store.Blob, error) {
	first, err := io.ReadAll(io.LimitReader(h.Body, store.MostInline+1))
	if err != nil {
		return store.NewDelivery{}, store.Blob{}, err
	}
	if len(first) <= store.MostInline {
		return e.org.Store.NewDelivery(e.info.ID, h.Hint, first).Polled().Heard(), store.Blob{}, nil
	}
	sum := sha256.New()
	w := &counted{r: io.TeeReader(io.MultiReader(bytes.NewReader(first), h.Body), sum)}
	blob, err := e.p.keep(ctx, e.org.Store, ngo.NewID[ngo.BlobID](e.p.o.Now()), w)
	if err != nil {
		return store.NewDelivery{}, store.Blob{}, err
	}
	d := e.org.Store.NewLongDelivery(e.info.ID, h.Hint, store.Weighed{Size: w.n, Digest: [sha256.Size]byte(sum.Sum(nil)), Blob: blob.ID})
	return d.Polled().Heard(), blob, nil
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// keep makes a long body durable.
func (p *Puller) keep(ctx context.Context, o *store.Org, id ngo.BlobID, body io.Reader) (store.Blob, error) {
	if p.o.KeepFrom != nil {
		return p.o.KeepFrom(ctx, o, id, body)
	}
	whole, err := io.ReadAll(body)
	if err != nil {
		return store.Blob{}, err
	}
	return p.o.Keep(ctx, o, id, whole)
}

// fails notes that the line broke, and says how long to wait before the next try.
func (e *ear) fails(ctx context.Context, err error) time.Duration {
	now := e.p.o.Now()
	e.mu.Lock()
	e.failed++
	if e.failing.IsZero() {
		e.failing = now
	}
	e.steady = false
	failed, failing := e.failed, e.failing
	e.mu.Unlock()
	e.note(ctx, func(h ngo.Health) ngo.Health { return deaf(h, err, failed, now.Sub(failing), now) })
	pause := min(firstPause<<min(failed-1, 10), mostPause)
	switch ngo.CodeOf(err) {
	case ngo.Unauthenticated, ngo.Invalid, ngo.Denied:
		pause = min(time.Minute<<min(failed-1, 10), needsHelp)
	case ngo.Limited:
		pause = max(pause, time.Minute)
	}
	return pause - pause/5 + upTo(2*pause/5)
}

// deaf gives the health of a channel whose line broke.
func deaf(h ngo.Health, err error, failed int, long time.Duration, now time.Time) ngo.Health {
	h.PollError = said(err)
	alarm := h.Alarm
	person := ngo.CodeOf(err) == ngo.Unauthenticated || ngo.CodeOf(err) == ngo.Invalid || ngo.CodeOf(err) == ngo.Denied
	if person && failed >= deafTimes || long >= deafFor {
		alarm = deafAlarm + ": " + h.PollError
	}
	return sound(h, alarm, now)
}

// said puts an error in words for people.
func said(err error) string {
	e, ok := errors.AsType[*ngo.Error](err)
	switch {
	case !ok:
		return "something went wrong here; the log says what"
	case e.Hint != "":
		return e.Message + " (" + e.Hint + ")"
	}
	return e.Message
}

// works notes that the line works.
func (e *ear) works(ctx context.Context) {
	e.mu.Lock()
	known := e.steady
	e.steady, e.failed, e.failing = true, 0, time.Time{}
	e.mu.Unlock()
	if known || ctx.Err() != nil {
		return
	}
	now := e.p.o.Now()
	e.note(ctx, func(h ngo.Health) ngo.Health {
		h.LastPoll, h.PollError = &now, ""
		alarm := h.Alarm
		if strings.HasPrefix(alarm, deafAlarm) {
			alarm = ""
		}
		return sound(h, alarm, now)
	})
}

// note changes what is kept of the channel's health.
func (e *ear) note(ctx context.Context, change func(ngo.Health) ngo.Health) {
	h, err := health(ctx, e.org, e.info.ID)
	if err != nil {
		e.p.o.Log.Warn("health of a channel not kept", "org", e.org.Info().Slug, "account", e.info.Name, "err", err)
		return
	}
	next := change(h)
	if next == h {
		return
	}
	e.p.settle(ctx, e.org, e.info, h.Alarm, next)
}
