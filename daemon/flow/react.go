package flow

import (
	"context"
	"reflect"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// react has the receipt follow its gift: it is issued, replaced by one of what remains, or made void, and the donor gets mail of
// it where an address is known. It is a reconciliation: repeated, it finds nothing more to do.
func (f *Flow) react(ctx context.Context, o *org.Org, job ngo.Job) error {
	s, err := stateOf(ctx, o, ngo.DonationID(job.Subject))
	if err != nil {
		return err
	}
	if s.messengers, err = messengersOf(ctx, o); err != nil {
		return err
	}
	done := func(tx *store.Tx) error { return tx.Finish(job) }
	switch d := s.Donation; {
	case d.State == ngo.DonationWaiting:
		return s.write(ctx, o, job, func(tx *store.Tx) error { return s.wait(tx, job) })
	case d.State == ngo.DonationReversed && d.Receipt != "":
		return s.write(ctx, o, job, func(tx *store.Tx) error { return s.void(tx, job) })
	case d.State != ngo.DonationReceived || d.Net().Minor <= 0:
		return write(ctx, o, done) // what stands is left
	case d.Receipt == "" && d.NoReceipt:
		return write(ctx, o, done) // until somebody asks for one
	case d.Receipt == "":
		return f.issue(ctx, o, job, s)
	case d.Reissue != "":
		return f.reissue(ctx, o, job, s)
	case s.receipt.Amount != d.Net():
		return f.replace(ctx, o, job, s)
	}
	// Its document has a job of its own, left when it was issued.
	return s.write(ctx, o, job, func(tx *store.Tx) error { return s.sendLate(tx, job) })
}

// situation is all that a step decides about a gift from.
type situation struct {
	receipt.Gift
	receipt    ngo.Receipt // that stands; empty when none does
	printed    []byte      // and what is printed on it
	messengers []messenger
}

// stateOf reads how things stand with a gift.
func stateOf(ctx context.Context, o *org.Org, id ngo.DonationID) (s situation, err error) {
	s.Org = o.Info()
	err = o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		s.Donation, s.Payment, err = rx.PaidDonation(id)
		if err != nil || s.Donation.Receipt == "" {
			return err
		}
		if s.receipt, err = rx.Receipt(s.Donation.Receipt); err != nil {
			return err
		}
		s.printed, err = rx.ReceiptFacts(s.receipt.ID)
		return err
	})
	if err != nil {
		return s, err
	}
	s.Profile, err = o.Profile(ctx)
	return s, err
}

// write runs the transaction of a step that decided before it, and gives the job back when the gift has changed meanwhile.
func (s situation) write(ctx context.Context, o *org.Org, job ngo.Job, fn func(*store.Tx) error) error {
	return write(ctx, o, func(tx *store.Tx) error {
		now, err := tx.Donation(s.Donation.ID)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(now, s.Donation) {
			return tx.Release(job)
		}
		return fn(tx)
	})
}

// address is where the donor can be written to; empty when nowhere: staff see the receipt then and can hand it over.
func (s situation) address() string { return addressOf(s.Donation) }

func addressOf(d ngo.Donation) string {
	address, err := ngo.NormaliseEMail(d.Donor.EMail)
	if err != nil {
		return ""
	}
	return address
}

// issue gives a gift its receipt, with the next number of its series.
func (f *Flow) issue(ctx context.Context, o *org.Org, job ngo.Job, s situation) error {
	fresh, err := f.fresh(o, s, "")
	if err != nil {
		return err
	}
	return s.write(ctx, o, job, func(tx *store.Tx) error {
		r, err := tx.IssueReceipt(fresh)
		if err != nil {
			return err
		}
		if s.Donation.Reissue != "" { // the one to be replaced has gone meanwhile
			if err := tx.Reissued(s.Donation.ID); err != nil {
				return err
			}
		}
		return s.carry(tx, job, r)
	})
}

// fresh prepares a receipt of the facts as they are now, in the place of another if that is named.
func (f *Flow) fresh(o *org.Org, s situation, replaces string) (store.NewReceipt, error) {
	d := s.Donation
	facts := receipt.Decide(f.laws.On(d.Given), s.Gift)
	facts.ReplacesNumber = replaces
	printed, err := facts.JSON()
	if err != nil {
		return store.NewReceipt{}, err
	}
	return o.Store.NewReceipt(d.ID, store.ReceiptFacts{
		Series: receipt.Series(receipt.Prefix(s.Profile, s.Org.Slug), d.Given, d.Pot),
		Amount: d.Net(), Day: d.Given, Law: facts.Law, Tax: facts.Tax, Printed: printed,
	})
}

