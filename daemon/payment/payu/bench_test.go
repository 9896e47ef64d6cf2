package payu_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/paymenttest"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
)

func BenchmarkVerify(b *testing.B) {
	a, body := open(b, nil), signed(gift(), salt)
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Verify(nil, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalise(b *testing.B) {
	a, body := open(b, nil), signed(gift(), salt)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Normalise(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPoll asks for 1,000 payments of 30 hours, as after a long outage.
func BenchmarkPoll(b *testing.B) {
	p, err := sim.NewPayU(sim.PayUOptions{Now: paymenttest.Noon})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	from := paymenttest.Noon().Add(-30 * time.Hour)
	p.Fill(1000, from, 108*time.Second)
	a := open(b, setting.Values(p.Values()))
	for b.Loop() {
		n := 0
		err := a.(payment.Poller).Poll(b.Context(), payment.Window{From: from, To: paymenttest.Noon()}, func([]byte) error { n++; return nil })
		if err != nil || n < 1000 {
			b.Fatalf("Poll gave %d bodies, %v", n, err)
		}
	}
}
