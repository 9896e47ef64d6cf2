package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// clock is a time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const lease = time.Minute

// bench of a queue: an organisation under a clock of its own.
type queue struct {
	t testing.TB
	o *store.Org
	*clock
}

func newQueue(t testing.TB) queue {
	c := newClock()
	return queue{t, storetest.Org(t, storetest.At(c.Now)), c}
}

func (q queue) enqueue(lane ngo.Lane, kind ngo.JobKind, subject string, delay time.Duration) {
	q.t.Helper()
	storetest.Write(q.t, q.o, func(tx *store.Tx) error { return tx.Enqueue(lane, kind, subject, delay) })
}

func (q queue) claim(lane ngo.Lane, n int) (jobs []ngo.Job) {
	q.t.Helper()
	storetest.Write(q.t, q.o, func(tx *store.Tx) (err error) {
		jobs, err = tx.Claim(lane, n, lease)
		return err
	})
	return jobs
}

// one claims the only job that is due.
func (q queue) one(lane ngo.Lane) ngo.Job {
	q.t.Helper()
	jobs := q.claim(lane, 10)
	if len(jobs) != 1 {
		q.t.Fatalf("claimed %d jobs of lane %s; want 1", len(jobs), lane)
	}
	return jobs[0]
}

func (q queue) try(fn func(*store.Tx) error) error {
	return q.o.Write(q.t.Context(), store.Work, "job", fn)
}

func (q queue) state() (s store.Summary) {
	q.t.Helper()
	storetest.Read(q.t, q.o, func(r *store.Rx) (err error) {
		s, err = r.Summary("2026-06-01")
		return err
	})
	return s
}

func subjects(jobs []ngo.Job) (out []string) {
	for _, j := range jobs {
		out = append(out, j.Subject)
	}
	return out
}

func TestClaimTakesTheLongestDueOfItsLane(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	for i := range 5 {
		q.enqueue(ngo.LanePayment, ngo.JobIngest, fmt.Sprint("p", i), 0)
		q.pass(time.Millisecond)
	}
	q.enqueue(ngo.LaneOutbound, ngo.JobDeliver, "m0", 0)
	if got := subjects(q.claim(ngo.LanePayment, 3)); !slices.Equal(got, []string{"p0", "p1", "p2"}) {
		t.Errorf("first claim = %v; want p0 p1 p2", got)
	}
	if got := subjects(q.claim(ngo.LanePayment, 3)); !slices.Equal(got, []string{"p3", "p4"}) {
		t.Errorf("second claim = %v; want p3 p4", got)
	}
	if got := q.claim(ngo.LanePayment, 3); len(got) != 0 {
		t.Errorf("third claim = %v; want nothing", got)
	}
	j := q.one(ngo.LaneOutbound)
	want := ngo.Job{ID: j.ID, Lane: ngo.LaneOutbound, Kind: ngo.JobDeliver, Subject: "m0", State: ngo.JobReady, Lease: 1,
		Due: q.Now().Add(lease), Created: q.Now()}
	if j != want {
		t.Errorf("job = %+v; want %+v", j, want)
	}
}

func TestDelayedJobWaits(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LaneBulk, ngo.JobRender, "r1", time.Hour)
	if got := q.claim(ngo.LaneBulk, 1); len(got) != 0 {
		t.Fatalf("claimed %v before its time", got)
	}
	storetest.Read(t, q.o, func(r *store.Rx) error {
		due, ok, err := r.NextDue(ngo.LaneBulk)
		if want := q.Now().Add(time.Hour); !ok || !due.Equal(want) {
			t.Errorf("NextDue = %v, %v; want %v", due, ok, want)
		}
		if _, ok, _ := r.NextDue(ngo.LanePayment); ok {
			t.Error("NextDue of an empty lane says there is a job")
		}
		return err
	})
	q.pass(time.Hour)
	q.one(ngo.LaneBulk)
}

