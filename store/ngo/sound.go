package ngo

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Names are written in many ways: மீனா, मीना, Meena, Mina. A sound is what is left of a word when all that those who write it
// differ in is taken away: the script, the length of vowels and the vowel a, doubled letters, whether a consonant is voiced,
// breathed on or bent back. It is a few letters of a to z, and means nothing but that two words with one sound in common may be
// the same name. The text of other scripts than Latin and India's has none.

// Sounds gives the sounds of one word, the likeliest first; none for what has no sound. Words in Tamil, which breaks up clusters
// that others write in one, have a few.
func Sounds(word string) []string {
	letters, tamil := hear(word)
	if len(letters) == 0 {
		return nil
	}
	plain := settle(letters)
	if !tamil {
		return []string{plain}
	}
	return slices.Compact(append([]string{plain}, loosened(plain)...))
}

// SameName tells whether two names have the same words, however they are written and in whatever order. A name without a sound is
// like no other but one without.
func SameName(a, b string) bool {
	left, right := nameSounds(a), nameSounds(b)
	if len(left) != len(right) {
		return false
	}
	for _, l := range left {
		at := slices.IndexFunc(right, func(r []string) bool { return shareSound(l, r) })
		if at < 0 {
			return false
		}
		right = slices.Delete(right, at, at+1)
	}
	return true
}

// LikeName tells whether one of two names has the words of the other, and perhaps more of them; a single letter is the beginning
// of a word. Initials alone make no name.
func LikeName(a, b string) bool {
	left, right := nameSounds(a), nameSounds(b)
	if len(left) > len(right) {
		left, right = right, left
	}
	slices.SortStableFunc(left, func(a, b []string) int { return len(b[0]) - len(a[0]) }) // initials take what is left
	whole := 0
	for _, l := range left {
		at := slices.IndexFunc(right, func(r []string) bool { return shareSound(l, r) })
		if at < 0 {
			at = slices.IndexFunc(right, func(r []string) bool { return initial(l[0], r[0]) || initial(r[0], l[0]) })
		}
		if at < 0 {
			return false
		}
		if len(l[0]) > 1 && len(right[at][0]) > 1 {
			whole++
		}
		right = slices.Delete(right, at, at+1)
	}
	return whole > 0
}

func initial(letter, sound string) bool { return len(letter) == 1 && strings.HasPrefix(sound, letter) }

// nameSounds gives the sounds of each word of a name; titles are no part of it.
func nameSounds(name string) (out [][]string) {
	for _, w := range Words(name) {
		if slices.Contains(titles[:], w) {
			continue
		}
		if s := Sounds(w); len(s) > 0 {
			out = append(out, s)
			continue
		}
		out = append(out, []string{w})
	}
	return out
}

var titles = [...]string{"mr", "mrs", "ms", "dr", "smt", "shri", "sri", "thiru", "tmt", "श्री", "श्रीमती", "डॉ", "திரு", "திருமதி"}

func shareSound(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// Words takes a text apart into words as they are searched: lower case, without accents, digits of every script as 0 to 9, and no
// punctuation. What joins letters within a word in scripts of India stays.
func Words(s string) []string {
	var out []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			out = append(out, norm.NFC.String(word.String()))
			word.Reset()
		}
	}
	for _, r := range norm.NFKD.String(s) {
		switch d, isDigit := digit(r); {
		case isDigit:
			word.WriteByte('0' + d)
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsNumber(r):
			word.WriteRune(unicode.ToLower(r))
		case unicode.IsMark(r):
			if word.Len() > 0 && !dropped(r) {
				word.WriteRune(r)
			}
		case r == '\u200c' || r == '\u200d' || r == '\'' || r == '’': // joiners, and what stands in don't
		default:
			end()
		}
	}
	end()
	return out
}

// dropped tells an accent that people leave out: of Latin letters, and the dot below of Devanagari.
func dropped(r rune) bool {
	return r < 0x0900 || r > 0x0dff || inBlock(r) == 0x3c
}

// inBlock is a letter's place within the block of its script: those of India have the same letters at the same places.
func inBlock(r rune) rune { return r & 0x7f }

