package worker

import (
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// A sleep is at most this long: a timer counts running time, and the clock on the wall may be set while it waits.
const longestSleep = time.Minute

// lane says which organisation comes next. Each that may have work stands once in line; after its turn it goes to the end.
type lane struct {
	Lane
	name ngo.Lane
	now  func() time.Time

	mu      sync.Mutex
	changed *sync.Cond
	queues  map[string]*queue
	line    []*queue
	busy    int // workers at a turn
	stopped bool
}

// queue is the part of a lane that belongs to one organisation.
type queue struct {
	org      string
	waits    bool // stands in line
	turns    int  // so far
	running  int  // turns at work
	troubles int  // turns in a row that the database refused
	due      time.Time
	timer    *time.Timer // goes off at due; nil when nothing is known to come
}

func newLane(name ngo.Lane, o Lane, now func() time.Time) *lane {
	if o.PerOrg == 0 {
		o.PerOrg = o.Workers
	}
	l := &lane{Lane: o, name: name, now: now, queues: map[string]*queue{}}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// wake puts an organisation in line.
func (l *lane) wake(org string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(l.queue(org))
}

// next waits for the organisation whose turn it is, and takes the turn, its nth; leave ends it. It gives false once
// stopped.
func (l *lane) next() (org string, nth int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.stopped {
		for i, q := range l.line {
			if q.running < l.PerOrg {
				l.line = append(l.line[:i], l.line[i+1:]...)
				q.waits = false
				q.turns++
				q.running++
				l.busy++
				return q.org, q.turns, true
			}
		}
		l.changed.Wait()
	}
	return "", 0, false
}

// leave ends a turn.
func (l *lane) leave(org string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue(org).running--
	l.busy--
	l.changed.Signal()
}

// waits tells whether the organisation stands in line.
func (l *lane) waits(org string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue(org).waits
}

// pressed tells whether there is more to do than the lane's workers can begin with.
func (l *lane) pressed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.line) > 0 || l.busy >= l.Workers
}

// at puts the organisation in line when due comes, or earlier.
func (l *lane) at(org string, due time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queue(org)
	if q.timer != nil && !due.Before(q.due) {
		return
	}
	if q.timer != nil {
		q.timer.Stop()
	}
	q.due = due
	l.sleep(q)
}

func (l *lane) sleep(q *queue) {
	if l.stopped {
		return
	}
	wait := min(q.due.Sub(l.now()), longestSleep)
	if wait <= 0 {
		q.timer = nil
		l.enter(q)
		return
	}
	var t *time.Timer
	t = time.AfterFunc(wait, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if q.timer == t { // else it was set anew while this one went off
			l.sleep(q)
		}
	})
	q.timer = t
}

// trouble counts a turn that the database refused and gives how many there were in a row.
func (l *lane) trouble(org string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.queue(org)
	q.troubles++
	return q.troubles
}

// calm forgets the troubles.
func (l *lane) calm(org string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue(org).troubles = 0
}

// stop lets every worker of the lane go home after its turn.
func (l *lane) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	for _, q := range l.queues {
		if q.timer != nil {
			q.timer.Stop()
		}
	}
	l.changed.Broadcast()
}

func (l *lane) queue(org string) *queue {
	q := l.queues[org]
	if q == nil {
		q = &queue{org: org}
		l.queues[org] = q
	}
	return q
}

func (l *lane) enter(q *queue) {
	if q.waits {
		return
	}
	q.waits = true
	l.line = append(l.line, q)
	l.changed.Signal()
}
