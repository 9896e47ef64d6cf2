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
	firstPause  = 15 * time.Second
	longPause   = 30 * time.Minute   // between tries at a server that does not answer
	idlePause   = 6 * time.Hour      // between looks for an account that is not there yet; one that comes hurries what waits
	sendingFor  = 7 * 24 * time.Hour // then a message that nobody took has failed
)

// deliver sends a message. What the provider says decides: sent, failed with the reason, or queued to be tried again.
func (f *Flow) deliver(ctx context.Context, o *org.Org, job ngo.Job) error {
	l, err := letterOf(ctx, o, ngo.MessageID(job.Subject))
	if err != nil {
		return err
	}
	if end := l.unsendable(); end != nil {
		return write(ctx, o, func(tx *store.Tx) error { return end(tx, job) })
	}
	via, err := route(ctx, o)
	if err != nil {
		return err
	}
	if via == nil {
		return f.wait(ctx, o, job, l.message, "", "There is no mail account yet. Add one with: ngoctl channel add email", idlePause)
	}
	if why, until := f.outages.of(via.Info.ID, f.now()); why != "" {
		return f.wait(ctx, o, job, l.message, via.Info.ID, why, until.Sub(f.now())+pause(0, firstPause))
	}
	mail, err := f.compose(ctx, o, l)
	if err != nil {
		return err
	}
	begun := false
	err = write(ctx, o, func(tx *store.Tx) (err error) { begun, err = l.begin(tx, job, via.Info.ID); return err })
	if err != nil || !begun {
		return err
	}
	ref, err := send(ctx, via.Account, mail)
	// Whatever ends the step now, what became of the message is recorded.
	return f.outcome(context.WithoutCancel(ctx), o, job, l.message, via.Info.ID, ref, err)
}

// route gives the channel that carries mail; nil when there is none.
func route(ctx context.Context, o *org.Org) (*org.Channel, error) {
	all, err := o.Channels(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Account.Reaches(ngo.EMail) {
			return &c, nil
		}
	}
	return nil, nil
}

// begin marks the message as going out, so that a crash from here on is known to leave its fate open. Extending also
// proves that nobody else has the job. When it was composed for a receipt that has moved since, of which somebody fetched the
// original, say, the job is given back instead.
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
	if err := tx.Extend(job, sendTimeout+time.Minute); err != nil {
		return false, err
	}
	return true, tx.MoveMessage(id, ngo.MessageSending, "", via, "")
}

func send(ctx context.Context, via channel.Account, mail channel.Message) (ngo.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return via.Send(ctx, mail)
}
