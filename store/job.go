package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"maragu.dev/goqite"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The queue is goqite's table, one goqite queue per lane, with columns of ours beside its own. Jobs are sent with
// goqite's SendTx; all else are statements of ours (docs/adr/0004-queue-on-goqite-table.md says why).

const mostCause = 500 // of the text of an error

func newQueues() map[ngo.Lane]*goqite.Queue {
	queues := map[ngo.Lane]*goqite.Queue{}
	for _, lane := range ngo.Lanes {
		queues[lane] = goqite.New(goqite.NewOpts{
			DB:         new(sql.DB), // SendTx uses the transaction it is given; New wants one all the same
			Name:       string(lane),
			MaxReceive: 1 << 30, // never: giving up is ours to decide
		})
	}
	return queues
}

// jobBody is what goqite carries: when the job was sent, its kind and its subject. The first makes the job due (see the
// column due), by our clock rather than goqite's.
func jobBody(sent time.Time, kind ngo.JobKind, subject string) []byte {
	return []byte(ngo.Stamp(sent) + " " + string(kind) + " " + subject)
}

const delayJob = `
update goqite
set not_before = $2
where id = $1`

// Enqueue leaves a job that may run after delay.
func (t *Tx) Enqueue(lane ngo.Lane, kind ngo.JobKind, subject string, delay time.Duration) error {
	queue := t.org.queues[lane]
	if queue == nil {
		return &ngo.Error{Code: ngo.Internal, Message: fmt.Sprintf("there is no lane %q", lane)}
	}
	// The closure has no context; the transaction has its own.
	id, err := queue.SendAndGetIDTx(context.Background(), t.w.SQLTx(), goqite.Message{Body: jobBody(t.now, kind, subject)})
	if err != nil {
		return fmt.Errorf("enqueue %s %s: %w", kind, subject, err)
	}
	if delay > 0 {
		if err := t.must("job", string(id), delayJob, string(id), ngo.Stamp(t.now.Add(delay))); err != nil {
			return err
		}
	}
	t.count("job", string(ngo.JobReady), 1)
	t.due(ngo.JobID(id), lane, delay)
	return nil
}

func (t *trail) due(id ngo.JobID, lane ngo.Lane, delay time.Duration) {
	t.w.Note(Change{Org: t.slug, Kind: "job", ID: string(id), Lane: lane, Due: t.now.Add(max(delay, 0))})
}

const jobColumns = `id, queue, body, state, attempts, crashes, received, last_error, due`

func scanJob(s scanner) (ngo.Job, error) {
	var j ngo.Job
	var body []byte
	if err := s.Scan(&j.ID, &j.Lane, &body, &j.State, &j.Attempts, &j.Crashes, &j.Lease, &j.Error, at(&j.Due)); err != nil {
		return j, err
	}
	sent, rest, _ := bytes.Cut(body, []byte(" "))
	kind, subject, _ := strings.Cut(string(rest), " ")
	j.Kind, j.Subject = ngo.JobKind(kind), subject
	return j, at(&j.Created).Scan(string(sent))
}

// suspect tells the jobs that somebody holds, or held when the program died, from those that are sound. The index of due
// jobs has it, in these words, so that a claim need not look through all of one kind for the first of the other.
const suspect = `case when crashes + leased > 0 then 1 else 0 end`

// claimSet counts the claim before it as a crash when that ended without a word.
const (
	claimSet = `
update goqite
set received = received + 1,
    not_before = $3,
    crashes = crashes + leased,
    leased = 1`

	claimJobs = claimSet + `
where id in (
  select id
  from goqite
  where queue = $1 and state = 'ready' and ` + suspect + ` = 0 and due <= $2
  order by due
  limit $4
)
returning ` + jobColumns

	claimCrashed = claimSet + `
where id in (
  select id
  from goqite
  where queue = $1 and state = 'ready' and ` + suspect + ` = 1 and due <= $2
  order by due
  limit $4
)
returning ` + jobColumns
)

// Claim takes up to n jobs of a lane that are due, the longest due first, and keeps others from them until the lease
// ends; when there are none, it is ClaimCrashed. Job.Lease is the fence: only who holds it can finish, advance, retry,
// park or extend the job. Job.Crashes tells how often whoever held it was never heard of again.
func (t *Tx) Claim(lane ngo.Lane, n int, lease time.Duration) ([]ngo.Job, error) {
	jobs, err := t.claim(claimJobs, lane, n, lease)
	if err != nil || len(jobs) > 0 {
		return jobs, err
	}
	return t.ClaimCrashed(lane, lease)
}

