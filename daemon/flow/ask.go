package flow

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	askAfter    = 10 * time.Second    // a gateway often tells the rest in its next event
	firstAgain  = 7 * 24 * time.Hour  // after the donor was asked
	secondAgain = 23 * 24 * time.Hour // after the first reminder
	unsentAgain = 24 * time.Hour      // after a look at a question that still waits to go out
	mostAgain   = 2
)

// wait has the donor of a waiting gift asked for what is missing, unless that was done at the present address or none is known:
// the gift is then on the list of those that wait, for staff.
func (s situation) wait(tx *store.Tx, job ngo.Job) error {
	last, err := lastQuestion(&tx.Rx, s.Donation.ID)
	if err != nil {
		return err
	}
	if address := s.address(); address != "" && address != last.Recipient {
		if err := tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, string(s.Donation.ID), askAfter); err != nil {
			return err
		}
	}
	return tx.Finish(job)
}

// lastQuestion gives the last mail in which the donor of a gift was asked for facts; an empty one when there was none.
func lastQuestion(rx *store.Rx, id ngo.DonationID) (last ngo.Message, err error) {
	all, err := rx.MessagesFor(id)
	for _, m := range all {
		if asks(m) {
			last = m
		}
	}
	return last, err
}

// ask asks the donor of a waiting gift for what is missing, later reminds of it twice, and leaves the rest to staff. Each time it
// leaves the next; one that comes too early has a twin that will come in time, or comes again.
func (f *Flow) ask(ctx context.Context, o *org.Org, job ngo.Job) error {
	s, err := stateOf(ctx, o, ngo.DonationID(job.Subject))
	if err != nil {
		return err
	}
	return s.write(ctx, o, job, func(tx *store.Tx) error { return s.question(tx, job) })
}

func (s situation) question(tx *store.Tx, job ngo.Job) error {
	last, err := lastQuestion(&tx.Rx, s.Donation.ID)
	if err != nil {
		return err
	}
	d := s.Donation
	stopped, err := stopped(&tx.Rx, d.Person)
	if err != nil {
		return err
	}
	enough := d.Reminded >= mostAgain || d.Quiet || stopped
	switch address := s.address(); {
	case d.State != ngo.DonationWaiting && d.State != ngo.DonationHeld:
		return tx.Finish(job)
	case d.State == ngo.DonationHeld || address == "":
		if d.Asked == nil || enough {
			return tx.Finish(job)
		}
		return again(tx, job, firstAgain) // when it waits again the reminders go on
	case address == last.Recipient && (enough || tx.Now().Before(d.Asked.Add(firstAgain))):
		return tx.Finish(job)
	}
	asked := s.address() == last.Recipient
	var early time.Duration
	if asked {
		early = pauseAfter(last, tx.Now())
	}
	if early <= 0 {
		if early, err = s.spare(tx); err != nil {
			return err
		}
	}
	switch {
	case early > 0:
		return again(tx, job, early)
	case asked:
		return s.remind(tx, job)
	}
	return s.askNow(tx, job)
}

// spare tells how long the donor is still left alone after a question about another gift, whose answer serves this one too.
func (s situation) spare(tx *store.Tx) (time.Duration, error) {
	last, ok, err := tx.AskedElsewhere(s.Donation, s.address())
	if err != nil || !ok {
		return 0, err
	}
	last.Kind = ngo.MessageAsk // a reminder of another gift puts this one off no longer than a question
	return pauseAfter(last, tx.Now()), nil
}

// pauseAfter tells how long a donor is still left alone after a question. For one that did not go out yet it is looked every day.
func pauseAfter(last ngo.Message, now time.Time) time.Duration {
	since, pause := last.Created, firstAgain
	switch {
	case last.State == ngo.MessageQueued || last.State == ngo.MessageSending:
		return unsentAgain
	case last.Sent != nil:
		since = *last.Sent
	}
	if last.Kind == ngo.MessageReminder {
		pause = secondAgain
	}
	return since.Add(pause).Sub(now)
}

// again ends the job and leaves another like it for later.
func again(tx *store.Tx, job ngo.Job, delay time.Duration) error {
	if err := tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, job.Subject, delay); err != nil {
		return err
	}
	return tx.Finish(job)
}

func (s situation) askNow(tx *store.Tx, job ngo.Job) error {
	if err := tx.Asked(s.Donation.ID); err != nil {
		return err
	}
	if s.Donation.Reminded < mostAgain {
		if err := tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, job.Subject, firstAgain); err != nil {
			return err
		}
	}
	return s.post(tx, job, ngo.Message{Kind: ngo.MessageAsk})
}

func (s situation) remind(tx *store.Tx, job ngo.Job) error {
	if err := tx.Reminded(s.Donation.ID); err != nil {
		return err
	}
	if s.Donation.Reminded+1 < mostAgain {
		if err := tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, job.Subject, secondAgain); err != nil {
			return err
		}
	}
	return s.post(tx, job, ngo.Message{Kind: ngo.MessageReminder})
}
