package flow

import (
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	outageAfter = 3 // failures in a row
	firstOutage = 30 * time.Second
	longOutage  = 10 * time.Minute
)

// outages remembers which accounts do not answer, so that a long queue does not wait for a dead server message by message.
// It is lost at a restart, which costs three tries. The zero value is ready, and safe for concurrent use.
type outages struct {
	mu  sync.Mutex
	all map[ngo.AccountID]*outage
}

type outage struct {
	failures int
	until    time.Time
	reason   string
}

// of tells why nothing should be tried at an account, and until when; no reason means that it may be.
func (o *outages) of(id ngo.AccountID, now time.Time) (reason string, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.all[id]
	if out == nil || !now.Before(out.until) {
		return "", time.Time{}
	}
	return out.reason, out.until
}

// add counts a failure.
func (o *outages) add(id ngo.AccountID, now time.Time, reason string) {
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
	if now.Before(out.until) {
		return // one of several that were under way when it went down
	}
	out.failures++
	out.reason = reason
	if past := out.failures - outageAfter; past >= 0 {
		out.until = now.Add(min(firstOutage<<min(past, 10), longOutage))
	}
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
