package whatsapp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// say puts an event on one line.
func say(e channel.Event) string {
	var s []string
	put := func(name string, v any) {
		if text := fmt.Sprint(v); text != "" && text != "0" && text != "false" && text != "[]" {
			s = append(s, name+"="+text)
		}
	}
	if e.Line != "" {
		put("line", "yes")
	}
	if !e.At.IsZero() {
		put("at", e.At.Unix())
	}
	switch {
	case e.Incoming != nil:
		sayIncoming(*e.Incoming, put)
	case e.Status != nil:
		x := *e.Status
		put("status", x.State)
		put("played", x.Played)
		put("of", short(x.Ref))
		put("token", x.Token)
		put("to", people(x.Person))
		put("group", x.Group)
		if x.Fault != nil {
			put("fault", x.Fault.Code+" "+string(x.Fault.Class))
		}
		if x.Price != nil {
			put("price", fmt.Sprint(x.Price.Billable, " ", x.Price.Category, " ", x.Price.Kind, " ", x.Price.Model))
		}
	case e.Change != nil:
		put("change", e.Change.Kind)
		put("was", people(e.Change.Was))
		put("now", people(e.Change.Now))
		put("key", e.Change.Now.Key)
	case e.Template != nil:
		x := *e.Template
		put("template", string(x.Ref)+" "+x.Name+" "+x.Language)
		put("state", x.State)
		put("category", x.Category)
		put("quality", x.Quality)
		put("reason", x.Reason)
	case e.Preference != nil:
		put("wish", fmt.Sprint(e.Preference.Topic, " stop ", e.Preference.Stop))
		put("of", people(e.Preference.Person))
	case e.Problem != nil:
		put("problem", e.Problem.Text)
		put("grave", e.Problem.Grave)
		if e.Problem.Fault != nil {
			put("fault", e.Problem.Fault.Code+" "+string(e.Problem.Fault.Class))
		}
		if !e.Problem.Until.IsZero() {
			put("until", e.Problem.Until.Unix())
		}
	case e.Refused != nil:
		put("refused", e.Refused.Why)
	case e.Unknown != nil:
		put("unknown", e.Unknown.Why)
	}
	return e.Name + ": " + strings.Join(s, "; ")
}

func sayIncoming(in channel.Incoming, put func(string, any)) {
	put("kind", in.Kind)
	put("from", people(in.Person))
	put("name", in.Person.Name)
	put("user", in.Person.UserName)
	put("key", in.Person.Key)
	put("group", in.Group)
	put("echo", in.Echo)
	put("text", in.Text)
	put("emoji", in.Emoji)
	put("about", short(in.About))
	for _, m := range in.Media {
		put("media", fmt.Sprint(m.Kind, " ", m.Type, " ", m.Ref, " ", m.Name, " url ", m.URL != "", " sum ", len(m.SHA256), " animated ", m.Animated, m.Problem))
	}
	for _, r := range in.ReplyTo {
		put("reply-to", short(r))
	}
	put("forwarded", in.Forwarded)
	if p := in.Place; p != nil {
		put("place", fmt.Sprint(p.Latitude, ",", p.Longitude, " ", p.Name, ", ", p.Address, " ", p.URL))
	}
	for _, c := range in.Cards {
		put("card", fmt.Sprintf("%s %q %q %s %s", c.Name, c.Phones, c.EMails, c.Company, spelled(c.Identity)))
	}
	if c := in.Choice; c != nil {
		put("choice", c.Payload+" | "+c.Title+" | "+c.Detail)
	}
	put("form", in.Form)
	if o := in.Order; o != nil {
		put("order", fmt.Sprint(o.Catalog, " ", o.Items))
	}
	if r := in.Referral; r != nil {
		put("referral", r.Source+" "+r.Ref+" "+r.Title+" "+r.Click)
	}
	put("problem", in.Problem)
}

// short keeps the end of an id, where they differ.
func short(r ngo.Ref) string { return string(r)[max(0, len(r)-12):] }

func people(p channel.Person) string {
	var out []string
	for _, i := range p.Identities {
		out = append(out, i.Value)
	}
	return strings.Join(out, " ")
}

var holder = regexp.MustCompile(`<[A-Z_]+>`)

// ours gives the settings of the account that a sample was made for. Some samples have words in the place of ids.
func ours(body []byte) ([]byte, setting.Values) {
	body = bytes.ReplaceAll(body, []byte("<BUSINESS_PHONE_NUMBER_ID>"), []byte("1"))
	body = bytes.ReplaceAll(body, []byte("<WHATSAPP_BUSINESS_ACCOUNT_ID>"), []byte("2"))
	body = holder.ReplaceAll(body, []byte("900000000000001"))
	v := values("http://127.0.0.1:9")
	for name, key := range map[string]string{"phone-number-id": `"phone_number_id":\s*"(\d+)"`, "waba-id": `"entry":\s*\[\s*\{\s*"id":\s*"(\d+)"`} {
		if m := regexp.MustCompile(key).FindSubmatch(body); m != nil {
			v[name] = string(m[1])
		}
	}
	return body, v
}

// With NGOCTL_FIXTURES set, every sample is read where it lies, as printed and as it goes over the wire: what it must say is in
// the table, and a sample without a row fails.
func TestSamples(t *testing.T) {
	t.Parallel()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the samples are not here")
	}
	dir := filepath.Join(root, "channels", "whatsapp")
	answers, err := filepath.Glob(filepath.Join(dir, "api.*")) // what the API answers: TestAnswers
	if err != nil {
		t.Fatal(err)
	}
	for i := range answers {
		answers[i] = filepath.Base(answers[i])
	}
	channeltest.Samples(t, dir, ".json", samples(), func(t *testing.T, raw []byte) []string {
		body, v := ours(raw)
		var wire bytes.Buffer
		if err := json.Compact(&wire, body); err != nil {
			t.Fatal(err)
		}
		printed, compact := read(t, v, body), read(t, v, wire.Bytes())
		if !slices.Equal(printed, compact) {
			t.Errorf("as printed %q; over the wire %q", printed, compact)
		}
		return printed
	}, answers...)
}

func read(t *testing.T, v setting.Values, body []byte) []string {
	t.Helper()
	events, err := receiver(t, v).Normalise(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := channeltest.Sound(events); err != nil {
		t.Error(err)
	}
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = say(e)
	}
	return out
}

func receiver(t testing.TB, v setting.Values) channel.Receiver {
	t.Helper()
	a, err := whatsapp.New().Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return a.(channel.Receiver)
}

func spelled(all []ngo.Identity) string {
	var out []string
	for _, i := range all {
		out = append(out, fmt.Sprintf("{%q %q}", i.Kind, i.Value))
	}
	return "[" + strings.Join(out, " ") + "]"
}
