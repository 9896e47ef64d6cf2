package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/ngoctl/ngoctl/store/ngo"
)

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
