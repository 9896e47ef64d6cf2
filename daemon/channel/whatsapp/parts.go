package whatsapp

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// whole reads a count; 0 for anything else.
func whole(t meta.Text) int64 {
	n, err := strconv.ParseInt(string(t), 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// userName is the form in which a user name is compared: without the @, in lower case.
func userName(t meta.Text) string {
	return strings.ToLower(strings.TrimPrefix(t.Line(40), "@"))
}

// interact is an answer to something interactive.
type interact struct {
	Type   meta.Text           `json:"type"`
	Button meta.Maybe[pressed] `json:"button_reply"`
	List   meta.Maybe[pressed] `json:"list_reply"`
	Flow   meta.Maybe[struct {
		Name     meta.Text `json:"name"`
		Body     meta.Text `json:"body"`
		Response meta.Text `json:"response_json"`
	}] `json:"nfm_reply"`
}

type pressed struct {
	ID     meta.Text `json:"id"`
	Title  meta.Text `json:"title"`
	Detail meta.Text `json:"description"`
}

func (i interact) fill(in *channel.Incoming) {
	switch {
	case i.Button.OK:
		choose(in, i.Button.V.ID, i.Button.V.Title, i.Button.V.Detail)
	case i.List.OK:
		choose(in, i.List.V.ID, i.List.V.Title, i.List.V.Detail)
	case i.Flow.OK:
		in.Kind = channel.KindForm
		in.Form, in.Choice = form(i.Flow.V.Response)
		if in.Form == nil && in.Choice == nil {
			in.Problem = "A form was filled in, and what it says cannot be read."
		}
	default:
		in.Kind, in.Problem = channel.KindOther, "An answer to a button or a list, and WhatsApp did not pass on which."
	}
}

// form reads the JSON in a string that a form's answers are, in its order. The token is the word by which we know the form.
func form(t meta.Text) ([]channel.Pair, *channel.Choice) {
	d := json.NewDecoder(strings.NewReader(string(t)))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, nil
	}
	var out []channel.Pair
	var choice *channel.Choice
	for d.More() && len(out) < maxList {
		key, err := d.Token()
		if err != nil {
			return nil, nil
		}
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return nil, nil
		}
		name, _ := key.(string) // a member's name is a string
		if name == "flow_token" {
			var token meta.Text
			if json.Unmarshal(raw, &token) == nil {
				choice = &channel.Choice{Payload: token.Words(maxLine)}
			}
			continue
		}
		out = append(out, channel.Pair{Name: meta.Text(name).Line(maxName), Value: answer(raw)})
	}
	return out, choice
}

func answer(raw json.RawMessage) string {
	var t meta.Text
	if json.Unmarshal(raw, &t) == nil && (t != "" || string(raw) == `""`) {
		return t.Line(maxLine)
	}
	var flat bytes.Buffer
	if json.Compact(&flat, raw) != nil {
		return ""
	}
	return meta.Text(flat.String()).Line(maxLine)
}

type card struct {
	Name meta.Maybe[struct {
		Formatted meta.Text `json:"formatted_name"`
		First     meta.Text `json:"first_name"`
		Last      meta.Text `json:"last_name"`
	}] `json:"name"`
	Phones meta.List[struct {
		Phone meta.Text `json:"phone"`
		WAID  meta.Text `json:"wa_id"`
	}] `json:"phones"`
	EMails meta.List[struct {
		EMail meta.Text `json:"email"`
	}] `json:"emails"`
	Addresses meta.List[struct {
		Street  meta.Text `json:"street"`
		City    meta.Text `json:"city"`
		State   meta.Text `json:"state"`
		Zip     meta.Text `json:"zip"`
		Country meta.Text `json:"country"`
	}] `json:"addresses"`
	Org meta.Maybe[struct {
		Company    meta.Text `json:"company"`
		Department meta.Text `json:"department"`
		Title      meta.Text `json:"title"`
	}] `json:"org"`
	URLs meta.List[struct {
		URL meta.Text `json:"url"`
	}] `json:"urls"`
	Birthday meta.Text `json:"birthday"`
	Origin   meta.Text `json:"origin"`
}

func cards(all []card) []channel.Card {
	var out []channel.Card
	for _, c := range all[:min(len(all), maxList)] {
		out = append(out, c.read())
	}
	return out
}

