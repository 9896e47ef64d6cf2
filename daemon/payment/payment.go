// Package payment says what a payment gateway is. Each gateway is a package below this one and a line in
// daemon/drivers.go; nothing else knows its name. A Driver and an Account are safe for concurrent use.
package payment

import (
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

// Account reads what one account of a gateway sends. Its methods are pure: bytes in, values out.
type Account interface {
	// Limit is the largest body in bytes that the gateway sends.
	Limit() int64
	// Verify checks the signature over the raw body in constant time. It fails with Unauthenticated.
	Verify(header http.Header, body []byte) error
	// Hint is the provider's own id of the delivery, unsigned and so never a key; empty when there is none.
	Hint(header http.Header) string
	// Normalise reads a verified body. It fails with Invalid when the body cannot be understood: the delivery is then
	// kept for a person. An event that is understood but means nothing to the ledger has no Payment.
	Normalise(body []byte) (Event, error)
}

// Event is what one delivery says.
type Event struct {
	Name    string   // the provider's own name, such as payment.captured
	Payment *Payment // nil when the ledger has nothing to do with it
}

// Payment is the state of one payment as an event shows it.
type Payment struct {
	Ref           ngo.Ref
	State         ngo.PaymentState
	Amount        ngo.Money
	Fee, Tax      int64 // minor units; Fee includes Tax
	Method        string
	Reference     string // RRN, UTR or the bank's own number
	International bool
	Created       time.Time // at the gateway
	Donor         ngo.Donor
	Purpose       string
}
