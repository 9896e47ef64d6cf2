package sim_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/channeltest"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// chat is a double and an account of ours there.
type chat struct {
	*sim.WhatsApp
	t       *testing.T
	account channel.Account
}

func newChat(t *testing.T, o sim.WhatsAppOptions) *chat {
	t.Helper()
	w, err := sim.NewWhatsApp(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &chat{WhatsApp: w, t: t}
	c.open()
	return c
}

func (c *chat) open() {
	c.t.Helper()
	a, err := whatsapp.New().Open(setting.Values(c.Values()))
	if err != nil {
		c.t.Fatal(err)
	}
	c.account = a
}

// heard reads everything that is to be told.
func (c *chat) heard() (out []channel.Event) {
	c.t.Helper()
	for _, h := range c.Webhooks() {
		r := c.account.(channel.Receiver)
		if err := r.Verify(h.Header, h.Body); err != nil {
			c.t.Fatalf("Verify of %s = %v", h.Name, err)
		}
		events, err := r.Normalise(h.Body)
		if err == nil {
			err = channeltest.Sound(events)
		}
		if err != nil {
			c.t.Fatalf("Normalise of %s = %v\n%s", h.Name, err, h.Body)
		}
		out = append(out, events...)
	}
	return out
}

func (c *chat) one() channel.Event {
	c.t.Helper()
	all := c.heard()
	if len(all) != 1 {
		c.t.Fatalf("%d events, want one: %+v", len(all), all)
	}
	return all[0]
}

func (c *chat) send(m channel.Message) (channel.Dispatched, error) {
	if m.ID == "" {
		m.ID = ngo.NewID[ngo.MessageID](time.Now())
	}
	return c.account.(channel.Dispatcher).Dispatch(c.t.Context(), m)
}

// What people do at the double, the driver understands as that.
func TestWhatsAppPeopleAreUnderstood(t *testing.T) {
	t.Parallel()
	c := newChat(t, sim.WhatsAppOptions{Seed: 1})
	meena := c.Person("மீனா", "919876543210")
	first := c.Say(meena, "வணக்கம் / hello 🙏")
	c.heard()
	for _, tt := range []struct {
		name string
		do   func() ngo.Ref
		kind channel.IncomingKind
		is   func(channel.Incoming) bool
	}{
		{"text", func() ngo.Ref { return c.Say(meena, "नमस्ते / \"x\" \\ 🙏") }, channel.KindText, func(in channel.Incoming) bool { return in.Text == "नमस्ते / \"x\" \\ 🙏" }},
		{"answer", func() ngo.Ref { return c.Answer(meena, "yes", first) }, channel.KindText, func(in channel.Incoming) bool { return in.ReplyTo[0] == first }},
		{"picture", func() ngo.Ref { return c.SayMedia(meena, "image", "image/jpeg", "", "பார்", []byte("x")) }, channel.KindMedia,
			func(in channel.Incoming) bool {
				return in.Text == "பார்" && in.Media[0].Kind == channel.MediaImage && in.Media[0].Ref != ""
			}},
		{"voice", func() ngo.Ref { return c.SayMedia(meena, "voice", "audio/ogg; codecs=opus", "", "", []byte("x")) }, channel.KindMedia,
			func(in channel.Incoming) bool { return in.Media[0].Kind == channel.MediaVoice }},
		{"document", func() ngo.Ref { return c.SayMedia(meena, "document", "application/pdf", "a/b.pdf", "", []byte("x")) }, channel.KindMedia,
			func(in channel.Incoming) bool { return in.Media[0].Name == "b.pdf" }},
		{"template's button", func() ngo.Ref { return c.Press(meena, "stop", "நிறுத்து", first) }, channel.KindChoice, func(in channel.Incoming) bool { return in.Choice.Payload == "stop" }},
		{"button", func() ngo.Ref { return c.Choose(meena, "yes", "हाँ", first) }, channel.KindChoice, func(in channel.Incoming) bool { return in.Choice.Title == "हाँ" }},
		{"reaction", func() ngo.Ref { return c.React(meena, first, "❤️") }, channel.KindReaction, func(in channel.Incoming) bool { return in.About == first && in.Emoji == "❤️" }},
		{"reaction taken back", func() ngo.Ref { return c.React(meena, first, "") }, channel.KindReaction, func(in channel.Incoming) bool { return in.Emoji == "" }},
		{"edit", func() ngo.Ref { return c.Edit(meena, first, "better") }, channel.KindEdit, func(in channel.Incoming) bool { return in.About == first && in.Text == "better" }},
		{"revoke", func() ngo.Ref { return c.Revoke(meena, first) }, channel.KindRevoke, func(in channel.Incoming) bool { return in.About == first }},
		{"place", func() ngo.Ref { return c.Place(meena, 9.92, 78.12, "Madurai") }, channel.KindPlace, func(in channel.Incoming) bool { return in.Place.Name == "Madurai" }},
		{"poll", func() ngo.Ref { return c.SayOther(meena, "poll") }, channel.KindOther, func(in channel.Incoming) bool { return in.Problem != "" }},
		{"echo", func() ngo.Ref { return c.Echo(meena, "from the phone") }, channel.KindText, func(in channel.Incoming) bool { return in.Echo }},
	} {
		ref := tt.do()
		e := c.one()
		if e.Incoming == nil || e.Incoming.Kind != tt.kind || e.Incoming.Ref != ref || !tt.is(*e.Incoming) || e.Incoming.Person.Name != "மீனா" || e.Incoming.Person.Identities[0].Value != meena.Phone {
			t.Errorf("%s = %+v, %+v", tt.name, e, e.Incoming)
		}
	}
}

func TestWhatsAppPeopleWithoutNumbers(t *testing.T) {
	t.Parallel()
	c := newChat(t, sim.WhatsAppOptions{Seed: 2})
	hidden := c.Hidden("Ravi", "ravi.k")
	c.Say(hidden, "hello")
	p := c.one().Incoming.Person
	if len(p.Identities) != 1 || p.Identities[0] != (ngo.Identity{Kind: ngo.WhatsAppUser, Value: hidden.User}) || p.UserName != "ravi.k" {
		t.Errorf("somebody without a number is %+v", p)
	}
	if d, err := c.send(channel.Message{To: p.Identities[0], Text: "welcome"}); err != nil || len(d.Person.Identities) != 1 || c.Sent()[0].To != hidden.User {
		t.Errorf("Dispatch = %+v, %v", d, err)
	}
	c.heard()
	c.Share(hidden, "919812345678")
	if in := c.one().Incoming; in.Kind != channel.KindCards || !in.Cards[0].Own || in.Cards[0].Identity[0].Value != "919812345678" {
		t.Errorf("a number that was asked for = %+v", in)
	}
	was := hidden.User
	c.ChangeID(hidden)
	if ch := c.one().Change; ch == nil || ch.Kind != channel.ChangedID || !knows(ch.Was, was) || !knows(ch.Now, hidden.User) {
		t.Errorf("another id = %+v", ch)
	}
	c.ChangeNumber(hidden, "919800000001")
	if ch := c.one().Change; ch == nil || ch.Kind != channel.ChangedNumber || !knows(ch.Was, "919812345678") || !knows(ch.Now, "919800000001") {
		t.Errorf("another number = %+v", ch)
	}
	c.Wish(hidden, true)
	if p := c.one().Preference; p == nil || !p.Stop || p.Topic != channel.TopicMarketing {
		t.Errorf("a wish = %+v", p)
	}
}

func knows(p channel.Person, value string) bool {
	for _, i := range p.Identities {
		if i.Value == value {
			return true
		}
	}
	return false
}

func TestWhatsAppTakesMessages(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC)
	c := newChat(t, sim.WhatsAppOptions{Seed: 3, Now: func() time.Time { return at }})
	meena := c.Person("Meena", "919876543210")
	to := ngo.Identity{Kind: ngo.WhatsApp, Value: meena.Phone}
	first := c.Say(meena, "hello")
	c.heard()
	m := channel.Message{ID: ngo.NewID[ngo.MessageID](at), To: to, Text: "நன்றி", ReplyTo: first, Attachments: []channel.Attachment{{Name: "r.pdf", Type: "application/pdf", Data: []byte("%PDF")}}}
	d, err := c.send(m)
	if err != nil {
		t.Fatal(err)
	}
	got := c.Sent()[0]
	if got.Ref != d.Ref || got.Type != "document" || got.Text != "நன்றி" || got.Quotes != first || string(got.File) != "%PDF" || got.FileName != "r.pdf" || got.Token != string(m.ID) || got.State != "delivered" {
		t.Errorf("sent %+v", got)
	}
	states := c.heard()
	if len(states) != 2 || states[0].Status.State != ngo.MessageSent || states[1].Status.State != ngo.MessageDelivered || states[0].Status.Token != string(m.ID) || states[0].Status.Price.Category != "service" {
		t.Errorf("statuses %+v", states)
	}
	c.Read(d.Ref)
	if s := c.one().Status; s.State != ngo.MessageRead || s.Ref != d.Ref {
		t.Errorf("status %+v", s)
	}
	if err := c.account.(channel.Marker).MarkRead(t.Context(), "", first); err != nil || len(c.MarkedRead()) != 1 {
		t.Errorf("MarkRead = %v, marked %v", err, c.MarkedRead())
	}
	at = at.Add(25 * time.Hour)
	if _, err := c.send(channel.Message{To: to, Text: "late"}); err != nil {
		t.Fatal(err)
	}
	if s := c.one().Status; s.State != ngo.MessageFailed || s.Fault.Class != channel.FaultWindow {
		t.Errorf("a day later: %+v", s)
	}
}

