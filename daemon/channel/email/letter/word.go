package letter

import (
	"strings"
	"unicode"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// plain decodes a header's text: encoded words (RFC 2047), also inside quotes, and bytes without any label.
func plain(raw string) string {
	var out strings.Builder
	var run []byte // of neighbouring words in one charset: a letter may be cut between two
	label := ""
	flush := func() {
		out.WriteString(decode(run, label))
		run = run[:0]
	}
	for raw != "" {
		at := strings.Index(raw, "=?")
		if at < 0 {
			break
		}
		w, rest, ok := encodedWord(raw[at:])
		if !ok {
			flush()
			out.WriteString(guess([]byte(raw[:at+2])))
			raw = raw[at+2:]
			continue
		}
		if between := raw[:at]; len(run) == 0 || strings.TrimSpace(between) != "" {
			flush()
			out.WriteString(guess([]byte(between)))
		}
		if w.label != label {
			flush()
			label = w.label
		}
		run = append(run, w.bytes...)
		raw = rest
	}
	flush()
	out.WriteString(guess([]byte(raw)))
	return oneLine(out.String())
}

// oneLine makes text safe to show in one line, with single blanks.
func oneLine(s string) string {
	s = squeeze(ngo.Printable(s))
	return strings.TrimLeftFunc(s, func(r rune) bool { return r == ' ' || unicode.Is(unicode.M, r) }) // they sat on a blank that is gone
}

// squeeze makes every run of blanks one.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

type word struct {
	label string
	bytes []byte
}

// encodedWord reads the word that s begins with.
func encodedWord(s string) (w word, rest string, ok bool) {
	label, after, ok := strings.Cut(s[2:], "?")
	if !ok || len(label) > 60 || strings.ContainsAny(label, " \t<>,\"") {
		return word{}, "", false
	}
	how, after, ok := strings.Cut(after, "?")
	if !ok {
		return word{}, "", false
	}
	text, rest, ok := strings.Cut(after, "?=")
	if !ok {
		return word{}, "", false
	}
	label, _, _ = strings.Cut(label, "*") // a language, RFC 2231
	w.label = strings.ToLower(label)
	switch strings.ToLower(strings.TrimSpace(how)) {
	case "b":
		w.bytes = unbase64(nil, []byte(text), new(bits))
	case "q":
		w.bytes = unquote([]byte(strings.ReplaceAll(text, "_", " ")))
	default:
		return word{}, "", false
	}
	return w, rest, true
}
