package apiserver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestConversationsAreListedWithTheirWindows(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	meena := in.hears("919840012345", "மீனா", "வணக்கம்", 23*time.Hour)
	ravi := in.hears("919840012346", "Ravi", "Hello", 2*time.Hour)
	old := in.hears("919840012347", "Uma", "Yesterday", 30*time.Hour)
	letter := in.hear(in.mail, ngo.Mail, ngo.Identity{Kind: ngo.EMail, Value: "arun@donor.example"}, "Arun", "A letter.", time.Hour)
	list := func(q api.ConversationQuery) []ngo.ConversationID {
		t.Helper()
		p, err := in.local.Conversations(ctx, storetest.Slug, q)
		if err != nil {
			t.Fatal(err)
		}
		var out []ngo.ConversationID
		for _, c := range p.Items {
			out = append(out, c.ID)
		}
		return out
	}
	for _, tt := range []struct {
		name string
		q    api.ConversationQuery
		want []store.Heard
	}{
		{"newest first", api.ConversationQuery{}, []store.Heard{letter, ravi, meena, old}},
		{"longest waiting first", api.ConversationQuery{Sort: "waiting", Waiting: true}, []store.Heard{old, meena, ravi, letter}},
		{"soonest shut first, and open ones only", api.ConversationQuery{Sort: "window"}, []store.Heard{meena, ravi}},
		{"of a channel", api.ConversationQuery{Channel: "email"}, []store.Heard{letter}},
		{"of a channel by its id", api.ConversationQuery{Channel: string(in.mail)}, []store.Heard{letter}},
		{"of a person", api.ConversationQuery{Person: meena.Conversation.Person}, []store.Heard{meena}},
		{"closed", api.ConversationQuery{State: ngo.ConversationClosed}, nil},
	} {
		var want []ngo.ConversationID
		for _, h := range tt.want {
			want = append(want, h.Conversation.ID)
		}
		if got := list(tt.q); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", tt.name, got, want)
		}
	}
	p, err := in.local.Conversations(ctx, storetest.Slug, api.ConversationQuery{ListQuery: api.ListQuery{Limit: 3}})
	if err != nil || len(p.Items) != 3 || p.Next == "" {
		t.Fatalf("a page = %+v, %v", p, err)
	}
	byMail, byChat := p.Items[0], p.Items[1]
	if byMail.Window != nil || byMail.Channel != "email" || byMail.Driver != "email" || byMail.Subject != "Help" {
		t.Errorf("mail = %+v", byMail)
	}
	if w := byChat.Window; w == nil || !w.Open || w.Until.Sub(in.now).Round(time.Hour) != 22*time.Hour || byChat.PersonName != "Ravi" || byChat.Unread != 1 {
		t.Errorf("chat = %+v, window %+v", byChat, w)
	}
	rest, err := in.local.Conversations(ctx, storetest.Slug, api.ConversationQuery{ListQuery: api.ListQuery{After: p.Next}})
	if err != nil || len(rest.Items) != 1 || rest.Items[0].Window.Open {
		t.Errorf("the rest = %+v, %v", rest, err)
	}
	_, err = in.local.Conversations(ctx, storetest.Slug, api.ConversationQuery{Channel: "nothing"})
	wantCode(t, err, ngo.NotFound)
}

