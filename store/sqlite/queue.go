package sqlite

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// workShare is the part of the writer's time that work keeps while acknowledgements wait too: one in so many.
const workShare = 5

// restAfter is how long nothing must have been written before the writer gives its memory back.
const restAfter = 10 * time.Second

// request is one write that waits for its turn.
type request struct {
	class   store.Class
	fn      func(store.WriteConn) error
	control func() error // instead of fn: what the writer does between two transactions
	state   atomic.Int32
	done    chan error
}

// The states of a request.
const (
	waiting int32 = iota
	begun
	withdrawn
)

func (r *request) begin() bool    { return r.state.CompareAndSwap(waiting, begun) }
func (r *request) withdraw() bool { return r.state.CompareAndSwap(waiting, withdrawn) }

// wait puts r in the queue and waits for its answer, or for the end of ctx if that comes before r has begun.
func (r *request) wait(ctx context.Context, q *queue) error {
	if ctx.Err() != nil {
		return withdrawnError(ctx)
	}
	r.done = make(chan error, 1)
	if err := q.put(r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
	}
	if r.withdraw() {
		return withdrawnError(ctx)
	}
	return <-r.done
}

func withdrawnError(ctx context.Context) error {
	return &ngo.Error{Code: ngo.Unavailable, Message: "the change was given up before its turn came; nothing was changed",
		Hint: "try again", Err: context.Cause(ctx)}
}

func errClosed() error {
	return &ngo.Error{Code: ngo.Unavailable, Message: "the database is closing", Hint: "try again when ngoctl runs again"}
}

// event is what the writer is woken for.
type event int

const (
	over event = iota // the queue is closed and empty
	more              // something waits
	rest              // nothing has been written for a while
)

// queue holds what waits for the writer: a line for each class, and one for controls. Acknowledgements go first, but
// while both wait, work is owed its share of the time, and is taken as soon as it is in arrears.
type queue struct {
	mu       sync.Mutex
	filled   sync.Cond
	ack      line
	work     line
	controls line
	owed     time.Duration // to work; negative when it has had more than its share
	closed   bool

	taken   uint64 // writes begun
	seen    uint64 // taken when the timer was last looked at
	rested  uint64 // taken when the writer last rested
	resting bool   // it is time to
	armed   bool   // the timer runs
}

func newQueue() *queue {
	q := &queue{}
	q.filled.L = &q.mu
	return q
}

// put adds r. Codes: Unavailable after close.
func (q *queue) put(r *request) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errClosed()
	}
	q.lineOf(r).push(r)
	q.filled.Signal()
	return nil
}

func (q *queue) lineOf(r *request) *line {
	switch {
	case r.control != nil:
		return &q.controls
	case r.class == store.Ack:
		return &q.ack
	}
	return &q.work
}

func (q *queue) empty() bool { return q.ack.empty() && q.work.empty() && q.controls.empty() }

// wait blocks until there is something for the writer to do.
func (q *queue) wait() event {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.empty() {
		switch {
		case q.closed:
			return over
		case q.resting:
			q.resting, q.rested = false, q.taken
			return rest
		}
		q.arm()
		q.filled.Wait()
	}
	q.resting = false
	return more
}

// arm starts the timer that lets the writer rest. There is one at most, and none while nothing happens.
func (q *queue) arm() {
	if q.armed || q.taken == q.rested {
		return
	}
	q.armed, q.seen = true, q.taken
	time.AfterFunc(restAfter, q.tick)
}

func (q *queue) tick() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.armed = false
	q.resting = q.taken == q.seen
	q.filled.Signal()
}

// take begins the next write, or gives nil when none waits or a control does.
func (q *queue) take() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.controls.empty() {
		l := &q.ack
		if l.empty() || (!q.work.empty() && q.owed > 0) {
			l = &q.work
		}
		r := l.pop()
		if r == nil {
			return nil
		}
		if r.begin() {
			q.taken++
			return r
		}
	}
	return nil
}

// takeControl begins the next control, or gives nil.
func (q *queue) takeControl() *request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		r := q.controls.pop()
		if r == nil || r.begin() {
			return r
		}
	}
}

// spent books the time that a write of class took. Only time for which the other class had to wait counts.
func (q *queue) spent(class store.Class, d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d = max(d, time.Microsecond) // a clock that stands still must not starve work
	switch {
	case class == store.Ack && !q.work.empty():
		q.owed += d / (workShare - 1)
	case class != store.Ack && !q.ack.empty():
		q.owed -= d
	}
}

// refuse tells every write that waits that it cannot be.
func (q *queue) refuse(err error) {
	for r := q.take(); r != nil; r = q.take() {
		r.done <- err
	}
}

// close refuses what is put from now on.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Signal()
}

// line is a first-in, first-out list.
type line struct {
	items []*request
	head  int
}

func (l *line) empty() bool { return l.head == len(l.items) }

func (l *line) push(r *request) { l.items = append(l.items, r) }

func (l *line) pop() *request {
	if l.empty() {
		return nil
	}
	r := l.items[l.head]
	l.items[l.head] = nil
	l.head++
	if l.empty() {
		l.items, l.head = l.items[:0], 0
	}
	return r
}
