package sim

import (
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Razorpay makes the webhooks of one account at Razorpay. The n-th payment is always the same for the same fields; change
// them before the first use only.
type Razorpay struct {
	Seed    uint64
	Secret  string        // of the webhook
	Account string        // acc_…
	Start   time.Time     // when payment 0 was made
	Every   time.Duration // between two payments
	People  int           // how many give
	Plain   bool          // every gift domestic, with name, e-mail, PAN and address: each gets a receipt
}

// NewRazorpay makes a generator whose payments start on 6 April 2026, half a minute apart, from 5,000 people. One in 130
// comes from abroad, one in 40 without a name, one in 40 without anything about the donor.
func NewRazorpay(seed uint64, secret string) *Razorpay {
	return &Razorpay{
		Seed: seed, Secret: secret, Account: "acc_" + identifier(seed, 1<<63),
		Start: time.Date(2026, time.April, 6, 3, 30, 0, 0, time.UTC), Every: 30 * time.Second, People: 5000,
	}
}

// Event is one webhook, and what a ledger should make of it. Body is the caller's.
type Event struct {
	ID            string // in a header that the signature does not cover
	Name          string // payment.captured
	Body          []byte
	Signature     string
	Payment       ngo.Ref
	Amount        ngo.Money
	Fee, Tax      int64
	Method        string
	International bool
	Created       time.Time
	Donor         ngo.Donor
	Purpose       string
}

// Header gives the headers as Razorpay sends them.
func (e Event) Header() http.Header {
	return http.Header{
		"Content-Type":         {"application/json"},
		"User-Agent":           {"Razorpay-Webhook/v1"},
		"X-Razorpay-Event-Id":  {e.ID},
		"X-Razorpay-Signature": {e.Signature},
	}
}

// Again is the same event under another id, the times-th of them, as when a webhook is set up twice.
func (e Event) Again(times int) Event {
	e.ID = fmt.Sprintf("%s%d", e.ID[:max(len(e.ID)-2, 0)], times)
	return e
}

// Captured makes the payment.captured of the n-th payment.
func (r *Razorpay) Captured(n int) Event {
	g := r.gift(n)
	return r.event("payment.captured", "captured", n, g)
}

// Authorized makes the payment.authorized of the n-th payment, which a ledger keeps and leaves alone.
func (r *Razorpay) Authorized(n int) Event {
	g := r.gift(n)
	g.fee, g.tax = 0, 0
	return r.event("payment.authorized", "authorized", n, g)
}

// Events gives the captured payments from, from+1, … up to but without to, each made when it is asked for.
func (r *Razorpay) Events(from, to int) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for n := from; n < to; n++ {
			if !yield(r.Captured(n)) {
				return
			}
		}
	}
}

// AppendBody writes the body of Captured(n) behind dst, for those who make very many.
func (r *Razorpay) AppendBody(dst []byte, n int) []byte {
	g := r.gift(n)
	return r.body(dst, "payment.captured", "captured", &g)
}

func (r *Razorpay) event(name, status string, n int, g gift) Event {
	body := r.body(make([]byte, 0, 1800), name, status, &g)
	e := Event{
		ID: identifier(r.Seed^0x65, uint64(n)), Name: name, Body: body, Signature: sign.HMAC([]byte(r.Secret), body),
		Payment: ngo.Ref("pay_" + g.id), Amount: ngo.Paise(g.amount), Fee: g.fee, Tax: g.tax, Method: g.method,
		International: g.international, Created: g.created, Donor: g.donor, Purpose: g.purpose,
	}
	return e
}

