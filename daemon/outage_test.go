package daemon

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// outage is a gateway whose webhooks did not arrive for thirty hours, and the base that asks it.
type outage struct {
	*base
	t     testing.TB
	store *store.Org
	org   *org.Org
	pay   *sim.RazorpayAPI
	hooks []sim.Webhook // of the gifts before it
	gifts []ngo.Ref
}

const outageTime = 30 * time.Hour

// newOutage has gifts, evenly spread over the time, of which the first fifty were told of by webhooks that are still on their way.
func newOutage(t testing.TB, gifts int) *outage {
	t.Helper()
	b, s, id := newBase(t)
	x := &outage{base: b, t: t, store: s}
	var err error
	if x.pay, err = sim.NewRazorpayAPI(sim.RazorpayOptions{Seed: 7, WebhookSecret: "whsec"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.pay.Close(); err != nil {
			t.Error(err)
		}
	})
	settings, secrets := map[string]string{}, map[string]string{}
	for name, value := range x.pay.Values() {
		if strings.HasSuffix(name, "-secret") {
			secrets[name] = value
		} else {
			settings[name] = value
		}
	}
	change(t, s, id, settings, secrets)
	if x.org, err = b.book.Org(t.Context(), "sevai"); err != nil {
		t.Fatal(err)
	}
	step := outageTime / time.Duration(gifts)
	begin := time.Now().Add(-outageTime)
	x.gifts = x.pay.Fill(50, begin, step)
	x.hooks = x.pay.Webhooks()
	x.pay.SwitchOff()
	x.gifts = append(x.gifts, x.pay.Fill(gifts-50, begin.Add(50*step), step)...)
	return x
}

func (x *outage) catchUp() (found int64) {
	x.t.Helper()
	r, err := x.pull.CatchUp(x.t.Context(), x.org, "razorpay", time.Now().Add(-outageTime-time.Hour))
	if err != nil || r.Problem != "" {
		x.t.Fatalf("CatchUp = %+v, %v", r, err)
	}
	return r.Found
}

// settled waits until every delivery was worked on.
func (x *outage) settled() {
	x.t.Helper()
	ctx, cancel := context.WithTimeout(x.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var open []ngo.Delivery
		read(x.t, x.store, func(rx *store.Rx) (err error) {
			open, _, err = rx.Deliveries(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 1}, State: ngo.DeliveryAccepted})
			return err
		})
		if len(open) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			x.t.Fatal("deliveries are still not worked on")
		case <-tick.C:
		}
	}
}

// states counts the gifts by where they stand.
func (x *outage) states() (total int, by map[ngo.DonationState]int) {
	x.t.Helper()
	by = map[ngo.DonationState]int{}
	for after := ""; ; {
		var page []ngo.Donation
		read(x.t, x.store, func(rx *store.Rx) (err error) {
			page, after, err = rx.Donations(store.DonationQuery{ListQuery: store.ListQuery{Limit: 500, After: after}})
			return err
		})
		for _, d := range page {
			total++
			by[d.State]++
		}
		if after == "" {
			return total, by
		}
	}
}

// A thousand gifts over thirty hours, some of which went back meanwhile, found in two goes, the first of which was interrupted;
// and then the webhooks come after all. Each is one gift.
func TestOutageIsRepaired(t *testing.T) {
	t.Parallel()
	x := newOutage(t, 1000)
	for n := 100; n < 110; n++ {
		x.pay.Refund(x.gifts[n], 0)
	}
	x.pay.Refund(x.gifts[200], 100)
	stop := toReceipts(t, x.base)

	x.pay.Trouble(sim.Trouble{At: "GET /payments", After: 5, Times: 1, Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := x.pull.CatchUp(ctx, x.org, "razorpay", time.Now().Add(-outageTime-time.Hour))
		ended <- err
	}()
	if err := x.pay.WaitAsked(t.Context(), "GET /payments", 6); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Fatal("the first go was not interrupted")
	}
	x.pay.Heal()
	first := 0
	read(t, x.store, func(rx *store.Rx) error {
		list, _, err := rx.Deliveries(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 500}, Source: ngo.SourcePoll})
		first = len(list)
		return err
	})
	if first != 500 {
		t.Errorf("%d deliveries found by asking before the interruption, want a full list", first)
	}
	x.catchUp()
	x.settled()
	if again := x.catchUp(); again != 0 {
		t.Errorf("asking once more found %d", again)
	}
	for _, h := range x.hooks {
		x.take(h)
	}
	x.settled()
	stop()

	total, by := x.states()
	if total != 1000 || by[ngo.DonationReversed] != 10 {
		t.Errorf("%d gifts, %v; want 1000, of which ten went back", total, by)
	}
	read(t, x.store, func(rx *store.Rx) error {
		s, err := rx.Summary(x.org.Day(time.Now()))
		if s.Recovered != 990 || s.Quarantined != 0 || s.JobsParked != 0 || s.GatewayAlarms != 0 {
			t.Errorf("summary %+v; want every gift that did not go back marked as recovered, and nothing that waits for a person", s)
		}
		return err
	})
	read(t, x.store, func(rx *store.Rx) error {
		wrong, err := rx.Recount()
		if len(wrong) > 0 {
			t.Errorf("the sums are wrong: %v", wrong)
		}
		return err
	})
}

