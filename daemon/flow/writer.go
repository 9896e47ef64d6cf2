package flow

import (
	"embed"

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

// part says a paragraph.
func (w writer) part(key string, pairs ...string) part { return part{Text: w.say(key, pairs...)} }

// gift says a paragraph about a gift.
func (w writer) gift(key string, amount ngo.Money, day ngo.Date, pairs ...string) part {
	return w.part(key, append(pairs, "amount", amount.Format(), "day", ngo.FormatDate(day, w.lang))...)
}

// page puts paragraphs between the salutation and the close.
func (w writer) page(subject, name string, parts ...part) page {
	return page{Lang: w.lang, Org: w.org, Subject: subject, Greeting: w.greeting(name), Parts: parts, Closing: []string{w.say("closing"), w.org}}
}

// question asks the donor for what is missing: on a page of ours, or by return of mail where there is none.
func (w writer) question(l letter, link, stop string) page {
	d := l.donation
	subject, first := w.say("ask_subject", "org", w.org), w.gift("ask_thanks", d.Amount, d.Given)
	if l.message.Kind == ngo.MessageReminder {
		subject, first = w.say("reminder_subject", "org", w.org), w.gift("reminder_again", d.Amount, d.Given)
	}
	list := w.part("ask_why")
	for _, fact := range d.Donor.Missing() {
		list.Items = append(list.Items, w.say("missing_"+fact))
	}
	parts := []part{first, list}
	if link == "" {
		return w.page(subject, d.Donor.Name, append(parts, w.part("ask_reply"), w.part("ask_safe"))...)
	}
	return w.page(subject, d.Donor.Name, append(parts, part{Text: w.say("ask_link"), Link: link, Label: w.say("ask_open")}, w.part("ask_note"), w.part("ask_safe"),
		part{Text: w.say("ask_stop"), Link: stop, Label: w.say("stop_open"), Small: true})...)
}

// cancellation tells the donor that a receipt is void, and why.
func (w writer) cancellation(l letter) page {
	d, number := l.donation, l.receipt.Number
	parts := []part{w.gift("cancel_only", d.Amount, d.Given, "number", number)}
	switch {
	case d.State == ngo.DonationReversed && l.payment.State == ngo.PaymentChargedBack:
		parts = []part{w.gift("cancel_disputed", d.Amount, d.Given), w.part("cancel_void", "number", number)}
	case d.State == ngo.DonationReversed:
		parts = []part{w.gift("cancel_refunded", d.Amount, d.Given), w.part("cancel_void", "number", number)}
	case d.NoReceipt:
		parts = []part{w.gift("cancel_mistake", d.Amount, d.Given, "number", number), w.part("cancel_void", "number", number)}
	}
	return w.page(w.say("cancel_subject", "number", number), d.Donor.Name, append(parts, w.part("question"))...)
}

// receipt writes the mail that carries a receipt; locked is the fact by which the document opens.
func (w writer) receipt(f receipt.Facts, locked ngo.PasswordKind) page {
	subject := w.say("receipt_subject", "org", w.org, "number", f.Number)
	parts := []part{w.gift("receipt_thanks", f.Amount, f.Day, "number", f.Number)}
	if f.ReplacesNumber != "" {
		subject = w.say("replaced_subject", "org", w.org, "number", f.Number)
		parts = []part{w.gift("replaced_thanks", f.Amount, f.Day, "number", f.Number), w.part("replaced_old", "number", f.ReplacesNumber)}
	}
	if f.Paid.Minor > f.Amount.Minor {
		back := ngo.Money{Minor: f.Paid.Minor - f.Amount.Minor, Currency: f.Amount.Currency}
		parts = append(parts, w.part("went_back", "paid", f.Paid.Format(), "back", back.Format()))
	}
	if locked != ngo.PasswordNone {
		parts = append(parts, w.part("locked_"+string(locked)))
	}
	parts = append(parts, w.tax(f)...)
	if f.VerifyURL != "" {
		parts = append(parts, part{Text: w.say("receipt_check"), Link: f.VerifyURL, Small: true})
	}
	p := w.page(subject, f.Donor.Name, append(parts, w.part("question"))...)
	p.Closing = []string{w.say("closing")}
	for _, line := range []string{f.Org.Signatory, f.Org.SignatoryTitle, w.org} {
		if line != "" {
			p.Closing = append(p.Closing, line)
		}
	}
	return p
}

// tax says what the paper says of a deduction, in the words that were fixed when it was issued.
func (w writer) tax(f receipt.Facts) []part {
	if f.Tax {
		return []part{{Text: f.Deduction}, {Text: f.Certificate}}
	}
	why := w.part("plain_one")
	if len(f.Reasons) > 1 {
		why = w.part("plain_many")
	}
	for _, r := range f.Reasons {
		why.Items = append(why.Items, r.Text)
	}
	if f.Asks() {
		return []part{why, w.part("please_tell")}
	}
	return []part{why}
}
