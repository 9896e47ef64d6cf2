package ngo

import "unicode"

// WrittenIn gives the language that a text's letters tell of: ta for Tamil's, hi for Devanagari, which is Hindi's here. Latin letters
// tell nothing, since every language is typed in them; then, and where neither script has most of the letters, it is empty.
func WrittenIn(text string) string {
	var tamil, hindi, all int
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		all++
		switch {
		case unicode.Is(unicode.Tamil, r):
			tamil++
		case unicode.Is(unicode.Devanagari, r):
			hindi++
		}
	}
	switch {
	case 2*tamil > all:
		return "ta"
	case 2*hindi > all:
		return "hi"
	}
	return ""
}
