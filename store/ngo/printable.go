package ngo

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may stand on one letter. The longest real syllables need five.
const maxMarks = 8

// Printable makes a stranger's text safe to show in one line on a terminal, in a log or on paper. It takes out escape
// sequences, control, bidi and invisible signs, private-use signs and broken UTF-8, keeps at most 8 combining marks on a
// letter, and turns line breaks and tabs into spaces. ZWJ and ZWNJ stay where Indian and Arabic letters need them.
// Printable text passes unchanged.
func Printable(s string) string { return sanitise(s, false) }

// PrintableText is Printable for text of several lines: line breaks stay, as \n.
func PrintableText(s string) string { return sanitise(s, true) }

func sanitise(s string, lines bool) string {
	if plainASCII(s) {
		return s
	}
	p := printer{lines: lines}
	p.out.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1: // broken UTF-8
		case r == '\r' && strings.HasPrefix(s[i+n:], "\n"): // the \n speaks for both
		case introducer(r):
			n = escapeLen(s[i:])
		default:
			p.put(r)
		}
		i += n
	}
	return p.out.String()
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// printer writes signs one after the other; what may follow depends only on what it has written, so that running it over
// its own output changes nothing.
type printer struct {
	out    strings.Builder
	lines  bool
	last   rune // last sign written
	marks  int  // combining marks written since the last base
	joiner rune // a ZWJ or ZWNJ that waits to see what follows
}

func (p *printer) put(r rune) {
	switch {
	case r == zwj || r == zwnj:
		p.hold(r)
	case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
		p.write(lineBreak(p.lines))
	case r == '\t' || unicode.Is(unicode.Zs, r):
		p.write(' ')
	case invisible(r):
	case unicode.Is(unicode.M, r):
		p.mark(r)
	case !unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S):
		p.write(utf8.RuneError) // not in this Unicode version: nobody knows its width
	default:
		p.write(r)
	}
}

func lineBreak(keep bool) rune {
	if keep {
		return '\n'
	}
	return ' '
}

// mark writes a combining mark, unless it would sit on our own text or be one too many.
func (p *printer) mark(r rune) {
	if p.last == 0 || p.last == '\n' || p.marks == maxMarks {
		return
	}
	marks := p.marks + 1
	p.write(r)
	p.marks = marks
}

// hold keeps a joiner back until the next sign is known. After a virama it means something in any case.
func (p *printer) hold(r rune) {
	switch {
	case p.joiner != 0 || p.last == zwj || p.last == zwnj || !unicode.In(p.last, joining...):
	case virama(p.last):
		p.raw(r)
	default:
		p.joiner = r
	}
}

func (p *printer) write(r rune) {
	if p.joiner != 0 && unicode.In(r, joining...) {
		p.raw(p.joiner)
	}
	p.joiner, p.marks = 0, 0
	p.raw(r)
}

func (p *printer) raw(r rune) {
	p.out.WriteRune(r)
	p.last = r
}

const (
	zwnj = '\u200c'
	zwj  = '\u200d'
)

// joining lists the scripts in whose words a ZWJ or ZWNJ changes what is read.
var joining = []*unicode.RangeTable{
	unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu,
	unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Arabic, unicode.Meetei_Mayek,
}

// virama tells whether r is the sign of the nine Indian blocks and Sinhala that silences a vowel.
func virama(r rune) bool {
	if r == 0x0dca {
		return true
	}
	return r >= 0x0900 && r < 0x0d80 && r&0x7f == 0x4d
}

// invisible tells whether r leaves nothing on paper or belongs to a private agreement (the desk has its own).
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
		unicode.Noncharacter_Code_Point)
}

// introducer tells whether r starts an escape sequence: ESC, or one of the C1 signs that stand for ESC and a letter.
func introducer(r rune) bool {
	switch r {
	case 0x1b, 0x90, 0x98, 0x9b, 0x9d, 0x9e, 0x9f:
		return true
	}
	return false
}

// escapeLen gives the length of the escape sequence at the start of s. Where it has no end, only its introducer counts:
// the rest is then harmless text.
func escapeLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	kind := r - 0x40 // C1 signs are ESC and this letter
	if r == 0x1b {
		if n == len(s) {
			return n
		}
		kind = rune(s[n])
	} else {
		n-- // as if one ASCII letter stood behind ESC
	}
	switch kind {
	case '[':
		return n + 1 + controlLen(s[n+1:])
	case ']', 'P', 'X', '^', '_':
		return n + 1 + stringLen(s[n+1:], kind == ']')
	}
	return shortLen(s, n)
}

// shortLen measures ESC, intermediates, one final sign.
func shortLen(s string, n int) int {
	for i := n; i < len(s); i++ {
		if s[i] >= 0x20 && s[i] <= 0x2f {
			continue
		}
		if s[i] >= 0x30 && s[i] <= 0x7e {
			return i + 1
		}
		break
	}
	return n
}

// controlLen measures what follows CSI: parameters, intermediates, one final sign.
func controlLen(s string) int {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x40 && c <= 0x7e:
			return i + 1
		case c < 0x20 || c > 0x7e:
			return i
		}
	}
	return len(s)
}

// stringLen measures the text of a string sequence with its terminator: ST, and BEL where bel says so. CAN and SUB break it
// off. Without a terminator before the next sequence it is 0; looking no further keeps the whole pass linear.
func stringLen(s string, bel bool) int {
	for i, r := range s {
		switch {
		case r == 0x9c:
			return i + 2
		case r == 0x18, r == 0x1a, r == 0x07 && bel:
			return i + 1
		case r == 0x1b && strings.HasPrefix(s[i+1:], `\`):
			return i + 2
		case introducer(r):
			return 0
		}
	}
	return 0
}
