package ngo

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LooksLikeAadhaar tells whether s could be an Aadhaar number: twelve digits, the first from 2 to 9, with the right check
// digit (Verhoeff, Acta Mathematica 1969), however they are grouped. Such a number is never kept.
func LooksLikeAadhaar(s string) bool {
	digits := strings.Map(func(r rune) rune {
		if d, ok := digit(r); ok {
			return rune('0' + d)
		}
		if strings.ContainsRune(" -./,_", r) {
			return -1
		}
		return 'x'
	}, strings.TrimSpace(s))
	if len(digits) != 12 || strings.Contains(digits, "x") || digits[0] < '2' {
		return false
	}
	c := 0
	for i := range digits {
		c = verhoeffProduct[c][verhoeffShift[i%8][digits[len(digits)-1-i]-'0']]
	}
	return c == 0
}

// aadhaarInText is twelve digits in one piece or in three groups of four; what stands before and after is looked at in the code.
var aadhaarInText = regexp.MustCompile(`\p{Nd}{4}[ ./,_-]?\p{Nd}{4}[ ./,_-]?\p{Nd}{4}`)

// HideAadhaar gives a text in which only the last four digits are left of what looks like an Aadhaar number: people write it
// behind their name or into their address.
func HideAadhaar(s string) string {
	if digitsIn(s) < 12 { // nearly every text, and looking for the pattern is dear
		return s
	}
	var out strings.Builder
	done := 0
	for at := 0; at < len(s); {
		m := aadhaarInText.FindStringIndex(s[at:])
		if m == nil {
			break
		}
		from, to := at+m[0], at+m[1]
		before, _ := utf8.DecodeLastRuneInString(s[:from])
		after, _ := utf8.DecodeRuneInString(s[to:])
		if unicode.IsDigit(before) || unicode.IsDigit(after) || !LooksLikeAadhaar(s[from:to]) {
			_, n := utf8.DecodeRuneInString(s[from:])
			at = from + n
			continue
		}
		last := to
		for range 4 {
			_, n := utf8.DecodeLastRuneInString(s[:last])
			last -= n
		}
		out.WriteString(s[done:from])
		out.WriteString("xxxx xxxx ")
		out.WriteString(s[last:to])
		done, at = to, to
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

func digitsIn(s string) (n int) {
	for _, r := range s {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// MaskAadhaar gives a text in which of each Aadhaar number the last four digits are left, and how many there were. A number is one that
// has the right check digit and is written in groups of four, or stands near a word for Aadhaar, in digits of any script. It is not
// one where a plus stands before it, where known says so, which is asked with the twelve digits as 0 to 9, or where a word nearby
// says that it is a bank's reference or a phone. Nothing else of the text changes.
func MaskAadhaar(text string, known func(digits string) bool) (string, int) {
	if digitsIn(text) < 12 { // nearly every text
		return text, 0
	}
	signs, at := signsOf(text)
	folded := foldSigns(signs)
	var out strings.Builder
	done, count := 0, 0
	for _, n := range numbersIn(signs) {
		if !n.mustHide(folded, known) {
			continue
		}
		out.WriteString(text[done:at[n.from]])
		out.WriteString("xxxx xxxx ")
		out.WriteString(text[at[n.tail]:at[n.to]])
		done = at[n.to]
		count++
	}
	if count == 0 {
		return text, 0
	}
	out.WriteString(text[done:])
	return out.String(), count
}

// signsOf gives the signs of a text and where each begins, and behind them where the text ends.
func signsOf(text string) (signs []rune, at []int) {
	for i, r := range text {
		signs, at = append(signs, r), append(at, i)
	}
	return signs, append(at, len(text))
}

// A longNumber is twelve digits that belong together, and where they stand among the signs of a text.
type longNumber struct {
	from, tail, to int    // tail is where the last four begin
	digits         string // as 0 to 9
	grouped        bool   // four, four and four
	plus           bool   // a plus stands before it
}

// numbersIn finds every twelve digits. Signs that nobody sees do not part digits; a space or a mark of punctuation does, and longer
// numbers in groups, such as those of cards, are not looked into.
func numbersIn(signs []rune) (out []longNumber) {
	for i := 0; i < len(signs); {
		if _, is := digit(signs[i]); !is {
			i++
			continue
		}
		n, end := numberAt(signs, i)
		if len(n.digits) == 12 {
			out = append(out, n)
		}
		i = end
	}
	return out
}

// mostBetween is how many signs may stand between two groups of digits.
const mostBetween = 3

// numberAt reads the groups of digits that begin at from, and gives where they end.
func numberAt(signs []rune, from int) (n longNumber, end int) {
	n.from = from
	n.plus = from > 0 && (signs[from-1] == '+' || signs[from-1] == '\uff0b')
	var digits []byte
	var groups []int
	between := 0
	for i := from; i < len(signs) && len(digits) <= 64; i++ {
		d, is := digit(signs[i])
		switch {
		case is:
			if between > 0 || len(groups) == 0 {
				groups = append(groups, 0)
			}
			between = 0
			groups[len(groups)-1]++
			digits = append(digits, '0'+d)
			if len(digits) == 9 {
				n.tail = i
			}
			end = i + 1
		case unicode.Is(unicode.Cf, signs[i]) || unicode.IsMark(signs[i]):
		case between < mostBetween && partsDigits(signs[i]):
			between++
		default:
			return n.finish(digits, groups, end), end
		}
	}
	return n.finish(digits, groups, end), max(end, from+1)
}

func (n longNumber) finish(digits []byte, groups []int, end int) longNumber {
	n.digits, n.to = string(digits), end
	n.grouped = len(groups) == 3 && groups[0] == 4 && groups[1] == 4
	return n
}

func partsDigits(r rune) bool {
	return r == '\n' || unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("./,_·", r)
}

// How many signs away a word speaks of a number. In groups of four hardly anything but an Aadhaar number is written: what speaks
// against that stands right beside it.
const (
	nearNumber  = 40
	besideGroup = 15
)

func (n longNumber) mustHide(folded []rune, known func(string) bool) bool {
	if n.plus || !LooksLikeAadhaar(n.digits) || known != nil && known(n.digits) {
		return false
	}
	near := nearNumber
	if n.grouped {
		near = besideGroup
	}
	switch label(folded, n, near) {
	case labelAadhaar:
		return true
	case labelOther:
		return false
	}
	return n.grouped
}

type numberLabel int

const (
	labelNone numberLabel = iota
	labelAadhaar
	labelOther
)

var (
	aadhaarWords = [...]string{"aadhaar", "aadhar", "adhaar", "adhar", "aadhara", "uid", "uidai", "आधार", "आधर", "यूआईडी", "ஆதார", "ஆதாா", "ஆதர்",
		"ఆధార", "ಆಧಾರ", "ആധാർ", "ആധാര", "আধার", "આધાર", "ਆਧਾਰ", "ଆଧାର"}
	otherWords = [...]string{"utr", "rrn", "ref", "refno", "reference", "upi", "txn", "txnid", "transaction", "imps", "neft", "rtgs", "phone", "mobile", "whatsapp",
		"यूटीआर", "यूपीआई", "संदर्भ", "लेनदेन", "फोन", "मोबाइल", "யூபிஐ", "பரிவர்த்தனை", "போன்", "தொலைபேசி", "கைபேசி", "மொபைல்"}
)

// label tells what the nearest word about it says of a number. What stands before it is asked first: names come before what they name.
func label(folded []rune, n longNumber, near int) numberLabel {
	before := wordsNear(folded[max(n.from-near, 0):n.from])
	for i := len(before) - 1; i >= 0; i-- {
		if l := labelOf(before[i]); l != labelNone {
			return l
		}
	}
	for _, w := range wordsNear(folded[n.to:min(n.to+near, len(folded))]) {
		if l := labelOf(w); l != labelNone {
			return l
		}
	}
	return labelNone
}

// wordsNear parts what stands near a number into words; signs within the words of India's scripts belong to them.
func wordsNear(signs []rune) []string {
	return strings.FieldsFunc(string(signs), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\u200d' && r != '\u200c' })
}

// labelOf reads a word. Those of India's languages may have an ending.
func labelOf(word string) numberLabel {
	is := func(w string) bool {
		return word == w || len(w) > 3 && strings.HasPrefix(word, w)
	}
	if slices.ContainsFunc(aadhaarWords[:], is) {
		return labelAadhaar
	}
	if slices.ContainsFunc(otherWords[:], is) {
		return labelOther
	}
	return labelNone
}

// foldSigns gives lower case, sign by sign, so that places stay what they are.
func foldSigns(signs []rune) []rune {
	out := make([]rune, len(signs))
	for i, r := range signs {
		out[i] = unicode.ToLower(r)
	}
	return out
}

var verhoeffProduct = [10][10]int{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
	{4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1}, {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
	{8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
}

var verhoeffShift = [8][10]int{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
	{9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1}, {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
}
