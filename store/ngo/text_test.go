package ngo_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func textFiles(en, ta, hi string) fstest.MapFS {
	return fstest.MapFS{"lang/en.toml": {Data: []byte(en)}, "lang/ta.toml": {Data: []byte(ta)}, "lang/hi.toml": {Data: []byte(hi)}}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	texts, err := ngo.LoadTexts(textFiles(`hello = "Hello {name}, {name}: {amount}"`, `hello = "வணக்கம் {name}: {amount}"`, `hello = "नमस्ते {name}: {amount}"`), "lang")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ lang, key, want string }{
		{"en", "hello", "Hello {amount}, {amount}: ₹5"}, // a value is never read for placeholders
		{"ta", "hello", "வணக்கம் {amount}: ₹5"},
		{"fr", "hello", "Hello {amount}, {amount}: ₹5"},
		{"ta", "none", "none"},
	} {
		if got := texts.Say(tt.lang, tt.key, "name", "{amount}", "amount", "₹5"); got != tt.want {
			t.Errorf("Say(%s, %s) = %q, want %q", tt.lang, tt.key, got, tt.want)
		}
	}
}

func TestTextsMustMatchEnglish(t *testing.T) {
	t.Parallel()
	_, err := ngo.LoadTexts(textFiles("a = '{x}'\nb = 'b'", "a = '{y}'\nb = 'b'", "a = '{x}'\nc = 'c'"), "lang")
	if ngo.CodeOf(err) != ngo.Invalid {
		t.Fatalf("LoadTexts = %v; want Invalid", err)
	}
	for _, want := range []string{"ta.a", "hi.b", "hi.c"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q does not name %s", err, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for want, wishes := range map[string][]string{"ta": {"", "fr", "ta-IN", "en"}, "hi": {"HI"}, "en": {"", "xx"}} {
		if got := ngo.Language(wishes...); got != want {
			t.Errorf("Language(%q) = %s, want %s", wishes, got, want)
		}
	}
}
