package flow

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	sendTimeout = 3 * time.Minute
	chatTimeout = 30 * time.Second // of words alone: a provider that hangs keeps a worker from others no longer
	firstPause  = 15 * time.Second
	longPause   = 30 * time.Minute   // between tries at a server that does not answer
	idlePause   = 6 * time.Hour      // between looks for an account that is not there yet; one that comes hurries what waits
	sendingFor  = 7 * 24 * time.Hour // then a message that nobody took has failed
	linePause   = time.Minute        // at most, between looks whether an older message of the conversation has gone: its end hurries this one
)

// deliver sends a message: mail about a gift, or what somebody wrote into a conversation. What the provider says decides: sent, failed
// with the reason, uncertain, or queued to be tried again. The messages of a conversation go in their order.
func (f *Flow) deliver(ctx context.Context, o *org.Org, job ngo.Job) error {
	l, err := letterOf(ctx, o, ngo.MessageID(job.Subject))
	if err != nil {
		return err
	}
	if end := l.unsendable(); end != nil {
		return write(ctx, o, func(tx *store.Tx) error { return end(tx, job) })
	}
	if due := l.message.Due; due != nil && f.now().Before(*due) { // what waits was hurried, and this one can still be pulled back
		return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, due.Sub(tx.Now()), "It can still be pulled back.") })
	}
	via, err := f.route(ctx, o, &l)
	if err != nil {
		return err
	}
	if why, wait := f.holds(&l, via); why != "" {
		if l.talk != nil && via.Account == nil && f.tooOld(l.message) { // what nobody expects any more does not go when the channel is back
			return write(ctx, o, func(tx *store.Tx) error { return giveUp(tx, job, &l, why) })
		}
		return f.wait(ctx, o, job, l.message, via.Info.ID, why, wait)
	}
	if l.talk != nil && l.talk.blocked {
		return write(ctx, o, func(tx *store.Tx) error { return l.stand(tx, job) })
	}
	if l.talk != nil && l.talk.shut(via.Account, l.message, f.now()) {
		return f.end(ctx, o, job, &l, store.Outcome{State: ngo.MessageFailed, Reason: classWords[channel.FaultWindow]})
	}
	mail, err := f.compose(ctx, o, l, via.Account)
	if err != nil && l.talk != nil && hopeless(err, job) { // else all behind it in the conversation would wait for it
		return f.end(ctx, o, job, &l, store.Outcome{State: ngo.MessageFailed, Reason: whyNot(err)})
	}
	if err != nil {
		return err
	}
	begun := false
	err = write(ctx, o, func(tx *store.Tx) (err error) { begun, err = l.begin(tx, job, via.Info.ID); return err })
	if err != nil || !begun {
		return err
	}
	sent, err := send(ctx, via.Account, mail, l.patience())
	// Whatever ends the step now, what became of the message is recorded.
	return f.outcome(context.WithoutCancel(ctx), o, job, &l, via, sent, err)
}

// hopeless tells whether a message cannot be written, now or later: of an error that nobody understands, when it comes again and again.
func hopeless(err error, job ngo.Job) bool {
	return ngo.Permanent(err) || ngo.CodeOf(err) == ngo.Internal && job.Attempts >= mostPuzzles
}

// whyNot says why a message cannot be written.
func whyNot(err error) string {
	if e := invalid(err); e != nil {
		return sentence(e.Message, e.Hint)
	}
	return "It cannot be written any more: something that belongs to it, such as a file, cannot be read. Write another one."
}

// route gives the channel that a message goes by: its conversation's own, or the first that carries mail. It has no account when there
// is none that can be used.
func (f *Flow) route(ctx context.Context, o *org.Org, l *letter) (org.Channel, error) {
	if l.talk != nil {
		info, account, err := o.ChannelByID(ctx, l.talk.Account)
		if info.Removed != nil || ngo.CodeOf(err) == ngo.Invalid {
			return org.Channel{Info: info}, nil
		}
		return org.Channel{Info: info, Account: account}, err
	}
	all, err := o.Channels(ctx)
	if err != nil {
		return org.Channel{}, err
	}
	for _, c := range all {
		if c.Account.Reaches(ngo.EMail) {
			return c, nil
		}
	}
	return org.Channel{}, nil
}

