package ngo

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Decimals gives how many digits the currency has behind the point, by ISO 4217; 2 for a code not listed there.
func (c Currency) Decimals() int {
	switch c {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// Valid tells whether c has the shape of a currency code: three capital letters.
func (c Currency) Valid() bool {
	return len(c) == 3 && strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// Plain writes the amount for machines, without currency or grouping: 125000.50.
func (m Money) Plain() string {
	sign, whole, frac := m.digits()
	return sign + join(whole, frac)
}

// Format writes the amount for people: ₹1,25,000.50 in the Indian grouping, other currencies as USD 125,000.50.
func (m Money) Format() string {
	sign, whole, frac := m.digits()
	switch m.Currency {
	case INR:
		return sign + "₹" + join(group(whole, 2), frac)
	case "":
		return sign + join(group(whole, 2), frac)
	}
	return Printable(string(m.Currency)) + " " + sign + join(group(whole, 3), frac)
}

// String is Format.
func (m Money) String() string { return m.Format() }

// Short writes a large amount for a narrow place: ₹1.25 lakh, ₹3.40 crore; smaller ones as whole rupees. It rounds towards
// zero, so that a figure never shows more than there is. Currencies other than INR are written in full.
func (m Money) Short() string {
	if m.Currency != INR {
		return m.Format()
	}
	sign, whole, _ := m.digits()
	switch n := len(whole); {
	case n > 7:
		return sign + "₹" + group(whole[:n-7], 2) + "." + whole[n-7:n-5] + " crore"
	case n > 5:
		return sign + "₹" + whole[:n-5] + "." + whole[n-5:n-3] + " lakh"
	}
	return sign + "₹" + group(whole, 2)
}

// FormatNumber groups a count in the Indian way: 12,34,567.
func FormatNumber(n int64) string {
	sign, whole, _ := Money{Minor: n, Currency: "JPY"}.digits()
	return sign + group(whole, 2)
}

// digits splits the amount into its sign, the digits before the point and those behind it.
func (m Money) digits() (sign, whole, frac string) {
	n := uint64(m.Minor)
	if m.Minor < 0 {
		sign, n = "-", -n // the two's complement is right for the smallest number too
	}
	d := m.Currency.Decimals()
	all := strconv.FormatUint(n, 10)
	if missing := d + 1 - len(all); missing > 0 {
		all = strings.Repeat("0", missing) + all
	}
	return sign, all[:len(all)-d], all[len(all)-d:]
}

func join(whole, frac string) string {
	if frac == "" {
		return whole
	}
	return whole + "." + frac
}

// group puts commas before the last three digits and then after every size more.
func group(digits string, size int) string {
	if len(digits) <= 3 {
		return digits
	}
	head, tail := digits[:len(digits)-3], digits[len(digits)-3:]
	first := len(head) % size
	if first == 0 {
		first = size
	}
	var b strings.Builder
	b.WriteString(head[:first])
	for ; first < len(head); first += size {
		b.WriteByte(',')
		b.WriteString(head[first : first+size])
	}
	return b.String() + "," + tail
}

// ParseMoney reads a plain decimal such as 1250 or 1250.50 exactly: more digits behind the point than the currency has are
// taken only if they are zeros. Commas may group the digits, by thousands or lakhs: 9,81 may mean 9.81, and is no amount. It
// fails with Invalid.
func ParseMoney(s string, c Currency) (Money, error) {
	if !c.Valid() {
		return Money{}, &Error{Code: Invalid, Message: fmt.Sprintf("%q is not a currency", Printable(string(c))), Hint: "write three capital letters, such as INR"}
	}
	bad := &Error{Code: Invalid, Message: fmt.Sprintf("%q is not an amount of %s", Printable(s), c), Hint: "write digits and a point, such as 1250.50"}
	rest, negative := strings.CutPrefix(strings.TrimSpace(s), "-")
	whole, frac, pointed := strings.Cut(rest, ".")
	if strings.Contains(whole, ",") && !grouped.MatchString(whole) {
		return Money{}, bad
	}
	whole = strings.ReplaceAll(whole, ",", "")
	d := c.Decimals()
	if len(frac) > d {
		if strings.Trim(frac[d:], "0") != "" {
			return Money{}, bad
		}
		frac = frac[:d]
	}
	digits := whole + frac + strings.Repeat("0", d-len(frac))
	if whole == "" || pointed && rest[len(rest)-1] == '.' || strings.Trim(digits, "0123456789") != "" {
		return Money{}, bad
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Money{}, bad
	}
	if negative {
		n = -n
	}
	return Money{Minor: n, Currency: c}, nil
}

var grouped = regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}$`)

var months = map[string][12]string{
	"ta": {"ஜனவரி", "பிப்ரவரி", "மார்ச்", "ஏப்ரல்", "மே", "ஜூன்", "ஜூலை", "ஆகஸ்ட்", "செப்டம்பர்", "அக்டோபர்", "நவம்பர்", "டிசம்பர்"},
	"hi": {"जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"},
}

// FormatDate writes a day for people, as 5 April 2026, with the month's name in lang (ta, hi, else English). An empty or
// malformed day comes back as it is.
func FormatDate(d Date, lang string) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return Printable(string(d))
	}
	month := t.Month().String()
	if names, ok := months[lang]; ok {
		month = names[t.Month()-1]
	}
	return fmt.Sprintf("%d %s %d", t.Day(), month, t.Year())
}

// Relative tells people how far t is from now: just now, 5 minutes ago, in 2 hours, 3 days ago; from a week on the day, in
// the zone of now.
func Relative(t, now time.Time) string {
	d := now.Sub(t)
	ahead := d < 0
	if ahead {
		d = -d
	}
	var text string
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		text = count(int(d/time.Minute), "minute")
	case d < 24*time.Hour:
		text = count(int(d/time.Hour), "hour")
	case d < 7*24*time.Hour:
		text = count(int(d/(24*time.Hour)), "day")
	default:
		return FormatDate(DateOf(t, now.Location()), "en")
	}
	if ahead {
		return "in " + text
	}
	return text + " ago"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
