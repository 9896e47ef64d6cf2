package flow

import (
	"context"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	refundPause = time.Hour          // between tries at a refund whose fate is open, in the end
	refundFor   = 7 * 24 * time.Hour // then a person is to look
)

// payBack asks the gateway for a refund that was ordered here. As long as its fate is open it is asked for again with the same
// token, under which the gateway pays once.
func (f *Flow) payBack(ctx context.Context, o *org.Org, job ngo.Job) error {
	r, paid, err := ordered(ctx, o, ngo.RefundID(job.Subject))
	if err != nil {
		return err
	}
	if r.State != ngo.RefundRequested {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Finish(job) }) // the gateway told of it meanwhile
	}
	_, account, err := o.GatewayByID(ctx, r.Account)
	if err != nil {
		return err
	}
	by, ok := account.(payment.Refunder)
	if !ok {
		return f.refused(ctx, o, job, r, "This gateway cannot be asked to pay back. Refund the payment on its own site.")
	}
	if err := write(ctx, o, func(tx *store.Tx) error { return tx.Extend(job, askTimeout+time.Minute) }); err != nil {
		return err
	}
	said, err := askBack(ctx, by, payment.RefundOrder{Token: r.Token, Payment: paid, Amount: r.Amount, Reason: r.Reason})
	ctx = context.WithoutCancel(ctx) // whatever ends the step now, what the gateway said is recorded
	if err != nil {
		return f.notPaidBack(ctx, o, job, r, err)
	}
	if said.Token == "" {
		said.Token = r.Token
	}
	if said.Payment == "" {
		said.Payment = r.PaymentRef
	}
	return write(ctx, o, func(tx *store.Tx) error {
		if _, _, err := tx.SaveRefund(refundOf(r.Account, said, r.Created, tx.Now())); err != nil {
			return err
		}
		return tx.Finish(job)
	})
}

func ordered(ctx context.Context, o *org.Org, id ngo.RefundID) (r ngo.Refund, paid ngo.Payment, err error) {
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if r, err = rx.Refund(id); err != nil {
			return err
		}
		paid, err = rx.Payment(r.Payment)
		return err
	})
	return r, paid, err
}

func askBack(ctx context.Context, by payment.Refunder, order payment.RefundOrder) (payment.Refund, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return by.Refund(ctx, order)
}

// notPaidBack records a refusal, or leaves the order for later. Credentials that are refused at the first try leave nothing
// open; at a later one the try before may have been carried out.
func (f *Flow) notPaidBack(ctx context.Context, o *org.Org, job ngo.Job, r ngo.Refund, err error) error {
	reason := words(err, "The gateway could not be asked.")
	first := job.Attempts == 0 && job.Crashes == 0
	switch ngo.CodeOf(err) {
	case ngo.Invalid, ngo.Conflict:
		return f.refused(ctx, o, job, r, reason)
	case ngo.Unauthenticated, ngo.Denied:
		if first {
			return f.refused(ctx, o, job, r, reason)
		}
	}
	return write(ctx, o, func(tx *store.Tx) error {
		if tx.Now().Sub(job.Created) > refundFor {
			return tx.Park(job, "the gateway was asked for a week, and it is not known whether it paid back; at last: "+reason)
		}
		return tx.Retry(job, patience(job, err, refundPause), reason)
	})
}

// refused records that the gateway will not pay back.
func (f *Flow) refused(ctx context.Context, o *org.Org, job ngo.Job, r ngo.Refund, reason string) error {
	return write(ctx, o, func(tx *store.Tx) error {
		r.State, r.Problem = ngo.RefundFailed, reason
		if _, _, err := tx.SaveRefund(r); err != nil {
			return err
		}
		return tx.Finish(job)
	})
}

// words gives the words of an error that are meant for people, else other ones.
func words(err error, other string) string {
	if e, ok := errors.AsType[*ngo.Error](err); ok {
		return ngo.Printable(e.Message)
	}
	return other
}
