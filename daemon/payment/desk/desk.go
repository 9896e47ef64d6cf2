// Package desk reads gifts that staff enter by hand: cash, cheques, transfers to the bank account, gifts in kind. It is a driver
// like any other so that such a gift takes the road of all: a delivery and its job, from which the ledger, receipts, mail and
// the harmlessness of doing a thing twice follow. The deliveries are our own, made by whoever took the entry; nothing comes in
// from outside, and nobody can be asked. An account is safe for concurrent use.
package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Name is that of the driver, and of the account that is made at the first gift.
const Name = "desk"

// FirstDay is the earliest on which a gift can have been given.
const FirstDay ngo.Date = "2000-01-01"

const (
	maxBody = 64 << 10
	maxText = 500 // signs
	noHook  = "no"
)

// The ways in which a gift comes by hand.
const (
	Cash         = "cash"
	Cheque       = "cheque"
	Kind         = "kind"
	BankTransfer = "bank_transfer"
)

// Settings are those of the account that is made by itself: no webhook is waited for.
func Settings() map[string]string { return map[string]string{"webhook": noHook} }

// Driver makes accounts for what is entered by hand.
type Driver struct{}

var (
	_ payment.Driver   = Driver{}
	_ payment.Refunder = account{}
)

// New makes the driver.
func New() Driver { return Driver{} }

// Name is desk.
func (Driver) Name() string { return Name }

// Settings are one, that never changes: nothing connects to anything.
func (Driver) Settings() setting.Form {
	return setting.Form{{
		Name: "webhook", Title: "Webhook", Kind: setting.Choice, Choices: []string{noHook}, Default: noHook, Help: "Always no: gifts are entered by hand.",
	}}
}

// Open checks the values and makes an account. It does no I/O. It fails with Invalid, naming every faulty field.
func (d Driver) Open(v setting.Values) (payment.Account, error) {
	if _, err := d.Settings().Check(v); err != nil {
		return nil, err
	}
	return account{}, nil
}

type account struct{}

// Limit is the largest body in bytes.
func (account) Limit() int64 { return maxBody }

// Verify refuses everything: whoever enters a gift has logged in, and comes by another way.
func (account) Verify(http.Header, []byte) error {
	return &ngo.Error{
		Code: ngo.Unauthenticated, Message: "nothing is sent to this address", Hint: "enter a gift by hand: ngoctl donation add",
	}
}

// Hint is empty: nothing is sent.
func (account) Hint(http.Header) string { return "" }

// Refund says that the money went back, as whoever orders it does so by hand. Nobody is asked, so it never fails.
func (account) Refund(_ context.Context, o payment.RefundOrder) (payment.Refund, error) {
	return payment.Refund{
		Ref: ngo.Ref(ngo.ByHandPrefix + o.Token), Token: o.Token, Payment: o.Payment.Ref, State: ngo.RefundProcessed, Amount: o.Amount,
	}, nil
}

// Entry is a gift as it was entered. Two with the same content have the same JSON.
type Entry struct {
	Driver      string       `json:"ngoctl"` // Name; JSON sets it
	ID          ngo.Ref      `json:"id"`     // begins with ngo.ByHandPrefix
	Method      string       `json:"method"`
	AmountMinor int64        `json:"amount_minor"`
	Currency    ngo.Currency `json:"currency"`
	Given       ngo.Date     `json:"given"`
	Reference   string       `json:"reference,omitempty"` // number of the cheque or of the transfer; of a gift in kind, what it is
	Donor       ngo.Donor    `json:"donor"`
	Purpose     string       `json:"purpose,omitempty"`
	Campaign    string       `json:"campaign,omitempty"`
}

// JSON gives the entry as a body for Normalise. It fails with Invalid for what Normalise would not read.
func (e Entry) JSON() ([]byte, error) {
	e.Driver = Name
	if err := e.check(); err != nil {
		return nil, err
	}
	return json.Marshal(e)
}

// Normalise reads an entry. It fails with Invalid.
func (account) Normalise(body []byte) (payment.Event, error) {
	e, err := read(body)
	if err != nil {
		return payment.Event{}, err
	}
	return payment.Event{
		Name: "gift.entered",
		Payment: &payment.Payment{
			Ref: e.ID, State: ngo.PaymentCaptured, Amount: ngo.Money{Minor: e.AmountMinor, Currency: e.Currency}, Method: e.Method,
			Reference: e.Reference, Created: noon(e.Given), Donor: e.Donor, Purpose: e.Purpose, Campaign: e.Campaign,
		},
	}, nil
}

func read(body []byte) (e Entry, err error) {
	if len(body) > maxBody || !utf8.Valid(body) {
		return e, invalid("the entry is too long or not UTF-8", nil)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, invalid("the entry cannot be read", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return e, invalid("something follows the end of the entry", err)
	}
	return e, e.check()
}

// check holds an entry to what does not depend on the clock: that its day is not still to come is for whoever takes it.
func (e Entry) check() error {
	_, err := ngo.ParseDate(string(e.Given))
	switch {
	case e.Driver != Name:
		return invalid("this is no entry by hand", nil)
	case !e.ID.ByHand():
		return invalid("the entry has no id of its own", nil)
	case !slices.Contains([]string{Cash, Cheque, Kind, BankTransfer}, e.Method):
		return invalid("a gift is entered as cash, cheque, kind or bank_transfer", nil)
	case e.AmountMinor <= 0 || e.Currency != ngo.INR:
		return invalid("a gift is entered in rupees, and is more than nothing", nil)
	case err != nil:
		return err
	case e.Given < FirstDay:
		return invalid("a gift of "+string(e.Given)+" cannot be entered", nil)
	}
	d := e.Donor
	for _, text := range []string{string(e.ID), e.Reference, e.Purpose, e.Campaign, d.Name, d.Address, d.EMail, d.Phone, d.PAN, d.IDNumber,
		string(d.IDKind), d.Language, string(d.Citizenship), string(d.Born)} {
		if ngo.Printable(text) != text || utf8.RuneCountInString(text) > maxText {
			return invalid("the entry has a text that is too long, or cannot be printed", nil)
		}
	}
	return nil
}

func invalid(message string, err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: message, Err: err}
}

// noon is the middle of a day in India, which is the same day nearly everywhere.
func noon(day ngo.Date) time.Time { return day.Time().Add(6*time.Hour + 30*time.Minute) }
