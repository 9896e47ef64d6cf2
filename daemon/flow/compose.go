package flow

import (
	"context"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// compose writes the message.
func (f *Flow) compose(ctx context.Context, o *org.Org, l letter, via channel.Account) (channel.Message, error) {
	if l.talk != nil {
		return f.composeTalk(ctx, o, l, via)
	}
	profile, err := o.Profile(ctx)
	if err != nil {
		return channel.Message{}, err
	}
	if l.carries() {
		return f.composeReceipt(ctx, o, l, profile)
	}
	w := writer{texts: f.texts, lang: ngo.Language(l.donation.Donor.Language, profile.Language), org: ngo.Printable(profile.LegalName)}
	if w.org == "" {
		w.org = ngo.Printable(o.Info().Name)
	}
	if !l.asks() {
		return l.mail(w.cancellation(l))
	}
	link, stop := "", ""
	if f.baseURL != "" {
		link = o.DonorLink(f.baseURL, l.donation.ID)
		stop = link + "/stop"
	}
	m, err := l.mail(w.question(l, link, stop))
	m.Unsubscribe = stop
	return m, err
}

// mail makes a message of a page.
func (l *letter) mail(p page) (channel.Message, error) {
	html, err := p.html()
	// No display name: the donor chose it, and a name can be an advertisement.
	return channel.Message{
		ID: l.message.ID, To: ngo.Identity{Kind: ngo.EMail, Value: l.message.Recipient}, FromName: p.Org,
		Subject: ngo.Printable(p.Subject), Text: p.text(), HTML: html,
	}, err
}

// composeReceipt writes the mail that carries a receipt. What goes out besides the original is drawn anew, and says so.
func (f *Flow) composeReceipt(ctx context.Context, o *org.Org, l letter, profile ngo.Profile) (channel.Message, error) {
	facts, err := receipt.Read(l.facts)
	if err != nil {
		return channel.Message{}, err
	}
	facts = facts.For(l.receipt, o.Zone(), o.Info().Slug, f.baseURL)
	pdf, kind, err := f.locked(ctx, o, l, facts, profile)
	if err != nil {
		return channel.Message{}, err
	}
	w := writer{texts: f.texts, lang: ngo.Language(facts.Language), org: ngo.Printable(facts.Org.Name)}
	m, err := l.mail(w.receipt(facts, kind))
	m.Attachments = []channel.Attachment{pdf}
	return m, err
}

// paper gives the document of a receipt as it goes out.
func (f *Flow) paper(ctx context.Context, o *org.Org, l letter, profile ngo.Profile) (channel.Attachment, error) {
	facts, err := receipt.Read(l.facts)
	if err != nil {
		return channel.Attachment{}, err
	}
	pdf, _, err := f.locked(ctx, o, l, facts.For(l.receipt, o.Zone(), o.Info().Slug, f.baseURL), profile)
	return pdf, err
}

// locked gives the document, with the password that the organisation wants on it where the fact is known.
func (f *Flow) locked(ctx context.Context, o *org.Org, l letter, facts receipt.Facts, profile ngo.Profile) (out channel.Attachment, kind ngo.PasswordKind, err error) {
	var pdf []byte
	if l.receipt.CopyIn(l.message.ID) {
		pdf, err = f.draw(ctx, o, facts, receipt.Duplicate)
	} else {
		pdf, err = f.document(ctx, o, l.document)
	}
	if err != nil {
		return out, "", err
	}
	kind, word := password(profile.ReceiptPassword, l.donation.Donor)
	if kind != ngo.PasswordNone {
		if pdf, err = receipt.Lock(pdf, word); err != nil {
			return out, "", err
		}
	}
	return channel.Attachment{Name: fileName(l.receipt.Number), Type: "application/pdf", Data: pdf}, kind, nil
}

// password gives what opens a mailed receipt; none where the organisation wants none, or the fact is not known. It is what is
// known now: a PAN that was put right since the receipt was printed is the one that its donor knows.
func password(kind ngo.PasswordKind, d ngo.Donor) (ngo.PasswordKind, string) {
	word := ""
	switch kind {
	case ngo.PasswordPAN:
		word, _ = ngo.NormalisePAN(d.PAN) // none in what is no PAN
	case ngo.PasswordBorn:
		if year, rest, ok := strings.Cut(string(d.Born), "-"); ok {
			month, day, _ := strings.Cut(rest, "-")
			word = day + month + year
		}
	}
	if word == "" {
		return ngo.PasswordNone, ""
	}
	return kind, word
}

// draw draws a receipt, with the pictures that the organisation had when it was issued.
func (f *Flow) draw(ctx context.Context, o *org.Org, facts receipt.Facts, mark receipt.Mark) ([]byte, error) {
	paper := receipt.Paper{Mark: mark, Printed: f.now().In(o.Zone())}
	for _, p := range []struct {
		id   ngo.BlobID
		into *[]byte
	}{{facts.Logo, &paper.Logo}, {facts.Signature, &paper.Signature}} {
		if p.id == "" {
			continue
		}
		var b store.Blob
		err := o.Store.Read(ctx, func(rx *store.Rx) (err error) { b, err = rx.Blob(p.id); return err })
		if err != nil {
			return nil, err
		}
		if *p.into, err = f.document(ctx, o, b); err != nil {
			return nil, err
		}
	}
	return receipt.PDF(f.fonts, facts, paper)
}

func fileName(number string) string {
	return "receipt-" + strings.ReplaceAll(number, "/", "-") + ".pdf"
}
