package flow

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	confirmFor   = 3 * 24 * time.Hour // then a claim that nobody could confirm is left to a person
	confirmPause = 6 * time.Hour      // between questions, in the end
	askTimeout   = 5 * time.Minute    // for all that one question to a gateway takes
)

// confirm asks the gateway whether what a delivery claims is true, and records what it says. The delivery itself stays
// accepted until then.
func (f *Flow) confirm(ctx context.Context, o *org.Org, job ngo.Job) error {
	d, body, err := f.delivery(ctx, o, ngo.DeliveryID(job.Subject))
	if err != nil {
		return err
	}
	if d.State == ngo.DeliveryProcessed {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Finish(job) }) // it ran before
	}
	info, account, err := o.GatewayByID(ctx, d.Account)
	if err != nil {
		return err
	}
	event, err := account.Normalise(body)
	if err != nil {
		return err // it was understood before: the account's settings were changed
	}
	confirmer, ok := account.(payment.Confirmer)
	if event.Claim != nil && !ok {
		return write(ctx, o, func(tx *store.Tx) error {
			return quarantine(tx, job, d, event.Name, "This gateway cannot be asked whether it is true.")
		})
	}
	if event.Claim == nil {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Advance(job, ngo.LanePayment, ngo.JobIngest, job.Subject) })
	}
	if why, until := f.outages.of(info.ID, f.now()); why != "" {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, until.Sub(f.now())+pause(0, firstPause), why) })
	}
	said, err := confirmed(ctx, account, confirmer, *event.Claim)
	ctx = context.WithoutCancel(ctx) // whatever ends the step now, what the gateway said is recorded
	if err != nil || len(said) == 0 {
		return f.unconfirmed(ctx, o, job, d, event, err)
	}
	err = write(ctx, o, func(tx *store.Tx) error {
		c := clerk{tx: tx, org: o, account: info, delivery: d}
		return c.settle(job, event.Name, said)
	})
	if e := invalid(err); e != nil {
		err = write(ctx, o, func(tx *store.Tx) error { return quarantine(tx, job, d, event.Name, e.Message) })
	}
	if err != nil || !f.outages.end(info.ID) {
		return err
	}
	return hurry(ctx, o) // the others that wait for the gateway
}

// confirmed gives what the gateway says to a claim. An answer that cannot be read is none.
func confirmed(ctx context.Context, account payment.Account, by payment.Confirmer, claim payment.Claim) ([]payment.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	bodies, err := by.Confirm(ctx, claim)
	if err != nil {
		return nil, err
	}
	events := make([]payment.Event, 0, len(bodies))
	for _, body := range bodies {
		e, err := account.Normalise(body)
		if err != nil {
			return nil, &ngo.Error{Code: ngo.Internal, Message: "The gateway's answer could not be understood.", Err: err}
		}
		if e.Claim != nil {
			return nil, &ngo.Error{Code: ngo.Internal, Message: "The gateway's answer proves nothing."}
		}
		events = append(events, e)
	}
	return events, nil
}

// unconfirmed leaves the claim for later. A gateway often does not know of a payment at once; when it does not for days, a
// person is to look.
func (f *Flow) unconfirmed(ctx context.Context, o *org.Org, job ngo.Job, d ngo.Delivery, event payment.Event, err error) error {
	reason := "The gateway does not know of this."
	if err != nil {
		reason = words(err, "The gateway could not be asked.")
	}
	switch ngo.CodeOf(err) {
	case ngo.Unavailable:
		f.outages.add(d.Account, f.now(), reason)
	case "":
		f.outages.end(d.Account)
	}
	if f.now().Sub(job.Created) > confirmFor {
		return write(ctx, o, func(tx *store.Tx) error {
			return quarantine(tx, job, d, event.Name, "It was not confirmed within three days. At last: "+reason)
		})
	}
	return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, patience(job, err, confirmPause), reason) })
}

// patience is the pause before a gateway is asked again; one that is asked too much is left alone for a minute at least.
func patience(job ngo.Job, err error, most time.Duration) time.Duration {
	if ngo.CodeOf(err) == ngo.Limited {
		return time.Minute + pause(job.Attempts, most)
	}
	return pause(job.Attempts, most)
}
