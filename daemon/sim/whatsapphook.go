package sim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// dict is a JSON object, for what has as many forms as WhatsApp's messages.
type dict map[string]any

// Say has somebody write a text. It gives the message's id.
func (w *WhatsApp) Say(c *Contact, text string) ngo.Ref {
	return w.message(c, "text", dict{"body": text}, "")
}

// Answer is Say that quotes a message.
func (w *WhatsApp) Answer(c *Contact, text string, quotes ngo.Ref) ngo.Ref {
	return w.message(c, "text", dict{"body": text}, quotes)
}

// SayMedia has somebody send a file: kind is image, video, audio, voice, document or sticker. It lies at Meta from then on.
func (w *WhatsApp) SayMedia(c *Contact, kind, mediaType, name, caption string, data []byte) ngo.Ref {
	w.mu.Lock()
	id := w.keep(&whatsAppFile{kind: mediaType, name: name, data: data, came: w.now()})
	w.mu.Unlock()
	sum := sha256.Sum256(data)
	o := dict{"id": id, "mime_type": mediaType, "sha256": base64.StdEncoding.EncodeToString(sum[:])}
	if caption != "" {
		o["caption"] = caption
	}
	if name != "" {
		o["filename"] = name
	}
	if kind == "voice" {
		kind, o["voice"] = "audio", true
	}
	return w.message(c, kind, o, "")
}

// LoseMedia takes back every file that people sent, as after seven days.
func (w *WhatsApp) LoseMedia() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, f := range w.media {
		if !f.came.IsZero() {
			delete(w.media, id)
		}
	}
}

// Press has somebody press a button of a template that we sent.
func (w *WhatsApp) Press(c *Contact, payload, title string, about ngo.Ref) ngo.Ref {
	return w.message(c, "button", dict{"payload": payload, "text": title}, about)
}

// Choose has somebody press a button that we sent beside a text.
func (w *WhatsApp) Choose(c *Contact, id, title string, about ngo.Ref) ngo.Ref {
	return w.message(c, "interactive", dict{"type": "button_reply", "button_reply": dict{"id": id, "title": title}}, about)
}

// React puts a sign on a message; an empty one takes it back.
func (w *WhatsApp) React(c *Contact, about ngo.Ref, emoji string) ngo.Ref {
	return w.message(c, "reaction", dict{"message_id": about, "emoji": emoji}, "")
}

// Edit has somebody change what they wrote.
func (w *WhatsApp) Edit(c *Contact, about ngo.Ref, text string) ngo.Ref {
	return w.message(c, "edit", dict{"original_message_id": about, "message": dict{"type": "text", "text": dict{"body": text}}}, "")
}

// Revoke has somebody delete what they wrote.
func (w *WhatsApp) Revoke(c *Contact, about ngo.Ref) ngo.Ref {
	return w.message(c, "revoke", dict{"original_message_id": about}, "")
}

// Share has somebody give their phone number, because we asked for it. The contact has it from then on.
func (w *WhatsApp) Share(c *Contact, phone string) ngo.Ref {
	card := dict{"name": dict{"formatted_name": c.Name}, "phones": []dict{{"phone": "+" + phone, "wa_id": phone, "type": "CELL"}}, "origin": "contact_request"}
	ref := w.message(c, "contacts", card, "")
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Phone = phone
	return ref
}

// Place has somebody send a point on the earth.
func (w *WhatsApp) Place(c *Contact, latitude, longitude float64, name string) ngo.Ref {
	return w.message(c, "location", dict{"latitude": latitude, "longitude": longitude, "name": name}, "")
}

