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
	mostAgain   = 2
)

// wait has the donor of a waiting gift asked for what is missing, unless that was done or no address is known: the gift is then
// on the list of those that wait, for staff.
func (s situation) wait(tx *store.Tx, job ngo.Job) error {
	if s.Donation.Asked == nil && s.address() != "" {
		if err := tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, string(s.Donation.ID), askAfter); err != nil {
			return err
		}
	}
	return tx.Finish(job)
}

// ask asks the donor of a waiting gift for what is missing, later reminds of it twice, and leaves the rest to staff. Each time it
// leaves the next; one that comes too early has a twin that will come in time.
func (f *Flow) ask(ctx context.Context, o *org.Org, job ngo.Job) error {
	s, err := stateOf(ctx, o, ngo.DonationID(job.Subject))
	if err != nil {
		return err
	}
	d := s.Donation
	asked := d.Asked != nil
	switch {
	case d.State == ngo.DonationHeld && asked: // when it waits again the reminders go on
		return write(ctx, o, func(tx *store.Tx) error { return again(tx, job, firstAgain) })
	case d.State != ngo.DonationWaiting || s.address() == "" || d.Reminded >= mostAgain,
		asked && f.now().Before(d.Asked.Add(firstAgain)):
		return write(ctx, o, func(tx *store.Tx) error { return tx.Finish(job) })
	case !asked:
		return s.write(ctx, o, job, func(tx *store.Tx) error { return s.askNow(tx, job) })
	}
	return s.write(ctx, o, job, func(tx *store.Tx) error { return s.remind(tx, job) })
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
	if err := tx.Enqueue(ngo.LaneBulk, ngo.JobAsk, job.Subject, firstAgain); err != nil {
		return err
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