// holds tells why a message waits, and for how long; no reason means that it may go.
func (f *Flow) holds(l *letter, via org.Channel) (why string, wait time.Duration) {
	switch {
	case via.Account == nil && l.talk == nil:
		return "There is no mail account yet. Add one with: ngoctl channel add email", idlePause
	case via.Account == nil:
		return "The channel " + via.Info.Name + " was removed, or cannot be used as it is set up. See: ngoctl channel list", idlePause
	}
	for _, where := range []line{l.line(via.Info.ID), l.pair(via.Info.ID)} {
		if why, until := f.outages.ofLine(where, f.now()); why != "" {
			return why, until.Sub(f.now()) + pause(0, firstPause)
		}
	}
	return "", 0
}

// stand puts a message into the line behind an older one of its conversation, whose end hurries it; when that has come meanwhile, it
// goes at once.
func (l *letter) stand(tx *store.Tx, job ngo.Job) error {
	const why = "An older message of the conversation goes first."
	now, err := tx.Message(l.message.ID)
	if err != nil {
		return err
	}
	_, blocked, err := tx.Backlog(now)
	if err != nil {
		return err
	}
	if !blocked || now.State != ngo.MessageQueued {
		return tx.Release(job)
	}
	if err := tx.MoveMessage(now.ID, ngo.MessageQueued, why, "", ""); err != nil {
		return err
	}
	return tx.Retry(job, min(firstPause<<min(job.Attempts, 8), linePause), why)
}

// line is the line that the message goes by.
func (l *letter) line(account ngo.AccountID) line {
	if l.talk == nil {
		return line{account: account}
	}
	return line{account, l.talk.Line}
}

// pair is what one person and the line are to limits that are theirs alone.
func (l *letter) pair(account ngo.AccountID) line {
	return line{account, ngo.Ref(l.message.Conversation)}
}

// begin marks the message as going out, so that a crash from here on is known to leave its fate open. Extending also
// proves that nobody else has the job. When it was composed for a receipt that has moved since, of which somebody fetched the
// original, say, or an older message of the conversation is to go again first, the job is given back instead; when it was pulled back,
// the job ends.
func (l *letter) begin(tx *store.Tx, job ngo.Job, via ngo.AccountID) (begun bool, err error) {
	id := l.message.ID
	if l.carries() {
		now, err := tx.Receipt(l.receipt.ID)
		if err != nil {
			return false, err
		}
		if now.State != l.receipt.State || now.CopyIn(id) != l.receipt.CopyIn(id) {
			return false, tx.Release(job)
		}
	}
	now, err := tx.Message(id)
	if err != nil {
		return false, err
	}
	if l.talk != nil && now.State != ngo.MessageQueued || !pending(now) {
		return false, tx.Finish(job)
	}
	if l.talk != nil {
		_, blocked, err := tx.Backlog(now)
		if err != nil {
			return false, err
		}
		if blocked {
			return false, tx.Release(job)
		}
	}
	if err := tx.Extend(job, sendTimeout+time.Minute); err != nil {
		return false, err
	}
	return true, tx.MoveMessage(id, ngo.MessageSending, "", via, "")
}

// patience is how long the provider may take.
func (l *letter) patience() time.Duration {
	if l.talk == nil || l.talk.Kind == ngo.Mail || len(l.talk.files) > 0 || l.carries() {
		return sendTimeout
	}
	return chatTimeout
}

func send(ctx context.Context, via channel.Account, mail channel.Message, patience time.Duration) (channel.Dispatched, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if d, ok := via.(channel.Dispatcher); ok {
		return d.Dispatch(ctx, mail)
	}
	ref, err := via.Send(ctx, mail)
	return channel.Dispatched{Ref: ref}, err
}
