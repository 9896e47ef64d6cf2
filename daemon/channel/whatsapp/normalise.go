package whatsapp

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// value is what any change may carry.
type value struct {
	Metadata meta.Maybe[struct {
		Number  meta.Text `json:"phone_number_id"`
		Display meta.Text `json:"display_phone_number"`
	}] `json:"metadata"`
	Contacts    meta.List[contact]    `json:"contacts"`
	Messages    meta.Items            `json:"messages"`
	Echoes      meta.Items            `json:"message_echoes"`
	Statuses    meta.Items            `json:"statuses"`
	Errors      meta.List[meta.Error] `json:"errors"`
	Preferences meta.Items            `json:"user_preferences"`
}

// reading is one change while it is read.
type reading struct {
	item  meta.Item
	value value
	line  ngo.Ref
}

// Normalise reads a verified delivery. It fails with Invalid when it is none.
func (a *account) Normalise(body []byte) ([]channel.Event, error) {
	items, err := meta.Read(body, object)
	if err != nil {
		return nil, err
	}
	readings := make([]reading, len(items))
	things := 0
	ours := map[int]bool{} // entries with something for a number of ours: the account that they are about is ours too
	for n, item := range items {
		r := reading{item: item}
		if json.Unmarshal(item.Value, &r.value) == nil {
			r.line = r.value.Metadata.V.Number.Ref()
		}
		readings[n] = r
		things += r.value.things()
		ours[item.Batch] = ours[item.Batch] || slices.Contains(a.numbers, r.line)
	}
	if err := meta.Enough(things); err != nil {
		return nil, err
	}
	var out []channel.Event
	for _, r := range readings {
		if refused := a.refuse(r, ours[r.item.Batch]); refused != nil {
			out = append(out, r.refusals(*refused)...)
			continue
		}
		out = append(out, r.events()...)
	}
	return out, nil
}

// refuse tells why a change is not this account's; nil when it is.
func (a *account) refuse(r reading, near bool) *channel.Refused {
	switch {
	case r.value.Metadata.V.Number != "":
		if slices.Contains(a.numbers, r.line) {
			return nil
		}
		return &channel.Refused{ID: r.line, Why: "it is for another number"}
	case slices.Contains(a.wabas, r.item.Entry) || near:
		return nil
	case len(a.wabas) == 0:
		return &channel.Refused{ID: r.item.Entry, Why: "it is about a WhatsApp Business account, and the setting waba-id does not say which one is ours"}
	}
	return &channel.Refused{ID: r.item.Entry, Why: "it is about another WhatsApp Business account"}
}

// things counts what a change speaks of.
func (v *value) things() int {
	return len(v.Messages) + len(v.Echoes) + len(v.Statuses) + len(v.Errors) + len(v.Preferences)
}

// refusals gives one event for each thing in a change that is not ours.
func (r reading) refusals(why channel.Refused) []channel.Event {
	out := make([]channel.Event, max(r.value.things(), 1))
	for i := range out {
		out[i] = channel.Event{Name: name(r.item.Field, ""), Refused: &why}
	}
	return out
}

// events gives what a change says, each thing by itself.
func (r reading) events() []channel.Event {
	switch r.item.Field {
	case "messages", "smb_message_echoes", "user_preferences":
		return r.conversation()
	}
	if say, ok := news[r.item.Field]; ok {
		var n newsValue
		if json.Unmarshal(r.item.Value, &n) == nil {
			e := say(n)
			if e.Template != nil && e.Template.Ref == "" && e.Template.Name == "" {
				return []channel.Event{r.unknown("", "news of a template that do not say of which", r.item.Value)}
			}
			e.Name, e.Line, e.At = name(r.item.Field, n.Event.Line(40)), r.line, r.item.Sent.Instant()
			return []channel.Event{e}
		}
	}
	why := "ngoctl does not know what this is"
	if known := notTaken[r.item.Field]; known != "" {
		why = known
	}
	return []channel.Event{r.unknown("", why, r.item.Value)}
}

