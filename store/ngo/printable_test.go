package ngo_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "Asha Rao", "Asha Rao"},
		{"Tamil stays", "ஸ்ரீ கோபாலகிருஷ்ணன்", "ஸ்ரீ கோபாலகிருஷ்ணன்"},
		{"Hindi stays", "श्री कृष्ण शर्मा", "श्री कृष्ण शर्मा"},
		{"colour", "\x1b[31mred\x1b[0m", "red"},
		{"clear screen", "a\x1b[2Jb", "ab"},
		{"clipboard with BEL", "a\x1b]52;c;ZXZpbA==\x07b", "ab"},
		{"clipboard with ST", "a\x1b]52;c;ZXZpbA==\x1b\\b", "ab"},
		{"clipboard in C1", "a\u009d52;c;ZXZpbA==\u009cb", "ab"},
		{"CSI in C1", "a\u009b2Jb", "ab"},
		{"raw byte 9b", "a\x9b2Jb", "a2Jb"},
		{"device control", "a\x1bPq#0;2;0\x1b\\b", "ab"},
		{"kitty graphics", "a\x1b_Ga=T;AAAA\x1b\\b", "ab"},
		{"BEL does not end a device control", "a\x1bPq\x07b", "aqb"},
		{"cancelled string", "a\x1b]0;t\x18b", "ab"},
		{"string without an end keeps its text", "a\x1b]0;title", "a0;title"},
		{"string broken by a sequence", "a\x1b]0;t\x1b[31mb", "a0;tb"},
		{"reset", "a\x1bcb", "ab"},
		{"character set", "a\x1b(0b", "ab"},
		{"lone escape", "a\x1b", "a"},
		{"escape before a letter outside ASCII", "\x1bஅ", "அ"},
		{"broken control sequence", "\x1b[1;\x01x", "x"},
		{"bidi override", "a\u202etxt.exe\u202c", "atxt.exe"},
		{"bidi isolates and marks", "\u2066a\u2069\u200e\u200f\u061cb", "ab"},
		{"invisible signs", "a\u200bb\u00adc\u2060d\ufeffe\u3164f\u034fg", "abcdefg"},
		{"tags and selectors", "a\U000E0041b\ufe0f\U000E0100", "ab"},
		{"private use belongs to the desk", "a\uE000\U000F0001\U0010FF00b", "ab"},
		{"noncharacter", "a\uFFFFb\uFDD0", "ab"},
		{"unassigned", "a\U0003FFF0b", "a\uFFFDb"},
		{"line break and tab", "a\nb\tc\r\nd\re\u2028f\u0085g", "a b c d e f g"},
		{"wide spaces", "a\u00a0b\u3000c", "a b c"},
		{"broken UTF-8", "a\xffb\xe0\xaec", "abc"},
		{"NUL and DEL", "a\x00b\x7fc", "abc"},
		{"joiner in a word", "क्\u200dष", "क्\u200dष"},
		{"non-joiner in a word", "श्\u200cश", "श्\u200cश"},
		{"chillu at the end of a word", "അവന്\u200d വന്നു", "അവന്\u200d വന്നു"},
		{"non-joiner in Urdu", "می\u200cخواهم", "می\u200cخواهم"},
		{"joiner between Latin letters", "a\u200db\u200cc", "abc"},
		{"joiner at the edges", "\u200dஅ\u200c", "அ"},
		{"joiner before a space", "அ\u200c ஆ", "அ ஆ"},
		{"many joiners", "क्\u200d\u200d\u200cष", "क्\u200dष"},
		{"joiner over a dropped sign", "अ\u200c\u00adआ", "अ\u200cआ"},
		{"emoji family", "👩\u200d👧", "👩👧"},
		{"mark storm", "a" + strings.Repeat("\u0301", 50) + "b", "a" + strings.Repeat("\u0301", 8) + "b"},
		{"mark storm with joiners", "अ" + strings.Repeat("\u0902\u200d", 50), "अ" + strings.Repeat("\u0902\u200d", 7) + "\u0902"},
		{"mark that would sit on our text", "\u0301a", "a"},
		{"right-to-left letters stay", "سلام", "سلام"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := ngo.Printable(tt.in); got != tt.want {
				t.Errorf("Printable(%q) = %q; want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestPrintableTextKeepsLines(t *testing.T) {
	t.Parallel()
	in := "Dear Asha,\r\n\n\tthank\x1b[1m you\rbye\u2029end"
	if got, want := ngo.PrintableText(in), "Dear Asha,\n\n thank you\nbye\nend"; got != want {
		t.Errorf("PrintableText(%q) = %q; want %q", in, got, want)
	}
}

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"Asha", "\x1b]52;c;QQ==\x07x", "\u009b2J", "क्\u200dष\u200c", "a\u0301\u202e", "\x1b\x1b[[A", "ன்\u200d", "\xe0\xae"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		once := ngo.Printable(in)
		checkPrintable(t, in, once)
		if strings.Contains(once, "\n") {
			t.Errorf("Printable(%q) = %q has a line break", in, once)
		}
		if again := ngo.Printable(once); again != once {
			t.Errorf("Printable(%q) = %q, but again %q", in, once, again)
		}
		text := ngo.PrintableText(in)
		checkPrintable(t, in, strings.ReplaceAll(text, "\n", ""))
		if again := ngo.PrintableText(text); again != text {
			t.Errorf("PrintableText(%q) = %q, but again %q", in, text, again)
		}
	})
}

func checkPrintable(t *testing.T, in, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%q became broken UTF-8: %q", in, out)
	}
	if len(out) > 3*len(in) {
		t.Errorf("%q grew to %q", in, out)
	}
	marks := 0
	for _, r := range out {
		joiner := r == '\u200c' || r == '\u200d'
		if unicode.In(r, unicode.Cc, unicode.Co, unicode.Bidi_Control) || unicode.Is(unicode.Cf, r) && !joiner {
			t.Errorf("%q became %q with %U", in, out, r)
		}
		switch {
		case unicode.Is(unicode.M, r):
			marks++
		case !joiner:
			marks = 0
		}
		if marks > 8 {
			t.Errorf("%q became %q with %d marks on a letter", in, out, marks)
		}
	}
}