func (c card) read() channel.Card {
	out := channel.Card{
		Name: c.Name.V.Formatted.Line(maxName), Company: c.Org.V.Company.Line(maxName), Own: c.Origin == "contact_request",
	}
	if out.Name == "" {
		out.Name = join(" ", c.Name.V.First, c.Name.V.Last)
	}
	for _, p := range c.Phones {
		out.Phones = appendLine(out.Phones, p.Phone)
		out.Identity = append(out.Identity, who{number: p.WAID}.identities()...)
	}
	for _, m := range c.EMails {
		out.EMails = appendLine(out.EMails, m.EMail)
	}
	out.Lines = appendLine(out.Lines, meta.Text(join(", ", c.Org.V.Title, c.Org.V.Department)))
	for _, a := range c.Addresses {
		out.Lines = appendLine(out.Lines, meta.Text(join(", ", a.Street, a.City, a.State, a.Zip, a.Country)))
	}
	for _, u := range c.URLs {
		out.Lines = appendLine(out.Lines, u.URL)
	}
	out.Lines = appendLine(out.Lines, c.Birthday)
	return out
}

func appendLine(to []string, t meta.Text) []string {
	if s := t.Line(maxName); s != "" && len(to) < maxList {
		return append(to, s)
	}
	return to
}

func join(sep string, parts ...meta.Text) string {
	var out []string
	for _, p := range parts {
		out = appendLine(out, p)
	}
	return strings.Join(out, sep)
}

// status reads what became of a message of ours.
func (r reading) status(raw json.RawMessage) channel.Event {
	var s struct {
		ID          meta.Text `json:"id"`
		Status      meta.Text `json:"status"`
		Timestamp   meta.Text `json:"timestamp"`
		Number      meta.Text `json:"recipient_id"`
		User        meta.Text `json:"recipient_user_id"`
		Parent      meta.Text `json:"recipient_parent_user_id"`
		Kind        meta.Text `json:"recipient_type"`
		GroupNumber meta.Text `json:"recipient_participant_id"`
		GroupUser   meta.Text `json:"recipient_participant_user_id"`
		GroupParent meta.Text `json:"recipient_participant_parent_user_id"`
		Token       meta.Text `json:"biz_opaque_callback_data"`
		Pricing     meta.Maybe[struct {
			Billable meta.Flag `json:"billable"`
			Model    meta.Text `json:"pricing_model"`
			Type     meta.Text `json:"type"`
			Category meta.Text `json:"category"`
		}] `json:"pricing"`
		Errors meta.List[meta.Error] `json:"errors"`
	}
	if json.Unmarshal(raw, &s) != nil {
		return r.unknown("", "a status that cannot be read", raw)
	}
	what := s.Status.Line(40)
	state, known := states[s.Status]
	out := &channel.Status{Ref: s.ID.Ref(), Token: s.Token.Line(512), State: state, Played: s.Status == "played"}
	switch {
	case !known:
		return r.unknown("status."+what, "a status that ngoctl does not know", raw)
	case out.Ref == "":
		return r.unknown("status."+what, "a status that does not say of which message", raw)
	}
	to := who{s.Number, s.User, s.Parent}
	if s.Kind == "group" {
		out.Group, to = s.Number.Ref(), who{s.GroupNumber, s.GroupUser, s.GroupParent}
	}
	out.Person = r.person(to)
	if p := s.Pricing.V; s.Pricing.OK {
		out.Price = &channel.Price{
			Billable: bool(p.Billable), Category: strings.ToLower(p.Category.Line(40)), Kind: p.Type.Line(40), Model: p.Model.Line(40),
		}
	}
	if state == ngo.MessageFailed {
		var first meta.Error
		if len(s.Errors) > 0 {
			first = s.Errors[0]
		}
		out.Fault = codes.Fault(first)
	}
	e := r.event("status." + what)
	e.At, e.Status = s.Timestamp.Instant(), out
	return e
}

var states = map[meta.Text]ngo.MessageState{
	"sent": ngo.MessageSent, "delivered": ngo.MessageDelivered, "read": ngo.MessageRead, "played": ngo.MessageRead, "failed": ngo.MessageFailed,
}

// preference reads what somebody chose in the app itself.
func (r reading) preference(raw json.RawMessage) channel.Event {
	var p struct {
		Number    meta.Text `json:"wa_id"`
		User      meta.Text `json:"user_id"`
		Parent    meta.Text `json:"parent_user_id"`
		Detail    meta.Text `json:"detail"`
		Category  meta.Text `json:"category"`
		Value     meta.Text `json:"value"`
		Timestamp meta.Text `json:"timestamp"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return r.unknown("", "a wish that cannot be read", raw)
	}
	what := p.Value.Line(40)
	wish, known := map[meta.Text]bool{"stop": true, "resume": false, "signup": false}[p.Value]
	out := &channel.Preference{
		Person: r.person(who{p.Number, p.User, p.Parent}), Topic: channel.TopicMarketing, Stop: wish, Words: p.Detail.Line(maxLine),
	}
	if !known || p.Category != "marketing_messages" || len(out.Person.Identities) == 0 {
		return r.unknown(what, "a wish that ngoctl does not understand", raw)
	}
	e := r.event(what)
	e.At, e.Preference = p.Timestamp.Instant(), out
	return e
}
