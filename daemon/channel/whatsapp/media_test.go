package whatsapp_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMedia(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("pixels"), 1000)
	sum := sha256.Sum256(content)
	right, wrong := hex.EncodeToString(sum[:]), strings.Repeat("00", 32)
	b64 := base64.StdEncoding.EncodeToString(sum[:])
	ref := channel.Media{Ref: "700000000000001", Type: "image/jpeg"}
	announced := func(sum []byte) channel.Media { m := ref; m.SHA256 = sum; return m }
	for _, tt := range []struct {
		name  string
		media channel.Media
		found string // what the API says; URL stands for the double's address
		limit int64
		want  ngo.Code
	}{
		{"right", announced(sum[:]), `{"url":"URL/file","mime_type":"image/jpeg","sha256":"` + right + `","file_size":"6000"}`, 6000, ""},
		{"digest in Base64", ref, `{"url":"URL/file","sha256":"` + b64 + `","file_size":6000}`, 6000, ""},
		{"no digest", ref, `{"url":"URL/file"}`, 6000, ""},
		{"another digest", ref, `{"url":"URL/file","sha256":"` + wrong + `"}`, 6000, ngo.Invalid},
		{"another than was announced", announced(make([]byte, 32)), `{"url":"URL/file","sha256":"` + right + `"}`, 6000, ngo.Invalid},
		{"larger than is taken", ref, `{"url":"URL/file","file_size":"6000"}`, 5999, ngo.TooLarge},
		{"larger than is asked for", ref, `{"url":"URL/gone","file_size":"100000000"}`, 5999, ngo.TooLarge},
		{"larger than it says", ref, `{"url":"URL/file","file_size":"10"}`, 5999, ngo.TooLarge},
		{"gone", ref, `{"url":"URL/gone"}`, 6000, ngo.NotFound},
		{"a far host", ref, `{"url":"https://evil.example/file"}`, 6000, ngo.Denied},
		{"the box's own metadata", ref, `{"url":"http://169.254.169.254/latest"}`, 6000, ngo.Denied},
		{"a redirect", ref, `{"url":"URL/away"}`, 6000, ngo.Denied},
		{"no address", ref, `{"id":"700000000000001"}`, 6000, ngo.Unavailable},
		{"garbage", ref, `<html>`, 6000, ngo.Unavailable},
		{"too old", ref, `{"error":{"code":100,"error_subcode":33,"message":"does not exist"}}`, 6000, ngo.NotFound},
		{"token ended", ref, `{"error":{"code":190}}`, 6000, ngo.Unauthenticated},
		{"a path for an id", channel.Media{Ref: "../me"}, ``, 6000, ngo.Invalid},
		{"an address only", channel.Media{URL: "URL/file", SHA256: sum[:]}, ``, 6000, ""},
		{"a far address only", channel.Media{URL: "https://evil.example/file"}, ``, 6000, ngo.Denied},
		{"nothing to go by", channel.Media{}, ``, 6000, ngo.Denied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t)
			g.extra = func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/700000000000001":
					status := 200
					if strings.Contains(tt.found, "error") {
						status = 400
					}
					answer(w, status, strings.ReplaceAll(tt.found, "URL", g.URL))
				case "/file":
					w.Header().Set("Content-Type", "image/jpeg; x=y")
					_, _ = w.Write(content) // a lost connection shows at the client
				case "/away":
					http.Redirect(w, r, "/file", http.StatusFound)
				default:
					http.NotFound(w, r)
				}
			}
			m := tt.media
			m.URL = strings.ReplaceAll(m.URL, "URL", g.URL)
			var got bytes.Buffer
			f, err := open(t, values(g.URL)).(channel.Fetcher).Fetch(t.Context(), m, tt.limit, &got)
			if ngo.CodeOf(err) != tt.want || int64(got.Len()) > tt.limit {
				t.Fatalf("Fetch = %+v, %v after %d bytes; want %q", f, err, got.Len(), tt.want)
			}
			if err == nil && (f.Type != "image/jpeg" || f.Size != 6000 || !bytes.Equal(got.Bytes(), content)) {
				t.Errorf("Fetch = %+v and %d bytes", f, got.Len())
			}
		})
	}
}

