package ngo

import (
	"slices"
	"strings"
	"unicode"
)

type numberLabel int

const (
	labelNone numberLabel = iota
	labelAadhaar
	labelOther
)

// How many signs away a word speaks of a number. One that is near is asked before one that is far.
const (
	nearNumber = 40
	farNumber  = 80
	besidePlus = 15 // with a plus hardly anything but a phone is written
)

var (
	// Those in Latin letters are found however often a letter stands in a row: aadhaar, aadhar, adhaar, addhar.
	aadhaarWords = [...]string{"adhar", "adhr", "eadhar", "uid", "uidai", "आधार", "आधर", "अधार", "आदार", "यूआईडी", "ஆதார", "ஆதாா", "ஆதர்", "ఆధార", "ఆదార", "ಆಧಾರ", "ಆದಾರ",
		"ആധാർ", "ആധാര", "ആദാർ", "ആദാര", "আধার", "আধাৰ", "આધાર", "આધર", "ਆਧਾਰ", "ਅਧਾਰ", "ଆଧାର", "آدھار", "آدهار", "ادھار"}
	// With one a where there are two these are words and names of their own.
	aadhaarSpellings = [...]string{"aadhaar", "aadhar", "adhaar", "aadaar", "adaar", "aathaar", "aathar", "athaar"}
	otherWords       = [...]string{"utr", "rrn", "ref", "refno", "reference", "upi", "txn", "txnid", "transaction", "imps", "neft", "rtgs", "phone", "mobile", "whatsapp",
		"यूटीआर", "यूपीआई", "संदर्भ", "लेनदेन", "फोन", "मोबाइल", "யூபிஐ", "பரிவர்த்தனை", "போன்", "தொலைபேசி", "கைபேசி", "மொபைல்"}
)

// SpeaksOfAadhaar tells whether a word for Aadhaar stands in a text.
func SpeaksOfAadhaar(text string) bool { return speaksOf(text, labelAadhaar) }

// SpeaksOfReference tells whether a word for a bank's number or a phone stands in a text.
func SpeaksOfReference(text string) bool { return speaksOf(text, labelOther) }

func speaksOf(text string, l numberLabel) bool {
	return slices.ContainsFunc(wordsOf(foldSigns([]rune(text))), func(w string) bool { return labelOf(w) == l })
}

// label tells what the nearest word about it says of a number. What stands before it is asked first: names come before what they name.
func label(folded []rune, n longNumber) numberLabel {
	for _, far := range []int{nearNumber, farNumber} {
		if l := lastLabel(folded[max(n.from-far, 0):n.from]); l != labelNone {
			return l
		}
		if l := firstLabel(folded[n.to:min(n.to+far, len(folded))]); l != labelNone {
			return l
		}
	}
	return labelNone
}

func lastLabel(folded []rune) numberLabel {
	words := wordsOf(folded)
	slices.Reverse(words)
	return firstOf(words)
}

func firstLabel(folded []rune) numberLabel { return firstOf(wordsOf(folded)) }

func firstOf(words []string) numberLabel {
	for _, w := range words {
		if l := labelOf(w); l != labelNone {
			return l
		}
	}
	return labelNone
}

// wordsOf parts a text into words, without the signs in them that nobody sees.
func wordsOf(signs []rune) []string {
	var seen strings.Builder
	for _, r := range signs {
		if !unicode.Is(unicode.Cf, r) {
			seen.WriteRune(r)
		}
	}
	return strings.FieldsFunc(seen.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
}

// labelOf reads a word. Those of India's languages may have an ending, and names of fields are written in one word.
func labelOf(word string) numberLabel {
	once := squeezed(word)
	is := func(w string) bool {
		return word == w || once == w || len(w) > 3 && (strings.HasPrefix(word, w) || strings.HasPrefix(once, w))
	}
	within := func(w string) bool { return strings.Contains(word, w) }
	if slices.ContainsFunc(aadhaarWords[:], is) || slices.ContainsFunc(aadhaarSpellings[:], within) {
		return labelAadhaar
	}
	if slices.ContainsFunc(otherWords[:], is) {
		return labelOther
	}
	return labelNone
}

// squeezed gives a word with one of each Latin letter that stands several times in a row.
func squeezed(word string) string {
	var last rune
	return strings.Map(func(r rune) rune {
		if r == last && r <= 'z' {
			return -1
		}
		last = r
		return r
	}, word)
}

// foldSigns gives lower case, and Latin letters of full width as plain ones, sign by sign, so that places stay what they are.
func foldSigns(signs []rune) []rune {
	out := make([]rune, len(signs))
	for i, r := range signs {
		if r = unicode.ToLower(r); r >= 'ａ' && r <= 'ｚ' {
			r += 'a' - 'ａ'
		}
		out[i] = r
	}
	return out
}