// SayOther has somebody send what Meta does not pass on.
func (w *WhatsApp) SayOther(c *Contact, kind string) ngo.Ref {
	return w.typed(c, dict{
		"type": "unsupported", "unsupported": dict{"type": kind},
		"errors": []dict{{"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}},
	}, "")
}

// Echo has the organisation's own people write to somebody with the phone app.
func (w *WhatsApp) Echo(c *Contact, text string) ngo.Ref {
	w.mu.Lock()
	defer w.mu.Unlock()
	ref := w.ref(c)
	m := dict{"from": w.display(c.Number), "id": ref, "timestamp": stampOf(w.now()), "type": "text", "text": dict{"body": text}}
	putPerson(m, c, "to", "to_user_id")
	w.change(c.Number, "smb_message_echoes", ref, dict{"contacts": w.card(c), "message_echoes": []dict{m}})
	return ref
}

// ChangeNumber has somebody take another phone number; with it they get another business-scoped id.
func (w *WhatsApp) ChangeNumber(c *Contact, phone string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := dict{"timestamp": stampOf(w.now()), "type": "system", "system": dict{
		"type": "user_changed_number", "wa_id": phone, "body": c.Name + " changed from " + c.Phone + " to " + phone,
	}}
	putPerson(m, c, "from", "from_user_id")
	ref := w.ref(c)
	m["id"] = ref
	w.change(c.Number, "messages", ref, dict{"messages": []dict{m}})
	c.Phone, c.User = phone, w.userID()
}

// ChangeID gives somebody another business-scoped id.
func (w *WhatsApp) ChangeID(c *Contact) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := c.User
	c.User = w.userID()
	ref := w.ref(c)
	m := dict{"id": ref, "timestamp": stampOf(w.now()), "type": "system", "system": dict{
		"type": "user_changed_user_id", "user_id": c.User, "previous_user_id": was, "body": "User id changed",
	}}
	putPerson(m, c, "from", "from_user_id")
	w.change(c.Number, "messages", ref, dict{"messages": []dict{m}})
}

// Wish has somebody stop marketing messages in the app itself, or resume them.
func (w *WhatsApp) Wish(c *Contact, stop bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	value := "resume"
	if stop {
		value = "stop"
	}
	wish := dict{"category": "marketing_messages", "value": value, "detail": "User requested to " + value + " marketing messages", "timestamp": w.now().Unix()}
	putPerson(wish, c, "wa_id", "user_id")
	w.change(c.Number, "user_preferences", "", dict{"contacts": w.card(c), "user_preferences": []dict{wish}})
}

// TemplateNews tells what became of a template, as APPROVED, REJECTED or PAUSED.
func (w *WhatsApp) TemplateNews(name, language, event, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.templates {
		if t := &w.templates[i]; t.Name == name && t.Language == language {
			t.Status, t.Reason = event, reason
		}
	}
	w.tell("message_template_status_update", "", dict{
		"event": event, "message_template_id": templateID(name, language), "message_template_name": name, "message_template_language": language, "reason": reason,
	})
}

// Tell makes a webhook of any other field, such as account_update.
func (w *WhatsApp) Tell(field string, value map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell(field, "", value)
}

// Deliver tells that a message of ours arrived.
func (w *WhatsApp) Deliver(ref ngo.Ref) { w.status(ref, "delivered", 0) }

// Read tells that a message of ours was read.
func (w *WhatsApp) Read(ref ngo.Ref) { w.status(ref, "read", 0) }

// Fail tells that a message of ours did not arrive, with a code of Meta's.
func (w *WhatsApp) Fail(ref ngo.Ref, code int) { w.status(ref, "failed", code) }

func (w *WhatsApp) status(ref ngo.Ref, state string, code int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.sent, func(m SentMessage) bool { return m.Ref == ref })
	if i < 0 {
		panic(fmt.Sprintf("no message %s was sent", ref))
	}
	w.told(&w.sent[i], state, code)
}

// told makes the webhook of a status.
func (w *WhatsApp) told(m *SentMessage, state string, code int) {
	m.State = state
	c := m.to
	s := dict{"id": m.Ref, "status": state, "timestamp": stampOf(w.now())}
	if m.Token != "" {
		s["biz_opaque_callback_data"] = m.Token
	}
	putPerson(s, c, "recipient_id", "recipient_user_id")
	value := dict{"contacts": w.card(c), "statuses": []dict{s}}
	switch state {
	case "failed":
		delete(value, "contacts")
		s["errors"] = []dict{{"code": code, "title": "Message failed", "message": "Message failed", "error_data": dict{"details": "the double was told so"}}}
	case "sent", "delivered":
		s["pricing"] = w.pricing(m)
	}
	w.change(m.From, "messages", m.Ref, value)
}

