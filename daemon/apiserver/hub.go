package apiserver

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
)

// ringSize is how many events of an organisation are kept for readers that are behind. Whoever is further behind is told
// to read everything anew.
const ringSize = 512

// hub numbers the changes of each organisation and keeps the latest. Publishing never waits for a reader: readers come
// and fetch. It is safe for concurrent use.
type hub struct {
	start string // differs at each start of the daemon, so that numbers of an earlier one are known as foreign

	mu    sync.Mutex
	rings map[string]*ring
}

type ring struct {
	last    uint64 // number of the newest event; the first is 1
	kept    []change
	waiting int
	wake    chan struct{} // closed when an event is added while somebody waits
}

type change struct{ kind, subject string }

func newHub() *hub {
	return &hub{start: strings.ToLower(rand.Text()[:10]), rings: map[string]*ring{}}
}

// publish takes what the store's feed tells. It runs inside a commit, so it must be quick.
func (h *hub) publish(changes []store.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range changes {
		if c.Org != "" {
			h.ring(c.Org).add(change{c.Kind, c.ID})
		}
	}
}

func (h *hub) ring(org string) *ring {
	r := h.rings[org]
	if r == nil {
		r = &ring{wake: make(chan struct{})}
		h.rings[org] = r
	}
	return r
}

func (r *ring) add(c change) {
	if len(r.kept) < ringSize {
		r.kept = append(r.kept, c)
	} else {
		r.kept[r.last%ringSize] = c
	}
	r.last++
	if r.waiting > 0 {
		close(r.wake)
		r.wake, r.waiting = make(chan struct{}), 0
	}
}

// position gives the number that an event id stands for, and false when it is not one of this organisation and start, or
// when events after it are gone.
func (h *hub) position(org, id string) (uint64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.ring(org)
	n, ok := strings.CutPrefix(id, h.start+"-")
	at, err := strconv.ParseUint(n, 10, 64)
	if !ok || err != nil || at > r.last || at+uint64(len(r.kept)) < r.last {
		return r.last, false
	}
	return at, true
}

// since appends to buf what came after the event numbered at, and gives the number of the last one and a channel that is
// closed when there is more. A reader that missed events gets a single Resync instead.
func (h *hub) since(org string, at uint64, buf []api.Event) (events []api.Event, last uint64, more <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.ring(org)
	if at+uint64(len(r.kept)) < r.last {
		buf = append(buf, api.Event{ID: h.id(r.last), Kind: api.Resync})
		at = r.last
	}
	for at < r.last {
		c := r.kept[at%ringSize]
		at++
		buf = append(buf, api.Event{ID: h.id(at), Kind: c.kind, Subject: c.subject})
	}
	r.waiting++
	return buf, at, r.wake
}

func (h *hub) id(n uint64) string { return h.start + "-" + strconv.FormatUint(n, 10) }
