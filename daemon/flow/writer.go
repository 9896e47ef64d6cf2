package flow

import (
	"embed"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store/ngo"
)

//go:embed lang/*.toml
var langFiles embed.FS

// writer writes mail to donors in one language, in the name of one organisation.
type writer struct {
	texts ngo.Texts
	lang  string
	org   string
}

func (w writer) say(key string, pairs ...string) string { return w.texts.Say(w.lang, key, pairs...) }

// gift says a sentence about a gift.
func (w writer) gift(key string, d ngo.Donation, pairs ...string) string {
	return w.say(key, append(pairs, "amount", d.Amount.Format(), "day", ngo.FormatDate(d.Given, w.lang))...)
}

// page puts paragraphs between the salutation and the close.
func (w writer) page(donor ngo.Donor, paragraphs ...string) string {
	hello := w.say("greeting")
	if name := receipt.Salutation(ngo.Printable(donor.Name)); name != "" {
		hello = w.say("greeting_name", "name", name)
	}
	all := append([]string{hello}, paragraphs...)
	return strings.Join(append(all, w.say("closing")+"\n"+w.org), "\n\n") + "\n"
}

// question asks the donor for what is missing: on a page of ours, or by return of mail where there is none.
func (w writer) question(l letter, link string) (subject, text string) {
	d := l.donation
	subject, first := w.say("ask_subject", "org", w.org), w.gift("ask_thanks", d)
	if l.message.Kind == ngo.MessageReminder {
		subject, first = w.say("reminder_subject", "org", w.org), w.gift("reminder_again", d)
	}
	list := w.say("ask_why")
	for _, fact := range d.Donor.Missing() {
		list += "\n- " + w.say("missing_"+fact)
	}
	paragraphs := []string{first, list}
	if link == "" {
		paragraphs = append(paragraphs, w.say("ask_reply"))
	} else {
		paragraphs = append(paragraphs, w.say("ask_link")+"\n"+link, w.say("ask_note"))
	}
	return subject, w.page(d.Donor, append(paragraphs, w.say("ask_safe"))...)
}

// cancellation tells the donor that a receipt is void, and why.
func (w writer) cancellation(l letter) (subject, text string) {
	d, number := l.donation, l.receipt.Number
	paragraphs := []string{w.gift("cancel_only", d, "number", number)}
	if d.State == ngo.DonationReversed {
		why := "cancel_refunded"
		if l.payment.State == ngo.PaymentChargedBack {
			why = "cancel_disputed"
		}
		paragraphs = []string{w.gift(why, d), w.say("cancel_void", "number", number)}
	}
	return w.say("cancel_subject", "number", number), w.page(d.Donor, append(paragraphs, w.say("question"))...)
}
