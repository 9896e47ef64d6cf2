package public_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// file is one that came with a message.
type file struct {
	store.NewAttachment
	data string
}

func named(kind, media, name, data string) file {
	return file{store.NewAttachment{Kind: kind, Type: media, Name: name, State: ngo.AttachmentKept, Size: int64(len(data))}, data}
}

// hear lets a message come with files, and gives them as they are kept.
func (s *site) hear(slug string, change func(*store.NewIncoming), all ...file) (store.Heard, []ngo.Attachment) {
	s.t.Helper()
	o := s.org(slug)
	shelf, err := s.blobs.Of(o.Info())
	must(s.t, err)
	n := store.NewIncoming{
		Account: s.channel(slug), Ref: ngo.Ref(rand()), Kind: ngo.Chat, At: time.Now(), What: "text", Text: "hello", Name: "Meena",
		Address: ngo.Identity{Kind: ngo.WhatsApp, Value: "919876543210"},
	}
	change(&n)
	var rows []store.Blob
	for _, f := range all {
		if f.State == ngo.AttachmentKept && f.Kind != "link" {
			b, err := shelf.Put(s.t.Context(), ngo.NewID[ngo.BlobID](time.Now()), []byte(f.data))
			must(s.t, err)
			f.Blob = b.ID
			rows = append(rows, store.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key})
		}
		n.Attachments = append(n.Attachments, f.NewAttachment)
	}
	var heard store.Heard
	var files []store.AttachmentSource
	storetest.Write(s.t, o.Store, func(tx *store.Tx) error {
		for _, b := range rows {
			if err := tx.AddBlob(b.ID, b.Size, b.SHA, b.Key); err != nil {
				return err
			}
		}
		if n.Person, _, _, err = tx.PersonFor(n.Account, []ngo.Identity{n.Address}, n.Name, ""); err != nil {
			return err
		}
		if heard, err = tx.Hear(n); err != nil {
			return err
		}
		files, err = tx.AttachmentsOf(heard.Message)
		return err
	})
	var out []ngo.Attachment
	for _, f := range files {
		out = append(out, f.Attachment)
	}
	return heard, out
}

// channel gives the account by which messages come.
func (s *site) channel(slug string) ngo.AccountID {
	s.t.Helper()
	o := s.org(slug).Store
	var found ngo.AccountID
	storetest.Read(s.t, o, func(rx *store.Rx) error {
		all, err := rx.Accounts(ngo.Channel)
		if len(all) > 0 {
			found = all[0].ID
		}
		return err
	})
	if found == "" {
		a := o.NewAccount(ngo.Channel, "whatsapp", "whatsapp", nil, nil)
		storetest.Write(s.t, o, func(tx *store.Tx) error { return tx.AddAccount(a) })
		found = a.Account.ID
	}
	return found
}

func (s *site) fileLink(slug string, g org.FileGrant) string {
	s.t.Helper()
	g.Actor = "user:selvi"
	link, until := s.org(slug).FileLink(s.server.URL, g)
	if left := time.Until(until); left < 9*time.Minute || left > 10*time.Minute {
		s.t.Errorf("the link is good for %v", left)
	}
	return link
}

// looks gives what the trail says of looks at files, the newest first.
func (s *site) looks(slug string) (out []string) {
	s.t.Helper()
	storetest.Read(s.t, s.org(slug).Store, func(rx *store.Rx) error {
		all, _, err := rx.Audit(store.ListQuery{})
		for _, e := range all {
			if e.Action == "file.open" {
				out = append(out, e.Actor+" "+e.Subject)
			}
		}
		return err
	})
	return out
}

func noChange(*store.NewIncoming) {}

func TestFilesAreShownByTheirLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct {
		file
		how, name string
	}{
		{named("image", "image/jpeg", "photo.jpg", "\xff\xd8\xff the picture"), "inline", "photo.jpg"},
		{named("file", "application/pdf", "", "%PDF-1.7"), "inline", "file.pdf"},
		{named("file", "text/plain", "notes.html", "<script>alert(1)</script>"), "attachment", "notes.html.txt"},
		{named("file", "text/csv", "../../etc/passwd", "a,b"), "attachment", "_.._etc_passwd.csv"},
		{named("voice", "audio/ogg", "ரசீது\u202e\r\nSet-Cookie: x.ogg", "OggS"), "attachment", "ரசீதுSet-Cookie_ x.ogg"},
		{named("file", "application/x-unheard-of", "a.exe", "MZ"), "attachment", "a.exe.bin"},
		{named("file", "", "a", "x"), "attachment", "a.bin"},
	} {
		_, kept := s.hear("sevai", noChange, tt.file)
		status, body, header := s.get(s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID}))
		if status != http.StatusOK || body != tt.data {
			t.Errorf("%s: %d, %q; want its content", tt.Name, status, body)
		}
		how := header.Get("Content-Disposition")
		if !strings.HasPrefix(how, tt.how+";") || !strings.Contains(how, tt.name) && !strings.Contains(how, "filename*=") {
			t.Errorf("%s: %s; want %s %s", tt.Name, how, tt.how, tt.name)
		}
		if want := tt.Type; want != "" && header.Get("Content-Type") != want || want == "" && header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%s: type %s; want %s", tt.Name, header.Get("Content-Type"), want)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Set-Cookie": "",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q; want %q", tt.Name, name, got, want)
			}
		}
		if p := header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "sandbox") {
			t.Errorf("%s: policy %s", tt.Name, p)
		}
		if got, want := s.looks("sevai")[0], "user:selvi "+string(kept[0].ID); got != want {
			t.Errorf("the trail says %q; want %q", got, want)
		}
	}
}

// What its writer took back is shown no more, also by a link that was made before.
func TestAFileThatWasTakenBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var about store.NewIncoming
	h, kept := s.hear("sevai", func(n *store.NewIncoming) { n.Line, about = "1", *n }, named("image", "image/jpeg", "photo.jpg", "\xff\xd8\xff the picture"))
	link := s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID})
	storetest.Write(t, s.org("sevai").Store, func(tx *store.Tx) error {
		_, err := tx.Ripple(store.NewRipple{
			Account: about.Account, Ref: "away", About: about.Ref, Kind: store.RippleRevoke, Line: "1", Person: h.Conversation.Person, At: time.Now(),
		})
		return err
	})
	if status, body, _ := s.get(link); status != http.StatusNotFound || strings.Contains(body, "the picture") {
		t.Errorf("a file that was taken back = %d, %q; want 404", status, body)
	}
	if looks := s.looks("sevai"); len(looks) > 0 {
		t.Errorf("the trail says %v", looks)
	}
}

// Whoever guesses, comes late or has a link of elsewhere learns nothing, and no look is noted.
func TestLinksThatAreNone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	heard, kept := s.hear("sevai", noChange, named("image", "image/png", "a.png", "x"), file{store.NewAttachment{Kind: "image", State: ngo.AttachmentRefused, Reason: "it lies"}, ""})
	right := s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID})
	token := right[strings.LastIndex(right, ".")+1:]
	_, want, _ := s.get(s.server.URL + "/files/none.x")
	s.wants("the page", want, "There is nothing here")
	for name, address := range map[string]string{
		"another organisation's": s.server.URL + "/files/asha." + token, "no organisation": s.server.URL + "/files/none." + token, "one sign changed": s.server.URL + "/files/sevai." + flipped(token),
		"cut off": right[:len(right)-2], "longer": right + "AA", "no token": s.server.URL + "/files/sevai.", "nothing": s.server.URL + "/files/", "below": right + "/x",
		"an id": s.server.URL + "/files/sevai." + string(kept[0].ID), "very long": s.server.URL + "/files/sevai." + strings.Repeat("A", 5000), "bytes": s.server.URL + "/files/%ff.%00",
		"a donor's link": s.server.URL + "/files/sevai." + lastPart(s.link("sevai", s.gift("sevai", meena).ID)),
		"refused":        s.fileLink("sevai", org.FileGrant{Attachment: kept[1].ID}), "no such file": s.fileLink("sevai", org.FileGrant{Attachment: ngo.NewID[ngo.AttachmentID](time.Now())}),
		"nothing granted": s.fileLink("sevai", org.FileGrant{}), "a thread elsewhere": strings.Replace(s.fileLink("sevai", org.FileGrant{Conversation: heard.Conversation.ID}), "/sevai.", "/asha.", 1),
	} {
		if status, page, header := s.get(address); status != http.StatusNotFound || page != want || header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %d, %s\n%s", name, status, header.Get("Cache-Control"), page)
		}
	}
	if status, page, _ := s.post(right, nil); status != http.StatusNotFound || page != want {
		t.Errorf("posting answers %d", status)
	}
	if status, _, _ := s.get(s.server.URL + "/o/sevai/donor/" + token); status != http.StatusNotFound {
		t.Errorf("a file's token opens a donor's page: %d", status)
	}
	s.skew.Store(int64(11 * time.Minute))
	if status, page, _ := s.get(right); status != http.StatusNotFound || page != want {
		t.Errorf("after eleven minutes: %d\n%s", status, page)
	}
	if looks := s.looks("sevai"); len(looks) != 0 {
		t.Errorf("the trail has %v", looks)
	}
}

