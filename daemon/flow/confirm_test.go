package flow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// payu opens a counter at PayU's double.
func (h *house) payu(o sim.PayUOptions) (*counter, *sim.PayU) {
	h.t.Helper()
	o.Now = h.now
	api, err := sim.NewPayU(o)
	must(h.t, err)
	h.t.Cleanup(func() { must(h.t, api.Close()) })
	return h.counter("payu", api, api.Values()), api
}

func (h *house) payments() (all []ngo.Payment) {
	h.t.Helper()
	h.read(func(rx *store.Rx) (err error) {
		all, _, err = rx.Payments(store.PaymentQuery{ListQuery: store.ListQuery{Limit: 100}})
		return err
	})
	return all
}

func TestClaimIsConfirmed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.payu(sim.PayUOptions{})
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete(), Created: h.now().Add(-time.Hour)})
	hooks := api.Webhooks()
	for _, w := range hooks {
		c.arrive(w.Body, false)
	}
	c.arrive(api.Callback(ref).Body, false)
	h.works()
	d, paid := h.onlyGift(), h.payments()
	if d.State != ngo.DonationReceived || len(paid) != 1 || paid[0].Alias != api.ID(ref) || paid[0].State != ngo.PaymentCaptured || server.Total() != 1 {
		t.Errorf("gift %+v, payments %+v, %d mails", d, paid, server.Total())
	}
	for _, d := range h.state().deliveries {
		if d.State != ngo.DeliveryProcessed || d.Summary == "" {
			t.Errorf("delivery %+v", d)
		}
	}
	api.Refund(ref, 400_00)
	c.told()
	if d = h.onlyGift(); d.Returned != 400_00 || len(h.receiptsOf(d.ID)) != 2 {
		t.Errorf("gift %+v after a refund", d)
	}
	h.clean()
}

func TestClaimWaitsForTheGateway(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]sim.Trouble{
		"down": {Status: 503}, "busy": {Status: 429}, "garbage": {Body: "<html>"}, "empty": {Empty: true},
		"wrong credentials": {Status: 401}, "cut": {Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			c, api := h.payu(sim.PayUOptions{})
			api.Trouble(trouble)
			api.Give(sim.Charge{Donor: complete()})
			c.told()
			s, paid := h.state(), h.payments()
			if len(s.donations) != 0 || len(paid) != 1 || paid[0].State != ngo.PaymentCreated || len(s.jobs) != 1 || s.deliveries[0].State != ngo.DeliveryAccepted {
				t.Errorf("payments %+v, state %+v; want a payment that is begun, and no gift", paid, s)
			}
			api.Heal()
			h.later(time.Hour)
			h.works()
			if d := h.onlyGift(); d.State != ngo.DonationReceived {
				t.Errorf("gift %+v", d)
			}
			h.clean()
		})
	}
}

// Of what only somebody with the salt can have signed, and the gateway does not know, no gift comes.
func TestClaimThatNobodyConfirms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.payu(sim.PayUOptions{Seed: 1})
	other, err := sim.NewPayU(sim.PayUOptions{Seed: 1, Now: h.now})
	must(t, err)
	t.Cleanup(func() { must(t, other.Close()) })
	other.Give(sim.Charge{ID: "forged", Donor: complete()})
	for _, w := range other.Webhooks() {
		c.arrive(w.Body, false)
	}
	for range 9 {
		h.works()
		h.later(10 * time.Hour)
	}
	h.works()
	s := h.state()
	if len(s.donations) != 0 || len(s.jobs) != 0 || s.deliveries[0].State != ngo.DeliveryQuarantined || !strings.Contains(s.deliveries[0].Reason, "not confirmed") {
		t.Errorf("left %+v; want a delivery for a person to look at", s)
	}
	if n := api.Asked("verify_payment"); n == 0 || n > 30 {
		t.Errorf("asked %d times; want some, with patience", n)
	}
}

// What the gateway says counts, not what was claimed.
func TestClaimThatTheGatewayDenies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.payu(sim.PayUOptions{})
	ref := api.Pay(sim.Charge{Donor: complete()})
	api.Succeed(ref)
	claimed := api.Webhooks()
	api.Decline(ref, "The bank said no.")
	for _, w := range claimed {
		c.arrive(w.Body, false)
	}
	h.works()
	if paid := h.payments(); len(h.state().donations) != 0 || len(paid) != 1 || paid[0].State != ngo.PaymentFailed {
		t.Errorf("payments %+v; want one that failed", paid)
	}
}

// deaf is a gateway that claims things about which it cannot be asked.
type deaf struct{ payment.Driver }

func (deaf) Name() string { return "deaf" }

func (d deaf) Open(v setting.Values) (payment.Account, error) {
	a, err := d.Driver.Open(v)
	return struct{ payment.Account }{a}, err
}

func TestClaimThatNobodyCanConfirmIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, api := h.payu(sim.PayUOptions{})
	c := h.counter("deaf", api, api.Values())
	api.Give(sim.Charge{Donor: complete()})
	c.told()
	for _, d := range h.state().deliveries {
		if d.State != ngo.DeliveryQuarantined || d.Reason == "" {
			t.Errorf("delivery %+v; want it kept for a person", d)
		}
	}
}