func TestThreadIsReadWithoutMarkingIt(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	h := in.hears("919840012345", "Meena", "one", 3*time.Hour)
	in.hears("919840012345", "Meena", "two", 2*time.Hour)
	in.hears("919840012345", "Meena", "three", time.Hour)
	id := h.Conversation.ID
	th, err := in.local.Thread(ctx, storetest.Slug, id, api.ListQuery{Limit: 2})
	if err != nil || len(th.Messages) != 2 || th.Messages[0].Text != "two" || th.Next == "" || th.Unread != 3 || th.Channel != "whatsapp" {
		t.Fatalf("Thread = %+v, %v", th, err)
	}
	if th.Free == nil || th.Free.Of != 1000 || th.Free.Used != 0 || th.Free.Price == nil || th.Free.Price.Micros == 0 {
		t.Errorf("free replies = %+v", th.Free)
	}
	older, err := in.local.Thread(ctx, storetest.Slug, id, api.ListQuery{After: th.Next})
	if err != nil || len(older.Messages) != 1 || older.Messages[0].Text != "one" {
		t.Errorf("older = %+v, %v", older.Messages, err)
	}
	if err := in.local.MarkRead(ctx, storetest.Slug, id); err != nil {
		t.Fatal(err)
	}
	th, err = in.local.Thread(ctx, storetest.Slug, id, api.ListQuery{})
	if err != nil || th.Unread != 0 || th.Waiting == nil {
		t.Errorf("after it was seen: %+v, %v", th.Conversation, err)
	}
	m, err := in.local.Message(ctx, storetest.Slug, h.Message)
	if err != nil || m.Text != "one" || m.Conversation != id {
		t.Errorf("Message = %+v, %v", m, err)
	}
	_, token := in.user("meena", storetest.Slug, ngo.Agent)
	d := json.NewDecoder(strings.NewReader(strings.TrimPrefix(in.raw("GET", token, "conversations/"+string(id), ""), "200 ")))
	d.DisallowUnknownFields()
	var strict api.Thread
	if err := d.Decode(&strict); err != nil {
		t.Errorf("the answer has a field that the client does not know: %v", err)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	_, token := in.user("ravi", storetest.Slug, ngo.Agent)
	c := in.with(token)
	h := in.hears("919840012345", "Meena", "Where is my receipt?", time.Hour)
	other := in.hears("919840012346", "Uma", "Hello", time.Hour)
	id := h.Conversation.ID
	w, err := c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "It is on its way.", Quotes: h.Message, Key: "k1"})
	if err != nil || w.Message.State != ngo.MessageQueued || w.Message.Author != "user:ravi" || w.Until == nil || w.Message.Quotes != h.Message {
		t.Fatalf("ReplyTo = %+v, %v", w, err)
	}
	if left := w.Until.Sub(w.Message.Created); left != store.Regret {
		t.Errorf("it can be pulled back for %s, want %s", left, store.Regret)
	}
	again, err := c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "It is on its way.", Key: "k1"})
	if err != nil || again.Message.ID != w.Message.ID {
		t.Errorf("the same again = %+v, %v", again, err)
	}
	_, err = c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "Something else.", Key: "k1"})
	wantCode(t, err, ngo.Conflict)
	note, err := c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "She called.", Note: true})
	if err != nil || note.Until != nil || note.Message.Direction != ngo.Note || note.Message.State != ngo.MessageReceived {
		t.Errorf("a note = %+v, %v", note, err)
	}
	for _, tt := range []struct {
		name string
		r    api.Reply
		code ngo.Code
		hint string
	}{
		{"nothing", api.Reply{Text: " \n"}, ngo.Invalid, ""},
		{"the colours of a terminal", api.Reply{Text: "It is \x1b[1mready\x1b[0m."}, ngo.Invalid, "without"},
		{"a note with what moves a cursor", api.Reply{Text: "called\u009b2J", Note: true}, ngo.Invalid, "without"},
		{"too long", api.Reply{Text: strings.Repeat("அ", 4097)}, ngo.TooLarge, "parts"},
		{"a template and a text", api.Reply{Text: "x", Template: &api.TemplateUse{Name: "appointment"}}, ngo.Invalid, "values"},
		{"a note with a file", api.Reply{Text: "x", Note: true, Files: []api.Upload{{Name: "a", Data: []byte("a")}}}, ngo.Invalid, "without"},
		{"quoting another conversation", api.Reply{Text: "x", Quotes: other.Message}, ngo.NotFound, "conversation show"},
		{"quoting nothing", api.Reply{Text: "x", Quotes: "msg_00000000000000000000000000"}, ngo.NotFound, "conversation show"},
		{"a template that there is not", api.Reply{Template: &api.TemplateUse{Name: "nothing"}}, ngo.NotFound, "template sync"},
		{"a language that there is not", api.Reply{Template: &api.TemplateUse{Name: "appointment", Language: "fr"}}, ngo.NotFound, "template sync"},
	} {
		_, err := c.ReplyTo(ctx, storetest.Slug, id, tt.r)
		refused(t, tt.name, err, tt.code, tt.hint)
	}
	th, err := in.local.Thread(ctx, storetest.Slug, id, api.ListQuery{})
	if err != nil || len(th.Messages) != 3 || th.Waiting != nil {
		t.Errorf("refusals left something behind: %+v, %v", th, err)
	}
	back, err := c.Withdraw(ctx, storetest.Slug, w.Message.ID)
	if err != nil || back.State != ngo.MessageWithdrawn {
		t.Errorf("Withdraw = %+v, %v", back, err)
	}
	_, err = c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "It is on its way.", Key: "k1"})
	refused(t, "what was pulled back, with its key", err, ngo.Conflict, "another key")
	_, err = c.Withdraw(ctx, storetest.Slug, h.Message)
	wantCode(t, err, ngo.Conflict)
	_, err = c.RetryMessage(ctx, storetest.Slug, w.Message.ID, false)
	wantCode(t, err, ngo.Conflict)
}

