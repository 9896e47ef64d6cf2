package apiserver_test

import (
	"bytes"
	"errors"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) {
	if inspect.IsChild(os.Args[1:]) {
		os.Exit(inspect.Child())
	}
	os.Exit(m.Run())
}

// looking gives the server an inspector.
func looking(t testing.TB) func(*apiserver.Options) {
	t.Helper()
	i, err := inspect.New(inspect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return func(o *apiserver.Options) { o.Inspect = i }
}

func TestFilesGoWithRepliesAndAreFetched(t *testing.T) {
	t.Parallel()
	in := newInbox(t, looking(t))
	ctx := t.Context()
	_, token := in.user("ravi", storetest.Slug, ngo.Agent)
	_, foreign := in.user("mallory", "other", ngo.Admin)
	c := in.with(token)
	id := in.hears("919840012345", "Meena", "Which form?", time.Hour).Conversation.ID
	form := []byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
	w, err := c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "This one.", Files: []api.Upload{{Name: `..\..\form.pdf`, Data: form}}})
	if err != nil || len(w.Message.Attachments) > 1 {
		t.Fatalf("ReplyTo = %+v, %v", w, err)
	}
	th, err := c.Thread(ctx, storetest.Slug, id, api.ListQuery{})
	if err != nil || len(th.Messages[1].Attachments) != 1 {
		t.Fatalf("Thread = %+v, %v", th, err)
	}
	a := th.Messages[1].Attachments[0]
	if a.Name != "form.pdf" || a.Type != "application/pdf" || a.State != ngo.AttachmentKept || a.Size != int64(len(form)) {
		t.Errorf("attachment = %+v", a)
	}
	var got bytes.Buffer
	if name, err := c.Attachment(ctx, storetest.Slug, a.ID, &got); err != nil || name != "form.pdf" || !bytes.Equal(got.Bytes(), form) {
		t.Errorf("Attachment = %q, %q, %v", name, got.Bytes(), err)
	}
	link, err := c.AttachmentLink(ctx, storetest.Slug, a.ID)
	if err != nil || !strings.HasPrefix(link.URL, "https://ngo.example.org/files/") || time.Until(link.Expires) > 11*time.Minute {
		t.Errorf("AttachmentLink = %+v, %v", link, err)
	}
	if link, err = c.ThreadLink(ctx, storetest.Slug, id); err != nil || !strings.HasPrefix(link.URL, "https://ngo.example.org/files/") {
		t.Errorf("ThreadLink = %+v, %v", link, err)
	}
	m := in.with(foreign)
	for _, org := range []string{"other", storetest.Slug} {
		_, err = m.Attachment(ctx, org, a.ID, &got)
		wantCode(t, err, ngo.NotFound)
		_, err = m.AttachmentLink(ctx, org, a.ID)
		wantCode(t, err, ngo.NotFound)
		_, err = m.ThreadLink(ctx, org, id)
		wantCode(t, err, ngo.NotFound)
		_, err = m.MessagePicture(ctx, org, w.Message.ID, 800)
		wantCode(t, err, ngo.NotFound)
	}
	trail, err := in.local.Audit(ctx, storetest.Slug, api.ListQuery{})
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, e := range trail.Items {
		seen = seen || e.Action == "file.open" && e.Subject == string(a.ID) && e.Actor == "user:ravi"
	}
	if !seen {
		t.Error("the trail does not tell who fetched the file")
	}
	for name, f := range map[string]api.Upload{
		"a program":         {Name: "form.pdf", Data: append([]byte("MZ\x90\x00"), make([]byte, 512)...)},
		"an empty file":     {Name: "form.pdf"},
		"of the wrong kind": {Name: "a.exe", Data: []byte("\x7fELF" + strings.Repeat("\x00", 200))},
	} {
		if _, err := c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Files: []api.Upload{f}}); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	_, err = c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Files: []api.Upload{{Name: "a.bin", Data: make([]byte, 17<<20)}}})
	wantCode(t, err, ngo.TooLarge)
	_, err = c.ReplyTo(ctx, storetest.Slug, id, api.Reply{Files: []api.Upload{{Name: "a.bin", Data: make([]byte, 20<<20)}}})
	wantCode(t, err, ngo.TooLarge)
}

func TestMessagesAreDrawn(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	h := in.hears("919840012345", "மீனா", "வணக்கம் \x1b[2J", time.Hour)
	data, err := in.local.MessagePicture(t.Context(), storetest.Slug, h.Message, 640)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || c.Width != 640 {
		t.Errorf("picture = %+v, %v", c, err)
	}
	_, err = in.local.MessagePicture(t.Context(), storetest.Slug, h.Message, 10)
	wantCode(t, err, ngo.Invalid)
}

