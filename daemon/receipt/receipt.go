// Package receipt knows what a receipt for a gift must say: which law applies, whether the line on deduction may be
// printed, how the number is formed, what the page looks like, and how it is locked for the mail.
//
// It is pure: the same facts give the same bytes, but for Lock, which needs chance; nothing is read or sent. A receipt never
// promises an amount of tax saved, and one without the line on deduction says why in plain words.
package receipt

import (
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Series gives the name of the series in which a gift of that day is numbered: SVT/2026-27/D. D stands for domestic, F for
// foreign contributions, which the law keeps apart.
func Series(prefix string, day ngo.Date, pot ngo.Pot) string {
	letter := "D"
	if pot == ngo.Foreign {
		letter = "F"
	}
	return prefix + "/" + day.FinancialYear() + "/" + letter
}

// Prefix gives the first part of an organisation's receipt numbers: the one it chose, else its slug, in capitals and without
// signs that have a meaning in numbers or file names.
func Prefix(p ngo.Profile, slug string) string {
	for _, s := range []string{p.ReceiptPrefix, slug} {
		if out := prefix(s); out != "" {
			return out
		}
	}
	return "R"
}

const maxPrefix = 16

func prefix(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, s)
	return strings.Trim(out[:min(len(out), maxPrefix)], "-")
}
