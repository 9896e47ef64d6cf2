package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/daemon/worker"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(dyingIn); dir != "" {
		die(dir)
	}
	goleak.VerifyTestMain(m)
}

const kind = ngo.JobIngest

// start runs a worker with one payment lane until the test ends, or stop is called.
func start(t *testing.T, s *store.Store, h worker.Handler, edit ...func(*worker.Options)) (stop func()) {
	t.Helper()
	o := worker.Options{
		Store: s, Handlers: map[ngo.JobKind]worker.Handler{kind: h},
		Lanes: map[ngo.Lane]worker.Lane{ngo.LanePayment: {Workers: 2, Batch: 16}},
	}
	for _, e := range edit {
		e(&o)
	}
	w, err := worker.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func enqueue(t *testing.T, o *store.Org, kind ngo.JobKind, delay time.Duration, subjects ...string) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) error {
		for _, s := range subjects {
			if err := tx.Enqueue(ngo.LanePayment, kind, s, delay); err != nil {
				return err
			}
		}
		return nil
	})
}

func finish(ctx context.Context, o *store.Org, job ngo.Job) error {
	return o.Write(ctx, store.Work, "test", func(tx *store.Tx) error { return tx.Finish(job) })
}

func jobs(t *testing.T, o *store.Org) (all []ngo.Job) {
	t.Helper()
	storetest.Read(t, o, func(rx *store.Rx) (err error) {
		all, _, err = rx.Jobs(store.JobQuery{ListQuery: store.ListQuery{Limit: 500}})
		return err
	})
	return all
}

// bubble runs a test whose time passes at once.
func bubble(t *testing.T, fn func(*testing.T)) {
	t.Parallel()
	synctest.Test(t, fn)
}

func TestJobsRunWhenTheyAreLeft(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		sevai, udavi := storetest.AddOrg(t, s, "sevai"), storetest.AddOrg(t, s, "udavi")
		enqueue(t, sevai, kind, 0, "before the start")
		var ran sync.Map
		start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			ran.Store(o.Info().Slug+" "+job.Subject, true)
			return finish(ctx, o, job)
		})
		synctest.Wait()
		enqueue(t, udavi, kind, 0, "after it")
		synctest.Wait()
		for _, want := range []string{"sevai before the start", "udavi after it"} {
			if _, ok := ran.Load(want); !ok {
				t.Errorf("%q did not run", want)
			}
		}
	})
}

func TestJobsRunWhenTheyAreDue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		o := storetest.AddOrg(t, s, "sevai")
		begun := time.Now()
		enqueue(t, o, kind, 90*time.Minute, "left before the start")
		var mu sync.Mutex
		ran := map[string]time.Duration{}
		start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			mu.Lock()
			defer mu.Unlock()
			ran[job.Subject] = time.Since(begun)
			return finish(ctx, o, job)
		})
		synctest.Wait()
		enqueue(t, o, kind, 3*time.Hour, "later")
		enqueue(t, o, kind, time.Minute, "sooner")
		time.Sleep(4 * time.Hour) // of the bubble's time
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		for subject, want := range map[string]time.Duration{"sooner": time.Minute, "left before the start": 90 * time.Minute, "later": 3 * time.Hour} {
			if got := ran[subject]; got < want || got > want+time.Second {
				t.Errorf("%q ran after %v; want %v", subject, got, want)
			}
		}
	})
}

// A day of waiting for future jobs writes nothing.
func TestNothingPolls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		var orgs []*store.Org
		for i := range 10 {
			o := storetest.AddOrg(t, s, fmt.Sprintf("org-%d", i))
			enqueue(t, o, kind, 48*time.Hour, "future", "as well")
			orgs = append(orgs, o)
		}
		start(t, s, finish)
		synctest.Wait()
		var before, after uint64
		for _, o := range orgs {
			before += o.Stats().Writes
		}
		time.Sleep(24 * time.Hour) // of the bubble's time
		synctest.Wait()
		for _, o := range orgs {
			after += o.Stats().Writes
		}
		if after != before {
			t.Errorf("%d writes in a day without work; want none", after-before)
		}
	})
}

