package receipt_test

import (
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMail(t *testing.T) {
	t.Parallel()
	plain, asking := gift(), gift()
	plain.Profile = ngo.Profile{}
	asking.Donation.Donor = ngo.Donor{EMail: "a@b.co"}
	for name, g := range map[string]receipt.Gift{"mail-deduction.txt": gift(), "mail-plain.txt": plain, "mail-asking.txt": asking} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject, text := receipt.Mail(issued(t, g))
			golden(t, name, []byte("Subject: "+subject+"\n\n"+text))
		})
	}
}

func TestMailCannotBeTurnedAgainstAnybody(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Win now at https://evil.example", "WWW.evil.example", "x@evil.example", "<b>Asha</b>", "cheap.com", strings.Repeat("buy ", 40), "",
	} {
		g := gift()
		g.Donation.Donor.Name = name
		if _, text := receipt.Mail(issued(t, g)); !strings.HasPrefix(text, "Dear donor,\n") {
			t.Errorf("to %q the mail begins %.60q", name, text)
		}
	}
	f := issued(t, gift())
	f.Org.Name, f.Number, f.Donor.Name = "Sevai\r\nBcc: all@example.org", "1\r\nX: y", "Asha\r\n\x1b[2JRao"
	subject, text := receipt.Mail(f)
	if strings.ContainsAny(subject, "\r\n\x1b") || strings.ContainsAny(text, "\r\x1b") {
		t.Errorf("control signs in %q or %q", subject, text)
	}
	if strings.Contains(text, f.Donor.PAN) {
		t.Error("the mail gives the PAN away")
	}
}