func lastPart(address string) string { return address[strings.LastIndex(address, "/")+1:] }

const hostilePage = `<html><head><title>x</title><meta http-equiv=refresh content="0;url=https://evil.example"><style>@import "https://evil.example/x.css"</style></head>
<body onload="alert(1)"><script>document.location='https://evil.example'</script><p style="position:fixed;color:#ff0000">Dear all</p>
<img src="https://evil.example/pixel.gif"><img src="cid:logo@mail" alt="our logo"><img src="cid:doc@mail"><form action="https://evil.example"><input name=pw></form>
<a href="https://evil.example/login">your bank</a><iframe src="https://evil.example"></iframe></div></body></html>`

func TestAMailAsItWasLaidOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	logo, doc := named("image", "image/png", "logo.png", "the logo"), named("file", "application/pdf", "doc.pdf", "%PDF")
	logo.ContentID, doc.ContentID = "logo@mail", "doc@mail"
	_, kept := s.hear("sevai", noChange, named("page", "text/html", "mail.html", hostilePage), logo, doc)
	status, page, header := s.get(s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID}))
	if status != http.StatusOK || header.Get("Content-Disposition") != "" || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d, %v", status, header)
	}
	policy := header.Get("Content-Security-Policy")
	s.wants("the policy", policy, "default-src 'none'", "sandbox", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'")
	if strings.Contains(policy, "script") || strings.Contains(policy, "http") {
		t.Errorf("the policy allows too much: %s", policy)
	}
	s.wants("the page", page, "Dear all", "color:#ff0000", "[evil.example]", "Pictures left out: 2.", `alt="our logo"`)
	for _, bad := range []string{"<script", "onload", "refresh", "@import", "<form", "<input", "<iframe", "pixel", "position", "<meta http"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q:\n%s", bad, page)
		}
	}
	link := regexp.MustCompile(`src="(/files/[^"]+)"`).FindStringSubmatch(page)
	if len(link) != 2 {
		t.Fatalf("the page has no picture:\n%s", page)
	}
	if status, body, header := s.get(s.server.URL + link[1]); status != http.StatusOK || body != "the logo" || header.Get("Content-Type") != "image/png" {
		t.Errorf("its picture: %d, %q", status, body)
	}
}

func TestAThreadAsAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	photo := named("image", "image/jpeg", "photo\u202e.jpg", "the photo")
	heard, _ := s.hear("sevai", func(n *store.NewIncoming) {
		n.Text, n.Name = "<script>alert(1)</script>\nவணக்கம் \x1b[2J\u202eevil", "<b>Meena</b>"
	}, photo, file{store.NewAttachment{Kind: "file", Name: "x.exe", State: ngo.AttachmentRefused, Reason: "it is a program"}, ""},
		file{store.NewAttachment{Kind: "link", Name: "see", State: ngo.AttachmentKept, URL: "https://evil.example/<x>"}, ""})
	storetest.Write(t, s.org("sevai").Store, func(tx *store.Tx) error {
		for _, n := range []store.NewReply{{Kind: ngo.MessageText, Text: "We will look into it.", Author: "user:selvi"}, {Kind: ngo.MessageNote, Text: "call her", Author: "user:selvi"}} {
			n.Conversation = heard.Conversation.ID
			if _, _, err := tx.AddReply(n); err != nil {
				return err
			}
		}
		return nil
	})
	link := s.fileLink("sevai", org.FileGrant{Conversation: heard.Conversation.ID})
	for lang, want := range map[string][]string{"en": {"Note", "not sent yet"}, "ta": {"குறிப்பு", "உரையாடல்"}, "hi": {"टिप्पणी", "बातचीत"}} {
		status, page, header := s.get(link + "?lang=" + lang)
		if status != http.StatusOK || header.Get("Content-Language") != lang || header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("%s: %d, %v", lang, status, header)
		}
		s.wants("the thread in "+lang, page, append(want, "&lt;script&gt;alert(1)&lt;/script&gt;\nவணக்கம் evil", "&lt;b&gt;Meena&lt;/b&gt;", "We will look into it.", "call her", "selvi",
			"it is a program", "https://evil.example/&lt;x&gt;", `dir="auto"`, "photo.jpg")...)
		if strings.ContainsAny(page, "\x1b\u202e") || strings.Contains(page, "<script") || strings.Contains(page, `href="https://evil`) || strings.Contains(page, "src=") {
			t.Errorf("the thread runs, loads or turns something:\n%s", page)
		}
		if p := header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "sandbox") || strings.Contains(p, "script") {
			t.Errorf("its policy is %s", p)
		}
	}
	_, page, _ := s.get(link)
	file := regexp.MustCompile(`href="(/files/[^"]+)"`).FindStringSubmatch(page)
	if len(file) != 2 {
		t.Fatalf("the thread has no link to its photo:\n%s", page)
	}
	if status, body, _ := s.get(s.server.URL + file[1]); status != http.StatusOK || body != "the photo" {
		t.Errorf("its photo: %d, %q", status, body)
	}
	if looks := s.looks("sevai"); len(looks) != 5 || !strings.HasSuffix(looks[1], string(heard.Conversation.ID)) {
		t.Errorf("the trail says %v", looks)
	}
}

// A file that is gone, or changed, is not shown; one that breaks off is not taken for whole.
func TestFilesThatAreDamaged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, kept := s.hear("sevai", noChange, named("image", "image/png", "a.png", strings.Repeat("x", 200_000)), named("image", "image/png", "b.png", "y"))
	long, short := s.sealed("sevai", kept[0].Blob), s.sealed("sevai", kept[1].Blob)
	raw := read(t, long)
	must(t, os.WriteFile(long, append(bytes.Clone(raw[:150_000]), raw[150_001:]...), 0o600))
	if body, err := s.fetch(s.fileLink("sevai", org.FileGrant{Attachment: kept[0].ID})); err == nil || len(body) >= 200_000 {
		t.Errorf("a damaged file comes whole: %d bytes, %v", len(body), err)
	}
	must(t, os.Remove(short))
	if status, page, _ := s.get(s.fileLink("sevai", org.FileGrant{Attachment: kept[1].ID})); status != http.StatusNotFound || !strings.Contains(page, "There is nothing here") {
		t.Errorf("a missing file answers %d", status)
	}
}

// sealed gives where a file lies.
func (s *site) sealed(slug string, id ngo.BlobID) string {
	return filepath.Join(s.org(slug).Store.Dir(), "blobs", string(id[len(id)-2:]), string(id))
}

func (s *site) fetch(address string) ([]byte, error) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	must(s.t, err)
	res, err := s.server.Client().Do(req)
	must(s.t, err)
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	must(t, err)
	return raw
}
