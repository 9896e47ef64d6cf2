// Package razorpay reads what Razorpay tells of payments, refunds, disputes and settlements, by webhook and when asked, and
// asks it for refunds. What touches money is read strictly, the rest as leniently as Razorpay's own samples need. An
// account's methods that ask Razorpay do I/O; all else is pure. Everything is safe for concurrent use.
package razorpay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/egress"
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

	usualBase = "https://api.razorpay.com/v1"
)

// Driver makes accounts of Razorpay.
type Driver struct{}

var _ payment.Driver = Driver{}

// New makes the driver.
func New() Driver { return Driver{} }

// Name is razorpay.
func (Driver) Name() string { return "razorpay" }

// Settings are what an account needs: the webhook's secret, an API key, or both. Without a key Razorpay cannot be asked:
// what a webhook failed to bring stays unknown.
func (Driver) Settings() setting.Form {
	return append(setting.Form{
		{
			Name: "webhook-secret", Title: "Webhook secret", Kind: setting.Text, Secret: true, Former: "old-webhook-secret",
			Help: "The secret that you set at the webhook in the Razorpay dashboard; it is not the API key's secret.",
		},
		{
			Name: "key-id", Title: "API key id", Kind: setting.Text,
			Help: "The id of an API key (rzp_…), from Account & Settings, API keys; with it missed payments are found, and refunds made.",
		},
		{
			Name: "key-secret", Title: "API key secret", Kind: setting.Text, Secret: true,
			Help: "The secret that Razorpay showed once when the API key was made.",
		},
		{
			Name: "webhook", Title: "Webhook", Kind: setting.Choice, Choices: []string{"yes", "no"}, Default: "yes",
			Help: "Choose no where Razorpay cannot reach this box: it is then asked every few minutes, which needs the API key.",
		},
		{
			Name: "pot", Title: "Pot", Kind: setting.Choice, Choices: []string{string(ngo.Domestic), string(ngo.Foreign)}, Default: string(ngo.Domestic),
			Help: "Choose foreign for the account that takes foreign contributions only.",
		},
		{
			Name: "base-url", Title: "API address", Kind: setting.URL, Default: usualBase,
			Help: "Where Razorpay's API is; change it for tests only.",
		},
		{
			Name: "account-id", Title: "Account id", Kind: setting.Text,
			Help: "The account's own id (acc_…); when it is set, events of any other account are put aside.",
		},
		{
			Name: "old-webhook-secret", Title: "Former webhook secret", Kind: setting.Text, Secret: true,
			Help: "The secret before the last change; Razorpay signs events from before the change with it, also when they are sent again days later.",
		},
	}, payment.MappingFields()...)
}

// Open checks the values and makes an account: one that can be probed if it has a webhook's secret, and that can be asked if
// it has an API key. It fails with Invalid, naming every faulty field.
func (d Driver) Open(v setting.Values) (payment.Account, error) {
	form := d.Settings()
	v, err := form.Check(v)
	if err != nil {
		return nil, err
	}
	if faults := faults(v); len(faults) > 0 {
		return nil, setting.Faulty(form, faults...)
	}
	a := &account{id: v["account-id"], mapping: payment.NewMapping(v)}
	for _, name := range [...]string{"webhook-secret", "old-webhook-secret"} {
		if secret := v[name]; secret != "" {
			a.secrets = append(a.secrets, []byte(secret))
		}
	}
	if v["key-id"] == "" {
		return hooked{a}, nil
	}
	base := strings.TrimRight(v["base-url"], "/")
	asked := asked{a, &api{
		client: egress.NewClient(egress.Options{Near: base != usualBase}), base: base, id: v["key-id"], secret: v["key-secret"],
	}}
	if v["webhook-secret"] == "" {
		return asked, nil
	}
	return both{asked}, nil
}

func faults(v setting.Values) []string {
	var out []string
	key := v["key-id"] != "" && v["key-secret"] != ""
	switch {
	case (v["key-id"] == "") != (v["key-secret"] == ""):
		out = append(out, "key-id and key-secret belong together: give both or none")
	case v["webhook"] == "no" && !key:
		out = append(out, "key-id and key-secret are missing: without a webhook Razorpay has to be asked")
	}
	if v["webhook"] == "yes" && v["webhook-secret"] == "" {
		out = append(out, "webhook-secret is missing (or choose no for webhook)")
	}
	if id := v["account-id"]; id != "" && !validRef(id, "acc_") {
		out = append(out, "account-id does not look like acc_ and letters and digits")
	}
	return out
}

// account is what every account can do.
type account struct {
	id      string // empty when any account's events are taken
	secrets [][]byte
	mapping payment.Mapping
}

// hooked is an account that Razorpay reaches by webhook and that cannot ask.
type hooked struct{ *account }

// asked is an account that asks Razorpay and has no webhook.
type asked struct {
	*account
	api *api
}

// both has a webhook and can ask.
type both struct{ asked }

var (
	_ payment.Prober   = hooked{}
	_ payment.Prober   = both{}
	_ payment.Poller   = asked{}
	_ payment.Refunder = asked{}
	_ payment.Checker  = asked{}
)

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

// Probe makes an event that is signed as Razorpay signs and that means nothing.
func (h hooked) Probe(now time.Time, nonce string) (http.Header, []byte) {
	return h.probe(now, nonce)
}

// Probe makes an event that is signed as Razorpay signs and that means nothing.
func (b both) Probe(now time.Time, nonce string) (http.Header, []byte) { return b.probe(now, nonce) }

func (a *account) probe(now time.Time, nonce string) (http.Header, []byte) {
	body := fmt.Appendf(nil, `{"entity":"event","account_id":%s,"event":%q,"contains":[],"payload":{},"nonce":%s,"created_at":%d}`,
		quote(a.id), probed, quote(nonce), now.Unix())
	return http.Header{
		"Content-Type":  {"application/json"},
		eventHeader:     {nonce},
		signatureHeader: {sign.HMAC(a.secrets[0], body)},
	}, body
}

// quote writes s as JSON.
func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // not reached: every string has a JSON form
	}
	return b
}

// validRef tells whether s is an identifier of Razorpay's with that prefix.
func validRef(s, prefix string) bool {
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && rest != "" && len(s) <= 64 && strings.Trim(rest, signs) == ""
}
