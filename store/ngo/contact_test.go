package ngo_test

import (
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestNormaliseEMail(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{" Asha.Rao+gift@Example.ORG ", "asha.rao+gift@example.org"},
		{"a@b.co", "a@b.co"},
		{"a@sub.b-c.co", "a@sub.b-c.co"},
		{"", ""}, {"asha", ""}, {"@b.co", ""}, {"a@", ""}, {"a@b", ""}, {"a@@b.co", ""}, {"a@b@c.co", ""},
		{"a b@c.co", ""}, {"a@b.co\r\nBcc: x@y.z", ""}, {"a@b.co\x00", ""}, {"Asha <a@b.co>", ""}, {`"a b"@c.co`, ""},
		{".a@b.co", ""}, {"a.@b.co", ""}, {"a..b@c.co", ""}, {"a@-b.co", ""}, {"a@b..co", ""}, {"a@1.2.3.4", ""}, {"a@b.co.", ""},
		{"அ@b.co", ""}, {"a@தமிழ்.co", ""},
		{strings.Repeat("a", 65) + "@b.co", ""}, {"a@" + strings.Repeat("b.", 130) + "co", ""},
	} {
		got, err := ngo.NormaliseEMail(tt.in)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("NormaliseEMail(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if err != nil && ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("NormaliseEMail(%q) fails with %s; want invalid", tt.in, ngo.CodeOf(err))
		}
	}
}

func TestNormalisePhone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"9876543210", "+919876543210"},
		{"09876543210", "+919876543210"},
		{"+91 98765 43210", "+919876543210"},
		{"+91-98765-43210", "+919876543210"},
		{"91 98765 43210", "+919876543210"},
		{"0091 98765 43210", "+919876543210"},
		{"+91 (0) 98765 43210", "+919876543210"},
		{"tel:+919876543210", "+919876543210"},
		{"(044) 2345 6789", "+914423456789"},
		{"௯௮௭௬௫௪௩௨௧௦", "+919876543210"},
		{"९८७६५४३२१०", "+919876543210"},
		{"9176543210", "+919176543210"},
		{"+1 415 555 2671", "+14155552671"},
		{"0044 20 7946 0958", "+442079460958"},
		{"", ""}, {"+", ""}, {"12345", ""}, {"9999999999", ""}, {"+919999999999", ""}, {"0000000000", ""}, {"1234567890", ""},
		{"+91 12345", ""}, {"98765432101", ""}, {"call me", ""}, {"98765+43210", ""}, {"9876543210 ext 5", ""}, {"+0123456789", ""},
		{"+1234567890123456", ""}, {"+44", ""}, {"11111111", ""},
	} {
		got, err := ngo.NormalisePhone(tt.in)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("NormalisePhone(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"9876543210", "+91 (0) 98765 43210", "00442079460958", "௯௮௭௬௫௪௩௨௧௦", "asha@example.org", "ABCPE1234F"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, normalise := range map[string]func(string) (string, error){
			"phone": ngo.NormalisePhone, "email": ngo.NormaliseEMail, "pan": ngo.NormalisePAN,
		} {
			once, err := normalise(s)
			if err != nil {
				continue
			}
			if again, err := normalise(once); err != nil || again != once {
				t.Errorf("%s: %q became %q, then %q, %v", name, s, once, again, err)
			}
			if strings.ContainsAny(once, "\r\n \t") {
				t.Errorf("%s: %q became %q, with white space", name, s, once)
			}
		}
	})
}

func TestPAN(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want, mask string }{
		{"abcpe1234f", "ABCPE1234F", "ABCxxxxx4F"},
		{" ABCPE 1234 F ", "ABCPE1234F", "ABCxxxxx4F"},
		{"ABCXE1234F", "", "xxxxxxxxxx"},
		{"ABCPE12345", "", "xxxxxxxxxx"},
		{"ABCPE1234", "", "xxxxxxxxxx"},
		{"", "", ""},
	} {
		got, err := ngo.NormalisePAN(tt.in)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("NormalisePAN(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
		if err != nil && tt.in != "" && strings.Contains(err.Error(), tt.in) {
			t.Errorf("the error repeats the number: %v", err)
		}
		shown := got
		if err != nil {
			shown = tt.in
		}
		if mask := ngo.MaskPAN(shown); mask != tt.mask {
			t.Errorf("MaskPAN(%q) = %q; want %q", shown, mask, tt.mask)
		}
	}
}

func TestMaskIDShowsTheEndOnly(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "K12": "xxx", "P1234567": "xxxxxx67", "தநா1234": "xxxxx34"} {
		if got := ngo.MaskID(in); got != want {
			t.Errorf("MaskID(%q) = %q; want %q", in, got, want)
		}
	}
}
