// Package worker runs the jobs that every organisation's database holds: it claims, runs, records, backs off, gives up and
// stops. It knows no job; what one does is a Handler.
//
// What it promises: a job runs until its Handler has recorded its end, or it is parked where people see it. It never
// runs twice at once: a claim is a lease with a fence, extended while the job runs, and a worker that lost its lease
// cannot record anything. A panic fails one job. A job that ends the whole program is run alone from then on, and
// parked when it did so again and again. Organisations take turns, so that none waits for another's backlog, and each
// lane has workers of its own, so that a slow lane holds up no other.
//
// Nothing polls. A lane is woken by the change feed, and by a timer at the time its next job is due.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Handler does one job of an organisation. It records the job's end itself, in the transaction that holds the job's
// effect (Tx.Advance, Tx.Finish, or Tx.Retry and Tx.Park where it knows better), and returns nil. If it returns an error
// instead, the code decides: what ngo.Permanent says cannot be helped is parked, the rest is tried again later. Every
// job may run twice, so it does no harm to do so.
type Handler = func(ctx context.Context, o *store.Org, job ngo.Job) error

// Parked is told of a job in the transaction that parks it, so that what waits for the job need not wait for ever. If it fails, the
// job is parked all the same.
type Parked = func(tx *store.Tx, job ngo.Job) error

// Lane is how much of a lane runs at once.
type Lane struct {
	Workers int // batches at work, over all organisations
	PerOrg  int // of these, for one organisation; 0 is all of them
	Batch   int // jobs claimed and run at once
	Yield   int // while a higher lane is pressed, rest this many times as long as a batch took; 0 never rests
}

// Options is what New needs. Store, Handlers and Lanes are required.
type Options struct {
	Store    *store.Store
	Handlers map[ngo.JobKind]Handler
	Lanes    map[ngo.Lane]Lane
	Lease    time.Duration         // how long a job stays claimed when its worker is silent; 0 is 30 s
	Grace    time.Duration         // how long Run lets jobs finish when it is told to stop; 0 is 7 s
	Parked   Parked                // nil tells nobody
	Registry prometheus.Registerer // nil keeps the counts to itself
	Log      *slog.Logger          // nil discards
	Now      func() time.Time
}

// Worker runs jobs. Make one with New.
type Worker struct {
	store    *store.Store
	handlers map[ngo.JobKind]Handler
	lanes    map[ngo.Lane]*lane
	lease    time.Duration
	grace    time.Duration
	parked   Parked
	ended    *prometheus.CounterVec
	log      *slog.Logger
	now      func() time.Time
	orgs     sync.Map // slug → *opened
}

// opened is an organisation whose leases of the program's last run have been released.
type opened struct {
	mu  sync.Mutex
	org *store.Org
}

// New makes a worker that does nothing until Run. It fails with Invalid, naming what is missing.
func New(o Options) (*Worker, error) {
	if o.Store == nil || len(o.Handlers) == 0 || len(o.Lanes) == 0 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a worker needs Store, Handlers and Lanes"}
	}
	w := &Worker{store: o.Store, handlers: o.Handlers, lanes: map[ngo.Lane]*lane{}, lease: o.Lease, grace: o.Grace, parked: o.Parked, log: o.Log, now: o.Now}
	if w.lease == 0 {
		w.lease = 30 * time.Second
	}
	if w.grace == 0 {
		w.grace = 7 * time.Second
	}
	if w.parked == nil {
		w.parked = func(*store.Tx, ngo.Job) error { return nil }
	}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.now == nil {
		w.now = time.Now
	}
	w.ended = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ngoctl_jobs_total", Help: "Runs of jobs, by lane and how they ended.",
	}, []string{"lane", "end"})
	if o.Registry != nil {
		o.Registry.MustRegister(w.ended)
	}
	for name, l := range o.Lanes {
		if l.Workers < 1 || l.Batch < 1 {
			return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("lane %s needs at least one worker and a batch", name)}
		}
		w.lanes[name] = newLane(name, l, w.now)
	}
	return w, nil
}

// Run works until ctx ends. Then it claims no more, lets running jobs finish within the grace, cancels the rest, records
// what became of each, and returns. It fails when the organisations cannot be listed.
func (w *Worker) Run(ctx context.Context) error {
	// Subscribed before the first look, so that no job falls in between.
	defer w.store.Feed().Subscribe(w.wake)()
	orgs, err := w.store.Orgs(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list organisations: %w", err)
	}
	work, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	var running sync.WaitGroup
	for _, l := range w.lanes {
		for range l.Workers {
			running.Go(func() { w.work(ctx, work, l) })
		}
	}
	running.Go(func() { w.rebuild(ctx, orgs) })
	<-ctx.Done()
	for _, l := range w.lanes {
		l.stop()
	}
	patience := time.AfterFunc(w.grace, func() { abort(errStopping) })
	running.Wait()
	patience.Stop()
	return nil
}

