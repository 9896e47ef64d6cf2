package receipt

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Mail writes the mail that carries a receipt to its donor. Both parts are clean: the subject is one line, and the text says
// nothing that a stranger slipped into a name.
func Mail(f Facts) (subject, text string) {
	f = f.English()
	org := ngo.Printable(f.Org.Name)
	subject = ngo.Printable(fmt.Sprintf("Your gift to %s: receipt %s", org, f.Number))
	var b strings.Builder
	name := Salutation(f.Donor.Name)
	if name == "" {
		name = "donor"
	}
	fmt.Fprintf(&b, "Dear %s,\n\n", name)
	fmt.Fprintf(&b, "Thank you for your gift of %s on %s. Your receipt %s is attached to this mail.\n\n",
		f.Amount.Format(), ngo.FormatDate(f.Day, "en"), f.Number)
	if text := f.remainder().own; text != "" {
		b.WriteString(text + "\n\n")
	}
	b.WriteString(taxText(f))
	b.WriteString("With thanks,\n")
	if f.Org.Signatory != "" {
		b.WriteString(f.Org.Signatory + "\n")
	}
	if f.Org.SignatoryTitle != "" {
		b.WriteString(f.Org.SignatoryTitle + ", ")
	}
	b.WriteString(org + "\n")
	return subject, ngo.PrintableText(b.String())
}

func taxText(f Facts) string {
	if f.Tax {
		return f.Deduction + "\n\n" + f.Certificate + "\n\n"
	}
	var b strings.Builder
	b.WriteString(f.noDeduction().own + "\n")
	for _, r := range f.Reasons {
		b.WriteString("- " + r.Text + "\n")
	}
	if f.Asks() {
		b.WriteString("\n" + f.say("please_tell").own + "\n")
	}
	return b.String() + "\n"
}

// noDeduction introduces the reasons.
func (f Facts) noDeduction() phrase {
	if len(f.Reasons) > 1 {
		return f.say("reasons_many")
	}
	return f.say("reasons_one")
}

const longestGreeting = 80

// Salutation gives the name to begin a mail with; empty when there is none to use. Whoever pays one rupee chooses name and
// address: what looks like an advertisement is not mailed on.
func Salutation(name string) string {
	lower := strings.ToLower(name)
	for _, sign := range []string{"://", "www.", "@", ".com", ".in/", "<", ">"} {
		if strings.Contains(lower, sign) {
			return ""
		}
	}
	if utf8.RuneCountInString(name) > longestGreeting {
		return ""
	}
	return name
}