// What its writer changed or took back is so wherever it is read, alone as in its thread.
func TestWhatWasTakenBackIsReadNowhere(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	h := in.hears("919840012345", "Meena", "My secret", time.Hour)
	ripple := func(ref string, kind store.RippleKind, text string) {
		storetest.Write(t, in.org, func(tx *store.Tx) error {
			_, err := tx.Ripple(store.NewRipple{
				Account: in.chat, Ref: ngo.Ref(ref), About: "ref-b", Kind: kind, Line: ourNumber, Person: h.Conversation.Person, Text: text, At: in.now,
			})
			return err
		})
	}
	ripple("r1", store.RippleEdit, "My story")
	if m, err := in.local.Message(ctx, storetest.Slug, h.Message); err != nil || m.Text != "My story" || m.Edited == nil {
		t.Errorf("changed: %q, %v", m.Text, err)
	}
	ripple("r2", store.RippleRevoke, "")
	if m, err := in.local.Message(ctx, storetest.Slug, h.Message); err != nil || m.Text != "" || m.Revoked == nil {
		t.Errorf("taken back: %q, %v", m.Text, err)
	}
	none, err := in.local.MessagePicture(ctx, storetest.Slug, in.hears("919840012346", "Uma", "", time.Hour).Message, 640)
	drawn, err2 := in.local.MessagePicture(ctx, storetest.Slug, h.Message, 640)
	if errors.Join(err, err2) != nil || !bytes.Equal(none, drawn) {
		t.Errorf("the picture is not that of an empty message: %v, %v", err, err2)
	}
}

// ofAadhaar is a number that only looks like one: its check digit is right, and it was never given to anybody.
const ofAadhaar = "2341 2341 2346"

func TestNumbersThatAreNeverKeptAreMasked(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	in.sync()
	ctx := t.Context()
	id := in.hears("919840012345", "Meena", "Hello", time.Hour).Conversation.ID
	w, err := in.local.ReplyTo(ctx, storetest.Slug, id, api.Reply{Text: "You sent " + ofAadhaar + "; call +91 98400 12345."})
	if err != nil || strings.Contains(w.Message.Text, "2341 2341") || !strings.Contains(w.Message.Text, "2346") || !w.Message.Masked || !strings.Contains(w.Message.Text, "98400 12345") {
		t.Errorf("a reply = %+v, %v", w.Message, err)
	}
	n, err := in.local.ReplyTo(ctx, storetest.Slug, id, api.Reply{Note: true, Text: "Aadhaar " + strings.ReplaceAll(ofAadhaar, " ", "") + ", phone 919840012345"})
	if err != nil || strings.Contains(n.Message.Text, "23412341") || !strings.Contains(n.Message.Text, "919840012345") {
		t.Errorf("a note = %+v, %v", n.Message, err)
	}
	use := api.TemplateUse{Name: "appointment", Language: "en_US", Body: map[string]string{"1": ofAadhaar, "2": "Monday"}}
	_, err = in.local.ReplyTo(ctx, storetest.Slug, id, api.Reply{Template: &use})
	wantCode(t, err, ngo.Invalid)
}

func TestSearchFindsWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	h := in.hears("919840012345", "மீனா", "The ration card of my mother", time.Hour)
	give(t, in.org, 1)
	in.index()
	kinds := func(token, words, kind string) (map[string]int, error) {
		hits, err := in.with(token).Search(ctx, storetest.Slug, words, kind, 50)
		out := map[string]int{}
		for _, h := range hits {
			out[h.Kind]++
		}
		return out, err
	}
	tokens := map[ngo.Role]string{}
	for _, role := range []ngo.Role{ngo.Agent, ngo.Finance, ngo.Caseworker, ngo.Volunteer} {
		_, tokens[role] = in.user(string(role), storetest.Slug, role)
	}
	if got, err := kinds(tokens[ngo.Agent], "meena", ""); err != nil || got["person"] == 0 || got["conversation"] == 0 {
		t.Errorf("an agent finds %v, %v", got, err)
	}
	if got, err := kinds(tokens[ngo.Agent], "12345", ""); err != nil || got["person"] == 0 {
		t.Errorf("by the end of a phone: %v, %v", got, err)
	}
	if got, err := kinds(tokens[ngo.Finance], "ration", ""); err != nil || got["message"] > 0 || got["conversation"] > 0 {
		t.Errorf("finance finds %v, %v", got, err)
	}
	if got, err := kinds(tokens[ngo.Caseworker], "meena", ""); err != nil || got["person"] > 0 || got["conversation"] == 0 {
		t.Errorf("a caseworker finds %v, %v", got, err)
	}
	_, err := kinds(tokens[ngo.Caseworker], "meena", "donation")
	wantCode(t, err, ngo.Denied)
	_, err = kinds(tokens[ngo.Finance], "ration", "message")
	wantCode(t, err, ngo.Denied)
	_, err = kinds(tokens[ngo.Volunteer], "meena", "")
	wantCode(t, err, ngo.Denied)
	_, err = in.local.Search(ctx, storetest.Slug, " ", "", 50)
	wantCode(t, err, ngo.Invalid)
	hits, err := in.local.Search(ctx, storetest.Slug, "ration card", "message", 50)
	if err != nil || len(hits) != 1 || hits[0].Conversation != h.Conversation.ID || !strings.Contains(hits[0].Snippet, "ration card") {
		t.Errorf("Search = %+v, %v", hits, err)
	}
	likely, err := in.local.Likely(ctx, storetest.Slug, h.Conversation.Person)
	if err != nil {
		t.Errorf("Likely = %+v, %v", likely, err)
	}
}

// index has everything searched that was written.
func (in *inbox) index() {
	in.t.Helper()
	for {
		var words store.Words
		storetest.Read(in.t, in.org, func(rx *store.Rx) (err error) {
			words, err = rx.Unsearched(100)
			return err
		})
		if words.Empty() {
			return
		}
		storetest.Write(in.t, in.org, func(tx *store.Tx) error { return tx.Index(words) })
	}
}
