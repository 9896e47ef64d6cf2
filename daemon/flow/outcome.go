package flow

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// outcome records what the provider said to a message.
func (f *Flow) outcome(ctx context.Context, o *org.Org, job ngo.Job, l *letter, via org.Channel, sent channel.Dispatched, err error) error {
	if err == nil {
		return f.sent(ctx, o, job, l, via, sent)
	}
	m, r, id := l.message, refusalOf(err), via.Info.ID
	switch {
	case r.fate:
		f.log.Warn("fate of a message is unknown", "org", o.Info().Slug, "message", m.ID, "err", err)
		return f.unknown(ctx, o, job, l, id)
	case r.class == channel.FaultAccount:
		return f.unusable(ctx, o, job, l, via, r.reason)
	case r.class == channel.FaultTransient:
		f.outages.add(id, f.now(), r.reason)
		return f.again(ctx, o, job, l, id, r.reason, 0)
	case r.class == channel.FaultLimit && r.code != "":
		until := f.outages.hold(l.line(id), f.now(), r.wait, r.reason)
		return f.again(ctx, o, job, l, id, r.reason, until.Sub(f.now()))
	case r.class == channel.FaultPair:
		until := f.outages.hold(l.pair(id), f.now(), max(r.wait, pairPause(job.Attempts)), r.reason)
		return f.again(ctx, o, job, l, id, r.reason, until.Sub(f.now()))
	case r.class.Retry():
		return f.again(ctx, o, job, l, id, r.reason, r.wait)
	}
	f.outages.end(id) // it answers, if not as hoped
	return f.end(ctx, o, job, l, store.Outcome{State: ngo.MessageFailed, Reason: r.reason, Account: id, Fault: r.code, Retry: r.retry()})
}

// pairPause is how long a conversation waits whose person got too much at once: four times as long each time.
func pairPause(failures int) time.Duration {
	return min(time.Second<<(2*min(failures, 6)), mostHeld)
}

// unknown leaves a message to a person of which nobody knows whether it went. Mail about a gift is sent again under the same
// Message-ID, so that it shows once.
func (f *Flow) unknown(ctx context.Context, o *org.Org, job ngo.Job, l *letter, via ngo.AccountID) error {
	m := l.message
	if l.talk != nil || !about(m) {
		return f.end(ctx, o, job, l, store.Outcome{
			State: ngo.MessageUncertain, Account: via, Reason: "It is not known whether it went out. Find out whether it arrived before it is sent again.",
		})
	}
	if err := write(ctx, o, func(tx *store.Tx) error { return tx.MayHaveLeft(m.ID) }); err != nil {
		return err
	}
	return f.again(ctx, o, job, l, via, "It is not known whether the mail went out. It is sent again under the same Message-ID, so that it shows once.", 0)
}

// unusable leaves the account alone that somebody has to mend, or the line of several, and says so where people look.
func (f *Flow) unusable(ctx context.Context, o *org.Org, job ngo.Job, l *letter, c org.Channel, reason string) error {
	via := c.Info.ID
	if lines, ok := c.Account.(channel.Liner); ok && l.talk != nil && len(lines.Lines()) > 1 {
		f.outages.shutLine(l.line(via), f.now(), reason)
	} else {
		f.outages.shut(via, f.now(), reason)
	}
	_, until := f.outages.ofLine(l.line(via), f.now())
	return write(ctx, o, func(tx *store.Tx) error {
		if err := raise(tx, via, reason); err != nil {
			return err
		}
		if f.tooOld(l.message) {
			return giveUp(tx, job, l, reason)
		}
		if err := tx.MoveMessage(l.message.ID, ngo.MessageQueued, reason, via, ""); err != nil {
			return err
		}
		return tx.Retry(job, max(until.Sub(f.now()), 0)+pause(job.Attempts, longPause), reason)
	})
}

func (f *Flow) tooOld(m ngo.Message) bool { return f.now().Sub(since(m)) > sendingFor }

// since is from when on a message was to go: somebody may have it tried again long after it was written.
func since(m ngo.Message) time.Time {
	if m.Due != nil && m.Due.After(m.Created) {
		return *m.Due
	}
	return m.Created
}

// giveUp ends a message that was tried for a week.
func giveUp(tx *store.Tx, job ngo.Job, l *letter, reason string) error {
	return l.end(tx, job, store.Outcome{State: ngo.MessageFailed, Reason: "It was tried for a week. At last: " + reason, Retry: true})
}