func TestGroupsAreReadAndNotWrittenTo(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	var h store.Heard
	storetest.Write(t, in.org, func(tx *store.Tx) (err error) {
		h, err = tx.Hear(store.NewIncoming{Account: in.chat, Line: ourNumber, Ref: "g1", Kind: ngo.Group, Group: "group-1", Address: ngo.Identity{Kind: ngo.WhatsApp, Value: "919840012345"},
			Name: "Meena", At: in.now, Renews: true, What: "text", Text: "Hello all"})
		return err
	})
	_, err := in.local.ReplyTo(t.Context(), storetest.Slug, h.Conversation.ID, api.Reply{Text: "Hello"})
	wantCode(t, err, ngo.Conflict)
	if _, err := in.local.ReplyTo(t.Context(), storetest.Slug, h.Conversation.ID, api.Reply{Text: "Who is this?", Note: true}); err != nil {
		t.Error(err)
	}
}

func TestUncertainMessagesAreSentAgainOnlyBySomebodyWhoIsSure(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	h := in.hears("919840012345", "Meena", "Hello", time.Hour)
	w, err := in.local.ReplyTo(ctx, storetest.Slug, h.Conversation.ID, api.Reply{Text: "Yes?"})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []ngo.MessageState{ngo.MessageSending, ngo.MessageUncertain} {
		storetest.Write(t, in.org, func(tx *store.Tx) error { return tx.MoveMessage(w.Message.ID, state, "no answer", in.chat, "") })
	}
	_, err = in.local.RetryMessage(ctx, storetest.Slug, w.Message.ID, false)
	wantCode(t, err, ngo.Conflict)
	m, err := in.local.RetryMessage(ctx, storetest.Slug, w.Message.ID, true)
	if err != nil || m.State != ngo.MessageQueued {
		t.Errorf("RetryMessage = %+v, %v", m, err)
	}
}

