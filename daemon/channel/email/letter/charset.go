package letter

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// decode turns bytes into text. The label is believed, unless the bytes are UTF-8: no other text looks like that by chance,
// and a wrong label is common.
func decode(b []byte, label string) string {
	label = alias(label)
	if label == "" || !utf8.Valid(b) && label == "utf-8" {
		return guess(b)
	}
	if utf8.Valid(b) && !seven(label) && !(wide(label) && !ascii(b)) {
		return modern(string(b))
	}
	s, ok := converted(b, label)
	if !ok || strings.ContainsRune(s, utf8.RuneError) && utf8.Valid(b) {
		return guess(b)
	}
	return modern(s)
}

// guess reads bytes that nobody labelled: UTF-8 as far as it goes, what is not as windows-1252.
func guess(b []byte) string {
	if strings.HasPrefix(string(b), "\xff\xfe") || strings.HasPrefix(string(b), "\xfe\xff") {
		if s, ok := converted(b, "utf-16"); ok {
			return s
		}
	}
	if bytes.Contains(b, []byte("\x1b$")) && ascii(b) {
		if s, ok := converted(b, "iso-2022-jp"); ok && !strings.ContainsRune(s, utf8.RuneError) {
			return s
		}
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if utf8.Valid(b) {
		return modern(string(b))
	}
	var out strings.Builder
	out.Grow(len(b) + len(b)/8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[0])
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return modern(out.String())
}

func converted(b []byte, label string) (string, bool) {
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err != nil {
		return "", false
	}
	s, err := io.ReadAll(r)
	if err != nil {
		return "", false
	}
	return string(s), true
}

// modern gives the signs of windows-1252 that were taken for the control signs at their place in ISO 8859-1.
func modern(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 && r < 0xa0 }) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r < 0xa0 && r != '\u0085' {
			return charmap.Windows1252.DecodeByte(byte(r))
		}
		return r
	}, s)
}

// alias gives a label's usual name; empty for one that says nothing.
func alias(label string) string {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	label = strings.TrimPrefix(label, "charset=")
	switch label {
	case "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "8bit", "binary", "x-user-defined", "default":
		return ""
	case "utf8", "unicode-1-1-utf-8", "utf-8-sig":
		return "utf-8"
	case "iso-8859-1", "iso8859-1", "latin1", "l1", "cp1252", "cp-1252", "ansi":
		return "windows-1252"
	case "gb2312", "gbk", "x-gbk", "cp936", "gb_2312-80":
		return "gb18030"
	case "ks_c_5601-1987", "ks_c_5601-1989", "ksc5601", "cp949", "uhc":
		return "euc-kr"
	case "x-sjis", "sjis", "cp932", "windows-31j", "ms_kanji":
		return "shift_jis"
	}
	return label
}

// seven tells whether a charset writes all its letters in ASCII's bytes, or in pairs: then being UTF-8 says nothing.
func seven(label string) bool {
	return strings.HasPrefix(label, "iso-2022") || strings.HasPrefix(label, "utf-16") || strings.HasPrefix(label, "utf-32") ||
		label == "hz-gb-2312"
}

// wide tells whether a charset writes a letter in two bytes which may by chance be UTF-8.
func wide(label string) bool {
	switch label {
	case "gb18030", "big5", "big5-hkscs", "euc-kr", "euc-jp", "shift_jis":
		return true
	}
	return false
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
