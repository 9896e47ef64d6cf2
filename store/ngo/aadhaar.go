package ngo

import (
	"regexp"
	"slices"
	"strconv"
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
	out.WriteString(s[done:])
	rest, _ := MaskAadhaar(out.String(), nil, nil) // what is parted by other signs
	return rest
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
// has the right check digit and is written in groups of four, or stands near a word for Aadhaar, or of which meant says so, in digits
// of any script. It is not one where known says so, where a plus stands before it, or where it is three years in a row. In one piece it
// is not one either where a word nearby says that it is a bank's reference or a phone. Both functions are asked with the twelve digits
// as 0 to 9, and may be nil; meant only where the text itself leaves it open. Nothing else of the text changes.
func MaskAadhaar(text string, known, meant func(digits string) bool) (string, int) {
	if digitsIn(text) < 12 { // nearly every text
		return text, 0
	}
	signs, at := signsOf(text)
	folded := foldSigns(signs)
	var out strings.Builder
	done, count := 0, 0
	for _, n := range numbersIn(signs) {
		if !n.mustHide(folded, known, meant) {
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

// AadhaarContext is what the texts of one message say of the numbers in each other. It is read once, however many numbers there are.
type AadhaarContext struct {
	spoken  []string        // texts with a word for Aadhaar in them; of several that differ, two
	numbers map[string]bool // that are Aadhaar numbers by what stands about them
}

// AadhaarContextOf reads the texts of one message.
func AadhaarContextOf(texts []string) AadhaarContext {
	c := AadhaarContext{numbers: map[string]bool{}}
	for _, s := range texts {
		if len(c.spoken) < 2 && !slices.Contains(c.spoken, s) && SpeaksOfAadhaar(s) {
			c.spoken = append(c.spoken, s)
		}
		c.AddNumbers(s)
	}
	return c
}

// AddNumbers reads a text whose words may stand far from what they mean: only what it says of its own numbers counts.
func (c AadhaarContext) AddNumbers(text string) {
	if digitsIn(text) < 12 {
		return
	}
	signs := []rune(text)
	folded := foldSigns(signs)
	for _, n := range numbersIn(signs) {
		if n.mustHide(folded, nil, nil) {
			c.numbers[n.digits] = true
		}
	}
}

// Means tells whether a number, as 0 to 9, in one of the texts is an Aadhaar number: by a word in another text, or because it is one by
// what stands about it anywhere.
func (c AadhaarContext) Means(text, digits string) bool {
	return c.numbers[digits] || slices.ContainsFunc(c.spoken, func(s string) bool { return s != text })
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

// numbersIn finds every twelve digits. A space or a mark of punctuation that people put into numbers does not part them. Any other
// sign of punctuation does, except between groups of four. Longer numbers in groups, such as those of cards, are not looked into, but
// what stands side by side is.
func numbersIn(signs []rune) (out []longNumber) {
	plain, next := numbersParted(signs, partsDigits), 0
	for _, n := range numbersParted(signs, partsGroups) { // both from the left to the right
		for next < len(plain) && plain[next].to <= n.from {
			out = append(out, plain[next])
			next++
		}
		if n.grouped && (next == len(plain) || plain[next].from >= n.to) {
			out = append(out, n)
		}
	}
	return append(out, plain[next:]...)
}

func numbersParted(signs []rune, parts func(rune) bool) (out []longNumber) {
	for i := 0; i < len(signs); {
		if _, is := digit(signs[i]); !is {
			i++
			continue
		}
		c, end := chainAt(signs, i, parts)
		out = append(out, c.numbers()...)
		i = end
	}
	return out
}

const (
	mostBetween = 3  // signs may stand between two groups of digits
	mostChained = 64 // digits are read at once
)

// chain is digits that stand side by side, in groups.
type chain struct {
	places []int  // of each digit among the signs
	digits []byte // as 0 to 9
	starts []int  // the first digit of each group
	seps   []string
	hidden []int // the digits before which signs stand that nobody sees
	plus   bool  // before the first
}

// chainAt reads the groups of digits that begin at from, and gives where they end.
func chainAt(signs []rune, from int, parts func(rune) bool) (c chain, end int) {
	c.plus = from > 0 && (signs[from-1] == '+' || signs[from-1] == '\uff0b')
	var between []rune
	for i := from; i < len(signs) && len(c.digits) <= mostChained; i++ {
		d, is := digit(signs[i])
		switch {
		case is:
			if len(between) > 0 || len(c.starts) == 0 {
				c.starts, c.seps = append(c.starts, len(c.digits)), append(c.seps, string(between))
			}
			between = nil
			c.digits, c.places = append(c.digits, '0'+d), append(c.places, i)
			end = i + 1
		case unicode.Is(unicode.Cf, signs[i]):
			c.hidden = append(c.hidden, len(c.digits))
		case unicode.IsMark(signs[i]):
		case len(between) < mostBetween && parts(signs[i]):
			between = append(between, signs[i])
		default:
			return c, end
		}
	}
	return c, end
}

// size gives how many digits a group has; none for one that there is not.
func (c chain) size(group int) int {
	switch {
	case group < 0 || group >= len(c.starts):
		return 0
	case group == len(c.starts)-1:
		return len(c.digits) - c.starts[group]
	}
	return c.starts[group+1] - c.starts[group]
}

// numbers gives the chain when it has twelve digits, and else each group of twelve and each three of four.
func (c chain) numbers() (out []longNumber) {
	if len(c.digits) == 12 {
		return append(out, c.number(0, c.threeOfFour(0) || c.fours(0)))
	}
	for g := 0; g < len(c.starts); g++ {
		switch {
		case c.size(g) == 12:
			out = append(out, c.number(g, c.fours(c.starts[g])))
		case c.threeOfFour(g) && !c.goesOn(g):
			out = append(out, c.number(g, true))
			g += 2
		}
	}
	return out
}

func (c chain) threeOfFour(g int) bool { return c.size(g) == 4 && c.size(g+1) == 4 && c.size(g+2) == 4 }

// fours tells whether the twelve digits from first on are three groups of four where some of what parts them cannot be seen.
func (c chain) fours(first int) bool {
	parted := func(at int) bool { return slices.Contains(c.hidden, at) || slices.Contains(c.starts, at) }
	elsewhere := func(start int) bool { return start > first && start < first+12 && start != first+4 && start != first+8 }
	return parted(first+4) && parted(first+8) && !slices.ContainsFunc(c.starts, elsewhere)
}

// goesOn tells whether three groups are a part of more that look the same, as on a card, or of a phone with its country.
func (c chain) goesOn(g int) bool {
	sep := c.seps[g+1]
	same := func(group int) bool { return c.size(group) == 4 && c.seps[group] == sep }
	return c.seps[g+2] != sep || same(g+3) || c.size(g-1) == 4 && c.seps[g] == sep || c.plus && g == 1
}

func (c chain) number(g int, grouped bool) longNumber {
	first := c.starts[g]
	return longNumber{from: c.places[first], tail: c.places[first+8], to: c.places[first+11] + 1, digits: string(c.digits[first : first+12]),
		grouped: grouped, plus: c.plus && g == 0}
}

func partsDigits(r rune) bool {
	return r == '\n' || r == '\r' || r == '\t' || unicode.Is(unicode.Zs, r) || unicode.Is(unicode.Pd, r) || strings.ContainsRune("./,_·", r)
}

// partsGroups tells what may stand between groups of four, besides what stands within numbers of other kinds.
func partsGroups(r rune) bool {
	return partsDigits(r) || unicode.IsPunct(r) && r != '%' || strings.ContainsRune("|~\u2212`^", r)
}

func (n longNumber) mustHide(folded []rune, known, meant func(string) bool) bool {
	if !LooksLikeAadhaar(n.digits) || known != nil && known(n.digits) {
		return false
	}
	if n.plus {
		return !n.mobile() && lastLabel(folded[max(n.from-besidePlus, 0):n.from]) == labelAadhaar
	}
	near := label(folded, n)
	switch {
	case near == labelAadhaar, n.grouped && !n.years():
		return true
	case near == labelOther:
		return false
	}
	return meant != nil && meant(n.digits)
}

// mobile tells whether it may be India's code and a mobile phone.
func (n longNumber) mobile() bool { return strings.HasPrefix(n.digits, "91") && n.digits[2] >= '6' }

// years tells that the groups are three years in a row, as they stand above the columns of a table.
func (n longNumber) years() bool {
	first, _ := strconv.Atoi(n.digits[:4]) // digits
	second, _ := strconv.Atoi(n.digits[4:8])
	third, _ := strconv.Atoi(n.digits[8:])
	step := second - first
	return first/100 == 20 && third-second == step && (step == 1 || step == -1)
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
