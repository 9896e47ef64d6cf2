package flow_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Whoever is erased is erased from all that told of them, not from what brought their messages alone.
func TestErasureReachesWhatToldOfSomebody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	brought, err := json.Marshal([]channel.Event{p.says("m2", "from the bucket")})
	must(t, err)
	status := func(ref ngo.Ref, state ngo.MessageState, through time.Time) channel.Event {
		return channel.Event{Name: "status", Line: "page-1", At: h.now(), Status: &channel.Status{Ref: ref, State: state, Through: through, Person: visitor}}
	}
	change := channel.Event{Name: "change", Line: "page-1", At: h.now(), Change: &channel.Change{Ref: "m9", Kind: channel.ChangedID, Was: visitor, Now: visitor, Text: "changed"}}
	reaction := p.says("r1", "")
	reaction.Incoming.Kind, reaction.Incoming.About, reaction.Incoming.Emoji = channel.KindReaction, "m.unknown", "🙏"
	told := map[string]ngo.DeliveryID{}
	for _, d := range []struct {
		what  string
		event channel.Event
	}{
		{"a message", p.says("m1", "hello")},
		{"a wish", channel.Event{Name: "preference", At: h.now(), Preference: &channel.Preference{Person: visitor, Topic: channel.TopicMarketing, Stop: true}}},
		{"a wish about nothing that is known", channel.Event{Name: "preference", Preference: &channel.Preference{Person: visitor, Topic: "parties", Stop: true}}},
		{"a complaint that nobody believes", channel.Event{Name: "complaint", Preference: &channel.Preference{Person: visitor, Topic: channel.TopicAll, Stop: true, About: "m.unknown"}}},
		{"a change", change},
		{"a change told again", change},
		{"a status of an unknown message", status("m.unknown", ngo.MessageDelivered, time.Time{})},
		{"the same told again", status("m.unknown", ngo.MessageDelivered, time.Time{})},
		{"that all was read", status("", ngo.MessageRead, h.now())},
		{"a reaction to an unknown message", reaction},
		{"the same reaction told again", reaction},
		{"an errand", channel.Event{Name: "mail", Errand: &channel.Errand{Kind: "bucket", More: map[string]string{"body": string(brought)}}}},
	} {
		told[d.what] = p.hears(d.event, channel.Event{Name: d.what, Problem: &channel.Problem{Text: d.what}}) // each body is another
	}
	c := h.thread()
	if len(c.messages) != 3 {
		t.Fatalf("thread %q; want what was said, what changed, and what the errand brought", c.texts())
	}
	other := p.says("m8", "hello")
	other.Incoming.Person = channel.Person{Identities: []ngo.Identity{{Kind: ngo.Messenger, Value: "7002"}}}
	stays := p.hears(other)
	h.write(func(tx *store.Tx) error { return tx.ErasePerson(c.Person) })
	for what, id := range told {
		if h.body(id) {
			t.Errorf("%s is still there", what)
		}
	}
	if !h.body(stays) {
		t.Error("what told of somebody else is gone")
	}
}

// Who gave and never wrote is erased also from what a provider told of them.
func TestErasureReachesWhatToldOfADonor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	var donor ngo.PersonID
	h.write(func(tx *store.Tx) (err error) {
		donor, err = tx.JoinPerson(ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org"})
		return err
	})
	who := channel.Person{Identities: []ngo.Identity{{Kind: ngo.EMail, Value: "meena@example.org"}}}
	told := p.hears(channel.Event{Name: "preference", Preference: &channel.Preference{Person: who, Topic: "parties", Stop: true}})
	if !h.body(told) {
		t.Fatal("nothing was kept")
	}
	h.write(func(tx *store.Tx) error { return tx.ErasePerson(donor) })
	if h.body(told) {
		t.Error("what told of her is still there")
	}
}

// Whom a report names that nobody believes is erased from it too, also where something else in the delivery cannot be recorded, so that
// each of its events is recorded by itself.
func TestErasureReachesAReportBesideABrokenEvent(t *testing.T) {
	t.Parallel()
	h, _, _ := written(t)
	sent := h.thread().messages[1]
	p := h.page()
	eve := channel.Person{Identities: []ngo.Identity{{Kind: ngo.EMail, Value: "eve@elsewhere.example"}}}
	hello := p.says("m1", "hello")
	hello.Incoming.Person = eve
	p.hears(hello)
	nobody := p.says("m2", "hello")
	nobody.Incoming.Person = channel.Person{}
	report := p.hears(channel.Event{Name: "report", At: h.now(), Status: &channel.Status{Ref: sent.Ref, State: ngo.MessageFailed, Person: eve}}, nobody)
	if got := statusOf(t, h, sent.ID); got.State != ngo.MessageSent {
		t.Fatalf("message %+v ; want it as it was", got)
	}
	who := h.threadOf("m1").Person
	h.write(func(tx *store.Tx) error { return tx.ErasePerson(who) })
	if h.body(report) {
		t.Error("the report is still there")
	}
}