// hear turns a word into the letters that settle works on: consonants as k c j t p m n r l v h, vowels as a i u, and the rest left
// out. It tells whether the word is written in Tamil.
func hear(word string) (letters []byte, tamil bool) {
	runes := []rune(strings.ToLower(word))
	latin := false
	for _, r := range runes {
		switch {
		case r >= 'a' && r <= 'z':
			latin = true
		case r >= 0x0900 && r <= 0x0dff:
			tamil = tamil || r >= 0x0b80 && r <= 0x0bff
		case unicode.IsMark(r):
		default:
			return nil, false // a digit, or a script that nobody here can read aloud
		}
	}
	if latin {
		return hearLatin(runes), false
	}
	return hearIndic(runes), tamil
}

// spelt are the groups of Latin letters that stand for one sound, the longer ones first.
var spelt = []struct{ from, to string }{
	{"ksh", "kc"}, {"tch", "c"}, {"sch", "c"}, {"dny", "n"}, {"chh", "c"}, {"ssh", "c"},
	{"kh", "k"}, {"gh", "k"}, {"ch", "c"}, {"sh", "c"}, {"jh", "j"}, {"th", "t"}, {"dh", "t"}, {"ph", "p"}, {"bh", "p"}, {"zh", "l"}, {"rh", "r"},
	{"ck", "k"}, {"gn", "n"}, {"jn", "n"}, {"jy", "j"}, {"dj", "j"}, {"qu", "kv"}, {"wh", "v"},
	{"au", "u"}, {"ou", "u"}, {"oo", "u"}, {"ee", "i"}, {"ea", "i"}, {"ei", "i"}, {"ey", "i"}, {"ai", "i"}, {"ay", "i"}, {"ie", "i"},
	{"x", "kc"}, {"q", "k"}, {"g", "k"}, {"z", "j"}, {"s", "c"}, {"d", "t"}, {"b", "p"}, {"f", "p"}, {"w", "v"}, {"y", "i"}, {"e", "i"}, {"o", "u"},
}

// hearLatin goes from left to right. A c is k but before e and i; gn and jn are one sound only where a word begins; ow and ay are a
// vowel where no vowel follows.
func hearLatin(runes []rune) []byte {
	var out []byte
	s := latinOnly(runes)
next:
	for i := 0; i < len(s); {
		rest := s[i:]
		switch {
		case rest[0] == 'c' && !strings.HasPrefix(rest, "ch") && !strings.HasPrefix(rest, "ck"):
			out = append(out, softOrHard(rest))
			i++
			continue
		case strings.HasPrefix(rest, "ow") && !vowelAt(rest, 2):
			out = append(out, 'u')
			i += 2
			continue
		}
		for _, g := range spelt {
			if !strings.HasPrefix(rest, g.from) || i > 0 && (g.from == "gn" || g.from == "jn") || g.from == "ay" && vowelAt(rest, 2) {
				continue
			}
			out = append(out, g.to...)
			i += len(g.from)
			continue next
		}
		out = append(out, rest[0])
		i++
	}
	return out
}

func latinOnly(runes []rune) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, string(runes))
}

func softOrHard(rest string) byte {
	if len(rest) > 1 && strings.IndexByte("eiy", rest[1]) >= 0 {
		return 'c'
	}
	return 'k'
}

func vowelAt(s string, i int) bool { return i < len(s) && strings.IndexByte("aeiou", s[i]) >= 0 }

// indic says how the letters sound that stand at a place in the blocks of India's scripts.
var indic = map[rune]string{
	0x01: "n", 0x02: "n", 0x03: "", // nasal signs, visarga
	0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0a: "u", 0x0b: "ri", 0x0c: "li", 0x0d: "i", 0x0e: "i", 0x0f: "i", 0x10: "i",
	0x11: "u", 0x12: "u", 0x13: "u", 0x14: "u",
	0x15: "k", 0x16: "k", 0x17: "k", 0x18: "k", 0x19: "n", 0x1a: "c", 0x1b: "c", 0x1c: "j", 0x1d: "j", 0x1e: "n",
	0x1f: "t", 0x20: "t", 0x21: "t", 0x22: "t", 0x23: "n", 0x24: "t", 0x25: "t", 0x26: "t", 0x27: "t", 0x28: "n", 0x29: "n",
	0x2a: "p", 0x2b: "p", 0x2c: "p", 0x2d: "p", 0x2e: "m", 0x2f: "i", 0x30: "r", 0x31: "r", 0x32: "l", 0x33: "l", 0x34: "l", 0x35: "v",
	0x36: "c", 0x37: "c", 0x38: "c", 0x39: "h",
	0x3e: "a", 0x3f: "i", 0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ri", 0x44: "ri", 0x45: "i", 0x46: "i", 0x47: "i", 0x48: "i",
	0x49: "u", 0x4a: "u", 0x4b: "u", 0x4c: "u", 0x57: "", 0x60: "ri", 0x70: "n", 0x71: "",
}

