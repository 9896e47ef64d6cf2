package ses_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/ses"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

type hears interface {
	channel.Receiver
	channel.Learner
	channel.Runner
	channel.Streamer
}

func notified(extra map[string]string) map[string]string {
	f := map[string]string{
		"Type": "Notification", "MessageId": "m1", "TopicArn": topic, "Message": "word", "Subject": "s", "Timestamp": "2026-11-23T11:59:00.000Z",
	}
	maps.Copy(f, extra)
	return f
}

// learnt opens an account that knows Amazon's certificate.
func learnt(t testing.TB, a *amazon, pairs ...string) hears {
	t.Helper()
	h := open[hears](t, a, values(pairs...))
	b := body(a.sign(notified(nil), "2"))
	if err := h.Verify(none, b); ngo.CodeOf(err) != ngo.Unavailable {
		t.Fatalf("Verify without the certificate = %v; want Unavailable", err)
	}
	if err := h.Learn(t.Context(), none, b); err != nil {
		t.Fatal(err)
	}
	if err := h.Verify(none, b); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestInbound(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	d := driver(a)
	message := func(to string) func(int) []byte {
		return func(n int) []byte { return a.notification(topic, fmt.Sprint("m", n), receivedJSON(to, mailOf(n))) }
	}
	suite := channeltest.Inbound{
		Driver: knowing{d, a}, Values: values(), Message: message("help@ngo.example.org"), Foreign: message("help@other.example"),
		Sign: func([]byte) http.Header { return none }, Enclosed: true,
	}
	channeltest.RunInbound(t, suite)
}

// knowing opens accounts that have learnt the certificate.
type knowing struct {
	*ses.Driver
	a *amazon
}

func (k knowing) Open(v setting.Values) (channel.Account, error) {
	acc, err := k.Driver.Open(v)
	if err != nil {
		return nil, err
	}
	return acc, acc.(channel.Learner).Learn(context.Background(), none, k.a.notification(topic, "m", "word"))
}

func TestVerifyBelievesOnlyAmazonAndOurTopic(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	h, strict := learnt(t, a), learnt(t, a, "strict", "yes")
	confirm := map[string]string{"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "https://sns.ap-south-1.amazonaws.com/?Action=ConfirmSubscription"}
	for name, tt := range map[string]struct {
		body   []byte
		ok     bool
		strict bool // whether a strict account takes it
	}{
		"version 2":             {body(a.sign(notified(nil), "2")), true, true},
		"version 1":             {body(a.sign(notified(nil), "1")), true, false},
		"a confirmation":        {body(a.sign(notified(confirm), "2")), true, true},
		"an empty subject":      {body(a.sign(notified(map[string]string{"Subject": ""}), "2")), true, true},
		"breaks and quotes":     {body(a.sign(notified(map[string]string{"Message": "a\nSubject\nb\"\u2028"}), "2")), true, true},
		"version 3":             {body(a.sign(notified(nil), "3")), false, false},
		"no version":            {body(with(a.sign(notified(nil), "2"), "SignatureVersion", "")), false, false},
		"another version said":  {body(with(a.sign(notified(nil), "1"), "SignatureVersion", "2")), false, false},
		"another topic":         {body(a.sign(notified(map[string]string{"TopicArn": topic + "-2"}), "2")), false, false},
		"the topic changed":     {body(with(a.sign(notified(map[string]string{"TopicArn": topic + "-2"}), "2"), "TopicArn", topic)), false, false},
		"the message changed":   {body(with(a.sign(notified(nil), "2"), "Message", "other")), false, false},
		"the subject taken out": {body(without(a.sign(notified(nil), "2"), "Subject")), false, false},
		"a subject put in":      {body(with(a.sign(without(notified(nil), "Subject"), "2"), "Subject", "x")), false, false},
		"another type":          {body(with(a.sign(notified(nil), "2"), "Type", "Gossip")), false, false},
		"no signature":          {body(without(a.sign(notified(nil), "2"), "Signature")), false, false},
		"half a signature":      {body(with(a.sign(notified(nil), "2"), "Signature", "AAAA")), false, false},
		"somebody's own certificate": {
			body(with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com.evil.example/x.pem")), false, false,
		},
		"raw delivery": {[]byte(receivedJSON("help@ngo.example.org", mailOf(1))), false, false},
		"a field said again in small letters": {
			[]byte(strings.Replace(string(body(a.sign(notified(nil), "2"))), "{", `{"message":"forged","topicarn":"x",`, 1)), true, true,
		},
	} {
		for who, account := range map[string]hears{"": h, " when strict": strict} {
			want := tt.ok
			if account == strict {
				want = tt.strict
			}
			err := account.Verify(none, tt.body)
			if want && err != nil || !want && ngo.CodeOf(err) != ngo.Unauthenticated {
				t.Errorf("Verify of %s%s = %v; want %v", name, who, err, want)
			}
		}
	}
	if n := len(a.calls()); n != 2 {
		t.Errorf("Amazon was asked %d times; want once for each account", n)
	}
}

// What is of another topic is left out also where it was let in before: the setting may have changed since.
func TestAnotherTopicsNewsAreRefused(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	h := learnt(t, a)
	for other, want := range map[string]bool{topic: false, topic + "-2": true, "": true} {
		all, err := h.Normalise(body(a.sign(notified(map[string]string{"TopicArn": other}), "2")))
		if err != nil || len(all) != 1 || (all[0].Refused != nil) != want {
			t.Errorf("of the topic %q it says %+v, %v; want it refused: %v", other, all, err, want)
		}
	}
}

func with(f map[string]string, name, value string) map[string]string {
	f = maps.Clone(f)
	f[name] = value
	return f
}

func without(f map[string]string, name string) map[string]string {
	f = maps.Clone(f)
	delete(f, name)
	return f
}

func TestLearnAsksNobodyElse(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	h := open[hears](t, a, values())
	for name, bad := range map[string]map[string]string{
		"another topic":   a.sign(notified(map[string]string{"TopicArn": "arn:aws:sns:ap-south-1:999999999999:mine"}), "2"),
		"another version": a.sign(notified(nil), "9"),
		"an inner address": with(a.sign(notified(nil), "2"), "SigningCertURL",
			"https://169.254.169.254/latest/meta-data/x.pem"),
		"a query":                   with(a.sign(notified(nil), "2"), "SigningCertURL", certificate+"?x=y"),
		"no type":                   without(a.sign(notified(nil), "2"), "Type"),
		"not JSON":                  nil,
		"a way up":                  with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com/../x.pem"),
		"a way up in other signs":   with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com/%2e%2e/x.pem"),
		"a way down":                with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com/mine/x.pem"),
		"a way down in other signs": with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com/mine%2fx.pem"),
		"two slashes":               with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com//x.pem"),
		"no name":                   with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com/.pem"),
		"a bad URL":                 with(a.sign(notified(nil), "2"), "SigningCertURL", "https://sns.ap-south-1.amazonaws.com/%zz.pem"),
	} {
		if err := h.Learn(t.Context(), none, body(bad)); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("Learn of %s = %v; want Unauthenticated", name, err)
		}
	}
	if len(a.calls()) != 0 {
		t.Errorf("%v was asked", a.calls())
	}
}

func TestCertificatesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		amazon *amazon
		change func(*amazon)
		want   ngo.Code
	}{
		"out of date":   {amazonWith(t, noon.Add(-2*time.Hour), noon.Add(-time.Hour)), nil, ngo.Unauthenticated},
		"not yet":       {amazonWith(t, noon.Add(time.Hour), noon.Add(2*time.Hour)), nil, ngo.Unauthenticated},
		"no PEM":        {newAmazon(t), func(a *amazon) { a.pem = []byte("<html>") }, ngo.Unauthenticated},
		"not there":     {newAmazon(t), func(a *amazon) { a.fail = &ngo.Error{Code: ngo.NotFound, Message: "gone"} }, ngo.Unauthenticated},
		"a redirect":    {newAmazon(t), func(a *amazon) { a.fail = &ngo.Error{Code: ngo.Internal, Message: "302"} }, ngo.Unauthenticated},
		"nobody there":  {newAmazon(t), func(a *amazon) { a.fail = &ngo.Error{Code: ngo.Unavailable, Message: "down"} }, ngo.Unavailable},
		"a private key": {newAmazon(t), func(a *amazon) { a.pem = []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n") }, ngo.Unauthenticated},
	} {
		if tt.change != nil {
			tt.change(tt.amazon)
		}
		h := open[hears](t, tt.amazon, values())
		b := body(tt.amazon.sign(notified(nil), "2"))
		if err := h.Learn(t.Context(), none, b); ngo.CodeOf(err) != tt.want {
			t.Errorf("Learn of a certificate that is %s = %v; want %s", name, err, tt.want)
		}
		if err := h.Learn(t.Context(), none, b); ngo.CodeOf(err) != ngo.Limited || len(tt.amazon.calls()) != 1 {
			t.Errorf("Learn at once again = %v after %d questions; want Limited after one", err, len(tt.amazon.calls()))
		}
		if err := h.Verify(none, b); ngo.CodeOf(err) != ngo.Unavailable {
			t.Errorf("Verify then = %v; want Unavailable", err)
		}
	}
}

func TestConfirmation(t *testing.T) {
	t.Parallel()
	a := newAmazon(t)
	h := open[hears](t, a, values())
	const good = "https://sns.ap-south-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=2336412f37"
	ask := func(address string) channel.Event {
		t.Helper()
		events, err := h.Normalise(body(a.sign(notified(map[string]string{"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": address}), "2")))
		if err != nil || len(events) != 1 || channeltest.Sound(events) != nil {
			t.Fatalf("a confirmation at %s is %+v, %v", address, events, err)
		}
		return events[0]
	}
	e := ask(good)
	if e.Errand == nil || e.Errand.Kind != "confirm" {
		t.Fatalf("a confirmation is %+v", e)
	}
	if bodies, err := h.Run(t.Context(), *e.Errand); err != nil || len(bodies) != 0 || !slices.Equal(a.calls(), []string{good}) {
		t.Errorf("Run = %d bodies, %v; asked %v", len(bodies), err, a.calls())
	}
	for _, bad := range []string{
		"http://sns.ap-south-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic, "https://evil.example/?Action=ConfirmSubscription&TopicArn=" + topic,
		strings.Replace(good, "Confirm", "Delete", 1), strings.Replace(good, "ngo-inbound", "other", 1), good + "&Action=DeleteTopic", "", "https://sns.ap-south-1.amazonaws.com/x?" + good,
		strings.Replace(good, "amazonaws.com/", "amazonaws.com:8443/", 1), strings.Replace(good, "https://", "https://user@", 1),
	} {
		if e := ask(bad); e.Unknown == nil {
			t.Errorf("a confirmation at %s is %+v; want it put aside", bad, e)
		}
		if _, err := h.Run(t.Context(), channel.Errand{Kind: "confirm", More: map[string]string{"url": bad, "topic": topic}}); ngo.CodeOf(err) != ngo.Denied {
			t.Errorf("Run at %s = %v; want Denied", bad, err)
		}
	}
	if len(a.calls()) != 1 {
		t.Errorf("%v were asked", a.calls())
	}
}

// With NGOCTL_FIXTURES set: what the rule about addresses says of each.
func TestCertificateAddresses(t *testing.T) {
	t.Parallel()
	var cases struct {
		Cases []struct {
			URL string
			OK  bool
		}
	}
	if err := json.Unmarshal(fixture(t, "cert_url_cases.json"), &cases); err != nil || len(cases.Cases) == 0 {
		t.Fatal(err)
	}
	a := newAmazon(t)
	for _, c := range cases.Cases {
		h := open[hears](t, a, values())
		err := h.Verify(none, body(with(a.sign(notified(nil), "2"), "SigningCertURL", c.URL)))
		if want := map[bool]ngo.Code{true: ngo.Unavailable, false: ngo.Unauthenticated}[c.OK]; ngo.CodeOf(err) != want {
			t.Errorf("Verify with the certificate at %q = %v; want %s", c.URL, err, want)
		}
	}
}

func folder(t *testing.T) string {
	t.Helper()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the samples are not here")
	}
	return filepath.Join(root, "channels", "ses-sns")
}

func fixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzNotified: whatever is delivered, the events are sound; and nothing that is not signed is believed.
func FuzzNotified(f *testing.F) {
	a := newAmazon(f)
	h := learnt(f, a)
	f.Add(string(a.notification(topic, "m", "word")))
	f.Add(string(a.notification(topic, "m", receivedJSON("help@ngo.example.org", mailOf(1)))))
	f.Add(`{"Type":"Notification","TopicArn":"` + topic + `","Message":"{\"eventType\":\"Bounce\",\"mail\":{\"source\":\"help@ngo.example.org\",\"messageId\":\"x\"},\"bounce\":{\"bouncedRecipients\":[{\"emailAddress\":\"a\"}]}}"}`)
	f.Add("\x00{\"key\":\"k\"}\nFrom: a@b.example\r\n\r\nhello")
	f.Fuzz(func(t *testing.T, s string) {
		if err := h.Verify(none, []byte(s)); err == nil && s != string(a.notification(topic, "m", "word")) && !strings.Contains(s, "Signature") {
			t.Error("it is believed unsigned")
		}
		events, err := h.Normalise([]byte(s))
		if err != nil {
			if ngo.CodeOf(err) != ngo.Invalid {
				t.Errorf("Normalise = %v; want Invalid", err)
			}
			return
		}
		if err := channeltest.Sound(events); err != nil {
			t.Error(err)
		}
	})
}
