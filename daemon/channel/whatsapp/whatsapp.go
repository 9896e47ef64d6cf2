// Package whatsapp speaks with people through the WhatsApp Cloud API: what Meta delivers becomes events, and text, files and
// approved templates go out. An account is one app's token and one or several numbers of one organisation; whatever is delivered
// for other numbers is refused. A person need not have a phone number.
//
// Meta cannot tell a message that is sent twice from two: what Send leaves open, nobody may repeat unasked. What touches no
// network is pure; everything is safe for concurrent use.
package whatsapp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	usualBase = "https://graph.facebook.com/v26.0"

	window = 24 * time.Hour

	object = "whatsapp_business_account"
)

// Driver makes accounts.
type Driver struct{}

var _ channel.Driver = Driver{}

// New makes the driver.
func New() Driver { return Driver{} }

// Name is whatsapp.
func (Driver) Name() string { return "whatsapp" }

// Settings are what an account needs.
func (Driver) Settings() setting.Form {
	return setting.Form{
		{
			Name: "app-secret", Title: "App secret", Kind: setting.Text, Secret: true, Required: true, Former: "old-app-secret",
			Help: "The secret of the Meta app, from its basic settings; Meta signs what it delivers with it.",
		},
		{
			Name: "verify-token", Title: "Verify token", Kind: setting.Text, Secret: true, Required: true,
			Help: "A word of your own: the same is typed into the Meta app's webhook page.",
		},
		{
			Name: "token", Title: "Access token", Kind: setting.Text, Secret: true, Required: true,
			Help: "A permanent token of a system user that may send messages for the WhatsApp account, from Meta Business settings.",
		},
		{
			Name: "phone-number-id", Title: "Phone number id", Kind: setting.Text, Required: true,
			Help: "The id (not the number) of the sending number, from the app's WhatsApp page; several of one organisation with commas between.",
		},
		{
			Name: "waba-id", Title: "WhatsApp account id", Kind: setting.Text,
			Help: "The id of the WhatsApp Business account; templates and news about the account need it. Several with commas between.",
		},
		{
			Name: "receipt-template", Title: "Template for receipts", Kind: setting.Text,
			Help: "The name of an approved template that begins with a document: receipts go by it to those who agreed to get them here. Empty: by mail only.",
		},
		{
			Name: "base-url", Title: "API address", Kind: setting.URL, Default: usualBase,
			Help: "Where the Graph API is, with its version; change it for a newer version, or for tests.",
		},
		{
			Name: "proof", Title: "Proof with each call", Kind: setting.Choice, Choices: []string{"no", "yes"}, Default: "no",
			Help: "Choose yes when the Meta app is set to require the app secret with server calls.",
		},
		{
			Name: "old-app-secret", Title: "Former app secret", Kind: setting.Text, Secret: true,
			Help: "The secret before the last change; what Meta sends again from before is signed with it.",
		},
	}
}

// Open checks the values and makes an account. It fails with Invalid, naming every faulty field.
func (d Driver) Open(v setting.Values) (channel.Account, error) {
	form := d.Settings()
	v, err := form.Check(v)
	if err != nil {
		return nil, err
	}
	a := &account{word: v["verify-token"]}
	var faults []string
	for name, into := range map[string]*[]ngo.Ref{"phone-number-id": &a.numbers, "waba-id": &a.wabas} {
		ids, ok := ids(v[name])
		if !ok {
			faults = append(faults, name+" is not an id of Meta's, which has digits only")
		}
		*into = ids
	}
	if strings.ContainsFunc(v["token"], func(r rune) bool { return r <= ' ' || r > '~' }) {
		faults = append(faults, "token has signs in it that no token has")
	}
	if name := v["receipt-template"]; name != "" && !templateName.MatchString(name) {
		faults = append(faults, "receipt-template is not the name of a template: those have small letters, digits and _")
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return nil, setting.Faulty(form, faults...)
	}
	for _, name := range [...]string{"app-secret", "old-app-secret"} {
		if secret := v[name]; secret != "" {
			a.secrets = append(a.secrets, []byte(secret))
		}
	}
	o := meta.Options{Base: strings.TrimRight(v["base-url"], "/"), Usual: usualBase, Token: v["token"], Codes: codes}
	if v["proof"] == "yes" {
		o.Secret = a.secrets[0]
	}
	a.api, err = meta.NewClient(o)
	return a, err
}

// ids reads ids with commas between.
func ids(s string) ([]ngo.Ref, bool) {
	if s == "" {
		return nil, true
	}
	var out []ngo.Ref
	for id := range strings.SplitSeq(s, ",") {
		id = strings.TrimSpace(id)
		if id == "" || len(id) > 32 || strings.Trim(id, "0123456789") != "" {
			return nil, false
		}
		if !slices.Contains(out, ngo.Ref(id)) {
			out = append(out, ngo.Ref(id))
		}
	}
	return out, true
}

type account struct {
	api     *meta.Client
	secrets [][]byte
	word    string
	numbers []ngo.Ref // their ids; the first is the usual one
	wabas   []ngo.Ref
}

var (
	_ channel.Receiver   = (*account)(nil)
	_ channel.Handshaker = (*account)(nil)
	_ channel.Fetcher    = (*account)(nil)
	_ channel.Dispatcher = (*account)(nil)
	_ channel.Fitter     = (*account)(nil)
	_ channel.Windowed   = (*account)(nil)
	_ channel.Templater  = (*account)(nil)
	_ channel.Liner      = (*account)(nil)
	_ channel.Marker     = (*account)(nil)
)

// Limit is the largest body that is read.
func (a *account) Limit() int64 { return meta.MaxBody }

// Verify checks the signature over the raw body. It fails with Unauthenticated.
func (a *account) Verify(header http.Header, body []byte) error {
	return meta.Verify(header, body, a.secrets...)
}

// Hint is empty: Meta gives deliveries no id.
func (a *account) Hint(http.Header) string { return "" }

// Handshake answers Meta's question whether the address is ours. It fails with Denied or Invalid.
func (a *account) Handshake(query url.Values) (string, error) { return meta.Handshake(query, a.word) }

// Lines are the ids of the numbers.
func (a *account) Lines() []ngo.Ref { return slices.Clone(a.numbers) }

// Window is 24 hours.
func (a *account) Window() channel.Window { return channel.Window{Free: window} }

// Reaches tells whether kind is an address on WhatsApp. Whether a phone number is, shows when it is written to.
func (a *account) Reaches(kind ngo.IdentityKind) bool {
	switch kind {
	case ngo.WhatsApp, ngo.WhatsAppUser, ngo.Phone:
		return true
	}
	return false
}

// Check asks for the numbers and accounts that the settings name, which sends nothing.
func (a *account) Check(ctx context.Context) error {
	for _, id := range slices.Concat(a.numbers, a.wabas) {
		if _, err := a.api.Get(ctx, "/"+string(id), url.Values{"fields": {"id"}}); err != nil {
			return fmt.Errorf("ask for %s: %w", id, err)
		}
	}
	return nil
}
