package flow_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/worker"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// BenchmarkToReceipt is what a gift costs from the acknowledgement of its delivery to its receipt's row, with the worker
// as the daemon runs it: in time, in processor time, which other load on the machine does not blur, and in statements.
func BenchmarkToReceipt(b *testing.B) {
	h := newHouse(b)
	var bodies [][]byte
	for n := range b.N {
		bodies = append(bodies, h.sim.Captured(n).Body)
	}
	left, done := int64(b.N), make(chan struct{})
	defer h.store.Feed().Subscribe(func(changes []store.Change) {
		for _, c := range changes {
			if c.Kind == "receipt" && atomic.AddInt64(&left, -1) == 0 {
				close(done)
			}
		}
	})()
	handlers := h.flow.Handlers()
	w, err := worker.New(worker.Options{Store: h.store, Log: slog.New(slog.DiscardHandler), Lanes: map[ngo.Lane]worker.Lane{
		ngo.LanePayment: {Workers: 2, Batch: 64, Parallel: 64},
	}, Handlers: handlers})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	b.ResetTimer()
	cpu, before := processorTime(), h.org.Stats()
	acknowledge(h, bodies)
	<-done
	after := h.org.Stats()
	b.ReportMetric(float64((processorTime()-cpu).Microseconds())/float64(b.N), "cpu-µs/gift")
	b.ReportMetric(float64(after.Statements-before.Statements)/float64(b.N), "statements/gift")
	b.ReportMetric(float64(after.Writes-before.Writes)/float64(after.Commits-before.Commits), "writes/commit")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "gifts/s")
	b.StopTimer()
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// acknowledge brings in every body, 64 at a time.
func acknowledge(h *house, bodies [][]byte) {
	var next atomic.Int64
	var senders sync.WaitGroup
	for range 64 {
		senders.Go(func() {
			for i := next.Add(1); i <= int64(len(bodies)); i = next.Add(1) {
				d := h.org.NewDelivery(h.gateway.ID, "", bodies[i-1])
				err := h.org.Write(context.Background(), store.Ack, "bench", func(tx *store.Tx) error {
					_, err := tx.AddDelivery(d)
					return err
				})
				if err != nil {
					h.t.Error(err)
				}
			}
		})
	}
	senders.Wait()
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
