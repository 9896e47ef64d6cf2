package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
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

type razorpayPayment struct {
	ID                string             `json:"id"`
	Entity            string             `json:"entity"`
	Amount            int64              `json:"amount"`
	Currency          string             `json:"currency"`
	BaseAmount        int64              `json:"base_amount"`
	Status            string             `json:"status"`
	OrderID           *string            `json:"order_id"`
	InvoiceID         *string            `json:"invoice_id"`
	International     bool               `json:"international"`
	Method            string             `json:"method"`
	AmountRefunded    int64              `json:"amount_refunded"`
	AmountTransferred int64              `json:"amount_transferred"`
	RefundStatus      *string            `json:"refund_status"`
	Captured          any                `json:"captured"` // true, false or "1"
	Description       *string            `json:"description"`
	CardID            *string            `json:"card_id"`
	Card              *razorpayCard      `json:"card,omitempty"`
	Bank              *string            `json:"bank"`
	Wallet            *string            `json:"wallet"`
	VPA               *string            `json:"vpa"`
	UPI               map[string]string  `json:"upi,omitempty"`
	EMail             *string            `json:"email"`
	Contact           *string            `json:"contact"`
	Notes             json.RawMessage    `json:"notes"`
	Fee               *int64             `json:"fee"`
	Tax               *int64             `json:"tax"`
	ErrorCode         *string            `json:"error_code"`
	ErrorDescription  *string            `json:"error_description"`
	ErrorSource       *string            `json:"error_source"`
	ErrorStep         *string            `json:"error_step"`
	ErrorReason       *string            `json:"error_reason"`
	AcquirerData      map[string]*string `json:"acquirer_data,omitempty"`
	CreatedAt         int64              `json:"created_at"`

	via       Via
	charge    Charge
	container string
	reference string // the bank's number, for bank_transfer
}

type razorpayCard struct {
	ID            string  `json:"id"`
	Entity        string  `json:"entity"`
	Name          string  `json:"name"`
	Last4         string  `json:"last4"`
	Network       string  `json:"network"`
	Type          string  `json:"type"`
	Issuer        *string `json:"issuer"`
	International bool    `json:"international"`
	EMI           bool    `json:"emi"`
}

type razorpayRefund struct {
	ID             string             `json:"id"`
	Entity         string             `json:"entity"`
	Amount         int64              `json:"amount"`
	Currency       string             `json:"currency"`
	PaymentID      string             `json:"payment_id"`
	Notes          json.RawMessage    `json:"notes"`
	Receipt        *string            `json:"receipt"`
	AcquirerData   map[string]*string `json:"acquirer_data"`
	CreatedAt      int64              `json:"created_at"`
	BatchID        *string            `json:"batch_id"`
	Status         string             `json:"status"`
	SpeedProcessed string             `json:"speed_processed"`
	SpeedRequested string             `json:"speed_requested"`
}

type razorpayDispute struct {
	ID             string `json:"id"`
	Entity         string `json:"entity"`
	PaymentID      string `json:"payment_id"`
	Amount         int64  `json:"amount"`
	Currency       string `json:"currency"`
	AmountDeducted int64  `json:"amount_deducted"`
	ReasonCode     string `json:"reason_code"`
	RespondBy      int64  `json:"respond_by"`
	Status         string `json:"status"`
	Phase          string `json:"phase"`
	CreatedAt      int64  `json:"created_at"`
}

type razorpaySettlement struct {
	ID        string `json:"id"`
	Entity    string `json:"entity"`
	Amount    int64  `json:"amount"`
	Status    string `json:"status"`
	Fees      int64  `json:"fees"` // 0 in a normal settlement: the fees are the payments'
	Tax       int64  `json:"tax"`
	UTR       string `json:"utr"`
	CreatedAt int64  `json:"created_at"`
}

func (p *razorpayPayment) captured() bool { return p.Captured != false }

// back counts money on its way back, or, when negative, money that did not go after all.
func (p *razorpayPayment) back(amount int64) {
	p.AmountRefunded += amount
	switch p.AmountRefunded {
	case 0:
		p.RefundStatus, p.Status = nil, "captured"
	case p.Amount:
		p.RefundStatus, p.Status = text("full"), "refunded"
	default:
		p.RefundStatus, p.Status = text("partial"), "captured"
	}
}

func (r *RazorpayAPI) payment(ref ngo.Ref) *razorpayPayment {
	p := r.byID[string(ref)]
	if p == nil {
		panic(fmt.Sprintf("there is no payment %s", ref))
	}
	return p
}

func (r *RazorpayAPI) refunded(ref ngo.Ref) *razorpayRefund {
	i := slices.IndexFunc(r.refunds, func(f *razorpayRefund) bool { return f.ID == string(ref) })
	if i < 0 {
		panic(fmt.Sprintf("there is no refund %s", ref))
	}
	return r.refunds[i]
}

func (r *RazorpayAPI) now() int64 { return r.options.Now().Unix() }

