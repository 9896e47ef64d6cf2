package flow

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// errandFor is how long an errand is tried: mail in a bucket is kept longer than most outages last.
const errandFor = 7 * 24 * time.Hour

// errandSubject names an errand by the delivery that asks for it and its place among the delivery's events, which reading it again
// gives again: it needs no row of its own.
func errandSubject(d ngo.DeliveryID, place int) string { return fmt.Sprintf("%s/%d", d, place) }

// errand does what a delivery asked for, such as to get the mail that lies in a bucket. What comes of it is a delivery like any other.
func (f *Flow) errand(ctx context.Context, o *org.Org, job ngo.Job) error {
	if account, ok := ngo.TemplatesOf(job.Subject); ok {
		return f.syncTemplates(ctx, o, job, account)
	}
	a, err := f.asked(ctx, o, job.Subject)
	if err != nil {
		return err
	}
	d := a.from
	if why, wait := f.silent(d.Account); why != "" && f.now().Sub(d.Received) < errandFor {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, wait, why) })
	}
	patience, cancel := context.WithTimeout(ctx, sendTimeout) // of the errand alone: how it ended is recorded in any case
	defer cancel()
	bodies, err := a.runner.Run(patience, a.errand)
	f.heardFrom(d.Account, err)
	switch ngo.CodeOf(err) {
	case "":
		return f.bring(ctx, o, job, a, bodies)
	case ngo.Unavailable, ngo.Limited, ngo.Unauthenticated:
		if f.now().Sub(d.Received) < errandFor {
			reason := refusalOf(err).reason
			return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, pause(job.Attempts, longPause), reason) })
		}
	}
	return fmt.Errorf("run errand of delivery %s: %w", d.ID, err)
}

// asked is an errand, as the delivery that asks for it tells of it.
type asked struct {
	from   ngo.Delivery
	runner channel.Runner
	errand channel.Errand
	alone  bool // the delivery says nothing else
}

// asked reads the delivery again up to the errand.
func (f *Flow) asked(ctx context.Context, o *org.Org, subject string) (a asked, err error) {
	lost := &ngo.Error{Code: ngo.Invalid, Message: "there is no such errand"}
	id, place, _ := strings.Cut(subject, "/")
	n, err := strconv.Atoi(place)
	if err != nil {
		return a, lost
	}
	d, body, err := f.delivery(ctx, o, ngo.DeliveryID(id))
	if err != nil {
		return a, err
	}
	_, account, err := o.ChannelByID(ctx, d.Account)
	if err != nil {
		return a, err
	}
	receiver, hears := account.(channel.Receiver)
	runner, runs := account.(channel.Runner)
	if !hears || !runs {
		return a, lost
	}
	events, err := receiver.Normalise(body)
	if err != nil {
		return a, err
	}
	if n < 0 || n >= len(events) || events[n].Errand == nil {
		return a, lost
	}
	return asked{d, runner, *events[n].Errand, len(events) == 1}, nil
}

// bring stores what came of an errand, and ends its job. What asked for it is not needed any more, and quotes from what came, which may
// be what is never kept.
func (f *Flow) bring(ctx context.Context, o *org.Org, job ngo.Job, a asked, bodies [][]byte) error {
	type parcel struct {
		delivery store.NewDelivery
		body     store.Blob
	}
	var all []parcel
	for _, body := range bodies {
		p := parcel{delivery: o.Store.NewDelivery(a.from.Account, string(a.from.ID), body).Polled().Heard()} // by the hint, erasing reaches both
		if len(body) > store.MostInline {
			kept, err := f.keep(ctx, o, body)
			if err != nil {
				return err
			}
			p.delivery, p.body = p.delivery.InBlob(kept.ID), kept
		}
		all = append(all, p)
	}
	return write(ctx, o, func(tx *store.Tx) error {
		for _, p := range all {
			added, err := tx.AddDelivery(p.delivery)
			if err != nil {
				return err
			}
			if !added || p.body.ID == "" {
				continue
			}
			if err := tx.AddBlob(p.body.ID, p.body.Size, p.body.SHA, p.body.Key); err != nil {
				return err
			}
		}
		if a.alone {
			if err := tx.EraseBody(a.from.ID); err != nil {
				return err
			}
		}
		return tx.Finish(job)
	})
}

// keep makes a file durable. Its row is the caller's to write.
func (f *Flow) keep(ctx context.Context, o *org.Org, data []byte) (store.Blob, error) {
	shelf, err := f.blobs.Of(o.Info())
	if err != nil {
		return store.Blob{}, err
	}
	b, err := shelf.Put(ctx, ngo.NewID[ngo.BlobID](f.now()), data)
	return store.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key}, err
}

// syncTemplates asks for the templates of an account: one of them is new, or says something else now.
func (f *Flow) syncTemplates(ctx context.Context, o *org.Org, job ngo.Job, id ngo.AccountID) error {
	done := func(tx *store.Tx) error { return tx.Finish(job) }
	info, account, err := o.ChannelByID(ctx, id)
	if err != nil {
		return err
	}
	templater, ok := account.(channel.Templater)
	asked := f.now()
	last, _ := f.synced.Load(id)
	was, _ := last.(time.Time)
	if !ok || info.Removed != nil || was.After(job.Created) { // one list tells of all that changed before it was asked for
		return write(ctx, o, done)
	}
	patience, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	found, err := templater.Templates(patience)
	switch ngo.CodeOf(err) {
	case "":
	case ngo.Invalid:
		return write(ctx, o, done) // its settings do not say whose templates it has; who asks for them is told
	case ngo.Unavailable, ngo.Limited:
		reason := refusalOf(err).reason
		return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, pause(job.Attempts, longPause), reason) })
	default:
		return fmt.Errorf("ask for templates: %w", err)
	}
	list := make([]ngo.Template, 0, len(found))
	for _, t := range found {
		kept, err := t.Keep(id, f.now())
		if err != nil {
			return err
		}
		list = append(list, kept)
	}
	err = write(ctx, o, func(tx *store.Tx) error {
		if err := tx.PutTemplates(id, list); err != nil {
			return err
		}
		return tx.Finish(job)
	})
	if err == nil {
		f.synced.Store(id, asked)
	}
	return err
}
