package receipt_test

import (
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/receipt"
)

func TestSalutation(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Win now at https://evil.example", "WWW.evil.example", "x@evil.example", "<b>Asha</b>", "cheap.com", "Visit evil.org", "win bit.ly/3x now", "Casino.XYZ!", "(evil.co.in)", strings.Repeat("buy ", 40), "",
	} {
		if got := receipt.Salutation(name); got != "" {
			t.Errorf("%q is greeted as %q", name, got)
		}
	}
	for _, name := range []string{"Asha Rao", "மீனா சுந்தரம்", "श्रीमती आशा राव", "M/s. Rao & Sons (Madurai)", "Dr.A.R.Rahman", "S.Me.Raman"} {
		if got := receipt.Salutation(name); got != name {
			t.Errorf("%q is greeted as %q", name, got)
		}
	}
}
