package razorpay_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment/paymenttest"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestSuite(t *testing.T) {
	t.Parallel()
	r := sim.NewRazorpay(1, secret)
	parts := func(e sim.Event) (http.Header, []byte) { return e.Header(), e.Body }
	paymenttest.Run(t, paymenttest.Suite{
		Driver:    razorpay.New(),
		Values:    setting.Values{"webhook-secret": secret, "account-id": r.Account},
		Captured:  func(n int) (http.Header, []byte) { return parts(r.Captured(n)) },
		Ignored:   func() (http.Header, []byte) { return ignored(r.Account) },
		Foreign:   func() (http.Header, []byte) { return parts(sim.NewRazorpay(1, "another").Captured(0)) },
		WholeBody: true,
		Double:    double,
	})
}

// double is Razorpay on loopback, as the suite speaks to it.
func double(t *testing.T) paymenttest.Double {
	r := razorpayAPI(t, sim.RazorpayOptions{})
	return paymenttest.Double{
		Values: r.Values(),
		Give:   func(at time.Time, amount int64) ngo.Ref { return r.Give(sim.Charge{Created: at, Amount: amount}) },
		Late: func(at time.Time, amount int64) ngo.Ref {
			ref := r.Pay(sim.Charge{Created: at, Amount: amount, Via: sim.ViaLink, Donor: ngo.Donor{Name: "Meena", EMail: "meena@example.org"}})
			r.Decline(ref, "The bank did not answer in time")
			r.Authorize(ref)
			r.Capture(ref)
			return ref
		},
		Refund:   func(p ngo.Ref, amount int64) { r.Refund(p, amount) },
		Returned: r.Returned,
		Webhooks: func() (out []paymenttest.Delivery) {
			for _, w := range r.Webhooks() {
				out = append(out, paymenttest.Delivery{Header: w.Header, Body: w.Body})
			}
			return out
		},
		Trouble: func(x paymenttest.Trouble) {
			at := ""
			if x.Refund {
				at = "POST /payments"
			}
			r.Trouble(sim.Trouble{
				At: at, Status: x.Status, Header: x.Header, Body: x.Body, Empty: x.Empty, Hang: x.Hang, Lost: x.Lost, Cut: x.Cut, Times: x.Times,
			})
		},
		Heal: r.Heal,
	}
}

func razorpayAPI(t *testing.T, o sim.RazorpayOptions) *sim.RazorpayAPI {
	t.Helper()
	if o.Now == nil {
		o.Now = paymenttest.Noon
	}
	r, err := sim.NewRazorpayAPI(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// ignored is a token event, signed.
func ignored(account string) (http.Header, []byte) {
	body := []byte(`{"entity":"event","account_id":"` + account + `","event":"token.confirmed","contains":["token"],"payload":{"token":{"entity":{"id":"token_1","entity":"token"}}},"created_at":1795429803}`)
	return signed(secret, body), body
}

// What the simulated gateway means is what the driver reads.
func TestSimulatedPayments(t *testing.T) {
	t.Parallel()
	r := sim.NewRazorpay(2, secret)
	a := account(t)
	for e := range r.Events(0, 2000) {
		event, err := a.Normalise(e.Body)
		if err != nil || event.Payment == nil {
			t.Fatalf("Normalise(%s) = %+v, %v", e.Body, event, err)
		}
		p := event.Payment
		if p.Ref != e.Payment || p.Amount != e.Amount || p.Fee != e.Fee || p.Tax != e.Tax || p.Method != e.Method || p.Reference == "" ||
			p.International != e.International || p.Order == "" || !p.Created.Equal(e.Created) || p.Donor != e.Donor || p.Purpose != e.Purpose ||
			p.State != ngo.PaymentCaptured || event.Name != e.Name || a.Hint(e.Header()) != e.ID {
			t.Fatalf("Normalise(%s) = %+v; want %+v", e.Body, p, e)
		}
	}
}