// The token follows no redirect, wherever it leads, and goes to no address on this box that nobody set by hand.
func TestTheTokenStaysWithMeta(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(other.Close)
	g := newGraph(t)
	where := ""
	g.extra = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/7":
			answer(w, 200, fmt.Sprintf(`{"url":%q}`, where))
		case "/away":
			http.Redirect(w, r, other.URL+"/steal", http.StatusFound)
		case "/moved":
			http.Redirect(w, r, "https://lookaside.fbsbx.com/file", http.StatusTemporaryRedirect)
		default:
			http.NotFound(w, r)
		}
	}
	a := open(t, values(g.URL)).(channel.Fetcher)
	for _, address := range []string{
		g.URL + "/away", g.URL + "/moved", other.URL + "/steal", "http://127.0.0.1:1/x", "https://127.0.0.1/x", "http://[::1]:80/x", "https://10.0.0.1/x",
		"https://169.254.169.254/latest/meta-data", "https://localhost/x", "http://lookaside.fbsbx.com/x", "https://lookaside.fbsbx.com:444/x",
		"https://lookaside.fbsbx.com.evil.example/x", "https://evil.example/lookaside.fbsbx.com", "https://lookaside.fbsbx.com@evil.example/x",
		"file:///etc/passwd", "gopher://127.0.0.1/x", "//lookaside.fbsbx.com/x", "x",
		strings.Replace(g.URL, "http:", "https:", 1) + "/file", strings.Replace(g.URL, "127.0.0.1", "127.0.0.2", 1) + "/file",
	} {
		where = address
		for name, m := range map[string]channel.Media{"by its id": {Ref: "7"}, "by the address alone": {URL: address}} {
			if _, err := a.Fetch(t.Context(), m, 10, io.Discard); ngo.CodeOf(err) != ngo.Denied {
				t.Errorf("Fetch from %s %s = %v; want Denied", address, name, err)
			}
		}
	}
	if asked.Load() > 0 {
		t.Errorf("somebody else was asked %d times", asked.Load())
	}
}

type full struct{ err error }

func (f full) Write([]byte) (int, error) { return 0, f.err }

