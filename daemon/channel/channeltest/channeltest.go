// Package channeltest is the suite that every messaging channel passes. It knows the contract in package channel and nothing
// of any channel; the provider's double that it needs comes from the channel's own test.
package channeltest

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Double is a provider that a test can spoil.
type Double interface {
	// Taken tells how often each message was taken, by the reference that Send gives.
	Taken() map[string]int
	// Down makes the provider unreachable.
	Down()
	// Lose makes the provider take the next message and hang up instead of answering.
	Lose()
	// Refuse makes the provider refuse the next message for good, or for now.
	Refuse(forGood bool)
}

// Suite is a channel and what it needs to be tested.
type Suite struct {
	Driver channel.Driver
	To     ngo.Identity // somebody the channel reaches
	// Start starts a provider of its own for a test and gives the settings of an account there.
	Start func(t *testing.T) (setting.Values, Double)
	// Shape leaves out of the suite's message what the channel does not carry; nil when it carries all.
	Shape func(*channel.Message)
	// Doubles: the provider cannot tell a message that is sent twice from two.
	Doubles bool
}

// Run tests the channel.
func Run(t *testing.T, s Suite) {
	t.Helper()
	for _, x := range []struct {
		name string
		test func(*testing.T)
	}{
		{"settings", s.settings},
		{"a message is taken once", s.sends},
		{"a repeat has the same reference", s.repeats},
		{"messages go at the same time", s.together},
		{"a check sends nothing", s.checks},
		{"an unreachable provider is unavailable", s.down},
		{"a refusal for good is permanent", s.refusedForGood},
		{"a refusal for now is not", s.refusedForNow},
		{"a lost answer is unknown", s.lost},
		{"a caller who gave up sends nothing", s.cancelled},
		{"what does not fit is refused", s.misfits},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			x.test(t)
		})
	}
}

func (s Suite) open(t *testing.T) (channel.Account, Double) {
	t.Helper()
	values, double := s.Start(t)
	a, err := s.Driver.Open(values)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return a, double
}

func (s Suite) message() channel.Message {
	m := channel.Message{
		ID: ngo.NewID[ngo.MessageID](time.Now()), To: s.To, ToName: "மீனா", FromName: "सेवा", Subject: "நன்றி", Text: "धन्यवाद, மீனா.\n",
		HTML: "<p>धन्यवाद, மீனா.</p>\n", Unsubscribe: "https://ngo.example/stop",
		Attachments: []channel.Attachment{{Name: "receipt.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7\n")}},
	}
	if s.Shape != nil {
		s.Shape(&m)
	}
	return m
}

func (s Suite) settings(t *testing.T) {
	form := s.Driver.Settings()
	if s.Driver.Name() == "" || len(form) == 0 {
		t.Fatalf("the driver is named %q and has %d settings", s.Driver.Name(), len(form))
	}
	_, err := s.Driver.Open(setting.Values{})
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok || e.Code != ngo.Invalid {
		t.Fatalf("Open of nothing = %v; want Invalid", err)
	}
	for _, f := range form {
		if f.Name == "" || f.Title == "" || f.Help == "" || f.Kind == "" || f.Kind == setting.Choice && len(f.Choices) == 0 {
			t.Errorf("field %+v lacks its name, title, help, kind or choices", f)
		}
		if f.Required && !strings.Contains(e.Message, f.Name) {
			t.Errorf("Open of nothing says %q and does not name %s", e.Message, f.Name)
		}
	}
	values, _ := s.Start(t)
	extra := maps.Clone(values)
	extra["no-such-setting"] = "x"
	if _, err := s.Driver.Open(extra); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("Open with an unknown setting = %v; want Invalid", err)
	}
}

func (s Suite) sends(t *testing.T) {
	a, double := s.open(t)
	if !a.Reaches(s.To.Kind) || a.Reaches("pigeon") {
		t.Errorf("Reaches(%s) = %v, Reaches(pigeon) = %v", s.To.Kind, a.Reaches(s.To.Kind), a.Reaches("pigeon"))
	}
	for n := range 3 {
		ref, err := a.Send(t.Context(), s.message())
		if err != nil || ref == "" {
			t.Fatalf("Send = %q, %v", ref, err)
		}
		if taken := double.Taken(); taken[string(ref)] != 1 || len(taken) != n+1 {
			t.Errorf("after message %s the provider has %v", ref, taken)
		}
	}
}

