package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// plain is a channel of the tests' own whose deliveries are the events themselves, in JSON: what no provider says yet is said by it.
// It is what Messenger will be: people are known by ids of a page, statuses come by a watermark, and one may answer for a week by hand.
type plain struct{ busy *atomic.Bool }

func (plain) Name() string                                   { return "plain" }
func (plain) Settings() setting.Form                         { return nil }
func (p plain) Open(setting.Values) (channel.Account, error) { return plainAccount{p}, nil }

type plainAccount struct{ plain }

func (plainAccount) Reaches(k ngo.IdentityKind) bool { return k == ngo.Messenger }
func (plainAccount) Check(context.Context) error     { return nil }
func (plainAccount) Window() channel.Window {
	return channel.Window{Free: 24 * time.Hour, Human: 7 * 24 * time.Hour}
}
func (plainAccount) Send(_ context.Context, m channel.Message) (ngo.Ref, error) {
	return ngo.Ref("mid." + m.ID), nil
}
func (plainAccount) Limit() int64                     { return 1 << 20 }
func (plainAccount) Verify(http.Header, []byte) error { return nil }
func (plainAccount) Hint(http.Header) string          { return "" }
func (plainAccount) Normalise(body []byte) (events []channel.Event, err error) {
	if err := json.Unmarshal(body, &events); err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "not events", Err: err}
	}
	return events, nil
}

// Run gives what the errand itself has with it; one that says so is not to be had yet.
func (p plainAccount) Run(_ context.Context, e channel.Errand) ([][]byte, error) {
	if p.busy.Load() {
		return nil, &ngo.Error{Code: ngo.Unavailable, Message: "the bucket is not there"}
	}
	if e.Kind == "gone" {
		return nil, &ngo.Error{Code: ngo.NotFound, Message: "there is no such mail"}
	}
	return [][]byte{[]byte(e.More["body"])}, nil
}

type page struct {
	h       *house
	account ngo.Account
}

func (h *house) page() page {
	h.t.Helper()
	n := h.org.NewAccount(ngo.Channel, "plain", "page", nil, nil)
	h.write(func(tx *store.Tx) error { return tx.AddAccount(n) })
	return page{h, n.Account}
}

func (p page) arrive(events ...channel.Event) ngo.DeliveryID {
	p.h.t.Helper()
	body, err := json.Marshal(events)
	must(p.h.t, err)
	d := p.h.org.NewDelivery(p.account.ID, "", body).Heard()
	p.h.arrives(d, body)
	return d.ID
}

func (p page) hears(events ...channel.Event) ngo.DeliveryID {
	p.h.t.Helper()
	id := p.arrive(events...)
	p.h.works()
	return id
}

var visitor = channel.Person{Identities: []ngo.Identity{{Kind: ngo.Messenger, Value: "7001"}}, Name: "Latha", Language: "ta_IN"}

func (p page) says(id, words string) channel.Event {
	return channel.Event{Name: "message", Line: "page-1", At: p.h.now(), Incoming: &channel.Incoming{Ref: ngo.Ref(id), Kind: channel.KindText, Person: visitor, Text: words}}
}

// What announced a mail quotes from it. It goes once the mail is here, whoever brought that: the mail may say what is never kept, and
// whoever wrote it may be erased.
func TestWhatAnnouncedAMailGoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	brought, err := json.Marshal([]channel.Event{p.says("m2", "Aadhaar "+testAadhaar)})
	must(t, err)
	announced := func(name string) channel.Event {
		return channel.Event{Name: name, Errand: &channel.Errand{Kind: "bucket", More: map[string]string{"body": string(brought)}}}
	}
	h.busy.Store(true)
	first := p.hears(announced("mail"))
	if !h.body(first) {
		t.Error("what announced a mail that is not to be had yet is gone")
	}
	h.busy.Store(false)
	h.later(time.Hour)
	h.works()
	again := p.hears(announced("the same mail"))
	if c := h.thread(); len(c.messages) != 1 || !c.messages[0].Masked {
		t.Errorf("thread %q; want the mail once, masked", c.texts())
	}
	if h.body(first) || h.body(again) || len(h.state().jobs) != 0 {
		t.Errorf("the first is there %v, the second %v, jobs %+v; want none", h.body(first), h.body(again), h.state().jobs)
	}
}