// ClaimCrashed takes a job that is due and was under way when the program died: one only, and alone, so that the job
// which kills the program is not joined by all that were under way with it.
func (t *Tx) ClaimCrashed(lane ngo.Lane, lease time.Duration) ([]ngo.Job, error) {
	return t.claim(claimCrashed, lane, 1, lease)
}

func (t *Tx) claim(query string, lane ngo.Lane, n int, lease time.Duration) ([]ngo.Job, error) {
	jobs, err := all(t.w, "jobs", scanJob, query, string(lane), t.stamp(), ngo.Stamp(t.now.Add(lease)), n)
	slices.SortStableFunc(jobs, func(a, b ngo.Job) int { return a.Created.Compare(b.Created) })
	return jobs, err
}

// fenced runs a statement on a claimed job. It fails with Conflict when the lease was lost: somebody else has the job,
// or had it and is done; and also once the holder itself has ended the job, which may be the next step's by then.
func (t *Tx) fenced(verb string, j ngo.Job, query string, args ...any) error {
	n, err := t.exec(verb+" job "+string(j.ID), query, append([]any{string(j.ID), j.Lease}, args...)...)
	if err == nil && n == 0 {
		return &ngo.Error{Code: ngo.Conflict, Message: "the lease of job " + string(j.ID) + " ran out and the job was taken over", Hint: "nothing to do: whoever took it over finishes it"}
	}
	return err
}

const finishJob = `
delete from goqite
where id = $1 and received = $2 and state = 'ready' and leased = 1`

// Finish ends a claimed job. It fails with Conflict when the lease was lost.
func (t *Tx) Finish(j ngo.Job) error {
	if err := t.fenced("finish", j, finishJob); err != nil {
		return err
	}
	t.count("job", string(ngo.JobReady), -1)
	t.changed("job", string(j.ID))
	return nil
}

const advanceJob = `
update goqite
set queue = $3,
    body = $4,
    not_before = null,
    attempts = 0,
    crashes = 0,
    leased = 0,
    last_error = ''
where id = $1 and received = $2 and state = 'ready' and leased = 1`

// Advance ends a claimed job and leaves the next one in its row. It fails with Conflict when the lease was lost.
func (t *Tx) Advance(j ngo.Job, lane ngo.Lane, kind ngo.JobKind, subject string) error {
	if err := t.fenced("advance", j, advanceJob, string(lane), jobBody(t.now, kind, subject)); err != nil {
		return err
	}
	t.due(j.ID, lane, 0)
	return nil
}

const retryJob = `
update goqite
set not_before = $3,
    attempts = attempts + 1,
    leased = 0,
    last_error = $4
where id = $1 and received = $2 and state = 'ready' and leased = 1`

// Retry gives a claimed job back, to be tried again after delay, and counts a failed attempt. It fails with Conflict
// when the lease was lost.
func (t *Tx) Retry(j ngo.Job, delay time.Duration, cause string) error {
	if err := t.fenced("retry", j, retryJob, ngo.Stamp(t.now.Add(delay)), causeText(cause)); err != nil {
		return err
	}
	t.due(j.ID, j.Lane, delay)
	return nil
}

const parkJob = `
update goqite
set state = 'parked',
    attempts = attempts + 1,
    leased = 0,
    last_error = $3
where id = $1 and received = $2 and state = 'ready' and leased = 1`

// Park sets a claimed job aside until a person has it retried. It fails with Conflict when the lease was lost.
func (t *Tx) Park(j ngo.Job, cause string) error {
	if err := t.fenced("park", j, parkJob, causeText(cause)); err != nil {
		return err
	}
	t.moved("job", string(ngo.JobReady), string(ngo.JobParked))
	t.changed("job", string(j.ID))
	return nil
}

func causeText(cause string) string { return cut(ngo.Printable(cause), mostCause) }

const extendJob = `
update goqite
set not_before = $3
where id = $1 and received = $2 and state = 'ready' and leased = 1`

// Extend has the lease end that long from now. It fails with Conflict when the lease was lost.
func (t *Tx) Extend(j ngo.Job, lease time.Duration) error {
	return t.fenced("extend", j, extendJob, ngo.Stamp(t.now.Add(lease)))
}

const releaseJob = `
update goqite
set not_before = $3,
    leased = 0
where id = $1 and received = $2 and state = 'ready' and leased = 1`

// Release gives a claimed job back untouched: it counts neither as failed nor as crashed. It fails with Conflict when
// the lease was lost.
func (t *Tx) Release(j ngo.Job) error {
	if err := t.fenced("release", j, releaseJob, t.stamp()); err != nil {
		return err
	}
	t.due(j.ID, j.Lane, 0)
	return nil
}

const hurryJobs = `
update goqite
set not_before = $3
where queue = $1
  and state = 'ready'
  and leased = 0
  and due > $3
  and substr(cast(body as text), 26, length($2) + 1) = $2 || ' '`

