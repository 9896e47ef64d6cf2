package sim

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// RazorpayOptions say what an account at Razorpay is like. What is empty is made up from the seed.
type RazorpayOptions struct {
	Seed          uint64
	KeyID         string // rzp_test_…
	KeySecret     string
	WebhookSecret string
	Account       string           // acc_…
	Now           func() time.Time // time.Now when nil
	Slow          bool             // a refund is pending until ProcessRefund or FailRefund; else it is processed at once
}

// RazorpayAPI is the double of Razorpay for one account: its REST API on loopback, and the webhooks of what happens there.
// Payments, refunds, disputes and settlements are made by its methods (and refunds through the API); each change makes its
// webhooks, to be taken with Webhooks. It keeps everything, and tells it to who asks with the right key:
//
//	GET  /payments, /payments/{id}, /payments/{id}/refunds, /payments/{id}/bank_transfer, /orders/{id}/payments
//	POST /payments/{id}/refund    {amount, speed, notes, receipt}, with X-Refund-Idempotency
//	POST /payments/{id}/capture   {amount, currency}
//	GET  /refunds, /refunds/{id}, /disputes, /disputes/{id}, /settlements, /settlements/{id}
//
// Lists take from, to (both inclusive, of created_at), count (10, at most 100) and skip, and are in order of time, newest
// first. Methods panic when they name what does not exist: the script is then wrong.
type RazorpayAPI struct {
	double
	options RazorpayOptions

	mu          sync.Mutex
	made        map[string]uint64 // how many ids of each prefix
	payments    []*razorpayPayment
	byID        map[string]*razorpayPayment
	refunds     []*razorpayRefund
	disputes    []*razorpayDispute
	settlements []*razorpaySettlement
	containers  map[string]*container
	keys        map[string]*idempotent
	settled     int // payments[:settled] are in a settlement
}

// NewRazorpayAPI starts the double on a free port of 127.0.0.1. Close ends it.
func NewRazorpayAPI(o RazorpayOptions) (*RazorpayAPI, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	for i, f := range []struct {
		field  *string
		prefix string
	}{{&o.KeyID, "rzp_test_"}, {&o.KeySecret, ""}, {&o.WebhookSecret, ""}, {&o.Account, "acc_"}} {
		if *f.field == "" {
			*f.field = f.prefix + identifier(o.Seed^0xacc, uint64(i))
		}
	}
	r := &RazorpayAPI{
		options: o, made: map[string]uint64{}, byID: map[string]*razorpayPayment{},
		containers: map[string]*container{}, keys: map[string]*idempotent{},
	}
	if err := r.start(r, "/v1"); err != nil {
		return nil, err
	}
	return r, nil
}

// Values are the settings of a gateway account of driver razorpay that stands for this double.
func (r *RazorpayAPI) Values() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return map[string]string{
		"key-id": r.options.KeyID, "key-secret": r.options.KeySecret, "webhook-secret": r.options.WebhookSecret,
		"account-id": r.options.Account, "base-url": r.URL(),
	}
}

// SetWebhookSecret changes the secret: webhooks made from now on are signed with it.
func (r *RazorpayAPI) SetWebhookSecret(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.options.WebhookSecret = secret
}

// Pay starts a payment: it is created, of which no webhook tells. It gives its id.
func (r *RazorpayAPI) Pay(c Charge) ngo.Ref {
	r.mu.Lock()
	defer r.mu.Unlock()
	return ngo.Ref(r.pay(c.filled(r.options.Now())).ID)
}

// Authorize has the bank say yes, also days after it said no: payment.authorized. Where the method does not know that state
// (QR codes, virtual accounts) there is no webhook.
func (r *RazorpayAPI) Authorize(payment ngo.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.payment(payment)
	p.Status = "authorized"
	p.ErrorCode, p.ErrorDescription, p.ErrorSource, p.ErrorStep, p.ErrorReason = nil, nil, nil, nil, nil
	if p.via != ViaQR && p.via != ViaAccount {
		r.tell("payment.authorized", p)
	}
}

// Decline has the bank say no, or nothing in time: payment.failed. A later Authorize is a late authorisation.
func (r *RazorpayAPI) Decline(payment ngo.Ref, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.payment(payment)
	p.Status = "failed"
	p.ErrorCode, p.ErrorDescription = text("BAD_REQUEST_ERROR"), text(why)
	p.ErrorSource, p.ErrorStep, p.ErrorReason = text("issuer"), text("payment_authorization"), text("payment_failed")
	r.tell("payment.failed", p)
}

// Capture makes the money ours: payment.captured, and the events of what it was paid through.
func (r *RazorpayAPI) Capture(payment ngo.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.capture(r.payment(payment))
}

// Give is Pay, Authorize and Capture.
func (r *RazorpayAPI) Give(c Charge) ngo.Ref {
	ref := r.Pay(c)
	r.Authorize(ref)
	r.Capture(ref)
	return ref
}