// Everything that a worker does to a job whose lease it lost must fail, and leave the job to the one who has it.
func TestFenceKeepsOutWhoLostTheLease(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*store.Tx, ngo.Job) error{
		"finish":  func(tx *store.Tx, j ngo.Job) error { return tx.Finish(j) },
		"advance": func(tx *store.Tx, j ngo.Job) error { return tx.Advance(j, ngo.LaneBulk, ngo.JobReact, "x") },
		"retry":   func(tx *store.Tx, j ngo.Job) error { return tx.Retry(j, time.Second, "x") },
		"park":    func(tx *store.Tx, j ngo.Job) error { return tx.Park(j, "x") },
		"extend":  func(tx *store.Tx, j ngo.Job) error { return tx.Extend(j, time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := newQueue(t)
			q.enqueue(ngo.LanePayment, ngo.JobIngest, "d1", 0)
			stale := q.one(ngo.LanePayment)
			q.pass(lease) // stopped longer than its lease
			fresh := q.one(ngo.LanePayment)
			if err := q.try(func(tx *store.Tx) error { return act(tx, stale) }); ngo.CodeOf(err) != ngo.Conflict {
				t.Errorf("%s without the lease = %v; want Conflict", name, err)
			}
			if err := q.try(func(tx *store.Tx) error { return tx.Finish(fresh) }); err != nil {
				t.Errorf("finish with the lease = %v", err)
			}
			if err := q.try(func(tx *store.Tx) error { return act(tx, stale) }); ngo.CodeOf(err) != ngo.Conflict {
				t.Errorf("%s of a job that is gone = %v; want Conflict", name, err)
			}
			if s := q.state(); s.JobsReady != 0 || s.JobsParked != 0 {
				t.Errorf("jobs ready, parked = %d, %d; want none", s.JobsReady, s.JobsParked)
			}
			checkWhole(t, q.o)
		})
	}
}

func TestExtendKeepsTheLease(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LanePayment, ngo.JobIngest, "d1", 0)
	j := q.one(ngo.LanePayment)
	q.pass(lease - time.Second)
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Extend(j, lease) })
	q.pass(lease - time.Second)
	if got := q.claim(ngo.LanePayment, 1); len(got) != 0 {
		t.Fatalf("claimed %v under an extended lease", got)
	}
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Finish(j) })
}

func TestAdvanceLeavesTheNextStep(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LanePayment, ngo.JobIngest, "dlv", 0)
	j := q.one(ngo.LanePayment)
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Retry(j, 0, "the gateway was away") })
	j = q.one(ngo.LanePayment)
	if j.Attempts != 1 || j.Error != "the gateway was away" {
		t.Errorf("after a retry: attempts %d, error %q", j.Attempts, j.Error)
	}
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Advance(j, ngo.LaneDocument, ngo.JobRender, "rcp") })
	next := q.one(ngo.LaneDocument)
	if next.Kind != ngo.JobRender || next.Subject != "rcp" || next.Attempts != 0 || next.Error != "" || next.Lease <= j.Lease {
		t.Errorf("next step = %+v", next)
	}
}

// The row is the next step's after Advance: who held the one before has no say in it.
func TestFenceKeepsOutWhoEndedTheJob(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LanePayment, ngo.JobIngest, "dlv", 0)
	j := q.one(ngo.LanePayment)
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Advance(j, ngo.LaneDocument, ngo.JobRender, "rcp") })
	if err := q.try(func(tx *store.Tx) error { return tx.Finish(j) }); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("finish after advance = %v; want Conflict", err)
	}
	if next := q.one(ngo.LaneDocument); next.Subject != "rcp" {
		t.Errorf("next = %+v; want the render job", next)
	}
}

// Whoever claims a job and is never heard of again crashed.
func TestClaimsTellHowOftenAJobCrashed(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LanePayment, ngo.JobIngest, "poison", 0)
	for want := range 5 {
		if j := q.one(ngo.LanePayment); j.Crashes != want {
			t.Fatalf("crashes = %d; want %d", j.Crashes, want)
		}
		q.pass(lease)
	}
	last := q.one(ngo.LanePayment)
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Park(last, "crashed") })
	if parked := q.parked(); parked.Subject != "poison" || parked.Error != "crashed" {
		t.Errorf("parked = %+v; want the poison with an error", parked)
	}
	if s := q.state(); s.JobsParked != 1 || s.JobsReady != 0 {
		t.Errorf("ready, parked = %d, %d; want 0, 1", s.JobsReady, s.JobsParked)
	}
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.RetryParked(last.ID) })
	j := q.one(ngo.LanePayment)
	if j.Crashes != 0 {
		t.Errorf("a retried job has crashed %d times; want none", j.Crashes)
	}
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Finish(j) })
	checkWhole(t, q.o)
}

func (q queue) parked() ngo.Job {
	q.t.Helper()
	var jobs []ngo.Job
	storetest.Read(q.t, q.o, func(r *store.Rx) (err error) {
		jobs, _, err = r.Jobs(store.JobQuery{State: ngo.JobParked})
		return err
	})
	if len(jobs) != 1 {
		q.t.Fatalf("%d jobs are parked; want 1", len(jobs))
	}
	return jobs[0]
}

