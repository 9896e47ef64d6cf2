package ses

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// maxNotification is the longest notification: 256 KB of message, and what writing that down within JSON adds.
const maxNotification = 1 << 20

// The kinds of notification.
const (
	typeNotification = "Notification"
	typeSubscribe    = "SubscriptionConfirmation"
	typeUnsubscribe  = "UnsubscribeConfirmation"
)

// signed are the fields that the signature is over, in its order.
var signed = map[string][]string{
	typeNotification: {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"},
	typeSubscribe:    {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"},
	typeUnsubscribe:  {"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"},
}

// notification is what SNS delivers: its fields that are texts, by their exact names.
type notification map[string]string

// parse reads a notification. It fails with Invalid.
func parse(body []byte) (notification, error) {
	if len(body) > maxNotification {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "this is longer than what SNS delivers"}
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "this is not what SNS delivers", Err: errors.New("not a JSON object")}
	}
	n := notification{}
	for name, value := range raw {
		var text *string
		if json.Unmarshal(value, &text) == nil && text != nil {
			n[name] = *text
		}
	}
	if signed[n["Type"]] == nil {
		return nil, &ngo.Error{
			Code: ngo.Invalid, Message: "this is not what SNS delivers", Hint: "raw message delivery has to be off in the topic's subscription",
		}
	}
	return n, nil
}

// Limit is the longest body that SNS delivers.
func (a *account) Limit() int64 { return maxNotification }

// Posted tells whether SNS has a topic to send from.
func (a *account) Posted() bool { return len(a.topics) > 0 }

// Hint is SNS's id of the message.
func (a *account) Hint(header http.Header) string { return header.Get("x-amz-sns-message-id") }

func forged(message string) error {
	return &ngo.Error{Code: ngo.Unauthenticated, Message: message, Hint: "see the setting topics, and that raw message delivery is off"}
}

// Verify checks that SNS signed the body, and for a topic of ours. It fails with Unauthenticated, and with Unavailable when it
// lacks the certificate.
func (a *account) Verify(_ http.Header, body []byte) error {
	n, err := a.trusted(body)
	if err != nil {
		return err
	}
	a.mu.Lock()
	c := a.certificates[n["SigningCertURL"]]
	a.mu.Unlock()
	if c == nil {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the certificate of this notification is not known yet"}
	}
	if !inDate(c, a.driver.o.Mail.Now()) {
		return forged("the certificate of this notification is out of date")
	}
	return n.check(c)
}

// trusted parses a body, and refuses what no certificate can mend.
func (a *account) trusted(body []byte) (notification, error) {
	n, err := parse(body)
	switch {
	case err != nil:
		return nil, forged("this is not what SNS delivers")
	case !slices.Contains(a.topics, n["TopicArn"]):
		return nil, forged("this is of a topic that is not one of ours")
	case n["SignatureVersion"] != "2" && (a.strict || n["SignatureVersion"] != "1"):
		return nil, forged("the signature is of a version that is not taken")
	case !certificateAddress(n["SigningCertURL"]):
		return nil, forged("the certificate is said to lie where Amazon keeps none")
	}
	return n, nil
}

// check compares the signature.
func (n notification) check(c *x509.Certificate) error {
	signature, err := base64.StdEncoding.DecodeString(n["Signature"])
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if err != nil || !ok {
		return forged("the signature does not match")
	}
	text := []byte(n.toSign())
	if n["SignatureVersion"] == "2" {
		sum := sha256.Sum256(text)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	} else {
		sum := sha1.Sum(text)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	}
	if err != nil {
		return forged("the signature does not match")
	}
	return nil
}

// toSign is the text that SNS signs.
func (n notification) toSign() string {
	var b strings.Builder
	for _, name := range signed[n["Type"]] {
		value, ok := n[name]
		if !ok && name == "Subject" {
			continue
		}
		b.WriteString(name + "\n" + value + "\n")
	}
	return b.String()
}

var host = regexp.MustCompile(`^sns\.[a-zA-Z0-9-]{3,}\.amazonaws\.com(\.cn)?$`)

// amazons tells an address of SNS's own.
func amazons(address string) (*url.URL, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Opaque != "" || !host.MatchString(u.Host) || ngo.Printable(address) != address {
		return nil, false
	}
	return u, true
}

// certificateName is where Amazon lays certificates: a name right below the host, with nothing in it that another would read otherwise.
var certificateName = regexp.MustCompile(`^/[A-Za-z0-9_-]+\.pem$`)

func certificateAddress(address string) bool {
	u, ok := amazons(address)
	return ok && certificateName.MatchString(u.EscapedPath()) && u.RawQuery == "" && u.Fragment == ""
}

func inDate(c *x509.Certificate, now time.Time) bool {
	return !now.Before(c.NotBefore) && !now.After(c.NotAfter)
}

const (
	mostCertificates = 32
	askAgain         = time.Minute // at an address that gave nothing
)

// Learn gets the certificate that a body names, from Amazon and for a topic of ours only. It fails with Unauthenticated, and with
// Unavailable or Limited when it may be tried later.
func (a *account) Learn(ctx context.Context, _ http.Header, body []byte) error {
	n, err := a.trusted(body)
	if err != nil {
		return err
	}
	address := n["SigningCertURL"]
	if wait, known := a.known(address); known {
		return nil
	} else if wait {
		return &ngo.Error{Code: ngo.Limited, Message: "the certificate was asked for just now, and not given"}
	}
	c, err := a.fetchCertificate(ctx, address)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.driver.o.Mail.Now()
	if err != nil {
		if len(a.refused) >= mostCertificates {
			clear(a.refused)
		}
		a.refused[address] = now
		return err
	}
	if len(a.certificates) >= mostCertificates {
		clear(a.certificates)
	}
	a.certificates[address] = c
	return nil
}

func (a *account) known(address string) (wait, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.driver.o.Mail.Now()
	if c := a.certificates[address]; c != nil {
		return false, inDate(c, now)
	}
	failed, ok := a.refused[address]
	return ok && now.Sub(failed) < askAgain && !now.Before(failed), false
}

func (a *account) fetchCertificate(ctx context.Context, address string) (*x509.Certificate, error) {
	data, err := a.driver.o.Get(ctx, address)
	switch ngo.CodeOf(err) {
	case "":
	case ngo.Unavailable, ngo.Limited:
		return nil, err
	default:
		return nil, forged("there is no certificate where the notification says")
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" || len(data) > mostGot {
		return nil, forged("what lies where the certificate is said to be is none")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, forged("what lies where the certificate is said to be is none")
	}
	if _, ok := c.PublicKey.(*rsa.PublicKey); !ok || !inDate(c, a.driver.o.Mail.Now()) {
		return nil, forged("the certificate of this notification is out of date, or of another kind")
	}
	return c, nil
}

// get asks one of Amazon's addresses.
func get(ctx context.Context, client *egress.Client, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "this is no address", Err: err}
	}
	answer, err := client.Do(req)
	client.CloseIdle() // it is asked once in months
	return answer.Body, err
}
