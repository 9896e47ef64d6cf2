// Package payu reads the webhooks of PayU India and asks its API. PayU signs 12 fields of a payment's message and nothing
// else, and refunds not at all, and a donor's browser carries the same message as the webhook does. So a message is a claim:
// it says what to ask about, and only the API's answer counts (see Confirm). An account that may not ask believes the 12
// fields and nothing more. The webhook side is pure; an account is safe for concurrent use.
package payu

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxBody = 128 << 10 // the largest published message has 2 KB

	confirmByHash     = "hash"
	signatureRequired = "required"
	usualBase         = "https://info.payu.in"
	servicePath       = "/merchant/postservice.php?form=2"
)

// Driver makes accounts of PayU.
type Driver struct{}

var _ payment.Driver = Driver{}

// New makes the driver.
func New() Driver { return Driver{} }

// Name is payu.
func (Driver) Name() string { return "payu" }

// Settings are what an account needs: the merchant key and the salt, with which PayU signs and is asked.
func (Driver) Settings() setting.Form {
	return append(setting.Form{
		{
			Name: "merchant-key", Title: "Merchant key", Kind: setting.Text, Required: true,
			Help: "The key of your PayU account, from the dashboard, Developer, API details; it is not secret.",
		},
		{
			Name: "salt", Title: "Salt", Kind: setting.Text, Secret: true, Required: true, Former: "old-salt",
			Help: "The 32-bit or 256-bit salt beside the key; your payment form must use the same one.",
		},
		{
			Name: "old-salt", Title: "Former salt", Kind: setting.Text, Secret: true,
			Help: "The salt before the last change; messages from before the change are signed with it.",
		},
		{
			Name: "base-url", Title: "API address", Kind: setting.URL, Default: usualBase,
			Help: "Where PayU's API is: https://test.payu.in for a test account.",
		},
		{
			Name: "confirm", Title: "How a payment is confirmed", Kind: setting.Choice, Choices: []string{"api", confirmByHash}, Default: "api",
			Help: "api: PayU is asked about every payment. hash: the signature alone counts, for where PayU's API cannot be reached; refunds and disputes are then not seen.",
		},
		{
			Name: "dispute-signature", Title: "Signature of disputes", Kind: setting.Choice, Choices: []string{"optional", signatureRequired}, Default: "optional",
			Help: "required: messages about disputes must be signed, and are believed; PayU's support switches their signature on when you ask.",
		},
		{
			Name: "webhook", Title: "Webhook", Kind: setting.Choice, Choices: []string{"yes", "no"}, Default: "yes",
			Help: "no: PayU cannot reach this box, and is asked instead, every few minutes.",
		},
		{
			Name: "pot", Title: "Pot", Kind: setting.Choice, Choices: []string{string(ngo.Domestic), string(ngo.Foreign)}, Default: string(ngo.Domestic),
			Help: "Whether this account's payouts go to the bank account for domestic or for foreign contributions.",
		},
	}, mappingFields()...)
}

// mappingFields are the common ones with PayU's own names behind: udf1 to udf3 by convention, since a form at PayU can ask
// under no other names. Citizenship has no such name: whatever is not clearly Indian holds a gift.
func mappingFields() setting.Form {
	f := payment.MappingFields()
	for i := range f {
		switch f[i].Name {
		case "map-pan":
			f[i].Default += ", udf1"
		case "map-address":
			f[i].Default += ", udf2"
		case "map-purpose":
			f[i].Default += ", udf3, productinfo"
		}
		f[i].Help += " PayU's forms ask under udf1 to udf5."
	}
	return f
}

// Open checks the values and makes an account. It does no I/O. It fails with Invalid, naming every faulty field.
func (d Driver) Open(v setting.Values) (payment.Account, error) {
	form := d.Settings()
	v, err := form.Check(v)
	if err != nil {
		return nil, err
	}
	if faults := faults(v); len(faults) > 0 {
		return nil, setting.Faulty(form, faults...)
	}
	a := &account{
		key: v["merchant-key"], salts: []string{v["salt"]}, mapping: payment.NewMapping(v),
		confirms: v["confirm"] != confirmByHash, signedDisputes: v["dispute-signature"] == signatureRequired,
	}
	if old := v["old-salt"]; old != "" {
		a.salts = append(a.salts, old)
	}
	if !a.confirms {
		return a, nil
	}
	return newAsking(a, strings.TrimRight(v["base-url"], "/")), nil
}