func TestShutWindowsLetOnlyTemplatesThrough(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.sync()
	ctx := t.Context()
	h := in.hears("919840012345", "மீனா", "வணக்கம்", 25*time.Hour)
	id, who := h.Conversation.ID, h.Conversation.Person
	_, err := in.local.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "Hello"})
	refused(t, "a text", err, ngo.Conflict, "ngoctl template list --conversation "+string(id))
	use := func(name string) api.Reply {
		return api.Reply{Template: &api.TemplateUse{Name: name, Body: map[string]string{"1": "மீனா", "2": "திங்கள்"}}}
	}
	w, err := in.local.ReplyTo(ctx, storetest.Slug, id, use("appointment"))
	if err != nil || w.Message.Kind != ngo.MessageTemplate || !strings.HasPrefix(w.Message.Text, "அன்புள்ள மீனா, திங்கள்") || w.Price == nil || w.Price.Micros == 0 {
		t.Errorf("a template in their language = %+v, %v", w, err)
	}
	var extra ngo.Extra
	if err := json.Unmarshal(w.Message.More, &extra); err != nil || extra.Language != "ta" || extra.Category != "utility" || extra.Body["2"] != "திங்கள்" {
		t.Errorf("it keeps %+v, %v", extra, err)
	}
	bad := use("appointment")
	bad.Template.Body["2"] = "a\nb"
	_, err = in.local.ReplyTo(ctx, storetest.Slug, id, bad)
	refused(t, "a line break in a value", err, ngo.Invalid, "template list")
	_, err = in.local.ReplyTo(ctx, storetest.Slug, id, use("old"))
	refused(t, "a paused one", err, ngo.Conflict, "template list")
	appeal := api.Reply{Template: &api.TemplateUse{Name: "appeal"}}
	_, err = in.local.ReplyTo(ctx, storetest.Slug, id, appeal)
	refused(t, "an appeal", err, ngo.Conflict, "ngoctl person consent "+string(who)+" --give marketing")
	in.consents(who, ngo.TopicMarketing, true)
	if _, err := in.local.ReplyTo(ctx, storetest.Slug, id, appeal); err != nil {
		t.Errorf("an appeal to who wants them: %v", err)
	}
	in.consents(who, ngo.TopicAll, false)
	_, err = in.local.ReplyTo(ctx, storetest.Slug, id, use("appointment"))
	refused(t, "a template after a stop", err, ngo.Conflict, "ngoctl person consent")
	in.hears("919840012345", "மீனா", "One more question", time.Minute)
	if _, err := in.local.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "Yes?"}); err != nil {
		t.Errorf("an answer after a stop: %v", err)
	}
	offers, err := in.local.Offers(ctx, storetest.Slug, id)
	if err != nil || len(offers) != 4 {
		t.Fatalf("Offers = %+v, %v", offers, err)
	}
	for _, o := range offers {
		if o.Refused == "" {
			t.Errorf("%s is offered to somebody who stopped it", o.Name)
		}
	}
}

// Of a template that nobody can be sent it is not said that somebody has to agree to it.
func TestRejectedAppealIsRefusedAsRejected(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.sync()
	storetest.Write(t, in.org, func(tx *store.Tx) error {
		all, err := tx.Templates(in.chat)
		if err != nil {
			return err
		}
		for i := range all {
			all[i].State = "rejected"
		}
		return tx.PutTemplates(in.chat, all)
	})
	id := in.hears("919840012345", "Meena", "Hello", time.Hour).Conversation.ID
	_, err := in.local.ReplyTo(t.Context(), storetest.Slug, id, api.Reply{Template: &api.TemplateUse{Name: "appeal"}})
	refused(t, "a rejected appeal", err, ngo.Conflict, "ngoctl template list")
	offers, err := in.local.Offers(t.Context(), storetest.Slug, id)
	for _, o := range offers {
		if err != nil || !strings.HasPrefix(o.Refused, "It was rejected") {
			t.Errorf("%s is refused because %q, %v", o.Name, o.Refused, err)
		}
	}
}

func (in *inbox) consents(who ngo.PersonID, topic ngo.Topic, given bool) {
	in.t.Helper()
	_, err := in.local.RecordConsent(in.t.Context(), storetest.Slug, who, api.ConsentRecord{Topic: topic, Given: given, Words: "as they said", Source: "by phone"})
	if err != nil {
		in.t.Fatal(err)
	}
}

