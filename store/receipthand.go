package store

import (
	"errors"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What people do with receipts. None of it can be undone: a number that was given is never taken back.

// WantReceipt has a receipt issued for a gift that has none, for the reason given. It fails with Invalid without a reason, and
// with Conflict when the gift has one, is held, waits or went back, or its donor was erased.
func (t *Tx) WantReceipt(id ngo.DonationID, reason string) error {
	reason, err := because(reason)
	if err != nil {
		return err
	}
	was, err := t.gift(id)
	if err != nil {
		return err
	}
	if err := was.receiptable(); err != nil {
		return err
	}
	if was.Receipt != "" {
		return &ngo.Error{Code: ngo.Conflict, Message: "donation " + string(id) + " has a receipt already", Hint: "see it: ngoctl receipt show " + string(was.Receipt)}
	}
	now := was
	now.NoReceipt, now.Reissue = false, ""
	if _, _, err := t.keep(was, now, 0); err != nil {
		return err
	}
	t.audit("receipt.want", string(id), nil, facts{{"reason", personal(reason)}})
	return t.Enqueue(ngo.LanePayment, ngo.JobReact, string(id), 0)
}

// because checks why somebody does something.
func because(reason string) (string, error) {
	if reason = line(reason, mostText); reason == "" {
		return "", &ngo.Error{Code: ngo.Invalid, Message: "a reason is missing", Hint: "say in a sentence why: whoever looks at it next reads that"}
	}
	return reason, nil
}

// receiptable tells why no receipt can be issued for a gift, with Conflict; nil when one can.
func (g *gift) receiptable() error {
	id := string(g.ID)
	conflict := func(message, hint string) error {
		return &ngo.Error{Code: ngo.Conflict, Message: message, Hint: hint}
	}
	switch {
	case g.hasErased:
		return conflict("the donor's data was erased at the donor's wish: no receipt can name the donor any more", "")
	case g.State == ngo.DonationHeld:
		return conflict("donation "+id+" is held: "+g.Reason, "look at it first, then: ngoctl donation release "+id)
	case g.State == ngo.DonationReversed:
		return conflict("donation "+id+" went back to the donor: "+g.Reason, "there is nothing to receipt")
	case g.State == ngo.DonationWaiting:
		return conflict("donation "+id+" waits: "+g.Reason,
			"enter what is missing: ngoctl donation edit "+id+"; or for a receipt without deduction: ngoctl donation release "+id)
	}
	return nil
}

// VoidByHand ends a receipt that was a mistake and leaves the mail that tells the donor. Its gift has none from then on, until
// WantReceipt. It fails with Invalid without a reason, and with Conflict when the receipt does not stand any more.
func (t *Tx) VoidByHand(id ngo.ReceiptID, reason string) error {
	reason, err := because(reason)
	if err != nil {
		return err
	}
	r, err := t.Receipt(id)
	if err != nil {
		return err
	}
	if err := t.VoidReceipt(id, reason); err != nil {
		return err
	}
	was, err := t.gift(r.Donation)
	if err != nil {
		return err
	}
	now := was
	now.NoReceipt, now.Reissue = true, ""
	if _, _, err := t.keep(was, now, 0); err != nil {
		return err
	}
	return t.tellVoid(r, was.Donation)
}

// tellVoid queues the mail that says that a receipt is void, where an address is known and the receipt was seen, and leaves the
// job that sends it. It names the receipt that the donor has.
func (t *Tx) tellVoid(r ngo.Receipt, d ngo.Donation) error {
	seen, err := t.ReceiptSeen(r.ID)
	if err != nil || seen == "" {
		return err
	}
	address, err := ngo.NormaliseEMail(d.Donor.EMail)
	if err != nil {
		return nil //nolint:nilerr // nobody can be written to
	}
	m := ngo.Message{ID: ngo.NewID[ngo.MessageID](t.now), Kind: ngo.MessageCancellation, Donation: d.ID, Receipt: seen, Person: d.Person, Recipient: address}
	return errors.Join(t.AddMessage(m), t.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(m.ID), 0))
}

// ReplaceByHand leaves the work of replacing a receipt by one of its gift's facts as they are then. It fails with Invalid
// without a reason, and with Conflict when the receipt does not stand any more, its gift is held or went back, or the donor was
// erased.
func (t *Tx) ReplaceByHand(id ngo.ReceiptID, reason string) error {
	reason, err := because(reason)
	if err != nil {
		return err
	}
	r, err := t.Receipt(id)
	if err != nil {
		return err
	}
	if r.State != ngo.ReceiptIssued {
		return errEnded(r)
	}
	was, err := t.gift(r.Donation)
	if err != nil {
		return err
	}
	if err := was.receiptable(); err != nil {
		return err
	}
	now := was
	now.Reissue = reason
	if _, _, err := t.keep(was, now, 0); err != nil {
		return err
	}
	return t.Enqueue(ngo.LanePayment, ngo.JobReact, string(r.Donation), 0)
}

