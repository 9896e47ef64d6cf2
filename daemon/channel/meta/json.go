package meta

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Meta changes what it sends without a word, so whatever is missing, new or of another kind than it was takes nothing else
// with it: the types below never fail.

// Text is a string, or a number's digits; empty for anything else. It has no NUL in it.
type Text string

// UnmarshalJSON takes any value.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = ""
	switch c := b[0]; {
	case c == '"' && plain(b[1:len(b)-1]):
		*t = Text(b[1 : len(b)-1])
	case c == '"':
		var s string
		if json.Unmarshal(b, &s) == nil {
			*t = Text(strings.ReplaceAll(s, "\x00", ""))
		}
	case c == '-' || c >= '0' && c <= '9':
		*t = Text(b)
	}
	return nil
}

// plain tells whether what stands between quotes stands for itself, as nearly all that Meta sends but people's words does.
func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return true
}

// Line gives the text as one printable line of at most n signs.
func (t Text) Line(n int) string {
	return cut(strings.Join(strings.Fields(ngo.Printable(string(t)[:min(len(t), 8*n)])), " "), n)
}

// Words gives the text as it was written, at most n bytes of it.
func (t Text) Words(n int) string {
	if len(t) <= n {
		return string(t)
	}
	s := string(t)[:n]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

// Signs gives the text as it was written, at most n signs of it, and whether that is the whole.
func (t Text) Signs(n int) (text string, whole bool) {
	text = cut(string(t), n)
	return text, len(text) == len(t)
}

func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

const maxRef = 512

// Ref gives the text as an id: empty when it can be none, for ids have no blanks and no end.
func (t Text) Ref() ngo.Ref {
	if len(t) > maxRef || strings.ContainsFunc(string(t), func(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError }) {
		return ""
	}
	if ngo.Printable(string(t)) != string(t) {
		return ""
	}
	return ngo.Ref(t)
}

// The instants between which a time is believed: 2010 and 2121.
const earliest, latest = 1262304000, 4765046400

// Instant reads Unix seconds, or milliseconds, which the size tells apart. Anything else is the zero time.
func (t Text) Instant() time.Time {
	var n int64
	for _, c := range []byte(t) {
		if c < '0' || c > '9' || len(t) > 13 {
			return time.Time{}
		}
		n = n*10 + int64(c-'0')
	}
	switch {
	case n >= earliest && n <= latest:
		return time.Unix(n, 0).UTC()
	case n >= earliest*1000 && n <= latest*1000:
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}

// Flag is a truth; anything else is false.
type Flag bool

// UnmarshalJSON takes any value.
func (f *Flag) UnmarshalJSON(b []byte) error {
	*f = string(b) == "true"
	return nil
}

// Number is a number, also one in quotes; OK tells whether there is one.
type Number struct {
	Value float64
	OK    bool
}

// UnmarshalJSON takes any value.
func (n *Number) UnmarshalJSON(b []byte) error {
	*n = Number{}
	if json.Unmarshal(bytes.Trim(b, `"`), &n.Value) == nil && string(b) != "null" {
		n.OK = true
	}
	return nil
}

// Maybe is an object that may be missing or something else.
type Maybe[T any] struct {
	V  T
	OK bool
}

// UnmarshalJSON takes any value.
func (m *Maybe[T]) UnmarshalJSON(b []byte) error {
	*m = Maybe[T]{}
	if b[0] != '{' {
		return nil
	}
	m.OK = json.Unmarshal(b, &m.V) == nil
	return nil
}

// List is an array of objects; those that are something else are left out, and one alone counts as an array of it. After as
// many as a delivery may have, the rest is left out too.
type List[T any] []T

// UnmarshalJSON takes any value.
func (l *List[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	var items Items
	if err := items.UnmarshalJSON(b); err != nil {
		return err
	}
	for _, raw := range items[:min(len(items), MaxItems)] {
		var one Maybe[T]
		if one.UnmarshalJSON(raw) == nil && one.OK {
			*l = append(*l, one.V)
		}
	}
	return nil
}

// Items are the values of an array, each to be read by itself; one alone counts as an array of it.
type Items []json.RawMessage

// UnmarshalJSON takes any value.
func (i *Items) UnmarshalJSON(b []byte) error {
	*i = nil
	switch b[0] {
	case '[':
		*i = elements(bytes.Clone(b))
	case '{':
		*i = Items{bytes.Clone(b)}
	}
	return nil
}

// elements takes an array apart, of which encoding/json has found already that it is one: it reads each byte once, and leaves
// what it finds as it is.
func elements(array []byte) (out Items) {
	depth, start := 0, 1
	put := func(end int) {
		if e := bytes.TrimSpace(array[start:end]); len(e) > 0 {
			out = append(out, e)
		}
		start = end + 1
	}
	for n := 1; n < len(array)-1; n++ {
		switch array[n] {
		case '"':
			for n++; n < len(array)-1 && array[n] != '"'; n++ {
				if array[n] == '\\' {
					n++
				}
			}
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case ',':
			if depth == 0 {
				put(n)
			}
		}
	}
	put(len(array) - 1)
	return out
}