func TestOffersComeInTheirLanguageFirst(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.sync()
	h := in.hears("919840012345", "மீனா", "வணக்கம்", time.Hour)
	offers, err := in.local.Offers(t.Context(), storetest.Slug, h.Conversation.ID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range offers {
		mark := ""
		if o.Refused != "" {
			mark = "-"
		}
		got = append(got, mark+o.Name+":"+o.Language)
	}
	if want := []string{"-appeal:ta", "appointment:ta", "appointment:en_US", "-old:hi"}; !slices.Equal(got, want) {
		t.Errorf("offers = %v, want %v", got, want)
	}
	o := offers[2]
	if o.Text != "Dear {{1}}, we await you on {{2}}." || !slices.Equal(o.Parameters, []string{"1", "2"}) || !slices.Equal(o.Examples, []string{"Meena", "Monday"}) || o.Price == nil || o.Channel != "whatsapp" {
		t.Errorf("offer = %+v", o)
	}
	in.graph.refuse(401)
	_, err = in.local.SyncTemplates(t.Context(), storetest.Slug)
	wantCode(t, err, ngo.Unavailable) // and not Unauthenticated: it is not the caller who has to log in
	all, err := in.local.Templates(t.Context(), storetest.Slug)
	if err != nil || len(all) != 4 {
		t.Errorf("Templates = %+v, %v", all, err)
	}
}

func TestTemplatesBeginConversations(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.sync()
	ctx := t.Context()
	var who, nobody ngo.PersonID
	storetest.Write(t, in.org, func(tx *store.Tx) (err error) {
		if who, err = tx.JoinPerson(ngo.Donor{Name: "Meena", Phone: "+919840012345"}); err != nil {
			return err
		}
		nobody, err = tx.JoinPerson(ngo.Donor{Name: "Uma", EMail: "uma@donor.example"})
		return err
	})
	use := api.TemplateUse{Name: "appointment", Language: "en_US", Body: map[string]string{"1": "Meena", "2": "Monday"}}
	w, err := in.local.SendTemplate(ctx, storetest.Slug, who, api.Beginning{Template: use})
	if err != nil || w.Message.Line != ourNumber || w.Message.Recipient != "919840012345" || w.Message.Conversation == "" {
		t.Fatalf("SendTemplate = %+v, %v", w, err)
	}
	keyed := api.Beginning{Template: use, Key: "k1"}
	first, err := in.local.SendTemplate(ctx, storetest.Slug, who, keyed)
	again, err2 := in.local.SendTemplate(ctx, storetest.Slug, who, keyed)
	if errors.Join(err, err2) != nil || first.Message.ID == w.Message.ID || again.Message.ID != first.Message.ID {
		t.Errorf("twice with one key = %s, %s, %v, %v; want one", first.Message.ID, again.Message.ID, err, err2)
	}
	more, err := in.local.SendTemplate(ctx, storetest.Slug, who, api.Beginning{Channel: "whatsapp", Template: use})
	if err != nil || more.Message.Conversation != w.Message.Conversation {
		t.Errorf("a second goes elsewhere: %+v, %v", more, err)
	}
	_, err = in.local.ReplyTo(ctx, storetest.Slug, w.Message.Conversation, api.Reply{Text: "Hello"})
	refused(t, "a text to who never wrote", err, ngo.Conflict, "ngoctl template list")
	if h := in.hears("919840012345", "Meena", "Thank you", time.Minute); h.Conversation.ID != w.Message.Conversation {
		t.Errorf("the answer came into %s, not into %s", h.Conversation.ID, w.Message.Conversation)
	}
	if th, err := in.local.Thread(ctx, storetest.Slug, w.Message.Conversation, api.ListQuery{}); err != nil || th.Root != who {
		t.Errorf("the thread is %s's, want %s's: %v", th.Root, who, err)
	}
	_, err = in.local.SendTemplate(ctx, storetest.Slug, nobody, api.Beginning{Template: use})
	refused(t, "without a number", err, ngo.Conflict, "ngoctl person show")
	_, err = in.local.SendTemplate(ctx, storetest.Slug, who, api.Beginning{Channel: "email", Template: use})
	wantCode(t, err, ngo.Invalid)
	_, err = in.local.SendTemplate(ctx, storetest.Slug, "per_00000000000000000000000000", api.Beginning{Template: use})
	wantCode(t, err, ngo.NotFound)
	before, err := in.local.Conversations(ctx, storetest.Slug, api.ConversationQuery{State: "any"})
	if err != nil || len(before.Items) != 1 {
		t.Errorf("a refusal left a conversation: %+v, %v", before, err)
	}
}

func TestMailIsAnswered(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	h := in.hear(in.mail, ngo.Mail, ngo.Identity{Kind: ngo.EMail, Value: "arun@donor.example"}, "Arun", "A letter.", 40*time.Hour)
	w, err := in.local.ReplyTo(ctx, storetest.Slug, h.Conversation.ID, api.Reply{Text: "Thank you.", Quotes: h.Message})
	if err != nil || w.Message.Subject != "Re: Help" || w.Message.Recipient != "arun@donor.example" || w.Price != nil {
		t.Errorf("ReplyTo = %+v, %v", w, err)
	}
	in.consents(h.Conversation.Person, ngo.TopicAll, false)
	if _, err := in.local.ReplyTo(ctx, storetest.Slug, h.Conversation.ID, api.Reply{Text: "We will."}); err != nil {
		t.Errorf("an answer to who stopped: %v", err)
	}
	if err := in.local.RemoveChannel(ctx, storetest.Slug, "email"); err != nil {
		t.Fatal(err)
	}
	_, err = in.local.ReplyTo(ctx, storetest.Slug, h.Conversation.ID, api.Reply{Text: "Hello"})
	refused(t, "by a channel that was removed", err, ngo.Conflict, "ngoctl channel list")
	if p, err := in.local.Conversations(ctx, storetest.Slug, api.ConversationQuery{}); err != nil || len(p.Items) != 1 || p.Items[0].Channel != "email" {
		t.Errorf("Conversations = %+v, %v", p, err)
	}
}

func TestConversationsAreClosedAndUndone(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	_, token := in.user("ravi", storetest.Slug, ngo.Caseworker)
	_, finance := in.user("vani", storetest.Slug, ngo.Finance)
	c := in.with(token)
	id := in.hears("919840012345", "Meena", "Hello", time.Hour).Conversation.ID
	moved, err := c.MoveConversation(ctx, storetest.Slug, id, ngo.ConversationClosed)
	if err != nil || moved.Conversation.State != ngo.ConversationClosed || moved.Act.Actor != "user:ravi" || moved.Conversation.Channel != "whatsapp" {
		t.Fatalf("MoveConversation = %+v, %v", moved, err)
	}
	_, err = c.MoveConversation(ctx, storetest.Slug, id, ngo.ConversationClosed)
	wantCode(t, err, ngo.Conflict)
	_, err = in.with(finance).Undo(ctx, storetest.Slug, moved.Act.ID)
	wantCode(t, err, ngo.Denied)
	if _, err := c.Undo(ctx, storetest.Slug, moved.Act.ID); err != nil {
		t.Fatal(err)
	}
	w, err := c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "Done.", Close: true})
	if err != nil {
		t.Fatal(err)
	}
	th, err := c.Thread(ctx, storetest.Slug, id, api.ListQuery{})
	if err != nil || th.State != ngo.ConversationClosed || th.Messages[1].ID != w.Message.ID {
		t.Errorf("after a reply that closes: %+v, %v", th, err)
	}
	name := "Another name"
	if _, err := in.local.SetProfile(ctx, storetest.Slug, api.ProfileEdit{LegalName: &name}); err != nil {
		t.Fatal(err)
	}
	acts, err := in.local.Acts(ctx, storetest.Slug, api.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range acts.Items {
		if a.Kind == ngo.ActProfile {
			_, err := c.Undo(ctx, storetest.Slug, a.ID)
			wantCode(t, err, ngo.Denied)
		}
	}
}

