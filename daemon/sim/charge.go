package sim

import (
	"encoding/json"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Charge is a payment as a test or a script orders it at a gateway's double. What is zero is made up, always the same for
// the same seed and the same order of calls.
type Charge struct {
	ID            ngo.Ref // Razorpay's pay_…, or PayU's txnid
	Amount        int64   // minor units; 100 rupees when 0
	Currency      string  // INR when empty
	Method        string  // upi, card, netbanking, wallet; upi when empty
	International bool
	Created       time.Time // now when zero

	// Donor is what the payment form asked. Razorpay tells e-mail and phone in the payment and the rest in notes called name,
	// pan, address, language, citizenship, id_type and id_number; with a Via, in the container, as Via says. PayU tells it as
	// PayU.Values says.
	Donor             ngo.Donor
	Purpose, Campaign string

	// The rest is Razorpay's.
	Notes     string // the payment's notes as they are, instead of the donor's facts: [], {}, null, "text"
	Via       Via    // what it is paid through
	Container string // the id of that; one given before is paid again: another scan, the next instalment

	// The rest is PayU's.
	Text       string // the amount as it is written: "10", "10.0", "239.6000"; "10.00" when empty
	Additional string // additional charges on top of it, in the same way
	Split      bool   // the split of an ordinary payment is told, and signed
	SplitOnly  bool   // it is told and not signed
	JSON       bool   // its webhooks are JSON
	Reused     bool   // ID may be a txnid that was paid before: two payments under one
}

// Via is what a payment at Razorpay is paid through. Capturing it makes the event of that thing besides payment.captured.
type Via string

// What a payment can be paid through, and where the donor's facts then are.
const (
	ViaOrder        Via = ""                // order.paid; facts in the notes of payment and order
	ViaNothing      Via = "nothing"         // no order and no event of one
	ViaLink         Via = "payment_link"    // payment_link.paid and order.paid; name, e-mail, phone in the link's customer, the rest in its notes
	ViaQR           Via = "qr_code"         // qr_code.credited; purpose in the notes of both, of the donor no more than the VPA
	ViaAccount      Via = "virtual_account" // virtual_account.credited by NEFT; the name is the payer's at the bank, purpose in the account's notes
	ViaSubscription Via = "subscription"    // subscription.charged, invoice.paid; facts in the subscription's notes, captured is "1"
	ViaInvoice      Via = "invoice"         // invoice.paid and order.paid; facts in the invoice's customer_details and notes
)

func (c Charge) filled(now time.Time) Charge {
	if c.Amount == 0 {
		c.Amount = 100_00
	}
	if c.Currency == "" {
		c.Currency = "INR"
	}
	if c.Method == "" {
		c.Method = "upi"
	}
	if c.Created.IsZero() {
		c.Created = now
	}
	c.Created = c.Created.UTC().Truncate(time.Second)
	return c
}

// facts are the donor's answers under the names that forms ask by.
func (c Charge) facts() map[string]string {
	d := c.Donor
	out := c.purposes()
	for name, text := range map[string]string{
		"name": d.Name, "pan": d.PAN, "address": d.Address, "language": d.Language, "citizenship": string(d.Citizenship),
		"id_type": string(d.IDKind), "id_number": d.IDNumber,
	} {
		if text != "" {
			out[name] = text
		}
	}
	return out
}

func (c Charge) purposes() map[string]string {
	out := map[string]string{}
	if c.Purpose != "" {
		out["purpose"] = c.Purpose
	}
	if c.Campaign != "" {
		out["campaign"] = c.Campaign
	}
	return out
}

// notes writes answers as Razorpay does: an object, or [] when there are none.
func notes(facts map[string]string) json.RawMessage {
	if len(facts) == 0 {
		return json.RawMessage(`[]`)
	}
	return encode(facts)
}