func TestWhatsAppTemplates(t *testing.T) {
	t.Parallel()
	c := newChat(t, sim.WhatsAppOptions{Seed: 4})
	for _, lang := range []string{"en", "ta", "hi"} {
		c.AddTemplate(sim.WhatsAppTemplate{Name: "receipt_ready", Language: lang, Header: "DOCUMENT", Body: "Thank you {{1}} for {{2}}.", Footer: "Sevai", Buttons: []string{"Stop"}})
	}
	for i := range 250 {
		c.AddTemplate(sim.WhatsAppTemplate{Name: "t" + strings.Repeat("x", i), Language: "en", Category: "MARKETING", Body: "Come {{who}}!"})
	}
	all, err := c.account.(channel.Templater).Templates(t.Context())
	if err != nil || len(all) != 253 || all[0].Header.Kind != "document" || len(all[0].Body.Parameters) != 2 || all[0].Problem != "" || all[0].State != channel.TemplateApproved {
		t.Fatalf("Templates = %d, %v, %+v", len(all), err, all[0])
	}
	to := ngo.Identity{Kind: ngo.WhatsApp, Value: "919876500000"}
	pdf := []channel.Attachment{{Name: "r.pdf", Type: "application/pdf", Data: []byte("%PDF")}}
	for name, tt := range map[string]struct {
		use   channel.Filled
		files []channel.Attachment
		class channel.FaultClass
	}{
		"right":             {channel.Filled{Name: "receipt_ready", Language: "ta", Body: map[string]string{"1": "மீனா", "2": "₹500"}}, pdf, ""},
		"by name":           {channel.Filled{Name: "t", Language: "en", Body: map[string]string{"who": "Meena"}}, nil, ""},
		"a value short":     {channel.Filled{Name: "receipt_ready", Language: "ta", Body: map[string]string{"1": "மீனா"}}, pdf, channel.FaultTemplate},
		"no file":           {channel.Filled{Name: "receipt_ready", Language: "ta", Body: map[string]string{"1": "மீனா", "2": "₹500"}}, nil, channel.FaultTemplate},
		"another language":  {channel.Filled{Name: "receipt_ready", Language: "fr"}, nil, channel.FaultTemplate},
		"none of that name": {channel.Filled{Name: "nothing", Language: "en"}, nil, channel.FaultTemplate},
	} {
		_, err := c.send(channel.Message{To: to, Template: &tt.use, Attachments: tt.files})
		f := meta.FaultOf(err)
		if (f == nil) != (tt.class == "") || f != nil && f.Class != tt.class {
			t.Errorf("%s: %v; want %q", name, err, tt.class)
		}
	}
	c.TemplateNews("receipt_ready", "ta", "PAUSED", "low quality")
	events := c.heard()
	if news := events[len(events)-1].Template; news == nil || news.State != channel.TemplatePaused || news.Language != "ta" {
		t.Errorf("news %+v", news)
	}
	if _, err := c.send(channel.Message{To: to, Template: &channel.Filled{Name: "receipt_ready", Language: "ta"}}); meta.FaultOf(err) == nil || meta.FaultOf(err).Code != "132015" {
		t.Errorf("a paused template: %v", err)
	}
}

