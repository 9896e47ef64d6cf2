package flow

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// react gives a received gift its receipt, and queues the mail that will carry it when an address is known.
func (f *Flow) react(ctx context.Context, o *org.Org, job ngo.Job) error {
	g, err := gift(ctx, o, ngo.DonationID(job.Subject))
	if err != nil {
		return err
	}
	if g.Donation.State != ngo.DonationReceived {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Finish(job) }) // held or reversed meanwhile
	}
	fresh, err := f.decide(o, g)
	if err != nil {
		return err
	}
	address, err := ngo.NormaliseEMail(g.Donation.Donor.EMail)
	if err != nil {
		address = "" // no mail then: staff see the receipt and can send it another way
	}
	return write(ctx, o, func(tx *store.Tx) error {
		r, err := tx.IssueReceipt(fresh)
		if ngo.CodeOf(err) == ngo.Conflict && r.ID != "" {
			return resume(tx, job, r)
		}
		if err != nil {
			return err
		}
		if address != "" {
			err := tx.AddMessage(ngo.Message{Receipt: r.ID, Person: g.Donation.Person, Recipient: address})
			if err != nil {
				return err
			}
		}
		return tx.Advance(job, ngo.LaneDocument, ngo.JobRender, string(r.ID))
	})
}

// resume goes on from a receipt that was issued before.
func resume(tx *store.Tx, job ngo.Job, r ngo.Receipt) error {
	if r.Document != "" {
		return tx.Finish(job)
	}
	return tx.Advance(job, ngo.LaneDocument, ngo.JobRender, string(r.ID))
}

// gift reads all that a receipt is decided from.
func gift(ctx context.Context, o *org.Org, id ngo.DonationID) (receipt.Gift, error) {
	g := receipt.Gift{Org: o.Info()}
	err := o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		if g.Donation, err = rx.Donation(id); err != nil {
			return err
		}
		g.Payment, err = rx.Payment(g.Donation.Payment)
		return err
	})
	if err != nil {
		return g, err
	}
	g.Profile, err = o.Profile(ctx)
	return g, err
}

// decide fixes what the receipt will print, by the law of the gift's day.
func (f *Flow) decide(o *org.Org, g receipt.Gift) (store.NewReceipt, error) {
	d := g.Donation
	facts := receipt.Decide(f.laws.On(d.Given), g)
	printed, err := facts.JSON()
	if err != nil {
		return store.NewReceipt{}, err
	}
	return o.Store.NewReceipt(d.ID, store.ReceiptFacts{
		Series: receipt.Series(receipt.Prefix(g.Profile, g.Org.Slug), d.Given, d.Pot),
		Amount: d.Amount, Day: d.Given, Law: facts.Law, Tax: facts.Tax, Printed: printed,
	})
}