func TestErrorsDecideWhatFollows(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want ngo.JobState // after an hour
		runs int          // at least
		most int
	}{
		{"invalid is parked", &ngo.Error{Code: ngo.Invalid, Message: "no such thing"}, ngo.JobParked, 1, 1},
		{"denied is parked", &ngo.Error{Code: ngo.Denied, Message: "never"}, ngo.JobParked, 1, 1},
		{"unknown is tried for a while", errors.New("who knows"), ngo.JobParked, 12, 12},
		{"unavailable is tried on", &ngo.Error{Code: ngo.Unavailable, Message: "down"}, ngo.JobReady, 12, 40},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := storetest.Open(t)
				o := storetest.AddOrg(t, s, "sevai")
				var runs atomic.Int32
				start(t, s, func(context.Context, *store.Org, ngo.Job) error { runs.Add(1); return tt.err })
				enqueue(t, o, kind, 0, "x")
				time.Sleep(2 * time.Hour) // of the bubble's time
				synctest.Wait()
				left := jobs(t, o)
				if len(left) != 1 || left[0].State != tt.want || !strings.Contains(left[0].Error, tt.err.Error()) {
					t.Errorf("jobs = %+v; want one, %s, with %q", left, tt.want, tt.err)
				}
				if n := int(runs.Load()); n < tt.runs || n > tt.most {
					t.Errorf("it ran %d times; want %d to %d", n, tt.runs, tt.most)
				}
			})
		})
	}
}

// Whoever is told of a parked job can have what waits for it go on; what fails there keeps no job from being parked.
func TestParkedIsTold(t *testing.T) {
	for _, tt := range []struct {
		name string
		told func() error
		want int
	}{
		{"heard", func() error { return nil }, 1},
		{"not heard", func() error { return &ngo.Error{Code: ngo.Internal, Message: "who knows"} }, 0}, // what it did is undone
		{"heard by nobody who can", func() error { return &ngo.Error{Code: ngo.Conflict, Message: "it moved"} }, 0},
		{"too much to hear", func() error { panic("who knows") }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := storetest.Open(t)
				o := storetest.AddOrg(t, s, "sevai")
				start(t, s, func(context.Context, *store.Org, ngo.Job) error {
					return &ngo.Error{Code: ngo.Invalid, Message: "no such thing"}
				},
					func(w *worker.Options) {
						w.Parked = func(tx *store.Tx, job ngo.Job) error {
							return errors.Join(tx.Enqueue(ngo.LaneBulk, "told", job.Subject, 0), tt.told())
						}
					})
				enqueue(t, o, kind, 0, "x")
				synctest.Wait()
				parked, told := 0, 0
				for _, j := range jobs(t, o) {
					if j.Kind == kind && j.State == ngo.JobParked {
						parked++
					}
					if j.Kind == "told" && j.Subject == "x" {
						told++
					}
				}
				if parked != 1 || told != tt.want {
					t.Errorf("%d jobs are parked, of which %d were told; want 1 and %d", parked, told, tt.want)
				}
			})
		})
	}
}

func TestUnknownKindIsParked(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		o := storetest.AddOrg(t, s, "sevai")
		start(t, s, finish)
		enqueue(t, o, "from-the-future", 0, "x")
		enqueue(t, o, kind, 0, "known")
		synctest.Wait()
		left := jobs(t, o)
		if len(left) != 1 || left[0].State != ngo.JobParked || !strings.Contains(left[0].Error, "from-the-future") {
			t.Errorf("jobs = %+v; want the unknown one parked", left)
		}
	})
}

