package sim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// DeliverOptions say how badly a gateway behaves. The zero value sends each event once, in order, one at a time, and again
// until it is taken.
type DeliverOptions struct {
	Workers  int     // senders at the same time; 1 when 0
	Window   int     // events are shuffled within windows of that many; in order when 0
	Repeat   float64 // share of the events that is sent a second time, later
	NewIDs   bool    // a repeat comes under another event id
	Attempts int     // tries for each event; no end when 0
	Seed     uint64  // decides order and repeats
	// Wait passes the time before try number attempt (1 is the second try). When nil it doubles from 50 ms to 5 s.
	Wait func(ctx context.Context, attempt int) error
	// Answered is told of every answer, if it is set; status is 0 when there was none. It is called from several senders.
	Answered func(e Event, status int, took time.Duration)
}

// Report is what became of the events.
type Report struct {
	Events       int         // distinct events
	Acknowledged int         // of them
	Repeats      int         // deliveries beyond the first, acknowledged
	Tries        int         // requests sent
	Answers      map[int]int // how many of each status; 0 is no answer
	Missing      []ngo.Ref   // payments of the events that were never acknowledged
	Took         time.Duration
}

// answerTime is how long Razorpay waits for an answer.
const answerTime = 5 * time.Second

// Deliver posts the events to url as Razorpay does: any 2xx within 5 seconds is an acknowledgement, everything else, a
// redirect too, is tried again. It ends when all are delivered or given up, or with ctx, and gives its report in any case;
// the error is then that of ctx.
func Deliver(ctx context.Context, client *http.Client, url string, events iter.Seq[Event], o DeliverOptions) (Report, error) {
	if client == nil {
		client = http.DefaultClient
	}
	still := *client
	still.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if o.Wait == nil {
		o.Wait = backOff
	}
	d := &delivery{options: o, client: &still, url: url, acked: map[ngo.Ref]bool{}, report: Report{Answers: map[int]int{}}}
	started := time.Now()
	queue := make(chan Event)
	var senders sync.WaitGroup
	for range max(o.Workers, 1) {
		senders.Go(func() {
			for e := range queue {
				d.send(ctx, e)
			}
		})
	}
	d.feed(ctx, queue, events)
	close(queue)
	senders.Wait()
	d.report.Took = time.Since(started)
	return d.sum(), ctx.Err()
}

// delivery is one run of Deliver.
type delivery struct {
	options DeliverOptions
	client  *http.Client
	url     string

	mu     sync.Mutex
	acked  map[ngo.Ref]bool // payments handed out; true once acknowledged
	report Report
}

// feed hands out the events window by window, each window shuffled and followed, with the next, by its repeats.
func (d *delivery) feed(ctx context.Context, queue chan<- Event, events iter.Seq[Event]) {
	rng := rand.New(rand.NewPCG(d.options.Seed, 0))
	var window, repeats []Event
	flush := func() bool {
		again := repeats
		repeats = nil
		for _, e := range window {
			if rng.Float64() < d.options.Repeat {
				repeats = append(repeats, d.again(e))
			}
		}
		window = append(window, again...)
		if d.options.Window > 0 {
			rng.Shuffle(len(window), func(i, j int) { window[i], window[j] = window[j], window[i] })
		}
		for _, e := range window {
			select {
			case queue <- e:
			case <-ctx.Done():
				return false
			}
		}
		window = window[:0]
		return true
	}
	for e := range events {
		d.mu.Lock()
		d.acked[e.Payment] = false
		d.mu.Unlock()
		if window = append(window, e); len(window) >= d.options.Window && !flush() {
			return
		}
	}
	for flush() && len(repeats) > 0 {
	}
}

func (d *delivery) again(e Event) Event {
	if d.options.NewIDs {
		return e.Again(2)
	}
	return e
}

func (d *delivery) send(ctx context.Context, e Event) {
	for attempt := 1; ; attempt++ {
		began := time.Now()
		status := d.post(ctx, e)
		if status == 0 && ctx.Err() != nil {
			return
		}
		if d.options.Answered != nil {
			d.options.Answered(e, status, time.Since(began))
		}
		if d.count(e, status) || attempt == d.options.Attempts || d.options.Wait(ctx, attempt) != nil {
			return
		}
	}
}

// count notes an answer and tells whether it is an acknowledgement.
func (d *delivery) count(e Event, status int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report.Tries++
	d.report.Answers[status]++
	if status < 200 || status > 299 {
		return false
	}
	if d.acked[e.Payment] {
		d.report.Repeats++
	}
	d.acked[e.Payment] = true
	return true
}

// post sends one request and gives the status of the answer, 0 when there is none.
func (d *delivery) post(ctx context.Context, e Event) int {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(e.Body))
	if err != nil {
		return 0
	}
	req.Header = e.Header()
	res, err := d.client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return 0
	}
	return res.StatusCode
}

func (d *delivery) sum() Report {
	r := d.report
	r.Events = len(d.acked)
	for ref, acked := range d.acked {
		if acked {
			r.Acknowledged++
			continue
		}
		r.Missing = append(r.Missing, ref)
	}
	slices.Sort(r.Missing)
	return r
}

// backOff doubles from 50 ms to 5 s.
func backOff(ctx context.Context, attempt int) error {
	t := time.NewTimer(min(50*time.Millisecond<<min(attempt-1, 7), answerTime))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Check gives an error when an event was never acknowledged.
func (r Report) Check() error {
	if len(r.Missing) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d events were never acknowledged, such as that of %s", len(r.Missing), r.Events, r.Missing[0])
}
