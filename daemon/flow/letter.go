package flow

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// drawnWithin is how long a message with a receipt waits in a conversation for its document, and all that was written after it with it.
// Then the receipt goes by mail.
const drawnWithin = 30 * time.Minute

// letter is all that sending a message takes.
type letter struct {
	message  ngo.Message
	receipt  ngo.Receipt
	facts    []byte
	document store.Blob
	donation ngo.Donation
	payment  ngo.Payment // of mail that carries no receipt
	talk     *talk       // of a message in a conversation; nil for mail by itself
	quiet    bool        // the donor asked for no more messages
}

func letterOf(ctx context.Context, o *org.Org, id ngo.MessageID) (l letter, err error) {
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if l.message, err = rx.Message(id); err != nil {
			return err
		}
		if l.message.Conversation != "" {
			c, err := rx.Conversation(l.message.Conversation)
			if err != nil {
				return err
			}
			// Mail about a gift stays what it was, also when an answer to it began a conversation.
			if !about(l.message) || c.Kind != ngo.Mail {
				if err := l.readTalk(rx, c); err != nil {
					return err
				}
			}
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
	if l.document, err = rx.Blob(l.receipt.Document); err != nil {
		return err
	}
	l.donation, err = rx.Donation(l.receipt.Donation)
	return err
}

func (l *letter) readGift(rx *store.Rx) (err error) {
	if l.message.Donation == "" {
		return nil
	}
	if l.donation, err = rx.Donation(l.message.Donation); err != nil {
		return err
	}
	if l.message.Kind == ngo.MessageReminder {
		if l.quiet, err = stopped(rx, l.donation.Person); err != nil {
			return err
		}
	}
	l.payment, err = rx.Payment(l.donation.Payment)
	return err
}

// stopped tells whether a donor, or who is shown as one with them, asked for no more messages.
func stopped(rx *store.Rx, id ngo.PersonID) (bool, error) {
	if id == "" {
		return false, nil
	}
	root, err := rx.RootOf(id)
	if err != nil {
		return false, err
	}
	return rx.Stopped(root)
}

// about tells whether a message is about a gift or its receipt: what it says can then be made anew, and sent twice under one
// Message-ID it shows once.
func about(m ngo.Message) bool { return m.Receipt != "" || m.Donation != "" }

// unsendable gives how the job ends when the message cannot go out, or not now; nil when it can.
func (l *letter) unsendable() func(*store.Tx, ngo.Job) error {
	m := l.message
	move := func(to ngo.MessageState, reason string) func(*store.Tx, ngo.Job) error {
		return func(tx *store.Tx, job ngo.Job) error { return l.end(tx, job, store.Outcome{State: to, Reason: reason}) }
	}
	switch {
	case !pending(m):
		return func(tx *store.Tx, job ngo.Job) error { return tx.Finish(job) } // it ran before
	case (l.talk != nil || !about(m)) && m.State == ngo.MessageSending:
		return move(ngo.MessageUncertain, interrupted)
	case m.Recipient == "":
		return move(ngo.MessageFailed, "No address is known any more.")
	case l.talk == nil && !about(m):
		return move(ngo.MessageFailed, "It has nothing to say: it belongs to no receipt.")
	case l.talk != nil && l.talk.stopped():
		return move(ngo.MessageFailed, "They asked for no more messages. What they write can be answered.")
	case l.carries() && l.receipt.State != ngo.ReceiptIssued:
		return move(ngo.MessageWithdrawn, "The receipt is no longer valid.")
	case l.carries() && l.receipt.Document == "":
		return func(tx *store.Tx, job ngo.Job) error {
			if l.talk != nil && tx.Now().Sub(since(m)) > drawnWithin {
				return l.end(tx, job, store.Outcome{State: ngo.MessageFailed, Reason: "The receipt's document was not ready in time."})
			}
			return tx.Retry(job, pause(job.Attempts, longPause), "the receipt's document is not ready yet")
		}
	case l.asks() && l.donation.State != ngo.DonationWaiting:
		return move(ngo.MessageWithdrawn, "The gift does not wait for facts any more.")
	case m.Kind == ngo.MessageReminder && l.quiet:
		return move(ngo.MessageWithdrawn, "The donor asked for no more messages.")
	case m.Kind == ngo.MessageReminder && l.donation.Quiet:
		return move(ngo.MessageWithdrawn, "The donor wants no more reminders.")
	case l.asks() && m.Recipient != addressOf(l.donation):
		return move(ngo.MessageWithdrawn, "The donor has another address now.")
	}
	return nil
}

func (l *letter) asks() bool { return asks(l.message) }

// asks tells whether a message asks the donor for facts.
func asks(m ngo.Message) bool { return m.Kind == ngo.MessageAsk || m.Kind == ngo.MessageReminder }

// over lets the next message of the conversation go that waited for this one, and has mail carry what a messenger did not take: the
// provider may have told that before it answered.
func (l *letter) over(tx *store.Tx) error {
	if l.talk == nil {
		return nil
	}
	if l.carries() {
		now, err := tx.Message(l.message.ID)
		if err != nil {
			return err
		}
		if now.State == ngo.MessageFailed {
			if err := instead(tx, now); err != nil {
				return err
			}
		}
	}
	return tx.Follow(l.talk.ID)
}
