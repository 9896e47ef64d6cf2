package whatsapp_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func with(f channel.Attachment, text string) channel.Message {
	m := letter(text)
	m.Attachments = []channel.Attachment{f}
	return m
}

// A file is handed over first and then named in the message; of each kind as the API wants it.
func TestFiles(t *testing.T) {
	t.Parallel()
	pdf := channel.Attachment{Name: "/tmp/रसीद\n1.pdf", Type: "application/pdf", Data: []byte("%PDF")}
	for _, tt := range []struct {
		name  string
		m     channel.Message
		given string
		want  string
	}{
		{"a document with words", with(pdf, "आपकी रसीद"), "application/pdf", `"document":{"caption":"आपकी रसीद","filename":"रसीद 1.pdf","id":"media.1"}`},
		{"a document without", with(pdf, ""), "application/pdf", `"document":{"filename":"रसीद 1.pdf","id":"media.1"}`},
		{"a document without a name", with(channel.Attachment{Name: "..", Type: "text/csv; charset=utf-8", Data: []byte("a,b")}, ""), "text/plain", `"document":{"filename":"file","id":"media.1"}`},
		{"a picture", with(channel.Attachment{Name: "a.jpg", Type: "image/JPEG", Data: []byte("x")}, "நன்றி"), "image/jpeg", `"image":{"caption":"நன்றி","id":"media.1"}`},
		{"a film", with(channel.Attachment{Name: "a.mp4", Type: "video/mp4", Data: []byte("x")}, ""), "video/mp4", `"video":{"id":"media.1"}`},
		{"a sound", with(channel.Attachment{Name: "a.ogg", Type: "audio/ogg; codecs=opus", Data: []byte("x")}, ""), "audio/ogg", `"audio":{"id":"media.1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t)
			tt.m.ReplyTo = "wamid.q"
			if _, err := open(t, values(g.URL)).Send(t.Context(), tt.m); err != nil {
				t.Fatal(err)
			}
			kind := strings.SplitN(tt.want, `"`, 3)[1]
			got := mustJSON(t, g.taken[0])
			if !strings.Contains(got, tt.want) || g.taken[0]["type"] != kind || !strings.Contains(got, `"context":{"message_id":"wamid.q"}`) {
				t.Errorf("sent %s\nwant %s", got, tt.want)
			}
			if want := fmt.Sprintf("/%s/media whatsapp %s %s: %s", number, tt.given, tt.given, tt.m.Attachments[0].Data); len(g.files) != 1 || g.files[0] != want {
				t.Errorf("handed over %q, want %q", g.files, want)
			}
		})
	}
}

func TestTemplateThatBeginsWithAFile(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	m := with(channel.Attachment{Name: "receipt.pdf", Type: "application/pdf", Data: []byte("%PDF")}, "")
	m.Template = &channel.Filled{Name: "receipt_ready", Language: "ta", Category: "utility", Body: map[string]string{"1": "மீனா"}}
	if _, err := open(t, values(g.URL)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	want := `"template":{"components":[{"parameters":[{"document":{"filename":"receipt.pdf","id":"media.1"},"type":"document"}],"type":"header"},` +
		`{"parameters":[{"text":"மீனா","type":"text"}],"type":"body"}],"language":{"code":"ta"},"name":"receipt_ready"},"to":"+915550020117","type":"template"`
	if got := mustJSON(t, g.taken[0]); !strings.Contains(got, want) {
		t.Errorf("sent %s\nwant %s", got, want)
	}
}

func TestFilesThatDoNotFit(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	a := open(t, values(g.URL))
	of := func(kind string, n int) channel.Attachment {
		return channel.Attachment{Name: "f", Type: kind, Data: make([]byte, n)}
	}
	two := with(of("image/png", 1), "")
	two.Attachments = append(two.Attachments, of("image/png", 1))
	headed := with(of("image/png", 1), "")
	headed.Template = &channel.Filled{Name: "r", Language: "en", Header: map[string]string{"1": "x"}}
	sung := with(of("audio/ogg", 1), "")
	sung.Template = &channel.Filled{Name: "r", Language: "en"}
	for _, tt := range []struct {
		name string
		m    channel.Message
		want ngo.Code
	}{
		{"the largest picture", with(of("image/png", 5<<20), ""), ""},
		{"a larger one", with(of("image/png", 5<<20+1), ""), ngo.TooLarge},
		{"a larger film", with(of("video/mp4", 16<<20+1), ""), ngo.TooLarge},
		{"a larger sound", with(of("audio/aac", 16<<20+1), ""), ngo.TooLarge},
		{"a film as a document", with(of("application/pdf", 16<<20+1), ""), ""},
		{"nothing", with(of("image/png", 0), ""), ngo.Invalid},
		{"a program", with(of("application/x-msdownload", 1), ""), ngo.Invalid},
		{"a page", with(of("text/html", 1), ""), ngo.Invalid},
		{"no kind", with(of("", 1), ""), ngo.Invalid},
		{"a kind made up", with(of("image/png\r\nX: y", 1), ""), ngo.Invalid},
		{"a sticker", with(of("image/webp", 1), ""), ngo.Invalid},
		{"two", two, ngo.Invalid},
		{"words beside a sound", with(of("audio/ogg", 1), "x"), ngo.Invalid},
		{"the longest caption", with(of("image/png", 1), strings.Repeat("ந", 1024)), ""},
		{"a longer one", with(of("image/png", 1), strings.Repeat("ந", 1025)), ngo.TooLarge},
		{"a broken one", with(of("image/png", 1), "\xff"), ngo.Invalid},
		{"a template with words and a file before", headed, ngo.Invalid},
		{"a template with a sound before", sung, ngo.Invalid},
	} {
		if err := a.(channel.Fitter).Fits(tt.m); ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: Fits = %v; want %q", tt.name, err, tt.want)
		}
		if tt.want == "" {
			continue
		}
		if _, err := a.Send(t.Context(), tt.m); ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: Send = %v; want %q", tt.name, err, tt.want)
		}
	}
	if len(g.files)+len(g.taken) > 0 {
		t.Errorf("%d files and %d messages went", len(g.files), len(g.taken))
	}
}