// sent records success. If the account did not answer before, the others that wait for it go now.
func (f *Flow) sent(ctx context.Context, o *org.Org, job ngo.Job, l *letter, via org.Channel, d channel.Dispatched) error {
	f.outages.taken(l.line(via.Info.ID))
	f.outages.taken(l.pair(via.Info.ID))
	first := f.outages.first(via.Info.ID)
	err := write(ctx, o, func(tx *store.Tx) error {
		if err := l.taken(tx, via.Info.ID, d); err != nil {
			return err
		}
		if first {
			if err := calm(tx, via.Info.ID); err != nil {
				return err
			}
		}
		return tx.Finish(job)
	})
	if err != nil {
		return err
	}
	if !f.outages.end(via.Info.ID) {
		return nil
	}
	return hurry(ctx, o)
}

// taken records that the provider has the message, by what names it will be spoken of, and who it says that the recipient is.
func (l *letter) taken(tx *store.Tx, via ngo.AccountID, d channel.Dispatched) error {
	id := l.message.ID
	if err := tx.SettleMessage(id, store.Outcome{State: ngo.MessageSent, Reason: full(d.Held), Account: via, Ref: d.Ref}); err != nil {
		return err
	}
	names := d.Aliases
	if l.talk == nil || l.talk.Kind == ngo.Mail {
		names = append([]ngo.Ref{d.Ref}, names...)
	}
	for _, ref := range names {
		if ref == "" {
			continue
		}
		if err := tx.AddAlias(ref, id); err != nil {
			return err
		}
	}
	if l.talk != nil && tells(d.Person) {
		if _, _, _, err := tx.PersonFor(via, d.Person.Identities, "", ""); err != nil {
			return err
		}
	}
	return l.over(tx)
}

// end records that nothing more will be done by itself.
func (f *Flow) end(ctx context.Context, o *org.Org, job ngo.Job, l *letter, out store.Outcome) error {
	return write(ctx, o, func(tx *store.Tx) error { return l.end(tx, job, out) })
}

// end settles the message and ends its job, which is all where it was pulled back meanwhile.
func (l *letter) end(tx *store.Tx, job ngo.Job, out store.Outcome) error {
	now, err := tx.Message(l.message.ID)
	if err != nil {
		return err
	}
	if pending(now) {
		if err := tx.SettleMessage(now.ID, out); err != nil {
			return err
		}
		if err := l.over(tx); err != nil {
			return err
		}
	}
	return tx.Finish(job)
}

// interrupted is why nobody knows whether a message went.
const interrupted = "The program stopped while it was being sent. Find out whether it arrived before it is sent again."

// Parked says of a message or a file what became of it when its job is set aside. Of other jobs nobody waits for the end.
func (f *Flow) Parked(tx *store.Tx, job ngo.Job) error {
	switch job.Kind {
	case ngo.JobDeliver:
		return undelivered(tx, job)
	case ngo.JobFetch:
		return unfetched(tx, job)
	}
	return nil
}

// undelivered says of a message that its job was set aside, and has those behind it go on.
func undelivered(tx *store.Tx, job ngo.Job) error {
	m, err := tx.Message(ngo.MessageID(job.Subject))
	if err != nil || !pending(m) {
		return err
	}
	out := store.Outcome{State: ngo.MessageFailed, Reason: "The program could not send it, again and again. Why stands in: ngoctl job show " + string(job.ID), Retry: true}
	if m.State == ngo.MessageSending {
		out = store.Outcome{State: ngo.MessageUncertain, Reason: interrupted}
	}
	if err := tx.SettleMessage(m.ID, out); err != nil || m.Conversation == "" {
		return err
	}
	if out.State == ngo.MessageFailed {
		if err := instead(tx, m); err != nil {
			return err
		}
	}
	return tx.Follow(m.Conversation)
}

// pending tells whether a message is still to go, or going.
func pending(m ngo.Message) bool {
	return m.State == ngo.MessageQueued || m.State == ngo.MessageSending
}

// again queues the message for another try, no sooner than after least, or ends it when it was tried for a week.
func (f *Flow) again(ctx context.Context, o *org.Org, job ngo.Job, l *letter, via ngo.AccountID, reason string, least time.Duration) error {
	if f.tooOld(l.message) {
		return write(ctx, o, func(tx *store.Tx) error { return giveUp(tx, job, l, reason) })
	}
	delay := least
	if least == 0 {
		delay = pause(job.Attempts, longPause)
	}
	return f.wait(ctx, o, job, l.message, via, reason, delay)
}

// wait leaves the message queued, with the reason, and the job for later.
func (f *Flow) wait(ctx context.Context, o *org.Org, job ngo.Job, m ngo.Message, via ngo.AccountID, reason string, delay time.Duration) error {
	return write(ctx, o, func(tx *store.Tx) error {
		now, err := tx.Message(m.ID)
		if err != nil {
			return err
		}
		if !pending(now) { // pulled back meanwhile
			return tx.Finish(job)
		}
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
