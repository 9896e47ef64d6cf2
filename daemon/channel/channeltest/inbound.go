package channeltest

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Inbound is a channel that hears, and what it needs to be tested.
type Inbound struct {
	Driver channel.Driver
	Values setting.Values // an account's
	// Sign gives what the provider sends beside a body. Nil for a channel that fetches and is sent nothing.
	Sign func(body []byte) http.Header
	// Enclosed: the signature stands in the body, and the header says nothing.
	Enclosed bool
	// Message is a delivery of one message that says "word 1", "word 2", …, of n each time the same one.
	Message func(n int) []byte
	// Foreign is the same for a number, page or mailbox that is not the account's; nil where all that is fetched is the account's.
	Foreign func(n int) []byte
	// Join makes one delivery out of several; nil when the provider sends one thing at a time.
	Join func(bodies ...[]byte) []byte
}

// RunInbound tests what the channel hears.
func RunInbound(t *testing.T, in Inbound) {
	t.Helper()
	for _, x := range []struct {
		name string
		test func(*testing.T, channel.Receiver)
	}{
		{"only what is signed is believed", in.signed},
		{"a message is one event", in.message},
		{"what is for others is refused", in.foreign},
		{"a batch keeps its good half", in.batch},
		{"garbage is refused or put aside", in.garbage},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			a, err := in.Driver.Open(in.Values)
			if err != nil {
				t.Fatal(err)
			}
			r, ok := a.(channel.Receiver)
			if !ok {
				t.Fatal("the account hears nothing")
			}
			if r.Limit() < 1<<10 || r.Limit() > 64<<20 {
				t.Errorf("Limit = %d", r.Limit())
			}
			x.test(t, r)
		})
	}
}

func (in Inbound) signed(t *testing.T, r channel.Receiver) {
	if in.Sign == nil {
		t.Skip("nobody sends anything: it is fetched")
	}
	body := in.Message(1)
	header := in.Sign(body)
	if err := r.Verify(header, body); err != nil {
		t.Errorf("Verify of what the provider signed = %v", err)
	}
	_ = r.Hint(header) // must not fail, whatever there is
	changed := bytes.Replace(body, []byte("word"), []byte("ward"), 1)
	if bytes.Equal(changed, body) {
		changed = append(bytes.Clone(body), ' ')
	}
	type forgery struct {
		header http.Header
		body   []byte
	}
	forgeries := map[string]forgery{"a body changed": {header, changed}, "a body cut": {header, body[:len(body)-1]}, "no body": {header, nil}}
	if !in.Enclosed {
		forgeries["blanks added"] = forgery{header, append(bytes.Clone(body), ' ')}
		forgeries["no signature"] = forgery{http.Header{}, body}
		forgeries["no header at all"] = forgery{nil, body}
		forgeries["the signature of one"] = forgery{in.Sign(in.Message(2)), body}
	}
	for name, forged := range forgeries {
		if err := r.Verify(forged.header, forged.body); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("Verify with %s = %v; want Unauthenticated", name, err)
		}
		_ = r.Hint(forged.header)
	}
}

func (in Inbound) message(t *testing.T, r channel.Receiver) {
	first := one(t, r, in.Message(1))
	if first.Incoming == nil || !strings.Contains(first.Incoming.Text, "word 1") || first.At.IsZero() || first.Line == "" || first.Name == "" {
		t.Fatalf("a message is %+v; want an incoming one with its words, time, line and name", first)
	}
	body := in.Message(1)
	again := one(t, r, body)
	clear(body) // an event outlives the buffer that its body was read into
	if !reflect.DeepEqual(first, again) {
		t.Errorf("the same delivery is %+v and then %+v", first.Incoming, again.Incoming)
	}
	if second := one(t, r, in.Message(2)); second.Incoming == nil || second.Incoming.Ref == first.Incoming.Ref {
		t.Errorf("another message has the same id %q", first.Incoming.Ref)
	}
}

func one(t *testing.T, r channel.Receiver, body []byte) channel.Event {
	t.Helper()
	events, err := r.Normalise(body)
	if err != nil || len(events) != 1 {
		t.Fatalf("Normalise = %d events, %v; want one", len(events), err)
	}
	if err := Sound(events); err != nil {
		t.Fatal(err)
	}
	return events[0]
}

func (in Inbound) foreign(t *testing.T, r channel.Receiver) {
	if in.Foreign == nil {
		t.Skip("what is fetched is the account's own")
	}
	e := one(t, r, in.Foreign(1))
	if e.Refused == nil || e.Refused.Why == "" {
		t.Errorf("what is for others is %+v; want it refused with the reason", e)
	}
}

func (in Inbound) batch(t *testing.T, r channel.Receiver) {
	if in.Join == nil {
		t.Skip("one delivery tells one thing")
	}
	events, err := r.Normalise(in.Join(in.Message(1), in.Foreign(2), in.Message(3)))
	if err != nil || len(events) != 3 {
		t.Fatalf("Normalise = %d events, %v; want three", len(events), err)
	}
	if err := Sound(events); err != nil {
		t.Error(err)
	}
	if events[0].Incoming == nil || events[1].Refused == nil || events[2].Incoming == nil {
		t.Errorf("two of ours about one of others' are %+v", events)
	}
}

