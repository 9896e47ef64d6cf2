package daemon

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/flow"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/daemon/worker"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// newBase is an open data folder with one organisation, whose gateway is in the second result.
func newBase(t testing.TB, edit ...func(*Options)) (*base, *store.Org, ngo.AccountID) {
	t.Helper()
	o := Options{Dir: filepath.Join(t.TempDir(), "data")}
	o.setDefaults()
	for _, e := range edit {
		e(&o)
	}
	ctx := context.WithoutCancel(t.Context())
	if err := Init(ctx, InitOptions{Dir: o.Dir, Org: "sevai", Name: "Sevai Trust", Now: o.Now}); err != nil {
		t.Fatal(err)
	}
	b, err := openBase(ctx, o, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	s, err := b.store.Org(ctx, "sevai")
	if err != nil {
		t.Fatal(err)
	}
	a := s.NewAccount(ngo.Gateway, "razorpay", "razorpay", nil, map[string]string{"webhook-secret": "whsec"})
	if err := s.Write(ctx, store.Ack, "test", func(tx *store.Tx) error { return tx.AddAccount(a) }); err != nil {
		t.Fatal(err)
	}
	return b, s, a.Account.ID
}

// BenchmarkToReceipt is what a gift costs from its acknowledgement to its receipt's row, both included, with the worker
// as the daemon runs it: in time, in statements, and in processor time, which other load on the machine does not blur.
func BenchmarkToReceipt(b *testing.B) {
	base, o, gateway := newBase(b)
	pay := sim.NewRazorpay(1, "whsec")
	pay.Plain = true
	var bodies [][]byte
	for n := range b.N {
		bodies = append(bodies, pay.Captured(n).Body)
	}
	left, done := int64(b.N), make(chan struct{})
	defer base.store.Feed().Subscribe(func(changes []store.Change) {
		for _, c := range changes {
			if c.Kind == "receipt" && atomic.AddInt64(&left, -1) == 0 {
				close(done)
			}
		}
	})()
	stop := toReceipts(b, base)
	b.ResetTimer()
	cpu, before := processorTime(), o.Stats()
	acknowledge(b, o, gateway, bodies)
	<-done
	after := o.Stats()
	b.ReportMetric(float64((processorTime()-cpu).Microseconds())/float64(b.N), "cpu-µs/gift")
	b.ReportMetric(float64(after.Statements-before.Statements)/float64(b.N), "statements/gift")
	b.ReportMetric(float64(after.Writes-before.Writes)/float64(after.Commits-before.Commits), "writes/commit")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "gifts/s")
	b.StopTimer()
	stop()
}

// toReceipts runs the lane of money only.
func toReceipts(b testing.TB, base *base) (stop func()) {
	b.Helper()
	steps, err := flow.New(flow.Options{Feed: base.store.Feed(), Book: base.book, Blobs: base.blobs, Laws: base.laws, Fonts: base.fonts})
	if err != nil {
		b.Fatal(err)
	}
	money := map[ngo.Lane]worker.Lane{ngo.LanePayment: lanes(DefaultConfig().Lanes)[ngo.LanePayment]}
	w, err := worker.New(worker.Options{Store: base.store, Handlers: steps.Handlers(), Lanes: money})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
}

// acknowledge brings in every body, 64 at a time.
func acknowledge(b *testing.B, o *store.Org, gateway ngo.AccountID, bodies [][]byte) {
	var next atomic.Int64
	var senders sync.WaitGroup
	for range 64 {
		senders.Go(func() {
			for i := next.Add(1); i <= int64(len(bodies)); i = next.Add(1) {
				d := o.NewDelivery(gateway, "", bodies[i-1])
				err := o.Write(context.Background(), store.Ack, "bench", func(tx *store.Tx) error {
					_, err := tx.AddDelivery(d)
					return err
				})
				if err != nil {
					b.Error(err)
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