// silent is the sign that takes the vowel from a consonant.
const silent = 0x4d

// hearIndic reads a word letter by letter. A consonant without a vowel sign has an a, unless the word ends with it.
func hearIndic(runes []rune) []byte {
	var out []byte
	for i, r := range runes {
		at := inBlock(r)
		sound := indic[at]
		consonant := at >= 0x15 && at <= 0x39
		switch {
		case (at == 0x01 || at == 0x02) && i+1 < len(runes) && isLabial(inBlock(runes[i+1])):
			sound = "m"
		case at == 0x2f && i > 1 && inBlock(runes[i-1]) == silent && (inBlock(runes[i-2]) == 0x1c || inBlock(runes[i-2]) == 0x1d):
			sound = "" // ज्य is j
		case at == 0x1a && i > 1 && inBlock(runes[i-1]) == silent && inBlock(runes[i-2]) == 0x1e:
			sound = "j" // ஞ்ச
		}
		out = append(out, sound...)
		if consonant && at == 0x2f && i+1 == len(runes) && i > 0 && inBlock(runes[i-1]) == silent {
			out = append(out, 'a') // दिव्य
		}
		if consonant && i+1 < len(runes) && !hasVowel(runes, i) {
			out = append(out, 'a')
		}
	}
	return out
}

func isLabial(at rune) bool { return at >= 0x2a && at <= 0x2e }

// hasVowel tells whether the consonant at i, which is not the last letter, has a vowel sign, or the sign that it has none.
func hasVowel(runes []rune, i int) bool {
	next := inBlock(runes[i+1])
	return next >= 0x3e && next <= silent
}

// settle takes out what stands twice in a row, and the h that adds nothing; within a word an h is as good as a k, since Tamil
// writes மகேஷ்.
func settle(letters []byte) string {
	var out []byte
	for i, c := range letters {
		switch {
		case i > 0 && letters[i-1] == c, c == 'h' && i > 0 && i == len(letters)-1:
			continue
		case c == 'h' && i > 0:
			c = 'k'
		}
		out = append(out, c)
	}
	return squeeze(out)
}

// squeeze drops every a but a first letter, an i that comes to stand behind another, and a k that is swallowed behind a last n, as
// in Singh. An ia at the end, behind a consonant, is a y: Divya is not Devi.
func squeeze(in []byte) string {
	var out []byte
	if n := len(in); n > 2 && string(in[n-2:]) == "ia" && strings.IndexByte("aiu", in[n-3]) < 0 {
		in[n-2] = 'y'
	}
	for i, c := range in {
		switch {
		case c == 'a' && i > 0,
			c == 'i' && len(out) > 0 && out[len(out)-1] == 'i',
			c == 'k' && i > 0 && i == len(in)-1 && in[i-1] == 'n':
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

// loosened gives what a word in Tamil may be elsewhere: பிரியா is Priya, கிருஷ்ணன் Krishnan, லட்சுமி Lakshmi, முகமது has an h.
func loosened(s string) []string {
	var out []string
	add := func(v string) {
		if v != s && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	soft := strings.NewReplacer("tcum", "kcm", "tcu", "kcu", "tci", "kci", "tc", "kc").Replace(s)
	add(soft)
	for _, stop := range []string{"k", "t", "p", "c", "j", "v"} {
		for _, vowel := range []string{"i", "u"} {
			add(strings.ReplaceAll(soft, stop+vowel+"r", stop+"r"))
			add(strings.ReplaceAll(soft, stop+vowel+"ru", stop+"ri"))
		}
	}
	return out
}