func TestFailuresDoNotCountAsCrashes(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LaneOutbound, ngo.JobDeliver, "m", 0)
	for i := range 20 {
		j := q.one(ngo.LaneOutbound)
		if j.Attempts != i {
			t.Fatalf("attempts = %d after %d failures", j.Attempts, i)
		}
		storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Retry(j, time.Second, "smtp is down") })
		q.pass(time.Second)
	}
	j := q.one(ngo.LaneOutbound)
	storetest.Write(t, q.o, func(tx *store.Tx) error { return tx.Park(j, "gave up") })
	if p := q.parked(); p.Attempts != 21 || p.Error != "gave up" {
		t.Errorf("parked = %+v; want 21 attempts", p)
	}
	if err := q.try(func(tx *store.Tx) error { return tx.RetryParked("m_none") }); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("retry of no job = %v; want NotFound", err)
	}
}

// A process that died left leases behind; the next one does not wait for them, and knows how often a job was under way when one died.
func TestReleaseLeasesAtStart(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LanePayment, ngo.JobIngest, "killer", 0)
	for starts := range 5 {
		if j := q.one(ngo.LanePayment); j.Crashes != starts {
			t.Errorf("at start %d the job has crashed %d times", starts, j.Crashes)
		}
		storetest.Write(t, q.o, func(tx *store.Tx) error {
			_, err := tx.ReleaseLeases()
			return err
		})
		q.pass(time.Second)
	}
}

func TestJobsAreFoundByLaneStateAndKind(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LanePayment, ngo.JobIngest, "d1", 0)
	q.enqueue(ngo.LanePayment, ngo.JobReact, "d2", 0)
	q.enqueue(ngo.LaneOutbound, ngo.JobDeliver, "m1", 0)
	for _, tt := range []struct {
		name  string
		query store.JobQuery
		want  int
	}{
		{"all", store.JobQuery{}, 3},
		{"lane", store.JobQuery{Lane: ngo.LanePayment}, 2},
		{"kind", store.JobQuery{Kind: ngo.JobReact}, 1},
		{"a kind that another begins with", store.JobQuery{Kind: "rea"}, 0},
		{"state", store.JobQuery{State: ngo.JobParked}, 0},
	} {
		storetest.Read(t, q.o, func(r *store.Rx) error {
			jobs, _, err := r.Jobs(tt.query)
			if len(jobs) != tt.want {
				t.Errorf("%s: %d jobs; want %d", tt.name, len(jobs), tt.want)
			}
			return err
		})
	}
}

