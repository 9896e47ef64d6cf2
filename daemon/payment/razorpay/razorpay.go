// Package razorpay reads the webhooks of Razorpay. Today one event means something to the ledger, payment.captured; every
// other is understood and left alone. What touches money is read strictly, the rest as leniently as Razorpay's own samples
// need. Everything here is pure and safe for concurrent use.
package razorpay

import (
	"net/http"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxBody = 256 << 10 // the largest published event has 4 KB
	maxHint = 64

	signatureHeader = "X-Razorpay-Signature"
	eventHeader     = "X-Razorpay-Event-Id"
)

// Driver makes accounts of Razorpay.
type Driver struct{}

var _ payment.Driver = Driver{}

// New makes the driver.
func New() Driver { return Driver{} }

// Name is razorpay.
func (Driver) Name() string { return "razorpay" }

// Settings are what an account needs: the webhook's secret. The API key is for asking Razorpay about payments.
func (Driver) Settings() setting.Form {
	return setting.Form{
		{
			Name: "webhook-secret", Title: "Webhook secret", Kind: setting.Text, Secret: true, Required: true,
			Help: "The secret that you set at the webhook in the Razorpay dashboard; it is not the API key's secret.",
		},
		{
			Name: "key-id", Title: "API key id", Kind: setting.Text,
			Help: "The id of an API key (rzp_…), from Account & Settings, API keys.",
		},
		{
			Name: "key-secret", Title: "API key secret", Kind: setting.Text, Secret: true,
			Help: "The secret that Razorpay showed once when the API key was made.",
		},
		{
			Name: "base-url", Title: "API address", Kind: setting.URL, Default: "https://api.razorpay.com/v1",
			Help: "Where Razorpay's API is; change it for tests only.",
		},
		{
			Name: "account-id", Title: "Account id", Kind: setting.Text,
			Help: "The account's own id (acc_…); when it is set, events of any other account are put aside.",
		},
		{
			Name: "old-webhook-secret", Title: "Former webhook secret", Kind: setting.Text, Secret: true,
			Help: "The secret before the last change; Razorpay signs events from before the change with it for a day.",
		},
	}
}

// Open checks the values and makes an account. It fails with Invalid, naming every faulty field.
func (d Driver) Open(v setting.Values) (payment.Account, error) {
	form := d.Settings()
	v, err := form.Check(v)
	if err != nil {
		return nil, err
	}
	if faults := faults(v); len(faults) > 0 {
		return nil, setting.Faulty(form, faults...)
	}
	a := &account{id: v["account-id"], secrets: [][]byte{[]byte(v["webhook-secret"])}}
	if old := v["old-webhook-secret"]; old != "" {
		a.secrets = append(a.secrets, []byte(old))
	}
	return a, nil
}

func faults(v setting.Values) []string {
	var out []string
	if (v["key-id"] == "") != (v["key-secret"] == "") {
		out = append(out, "key-id and key-secret belong together: give both or none")
	}
	if id := v["account-id"]; id != "" && !validRef(id, "acc_") {
		out = append(out, "account-id does not look like acc_ and letters and digits")
	}
	return out
}

type account struct {
	id      string // empty when any account's events are taken
	secrets [][]byte
}

// Limit is the largest body in bytes that is read.
func (a *account) Limit() int64 { return maxBody }

// Verify checks the signature over the raw body. It fails with Unauthenticated.
func (a *account) Verify(header http.Header, body []byte) error {
	signatures := header[signatureHeader]
	if len(signatures) == 0 {
		return &ngo.Error{
			Code: ngo.Unauthenticated, Message: "the delivery carries no signature",
			Hint: "set a secret at the webhook in the Razorpay dashboard; without one Razorpay signs nothing",
		}
	}
	if len(signatures) == 1 {
		for _, secret := range a.secrets {
			if sign.Verify(secret, body, signatures[0]) {
				return nil
			}
		}
	}
	return &ngo.Error{
		Code: ngo.Unauthenticated, Message: "the signature does not match",
		Hint: "compare the webhook's secret in the Razorpay dashboard with the one given here: ngoctl gateway show razorpay",
	}
}

// Hint is the id that Razorpay gives the event, as far as it can be printed. The signature does not cover it.
func (a *account) Hint(header http.Header) string {
	id := header.Get(eventHeader)
	id = id[:min(len(id), maxHint)]
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, id)
}

// validRef tells whether s is an identifier of Razorpay's with that prefix.
func validRef(s, prefix string) bool {
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && rest != "" && len(s) <= 64 && strings.Trim(rest, signs) == ""
}
