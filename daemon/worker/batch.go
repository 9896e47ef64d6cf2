package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// actor stands in the trail for what a job did.
const actor = "worker"

// errLost ends the context of a job whose lease is gone.
var errLost = errors.New("the lease of the job was lost")

// batch is the jobs of one turn that have not ended.
type batch struct {
	org  *store.Org
	lane ngo.Lane
	mu   sync.Mutex
	live map[ngo.JobID]task
}

// task is a claimed job with its own context.
type task struct {
	job    ngo.Job
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// claim takes jobs of the lane that are due. Those that were under way when the program died come one at a time: every
// few turns while there are others, so that neither waits for ever.
func (w *Worker) claim(ctx context.Context, o *store.Org, l *lane, turn int) ([]ngo.Job, error) {
	var jobs []ngo.Job
	err := o.Write(ctx, store.Work, actor, func(tx *store.Tx) (err error) {
		if turn%4 == 0 {
			if jobs, err = tx.ClaimCrashed(l.name, w.lease); err != nil || len(jobs) > 0 {
				return err
			}
		}
		jobs, err = tx.Claim(l.name, l.Batch, w.lease)
		return err
	})
	return jobs, err
}

// run runs a batch, all of it at once, and returns when each of its jobs has ended. ctx ends when running jobs must end.
func (w *Worker) run(ctx context.Context, o *store.Org, l *lane, jobs []ngo.Job) {
	b := &batch{org: o, lane: l.name, live: make(map[ngo.JobID]task, len(jobs))}
	done := make(chan struct{})
	var extending, running sync.WaitGroup
	extending.Go(func() { w.extend(b, done) })
	for _, t := range b.add(ctx, jobs) {
		running.Go(func() { w.one(b, t) })
	}
	running.Wait()
	close(done)
	extending.Wait()
}

// one runs one job to its end.
func (w *Worker) one(b *batch, t task) {
	defer b.end(t)
	start := w.now()
	err := errCrashed
	if t.job.Crashes < mostCrashes {
		err = w.call(t.ctx, b.org, t.job)
	}
	w.settle(t, b.org, err, w.now().Sub(start))
}

// call runs the handler; a panic in it is an error like any other.
func (w *Worker) call(ctx context.Context, o *store.Org, job ngo.Job) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.log.Error("job panicked", "org", o.Info().Slug, "job", job.ID, "kind", job.Kind, "panic", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = errors.New("the program failed in this job; its log says where")
		}
	}()
	h := w.handlers[job.Kind]
	if h == nil {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("this version of ngoctl does not know jobs of kind %q", ngo.Printable(string(job.Kind))),
			Hint: "upgrade ngoctl, then: ngoctl job retry " + string(job.ID)}
	}
	return h(ctx, o, job)
}

// extend keeps the leases of a batch's jobs until done.
func (w *Worker) extend(b *batch, done <-chan struct{}) {
	tick := time.NewTicker(w.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			w.extendOnce(b)
		}
	}
}

func (w *Worker) extendOnce(b *batch) {
	ctx, cancel := context.WithTimeout(context.Background(), w.lease/3)
	defer cancel()
	var lost []task
	err := b.org.Write(ctx, store.Work, actor, func(tx *store.Tx) error {
		lost = nil
		for _, t := range b.tasks() {
			err := tx.Extend(t.job, w.lease)
			if ngo.CodeOf(err) == ngo.Conflict {
				lost = append(lost, t)
				continue
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.log.Warn("leases not extended", "org", b.org.Info().Slug, "lane", b.lane, "err", err)
		return
	}
	for _, t := range lost {
		t.cancel(errLost) // harmless when the job ended just now: that took its lease
	}
}

// add makes jobs live: their leases are extended from now on.
func (b *batch) add(work context.Context, jobs []ngo.Job) []task {
	b.mu.Lock()
	defer b.mu.Unlock()
	tasks := make([]task, 0, len(jobs))
	for _, j := range jobs {
		ctx, cancel := context.WithCancelCause(work)
		t := task{job: j, ctx: ctx, cancel: cancel}
		b.live[j.ID] = t
		tasks = append(tasks, t)
	}
	return tasks
}

func (b *batch) end(t task) {
	t.cancel(nil)
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.live, t.job.ID)
}

func (b *batch) tasks() []task {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.live))
}