// fillQueue adds jobs that no claim may look at: parked ones, and ones far in the future.
func fillQueue(tb testing.TB, o *store.Org, parked, future int) {
	const atOnce = 2000
	for done := 0; done < future; done += atOnce {
		storetest.Write(tb, o, func(tx *store.Tx) error {
			for i := range min(atOnce, future-done) {
				if err := tx.Enqueue(ngo.LanePayment, ngo.JobDeliver, fmt.Sprint("future", done+i), 1000*time.Hour); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for done := 0; done < parked; done += atOnce {
		storetest.Write(tb, o, func(tx *store.Tx) error {
			for i := range min(atOnce, parked-done) {
				if err := tx.Enqueue(ngo.LanePayment, ngo.JobDeliver, fmt.Sprint("parked", done+i), 0); err != nil {
					return err
				}
			}
			jobs, err := tx.Claim(ngo.LanePayment, atOnce, lease)
			for _, j := range jobs {
				if err := tx.Park(j, "gave up"); err != nil {
					return err
				}
			}
			return err
		})
	}
}

// timeClaims measures claim and finish of one job each, and the question when the next is due. It gives the median,
// which other work on the machine moves least.
func timeClaims(tb testing.TB, o *store.Org, n int) time.Duration {
	var took []time.Duration
	for i := range n {
		start := time.Now()
		storetest.Write(tb, o, func(tx *store.Tx) error {
			if err := tx.Enqueue(ngo.LanePayment, ngo.JobIngest, fmt.Sprint("now", i), 0); err != nil {
				return err
			}
			jobs, err := tx.Claim(ngo.LanePayment, 16, lease)
			if err != nil {
				return err
			}
			if len(jobs) != 1 {
				return fmt.Errorf("claimed %d jobs", len(jobs))
			}
			if _, _, err := tx.NextDue(ngo.LanePayment); err != nil {
				return err
			}
			return tx.Finish(jobs[0])
		})
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func TestParkedAndFutureJobsDoNotSlowAClaim(t *testing.T) {
	t.Parallel()
	n := 100_000
	if testing.Short() || raceEnabled {
		n = 1_000
	}
	o := storetest.Org(t)
	fillQueue(t, o, n, n)
	each := timeClaims(t, o, 200) // finds its one job among them each time; how it looks is held by the plan of its query
	t.Logf("with %d parked and %d future jobs: %v for enqueue, claim, next due and finish, the commit included", n, n, each)
	storetest.Read(t, o, func(r *store.Rx) error {
		s, err := r.Summary("2026-06-01")
		if s.JobsParked != int64(n) || s.JobsReady != 0 {
			t.Errorf("waiting, parked = %d, %d; want none and %d", s.JobsReady, s.JobsParked, n)
		}
		return err
	})
}

// Neither a claim nor the question when the next job is due looks through jobs that it does not take, however many of
// them are due: each finds the sound and the suspect ones by the index, in order.
func TestClaimGoesStraightToItsJobs(t *testing.T) {
	t.Parallel()
	steps, err := store.MigrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := migrated(t, filepath.Join(t.TempDir(), "org.db"), steps["org"])
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for _, tt := range []struct {
		query, want string
		searches    int
	}{
		{store.ClaimJobs, "(queue=? AND <expr>=? AND due<?)", 1},
		{store.ClaimCrashed, "(queue=? AND <expr>=? AND due<?)", 1},
		{store.NextDue, "(queue=? AND <expr>=?)", 2},
		{store.CountWaiting, "(queue=? AND <expr>=? AND due<?)", 1},
	} {
		plan := planOf(t, engine, tt.query)
		if strings.Count(plan, "USING INDEX goqite_due "+tt.want)+strings.Count(plan, "USING COVERING INDEX goqite_due "+tt.want) != tt.searches {
			t.Errorf("%s\nis done by\n%s\nwant %d searches %s of goqite_due", tt.query, plan, tt.searches, tt.want)
		}
	}
}

var placeholder = regexp.MustCompile(`\$\d+`)

// planOf gives how a statement would be done.
func planOf(t *testing.T, engine store.Engine, query string) string {
	t.Helper()
	var steps []string
	err := engine.Read(t.Context(), func(c store.Conn) error {
		values := make([]any, len(slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(query, -1))))))
		rows, err := c.Query("explain query plan "+query, values...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				return err
			}
			steps = append(steps, step)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(steps, "\n")
}

func BenchmarkClaim(b *testing.B) {
	o := storetest.Org(b)
	fillQueue(b, o, 100_000, 100_000)
	b.ResetTimer()
	timeClaims(b, o, b.N)
}

// What is due in days, such as a reminder, is not work that waits; what is due within one is, also while it is done or put off.
func TestJobsOfLaterDaysDoNotWait(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	q.enqueue(ngo.LaneBulk, ngo.JobAsk, "reminder", 7*24*time.Hour)
	if s := q.state(); s.JobsReady != 0 {
		t.Errorf("%d jobs wait; want none", s.JobsReady)
	}
	q.enqueue(ngo.LaneBulk, ngo.JobAsk, "soon", 23*time.Hour)
	q.enqueue(ngo.LanePayment, ngo.JobIngest, "now", 0)
	for _, retried := range []time.Duration{time.Hour, 48 * time.Hour} {
		j := q.one(ngo.LanePayment)
		if s := q.state(); s.JobsReady != 2 {
			t.Errorf("%d jobs wait while one is done; want two", s.JobsReady)
		}
		if err := q.try(func(tx *store.Tx) error { return tx.Retry(j, retried, "no answer") }); err != nil {
			t.Fatal(err)
		}
		if s := q.state(); (s.JobsReady == 2) != (retried == time.Hour) {
			t.Errorf("%d jobs wait after a retry in %v", s.JobsReady, retried)
		}
		q.clock.pass(2 * time.Hour)
	}
	q.clock.pass(6*24*time.Hour + 20*time.Hour)
	if s := q.state(); s.JobsReady != 3 {
		t.Errorf("%d jobs wait at last; want all three", s.JobsReady)
	}
}

// However many jobs wait, the summary tells how many, and leaves out what is due in days.
func TestManyJobsAreCountedWithoutLaterOnes(t *testing.T) {
	t.Parallel()
	q := newQueue(t)
	enqueue := func(n int, delay time.Duration) {
		storetest.Write(t, q.o, func(tx *store.Tx) (err error) {
			for i := range n {
				err = errors.Join(err, tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, strconv.Itoa(i), delay))
			}
			return err
		})
	}
	enqueue(7, 7*24*time.Hour)
	enqueue(498, 0)
	for waiting := int64(499); waiting < 503; waiting++ {
		enqueue(1, 0)
		if s := q.state(); s.JobsReady != waiting {
			t.Errorf("%d jobs wait; want %d", s.JobsReady, waiting)
		}
	}
}

// BenchmarkSummaryOfManyJobs reads the summary with many reminders, and with much work to do.
func BenchmarkSummaryOfManyJobs(b *testing.B) {
	for name, delay := range map[string]time.Duration{"reminders": 7 * 24 * time.Hour, "work": 0} {
		q := newQueue(b)
		for range 100 {
			if err := q.try(func(tx *store.Tx) (err error) {
				for i := range 1000 {
					err = errors.Join(err, tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, strconv.Itoa(i), delay))
				}
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				q.state()
			}
		})
	}
}