func TestPanicFailsItsJobOnly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		o := storetest.AddOrg(t, s, "sevai")
		var log bytes.Buffer
		stop := start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			if job.Subject == "bad" {
				panic("phone 98400 12345")
			}
			return finish(ctx, o, job)
		}, func(w *worker.Options) { w.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		enqueue(t, o, kind, 0, "good", "bad", "fine")
		synctest.Wait()
		left := jobs(t, o)
		if len(left) != 1 || left[0].Subject != "bad" || left[0].Attempts != 1 {
			t.Errorf("jobs = %+v; want the bad one, tried once", left)
		}
		stop()
		if !strings.Contains(log.String(), "job panicked") || strings.Contains(log.String(), "98400") {
			t.Errorf("the log is %q; want the panic, without what it was about", log.String())
		}
	})
}

// The lease of a job that takes long is extended: it is not taken for dead.
func TestLongJobKeepsItsLease(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		o := storetest.AddOrg(t, s, "sevai")
		var runs atomic.Int32
		start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			runs.Add(1)
			select {
			case <-time.After(10 * time.Minute):
			case <-ctx.Done():
				return ctx.Err()
			}
			return finish(ctx, o, job)
		})
		enqueue(t, o, kind, 0, "slow")
		time.Sleep(15 * time.Minute) // of the bubble's time
		synctest.Wait()
		if left := jobs(t, o); runs.Load() != 1 || len(left) != 0 {
			t.Errorf("it ran %d times and %d jobs are left; want once and none", runs.Load(), len(left))
		}
	})
}

// A worker that was stopped for longer than its lease, say with the whole machine, finds its job taken over and cannot
// record anything.
func TestStoppedWorkerCannotFinish(t *testing.T) {
	t.Parallel()
	var skew atomic.Int64
	s := storetest.Open(t, storetest.At(func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }))
	o := storetest.AddOrg(t, s, "sevai")
	running, resume, ended := make(chan ngo.Job, 1), make(chan struct{}), make(chan error, 1)
	start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
		running <- job
		<-resume
		err := o.Write(ctx, store.Work, "test", func(tx *store.Tx) error {
			return errors.Join(tx.AddMessage(ngo.Message{Recipient: "late@example.org"}), tx.Finish(job))
		})
		ended <- err
		return err
	})
	enqueue(t, o, kind, 0, "x")
	<-running
	again := false
	skew.Store(int64(time.Hour)) // meanwhile an hour passes, and somebody else finds the job
	storetest.Write(t, o, func(tx *store.Tx) error {
		taken, err := tx.Claim(ngo.LanePayment, 1, time.Minute)
		if err != nil || len(taken) != 1 {
			again = err == nil
			return err
		}
		return tx.Finish(taken[0])
	})
	close(resume)
	if again { // the worker itself looked in between, and was the first to find it
		<-ended
		return
	}
	if err := <-ended; ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("the stopped worker's transaction = %v; want Conflict", err)
	}
	storetest.Read(t, o, func(rx *store.Rx) error {
		m, _, err := rx.Messages(store.MessageQuery{})
		if len(m) != 0 {
			t.Errorf("it left %d messages; want none", len(m))
		}
		return err
	})
}

func TestStopLetsJobsFinish(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		o := storetest.AddOrg(t, s, "sevai")
		stop := start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			time.Sleep(3 * time.Second) // of the bubble's time
			return finish(ctx, o, job)
		}, func(w *worker.Options) { w.Lanes[ngo.LanePayment] = worker.Lane{Workers: 1, Batch: 1} })
		enqueue(t, o, kind, 0, "first", "second", "third")
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > 4*time.Second {
			t.Errorf("stopping took %v; want no more than the job at work", took)
		}
		left := jobs(t, o)
		if len(left) != 2 {
			t.Errorf("%d jobs are left; want the two that had not begun", len(left))
		}
		for _, j := range left {
			if j.State != ngo.JobReady || j.Attempts != 0 || j.Crashes != 0 || j.Due.After(time.Now()) {
				t.Errorf("job %+v; want it handed back untouched", j)
			}
		}
	})
}