// reissue replaces a receipt, as a person asked, by one of the facts as they are now.
func (f *Flow) reissue(ctx context.Context, o *org.Org, job ngo.Job, s situation) error {
	fresh, err := f.fresh(o, s, s.receipt.Number)
	if err != nil {
		return err
	}
	return s.write(ctx, o, job, func(tx *store.Tx) error {
		r, err := tx.ReplaceReceipt(s.receipt.ID, fresh, s.Donation.Reissue)
		if err != nil {
			return err
		}
		if err := tx.Reissued(s.Donation.ID); err != nil {
			return err
		}
		return s.carry(tx, job, r)
	})
}

// replace gives a gift of which part went back another receipt of what remains. It says what the first said of donor and law.
func (f *Flow) replace(ctx context.Context, o *org.Org, job ngo.Job, s situation) error {
	old, net := s.receipt, s.Donation.Net()
	facts, err := receipt.Read(s.printed)
	if err != nil {
		return err
	}
	printed, err := facts.Instead(old.Number, net).JSON()
	if err != nil {
		return err
	}
	fresh, err := o.Store.NewReceipt(s.Donation.ID, store.ReceiptFacts{
		Series: old.Series, Amount: net, Day: old.Day, Law: old.Law, Tax: old.Tax, Printed: printed,
	})
	if err != nil {
		return err
	}
	return s.write(ctx, o, job, func(tx *store.Tx) error {
		r, err := tx.ReplaceReceipt(old.ID, fresh, "Part of the gift was refunded.")
		if err != nil {
			return err
		}
		return s.carry(tx, job, r)
	})
}

// carry queues the message that will carry a new receipt, and leaves its document to be made.
func (s situation) carry(tx *store.Tx, job ngo.Job, r ngo.Receipt) error {
	queued, err := s.byMessenger(tx, r)
	if err != nil {
		return err
	}
	if address := s.address(); address != "" && !queued {
		err := tx.AddMessage(ngo.Message{Receipt: r.ID, Person: s.Donation.Person, Recipient: address})
		if err != nil {
			return err
		}
	}
	return tx.Advance(job, ngo.LaneDocument, ngo.JobRender, string(r.ID))
}

// sendLate mails a receipt that went to nobody, since no address was known when it was issued, to the one that is known now.
func (s situation) sendLate(tx *store.Tx, job ngo.Job) error {
	all, err := tx.MessagesOf(s.receipt.ID)
	if err != nil {
		return err
	}
	if len(all) > 0 || s.receipt.Given != nil {
		return tx.Finish(job)
	}
	if s.receipt.Document == "" && s.address() != "" { // else its drawing may leave the sending a second time
		return tx.Retry(job, pause(job.Attempts, longPause), "the receipt's document is not ready yet")
	}
	return s.post(tx, job, ngo.Message{Kind: ngo.MessageReceipt, Receipt: s.receipt.ID})
}

// void ends the receipt of a gift that went back, and tells the donor.
func (s situation) void(tx *store.Tx, job ngo.Job) error {
	if err := tx.VoidReceipt(s.receipt.ID, s.Donation.Reason); err != nil {
		return err
	}
	if s.Donation.Reissue != "" { // none will stand in its place
		if err := tx.Reissued(s.Donation.ID); err != nil {
			return err
		}
	}
	seen, err := tx.ReceiptSeen(s.receipt.ID)
	if err != nil {
		return err
	}
	if seen == "" { // a donor is not told of the end of what never began
		return tx.Finish(job)
	}
	return s.post(tx, job, ngo.Message{Kind: ngo.MessageCancellation, Receipt: seen})
}

// post queues a mail about the gift and leaves its sending; without an address the job just ends.
func (s situation) post(tx *store.Tx, job ngo.Job, m ngo.Message) error {
	m.Recipient = s.address()
	if m.Recipient == "" {
		return tx.Finish(job)
	}
	m.ID, m.Donation, m.Person = ngo.NewID[ngo.MessageID](tx.Now()), s.Donation.ID, s.Donation.Person
	if err := tx.AddMessage(m); err != nil {
		return err
	}
	return tx.Advance(job, ngo.LaneOutbound, ngo.JobDeliver, string(m.ID))
}
