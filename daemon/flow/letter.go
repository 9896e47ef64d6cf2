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

// letter is all that sending a message takes.
type letter struct {
	message  ngo.Message
	receipt  ngo.Receipt
	facts    []byte
	document store.Blob
	donation ngo.Donation // of mail that carries no receipt
	payment  ngo.Payment
}

func letterOf(ctx context.Context, o *org.Org, id ngo.MessageID) (l letter, err error) {
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if l.message, err = rx.Message(id); err != nil {
			return err
		}
		if l.message.Receipt != "" {
			if l.receipt, err = rx.Receipt(l.message.Receipt); err != nil {
				return err
			}
		}
		if l.carries() {
			return l.readReceipt(rx)
		}
		return l.readGift(rx)
	})
	return l, err
}

// carries tells whether the message carries a receipt.
func (l *letter) carries() bool { return l.message.Kind == ngo.MessageReceipt }

func (l *letter) readReceipt(rx *store.Rx) (err error) {
	if l.receipt.Document == "" {
		return nil
	}
	if l.facts, err = rx.ReceiptFacts(l.receipt.ID); err != nil {
		return err
	}
	l.document, err = rx.Blob(l.receipt.Document)
	return err
}

func (l *letter) readGift(rx *store.Rx) (err error) {
	if l.message.Donation == "" {
		return nil
	}
	if l.donation, err = rx.Donation(l.message.Donation); err != nil {
		return err
	}
	l.payment, err = rx.Payment(l.donation.Payment)
	return err
}

// about tells whether a message is about a gift or its receipt: what it says can then be made anew, and sent twice under one
// Message-ID it shows once.
func about(m ngo.Message) bool { return m.Receipt != "" || m.Donation != "" }

// unsendable gives how the job ends when the message cannot go out, or not now; nil when it can.
func (l *letter) unsendable() func(*store.Tx, ngo.Job) error {
	m := l.message
	move := func(to ngo.MessageState, reason string) func(*store.Tx, ngo.Job) error {
		return func(tx *store.Tx, job ngo.Job) error {
			if err := tx.MoveMessage(m.ID, to, reason, "", ""); err != nil {
				return err
			}
			return tx.Finish(job)
		}
	}
	switch {
	case m.State != ngo.MessageQueued && m.State != ngo.MessageSending:
		return func(tx *store.Tx, job ngo.Job) error { return tx.Finish(job) } // it ran before
	case !about(m) && m.State == ngo.MessageSending:
		return move(ngo.MessageUncertain, "The program stopped while it was being sent. Find out whether it arrived before it is sent again.")
	case m.Recipient == "":
		return move(ngo.MessageFailed, "No address is known any more.")
	case !about(m):
		return move(ngo.MessageFailed, "It has nothing to say: it belongs to no receipt.")
	case l.carries() && l.receipt.State != ngo.ReceiptIssued:
		return move(ngo.MessageFailed, "The receipt is no longer valid.")
	case l.carries() && l.receipt.Document == "":
		return func(tx *store.Tx, job ngo.Job) error {
			return tx.Retry(job, pause(job.Attempts, longPause), "the receipt's document is not ready yet")
		}
	case l.asks() && l.donation.State != ngo.DonationWaiting:
		return move(ngo.MessageFailed, "The gift does not wait for facts any more.")
	case l.asks() && m.Recipient != addressOf(l.donation):
		return move(ngo.MessageFailed, "The donor has another address now.")
	}
	return nil
}

func (l *letter) asks() bool { return asks(l.message) }

// asks tells whether a message asks the donor for facts.
func asks(m ngo.Message) bool { return m.Kind == ngo.MessageAsk || m.Kind == ngo.MessageReminder }

// compose writes the mail.
func (f *Flow) compose(ctx context.Context, o *org.Org, l letter) (channel.Message, error) {
	if l.carries() {
		return f.composeReceipt(ctx, o, l)
	}
	profile, err := o.Profile(ctx)
	if err != nil {
		return channel.Message{}, err
	}
	w := writer{texts: f.texts, lang: ngo.Language(l.donation.Donor.Language, profile.Language), org: ngo.Printable(profile.LegalName)}
	if w.org == "" {
		w.org = ngo.Printable(o.Info().Name)
	}
	subject, text := w.cancellation(l)
	if l.asks() {
		link := ""
		if f.baseURL != "" {
			link = o.DonorLink(f.baseURL, l.donation.ID)
		}
		subject, text = w.question(l, link)
	}
	return channel.Message{
		ID: l.message.ID, To: ngo.Identity{Kind: ngo.EMail, Value: l.message.Recipient}, FromName: w.org,
		Subject: ngo.Printable(subject), Text: ngo.PrintableText(text),
	}, nil
}

// composeReceipt writes the mail that carries a receipt.
func (f *Flow) composeReceipt(ctx context.Context, o *org.Org, l letter) (channel.Message, error) {
	facts, err := receipt.Read(l.facts)
	if err != nil {
		return channel.Message{}, err
	}
	pdf, err := f.document(ctx, o, l.document)
	if err != nil {
		return channel.Message{}, err
	}
	facts = facts.For(l.receipt, o.Zone(), o.Info().Slug, f.baseURL)
	subject, text := receipt.Mail(facts)
	// No display name: the donor chose it, and a name can be an advertisement.
	return channel.Message{
		ID: l.message.ID, To: ngo.Identity{Kind: ngo.EMail, Value: l.message.Recipient}, FromName: facts.Org.Name,
		Subject: subject, Text: text,
		Attachments: []channel.Attachment{{Name: fileName(l.receipt.Number), Type: "application/pdf", Data: pdf}},
	}, nil
}

func fileName(number string) string {
	return "receipt-" + strings.ReplaceAll(number, "/", "-") + ".pdf"
}
