package ngo

import (
	"regexp"
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

var verhoeffProduct = [10][10]int{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
	{4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1}, {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
	{8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
}

var verhoeffShift = [8][10]int{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
	{9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1}, {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
}
