package letter

import (
	"strings"
	"unicode"
)

// replyWords and forwardWords stand before a colon at the beginning of a subject, in the words of many mail programs.
var (
	replyWords   = []string{"re", "aw", "sv", "vs", "antw", "odp", "r", "ynt", "रे", "उत्तर", "जवाब", "प्रतिक्रिया", "பதில்", "மறு", "回复", "答复"}
	forwardWords = []string{"fw", "fwd", "wg", "tr", "rv", "vb", "enc", "i", "अग्रेषित", "अग्रे", "முன்அனுப்பு", "முன்னனுப்பியது", "转发"}
)

// BaseSubject takes off what mail programs put before a subject (RFC 5256, and the words of other languages), and tells
// whether there was a word for an answer or a forward among it.
func BaseSubject(subject string) (base string, answer bool) {
	s := strings.TrimSpace(subject)
	for {
		before := s
		if at := len(s) - len("(fwd)"); at > 0 && strings.EqualFold(s[at:], "(fwd)") {
			s, answer = strings.TrimSpace(s[:at]), true
		}
		if inner, ok := strings.CutPrefix(s, "["); ok {
			if _, rest, ok := strings.Cut(inner, "]"); ok && strings.TrimSpace(rest) != "" {
				s = strings.TrimSpace(rest)
			}
		}
		if rest, ok := withoutWord(s); ok {
			s, answer = rest, true
		}
		if s == before {
			return s, answer
		}
	}
}

func withoutWord(s string) (string, bool) {
	end := strings.IndexAny(s, ":：")
	if end < 0 || end > 60 {
		return "", false
	}
	word := strings.ToLower(strings.TrimSpace(s[:end]))
	if inside, number, ok := strings.Cut(word, "["); ok && strings.Trim(number, "0123456789") == "]" {
		word = strings.TrimSpace(inside)
	}
	word = strings.TrimRightFunc(word, func(r rune) bool { return unicode.IsDigit(r) || r == '^' })
	for _, words := range [][]string{replyWords, forwardWords} {
		for _, w := range words {
			if word == w {
				return strings.TrimSpace(strings.TrimLeft(s[end:], ":：")), true
			}
		}
	}
	return "", false
}