func TestStopCutsWhatTakesTooLong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		o := storetest.AddOrg(t, s, "sevai")
		stop := start(t, s, func(ctx context.Context, _ *store.Org, _ ngo.Job) error {
			<-ctx.Done()
			return ctx.Err()
		})
		enqueue(t, o, kind, 0, "endless")
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > 8*time.Second {
			t.Errorf("stopping took %v; want under 8 s", took)
		}
		left := jobs(t, o)
		if len(left) != 1 || left[0].Attempts != 0 || left[0].Due.After(time.Now()) {
			t.Errorf("jobs = %+v; want it handed back untouched", left)
		}
	})
}

// An organisation with a long queue does not hold up another.
func TestOrganisationsTakeTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		busy, quiet := storetest.AddOrg(t, s, "busy"), storetest.AddOrg(t, s, "quiet")
		var subjects []string
		for i := range 400 {
			subjects = append(subjects, fmt.Sprint(i))
		}
		enqueue(t, busy, kind, 0, subjects...)
		enqueue(t, quiet, kind, 0, "one")
		var ran, before atomic.Int32
		start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			if o == quiet {
				before.Store(ran.Load())
			}
			ran.Add(1)
			return finish(ctx, o, job)
		}, func(w *worker.Options) { w.Lanes[ngo.LanePayment] = worker.Lane{Workers: 1, Batch: 16} })
		synctest.Wait()
		if n := before.Load(); ran.Load() != 401 || n > 48 {
			t.Errorf("%d of %d jobs ran before the other organisation's one; want at most three batches", n, ran.Load())
		}
	})
}

// A slow organisation leaves a worker of the lane to the others.
func TestPerOrgLeavesAWorkerFree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		slow, quick := storetest.AddOrg(t, s, "slow"), storetest.AddOrg(t, s, "quick")
		var served atomic.Bool
		release := make(chan struct{})
		start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			if o == slow {
				<-release
			} else {
				served.Store(true)
			}
			return finish(ctx, o, job)
		}, func(w *worker.Options) {
			w.Lanes[ngo.LanePayment] = worker.Lane{Workers: 2, PerOrg: 1, Batch: 1}
		})
		enqueue(t, slow, kind, 0, "a", "b", "c")
		synctest.Wait()
		enqueue(t, quick, kind, 0, "x")
		synctest.Wait()
		if !served.Load() {
			t.Error("the quick organisation waits for the slow one")
		}
		close(release)
		synctest.Wait()
		if left := jobs(t, slow); len(left) != 0 {
			t.Errorf("%d jobs of the slow one are left", len(left))
		}
	})
}

// While money is to be booked, the making of documents slows down, but goes on.
func TestLowerLanesYield(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := storetest.Open(t)
		o := storetest.AddOrg(t, s, "sevai")
		release := make(chan struct{})
		var drawn atomic.Int32
		start(t, s, func(ctx context.Context, o *store.Org, job ngo.Job) error {
			if job.Lane == ngo.LanePayment {
				<-release
			} else {
				time.Sleep(10 * time.Millisecond) // of the bubble's time
				drawn.Add(1)
			}
			return finish(ctx, o, job)
		}, func(w *worker.Options) {
			w.Lanes[ngo.LanePayment] = worker.Lane{Workers: 1, Batch: 1}
			w.Lanes[ngo.LaneDocument] = worker.Lane{Workers: 1, Batch: 1, Yield: 9}
		})
		enqueue(t, o, kind, 0, "money")
		synctest.Wait()
		storetest.Write(t, o, func(tx *store.Tx) error {
			var errs []error
			for i := range 100 {
				errs = append(errs, tx.Enqueue(ngo.LaneDocument, kind, fmt.Sprint(i), 0))
			}
			return errors.Join(errs...)
		})
		time.Sleep(time.Second)
		if n := drawn.Load(); n < 8 || n > 11 {
			t.Errorf("%d documents in a second beside money; want ten", n)
		}
		close(release)
		time.Sleep(time.Second)
		if n := drawn.Load(); n < 95 {
			t.Errorf("%d documents after a second alone; want nearly all", n)
		}
	})
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := worker.New(worker.Options{})
	if ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("New = %v; want Invalid", err)
	}
}
