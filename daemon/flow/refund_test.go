package flow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// order has staff order a refund, of all when the amount is 0; nothing is done yet.
func (h *house) order(amount int64) ngo.RefundID {
	h.t.Helper()
	gift, sum := h.onlyGift().ID, ngo.Money{}
	if amount != 0 {
		sum = ngo.Paise(amount)
	}
	var r ngo.Refund
	h.write(func(tx *store.Tx) (err error) {
		r, err = tx.RequestRefund(gift, sum, "The donor paid twice.")
		return err
	})
	return r.ID
}

func (h *house) refund(id ngo.RefundID) (r ngo.Refund) {
	h.t.Helper()
	h.read(func(rx *store.Rx) (err error) { r, err = rx.Refund(id); return err })
	return r
}

func TestRefundOrderedHere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{Slow: true}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	id := h.order(300_00)
	h.works()
	r := h.refund(id)
	if r.State != ngo.RefundPending || r.Ref == "" || api.Returned(ref) != 300_00 {
		t.Fatalf("refund %+v, %d returned; want it pending", r, api.Returned(ref))
	}
	if d := h.onlyGift(); d.Returned != 0 {
		t.Errorf("gift %+v; want nothing returned yet", d)
	}
	api.ProcessRefund(r.Ref)
	c.told()
	d := h.onlyGift()
	if r = h.refund(id); r.State != ngo.RefundProcessed || r.Reason == "" || d.Returned != 300_00 || d.Net() != ngo.Paise(700_00) {
		t.Errorf("refund %+v, gift %+v", r, d)
	}
	if all := h.receiptsOf(d.ID); len(all) != 2 || all[1].Amount != ngo.Paise(700_00) {
		t.Errorf("receipts %+v", all)
	}
	h.clean()
}

// Whatever happens to the answer, the donor gets the money back once.
func TestRefundWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		troubles []sim.Trouble
		tell     bool // whether the webhook comes before the next try
	}{
		{"carried out, and the answer lost", []sim.Trouble{{At: "POST /payments", Lost: true, Times: 1}}, false},
		{"the answer cut off", []sim.Trouble{{At: "POST /payments", Cut: true, Times: 1}}, false},
		{"the webhook is first", []sim.Trouble{{At: "POST /payments", Lost: true, Times: 1}}, true},
		{"garbage", []sim.Trouble{{At: "POST /payments", Body: "<html>", Times: 1}}, false},
		{"busy for long", []sim.Trouble{{At: "POST /payments", Status: 429, Times: 9}, {At: "POST /payments", Status: 503, Times: 3}}, false},
		{"credentials refused once its fate is open", []sim.Trouble{{At: "POST /payments", Lost: true, Times: 1}, {At: "POST /payments", Status: 401, Times: 2}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.mailServer(sim.SMTPOptions{})
			c, api := h.razorpay(sim.RazorpayOptions{}, nil)
			ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
			c.told()
			for _, trouble := range tt.troubles {
				api.Trouble(trouble)
			}
			id := h.order(0)
			h.works()
			if tt.tell {
				c.told()
			} else if r := h.refund(id); r.State != ngo.RefundRequested {
				t.Errorf("refund %+v after the first try; want it open", r)
			}
			for range 20 {
				h.later(2 * time.Hour)
				h.works()
			}
			c.told()
			r, d := h.refund(id), h.onlyGift()
			if r.State != ngo.RefundProcessed || api.Returned(ref) != 1000_00 || d.Returned != 1000_00 || d.State != ngo.DonationReversed {
				t.Errorf("refund %+v, gift %+v, %d returned at the gateway", r, d, api.Returned(ref))
			}
			var all []ngo.Refund
			h.read(func(rx *store.Rx) (err error) { all, err = rx.RefundsOf(d.Payment); return err })
			if len(all) != 1 || len(h.state().jobs) != 0 {
				t.Errorf("refunds %+v, jobs %+v; want one, and no work left", all, h.state().jobs)
			}
			h.clean()
		})
	}
}

func TestRefundThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		trouble sim.Trouble
		change  func(map[string]string)
		says    string
	}{
		{"the gateway says no", sim.Trouble{Status: 400, Body: `{"error":{"code":"BAD_REQUEST_ERROR","description":"Your account does not have enough balance."}}`}, nil, "enough balance"},
		{"wrong credentials", sim.Trouble{Status: 401}, nil, ""},
		{"no credentials", sim.Trouble{}, func(v map[string]string) { delete(v, "key-id"); delete(v, "key-secret") }, "cannot be asked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.mailServer(sim.SMTPOptions{})
			c, api := h.razorpay(sim.RazorpayOptions{}, tt.change)
			ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
			c.told()
			tt.trouble.At = "POST /payments"
			api.Trouble(tt.trouble)
			id := h.order(0)
			h.works()
			r, d := h.refund(id), h.onlyGift()
			if r.State != ngo.RefundFailed || r.Problem == "" || !strings.Contains(r.Problem, tt.says) || api.Returned(ref) != 0 {
				t.Errorf("refund %+v; want it failed, saying %q", r, tt.says)
			}
			if d.State != ngo.DonationReceived || d.Returned != 0 || len(h.state().jobs) != 0 {
				t.Errorf("gift %+v, jobs %+v; want all as it was", d, h.state().jobs)
			}
			api.Heal()
			if tt.change == nil { // what failed can be ordered again
				id = h.order(0)
				h.works()
				if r := h.refund(id); r.State != ngo.RefundProcessed {
					t.Errorf("the second order became %+v", r)
				}
			}
			h.clean()
		})
	}
}

func TestRefundOfUnknownFateIsAPersonsInTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Give(sim.Charge{Donor: complete()})
	c.told()
	api.Trouble(sim.Trouble{At: "POST /payments", Status: 500})
	id := h.order(0)
	for range 12 {
		h.works()
		h.later(20 * time.Hour)
	}
	h.works()
	jobs := h.state().jobs
	if r := h.refund(id); r.State != ngo.RefundRequested || len(jobs) != 1 || jobs[0].State != ngo.JobParked {
		t.Errorf("refund %+v, jobs %+v; want it open and its job parked", r, jobs)
	}
}

// A donor who has a receipt in hand is told that it is void, also when another took its place that never left, and is told of the
// number that they have.
func TestRefundsWhileTheMailServerIsAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	server.Down()
	for _, amount := range []int64{300_00, 700_00} {
		api.Refund(ref, amount)
		c.told()
	}
	if err := server.Up(); err != nil {
		t.Fatal(err)
	}
	h.later(24 * time.Hour)
	h.works()
	all, mails := h.receiptsOf(h.onlyGift().ID), server.Mails()
	if len(all) != 2 || all[0].State != ngo.ReceiptReplaced || all[1].State != ngo.ReceiptVoid || len(mails) != 2 {
		t.Fatalf("receipts %+v, %d mails; want one replaced, one void, and two mails", all, len(mails))
	}
	if text := string(mails[1].Data); !strings.Contains(text, "Subject: Your receipt "+all[0].Number+" is cancelled") {
		t.Errorf("the last mail is %s; want the cancellation of %s", text, all[0].Number)
	}
	h.clean()
}