// What goes wrong while a file is handed over is known: no message went, so it may be tried again.
func TestFileThatIsNotTaken(t *testing.T) {
	t.Parallel()
	pdf := channel.Attachment{Name: "a.pdf", Type: "application/pdf", Data: bytes.Repeat([]byte("x"), 1<<20)}
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter)
		want   ngo.Code
	}{
		"refused":       {func(w http.ResponseWriter) { answer(w, 400, `{"error":{"code":131053}}`) }, ngo.Invalid},
		"token ended":   {func(w http.ResponseWriter) { answer(w, 401, `{"error":{"code":190}}`) }, ngo.Unauthenticated},
		"slow down":     {func(w http.ResponseWriter) { answer(w, 400, `{"error":{"code":80007}}`) }, ngo.Limited},
		"trouble":       {func(w http.ResponseWriter) { answer(w, 502, `<html>`) }, ngo.Unavailable},
		"cut off":       {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, ngo.Unavailable},
		"no id":         {func(w http.ResponseWriter) { answer(w, 200, `{}`) }, ngo.Unavailable},
		"an id of none": {func(w http.ResponseWriter) { answer(w, 200, `{"id":"a b"}`) }, ngo.Unavailable},
		"a redirect":    {func(w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(302) }, ngo.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t)
			g.answers = append(g.answers, tt.answer)
			a := open(t, values(g.URL))
			if _, err := a.Send(t.Context(), with(pdf, "")); ngo.CodeOf(err) != tt.want {
				t.Errorf("Send = %v; want %q", err, tt.want)
			}
			if len(g.taken) > 0 {
				t.Error("a message went")
			}
		})
	}
}

func TestMarkRead(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	v := values(g.URL)
	v["phone-number-id"] = number + ",77"
	a := open(t, v).(channel.Marker)
	if err := a.MarkRead(t.Context(), "77", "wamid.in=="); err != nil {
		t.Fatal(err)
	}
	if err := a.MarkRead(t.Context(), "", "wamid.in=="); err != nil {
		t.Fatal(err)
	}
	want := `{"message_id":"wamid.in==","messaging_product":"whatsapp","status":"read"}`
	if got := mustJSON(t, g.taken[0]); got != want || g.paths[0] != "/77/messages" || g.paths[1] != "/"+number+"/messages" {
		t.Errorf("sent %s to %v, want %s", got, g.paths, want)
	}
	for _, bad := range [][2]ngo.Ref{{"1", "wamid.x"}, {"", ""}, {"", "a b"}, {"../me", "wamid.x"}} {
		if err := a.MarkRead(t.Context(), bad[0], bad[1]); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("MarkRead(%q) = %v; want Invalid", bad, err)
		}
	}
	g.next(400, `{"error":{"code":131009}}`)
	if err := a.MarkRead(t.Context(), "", "wamid.old"); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("MarkRead of one too old = %v; want Invalid", err)
	}
}
