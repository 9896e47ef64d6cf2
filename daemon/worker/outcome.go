package worker

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	mostFailures = 12  // half an hour of trying
	mostCrashes  = 4   // claims after which nothing was heard: the program died, or the lease ran out
	mostOutages  = 300 // two days: what somebody else must mend takes longer
	longestDelay = 10 * time.Minute
)

// errCrashed is why a job is parked that is not even begun any more.
var errCrashed = errors.New("the program stopped, or the job took longer than its lease, four times while working on this")

// settle records the end of a job whose handler did not record it.
func (w *Worker) settle(t task, o *store.Org, err error, took time.Duration) {
	log := w.log.With("org", o.Info().Slug, "job", t.job.ID, "kind", t.job.Kind, "took", took)
	cause := context.Cause(t.ctx)
	count := func(end string) { w.ended.WithLabelValues(string(t.job.Lane), end).Inc() }
	switch {
	case err == nil:
		count("done")
		log.Debug("job done")
	case errors.Is(cause, errLost):
		count("lost")
		log.Warn("job was taken over", "err", err)
	case errors.Is(cause, errStopping):
		count("released")
		w.release(t.ctx, o, []ngo.Job{t.job})
		log.Info("job handed back")
	case givesUp(t.job, err):
		count("parked")
		log.Error("job parked", "err", err)
		w.park(t, o, err.Error())
	default:
		count("failed")
		delay := backoff(t.job.Attempts+1, longestDelay)
		log.Warn("job will be tried again", "delay", delay, "err", err)
		w.record(t, o, func(tx *store.Tx) error { return tx.Retry(t.job, delay, err.Error()) })
	}
}

// givesUp tells whether only a person can help.
func givesUp(job ngo.Job, err error) bool {
	switch ngo.CodeOf(err) {
	case ngo.Limited, ngo.Unavailable:
		return job.Attempts+1 >= mostOutages
	}
	return ngo.Permanent(err) || errors.Is(err, errCrashed) || job.Attempts+1 >= mostFailures
}

// park sets a job aside, with what Options.Parked makes of that where it can.
func (w *Worker) park(t task, o *store.Org, cause string) {
	aside := func(tx *store.Tx) error { return tx.Park(t.job, cause) }
	err := w.write(t, o, func(tx *store.Tx) error {
		if err := aside(tx); err != nil {
			return err
		}
		err := w.parked(tx, t.job)
		if ngo.CodeOf(err) == ngo.Conflict {
			return &ngo.Error{Code: ngo.Internal, Message: "tell what waits for the job", Err: err} // the lease is not lost
		}
		return err
	})
	switch ngo.CodeOf(err) {
	case "", ngo.Conflict, ngo.Unavailable:
		w.noted(t, o, err)
		return
	}
	w.log.Error("job parked without telling what waits for it", "org", o.Info().Slug, "job", t.job.ID, "err", err)
	w.record(t, o, aside) // else it would run again for ever
}

// record writes what became of a job.
func (w *Worker) record(t task, o *store.Org, fn func(*store.Tx) error) {
	w.noted(t, o, w.write(t, o, fn))
}

// write writes what became of a job, also when it was cancelled. While the database cannot keep it (a full disk), it
// tries again for as long as the lease could last, because an end that is not recorded counts as a crash.
func (w *Worker) write(t task, o *store.Org, fn func(*store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), w.lease)
	defer cancel()
	err := o.Write(ctx, store.Work, actor, fn)
	for n := 1; ngo.CodeOf(err) == ngo.Unavailable && ctx.Err() == nil && t.ctx.Err() == nil; n++ {
		pause(ctx, t.ctx, backoff(n, w.lease/4))
		err = o.Write(ctx, store.Work, actor, fn)
	}
	return err
}

// noted says in the log what kept the end of a job from being recorded.
func (w *Worker) noted(t task, o *store.Org, err error) {
	switch {
	case err == nil:
	case ngo.CodeOf(err) == ngo.Conflict:
		w.log.Warn("job was taken over", "org", o.Info().Slug, "job", t.job.ID)
	default:
		w.log.Error("end of job not recorded; it runs again when its lease is over", "org", o.Info().Slug, "job", t.job.ID, "err", err)
	}
}

// release hands jobs back as if they had not been claimed.
func (w *Worker) release(ctx context.Context, o *store.Org, jobs []ngo.Job) {
	if len(jobs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := o.Write(ctx, store.Work, actor, func(tx *store.Tx) error {
		for _, j := range jobs {
			if err := tx.Release(j); err != nil && ngo.CodeOf(err) != ngo.Conflict {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.log.Warn("jobs not handed back; they run again when their lease is over", "org", o.Info().Slug, "jobs", len(jobs), "err", err)
	}
}

// backoff doubles from one second up to most, and takes up to half of it off again, so that what failed together does
// not come back together.
func backoff(failures int, most time.Duration) time.Duration {
	d := min(time.Second<<min(failures-1, 20), most)
	return d - time.Duration(rand.Int64N(int64(d)/2+1))
}

// pause waits for d, or until either context ends.
func pause(a, b context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.Done():
	case <-b.Done():
	}
}
