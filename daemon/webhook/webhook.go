// Package webhook takes signed deliveries in: it checks the signature over the raw body and answers 200 once the delivery
// and the job that reads it are durable. What is in a body it does not look at, and providers it does not know.
//
// It promises that a 200 is never sent for what could be lost, that a body sent again gets the same 200 and changes
// nothing, and that strangers cost little memory, little time and few lines of log. A Handler is safe for concurrent use.
package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Prefix is where the handler is mounted; the organisation and the account follow: /hooks/sevai/razorpay.
const Prefix = "/hooks/"

// Source checks what one account of a provider sends. See Rationed, Handshaker and Learner for what it may do besides.
type Source interface {
	Limit() int64                     // of a body, in bytes
	Verify(http.Header, []byte) error // of the raw body, in constant time
	Hint(http.Header) string          // the provider's id of the delivery, unsigned
}

// Rationed is a Source whose signatures leave something open: whoever has seen one delivery, or knows what any payer's browser
// sees, could make up any number of different ones that pass Verify.
type Rationed interface {
	// Ration names what a delivery that passed draws on, within its account; empty when all of it is signed.
	Ration(http.Header, []byte) string
}

// Account is whom a delivery is for.
type Account struct {
	ID     ngo.AccountID
	Org    *store.Org
	Source Source
	Heard  bool // what comes is messages, not money
}

// Failures counts failures per client and tells when there were too many. It must be bounded and safe for concurrent
// use; the door's own is one.
type Failures interface {
	Blocked(source string) bool
	Fail(source string)
}

// Options is what a Handler is made with. Find and Keep are required.
type Options struct {
	// Find gives the account behind a URL, from memory where it can. It fails with NotFound when there is none.
	Find func(ctx context.Context, org, account string) (Account, error)
	// Keep makes a body that is too long for a row durable elsewhere, under this id.
	Keep func(ctx context.Context, org *store.Org, id ngo.BlobID, body []byte) (store.Blob, error)

	// Refused keeps, for people, that an account was refused so many deliveries since it was called last: once a minute at most. nil
	// does not.
	Refused  func(ctx context.Context, a Account, n int) error
	Failures Failures                   // counts per client; nil does not
	Rations  Failures                   // counts what Rationed sources name; nil does not
	Source   func(*http.Request) string // the key by which a client is counted; RemoteAddr when nil
	Registry prometheus.Registerer      // nil keeps the counts to itself
	Log      *slog.Logger               // nil discards
	Now      func() time.Time           // nil is time.Now
}

// Handler answers POST /hooks/{org}/{account}, and GET where the provider first asks whether the address is ours.
type Handler struct {
	o       Options
	counter *prometheus.CounterVec
	desks   sync.Map            // "org/account" → *desk, of accounts that were found
	places  *semaphore.Weighted // for long bodies in memory
	lessons *semaphore.Weighted // for what is learned about who sent something
	buffers sync.Pool           // *[]byte
	faults  quiet
}

// New makes a handler. It fails with Invalid when Find or Keep is missing.
func New(o Options) (*Handler, error) {
	if o.Find == nil || o.Keep == nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a webhook handler needs Find and Keep"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Source == nil {
		o.Source = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.Refused == nil {
		o.Refused = func(context.Context, Account, int) error { return nil }
	}
	if o.Failures == nil {
		o.Failures = uncounted{}
	}
	if o.Rations == nil {
		o.Rations = uncounted{}
	}
	h := &Handler{o: o, places: semaphore.NewWeighted(longAtOnce), lessons: semaphore.NewWeighted(lessonsAtOnce)}
	h.buffers.New = func() any { b := make([]byte, firstBuffer); return &b }
	h.counter = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ngoctl_deliveries_total", Help: "Deliveries of providers, by what became of them at the door.",
	}, []string{"org", "account", "result"})
	if o.Registry != nil {
		o.Registry.MustRegister(h.counter)
	}
	return h, nil
}

type uncounted struct{}

func (uncounted) Blocked(string) bool { return false }
func (uncounted) Fail(string)         {}

// ServeHTTP answers one delivery.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := visit{h: h, r: r}
	v.answer().write(w)
}

// A desk is what the handler keeps for one account: its counters and what was said of it lately.
type desk struct {
	org, account                string
	actor                       string // for the audit trail
	accepted, repeated, refused prometheus.Counter
	rationed, shaken            prometheus.Counter
	unsigned, unstored, tooMany quiet
	unlearned                   quiet
}

// deskOf gives the desk of an account that exists.
func (h *Handler) deskOf(key, org, account string) *desk {
	if d, ok := h.desks.Load(key); ok {
		return d.(*desk)
	}
	d := &desk{org: org, account: account, actor: "hook:" + account,
		accepted: h.counter.WithLabelValues(org, account, "accepted"),
		repeated: h.counter.WithLabelValues(org, account, "repeated"),
		refused:  h.counter.WithLabelValues(org, account, "refused"),
		rationed: h.counter.WithLabelValues(org, account, "rationed"),
		shaken:   h.counter.WithLabelValues(org, account, "handshake"),
	}
	kept, _ := h.desks.LoadOrStore(key, d)
	return kept.(*desk)
}

// quiet lets one line a minute through and counts the others.
type quiet struct {
	mu   sync.Mutex
	last time.Time
	more int
}

// say logs the line, or remembers that it would have. It tells how many lines the one that was logged stands for.
func (q *quiet) say(h *Handler, level slog.Level, message string, r *http.Request, attrs ...slog.Attr) (lines int) {
	more, due := q.due(h.o.Now())
	if !due {
		return 0
	}
	attrs = append(attrs, slog.String("request", r.Header.Get("X-Request-Id")), slog.Int("more", more))
	h.o.Log.LogAttrs(r.Context(), level, message, attrs...)
	return 1 + more
}

func (q *quiet) due(now time.Time) (more int, due bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if age := now.Sub(q.last); age >= 0 && age < time.Minute {
		q.more++
		return 0, false
	}
	more, q.more, q.last = q.more, 0, now
	return more, true
}
