package flow

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// outcome records what the provider said to a message.
func (f *Flow) outcome(ctx context.Context, o *org.Org, job ngo.Job, m ngo.Message, via ngo.AccountID, ref ngo.Ref, err error) error {
	switch ngo.CodeOf(err) {
	case "":
		return f.sent(ctx, o, job, m, via, ref)
	case ngo.Invalid, ngo.NotFound, ngo.Denied, ngo.TooLarge:
		f.outages.end(via) // it answers, if not as hoped
		return f.end(ctx, o, job, m.ID, ngo.MessageFailed, plain(err))
	case ngo.Unauthenticated, ngo.Limited:
		return f.again(ctx, o, job, m, via, plain(err))
	case ngo.Unavailable:
		f.outages.add(via, f.now(), plain(err))
		return f.again(ctx, o, job, m, via, plain(err))
	}
	f.log.Warn("fate of a message is unknown", "org", o.Info().Slug, "message", m.ID, "err", err)
	if !about(m) {
		return f.end(ctx, o, job, m.ID, ngo.MessageUncertain, "It is not known whether it went out. Find out whether it arrived before it is sent again.")
	}
	if err := write(ctx, o, func(tx *store.Tx) error { return tx.MayHaveLeft(m.ID) }); err != nil {
		return err
	}
	return f.again(ctx, o, job, m, via, "It is not known whether the mail went out. It is sent again under the same Message-ID, so that it shows once.")
}

// sent records success. If the account did not answer before, the others that wait for it go now.
func (f *Flow) sent(ctx context.Context, o *org.Org, job ngo.Job, m ngo.Message, via ngo.AccountID, ref ngo.Ref) error {
	err := write(ctx, o, func(tx *store.Tx) error {
		if err := tx.MoveMessage(m.ID, ngo.MessageSent, "", via, ref); err != nil {
			return err
		}
		return tx.Finish(job)
	})
	if err != nil || !f.outages.end(via) {
		return err
	}
	return hurry(ctx, o)
}

// end records that nothing more will be done by itself.
func (f *Flow) end(ctx context.Context, o *org.Org, job ngo.Job, id ngo.MessageID, state ngo.MessageState, reason string) error {
	return write(ctx, o, func(tx *store.Tx) error {
		if err := tx.MoveMessage(id, state, reason, "", ""); err != nil {
			return err
		}
		return tx.Finish(job)
	})
}

// again queues the message for another try, or ends it when it was tried for a week.
func (f *Flow) again(ctx context.Context, o *org.Org, job ngo.Job, m ngo.Message, via ngo.AccountID, reason string) error {
	if f.now().Sub(m.Created) > sendingFor {
		return f.end(ctx, o, job, m.ID, ngo.MessageFailed, "It was tried for a week. At last: "+reason)
	}
	return f.wait(ctx, o, job, m, via, reason, pause(job.Attempts, longPause))
}

// wait leaves the message queued, with the reason, and the job for later.
func (f *Flow) wait(ctx context.Context, o *org.Org, job ngo.Job, m ngo.Message, via ngo.AccountID, reason string, delay time.Duration) error {
	return write(ctx, o, func(tx *store.Tx) error {
		if err := tx.MoveMessage(m.ID, ngo.MessageQueued, reason, via, ""); err != nil {
			return err
		}
		return tx.Retry(job, delay, reason)
	})
}

// pause doubles from firstPause up to most, and takes up to half of it off again, so that what failed together does not
// come back together.
func pause(failures int, most time.Duration) time.Duration {
	d := min(firstPause<<min(failures, 12), most)
	return d - time.Duration(rand.Int64N(int64(d)/2+1))
}

// plain gives the words of an error that are meant for people.
func plain(err error) string {
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok {
		return "The mail could not be sent."
	}
	return ngo.Printable(e.Message)
}