func (s Suite) repeats(t *testing.T) {
	if s.Doubles {
		t.Skip("the provider takes a repeat for another message: nothing may repeat what was left open")
	}
	a, double := s.open(t)
	m := s.message()
	first, err := a.Send(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	second, err := a.Send(t.Context(), m)
	if err != nil || first != second || len(double.Taken()) != 1 {
		t.Errorf("the repeat of %s = %s, %v; the provider has %v", first, second, err, double.Taken())
	}
}

func (s Suite) together(t *testing.T) {
	a, double := s.open(t)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			if _, err := a.Send(t.Context(), s.message()); err != nil {
				t.Errorf("Send: %v", err)
			}
		})
	}
	senders.Wait()
	if taken := double.Taken(); len(taken) != 8 {
		t.Errorf("of 8 messages the provider has %v", taken)
	}
}

func (s Suite) checks(t *testing.T) {
	a, double := s.open(t)
	if err := a.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	if taken := double.Taken(); len(taken) != 0 {
		t.Errorf("Check sent %v", taken)
	}
}

func (s Suite) down(t *testing.T) {
	a, double := s.open(t)
	double.Down()
	if err := a.Check(t.Context()); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Check = %v; want Unavailable", err)
	}
	_, err := a.Send(t.Context(), s.message())
	if e, ok := errors.AsType[*ngo.Error](err); !ok || e.Code != ngo.Unavailable || e.Hint == "" {
		t.Errorf("Send = %v; want Unavailable with a hint", err)
	}
}

func (s Suite) refusedForGood(t *testing.T) {
	a, double := s.open(t)
	double.Refuse(true)
	if _, err := a.Send(t.Context(), s.message()); !ngo.Permanent(err) {
		t.Errorf("Send = %v (code %q); want a permanent code", err, ngo.CodeOf(err))
	}
	s.works(t, a)
}

func (s Suite) refusedForNow(t *testing.T) {
	a, double := s.open(t)
	double.Refuse(false)
	if _, err := a.Send(t.Context(), s.message()); ngo.CodeOf(err) != ngo.Unavailable && ngo.CodeOf(err) != ngo.Limited {
		t.Errorf("Send = %v; want Unavailable or Limited", err)
	}
	s.works(t, a)
}

func (s Suite) works(t *testing.T, a channel.Account) {
	t.Helper()
	if _, err := a.Send(t.Context(), s.message()); err != nil {
		t.Errorf("Send after that: %v", err)
	}
}

func (s Suite) lost(t *testing.T) {
	a, double := s.open(t)
	double.Lose()
	_, err := a.Send(t.Context(), s.message())
	if _, coded := errors.AsType[*ngo.Error](err); err == nil || coded {
		t.Errorf("Send = %v (code %q); want an error without a code, for nobody knows", err, ngo.CodeOf(err))
	}
	if taken := double.Taken(); len(taken) != 1 {
		t.Errorf("the provider has %v", taken)
	}
}

func (s Suite) cancelled(t *testing.T) {
	a, double := s.open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Send(ctx, s.message()); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Send = %v; want Unavailable", err)
	}
	if err := a.Check(ctx); err == nil {
		t.Error("Check = nil")
	}
	if taken := double.Taken(); len(taken) != 0 {
		t.Errorf("the provider has %v", taken)
	}
}

func (s Suite) misfits(t *testing.T) {
	a, double := s.open(t)
	for name, change := range map[string]func(*channel.Message){
		"no address":            func(m *channel.Message) { m.To.Value = "" },
		"an address of no kind": func(m *channel.Message) { m.To.Kind = "pigeon" },
		"a line break in it":    func(m *channel.Message) { m.To.Value += "\r\nX: y" },
		"no id":                 func(m *channel.Message) { m.ID = "" },
	} {
		m := s.message()
		change(&m)
		if _, err := a.Send(t.Context(), m); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Send with %s = %v; want Invalid", name, err)
		}
	}
	if taken := double.Taken(); len(taken) != 0 {
		t.Errorf("the provider has %v", taken)
	}
}
