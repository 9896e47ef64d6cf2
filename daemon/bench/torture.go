package bench

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/sim"
)

// Torture kills the daemon with kill -9 again and again at random moments while webhooks pour in and receipts go out by
// mail, and then holds what is left against what was acknowledged. The findings are what an auditor would ask: nothing
// acknowledged is missing, nothing happened twice, the numbers have no gap, every paper can be opened, the trail is whole.
// An error tells that the torture itself could not be carried out; Lost and the other findings are in the report.
func Torture(ctx context.Context, o Options) (r Report, findings []string, err error) {
	o = o.defaults()
	if o.Kills == 0 {
		o.Kills = 50
	}
	post, err := sim.NewSMTP(sim.SMTPOptions{})
	if err != nil {
		return Report{}, nil, err
	}
	defer post.Close()
	f, err := newField(ctx, o, post.Addr())
	if err != nil {
		return Report{}, nil, err
	}
	defer func() { err = joinErr(err, f.remove()) }()
	t := &torture{field: f, gateway: sim.NewRazorpay(uint64(o.Kills), secret), client: &http.Client{
		Timeout: 5 * time.Second, Transport: f.client.Transport,
	}}
	begin := time.Now()
	if err := t.run(ctx, o.Kills); err != nil {
		return Report{}, nil, err
	}
	findings, err = t.check(ctx, post)
	if err != nil {
		return Report{}, nil, err
	}
	r = newReport("torture", "kill -9 at random moments under load; then everything acknowledged is looked for")
	r.Given = Figures{{"kills", float64(o.Kills)}, {"clients", tormentors}}
	r.Measured = Figures{
		{"acknowledged", float64(t.sent.Acknowledged)}, {"requests", float64(t.sent.Tries)}, {"receipts", float64(t.seen.Receipts)},
		{"mails", float64(t.seen.Mails)}, {"mails_repeated", float64(t.seen.Repeated)}, {"findings", float64(len(findings))}, {"seconds", time.Since(begin).Seconds()},
	}
	return r, findings, nil
}

// tormentors is how many senders there are, and restBetween the time between two new payments: a rate at which the papers of
// an hour of torture can still all be drawn and opened in the end.
const (
	tormentors  = 16
	restBetween = 3 * time.Millisecond
)

type torture struct {
	*field
	gateway *sim.Razorpay
	client  *http.Client
	sent    sim.Report

	mu    sync.Mutex
	acked []sim.Event
	seen  Finding
}

// run sends without pause and kills the daemon the given number of times.
func (t *torture) run(ctx context.Context, kills int) error {
	load, stop := context.WithCancel(ctx)
	defer stop()
	if _, err := t.start(ctx); err != nil {
		return err
	}
	var wg sync.WaitGroup
	wg.Go(func() { t.torment(load) })
	err := t.killing(ctx, kills)
	stop()
	wg.Wait()
	return err
}

func (t *torture) killing(ctx context.Context, kills int) error {
	for n := range kills {
		if err := sleep(ctx, time.Duration(50+rand.IntN(450))*time.Millisecond); err != nil {
			return err
		}
		t.daemon.kill()
		t.o.say("kill %d of %d", n+1, kills)
		if _, err := t.start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// torment sends payments as a gateway does, out of order, each until it is acknowledged and one in ten once more under
// another event id. It ends with ctx, which is no failure.
func (t *torture) torment(ctx context.Context) {
	paced := func(yield func(sim.Event) bool) {
		for e := range t.gateway.Events(0, math.MaxInt) {
			if sleep(ctx, restBetween) != nil || !yield(e) {
				return
			}
		}
	}
	t.sent, _ = sim.Deliver(ctx, t.client, t.url("/hooks/"+t.orgs[0]+"/razorpay"), paced, sim.DeliverOptions{
		Workers: tormentors, Window: 8, Repeat: 0.1, NewIDs: true,
		Wait: func(ctx context.Context, _ int) error { return sleep(ctx, 5*time.Millisecond) },
		Answered: func(e sim.Event, status int, _ time.Duration) {
			if status == http.StatusOK {
				t.mu.Lock()
				defer t.mu.Unlock()
				t.acked = append(t.acked, e)
			}
		},
	})
}

// check waits until all work is done and gives what is not as it must be.
func (t *torture) check(ctx context.Context, post *sim.SMTP) ([]string, error) {
	c, err := t.local()
	if err != nil {
		return nil, err
	}
	t.o.say("%d acknowledged; waiting until all work is done", len(t.acked))
	if err := t.drained(ctx, c); err != nil {
		return nil, err
	}
	t.seen, err = Examine(ctx, Case{Client: c, Org: t.orgs[0], Acked: t.acked, Mail: post})
	return t.seen.Findings, err
}

// drained waits until no job is left; a parked one is a finding of its own.
func (t *torture) drained(ctx context.Context, c *api.Client) error {
	deadline := time.Now().Add(10 * time.Minute)
	for time.Now().Before(deadline) {
		left, err := Left(ctx, c, t.orgs[0], time.Hour)
		if err != nil || left == 0 {
			return err
		}
		t.o.say("%d jobs left", left)
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	return errors.New("the work was not done within ten minutes")
}
