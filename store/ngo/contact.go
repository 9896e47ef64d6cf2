package ngo

import (
	"fmt"
	"strings"
)

// NormaliseEMail gives the form under which an address is kept and compared: trimmed, lower case, one plain local@domain.
// Quoted local parts, display names and letters outside ASCII are refused, since few servers take them. It fails with
// Invalid.
func NormaliseEMail(s string) (string, error) {
	out := strings.ToLower(strings.TrimSpace(s))
	local, domain, _ := strings.Cut(out, "@")
	if len(out) > 254 || !validLocal(local) || !validDomain(domain) {
		return "", &Error{Code: Invalid, Message: fmt.Sprintf("%q is not an e-mail address", Printable(s)), Hint: "write it as name@example.org"}
	}
	return out, nil
}

func validLocal(s string) bool {
	const signs = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~."
	return s != "" && len(s) <= 64 && strings.Trim(s, signs) == "" && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

func validDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != "" // the last label of an IP address
}

// NormalisePhone gives the form under which a number is kept and compared: + and digits, with India's +91 where no country
// is given. A number of one digit repeated is refused: people type it to fill a field, and it would join strangers. It
// fails with Invalid.
func NormalisePhone(s string) (string, error) {
	bad := &Error{Code: Invalid, Message: "this is not a phone number", Hint: "write it with its country code, such as +919876543210"}
	digits, abroad, ok := phoneDigits(s)
	if !ok {
		return "", bad
	}
	if !abroad {
		digits = indian(digits)
	}
	national, inIndia := strings.CutPrefix(digits, "91")
	if inIndia {
		national = strings.TrimPrefix(national, "0") // +91 (0) 98…
		if len(national) != 10 || national[0] < '2' || repeated(national) {
			return "", bad
		}
		return "+91" + national, nil
	}
	if len(digits) < 8 || len(digits) > 15 || digits[0] == '0' || repeated(digits) {
		return "", bad
	}
	return "+" + digits, nil
}

// indian puts 91 before a number dialled within India. What cannot be one comes back empty.
func indian(digits string) string {
	digits = strings.TrimPrefix(digits, "0") // the trunk prefix
	switch {
	case len(digits) == 10:
		return "91" + digits
	case len(digits) == 12 && strings.HasPrefix(digits, "91"):
		return digits
	}
	return ""
}

// phoneDigits takes the punctuation out of a number and tells whether it starts with + or 00.
func phoneDigits(s string) (digits string, abroad, ok bool) {
	s = strings.TrimPrefix(strings.TrimSpace(Printable(s)), "tel:")
	var b strings.Builder
	for i, r := range s {
		if d, is := digit(r); is {
			b.WriteByte('0' + d)
			continue
		}
		switch r {
		case ' ', '-', '(', ')', '.', '/', '‐', '‑', '–':
		case '+':
			if i > 0 {
				return "", false, false
			}
			abroad = true
		default:
			return "", false, false
		}
	}
	digits = b.String()
	if rest, is := strings.CutPrefix(digits, "00"); is && !abroad {
		return rest, true, true
	}
	return digits, abroad, true
}

// digitZeros are the noughts of the digits that people in India type.
var digitZeros = [...]rune{'0', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '٠', '۰', '０'}

func digit(r rune) (byte, bool) {
	for _, zero := range digitZeros {
		if r >= zero && r <= zero+9 {
			return byte(r - zero), true
		}
	}
	return 0, false
}

func repeated(digits string) bool { return strings.Trim(digits, digits[:1]) == "" }

// NormalisePAN gives a Permanent Account Number in capitals without spaces, and checks its shape: five letters, the fourth of
// them the kind of holder, four digits and a letter. It fails with Invalid, and does not repeat the number.
func NormalisePAN(s string) (string, error) {
	pan := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	if !ValidPAN(pan) {
		return "", &Error{Code: Invalid, Message: "this is not a PAN", Hint: "a PAN looks like ABCPE1234F: five letters, four digits, one letter"}
	}
	return pan, nil
}

// ValidPAN tells whether s has the shape of a PAN. The department's check letter cannot be checked: how it is made is secret.
func ValidPAN(s string) bool {
	const letters, holders = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "PCHFATBLJG"
	return len(s) == 10 && strings.Trim(s[:5]+s[9:], letters) == "" && strings.Trim(s[5:9], "0123456789") == "" &&
		strings.IndexByte(holders, s[3]) >= 0
}

// MaskPAN hides the middle of a PAN: ABCxxxxx4F. Of anything else nothing is shown but that it was there.
func MaskPAN(s string) string {
	switch {
	case s == "":
		return ""
	case !ValidPAN(s):
		return "xxxxxxxxxx"
	}
	return s[:3] + "xxxxx" + s[8:]
}

// MaskID hides the number of another document but for its last two signs; of a short one nothing is shown but that it was
// there.
func MaskID(s string) string {
	signs := []rune(s)
	shown := 0
	if len(signs) >= 6 {
		shown = 2
	}
	for i := range len(signs) - shown {
		signs[i] = 'x'
	}
	return string(signs)
}