func (w *WhatsApp) pricing(m *SentMessage) dict {
	if m.Template == "" {
		return dict{"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}
	}
	category := "utility"
	if t := w.template(m.Template, m.Language); t != nil && t.Category == "MARKETING" {
		category = "marketing"
	}
	return dict{"billable": true, "pricing_model": "PMP", "type": "regular", "category": category}
}

// message makes the webhook of a message from somebody, and renews the time in which they may be answered freely.
func (w *WhatsApp) message(c *Contact, kind string, content dict, quotes ngo.Ref) ngo.Ref {
	var v any = content
	if kind == "contacts" {
		v = []dict{content}
	}
	return w.typed(c, dict{"type": kind, kind: v}, quotes)
}

func (w *WhatsApp) typed(c *Contact, m dict, quotes ngo.Ref) ngo.Ref {
	w.mu.Lock()
	defer w.mu.Unlock()
	ref := w.ref(c)
	c.last = w.now()
	m["id"], m["timestamp"] = ref, stampOf(c.last)
	putPerson(m, c, "from", "from_user_id")
	if quotes != "" {
		m["context"] = dict{"from": w.display(c.Number), "id": quotes}
	}
	w.said[ref] = c
	w.change(c.Number, "messages", ref, dict{"contacts": w.card(c), "messages": []dict{m}})
	return ref
}

// card is how a webhook names somebody.
func (w *WhatsApp) card(c *Contact) []dict {
	profile := dict{"name": c.Name}
	if c.UserName != "" {
		profile["username"] = "@" + c.UserName
	}
	out := dict{"profile": profile}
	putPerson(out, c, "wa_id", "user_id")
	if c.Parent != "" {
		out["parent_user_id"] = c.Parent
	}
	return []dict{out}
}

// putPerson writes by what somebody is known under these names: of whom the number is hidden, by their id alone.
func putPerson(o dict, c *Contact, phone, user string) {
	if c.Phone != "" {
		o[phone] = c.Phone
	}
	if c.User != "" {
		o[user] = c.User
	}
}

func stampOf(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// change queues the webhook of something about one number.
func (w *WhatsApp) change(number, field string, ref ngo.Ref, value dict) {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = dict{"display_phone_number": w.display(number), "phone_number_id": number}
	w.tell(field, ref, value)
}

func (w *WhatsApp) tell(field string, ref ngo.Ref, value dict) {
	entry := dict{"id": w.options.WABA, "time": w.now().Unix(), "changes": []dict{{"field": field, "value": value}}}
	hook := w.signed(metaJSON(dict{"object": "whatsapp_business_account", "entry": []dict{entry}}))
	hook.Name, hook.Ref = field, ref
	w.queue(hook)
}

// Signed gives a webhook with any body, signed as Meta signs.
func (w *WhatsApp) Signed(body []byte) Webhook {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.signed(body)
}

func (w *WhatsApp) signed(body []byte) Webhook {
	return Webhook{Name: "messages", Body: body, At: w.now(), Header: http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"facebookexternalua"},
		"X-Hub-Signature-256": {"sha256=" + sign.HMAC([]byte(w.options.AppSecret), body)},
	}}
}

// Batch makes one delivery out of several webhooks of this double's, as Meta does when there is much to tell.
func (w *WhatsApp) Batch(hooks ...Webhook) Webhook {
	var all []json.RawMessage
	for _, h := range hooks {
		var d struct {
			Entry []json.RawMessage `json:"entry"`
		}
		if err := json.Unmarshal(h.Body, &d); err != nil {
			panic("a webhook that is no delivery cannot be put into a batch: " + err.Error())
		}
		all = append(all, d.Entry...)
	}
	return w.Signed(metaJSON(dict{"object": "whatsapp_business_account", "entry": all}))
}

// Foreign makes the webhook of a message to a number of somebody else's, signed as all are: an app may serve several.
func (w *WhatsApp) Foreign(c *Contact, text string) Webhook {
	was := w.Webhooks()
	other := *c
	other.Number = "999" + digitsOf(w.options.Seed^0xf0, 0, 12)
	w.Say(&other, text)
	made := w.Webhooks()
	w.queue(was...)
	return made[0]
}

// Handshake asks a hook whether it is ours, as Meta does when its address is entered, with any word. It gives the status and
// whether the challenge came back as it must.
func (w *WhatsApp) Handshake(ctx context.Context, client *http.Client, hook, word string) (status int, right bool, err error) {
	const challenge = "1158201444"
	q := url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {word}, "hub.challenge": {challenge}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hook+"?"+q.Encode(), nil)
	if err != nil {
		return 0, false, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, false, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	return res.StatusCode, string(body) == challenge, err
}

// metaJSON writes JSON as Meta does: every sign beyond ASCII and every slash is escaped.
func metaJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // a script cannot make what has no JSON form
	}
	var out bytes.Buffer
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		raw = raw[n:]
		switch {
		case r == '\\': // what is escaped already stays so
			out.WriteByte('\\')
			out.WriteByte(raw[0])
			raw = raw[1:]
		case r == '/':
			out.WriteString(`\/`)
		case r < utf8.RuneSelf:
			out.WriteByte(byte(r))
		default:
			for _, u := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&out, `\u%04x`, u)
			}
		}
	}
	return out.Bytes()
}