// What an answer closed is as before when the answer is pulled back, and open when it does not go.
func TestClosingGoesBackWithItsAnswer(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	becomes := func(states ...ngo.MessageState) func(ngo.MessageID) {
		return func(id ngo.MessageID) {
			for _, s := range states {
				storetest.Write(t, in.org, func(tx *store.Tx) error { return tx.MoveMessage(id, s, "no answer", in.chat, "") })
			}
		}
	}
	for i, tt := range []struct {
		name   string
		before ngo.ConversationState
		then   func(ngo.MessageID)
		want   ngo.ConversationState
		waits  bool
	}{
		{"pulled back", ngo.ConversationSnoozed, func(id ngo.MessageID) {
			if _, err := in.local.Withdraw(ctx, storetest.Slug, id); err != nil {
				t.Fatal(err)
			}
		}, ngo.ConversationSnoozed, true},
		{"failed", ngo.ConversationOpen, becomes(ngo.MessageSending, ngo.MessageFailed), ngo.ConversationOpen, true},
		{"put off before", ngo.ConversationSnoozed, becomes(ngo.MessageFailed), ngo.ConversationOpen, true},
		{"nobody knows", ngo.ConversationOpen, becomes(ngo.MessageSending, ngo.MessageUncertain), ngo.ConversationOpen, false},
	} {
		id := in.hears(fmt.Sprint("91984001234", i), "Meena", "Hello", time.Hour).Conversation.ID
		if tt.before != ngo.ConversationOpen {
			if _, err := in.local.MoveConversation(ctx, storetest.Slug, id, tt.before); err != nil {
				t.Fatal(err)
			}
		}
		w, err := in.local.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "Done.", Close: true})
		if err != nil {
			t.Fatal(err)
		}
		tt.then(w.Message.ID)
		th, err := in.local.Thread(ctx, storetest.Slug, id, api.ListQuery{})
		if err != nil || th.State != tt.want || (th.Waiting != nil) != tt.waits {
			t.Errorf("%s: %s, waiting %v, %v; want %s, waiting %v", tt.name, th.State, th.Waiting, err, tt.want, tt.waits)
		}
	}
}

