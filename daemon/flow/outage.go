package flow

import (
	"maps"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	outageAfter = 3 // failures in a row
	firstOutage = 30 * time.Second
	longOutage  = 10 * time.Minute
	mostHeld    = time.Hour // that a line waits, however long the provider says
)

// outages remembers which accounts do not answer or must be mended first, and which of their lines go too fast, so that a long queue
// does not wait for a dead server message by message, and no other account's messages wait with it. It is lost at a restart, which
// costs three tries. The zero value is ready, and safe for concurrent use.
type outages struct {
	mu    sync.Mutex
	all   map[ngo.AccountID]*outage
	lines map[line]*outage
	sent  map[ngo.AccountID]bool // by which something has gone since the start, or since the last failure
}

// line is one of the numbers or mailboxes of an account; an empty name is the usual one.
type line struct {
	account ngo.AccountID
	name    ngo.Ref
}

type outage struct {
	failures int
	until    time.Time
	reason   string
	broken   bool // somebody has to mend it
}

// of tells why nothing should be tried at an account, and until when; no reason means that it may be.
func (o *outages) of(id ngo.AccountID, now time.Time) (reason string, until time.Time) {
	return o.ofLine(line{account: id}, now)
}

// ofLine is of for one line: it waits for its account, and for itself.
func (o *outages) ofLine(l line, now time.Time) (reason string, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, out := range []*outage{o.all[l.account], o.lines[l]} {
		if out != nil && now.Before(out.until) && out.until.After(until) {
			reason, until = out.reason, out.until
		}
	}
	return reason, until
}

// add counts a failure.
func (o *outages) add(id ngo.AccountID, now time.Time, reason string) { o.fail(id, now, reason, 1) }

// shut leaves an account alone at once: it is known that nothing goes by it until somebody has mended it. It is tried again now and
// then, since the provider does not tell when that was.
func (o *outages) shut(id ngo.AccountID, now time.Time, reason string) {
	o.fail(id, now, reason, outageAfter)
}

func (o *outages) fail(id ngo.AccountID, now time.Time, reason string, weight int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.all[id]
	if out == nil {
		if o.all == nil {
			o.all = map[ngo.AccountID]*outage{}
		}
		out = &outage{}
		o.all[id] = out
	}
	delete(o.sent, id)
	if now.Before(out.until) {
		return // one of several that were under way when it went down
	}
	out.failures = max(out.failures+1, weight)
	out.reason = reason
	if past := out.failures - outageAfter; past >= 0 {
		out.until = now.Add(min(firstOutage<<min(past, 10), longOutage))
	}
}

// shutLine is shut for one line of several: what ails one number need not ail the others, which find out for themselves.
func (o *outages) shutLine(l line, now time.Time, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.ofThis(l)
	delete(o.sent, l.account)
	out.broken = true
	if now.Before(out.until) {
		return
	}
	out.reason = reason
	out.until = now.Add(min(firstOutage<<min(out.failures, 10), longOutage))
	out.failures++
}

// ofThis gives what is remembered of a line.
func (o *outages) ofThis(l line) *outage {
	out := o.lines[l]
	if out == nil {
		if o.lines == nil {
			o.lines = map[line]*outage{}
		}
		out = &outage{}
		o.lines[l] = out
	}
	return out
}

// hold leaves a line alone for as long as the provider says, with growing patience where it says nothing.
func (o *outages) hold(l line, now time.Time, wait time.Duration, reason string) (until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.ofThis(l)
	if now.Before(out.until) && wait == 0 {
		return out.until // one of several that were under way
	}
	out.failures++
	out.reason = reason
	grown := min(time.Second<<min(out.failures, 20), firstOutage)
	if until := now.Add(min(max(wait, grown), mostHeld)); until.After(out.until) {
		out.until = until
	}
	return out.until
}

// taken forgets that a line went too fast: it took a message.
func (o *outages) taken(l line) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.lines, l)
}

// first tells whether nothing is known to have gone by an account since the start or since its last failure: an alarm may stand, and
// none of its lines is to be mended still.
func (o *outages) first(id ngo.AccountID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent[id] {
		return false
	}
	for l, out := range o.lines {
		if l.account == id && out.broken {
			return false
		}
	}
	if o.sent == nil {
		o.sent = map[ngo.AccountID]bool{}
	}
	o.sent[id] = true
	return true
}

// end forgets the failures of an account that answered or was changed, and tells whether others were kept waiting by them. After one or
// two failures nobody was but those who failed, and they have a pause of their own to keep.
func (o *outages) end(id ngo.AccountID) (waiting bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.all[id]
	delete(o.all, id)
	return out != nil && !out.until.IsZero()
}

// mended forgets all that was wrong with an account that was changed.
func (o *outages) mended(id ngo.AccountID) {
	o.forget(id, func(*outage) bool { return true })
}

// answers forgets that somebody had to mend an account, or a line of it. How fast a line may go its provider says, which stands.
func (o *outages) answers(id ngo.AccountID) {
	o.forget(id, func(out *outage) bool { return out.broken })
}

func (o *outages) forget(id ngo.AccountID, over func(*outage) bool) {
	o.end(id)
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.lines, func(l line, out *outage) bool { return l.account == id && over(out) })
}
