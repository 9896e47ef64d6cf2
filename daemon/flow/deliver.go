package flow

import (
	"context"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
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

// letter is all that sending a message takes.
type letter struct {
	message  ngo.Message
	receipt  ngo.Receipt
	facts    []byte
	document store.Blob
}

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
	if err := write(ctx, o, func(tx *store.Tx) error { return begin(tx, job, l.message.ID, via.Info.ID) }); err != nil {
		return err
	}
	ref, err := send(ctx, via.Account, mail)
	// Whatever ends the step now, what became of the message is recorded.
	return f.outcome(context.WithoutCancel(ctx), o, job, l.message, via.Info.ID, ref, err)
}

func letterOf(ctx context.Context, o *org.Org, id ngo.MessageID) (l letter, err error) {
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		if l.message, err = rx.Message(id); err != nil || l.message.Receipt == "" {
			return err
		}
		if l.receipt, err = rx.Receipt(l.message.Receipt); err != nil || l.receipt.Document == "" {
			return err
		}
		if l.facts, err = rx.ReceiptFacts(l.receipt.ID); err != nil {
			return err
		}
		l.document, err = rx.Blob(l.receipt.Document)
		return err
	})
	return l, err
}

// unsendable gives how the job ends when the message cannot go out, or not now; nil when it can.
func (l letter) unsendable() func(*store.Tx, ngo.Job) error {
	m := l.message
	move := func(to ngo.MessageState, reason string) func(*store.Tx, ngo.Job) error {
		return func(tx *store.Tx, job ngo.Job) error {
			if err := tx.MoveMessage(m.ID, to, reason, "", ""); err != nil {
				return err
			}
			return tx.Finish(job)
		}
	}
	switch {
	case m.State != ngo.MessageQueued && m.State != ngo.MessageSending:
		return func(tx *store.Tx, job ngo.Job) error { return tx.Finish(job) } // it ran before
	case m.Receipt == "" && m.State == ngo.MessageSending:
		return move(ngo.MessageUncertain, "The program stopped while it was being sent. Find out whether it arrived before it is sent again.")
	case m.Recipient == "":
		return move(ngo.MessageFailed, "No address is known any more.")
	case m.Receipt == "":
		return move(ngo.MessageFailed, "It has nothing to say: it belongs to no receipt.")
	case l.receipt.State != ngo.ReceiptIssued:
		return move(ngo.MessageFailed, "The receipt is no longer valid.")
	case l.receipt.Document == "":
		return func(tx *store.Tx, job ngo.Job) error {
			return tx.Retry(job, pause(job.Attempts, longPause), "the receipt's document is not ready yet")
		}
	}
	return nil
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

// compose writes the mail that carries a receipt.
func (f *Flow) compose(ctx context.Context, o *org.Org, l letter) (channel.Message, error) {
	facts, err := receipt.Read(l.facts)
	if err != nil {
		return channel.Message{}, err
	}
	pdf, err := f.document(ctx, o, l.document)
	if err != nil {
		return channel.Message{}, err
	}
	facts = facts.For(l.receipt, o.Zone())
	subject, text := receipt.Mail(facts)
	// No display name: the donor chose it, and a name can be an advertisement.
	return channel.Message{
		ID: l.message.ID, To: ngo.Identity{Kind: ngo.EMail, Value: l.message.Recipient}, FromName: facts.Org.Name,
		Subject: subject, Text: text,
		Attachments: []channel.Attachment{{Name: fileName(l.receipt.Number), Type: "application/pdf", Data: pdf}},
	}, nil
}

func fileName(number string) string {
	return "receipt-" + strings.ReplaceAll(number, "/", "-") + ".pdf"
}

// begin marks the message as going out, so that a crash from here on is known to leave its fate open. Extending also
// proves that nobody else has the job.
func begin(tx *store.Tx, job ngo.Job, id ngo.MessageID, via ngo.AccountID) error {
	if err := tx.Extend(job, sendTimeout+time.Minute); err != nil {
		return err
	}
	return tx.MoveMessage(id, ngo.MessageSending, "", via, "")
}

func send(ctx context.Context, via channel.Account, mail channel.Message) (ngo.Ref, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return via.Send(ctx, mail)
}