// body writes an event in the order and with the quirks of the real ones.
func (r *Razorpay) body(b []byte, name, status string, g *gift) []byte {
	b = append(b, `{"entity":"event","account_id":"`...)
	b = append(b, r.Account...)
	b = append(b, `","event":"`...)
	b = append(b, name...)
	b = append(b, `","contains":["payment"],"payload":{"payment":{"entity":{"id":"pay_`...)
	b = append(b, g.id...)
	b = append(b, `","entity":"payment","amount":`...)
	b = strconv.AppendInt(b, g.amount, 10)
	b = append(b, `,"currency":"INR","base_amount":`...)
	b = strconv.AppendInt(b, g.amount, 10)
	b = append(b, `,"status":"`...)
	b = append(b, status...)
	b = append(b, `","order_id":"order_`...)
	b = append(b, g.order...)
	b = append(b, `","invoice_id":null,"international":`...)
	b = strconv.AppendBool(b, g.international)
	b = append(b, `,"method":"`...)
	b = append(b, g.method...)
	b = append(b, `","amount_refunded":0,"amount_transferred":0,"refund_status":null,"captured":`...)
	b = strconv.AppendBool(b, status == "captured")
	b = append(b, `,"description":"Donation",`...)
	b = g.appendMethod(b)
	b = append(b, `"email":`...)
	b = g.appendText(b, g.donor.EMail)
	b = append(b, `,"contact":`...)
	b = g.appendText(b, g.donor.Phone)
	b = append(b, `,"notes":`...)
	b = g.appendNotes(b)
	b = g.appendFee(b, status)
	b = append(b, `,"error_code":null,"error_description":null,"error_source":null,"error_step":null,"error_reason":null,"acquirer_data":{`...)
	b = g.appendReference(b)
	b = append(b, `},"created_at":`...)
	b = strconv.AppendInt(b, g.created.Unix(), 10)
	b = append(b, `}}},"created_at":`...)
	b = strconv.AppendInt(b, g.told.Unix(), 10)
	return append(b, '}')
}

func (g *gift) appendMethod(b []byte) []byte {
	switch g.method {
	case "card":
		b = append(b, `"card_id":"card_`...)
		b = append(b, g.order...)
		b = append(b, `","card":{"id":"card_`...)
		b = append(b, g.order...)
		b = append(b, `","entity":"card","name":"","last4":"1111","network":"RuPay","type":"debit","issuer":"SBIN","international":`...)
		b = strconv.AppendBool(b, g.international)
		return append(b, `,"emi":false,"sub_type":"consumer","token_iin":null},"bank":null,"wallet":null,"vpa":null,`...)
	case "netbanking":
		return append(b, `"card_id":null,"bank":"IOBA","wallet":null,"vpa":null,`...)
	case "wallet":
		return append(b, `"card_id":null,"bank":null,"wallet":"payzapp","vpa":null,`...)
	}
	return append(b, `"card_id":null,"bank":null,"wallet":null,"vpa":"donor@upi","upi":{"payer_account_type":"bank_account","vpa":"donor@upi","flow":"intent"},`...)
}

func (g *gift) appendNotes(b []byte) []byte {
	if !g.notes {
		return append(b, `[]`...)
	}
	b = append(b, `{"name":`...)
	b = g.appendText(b, g.donor.Name)
	if g.donor.PAN != "" {
		b = append(b, `,"pan":`...)
		b = g.appendText(b, g.donor.PAN)
	}
	if g.donor.Address != "" {
		b = append(b, `,"address":`...)
		b = g.appendText(b, g.donor.Address)
	}
	b = append(b, `,"purpose":`...)
	return append(g.appendText(b, g.purpose), '}')
}

func (g *gift) appendFee(b []byte, status string) []byte {
	if status != "captured" {
		return append(b, `,"fee":null,"tax":null`...)
	}
	b = append(b, `,"fee":`...)
	b = strconv.AppendInt(b, g.fee, 10)
	b = append(b, `,"tax":`...)
	return strconv.AppendInt(b, g.tax, 10)
}

func (g *gift) appendReference(b []byte) []byte {
	name := map[string]string{"upi": "rrn", "card": "auth_code", "netbanking": "bank_transaction_id", "wallet": "transaction_id"}[g.method]
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, `":"`...)
	b = strconv.AppendInt(b, g.rrn, 10)
	return append(b, '"')
}

// appendText writes s as JSON, or null where there is none. Nothing in s needs an escape but what Razorpay escapes anyway.
func (g *gift) appendText(b []byte, s string) []byte {
	if s == "" {
		return append(b, `null`...)
	}
	b = append(b, '"')
	if !g.escaped {
		return append(append(b, s...), '"')
	}
	for _, r := range s {
		if r < utf8.RuneSelf {
			b = append(b, byte(r))
			continue
		}
		for _, u := range utf16.AppendRune(nil, r) {
			b = append(b, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
		}
	}
	return append(b, '"')
}

const hexDigits = "0123456789abcdef"
