package ses_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/ses"
)

// say puts an event on one line.
func say(e channel.Event) string {
	var s []string
	put := func(name string, v any) {
		if text := fmt.Sprint(v); text != "" && text != "0" && text != "false" && text != "[]" && text != "map[]" {
			s = append(s, name+"="+text)
		}
	}
	put("line", e.Line)
	if !e.At.IsZero() {
		put("at", e.At.Unix())
	}
	switch {
	case e.Incoming != nil:
		in := e.Incoming
		put("kind", in.Kind)
		put("from", channeltest.People(in.Person))
		put("subject", in.Mail.Subject)
		put("text", fmt.Sprintf("%.40q", in.Text))
		put("reply-to", in.ReplyTo)
		put("tokens", in.Tokens)
		put("auto", in.Mail.Auto)
		put("answerable", in.Mail.Answerable)
		put("doubt", in.Mail.Doubt)
		put("authentic", in.Mail.Authentic)
	case e.Status != nil:
		put("status", e.Status.State)
		put("soft", e.Status.Soft)
		put("of", strings.TrimPrefix(string(e.Status.Ref), "EXAMPLE7c191be45-"))
		put("token", e.Status.Token)
		put("to", channeltest.People(e.Status.Person))
		if f := e.Status.Fault; f != nil {
			put("fault", f.Code+" "+string(f.Class)+" "+f.Message)
		}
	case e.Preference != nil:
		put("wish", fmt.Sprint(e.Preference.Topic, " stop ", e.Preference.Stop))
		put("of", channeltest.People(e.Preference.Person))
	case e.Problem != nil:
		put("problem", e.Problem.Text)
		put("grave", e.Problem.Grave)
	case e.Errand != nil:
		put("errand", e.Errand.Kind)
		put("key", e.Errand.More["key"])
	case e.Refused != nil:
		put("refused", e.Refused.Why)
	case e.Unknown != nil:
		put("unknown", e.Unknown.Why)
	}
	return e.Name + ": " + strings.Join(s, "; ")
}

// With NGOCTL_FIXTURES set, every sample is read where it lies: what it must say is in the table, and a sample without a row
// fails. What SES says within a notification is put into one.
func TestSamples(t *testing.T) {
	t.Parallel()
	channeltest.Samples(t, folder(t), ".json", samples(), heard, "cert_url_cases.json") // of which TestCertificateAddresses is
}

// heard gives what a sample says, after whether it is believed.
func heard(t *testing.T, sample []byte) []string {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(folder(t), "synthetic-signing-cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	a := &amazon{key: makeKey(), pem: pem}
	d := ses.New(ses.Options{Get: a.get, Mail: email.Options{Now: func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }}})
	acc, err := d.Open(values("topics", topic+",arn:aws:sns:us-west-2:123456789012:MyTopic", "domains", "example.com", "bucket", "ngo-inbound-mail", "access-key", "x", "secret-key", "y"))
	if err != nil {
		t.Fatal(err)
	}
	h := acc.(hears)
	var kind struct{ Type string }
	if err := json.Unmarshal(sample, &kind); err != nil {
		t.Fatal(err)
	}
	var out []string
	switch {
	case kind.Type != "":
		if err := h.Learn(t.Context(), none, sample); err != nil {
			out = append(out, "not to be learnt: "+err.Error())
		}
		if err := h.Verify(none, sample); err != nil {
			out = append(out, "forged: "+err.Error())
		}
	case bytes.Contains(sample, []byte(`"Records"`)):
	default:
		sample = a.notification(topic, "m1", string(sample))
	}
	events, err := h.Normalise(sample)
	if err != nil {
		return append(out, "not understood: "+err.Error())
	}
	if err := channeltest.Sound(events); err != nil {
		t.Error(err)
	}
	for _, e := range events {
		out = append(out, say(e))
	}
	return out
}
