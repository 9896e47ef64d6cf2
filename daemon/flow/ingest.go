package flow

import (
	"context"
	"errors"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// ingest makes a payment and a gift of a delivery. A delivery that cannot be understood is kept for a person.
func (f *Flow) ingest(ctx context.Context, o *org.Org, job ngo.Job) error {
	d, body, err := f.delivery(ctx, o, ngo.DeliveryID(job.Subject))
	if err != nil {
		return err
	}
	_, account, err := o.GatewayByID(ctx, d.Account)
	if err != nil {
		return err
	}
	event, err := account.Normalise(body)
	if err == nil {
		err = write(ctx, o, func(tx *store.Tx) error { return record(tx, o, job, d, event) })
	}
	if e, ok := errors.AsType[*ngo.Error](err); ok && e.Code == ngo.Invalid {
		return write(ctx, o, func(tx *store.Tx) error { return quarantine(tx, job, d, event.Name, e.Message) })
	}
	return err
}

// delivery reads a delivery and its body, wherever that lies.
func (f *Flow) delivery(ctx context.Context, o *org.Org, id ngo.DeliveryID) (d ngo.Delivery, body []byte, err error) {
	var large store.Blob
	var inBlob bool
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if d, err = rx.Delivery(id); err != nil {
			return err
		}
		var where ngo.BlobID
		if body, where, err = rx.DeliveryBody(id); err != nil || where == "" {
			return err
		}
		inBlob = true
		large, err = rx.Blob(where)
		return err
	})
	if err != nil || !inBlob {
		return d, body, err
	}
	body, err = f.document(ctx, o, large)
	return d, body, err
}

// quarantine keeps a delivery for a person. One whose effects are in the ledger already stays as it is.
func quarantine(tx *store.Tx, job ngo.Job, d ngo.Delivery, event, reason string) error {
	if d.State == ngo.DeliveryAccepted {
		if err := tx.SettleDelivery(d.ID, ngo.DeliveryQuarantined, event, reason); err != nil {
			return err
		}
	}
	return tx.Finish(job)
}

// record writes what an event says. Only the event that first shows the money captured makes a gift.
func record(tx *store.Tx, o *org.Org, job ngo.Job, d ngo.Delivery, event payment.Event) error {
	if err := tx.SettleDelivery(d.ID, ngo.DeliveryProcessed, event.Name, ""); err != nil {
		return err
	}
	p := event.Payment
	if p == nil {
		return tx.Finish(job)
	}
	saved, moved, err := tx.SavePayment(ngo.Payment{
		Account: d.Account, Ref: p.Ref, State: p.State, Amount: p.Amount, Fee: p.Fee, Tax: p.Tax, Method: p.Method,
		Reference: p.Reference, International: p.International, Created: p.Created, Delivery: d.ID,
	})
	if err != nil {
		return err
	}
	if !moved || saved.State != ngo.PaymentCaptured {
		return tx.Finish(job)
	}
	return recordGift(tx, o, job, saved, p)
}

func recordGift(tx *store.Tx, o *org.Org, job ngo.Job, paid ngo.Payment, p *payment.Payment) error {
	person, err := tx.JoinPerson(p.Donor)
	if err != nil {
		return err
	}
	gift := ngo.Donation{
		ID: ngo.NewID[ngo.DonationID](tx.Now()), Payment: paid.ID, Person: person, Amount: paid.Amount, Given: o.Day(paid.Created),
		Donor: p.Donor, Purpose: p.Purpose, Method: paid.Method,
	}
	gift.State, gift.Reason = stateOf(paid, p.Donor)
	added, err := tx.AddDonation(gift)
	if err != nil {
		return err
	}
	if !added || gift.State != ngo.DonationReceived {
		return tx.Finish(job)
	}
	return tx.Advance(job, ngo.LanePayment, ngo.JobReact, string(gift.ID))
}

// stateOf tells whether a gift can be received as it is, and if not, why. Money from abroad is held first of all: it must
// not be mixed with other money.
func stateOf(p ngo.Payment, d ngo.Donor) (ngo.DonationState, string) {
	switch {
	case p.Amount.Currency != ngo.INR:
		return ngo.DonationHeld, "The gift came in " + string(p.Amount.Currency) + ". Money from abroad needs FCRA registration: look at it before it is used."
	case p.International:
		return ngo.DonationHeld, "The gift was paid from abroad. Money from abroad needs FCRA registration: look at it before it is used."
	case d.Name == "" && d.EMail == "" && d.Phone == "":
		return ngo.DonationWaiting, "The gateway told neither a name, nor an e-mail address, nor a phone number of the donor."
	}
	return ngo.DonationReceived, ""
}