var notTaken = map[string]string{
	"history":            "conversations from before the number was joined are not taken in",
	"smb_app_state_sync": "the phone app's address book is not taken in",
	"automatic_events":   "events for advertising are not taken in",
	"partner_solutions":  "news for Meta's partners are not taken in",
}

func (r reading) conversation() []channel.Event {
	var out []channel.Event
	for _, raw := range r.value.Messages {
		out = append(out, r.message(raw, false))
	}
	for _, raw := range r.value.Echoes {
		out = append(out, r.message(raw, true))
	}
	for _, raw := range r.value.Statuses {
		out = append(out, r.status(raw))
	}
	for _, e := range r.value.Errors {
		out = append(out, r.trouble(e))
	}
	for _, raw := range r.value.Preferences {
		out = append(out, r.preference(raw))
	}
	if out == nil {
		out = append(out, r.unknown("", "nothing in it can be understood", r.item.Value))
	}
	return out
}

func (r reading) event(what string) channel.Event {
	return channel.Event{Name: name(r.item.Field, what), Line: r.line}
}

func (r reading) unknown(what, why string, raw []byte) channel.Event {
	e := r.event(what)
	e.Unknown = &channel.Unknown{Why: why, Raw: bytes.Clone(raw)}
	return e
}

func (r reading) trouble(t meta.Error) channel.Event {
	e := r.event("error")
	f := codes.Fault(t)
	e.Problem = &channel.Problem{Fault: f, Text: f.Message, Grave: f.Class == channel.FaultAccount}
	return e
}

// name puts a field and what is in it together.
func name(field, what string) string {
	if field == "" {
		field = "entry"
	}
	if what == "" {
		return field
	}
	return field + "." + what
}

// contact is somebody whom a change is about.
type contact struct {
	WAID    meta.Text `json:"wa_id"`
	UserID  meta.Text `json:"user_id"`
	Parent  meta.Text `json:"parent_user_id"`
	Key     meta.Text `json:"identity_key_hash"`
	Profile meta.Maybe[struct {
		Name     meta.Text `json:"name"`
		UserName meta.Text `json:"username"`
	}] `json:"profile"`
}

// who is a person as one item names them.
type who struct{ number, user, parent meta.Text }

// person puts together what the item and its contact say, found by its ids: never by its place, and not when the two differ.
func (r reading) person(w who) channel.Person {
	var p channel.Person
	for _, c := range r.value.Contacts {
		if !w.is(c) {
			continue
		}
		w.number, w.user, w.parent = or(w.number, c.WAID), or(w.user, c.UserID), or(w.parent, c.Parent)
		p.Name, p.UserName, p.Key = c.Profile.V.Name.Line(maxName), userName(c.Profile.V.UserName), string(c.Key.Ref())
		break
	}
	p.Identities = w.identities()
	return p
}

// is tells whether one id is the same and none is another.
func (w who) is(c contact) bool {
	number, user := w.number != "" && c.WAID != "", w.user != "" && c.UserID != ""
	return (number || user) && (!number || w.number == c.WAID) && (!user || w.user == c.UserID)
}

// identities gives the ids by which somebody can be written to first.
func (w who) identities() []ngo.Identity {
	var out []ngo.Identity
	add := func(kind ngo.IdentityKind, value string) {
		if value != "" {
			out = append(out, ngo.Identity{Kind: kind, Value: value})
		}
	}
	number := string(w.number.Ref())
	add(ngo.WhatsApp, number)
	if phone, err := ngo.NormalisePhone("+" + number); err == nil && digits(number) {
		add(ngo.Phone, phone)
	}
	add(ngo.WhatsAppUser, string(w.user.Ref()))
	add(ngo.WhatsAppParent, string(w.parent.Ref()))
	return out
}

func or(a, b meta.Text) meta.Text {
	if a != "" {
		return a
	}
	return b
}
