package razorpay

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestReadJSONRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	wide := func(n int) string { return `{"a":0` + members(n-1) + "}" }
	for _, tt := range []struct {
		name, body string
		ok         bool
	}{
		{"empty", "", false},
		{"blank", " \n", false},
		{"two values", "{} {}", false},
		{"byte order mark", "\ufeff{}", false},
		{"single quotes", "{'a':1}", false},
		{"trailing comma", `{"a":1,}`, false},
		{"leading zero", `[01]`, false},
		{"plus", `[+1]`, false},
		{"bare point", `[1.]`, false},
		{"bare exponent", `[1e]`, false},
		{"minus alone", `[-]`, false},
		{"NaN", `[NaN]`, false},
		{"control sign in a text", "[\"\n\"]", false},
		{"bad escape", `["\x"]`, false},
		{"short escape", `["\u12"]`, false},
		{"unclosed", `{"a":[1,2`, false},
		{"NUL at the end", "{}\x00", false},
		{"same name", `{"a":1,"a":1}`, false},
		{"name in capitals", `{"a":1,"A":1}`, false},
		{"same name escaped", `{"a":1,"\u0061":1}`, false},
		{"same name deep down", `[[{"x":{"a":1,"b":2,"a":3}}]]`, false},
		{"same name in another object", `{"a":{"a":1},"b":{"a":1}}`, true},
		{"notes in capitals", `{"notes":{"a":1,"A":1}}`, true},
		{"notes twice", `{"notes":{"a":1,"a":1}}`, false},
		{"deepest", deep(maxDepth), true},
		{"too deep", deep(maxDepth + 1), false},
		{"far too deep", strings.Repeat(`{"a":`, 100_000), false},
		{"widest", wide(maxMembers), true},
		{"too wide", wide(maxMembers + 1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := readJSON([]byte(tt.body))
			if (err == nil) != tt.ok {
				t.Errorf("readJSON(%.60q) = %v; want ok %v", tt.body, err, tt.ok)
			}
			if tt.ok && !json.Valid([]byte(tt.body)) {
				t.Errorf("%.60q is not JSON", tt.body)
			}
		})
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"b`)
		b.WriteString(strings.Repeat("x", i))
		b.WriteString(`":0`)
	}
	return b.String()
}

// FuzzReadJSON holds the reader to encoding/json: what it takes, that takes too, and both see the same.
func FuzzReadJSON(f *testing.F) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, s := range []string{`{"a":1,"A":2}`, `[1e3,-0,0.1,"\u0bae\ud83d\ude00\/"]`, `{"notes":[]}`, "{\"\xff\":\"\xff\"}", `{"K":1,"k":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := readJSON(body)
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatalf("readJSON takes %q, which encoding/json refuses: %v", body, err)
		}
		if got := plain(doc); !reflect.DeepEqual(got, want) {
			t.Errorf("readJSON(%q) = %#v; want %#v", body, got, want)
		}
	})
}

// plain gives a value as encoding/json would.
func plain(v value) any {
	n := v.node()
	switch n.kind {
	case object:
		out := map[string]any{}
		for key, m := range v.members() {
			out[valid(key)] = plain(m)
		}
		return out
	case array:
		out := []any{}
		for i := v.at + 1; i < v.at+int(n.size); i += int(v.doc.nodes[i].size) {
			out = append(out, plain(value{doc: v.doc, at: i, ok: true}))
		}
		return out
	case text:
		return valid(v.text())
	case number:
		return json.Number(n.raw)
	case truth:
		return n.raw == "true"
	}
	return nil
}

// valid puts U+FFFD in the place of each broken byte, as encoding/json does.
func valid(s string) string { return string([]rune(s)) }