// Fill gives n payments of made-up donors, captured, the first made at from and the others every later: a book to ask for.
// With webhooks switched off they are only to be found by asking.
func (r *RazorpayAPI) Fill(n int, from time.Time, every time.Duration) []ngo.Ref {
	script := NewRazorpay(r.options.Seed^0xf111, "")
	out := make([]ngo.Ref, 0, n)
	for i := range n {
		g := script.gift(i)
		out = append(out, r.Give(Charge{
			Amount: g.amount, Method: g.method, International: g.international, Donor: g.donor, Purpose: g.purpose,
			Created: from.Add(time.Duration(i) * every),
		}))
	}
	return out
}

// Refund pays back as from Razorpay's dashboard: refund.created and, unless the account is slow, refund.processed. Amount 0
// is all that remains. It gives the refund's id.
func (r *RazorpayAPI) Refund(payment ngo.Ref, amount int64) ngo.Ref {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.payment(payment)
	if amount == 0 {
		amount = p.Amount - p.AmountRefunded
	}
	return ngo.Ref(r.refund(p, refundOrder{Amount: &amount}).ID)
}

// ProcessRefund ends a pending refund well: refund.processed, with the bank's number.
func (r *RazorpayAPI) ProcessRefund(refund ngo.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.processRefund(r.refunded(refund))
}

// ProcessRefunds ends all pending refunds well, and tells how many there were.
func (r *RazorpayAPI) ProcessRefunds() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, f := range r.refunds {
		if f.Status == "pending" {
			r.processRefund(f)
			n++
		}
	}
	return n
}

// FailRefund ends a pending refund badly: refund.failed. The payment is as it was before.
func (r *RazorpayAPI) FailRefund(refund ngo.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.refunded(refund)
	f.Status = "failed"
	p := r.byID[f.PaymentID]
	p.back(-f.Amount)
	r.tellRefund("refund.failed", f)
}

// Dispute has the donor's bank ask for money back: payment.dispute.created. Phase is chargeback when empty, amount 0 the
// whole payment. It gives the dispute's id.
func (r *RazorpayAPI) Dispute(payment ngo.Ref, amount int64, phase string) ngo.Ref {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.payment(payment)
	if amount == 0 {
		amount = p.Amount
	}
	if phase == "" {
		phase = "chargeback"
	}
	now := r.now()
	d := &razorpayDispute{
		ID: r.id("disp_"), Entity: "dispute", PaymentID: p.ID, Amount: amount, Currency: p.Currency,
		ReasonCode: "goods_or_services_not_received_or_partially_received", RespondBy: now + 7*24*3600, Status: "open", Phase: phase, CreatedAt: now,
	}
	r.disputes = append(r.disputes, d)
	r.tellDispute("payment.dispute.created", d)
	return ngo.Ref(d.ID)
}

// MoveDispute moves a dispute on: to under_review, action_required (which leaves it open), won, lost (the amount is deducted)
// or closed, with the event of that name.
func (r *RazorpayAPI) MoveDispute(dispute ngo.Ref, to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.disputes, func(d *razorpayDispute) bool { return d.ID == string(dispute) })
	if i < 0 {
		panic(fmt.Sprintf("there is no dispute %s", dispute))
	}
	d := r.disputes[i]
	switch to {
	case "action_required":
		d.Status = "open"
	case "lost":
		d.Status, d.AmountDeducted = to, d.Amount
	default:
		d.Status = to
	}
	r.tellDispute("payment.dispute."+to, d)
}

// Settle pays out all that was captured since the last time, less fees: settlement.processed. It gives the settlement's id.
func (r *RazorpayAPI) Settle() ngo.Ref {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &razorpaySettlement{ID: r.id("setl_"), Entity: "settlement", Status: "processed", UTR: "AXISCN" + r.digits("utr", 10), CreatedAt: r.now()}
	for _, p := range r.payments[r.settled:] {
		if p.captured() && p.Fee != nil && p.Currency == "INR" {
			s.Amount += p.Amount - *p.Fee
		}
	}
	r.settled = len(r.payments)
	r.settlements = append(r.settlements, s)
	r.tellSettlement(s)
	return ngo.Ref(s.ID)
}

// Payments gives the ids of all payments, oldest first.
func (r *RazorpayAPI) Payments() []ngo.Ref {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []ngo.Ref
	for _, p := range r.payments {
		out = append(out, ngo.Ref(p.ID))
	}
	return out
}

// Returned gives what of a payment went back in refunds that did not fail.
func (r *RazorpayAPI) Returned(payment ngo.Ref) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.payment(payment).AmountRefunded
}

// Again makes payment.captured, payment.failed or whatever name is given of a payment as it is now: another delivery with
// another event id, as when an event is replayed by hand or a webhook is set up twice.
func (r *RazorpayAPI) Again(name string, payment ngo.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(name, r.payment(payment))
}

// SpeedChange makes refund.speed_changed of a refund, whose created_at stands inside the payload, as in Razorpay's own sample.
func (r *RazorpayAPI) SpeedChange(refund ngo.Ref) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.refunded(refund)
	f.SpeedProcessed = "instant"
	var e entities
	e.add("refund", f)
	e.add("payment", r.byID[f.PaymentID])
	e.inside = true
	r.send("refund.speed_changed", f.ID, f.PaymentID, e)
}

// Event makes the webhook of any other event, such as token.confirmed: parts are its entities by name, as the payload has them.
func (r *RazorpayAPI) Event(name string, parts map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var e entities
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		e.add(part, parts[part])
	}
	r.send(name, name, "", e)
}
