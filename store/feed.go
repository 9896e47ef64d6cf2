package store

import (
	"slices"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Change names one row that a commit wrote.
type Change struct {
	Org  string    // slug; "" for the appliance
	Kind string    // the entity: donation, receipt, delivery, payment, refund, dispute, settlement, person, message, job, account, gateway (its health), purpose, profile, act, org, user, token
	ID   string    //
	Lane ngo.Lane  // of a job
	Due  time.Time // of a job: when it may run

	sameWords bool // the search finds the row by what it found it by before
}

// Feed tells subscribers what was committed.
type Feed struct {
	mu   sync.Mutex
	subs []*subscriber
}

type subscriber struct{ fn func([]Change) }

// Subscribe has fn called with the changes of each commit, after the commit and before the callers that wrote it wake,
// so that whoever has seen a write acknowledged finds no older value behind fn. Calls for one database come in order;
// calls for several may overlap. It must not block or write.
func (f *Feed) Subscribe(fn func([]Change)) (cancel func()) {
	s := &subscriber{fn: fn}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subs = append(slices.Clone(f.subs), s) // a new slice: publishers read the old one unlocked
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.subs = slices.DeleteFunc(slices.Clone(f.subs), func(o *subscriber) bool { return o == s })
	}
}

// committed is the engine's hook.
func (f *Feed) committed(notes []any) {
	var changes []Change
	for _, n := range notes {
		if c, ok := n.(Change); ok {
			changes = append(changes, c)
		}
	}
	if len(changes) == 0 {
		return
	}
	f.mu.Lock()
	subs := f.subs
	f.mu.Unlock()
	for _, s := range subs {
		s.fn(changes)
	}
}