const clearReissue = `
update donation
set reissue = ''
where id = $1`

// Reissued notes that what ReplaceByHand asked for was done.
func (t *Tx) Reissued(id ngo.DonationID) error {
	if err := t.must("donation", string(id), clearReissue, string(id)); err != nil {
		return err
	}
	t.changed("donation", string(id))
	return nil
}

const (
	// giveReceipt notes who gave the original, and how often it was copied when somebody else had.
	giveReceipt = `
update receipt
set given = coalesce(given, $2),
    given_by = case when given is null then $3 else given_by end,
    copies = copies + case when given is not null and given_by <> $3 then $4 else 0 end
where id = $1
returning given_by, copies`

	copyReceipt = `
update receipt
set copies = copies + 1
where id = $1
returning given_by, copies`

	takeBack = `
update receipt
set given = null,
    given_by = ''
where id = $1
  and given_by = $2
  and not exists (select 1 from message m where m.id = $2 and m.perhaps = 1)`

	doubtMessage = `
update message
set perhaps = 1
where id = $1`
)

type givenRow struct {
	by     string
	copies int64
}

func scanGiven(s scanner) (g givenRow, err error) { return g, s.Scan(&g.by, &g.copies) }

// CopyGiven notes that staff takes a receipt's document, and tells whether it is the original: that of a receipt that stands
// leaves once, by mail or by hand. Every other is a copy, which the trail keeps.
func (t *Tx) CopyGiven(id ngo.ReceiptID) (first bool, err error) {
	r, err := t.Receipt(id)
	if err != nil {
		return false, err
	}
	if r.State == ngo.ReceiptIssued && r.Given == nil {
		if _, err := get(t.w, "receipt", string(id), scanGiven, giveReceipt, string(id), t.stamp(), t.actor, 0); err != nil {
			return false, err
		}
		t.audit("receipt.give", string(id), nil, facts{{"number", r.Number}})
		t.changed("receipt", string(id))
		return true, nil
	}
	g, err := get(t.w, "receipt", string(id), scanGiven, copyReceipt, string(id))
	if err != nil {
		return false, err
	}
	t.copied(r.ID, g, "")
	return false, nil
}

func (t *Tx) copied(id ngo.ReceiptID, g givenRow, m ngo.MessageID) {
	t.audit("receipt.reprint", string(id), nil, facts{{"copy", g.copies}, {"message", string(m)}})
	t.changed("receipt", string(id))
}

// MayHaveLeft notes that a message may have gone out, for no outcome of a try is known: the original that it carried counts as
// gone from then on, whatever becomes of later tries.
func (t *Tx) MayHaveLeft(id ngo.MessageID) error {
	return t.must("message", string(id), doubtMessage, string(id))
}

// mailed notes what became of the original when a message that carries a receipt moves: it leaves with the first that begins
// to go out, and comes back when that one was not taken. A copy counts once it is out.
func (t *Tx) mailed(m ngo.Message, to ngo.MessageState) error {
	if m.Kind != ngo.MessageReceipt || m.Receipt == "" {
		return nil
	}
	switch to {
	case ngo.MessageWithdrawn:
		if m.State == ngo.MessageSending { // a try of which nothing is known
			return nil
		}
		return t.takeBack(m)
	case ngo.MessageQueued:
		if m.State == ngo.MessageUncertain {
			return nil
		}
		return t.takeBack(m)
	case ngo.MessageFailed:
		return t.takeBack(m)
	case ngo.MessageSending:
		return t.give(m, 0)
	case ngo.MessageSent, ngo.MessageDelivered, ngo.MessageRead:
		return t.give(m, boolInt(m.Sent == nil))
	}
	return nil
}

func (t *Tx) takeBack(m ngo.Message) error {
	n, err := t.exec("take receipt back", takeBack, string(m.Receipt), string(m.ID))
	if n > 0 {
		t.changed("receipt", string(m.Receipt))
	}
	return err
}

// give notes that a message takes the original with it, or, if that has gone another way, as many copies.
func (t *Tx) give(m ngo.Message, copies int) error {
	g, err := get(t.w, "receipt", string(m.Receipt), scanGiven, giveReceipt, string(m.Receipt), t.stamp(), string(m.ID), copies)
	if err == nil && g.by != string(m.ID) && copies > 0 {
		t.copied(m.Receipt, g, m.ID)
	}
	return err
}