// A link that ended between the two questions is asked for again, once; a full disk is not the provider's fault.
func TestMediaLinkEnds(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	asked := 0
	g.extra = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/7":
			asked++
			answer(w, 200, fmt.Sprintf(`{"url":"%s/try%d"}`, g.URL, asked))
		case r.URL.Path == "/try1":
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, "x") // a lost connection shows at the client
		}
	}
	a := open(t, values(g.URL)).(channel.Fetcher)
	var got strings.Builder
	if _, err := a.Fetch(t.Context(), channel.Media{Ref: "7"}, 10, &got); err != nil || got.String() != "x" {
		t.Errorf("Fetch = %q, %v", got.String(), err)
	}
	disk := errors.New("the disk is full")
	if _, err := a.Fetch(t.Context(), channel.Media{Ref: "7"}, 10, full{disk}); !errors.Is(err, disk) {
		t.Errorf("Fetch to a full disk = %v", err)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	pages := map[string]string{
		"": `{"data":[
			{"id":"1","name":"receipt_ready","language":"hi","status":"APPROVED","category":"UTILITY","quality_score":{"score":"GREEN"},"components":[
				{"type":"HEADER","format":"TEXT","text":"{{1}} की रसीद","example":{"header_text":["2026"]}},
				{"type":"BODY","text":"नमस्ते {{1}}, {{2}} मिले। {{1}}!","example":{"body_text":[["मीना","₹500"],["x","y"]]}},
				{"type":"FOOTER","text":"सेवा"},
				{"type":"BUTTONS","buttons":[{"type":"URL","text":"रसीद","url":"https://ngo.example/r/{{1}}"},{"type":"QUICK_REPLY","text":"रोकें"},{"type":"PHONE_NUMBER","text":"फोन"}]}]},
			7, {"id":"2","name":"appeal","language":"ta","status":"REJECTED","category":"MARKETING","rejected_reason":"INVALID_FORMAT","components":[
				{"type":"BODY","text":"{{first_name}}","example":{"body_text_named_params":[{"param_name":"first_name","example":"மீனா"}]}}]}],
			"paging":{"cursors":{"after":"MQ=="},"next":"https://evil.example/steal"}}`,
		"MQ==": `{"data":[
			{"id":"3","name":"pic","language":"en_US","status":"PAUSED","category":"MARKETING","components":[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"x"}]},
			{"id":"4","name":"cards","language":"en","status":"IN_APPEAL","components":[{"type":"CAROUSEL"},{"type":"BUTTONS","buttons":[{"type":"OTP"}]}]},
			{"id":"5","name":"old","language":"en","status":"PENDING_DELETION","rejected_reason":"NONE"},
			{"id":"6","name":"where","language":"en","status":"APPROVED","category":"UTILITY","components":[{"type":"HEADER","format":"LOCATION"},{"type":"BODY","text":"x"}]}],
			"paging":{"cursors":{"after":"MQ=="}}}`,
	}
	g.extra = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/"+waba+"/message_templates" {
			t.Errorf("asked for %s", r.URL)
		}
		answer(w, 200, pages[r.URL.Query().Get("after")])
	}
	all, err := open(t, values(g.URL)).(channel.Templater).Templates(t.Context())
	if err != nil || len(all) != 6 {
		t.Fatalf("Templates = %d, %v", len(all), err)
	}
	var got []string
	for _, x := range all {
		got = append(got, fmt.Sprint(x.Ref, x.Name, " ", x.Language, " ", x.State, " ", x.Category, " ", x.Quality, " ", x.Reason, " ", x.Header, x.Body, x.Footer, x.Buttons, x.Problem))
	}
	want := []string{
		"1receipt_ready hi approved utility GREEN  {text {{1}} की रसीद [1] [2026]} {text नमस्ते {{1}}, {{2}} मिले। {{1}}! [1 2] [मीना ₹500]}सेवा[{url रसीद https://ngo.example/r/{{1}} true} {quick_reply रोकें  false} {phone_number फोन  false}]",
		"2appeal ta rejected marketing  INVALID_FORMAT {  [] []} {text {{first_name}} [first_name] [மீனா]}[]",
		"3pic en_US paused marketing   {image  [] []} {text x [] []}[]",
		"4cards en pending    {  [] []} {  [] []}[{otp   false}]It has a button that ngoctl does not know: otp.",
		"5old en deleted    {  [] []} {  [] []}[]",
		"6where en approved utility   {location  [] []} {text x [] []}[]It begins with something that ngoctl does not send: location.",
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("template %d\n got %s\nwant %s", i, got[i], want[i])
		}
	}
}

func TestTemplatesGoWrong(t *testing.T) {
	t.Parallel()
	g := newGraph(t)
	page := ""
	g.extra = func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, page) }
	a := open(t, values(g.URL)).(channel.Templater)
	for name, body := range map[string]string{
		"garbage": `<html>`, "a page that leads to itself": `{"data":[],"paging":{"cursors":{"after":"A"},"next":"x"}}`,
	} {
		page = body
		if _, err := a.Templates(t.Context()); ngo.CodeOf(err) != ngo.Unavailable {
			t.Errorf("%s: Templates = %v; want Unavailable", name, err)
		}
	}
	v := values(g.URL)
	delete(v, "waba-id")
	if _, err := open(t, v).(channel.Templater).Templates(t.Context()); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("without an account Templates = %v; want Invalid", err)
	}
}