func faults(v setting.Values) []string {
	var out []string
	for _, name := range []string{"merchant-key", "salt", "old-salt"} {
		if strings.Contains(v[name], "|") {
			out = append(out, name+" has a | in it, which PayU's never has")
		}
	}
	if v["confirm"] == confirmByHash && v["webhook"] == "no" {
		out = append(out, "confirm is hash and webhook is no: then nothing would ever be heard of PayU")
	}
	return out
}

// account reads what PayU sends. By itself it asks nobody: see asking.
type account struct {
	key            string
	salts          []string // the present one first
	mapping        payment.Mapping
	confirms       bool // messages are claims
	signedDisputes bool
}

var (
	_ payment.Doubter = (*account)(nil)
	_ payment.Prober  = (*account)(nil)
)

// Limit is the largest body in bytes that is read.
func (a *account) Limit() int64 { return maxBody }

// Hint is empty: PayU gives its messages no id.
func (a *account) Hint(http.Header) string { return "" }

// Verify checks a message. A payment's hash lies in its body and covers 12 fields. A refund is not signed at all: it passes
// with the account's key, which every donor's browser sees, because nothing in it is believed; it is a reason to ask PayU,
// and what strangers can make us ask is bounded by Ration. A dispute may be signed in a header. It fails with
// Unauthenticated.
func (a *account) Verify(header http.Header, body []byte) error {
	f, err := readMessage(body)
	if err != nil {
		return unauthenticated("the message cannot be read: " + err.Error())
	}
	switch f.about() {
	case aboutPayment:
		return a.verifyPayment(f)
	case aboutRefund:
		if subtle.ConstantTimeCompare([]byte(f["key"]), []byte(a.key)) == 1 {
			return nil
		}
		return unauthenticated("the message is for another merchant key")
	case aboutDispute:
		return a.verifyDispute(header, f)
	}
	return unauthenticated("the message is none of PayU's")
}

func (a *account) verifyPayment(f fields) error {
	if f["hash"] == "" {
		return unauthenticated("the message carries no hash")
	}
	if f["key"] != a.key {
		return unauthenticated("the message is for another merchant key")
	}
	for _, salt := range a.salts {
		if f.signedWith(salt) {
			return nil
		}
	}
	return unauthenticated("the hash does not match")
}

func (a *account) verifyDispute(header http.Header, f fields) error {
	signatures := header[disputeHeader]
	if len(signatures) == 0 && !a.signedDisputes {
		return nil
	}
	if len(signatures) == 1 {
		for _, salt := range a.salts {
			if f.disputeSignedWith(signatures[0], a.key, salt) {
				return nil
			}
		}
	}
	return unauthenticated("the dispute's signature is missing or does not match")
}

// Ration names what a message that passed draws on. A donor has one valid hash, and can send it with as many different fields
// beside it as they like; what is not signed at all anybody can make up.
func (a *account) Ration(header http.Header, body []byte) string {
	f, err := readMessage(body)
	switch {
	case err != nil:
		return "unread"
	case f.about() == aboutPayment:
		return strings.ToLower(f["hash"])
	case f.about() == aboutDispute && len(header[disputeHeader]) > 0:
		return f.first("cb_id") + " " + f["cb_status"]
	}
	return "unsigned"
}

func unauthenticated(message string) error {
	return &ngo.Error{
		Code: ngo.Unauthenticated, Message: message,
		Hint: "compare the merchant key and the salt in PayU's dashboard with those given here: ngoctl gateway show payu",
	}
}

// Doubt says what is believed unconfirmed.
func (a *account) Doubt() string {
	if a.confirms {
		return ""
	}
	return "Payments are believed on the strength of PayU's signature alone, as nobody is asked; refunds and disputes made at PayU are not seen."
}

// probeStatus is a status that no payment of PayU's has.
const probeStatus = "ngoctl_probe"

// Probe makes a signed message that means nothing.
func (a *account) Probe(_ time.Time, nonce string) (http.Header, []byte) {
	nonce = strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' && r != '|' {
			return r
		}
		return -1
	}, nonce)
	f := fields{"key": a.key, "txnid": "probe-" + nonce, "amount": "1.00", "productinfo": "probe", "status": probeStatus}
	form := url.Values{"hash": {reverseHash(a.salts[0], f, "", "")}}
	for name, text := range f {
		form.Set(name, text)
	}
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode())
}
