package sim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/daemon/sim"
)

// receiver takes webhooks, and answers the first tries of each body as told.
type receiver struct {
	answers []int
	mu      sync.Mutex
	bodies  map[string]int
	order   []string
	ids     map[string]bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil || !sign.Verify([]byte("s"), body, req.Header.Get("X-Razorpay-Signature")) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.bodies[string(body)]
	r.bodies[string(body)]++
	r.ids[req.Header.Get("X-Razorpay-Event-Id")] = true
	if n == 0 {
		r.order = append(r.order, string(body))
	}
	if n < len(r.answers) {
		w.Header().Set("Location", "/")
		w.WriteHeader(r.answers[n])
	}
}

func serve(t *testing.T, answers ...int) (*receiver, *httptest.Server) {
	t.Helper()
	r := &receiver{answers: answers, bodies: map[string]int{}, ids: map[string]bool{}}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return r, s
}

func noWait(ctx context.Context, _ int) error { return ctx.Err() }

func TestDeliverRetriesUntilTaken(t *testing.T) {
	t.Parallel()
	r, s := serve(t, http.StatusServiceUnavailable, http.StatusFound)
	gen := sim.NewRazorpay(1, "s")
	report, err := sim.Deliver(t.Context(), s.Client(), s.URL, gen.Events(0, 40), sim.DeliverOptions{Workers: 4, Wait: noWait})
	if err != nil || report.Check() != nil {
		t.Fatalf("Deliver = %+v, %v", report, err)
	}
	if report.Events != 40 || report.Acknowledged != 40 || report.Tries != 120 || report.Answers[503] != 40 || report.Answers[302] != 40 || len(r.bodies) != 40 {
		t.Errorf("report %+v of %d bodies", report, len(r.bodies))
	}
}

func TestDeliverRepeatsAndShuffles(t *testing.T) {
	t.Parallel()
	r, s := serve(t)
	gen := sim.NewRazorpay(1, "s")
	report, err := sim.Deliver(t.Context(), s.Client(), s.URL, gen.Events(0, 100), sim.DeliverOptions{Window: 20, Repeat: 0.5, NewIDs: true, Seed: 3})
	if err != nil || report.Check() != nil {
		t.Fatalf("Deliver = %+v, %v", report, err)
	}
	if report.Repeats < 20 || report.Tries != 100+report.Repeats || len(r.bodies) != 100 || len(r.ids) != report.Tries {
		t.Errorf("report %+v of %d bodies under %d ids", report, len(r.bodies), len(r.ids))
	}
	n, moved := 0, 0
	for e := range gen.Events(0, 100) {
		if r.order[n] != string(e.Body) {
			moved++
		}
		n++
	}
	if moved < 50 {
		t.Errorf("%d of 100 events were out of order; want more", moved)
	}
}

func TestDeliverGivesUp(t *testing.T) {
	t.Parallel()
	_, s := serve(t, 500, 500, 500)
	gen := sim.NewRazorpay(1, "s")
	report, err := sim.Deliver(t.Context(), s.Client(), s.URL, gen.Events(0, 3), sim.DeliverOptions{Attempts: 2, Wait: noWait})
	if err != nil || report.Acknowledged != 0 || len(report.Missing) != 3 || report.Check() == nil || report.Tries != 6 {
		t.Errorf("Deliver = %+v, %v; want three missing after two tries each", report, err)
	}
}

func TestDeliverEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, s := serve(t)
	s.Close() // nobody listens any more
	ctx, cancel := context.WithCancel(t.Context())
	answered := func(sim.Event, int, time.Duration) { cancel() }
	report, err := sim.Deliver(ctx, s.Client(), s.URL, sim.NewRazorpay(1, "s").Events(0, 1_000_000), sim.DeliverOptions{Workers: 3, Answered: answered})
	if !errors.Is(err, context.Canceled) || report.Acknowledged != 0 || len(report.Missing) != report.Events {
		t.Errorf("Deliver = %+v, %v", report, err)
	}
}
