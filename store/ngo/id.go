package ngo

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// An identifier is a prefix that names the kind, an underscore, and 26 signs of Crockford's base 32: 48 bits of
// milliseconds and 80 random bits. Identifiers sort by time and cannot be guessed.
type (
	OrgID        string
	UserID       string
	TokenID      string
	AccountID    string
	PersonID     string
	DeliveryID   string
	PaymentID    string
	DonationID   string
	ReceiptID    string
	MessageID    string
	BlobID       string
	ActID        string
	RefundID     string
	DisputeID    string
	SettlementID string
	PurposeID    string

	ConversationID string
	AttachmentID   string
	ConsentID      string
	JoiningID      string
)

func (OrgID) prefix() string        { return "org" }
func (UserID) prefix() string       { return "usr" }
func (TokenID) prefix() string      { return "tok" }
func (AccountID) prefix() string    { return "acc" }
func (PersonID) prefix() string     { return "per" }
func (DeliveryID) prefix() string   { return "dlv" }
func (PaymentID) prefix() string    { return "pmt" }
func (DonationID) prefix() string   { return "don" }
func (ReceiptID) prefix() string    { return "rcp" }
func (MessageID) prefix() string    { return "msg" }
func (BlobID) prefix() string       { return "blb" }
func (ActID) prefix() string        { return "act" }
func (RefundID) prefix() string     { return "rfd" }
func (DisputeID) prefix() string    { return "dsp" }
func (SettlementID) prefix() string { return "stl" }
func (PurposeID) prefix() string    { return "pur" }

func (ConversationID) prefix() string { return "cnv" }
func (AttachmentID) prefix() string   { return "att" }
func (ConsentID) prefix() string      { return "cns" }
func (JoiningID) prefix() string      { return "jng" }

// JobID is the queue's own identifier of a message.
type JobID string

// Ref is an identifier that a provider gave. It is unique per account, and nothing more is assumed of it.
type Ref string

// ByHandPrefix begins what stands for a provider's id where staff entered a gift by hand.
const ByHandPrefix = "desk_"

// ByHand tells whether no provider gave the id, so that it says nothing to a donor.
func (r Ref) ByHand() bool { return strings.HasPrefix(string(r), ByHandPrefix) }

type id interface {
	~string
	prefix() string
}

const (
	crockford = "0123456789abcdefghjkmnpqrstvwxyz"
	idSigns   = 26
)

// NewID makes an identifier of kind T for the moment now.
func NewID[T id](now time.Time) T {
	var raw [16]byte
	rand.Read(raw[6:]) // never fails: crypto/rand aborts the program instead
	return newID[T](now, raw)
}

// NewIDAt is NewID for things of one moment that have an order: the identifiers of the first 65,536 have it too, and 64 random bits.
func NewIDAt[T id](now time.Time, nth int) T {
	var raw [16]byte
	nth = min(max(nth, 0), 1<<16-1)
	raw[6], raw[7] = byte(nth>>8), byte(nth)
	rand.Read(raw[8:])
	return newID[T](now, raw)
}

func newID[T id](now time.Time, raw [16]byte) T {
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		raw[i] = byte(ms >> (8 * (5 - i)))
	}
	var zero T
	out := make([]byte, 0, len(zero.prefix())+1+idSigns)
	out = append(out, zero.prefix()...)
	out = append(out, '_')
	// 128 bits in 26 signs of 5 bits: the first sign carries 3.
	out = append(out, crockford[raw[0]>>5])
	bits, have := uint(raw[0]&0x1f), 5
	for n, next := 1, 1; n < idSigns; n++ {
		if have < 5 {
			bits, have = bits<<8|uint(raw[next]), have+8
			next++
		}
		have -= 5
		out = append(out, crockford[bits>>have&0x1f])
		bits &= 1<<have - 1
	}
	return T(out)
}

// ParseID checks that s has the shape of an identifier of kind T. It fails with Invalid.
func ParseID[T id](s string) (T, error) {
	var zero T
	rest, ok := strings.CutPrefix(s, zero.prefix()+"_")
	if !ok || len(rest) != idSigns || strings.Trim(rest, crockford) != "" {
		return zero, &Error{Code: Invalid, Message: fmt.Sprintf("%q is not an identifier of the form %s_…", Printable(s), zero.prefix())}
	}
	return T(s), nil
}
