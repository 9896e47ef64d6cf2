package meta_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestHandshake(t *testing.T) {
	t.Parallel()
	const word = "our-word"
	for _, tt := range []struct {
		name, word, query, want string
		code                    ngo.Code
	}{
		{"right", word, "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=our-word", "1158201444", ""},
		{"markup comes back as it is", word, "hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=our-word", "<b>", ""},
		{"wrong word", word, "hub.mode=subscribe&hub.challenge=1&hub.verify_token=other", "", ngo.Denied},
		{"a part of the word", word, "hub.mode=subscribe&hub.challenge=1&hub.verify_token=our", "", ngo.Denied},
		{"no word", word, "hub.mode=subscribe&hub.challenge=1", "", ngo.Denied},
		{"no word was set", "", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=", "", ngo.Denied},
		{"two words", word, "hub.mode=subscribe&hub.challenge=1&hub.verify_token=our-word&hub.verify_token=x", "", ngo.Denied},
		{"another mode", word, "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=our-word", "", ngo.Denied},
		{"no challenge", word, "hub.mode=subscribe&hub.verify_token=our-word", "", ngo.Invalid},
		{"two challenges", word, "hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=our-word", "", ngo.Invalid},
		{"a challenge without end", word, "hub.mode=subscribe&hub.verify_token=our-word&hub.challenge=" + strings.Repeat("1", 2000), "", ngo.Invalid},
		{"nothing", word, "", "", ngo.Denied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := meta.Handshake(q, tt.word)
			if got != tt.want || ngo.CodeOf(err) != tt.code {
				t.Errorf("Handshake(%s) = %q, %v; want %q, %q", tt.query, got, err, tt.want, tt.code)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	body := []byte(`{"text":"\u0928 \/"}`)
	now, former := []byte("now"), []byte("former")
	header := meta.Sign(body, former)
	if err := meta.Verify(header, body, now, former); err != nil {
		t.Errorf("under one of two secrets = %v", err)
	}
	twice := meta.Sign(body, former)
	twice.Add("X-Hub-Signature-256", twice.Get("X-Hub-Signature-256"))
	for name, tt := range map[string]struct {
		header  http.Header
		body    string
		secrets [][]byte
	}{
		"no secret":         {header, string(body), nil},
		"an empty secret":   {meta.Sign(body, nil), string(body), [][]byte{{}}},
		"another secret":    {header, string(body), [][]byte{now}},
		"the body decoded":  {header, `{"text":"न /"}`, [][]byte{former}},
		"two signatures":    {twice, string(body), [][]byte{former}},
		"no signature":      {http.Header{}, string(body), [][]byte{former}},
		"only the old kind": {http.Header{"X-Hub-Signature": {"sha1=" + strings.Repeat("0", 40)}}, string(body), [][]byte{former}},
	} {
		if err := meta.Verify(tt.header, []byte(tt.body), tt.secrets...); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("%s = %v; want Unauthenticated", name, err)
		}
	}
}

func fixture(t *testing.T, name string, into any) {
	t.Helper()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the samples are not here")
	}
	raw, err := os.ReadFile(filepath.Join(root, "channels", "meta", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func TestSignatureSamples(t *testing.T) {
	t.Parallel()
	var f struct {
		Vectors []struct {
			Name      string
			Secret    string  `json:"app_secret"`
			Body      string  `json:"body_base64"`
			Signature *string `json:"x_hub_signature_256"`
			Valid     bool
		}
	}
	fixture(t, "signatures.json", &f)
	for _, v := range f.Vectors {
		body, err := base64.StdEncoding.DecodeString(v.Body)
		if err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		if v.Signature != nil {
			header.Set("X-Hub-Signature-256", *v.Signature)
		}
		if err := meta.Verify(header, body, []byte("another"), []byte(v.Secret)); (err == nil) != v.Valid {
			t.Errorf("%s = %v; want valid %v", v.Name, err, v.Valid)
		}
	}
	if len(f.Vectors) == 0 {
		t.Error("there are no samples")
	}
}

func TestHandshakeSamples(t *testing.T) {
	t.Parallel()
	var f struct {
		Word  string `json:"verify_token"`
		Cases []struct {
			Query, Body string
			Status      int
		}
	}
	fixture(t, "verification_handshake.json", &f)
	status := map[ngo.Code]int{"": 200, ngo.Denied: 403, ngo.Invalid: 400}
	for _, c := range f.Cases {
		q, err := url.ParseQuery(c.Query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := meta.Handshake(q, f.Word)
		if status[ngo.CodeOf(err)] != c.Status || got != c.Body {
			t.Errorf("%s = %q, %v; want %d %q", c.Query, got, err, c.Status, c.Body)
		}
	}
	if len(f.Cases) == 0 {
		t.Error("there are no samples")
	}
}

func FuzzHandshake(f *testing.F) {
	f.Add("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=w", "w")
	f.Add("hub.mode=subscribe&hub.challenge=%00&hub.verify_token=", "")
	f.Fuzz(func(t *testing.T, query, word string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		got, err := meta.Handshake(q, word)
		if err == nil && (word == "" || q.Get("hub.verify_token") != word || q.Get("hub.challenge") != got || got == "") {
			t.Errorf("Handshake(%q, %q) = %q", query, word, got)
		}
		if code := ngo.CodeOf(err); err != nil && (got != "" || code != ngo.Denied && code != ngo.Invalid) {
			t.Errorf("Handshake(%q, %q) = %q, %v", query, word, got, err)
		}
	})
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body string
		want       []meta.Item
		code       ngo.Code
	}{
		{"changes, events and standby", `{"object":"page","entry":[{"id":1,"time":5,"changes":[{"field":"feed","value":{}}],"messaging":[{"a":1}],"standby":[{"b":2}]}]}`,
			[]meta.Item{
				{Entry: "1", Sent: "5", Field: "feed", Value: json.RawMessage(`{}`)},
				{Entry: "1", Sent: "5", Value: json.RawMessage(`{"a":1}`)},
				{Entry: "1", Sent: "5", Standby: true, Value: json.RawMessage(`{"b":2}`)},
			}, ""},
		{"a change right in the entry, the body in an array", `[{"object":"page","entry":[{"id":"1","field":"comments","value":{"x":1}}]}]`,
			[]meta.Item{{Entry: "1", Field: "comments", Value: json.RawMessage(`{"x":1}`)}}, ""},
		{"a broken entry beside a good one", `{"object":"page","entry":[7,{"id":"1","changes":[{"field":"f","value":3}]},{"id":"2"}]}`,
			[]meta.Item{
				{Value: json.RawMessage(`7`)}, {Entry: "1", Field: "f", Value: json.RawMessage(`3`), Batch: 1},
				{Entry: "2", Value: json.RawMessage(`{"id":"2"}`), Batch: 2},
			}, ""},
		{"a broken change beside a good one", `{"object":"page","entry":[{"id":"1","changes":[null,{"value":1},{"field":"f","value":2}]}]}`,
			[]meta.Item{
				{Entry: "1", Value: json.RawMessage(`null`)}, {Entry: "1", Value: json.RawMessage(`{"value":1}`)},
				{Entry: "1", Field: "f", Value: json.RawMessage(`2`)},
			}, ""},
		{"nothing in it", `{"object":"page","entry":[]}`, nil, ""},
		{"another object", `{"object":"user","entry":[]}`, nil, ngo.Invalid},
		{"no object", `{}`, nil, ngo.Invalid},
		{"cut", `{"object":"page","entry":[{"id":"1"`, nil, ngo.Invalid},
		{"empty", ``, nil, ngo.Invalid},
		{"more than there can be", `{"object":"page","entry":[` + strings.Repeat(`{},`, 6000) + `{}]}`, nil, ngo.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := meta.Read([]byte(tt.body), "page")
			g, w := asText(t, got), asText(t, tt.want)
			if g != w || ngo.CodeOf(err) != tt.code {
				t.Errorf("Read(%.200s) = %s, %v; want %s, %q", tt.body, g, err, w, tt.code)
			}
		})
	}
}

func asText(t *testing.T, items []meta.Item) string {
	t.Helper()
	out, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestText(t *testing.T) {
	t.Parallel()
	var all []meta.Text
	if err := json.Unmarshal([]byte(`["a\u0000b", 123, null, {"x":1}, ["y"], true, "\u001b[31mred\u202e \n x"]`), &all); err != nil {
		t.Fatal(err)
	}
	want := []meta.Text{"ab", "123", "", "", "", "", "\x1b[31mred\u202e \n x"}
	for i := range want {
		if all[i] != want[i] {
			t.Errorf("value %d = %q; want %q", i, all[i], want[i])
		}
	}
	if got := all[6].Line(100); got != "red x" {
		t.Errorf("Line = %q", got)
	}
	if got := meta.Text("नमस्ते").Line(3); got != "नमस" {
		t.Errorf("Line(3) = %q", got)
	}
	if got := meta.Text("नमस्ते").Words(7); got != "नम" {
		t.Errorf("Words(7) = %q", got)
	}
	for _, bad := range []meta.Text{"a b", "a\nb", "a\x1b", "\u202ea", meta.Text(strings.Repeat("x", 513))} {
		if got := bad.Ref(); got != "" {
			t.Errorf("Ref(%q) = %q; want none", bad, got)
		}
	}
	if got := meta.Text("wamid.HBg/+==").Ref(); got != "wamid.HBg/+==" {
		t.Errorf("Ref = %q", got)
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	for text, want := range map[meta.Text]time.Time{
		"1787000061":    time.Unix(1787000061, 0).UTC(),
		"1787000061123": time.UnixMilli(1787000061123).UTC(),
		"":              {}, "0": {}, "-1787000061": {}, "1787000061.5": {}, "99999999999999999999": {}, "1e9": {}, "178700006112345": {},
	} {
		if got := text.Instant(); !got.Equal(want) {
			t.Errorf("Instant(%s) = %v; want %v", text, got, want)
		}
	}
}

func TestItemsAreTakenApart(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`[]`, ` [ ] `, `[1]`, `[ 1 , 2 ]`, `["a,b","]","\"","\\","\\\",[",""]`, `[{"a":[1,2],"b":{"c":"}"}},[[],[{}]],null,true,-1.5e3]`, "[\n{\"a\":1}\n,\n\"\u00e9\\u0bb5\"\n]",
		`["\\"]`, `["\\",1]`, `[{}]`, `[[[["a"]]]]`, `{"one":[1,2]}`, `"text"`, `7`, `null`,
	} {
		var got meta.Items
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		var want []json.RawMessage
		if text[0] == '{' {
			want = []json.RawMessage{json.RawMessage(text)}
		} else if json.Unmarshal([]byte(text), &want) != nil {
			want = nil
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("items of %s are %q, want %q", text, got, want)
		}
	}
}

// What encoding/json makes of an array, elements makes of it.
func FuzzItems(f *testing.F) {
	f.Add(`[1,{"a":"]"},"\\",[2,"x,y"]]`)
	f.Fuzz(func(t *testing.T, text string) {
		var want []json.RawMessage
		if json.Unmarshal([]byte(text), &want) != nil || want == nil {
			return
		}
		var got meta.Items
		if err := json.Unmarshal([]byte(text), &got); err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("items of %q are %q, %v; want %q", text, got, err, want)
		}
	})
}
