package ngo

import "strings"

// Words writes the amount in English words in the Indian system, for a receipt: Rupees one lakh twenty-five thousand and
// fifty paise only. Amounts of other currencies get their code and a fraction: USD twelve and 50/100 only.
func (m Money) Words() string {
	sign, whole, frac := m.digits()
	if sign != "" {
		sign = "minus "
	}
	n := number(whole)
	if m.Currency != INR {
		return foreignWords(m.Currency, sign, n, frac)
	}
	paise := number(frac)
	switch {
	case paise == 0:
		return rupees(n) + " " + sign + spell(n) + " only"
	case n == 0:
		return capital(sign+spell(paise)) + " " + plural(paise, "paisa", "paise") + " only"
	}
	return rupees(n) + " " + sign + spell(n) + " and " + spell(paise) + " " + plural(paise, "paisa", "paise") + " only"
}

// WordsIn writes the amount in words of a language (en, ta, hi; English for any other): ஒரு லட்சத்து இருபத்தைந்தாயிரம் ரூபாய் ஐம்பது
// பைசா மட்டும், एक लाख पच्चीस हज़ार रुपये और पचास पैसे मात्र.
func (m Money) WordsIn(lang string) string {
	var in numerals
	switch lang {
	case "ta":
		in = tamil
	case "hi":
		in = hindi
	default:
		return m.Words()
	}
	sign, whole, frac := m.digits()
	if sign != "" {
		sign = in.minus
	}
	n := number(whole)
	if m.Currency != INR {
		return in.foreign(m.Currency, sign, n, frac)
	}
	paise := number(frac)
	switch {
	case paise == 0:
		return sign + in.rupee(n) + in.only
	case n == 0:
		return sign + in.paisa(paise) + in.only
	}
	return sign + in.rupee(n) + in.and + in.paisa(paise) + in.only
}

// numerals is how a language other than English writes amounts.
type numerals struct {
	spell            func(uint64) string
	rupee, paisa     func(uint64) string // a number of them, with the noun
	minus, and, only string
}

func (in numerals) foreign(c Currency, sign string, n uint64, frac string) string {
	text := Printable(string(c)) + " " + sign + in.spell(n)
	if number(frac) > 0 {
		text += in.and + frac + "/1" + strings.Repeat("0", len(frac))
	}
	return strings.TrimSpace(text) + in.only
}

func foreignWords(c Currency, sign string, n uint64, frac string) string {
	text := Printable(string(c)) + " " + sign + spell(n)
	if number(frac) > 0 {
		text += " and " + frac + "/1" + strings.Repeat("0", len(frac))
	}
	return strings.TrimSpace(text) + " only"
}

func rupees(n uint64) string { return plural(n, "Rupee", "Rupees") }

func plural(n uint64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func number(digits string) uint64 {
	var n uint64
	for _, d := range digits {
		n = n*10 + uint64(d-'0')
	}
	return n
}

var (
	small = [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
		"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	tens   = [...]string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	powers = [...]struct {
		size uint64
		name string
	}{{1e7, "crore"}, {1e5, "lakh"}, {1000, "thousand"}, {100, "hundred"}}
)

// spell writes n in words. Crores are counted in crores again above 99,99,999 of them.
func spell(n uint64) string {
	var parts []string
	for _, p := range powers {
		if n >= p.size {
			parts = append(parts, spell(n/p.size), p.name)
			n %= p.size
		}
	}
	switch {
	case n >= 20 && n%10 > 0:
		parts = append(parts, tens[n/10]+"-"+small[n%10])
	case n >= 20:
		parts = append(parts, tens[n/10])
	case n > 0 || len(parts) == 0:
		parts = append(parts, small[n])
	}
	return strings.Join(parts, " ")
}