// What an errand brings is heard like any other delivery; it is tried again while it cannot be run.
func TestErrands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	body, err := json.Marshal([]channel.Event{p.says("m2", strings.Repeat("from the bucket ", 10_000))})
	must(t, err)
	h.busy.Store(true)
	p.hears(p.says("m1", "hello"), channel.Event{Name: "mail", Errand: &channel.Errand{Kind: "bucket", More: map[string]string{"body": string(body)}}})
	for range 3 {
		h.later(time.Hour)
		h.works()
	}
	if c := h.thread(); len(c.messages) != 1 || len(h.state().jobs) != 1 {
		t.Fatalf("thread %v, jobs %+v; want the errand to wait", c.texts(), h.state().jobs)
	}
	h.busy.Store(false)
	h.later(time.Hour)
	h.works()
	if c := h.thread(); len(c.messages) != 2 || !strings.Contains(strings.Join(c.texts(), "|"), "from the bucket") || len(h.state().jobs) != 0 {
		t.Errorf("thread of %d messages, jobs %+v; want what the errand brought", len(c.messages), h.state().jobs)
	}
	p.arrive(channel.Event{Name: "mail", Errand: &channel.Errand{Kind: "gone"}})
	if errs := h.work(); len(errs) != 1 || ngo.CodeOf(errs[0]) != ngo.NotFound {
		t.Errorf("errors %v; want what is gone shown as a job that failed", errs)
	}
}

// An event that cannot be recorded costs none of the others.
func TestOneEventCannotBeRecorded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	odd := channel.Event{Name: "status", Status: &channel.Status{Ref: "mid.odd", State: "evaporated"}}
	nameless := p.says("", "without an id")
	id := p.arrive(p.says("m1", "one"), odd, nameless, p.says("m2", "two"))
	for range 4 { // an error that nobody understands is tried again first
		for _, j := range h.claim() {
			if err := h.run(j); err != nil {
				h.write(func(tx *store.Tx) error { return tx.Retry(j, 0, err.Error()) })
			}
		}
	}
	var d ngo.Delivery
	h.read(func(rx *store.Rx) (err error) { d, err = rx.Delivery(id); return err })
	if c := h.thread(); !slices.Equal(c.texts(), []string{"one", "two"}) || d.State != ngo.DeliveryProcessed || !strings.Contains(d.Reason, "without an id") || strings.Count(d.Reason, "not understood") != 2 {
		t.Errorf("the thread says %v, delivery %+v; want the good ones, and what was left out", c.texts(), d)
	}
}

func TestReadUpToAMoment(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	p.hears(p.says("m1", "hello"))
	c := h.thread().ID
	var sent []ngo.Message
	for n := range 3 {
		h.later(time.Minute)
		sent = append(sent, h.reply(c, fmt.Sprint("answer ", n)))
		h.works()
	}
	p.hears(channel.Event{Name: "read", Line: "page-1", At: h.now(), Status: &channel.Status{Person: visitor, State: ngo.MessageRead, Through: sent[1].At.Add(time.Second)}})
	for n, want := range []ngo.MessageState{ngo.MessageRead, ngo.MessageRead, ngo.MessageSent} {
		if got := statusOf(t, h, sent[n].ID); got.State != want {
			t.Errorf("message %d is %s; want %s", n, got.State, want)
		}
	}
}

func TestStandby(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	e := p.says("m1", "hello robot")
	e.Incoming.Standby = true
	p.hears(e)
	if c := h.thread(); c.LastIn != nil || c.Waiting != nil || c.Unread != 0 || !strings.Contains(string(c.messages[0].More), "standby") {
		t.Errorf("conversation %+v; want it shown, with nobody waiting and no window", c)
	}
}

// What somebody writes by hand may go longer than what goes by itself.
func TestHumanWindow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	p.hears(p.says("m1", "hello"))
	c := h.thread().ID
	h.later(30 * time.Hour)
	byHand := h.reply(c, "by hand")
	byItself := h.write1(store.NewReply{Conversation: c, Kind: ngo.MessageAuto, Text: "by itself"})
	h.works()
	if a, b := statusOf(t, h, byHand.ID), statusOf(t, h, byItself.ID); a.State != ngo.MessageSent || b.State != ngo.MessageFailed {
		t.Errorf("by hand %+v, by itself %+v", a, b)
	}
	h.later(7 * 24 * time.Hour)
	late := h.reply(c, "late")
	h.works()
	if a := statusOf(t, h, late.ID); a.State != ngo.MessageFailed {
		t.Errorf("late %+v", a)
	}
}

// A person's own language is kept, and they are answered in it.
func TestAnsweredInTheirLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.page()
	p.hears(p.says("m1", "STOP"))
	c := h.thread()
	if len(c.messages) != 2 || !strings.Contains(c.messages[1].Text, "தொடங்கு") || h.person(c.Person).Language != "ta" {
		t.Errorf("thread %v of %+v; want it answered in Tamil", c.texts(), h.person(c.Person))
	}
}
