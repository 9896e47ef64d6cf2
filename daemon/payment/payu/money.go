package payu

import (
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// maxAmount is far above what any payment can be (10,000 crore rupees) and far below what a year's sum overflows at.
const maxAmount = 10_000_000_000_000

// paise reads PayU's rupees, such as "10.00", "3999.0", "40" and "239.6000", exactly: no sign, no commas, no exponent, and
// behind the second decimal zeros only.
func paise(s string) (int64, bool) {
	n, rest, ok := parseRupees(strings.TrimSpace(s))
	return n, ok && strings.Trim(rest, "0") == ""
}

// nearestPaise reads rupees as paise does and rounds what is smaller than a paisa, half of one up: PayU works out its fees
// to four decimals. A minus is taken: a settlement can be a debit.
func nearestPaise(s string) (int64, bool) {
	s, negative := strings.CutPrefix(strings.TrimSpace(s), "-")
	n, rest, ok := parseRupees(s)
	if rest != "" && rest[0] >= '5' {
		n++
	}
	if negative {
		n = -n
	}
	return n, ok
}

// parseRupees gives whole paise and the digits behind them.
func parseRupees(s string) (n int64, rest string, ok bool) {
	whole, fraction, pointed := strings.Cut(s, ".")
	if whole == "" || pointed && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, "", false
	}
	cut := min(len(fraction), 2)
	digits := whole + fraction[:cut] + "00"[cut:]
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, fraction[cut:], err == nil && n <= maxAmount
}

// rupees writes an amount as PayU takes it.
func rupees(m ngo.Money) string {
	return strconv.FormatInt(m.Minor/100, 10) + "." + strconv.FormatInt(100+m.Minor%100, 10)[1:]
}

// amount gives an amount above zero.
func amount(s string) (ngo.Money, error) {
	n, ok := paise(s)
	switch {
	case !ok:
		return ngo.Money{}, invalid("the amount is not one of rupees and paise")
	case n == 0:
		return ngo.Money{}, invalid("the amount is not above zero")
	}
	return ngo.Paise(n), nil
}

func invalid(message string) error { return &ngo.Error{Code: ngo.Invalid, Message: message} }
