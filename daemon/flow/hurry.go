package flow

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Run has the messages that wait, and the questions to gateways, tried anew whenever the accounts of their organisation change:
// one that was missing may be there, or a wrong password put right. It ends with ctx. Should it miss a change, they are tried all
// the same, later.
func (f *Flow) Run(ctx context.Context) error {
	changed := make(chan string, 64)
	defer f.feed.Subscribe(func(changes []store.Change) {
		for _, c := range changes {
			if c.Kind != "account" || c.Org == "" {
				continue
			}
			f.outages.mended(ngo.AccountID(c.ID)) // what was wrong with it may have been put right
			f.silence.mended(ngo.AccountID(c.ID))
			select {
			case changed <- c.Org:
			default: // the feed must not wait
			}
		}
	})()
	for {
		select {
		case <-ctx.Done():
			return nil
		case slug := <-changed:
			if err := f.hurryOrg(ctx, slug); err != nil {
				f.log.Warn("waiting jobs not hurried", "org", slug, "err", err)
			}
		}
	}
}

// Mended has what waits for an account tried now: its provider was just seen to take it, who may have refused it before. Should that not
// come about, it is tried all the same, later.
func (f *Flow) Mended(ctx context.Context, o *org.Org, account ngo.AccountID) {
	f.outages.answers(account)
	f.silence.answers(account)
	if err := hurry(ctx, o); err != nil {
		f.log.Warn("waiting jobs not hurried", "org", o.Info().Slug, "err", err)
	}
}

func (f *Flow) hurryOrg(ctx context.Context, slug string) error {
	o, err := f.book.Org(ctx, slug)
	if err != nil {
		return err
	}
	return hurry(ctx, o)
}

// hurry has every job of the organisation that waits for a provider tried now.
func hurry(ctx context.Context, o *org.Org) error {
	return write(ctx, o, func(tx *store.Tx) error {
		for _, waiting := range []struct {
			lane ngo.Lane
			kind ngo.JobKind
		}{
			{ngo.LaneOutbound, ngo.JobDeliver}, {ngo.LaneOutbound, ngo.JobConfirm}, {ngo.LaneOutbound, ngo.JobRefund},
			{ngo.LaneDocument, ngo.JobFetch}, {ngo.LaneDocument, ngo.JobErrand},
		} {
			if _, err := tx.Hurry(waiting.lane, waiting.kind); err != nil {
				return err
			}
		}
		return nil
	})
}
