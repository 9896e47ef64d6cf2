package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// BenchmarkHear takes messages of people who are known, one a delivery, from the row of the delivery to their place in the thread.
func BenchmarkHear(b *testing.B) {
	h := newHouse(b)
	g := h.whatsApp()
	const people = 500
	var first []string
	for n := range people {
		first = append(first, h.textFrom(someone(n), fmt.Sprintf("wamid.first.%d", n), "hello"))
	}
	g.hears(messages(first...))
	const together = 100
	b.ReportAllocs()
	heard, statements := 0, uint64(0)
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		for n := range together {
			g.arrive(messages(h.textFrom(someone((heard+n)%people), fmt.Sprintf("wamid.%d", heard+n), "is the office open today? வணக்கம்")))
		}
		heard += together
		statements -= h.org.Stats().Statements
		b.StartTimer()
		var jobs []ngo.Job
		h.write(func(tx *store.Tx) (err error) { jobs, err = tx.Claim(ngo.LaneMessage, together, 1<<36); return err })
		done := make(chan error, len(jobs))
		for _, j := range jobs { // as the worker does: its writes share a commit
			go func() { done <- h.run(j) }()
		}
		for range jobs {
			must(b, <-done)
		}
		b.StopTimer()
		statements += h.org.Stats().Statements
		b.StartTimer()
	}
	b.StopTimer()
	b.ReportMetric(float64(heard)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(statements)/float64(heard), "statements/message")
}

func someone(n int) string { return fmt.Sprintf("9198401%05d", n) }

// A message costs few statements: that is what keeps the way in fast.
func TestHearingCostsFewStatements(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	g.hears(messages(h.text("wamid.1", "hello")))
	for name, tt := range map[string]struct {
		body string
		most uint64 // two transactions of its own, their beginning, trail and end included; many at once share those
	}{
		"of somebody known": {messages(h.text("wamid.2", "hello again")), 13},
		"a status":          {statuses(fmt.Sprintf(`{"id":"wamid.x","status":"delivered","timestamp":"%d","recipient_id":%q}`, h.now().Unix(), meena)), 13},
		"twenty at once":    {messages(strings.Split(h.many(20), "\n")...), 20 * 5},
	} {
		g.arrive(tt.body)
		before := h.org.Stats().Statements
		var jobs []ngo.Job
		h.write(func(tx *store.Tx) (err error) { jobs, err = tx.Claim(ngo.LaneMessage, 10, 1<<36); return err })
		for _, j := range jobs {
			must(t, h.run(j))
		}
		if n := h.org.Stats().Statements - before; n > tt.most {
			t.Errorf("%s: %d statements; want at most %d", name, n, tt.most)
		}
	}
}

func (h *house) many(n int) string {
	var items []string
	for i := range n {
		items = append(items, h.text(fmt.Sprintf("wamid.many.%d", i), "one of many"))
	}
	return strings.Join(items, "\n")
}