// take brings in a webhook.
func (x *outage) take(h sim.Webhook) {
	x.t.Helper()
	info, account, err := x.org.Gateway(x.t.Context(), "razorpay")
	if err != nil {
		x.t.Fatal(err)
	}
	if err := account.Verify(h.Header, h.Body); err != nil {
		x.t.Fatalf("%s: %v", h.Name, err)
	}
	d := x.store.NewDelivery(info.ID, account.Hint(h.Header), h.Body)
	err = x.store.Write(x.t.Context(), store.Ack, "test", func(tx *store.Tx) error {
		_, err := tx.AddDelivery(d)
		return err
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

// PayU is asked day by day, and tells of what went back as well.
func TestPayUIsAskedForWhatWasMissed(t *testing.T) {
	t.Parallel()
	b, s, _ := newBase(t)
	pay, err := sim.NewPayU(sim.PayUOptions{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pay.Close(); err != nil {
			t.Error(err)
		}
	})
	a := s.NewAccount(ngo.Gateway, "payu", "payu", nil, pay.Values())
	if err := s.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error { return tx.AddAccount(a) }); err != nil {
		t.Fatal(err)
	}
	x := &outage{base: b, t: t, store: s}
	if x.org, err = b.book.Org(t.Context(), "sevai"); err != nil {
		t.Fatal(err)
	}
	pay.SwitchOff()
	gifts := pay.Fill(120, time.Now().Add(-outageTime), outageTime/130)
	pay.Refund(gifts[3], 0)
	pay.ProcessRefunds()
	stop := toReceipts(t, b)
	for n, want := range []int64{121, 0} {
		r, err := b.pull.CatchUp(t.Context(), x.org, "payu", time.Now().Add(-outageTime-time.Hour))
		if err != nil || r.Problem != "" || r.Found < want || want == 0 && r.Found > 0 {
			t.Errorf("asking %d = %+v, %v; want %d found", n+1, r, err, want)
		}
		x.settled()
	}
	stop()
	if total, by := x.states(); total != 120 || by[ngo.DonationReversed] != 1 {
		t.Errorf("%d gifts, %v; want 120, of which one went back", total, by)
	}
	read(t, s, func(rx *store.Rx) error {
		sum, err := rx.Summary(x.org.Day(time.Now()))
		if sum.Recovered != 119 || sum.Quarantined != 0 || sum.JobsParked != 0 {
			t.Errorf("summary %+v; want every gift that did not go back marked as recovered, and nothing that waits for a person", sum)
		}
		return err
	})
}

// BenchmarkOutage is the repair of a long outage, from the question to the last gift in the ledger.
func BenchmarkOutage(b *testing.B) {
	for _, gifts := range []int{1000, 5000} {
		b.Run(fmt.Sprint(gifts), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				x := newOutage(b, gifts)
				stop := toReceipts(b, x.base)
				b.StartTimer()
				if found := x.catchUp(); found != int64(gifts) {
					b.Errorf("found %d of %d", found, gifts)
				}
				x.settled()
				b.StopTimer()
				stop()
			}
		})
	}
}