// Hurry makes every job of a kind that waits for a later time due now, and tells how many there were.
func (t *Tx) Hurry(lane ngo.Lane, kind ngo.JobKind) (int, error) {
	n, err := t.exec("hurry jobs", hurryJobs, string(lane), string(kind), t.stamp())
	if n > 0 {
		t.due("", lane, 0)
	}
	return int(n), err
}

const retryParked = `
update goqite
set state = 'ready',
    not_before = $2,
    attempts = 0,
    crashes = 0,
    leased = 0
where id = $1 and state = 'parked'`

// RetryParked has a parked job tried again, as often as a new one. It fails with NotFound when there is no such job,
// and with Conflict when it is not parked. Of a message that did not go, and can, it is RetryMessage.
func (t *Tx) RetryParked(id ngo.JobID) error {
	j, err := t.Job(id)
	if err != nil {
		return err
	}
	if j.State == ngo.JobParked && j.Kind == ngo.JobDeliver {
		if m, err := t.Message(ngo.MessageID(j.Subject)); err == nil && m.State == ngo.MessageFailed && m.Retry && m.Recipient != "" {
			_, err := t.RetryMessage(m.ID, false)
			return err
		}
	}
	n, err := t.exec("retry job", retryParked, string(id), t.stamp())
	if err != nil {
		return err
	}
	if n == 0 {
		return &ngo.Error{Code: ngo.Conflict, Message: "job " + string(id) + " is not parked", Hint: "it runs by itself; see ngoctl job show " + string(id)}
	}
	t.audit("job.retry", string(id), facts{{"attempts", int64(j.Attempts)}}, facts{{"kind", string(j.Kind)}, {"subject", j.Subject}})
	t.moved("job", string(ngo.JobParked), string(ngo.JobReady))
	t.due(id, j.Lane, 0)
	return nil
}

const releaseLeases = `
update goqite
set not_before = $1,
    crashes = crashes + 1,
    leased = 0
where leased = 1 and state = 'ready'`

// afterCrash keeps a job that was under way at a crash from being so again when the program dies at each start.
const afterCrash = time.Second

// ReleaseLeases gives back what a process that is gone had claimed, so that it need not wait for the leases to end, and
// tells how many jobs; they are due in a second. It is for the start of the only process on the folder.
func (t *Tx) ReleaseLeases() (int, error) {
	n, err := t.exec("release leases", releaseLeases, ngo.Stamp(t.now.Add(afterCrash)))
	return int(n), err
}

const selectJob = `
select ` + jobColumns + `
from goqite
where id = $1`

// Job gives one job.
func (r *Rx) Job(id ngo.JobID) (ngo.Job, error) {
	return get(r.conn, "job", string(id), scanJob, selectJob, string(id))
}

const nextDue = `
select due
from (
  select due
  from (
    select due
    from goqite
    where queue = $1 and state = 'ready' and ` + suspect + ` = 0
    order by due
    limit 1
  ) as sound
  union all
  select due
  from (
    select due
    from goqite
    where queue = $1 and state = 'ready' and ` + suspect + ` = 1
    order by due
    limit 1
  ) as suspect
) as both
order by due
limit 1`

// NextDue tells when the next job of a lane may run; a claimed one counts by the end of its lease. It says false when
// there is none.
func (r *Rx) NextDue(lane ngo.Lane) (due time.Time, ok bool, err error) {
	found, err := all(r.conn, "due jobs", scanDue, nextDue, string(lane))
	if err != nil || len(found) == 0 {
		return time.Time{}, false, err
	}
	return found[0], true, nil
}

func scanDue(s scanner) (due time.Time, err error) { return due, s.Scan(at(&due)) }

// JobQuery asks for jobs; an empty field means any.
type JobQuery struct {
	ListQuery
	Lane  ngo.Lane
	State ngo.JobState
	Kind  ngo.JobKind
}

// A kind stands in the body between the first 25 signs and the next space.
const listJobs = `
select ` + jobColumns + `
from goqite
where id < $1
  and ($2 = '' or queue = $2)
  and ($3 = '' or state = $3)
  and ($4 = '' or substr(cast(body as text), 26, length($4) + 1) = $4 || ' ')
order by id desc
limit $5`

// Jobs lists what is in the queue. A job's id does not tell its age, so neither does its place in the list.
func (r *Rx) Jobs(q JobQuery) (items []ngo.Job, next string, err error) {
	key := func(j ngo.Job) string { return string(j.ID) }
	return page(r.conn, "jobs", q.ListQuery, scanJob, key, listJobs, q.before(), string(q.Lane), string(q.State), string(q.Kind))
}
