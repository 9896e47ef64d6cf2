// Package payment says what a payment gateway is. Each gateway is a package below this one and a line in
// daemon/drivers.go; nothing else knows its name. A Driver and an Account are safe for concurrent use.
package payment

import (
	"context"
	"net/http"
	"time"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Driver makes accounts of one gateway.
type Driver interface {
	Name() string // as in: ngoctl gateway add NAME
	Settings() setting.Form
	// Open checks the values and makes an account. It does no I/O. It fails with Invalid, naming every faulty field.
	Open(setting.Values) (Account, error)
}

// Account reads what one account of a gateway sends. The methods of Account are pure: bytes in, values out. What an account
// can do besides is told by the interfaces below, which an account has or has not.
type Account interface {
	// Limit is the largest body in bytes that the gateway sends.
	Limit() int64
	// Verify checks the signature over the raw body in constant time. It fails with Unauthenticated.
	Verify(header http.Header, body []byte) error
	// Hint is the provider's own id of the delivery, unsigned and so never a key; empty when there is none.
	Hint(header http.Header) string
	// Normalise reads a verified body, or one that Poll or Confirm gave. It fails with Invalid when the body cannot be
	// understood: the delivery is then kept for a person. An event that is understood but means nothing to the ledger has
	// nothing in it but its name.
	Normalise(body []byte) (Event, error)
}

// Event is what one delivery says. What is nil it does not speak of.
type Event struct {
	Name       string    // the provider's own name, such as payment.captured
	At         time.Time // when the provider made it; zero when it does not say
	Payment    *Payment
	Refund     *Refund
	Dispute    *Dispute
	Settlement *Settlement
	// Claim is set when the event may not be believed before the gateway was asked: its Payment is then a state short of
	// captured, and Refund and Dispute are nil. Without an account that can confirm, Normalise sets no claims.
	Claim *Claim
}

// Payment is the state of one payment as an event shows it. It merges with others of its Ref, whatever their order: what is
// empty here takes nothing away.
type Payment struct {
	Ref           ngo.Ref
	Alias         ngo.Ref // a second id of the gateway's, if it is to be believed
	State         ngo.PaymentState
	Amount        ngo.Money
	Fee, Tax      int64 // minor units; Fee includes Tax
	Method        string
	Reference     string // RRN, UTR or the bank's own number
	Order         string // the order, link, code or subscription that it belongs to
	Problem       string // why it failed, in the gateway's words
	International bool
	Created       time.Time // at the gateway; zero when that cannot be believed, and the time of arrival counts
	Donor         ngo.Donor
	Purpose       string
	Campaign      string
}

// Refund is the state of one refund as an event shows it.
type Refund struct {
	Ref       ngo.Ref // the gateway's id
	Token     string  // our own id, when the gateway gives it back
	Payment   ngo.Ref // Ref or Alias of the payment
	State     ngo.RefundState
	Amount    ngo.Money
	Reference string // ARN, RRN or UTR
	Problem   string
	Created   time.Time
}

// Dispute is the state of one dispute as an event shows it.
type Dispute struct {
	Ref       ngo.Ref
	Payment   ngo.Ref // Ref or Alias of the payment
	State     ngo.DisputeState
	Phase     string
	Amount    ngo.Money
	Deducted  int64 // minor units; 0 unless lost
	Reason    string
	RespondBy time.Time // zero when there is no day
	Created   time.Time
}

// Settlement is a payout as an event shows it.
type Settlement struct {
	Ref       ngo.Ref
	State     ngo.SettlementState
	Amount    ngo.Money
	Fees, Tax int64
	UTR       string
	Created   time.Time
}

// Claim is what the gateway is to be asked about. Its fields are the driver's own; they come back to Confirm as they are.
type Claim struct {
	Kind string // payment, refund, dispute
	Ref  ngo.Ref
	More map[string]string
}

// Confirmer asks a gateway whether a claim is true. Safe to repeat.
type Confirmer interface {
	// Confirm gives what the gateway says, as bodies for Normalise whose events carry no claims. None means that the gateway
	// does not know of it (yet). It fails with Unavailable or Limited when asking again later may help, with Unauthenticated or
	// Denied when the credentials are refused, and with Internal when the answer makes no sense.
	Confirm(ctx context.Context, c Claim) ([][]byte, error)
}

// Window is a span of time: From is in it, To is not.
type Window struct{ From, To time.Time }

// Poller asks a gateway what happened. Safe to repeat.
type Poller interface {
	// Poll gives, one by one, what the gateway knows of a window, as bodies for Normalise: refunds, disputes and settlements
	// first, then the payments, so that a gift that went back is never receipted. Payments are those created in the window. It
	// fails as Confirm does, or with what yield fails with, at once.
	Poll(ctx context.Context, w Window, yield func(body []byte) error) error
}

// RefundOrder asks for a refund.
type RefundOrder struct {
	Token   string // ours, 20 signs a-z 0-9: with the same one the gateway never refunds twice
	Payment ngo.Payment
	Amount  ngo.Money
	Reason  string
}

// Refunder pays back. Safe to repeat with the same token.
type Refunder interface {
	// Refund asks the gateway to pay back. It fails with Invalid or Conflict, in the gateway's words, when it refuses for good,
	// and else as Confirm does: the fate is then open, and the same order may be given again.
	Refund(ctx context.Context, o RefundOrder) (Refund, error)
}

// Checker finds out whether the credentials for asking are good. It changes nothing at the gateway.
type Checker interface {
	// Check fails as Confirm does.
	Check(ctx context.Context) error
}

// Prober makes a delivery that the account accepts and that means nothing to the ledger, to try the way in.
type Prober interface {
	Probe(now time.Time, nonce string) (http.Header, []byte)
}

// Doubter says what of a gateway's events is believed unconfirmed, for want of credentials or by choice, in a sentence for
// people; empty when nothing is.
type Doubter interface {
	Doubt() string
}
