package ses_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/ses"
	"github.com/ngoctl/ngoctl/daemon/setting"
)

const (
	topic       = "arn:aws:sns:ap-south-1:123456789012:ngo-inbound"
	certificate = "https://sns.ap-south-1.amazonaws.com/SimpleNotificationService-00000000000000000000000000000000.pem"
)

var noon = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// amazon signs, and gives what lies at its addresses.
type amazon struct {
	key *rsa.PrivateKey
	pem []byte

	mu    sync.Mutex
	asked []string
	fail  error
}

var makeKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newAmazon(t testing.TB) *amazon {
	t.Helper()
	return amazonWith(t, noon.Add(-time.Hour), noon.Add(time.Hour))
}

func amazonWith(t testing.TB, from, to time.Time) *amazon {
	t.Helper()
	a := &amazon{key: makeKey()}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sns.amazonaws.com"}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// get is ses.Options.Get.
func (a *amazon) get(_ context.Context, address string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, address)
	if a.fail != nil {
		return nil, a.fail
	}
	return a.pem, nil
}

func (a *amazon) calls() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

// sign signs a notification as SNS does.
func (a *amazon) sign(fields map[string]string, version string) map[string]string {
	out := map[string]string{"SignatureVersion": version, "SigningCertURL": certificate}
	for k, v := range fields {
		out[k] = v
	}
	names := []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
	if fields["Type"] != "Notification" {
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, n := range names {
		if v, ok := fields[n]; ok {
			text.WriteString(n + "\n" + v + "\n")
		}
	}
	sum, hash := sha256.Sum256([]byte(text.String())), crypto.SHA256
	digest := sum[:]
	if version == "1" {
		old := sha1.Sum([]byte(text.String()))
		digest, hash = old[:], crypto.SHA1
	}
	signature, err := rsa.SignPKCS1v15(nil, a.key, hash, digest)
	if err != nil {
		panic(err)
	}
	out["Signature"] = base64.StdEncoding.EncodeToString(signature)
	return out
}

// notification is the body that tells a message of a topic.
func (a *amazon) notification(topic, id, message string) []byte {
	return body(a.sign(map[string]string{
		"Type": "Notification", "MessageId": id, "TopicArn": topic, "Message": message, "Timestamp": "2026-11-23T11:59:00.000Z",
	}, "2"))
}

func body(fields map[string]string) []byte {
	b, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		panic(err)
	}
	return b
}

// values are an account's settings; pairs change them.
func values(pairs ...string) setting.Values {
	v := setting.Values{
		"smtp": "email-smtp.ap-south-1.amazonaws.com:587", "from": "help@ngo.example.org", "user": "AKIASYNTHETIC", "password": "synthetic-password",
		"topics": topic,
	}
	for i := 0; i < len(pairs); i += 2 {
		v[pairs[i]] = pairs[i+1]
	}
	return v
}

func driver(a *amazon) *ses.Driver {
	return ses.New(ses.Options{Get: a.get, Every: 20 * time.Millisecond, Mail: email.Options{Now: func() time.Time { return noon }}})
}

func open[T any](t testing.TB, a *amazon, v setting.Values) T {
	t.Helper()
	acc, err := driver(a).Open(v)
	if err != nil {
		t.Fatal(err)
	}
	out, ok := acc.(T)
	if !ok {
		t.Fatalf("the account cannot do that: %T", acc)
	}
	return out
}

// mailOf is a mail that says "word n".
func mailOf(n int) string {
	return fmt.Sprintf("Return-Path: <meena@example.org>\r\nReceived: from a (a [192.0.2.1])\r\n by inbound-smtp.ap-south-1.amazonaws.com with SMTP id x;\r\n Sun, 22 Nov 2026 10:%02d:00 +0000\r\n"+
		"Authentication-Results: amazonses.com;\r\n dkim=pass header.i=@example.org; dmarc=pass header.from=example.org;\r\n"+
		"From: Meena <meena@example.org>\r\nTo: help@ngo.example.org\r\nSubject: Question\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <m%d@example.org>\r\n\r\nword %d\r\n", n%60, n, n)
}

// receivedJSON is what SES tells of a mail that came for somebody.
func receivedJSON(to, content string) string {
	b, err := json.Marshal(map[string]any{
		"notificationType": "Received", "mail": map[string]any{"messageId": "synthetic", "source": "meena@example.org"},
		"receipt": map[string]any{
			"timestamp": "2026-11-22T10:00:00.000Z", "recipients": []string{to},
			"dmarcVerdict": map[string]string{"status": "PASS"}, "action": map[string]string{"type": "SNS", "encoding": "UTF8"},
		},
		"content": content,
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}

var none = http.Header{}