// id makes the next identifier of a kind.
func (r *RazorpayAPI) id(prefix string) string {
	n := r.made[prefix]
	r.made[prefix]++
	salt := uint64(0)
	for _, c := range prefix {
		salt = salt*131 + uint64(c)
	}
	return prefix + identifier(r.options.Seed^mix(salt), n)
}

// digits makes the next number of a kind, with n digits and no zero in front.
func (r *RazorpayAPI) digits(kind string, n int) string {
	x := mix(r.options.Seed ^ r.made[kind]<<20 ^ uint64(len(kind)))
	r.made[kind]++
	limit := uint64(1)
	for range n - 1 {
		limit *= 10
	}
	return strconv.FormatUint(limit+x%(9*limit), 10)
}

func (r *RazorpayAPI) pay(c Charge) *razorpayPayment {
	p := &razorpayPayment{
		ID: string(c.ID), Entity: "payment", Amount: c.Amount, Currency: c.Currency, BaseAmount: c.Amount, Status: "created",
		International: c.International, Method: c.Method, Captured: false, Description: text("Donation"), Notes: notes(c.facts()),
		EMail: optional(c.Donor.EMail), Contact: optional(c.Donor.Phone), CreatedAt: c.Created.Unix(), via: c.Via, charge: c,
	}
	if p.ID == "" {
		p.ID = r.id("pay_")
	}
	if r.byID[p.ID] != nil {
		panic(fmt.Sprintf("there is a payment %s already", p.ID))
	}
	if c.Currency != "INR" {
		p.BaseAmount = c.Amount * 84
	}
	p.reference = r.digits("rrn", 12)
	r.enter(p)
	r.contain(p)
	if c.Notes != "" {
		p.Notes = json.RawMessage(c.Notes)
	}
	r.payments = append(r.payments, p)
	r.byID[p.ID] = p
	return p
}

// enter fills in what belongs to the method.
func (r *RazorpayAPI) enter(p *razorpayPayment) {
	rrn := p.reference
	switch p.Method {
	case "card":
		card := r.id("card_")
		p.CardID, p.Card = &card, &razorpayCard{ID: card, Entity: "card", Last4: "1111", Network: "RuPay", Type: "debit", Issuer: text("SBIN")}
		if p.International {
			p.Card.Network, p.Card.Type, p.Card.Issuer, p.Card.International = "Visa", "credit", nil, true
		}
		p.AcquirerData = map[string]*string{"auth_code": text(rrn[:6]), "rrn": &rrn}
	case "netbanking":
		p.Bank, p.AcquirerData = text("IOBA"), map[string]*string{"bank_transaction_id": &rrn}
	case "wallet":
		p.Wallet, p.AcquirerData = text("payzapp"), map[string]*string{"transaction_id": &rrn}
	case "bank_transfer":
	default:
		p.VPA = text("donor" + rrn[8:] + "@upi")
		p.UPI = map[string]string{"payer_account_type": "bank_account", "vpa": *p.VPA, "flow": "intent"}
		p.AcquirerData = map[string]*string{"rrn": &rrn}
	}
}

func (r *RazorpayAPI) capture(p *razorpayPayment) {
	p.Status, p.Captured = "captured", true
	fee := p.BaseAmount * 236 / 10_000 // 2 % and 18 % of that in tax
	if p.International {
		fee = p.BaseAmount * 354 / 10_000
	}
	tax := fee * 18 / 118
	p.Fee, p.Tax = &fee, &tax
	r.tell("payment.captured", p)
	r.tellContainer(p)
}

// refundOrder is what the API is asked for.
type refundOrder struct {
	Amount  *int64          `json:"amount"`
	Speed   string          `json:"speed"`
	Notes   json.RawMessage `json:"notes"`
	Receipt *string         `json:"receipt"`
}

func (r *RazorpayAPI) refund(p *razorpayPayment, o refundOrder) *razorpayRefund {
	f := &razorpayRefund{
		ID: r.id("rfnd_"), Entity: "refund", Amount: *o.Amount, Currency: p.Currency, PaymentID: p.ID, Notes: o.Notes, Receipt: o.Receipt,
		AcquirerData: map[string]*string{"arn": nil}, CreatedAt: r.now(), Status: "pending", SpeedProcessed: "normal", SpeedRequested: "normal",
	}
	if o.Speed != "" {
		f.SpeedRequested = o.Speed
	}
	if len(f.Notes) == 0 {
		f.Notes = notes(nil)
	}
	r.refunds = append(r.refunds, f)
	p.back(f.Amount)
	if !r.options.Slow {
		f.Status = "processed" // the event of its creation shows that already
	}
	r.tellRefund("refund.created", f)
	if !r.options.Slow {
		r.processRefund(f)
	}
	return f
}

func (r *RazorpayAPI) processRefund(f *razorpayRefund) {
	f.Status = "processed"
	arn := r.digits("arn", 15)
	f.AcquirerData = map[string]*string{"arn": &arn}
	r.tellRefund("refund.processed", f)
}

func text(s string) *string { return &s }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// encode writes JSON in one line and without HTML's escapes, as the providers do.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // the types here can all be written
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
