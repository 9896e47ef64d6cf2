package razorpay

import (
	"strings"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// noEMail is what Razorpay sends when the form did not ask for an address.
const noEMail = "void@razorpay.com"

// containers are what a payment may come in, in the order in which they are believed about the donor. An order comes last:
// most others are made with one.
var containers = [...]struct {
	name     string
	number   string // the member with the organisation's own number of it
	customer string // the member that says who pays
}{
	{name: "payment_link", number: "reference_id", customer: "customer"},
	{name: "invoice", number: "receipt", customer: "customer_details"},
	{name: "subscription"},
	{name: "qr_code"},
	{name: "virtual_account"},
}

// readDonor puts together who gave and what for: what the payment itself says, and where it is silent what it came in says.
// The name on a card is the card's, not the donor's word, and is not used.
func (a *account) readDonor(payload, p value, out *payment.Payment) {
	fill(&out.Donor, ngo.Donor{EMail: email(p.get("email")), Phone: phone(p.get("contact"))})
	a.fillAnswers(out, p)
	for _, c := range containers {
		x := payload.get(c.name).get("entity")
		a.fillAnswers(out, x)
		if c.customer != "" {
			fill(&out.Donor, customer(x.get(c.customer)))
		}
	}
	a.fillAnswers(out, payload.get("order").get("entity"))
	payer := payload.get("bank_transfer").get("entity").get("payer_bank_account")
	fill(&out.Donor, ngo.Donor{Name: name(payer.get("name"))})
}

// fillAnswers fills the gaps with what the notes of x say.
func (a *account) fillAnswers(out *payment.Payment, x value) {
	answers := notes(x)
	if len(answers) == 0 {
		return
	}
	d := a.mapping.Donor(answers)
	if d.EMail == noEMail {
		d.EMail = ""
	}
	fill(&out.Donor, d)
	purpose, campaign := a.mapping.Purpose(answers)
	fillText(&out.Purpose, purpose)
	fillText(&out.Campaign, campaign)
}

// fill fills the gaps of d. A document's kind and number belong together.
func fill(d *ngo.Donor, with ngo.Donor) {
	fillText(&d.Name, with.Name)
	fillText(&d.Address, with.Address)
	fillText(&d.EMail, with.EMail)
	fillText(&d.Phone, with.Phone)
	fillText(&d.PAN, with.PAN)
	fillText(&d.Language, with.Language)
	fillText(&d.Citizenship, with.Citizenship)
	if d.IDNumber == "" {
		d.IDKind, d.IDNumber = with.IDKind, with.IDNumber
	}
}

func fillText[T ~string](to *T, with T) {
	if *to == "" {
		*to = with
	}
}

// notes gives what the organisation's own form asked the donor. They come as an object, as [] when there are none, as null or
// as a bare text.
func notes(v value) payment.Answers {
	var out payment.Answers
	for key, m := range v.get("notes").members() {
		if s := m.scalar(); s != "" {
			out = append(out, payment.Answer{Name: key, Text: s})
		}
	}
	return out
}

// customer gives what a link or an invoice says of the one who is to pay.
func customer(c value) ngo.Donor {
	if c.kind() != object {
		return ngo.Donor{}
	}
	var parts []string
	for _, member := range [...]string{"line1", "line2", "city", "state", "zipcode"} {
		if s := strings.Trim(line(c.get("billing_address").get(member).scalar()), ", "); s != "" {
			parts = append(parts, s)
		}
	}
	d := ngo.Donor{
		Name: name(c.get("name")), EMail: email(c.get("email")), Phone: phone(c.get("contact")),
		Address: ngo.HideAadhaar(payment.Cut(strings.Join(parts, ", "), maxText)),
	}
	fill(&d, ngo.Donor{Name: name(c.get("customer_name")), EMail: email(c.get("customer_email")), Phone: phone(c.get("customer_contact"))})
	return d
}

func name(v value) string { return ngo.HideAadhaar(payment.Cut(line(v.text()), maxName)) }

func email(v value) string {
	out, err := ngo.NormaliseEMail(v.text())
	if err != nil || out == noEMail {
		return ""
	}
	return out
}

func phone(v value) string {
	out, err := ngo.NormalisePhone(v.scalar())
	if err != nil {
		return ""
	}
	return out
}