func TestWhatsAppFilesOfPeople(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC)
	c := newChat(t, sim.WhatsAppOptions{Seed: 5, Now: func() time.Time { return at }})
	data := bytes.Repeat([]byte("pixels"), 500_000)
	c.SayMedia(c.Person("Meena", "919876543210"), "image", "image/jpeg", "", "", data)
	m := c.one().Incoming.Media[0]
	fetch := func() (string, error) {
		var got bytes.Buffer
		_, err := c.account.(channel.Fetcher).Fetch(t.Context(), m, 10<<20, &got)
		return got.String(), err
	}
	if got, err := fetch(); err != nil || got != string(data) {
		t.Errorf("Fetch = %d bytes, %v", len(got), err)
	}
	c.Trouble(sim.Trouble{At: "GET /download/", Status: 404, Times: 1})
	if got, err := fetch(); err != nil || len(got) != len(data) {
		t.Errorf("Fetch after a link that had ended = %d bytes, %v", len(got), err)
	}
	c.Trouble(sim.Trouble{At: "GET /download/", Cut: true, Times: 1})
	if _, err := fetch(); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Fetch that was cut = %v; want Unavailable", err)
	}
	at = at.Add(8 * 24 * time.Hour)
	if _, err := fetch(); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("Fetch a week later = %v; want NotFound", err)
	}
}