var errStopping = errors.New("the daemon is stopping")

// wake is called by the change feed between a commit and its callers' waking; it must not block.
func (w *Worker) wake(changes []store.Change) {
	for _, c := range changes {
		if c.Lane == "" || c.Org == "" {
			continue
		}
		if l := w.lanes[c.Lane]; l != nil {
			l.at(c.Org, c.Due)
		}
	}
}

// rebuild finds the due times that the last run of the program left behind.
func (w *Worker) rebuild(ctx context.Context, orgs []ngo.Org) {
	for _, o := range orgs {
		for _, l := range w.lanes {
			if ctx.Err() != nil {
				return
			}
			w.arm(ctx, l, o.Slug)
		}
	}
}

// work is one worker of a lane.
func (w *Worker) work(ctx, work context.Context, l *lane) {
	for {
		org, nth, ok := l.next()
		if !ok {
			return
		}
		w.turn(ctx, work, l, org, nth)
	}
}

// turn claims one batch of an organisation and runs it. ctx ends when no more may begin, work when all must end.
func (w *Worker) turn(ctx, work context.Context, l *lane, org string, nth int) {
	defer l.leave(org)
	o, err := w.open(ctx, org)
	if err != nil {
		w.trouble(ctx, l, org, "open organisation", err)
		return
	}
	batch, err := w.claim(ctx, o, l, nth)
	if err != nil {
		w.trouble(ctx, l, org, "claim jobs", err)
		return
	}
	l.calm(org)
	if len(batch) > 0 {
		if len(batch) == l.Batch || batch[0].Crashes > 0 {
			l.wake(org) // there is probably more: another worker may take it while this one runs its batch
		}
		start := w.now()
		w.run(work, o, l, batch)
		w.yield(ctx, l, w.now().Sub(start))
	}
	w.arm(ctx, l, org)
}

// yield lets higher lanes have the processor: while one is pressed, a lower one rests for several times as long as it
// worked. It never waits for them to be done, so no lane starves.
func (w *Worker) yield(ctx context.Context, l *lane, took time.Duration) {
	if l.Yield == 0 || !w.pressedAbove(l) {
		return
	}
	pause(ctx, ctx, min(took*time.Duration(l.Yield), longestRest))
}

const longestRest = time.Second

func (w *Worker) pressedAbove(l *lane) bool {
	for _, name := range ngo.Lanes {
		if name == l.name {
			return false
		}
		if above := w.lanes[name]; above != nil && above.pressed() {
			return true
		}
	}
	return false
}

// arm sets the timer for the next job that is due, unless the organisation waits for its turn already.
func (w *Worker) arm(ctx context.Context, l *lane, org string) {
	if l.waits(org) || ctx.Err() != nil {
		return
	}
	o, err := w.open(ctx, org)
	if err != nil {
		w.trouble(ctx, l, org, "open organisation", err)
		return
	}
	var due time.Time
	var ok bool
	err = o.Read(ctx, func(rx *store.Rx) (err error) {
		due, ok, err = rx.NextDue(l.name)
		return err
	})
	if err != nil {
		w.trouble(ctx, l, org, "read next due time", err)
		return
	}
	if ok {
		l.at(org, due)
	}
}

// open gives an organisation. At its first use, before anything is claimed, it takes back what the last run of the
// program had claimed when it ended: nobody else works on this folder.
func (w *Worker) open(ctx context.Context, slug string) (*store.Org, error) {
	v, _ := w.orgs.LoadOrStore(slug, &opened{})
	e := v.(*opened)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.org != nil {
		return e.org, nil
	}
	o, err := w.store.Org(ctx, slug)
	if err != nil {
		return nil, err
	}
	err = o.Write(ctx, store.Work, actor, func(tx *store.Tx) error {
		_, err := tx.ReleaseLeases()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("release leases: %w", err)
	}
	e.org = o
	return o, nil
}

// trouble backs off an organisation whose database refuses: the others go on.
func (w *Worker) trouble(ctx context.Context, l *lane, org, doing string, err error) {
	if ctx.Err() != nil {
		return
	}
	delay := backoff(l.trouble(org), time.Minute)
	w.log.Warn("lane waits", "org", org, "lane", l.name, "doing", doing, "delay", delay, "err", err)
	l.at(org, w.now().Add(delay))
}
