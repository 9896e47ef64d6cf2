package payu_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment/paymenttest"
	"github.com/ngoctl/ngoctl/daemon/payment/payu"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The account whose webhooks the suite reads is one that may not ask: with any other they are claims, which the suite tests
// at the double.
func TestSuite(t *testing.T) {
	t.Parallel()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	nth := func(n int) map[string]string {
		return with(gift(), "txnid", fmt.Sprintf("SVT-%04d", n), "amount", fmt.Sprintf("%d.50", n+1))
	}
	paymenttest.Run(t, paymenttest.Suite{
		Driver:   payu.New(),
		Values:   setting.Values{"merchant-key": key, "salt": salt, "confirm": "hash"},
		Captured: func(n int) (http.Header, []byte) { return header, signed(nth(n), salt) },
		Ignored:  func() (http.Header, []byte) { return header, signed(with(gift(), "amount", "0.00"), salt) },
		Foreign:  func() (http.Header, []byte) { return header, signed(gift(), "another") },
		Double:   double,
	})
}

// double is PayU on loopback, as the suite speaks to it.
func double(t *testing.T) paymenttest.Double {
	p := payuAPI(t, sim.PayUOptions{})
	return paymenttest.Double{
		Values: p.Values(),
		Give:   func(at time.Time, amount int64) ngo.Ref { return p.Give(sim.Charge{Created: at, Amount: amount}) },
		Late: func(at time.Time, amount int64) ngo.Ref {
			ref := p.Pay(sim.Charge{Created: at, Amount: amount, Method: "card", Donor: ngo.Donor{Name: "Meena", EMail: "meena@example.org"}})
			p.Decline(ref, "The bank did not answer in time")
			p.Succeed(ref)
			return ref
		},
		Refund:   func(ref ngo.Ref, amount int64) { p.Refund(ref, amount) },
		Returned: p.Returned,
		Webhooks: func() (out []paymenttest.Delivery) {
			for _, w := range p.Webhooks() {
				out = append(out, paymenttest.Delivery{Header: w.Header, Body: w.Body})
			}
			return out
		},
		Trouble: func(x paymenttest.Trouble) {
			at := ""
			if x.Refund {
				at = "cancel_refund_transaction"
			}
			p.Trouble(sim.Trouble{
				At: at, Status: x.Status, Header: x.Header, Body: x.Body, Empty: x.Empty, Hang: x.Hang, Lost: x.Lost, Cut: x.Cut, Times: x.Times,
			})
		},
		Heal: p.Heal,
	}
}

func payuAPI(t *testing.T, o sim.PayUOptions) *sim.PayU {
	t.Helper()
	if o.Now == nil {
		o.Now = paymenttest.Noon
	}
	p, err := sim.NewPayU(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}
