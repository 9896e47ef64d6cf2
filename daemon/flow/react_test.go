package flow_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Looking at a gift more often than needed, also before its receipt is drawn, changes nothing.
func TestReactionIsHarmlessWhenRepeated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	look := func() {
		id := h.onlyGift().ID
		h.write(func(tx *store.Tx) error {
			for range 3 {
				if err := tx.Enqueue(ngo.LanePayment, ngo.JobReact, string(id), 0); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range 2 { // ingest, react
		for _, w := range api.Webhooks() {
			c.arrive(w.Body, false)
		}
		for _, j := range h.claim() {
			must(t, h.run(j))
		}
	}
	for _, change := range []func(){func() {}, func() { api.Refund(ref, 300_00) }, func() { api.Refund(ref, 0) }} {
		change()
		look()
		c.told()
		look()
		h.works()
	}
	all := h.receiptsOf(h.onlyGift().ID)
	if len(all) != 2 || all[0].State != ngo.ReceiptReplaced || all[1].State != ngo.ReceiptVoid || server.Total() != 3 || len(h.state().messages) != 3 {
		t.Errorf("receipts %+v, %d mails; want one replaced, then void, and three mails", all, server.Total())
	}
	h.clean()
}

// Money that goes back while the receipt is being issued leaves none that stands.
func TestRefundBesideItsReceipt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	const gifts = 20
	for n := range gifts {
		donor := complete()
		donor.EMail = fmt.Sprintf("meena.%d@example.org", n)
		api.Give(sim.Charge{Donor: donor, Via: sim.ViaNothing})
	}
	for _, w := range api.Webhooks() {
		c.arrive(w.Body, false)
	}
	for _, j := range h.claim() {
		must(t, h.run(j))
	}
	for _, ref := range api.Payments() {
		api.Refund(ref, 0)
	}
	for _, w := range api.Webhooks() {
		c.arrive(w.Body, false)
	}
	jobs := h.claim() // every receipt and every refund
	var wg sync.WaitGroup
	for _, j := range jobs {
		wg.Go(func() {
			if err := h.run(j); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h.works()
	s := h.state()
	for _, d := range s.donations {
		if d.State != ngo.DonationReversed || d.Receipt != "" {
			t.Errorf("gift %+v", d)
		}
	}
	for _, m := range s.messages { // no mail had left: none has to, and nobody is told of the end of what never began
		if m.Kind != ngo.MessageReceipt || m.State != ngo.MessageWithdrawn {
			t.Errorf("message %+v", m)
		}
	}
	if len(s.donations) != gifts || len(s.messages) != len(s.receipts) {
		t.Errorf("%d gifts, %d receipts, %d messages", len(s.donations), len(s.receipts), len(s.messages))
	}
	h.clean()
}

// A receipt that went to nobody, because no address was known, goes to the one that a later event tells; once.
func TestReceiptFollowsALateAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.EMail = ""
	api.Give(sim.Charge{Donor: donor, Via: sim.ViaNothing})
	c.told()
	id := h.onlyGift().ID
	if len(h.receiptsOf(id)) != 1 || server.Total() != 0 {
		t.Fatalf("receipts %+v, %d mails; want a receipt and no mail", h.receiptsOf(id), server.Total())
	}
	for range 2 {
		h.write(func(tx *store.Tx) error {
			if _, err := tx.MergeDonor(id, complete(), "", ""); err != nil {
				return err
			}
			return tx.Enqueue(ngo.LanePayment, ngo.JobReact, string(id), 0)
		})
		h.works()
	}
	if mails := server.Mails(); len(h.receiptsOf(id)) != 1 || len(mails) != 1 || mails[0].To[0] != complete().EMail {
		t.Errorf("receipts %+v, mails %+v; want the one receipt mailed once", h.receiptsOf(id), mails)
	}
	h.clean()
}