func (in Inbound) garbage(t *testing.T, r channel.Receiver) {
	body := in.Message(1)
	all := []string{"", " ", "null", "0", `""`, "[]", "{}", "\x00", "\xff\xfe", strings.Repeat("[", 50_000), strings.Repeat(`{"a":`, 50_000), string(body) + string(body)}
	for n := 0; n < len(body); n += 1 + len(body)/200 {
		all = append(all, string(body[:n]), string(body[:n])+"\x00"+string(body[n+1:]))
	}
	for _, g := range all {
		events, err := r.Normalise([]byte(g))
		if err != nil && ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Normalise(%.60q) = %v; want Invalid", g, err)
		}
		if err := Sound(events); err != nil {
			t.Errorf("Normalise(%.60q): %v", g, err)
		}
	}
}

// Sound checks what every event promises, whatever came in: for fuzz tests.
func Sound(events []channel.Event) error {
	for _, e := range events {
		if err := sound(e); err != nil {
			return err
		}
	}
	return nil
}

func sound(e channel.Event) error {
	set := 0
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			set++
		}
	}
	switch {
	case set != 1:
		return errors.New("an event is about " + string(rune('0'+set)) + " things")
	case e.Name == "" || ngo.Printable(e.Name) != e.Name:
		return errors.New("an event has no name that can be shown")
	case !e.At.IsZero() && (e.At.Location() != time.UTC || e.At.Year() < 1970 || e.At.Year() > 2200):
		return errors.New("an event is at an impossible time")
	case e.Incoming != nil:
		return soundIncoming(*e.Incoming)
	case e.Status != nil:
		return soundStatus(*e.Status)
	case e.Change != nil && (e.Change.Kind == "" || len(e.Change.Was.Identities) == 0 || len(e.Change.Now.Identities) == 0):
		return errors.New("a change does not say who changed")
	case e.Preference != nil && (e.Preference.Topic == "" || len(e.Preference.Person.Identities) == 0):
		return errors.New("a wish does not say whose")
	case e.Template != nil && e.Template.Ref == "" && e.Template.Name == "":
		return errors.New("news of a template do not say of which")
	case e.Problem != nil && e.Problem.Text == "":
		return errors.New("a problem says nothing")
	case e.Refused != nil && e.Refused.Why == "":
		return errors.New("a refusal does not say why")
	case e.Unknown != nil && e.Unknown.Why == "":
		return errors.New("something unknown does not say why")
	}
	return nil
}

func soundIncoming(in channel.Incoming) error {
	switch {
	case in.Ref == "" || in.Kind == "":
		return errors.New("a message has no id or no kind")
	case len(in.Person.Identities) == 0 && !(in.Echo && in.Group != ""):
		return errors.New("a message is nobody's")
	case !utf8.ValidString(in.Text+in.Emoji) || strings.ContainsRune(in.Text+in.Emoji, 0):
		return errors.New("a message has text that cannot be kept")
	case (in.Kind == channel.KindReaction || in.Kind == channel.KindEdit || in.Kind == channel.KindRevoke) && in.About == "":
		return errors.New("a change of a message does not say of which")
	case in.Kind == channel.KindMedia && len(in.Media) == 0, in.Kind == channel.KindPlace && in.Place == nil, in.Kind == channel.KindChoice && in.Choice == nil,
		in.Kind == channel.KindOther && in.Problem == "":
		return errors.New("a message of kind " + string(in.Kind) + " has nothing of it")
	}
	for _, m := range in.Media {
		if m.Ref == "" && m.URL == "" && m.Data == nil && m.Problem == "" {
			return errors.New("an attachment can neither be fetched nor says why")
		}
		if strings.ContainsAny(m.Name, `/\`) || m.Name == ".." || len(m.SHA256) != 0 && len(m.SHA256) != 32 || !plain(m.Name, m.Type, m.Title) {
			return errors.New("an attachment's name, type or digest is not clean")
		}
	}
	return soundPerson(in.Person)
}

func soundStatus(s channel.Status) error {
	switch s.State {
	case ngo.MessageSent, ngo.MessageDelivered, ngo.MessageRead, ngo.MessageFailed:
	default:
		return errors.New("a status is " + string(s.State))
	}
	switch {
	case s.Ref == "" && s.Token == "" && s.Through.IsZero():
		return errors.New("a status does not say of which message")
	case (s.State == ngo.MessageFailed || s.Soft) != (s.Fault != nil), s.Soft && s.State != ngo.MessageSent:
		return errors.New("a failure has no reason, or a reason no failure")
	case s.Fault != nil && (s.Fault.Class == "" || s.Fault.Message == ""):
		return errors.New("a failure does not say why in plain words")
	}
	return soundPerson(s.Person)
}

func soundPerson(p channel.Person) error {
	if !plain(p.Name, p.UserName, p.Language, p.Key) {
		return errors.New("what a person is called is not clean")
	}
	for _, i := range p.Identities {
		if i.Kind == "" || i.Value == "" || !plain(i.Value) || strings.ContainsAny(i.Value, " \t\n") {
			return errors.New("a person has an identity that can be none")
		}
	}
	return nil
}

// plain tells whether all texts are one printable line.
func plain(all ...string) bool {
	for _, s := range all {
		if ngo.Printable(s) != s {
			return false
		}
	}
	return true
}
