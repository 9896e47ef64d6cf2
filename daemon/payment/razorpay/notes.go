package razorpay

import (
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The names under which organisations ask for a donor's facts in their payment forms, the plainest last. Case, spaces and
// punctuation in a name do not count: "Donor Name" is donorname.
var (
	nameNotes    = [...]string{"donorname", "donorfullname", "fullname", "nameofdonor", "yourname", "name"}
	addressNotes = [...]string{"donoraddress", "postaladdress", "fulladdress", "billingaddress", "address"}
	panNotes     = [...]string{"donorpan", "pannumber", "panno", "pancard", "pancardnumber", "pancardno", "pan"}
	emailNotes   = [...]string{"donoremail", "emailaddress", "emailid", "email"}
	phoneNotes   = [...]string{"donorphone", "phonenumber", "mobilenumber", "mobileno", "whatsappnumber", "mobile", "contact", "phone"}
	purposeNotes = []string{"donationpurpose", "purposeofdonation", "donationfor", "purpose", "campaignname", "campaign", "cause", "project"}
)

// noEMail is what Razorpay sends when the form did not ask for an address.
const noEMail = "void@razorpay.com"

// notes are what the organisation's own form asked the donor, by folded name.
type notes []note

type note struct{ name, text string }

// readNotes takes notes as they come: an object, [] when there are none, null or a bare text.
func readNotes(v value) notes {
	if v.kind() != object {
		return nil
	}
	out := make(notes, 0, 16)
	for key, m := range v.members() {
		if s := m.scalar(); s != "" {
			out = append(out, note{name: foldName(key), text: s})
		}
	}
	return out
}

func foldName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}

// find gives the first answer to one of the questions, in the order of names, as one clean line.
func (n notes) find(limit int, names ...string) string {
	for _, name := range names {
		for _, x := range n {
			if x.name != name {
				continue
			}
			if s := answer(x.text); s != "" {
				return cut(s, limit)
			}
		}
	}
	return ""
}

// answer cleans what a donor typed; what people type to get past a required field is no answer.
func answer(s string) string {
	lines := strings.Split(ngo.PrintableText(s), "\n")
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.Trim(strings.Join(strings.Fields(l), " "), ", "); l != "" {
			kept = append(kept, l)
		}
	}
	s = strings.Join(kept, ", ")
	switch strings.ToLower(s) {
	case "na", "n/a", "n.a.", "nil", "none", "null", "undefined", "-", "--", ".":
		return ""
	}
	return s
}

// donor puts together who gave. The name on a card is the card's, not the donor's word, and is not used.
func (n notes) donor(p value) ngo.Donor {
	d := ngo.Donor{
		Name:    n.find(maxName, nameNotes[:]...),
		Address: n.find(maxText, addressNotes[:]...),
		EMail:   email(p.get("email").text()),
		Phone:   phone(p.get("contact").scalar()),
	}
	if d.Name == "" {
		d.Name = strings.TrimSpace(n.find(maxName/2, "firstname") + " " + n.find(maxName/2, "lastname", "surname"))
	}
	if d.EMail == "" {
		d.EMail = email(n.find(maxText, emailNotes[:]...))
	}
	if d.Phone == "" {
		d.Phone = phone(n.find(maxText, phoneNotes[:]...))
	}
	if pan, err := ngo.NormalisePAN(strings.ReplaceAll(n.find(maxText, panNotes[:]...), "-", "")); err == nil {
		d.PAN = pan
	}
	return d
}

func email(s string) string {
	out, err := ngo.NormaliseEMail(s)
	if err != nil || out == noEMail {
		return ""
	}
	return out
}

func phone(s string) string {
	out, err := ngo.NormalisePhone(s)
	if err != nil {
		return ""
	}
	return out
}