func TestWhatsAppGoesWrong(t *testing.T) {
	t.Parallel()
	c := newChat(t, sim.WhatsAppOptions{Seed: 6, Open: true})
	m := channel.Message{ID: ngo.NewID[ngo.MessageID](time.Now()), To: ngo.Identity{Kind: ngo.WhatsApp, Value: "919876543210"}, Text: "x"}
	c.Refuse(131056, 2)
	for range 2 {
		if _, err := c.send(m); meta.FaultOf(err) == nil || meta.FaultOf(err).Class != channel.FaultPair {
			t.Errorf("Dispatch = %v; want the pair's limit", err)
		}
	}
	c.Lose()
	if _, err := c.send(m); err == nil || errors.As(err, new(*ngo.Error)) {
		t.Errorf("Dispatch with a lost answer = %v; want no code", err)
	}
	if n := c.Taken()[string(m.ID)]; n != 1 {
		t.Errorf("it was taken %d times, want once", n)
	}
	c.SetToken("another")
	if _, err := c.send(m); ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("with a token that ended: %v", err)
	}
	c.open()
	if err := c.account.Check(t.Context()); err != nil {
		t.Errorf("Check with the new one = %v", err)
	}
}

func TestWhatsAppDeliveries(t *testing.T) {
	t.Parallel()
	c := newChat(t, sim.WhatsAppOptions{Seed: 7})
	meena := c.Person("Meena", "919876543210")
	c.Say(meena, "one /")
	second := *c.Person("Ravi", "919876543211")
	second.Number = c.AddNumber("915550010002")
	c.Say(&second, "two é")
	ours := c.Webhooks()
	batch := c.Batch(ours[0], c.Foreign(meena, "not yours"), ours[1])
	c.open() // with both numbers
	r := c.account.(channel.Receiver)
	if err := r.Verify(batch.Header, batch.Body); err != nil {
		t.Fatal(err)
	}
	events, err := r.Normalise(batch.Body)
	if err != nil || len(events) != 3 || events[0].Incoming.Text != "one /" || events[1].Refused == nil || events[2].Incoming.Text != "two é" || events[0].Line == events[2].Line {
		t.Errorf("the batch = %+v, %v", events, err)
	}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		answer, err := c.account.(channel.Handshaker).Handshake(req.URL.Query())
		if err != nil {
			w.WriteHeader(403)
		}
		_, _ = w.Write([]byte(answer)) // a lost connection shows at the client
	}))
	defer hook.Close()
	for word, want := range map[string]int{c.Values()["verify-token"]: 200, "guess": 403} {
		status, right, err := c.Handshake(context.Background(), hook.Client(), hook.URL, word)
		if err != nil || status != want || right != (want == 200) {
			t.Errorf("Handshake(%q) = %d, %v, %v", word, status, right, err)
		}
	}
}