// TestOtherOrganisationsStayApart asks for what is one organisation's by way of another.
func TestOtherOrganisationsStayApart(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	h := in.hears("919840012345", "Meena", "Hello", time.Hour)
	_, token := in.user("mallory", "other", ngo.Admin)
	c := in.with(token)
	id, who := h.Conversation.ID, h.Conversation.Person
	for name, try := range map[string]func(slug string) error{
		"thread":   func(o string) error { _, err := c.Thread(ctx, o, id, api.ListQuery{}); return err },
		"reply":    func(o string) error { _, err := c.ReplyTo(ctx, o, id, api.Reply{Text: "x"}); return err },
		"note":     func(o string) error { _, err := c.ReplyTo(ctx, o, id, api.Reply{Text: "x", Note: true}); return err },
		"message":  func(o string) error { _, err := c.Message(ctx, o, h.Message); return err },
		"withdraw": func(o string) error { _, err := c.Withdraw(ctx, o, h.Message); return err },
		"retry":    func(o string) error { _, err := c.RetryMessage(ctx, o, h.Message, true); return err },
		"move":     func(o string) error { _, err := c.MoveConversation(ctx, o, id, ngo.ConversationClosed); return err },
		"read":     func(o string) error { return c.MarkRead(ctx, o, id) },
		"offers":   func(o string) error { _, err := c.Offers(ctx, o, id); return err },
		"join":     func(o string) error { _, err := c.JoinPersons(ctx, o, who, api.Join{With: who}); return err },
		"part":     func(o string) error { _, err := c.PartPersons(ctx, o, who, ""); return err },
		"consents": func(o string) error { _, err := c.Consents(ctx, o, who); return err },
		"consent": func(o string) error {
			_, err := c.RecordConsent(ctx, o, who, api.ConsentRecord{Topic: ngo.TopicAll, Words: "x", Source: "x"})
			return err
		},
		"list of a person": func(o string) error {
			_, err := c.Conversations(ctx, o, api.ConversationQuery{Person: who})
			return err
		},
	} {
		if err := try("other"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("%s in the own organisation: %v, want NotFound", name, err)
		}
		if err := try(storetest.Slug); ngo.CodeOf(err) != ngo.NotFound || !strings.Contains(err.Error(), "organisation") {
			t.Errorf("%s in another organisation: %v, want NotFound of the organisation", name, err)
		}
	}
	p, err := c.Conversations(ctx, "other", api.ConversationQuery{Channel: string(in.chat)})
	if err != nil || len(p.Items) > 0 {
		t.Errorf("another's channel shows %+v, %v", p, err)
	}
}
