package flow

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	fetchTimeout = 5 * time.Minute
	fetchingFor  = 7 * 24 * time.Hour // providers keep a file no longer
)

// fetch gets an attachment that the provider has, and keeps it if it is what it claims to be. Where the provider is out of reach, or
// wants somebody to mend the account first, it is tried again for as long as the provider keeps the file.
func (f *Flow) fetch(ctx context.Context, o *org.Org, job ngo.Job) error {
	var src store.AttachmentSource
	var m ngo.Message
	err := o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		if src, err = rx.AttachmentSource(ngo.AttachmentID(job.Subject)); err == nil {
			m, err = rx.Message(src.Message)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !fetchable(src) {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Finish(job) })
	}
	tooLate := f.now().Sub(m.At) > fetchingFor
	if why, wait := f.silent(src.Account); why != "" && !tooLate {
		return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, wait, why) })
	}
	found, got, err := f.get(ctx, o, src)
	f.heardFrom(src.Account, err)
	lost := store.FetchedAttachment{State: ngo.AttachmentLost, Reason: refusalOf(err).reason}
	switch ngo.CodeOf(err) {
	case "":
		return f.got(ctx, o, job, src, found, got)
	case ngo.NotFound:
		return f.fetched(ctx, o, job, src.ID, lost, store.Blob{})
	case ngo.TooLarge, ngo.Denied, ngo.Invalid:
		lost.State = ngo.AttachmentRefused
		return f.fetched(ctx, o, job, src.ID, lost, store.Blob{})
	}
	if tooLate {
		lost.Reason = "It could not be fetched for a week, and the provider keeps it no longer. At last: " + lost.Reason
		return f.fetched(ctx, o, job, src.ID, lost, store.Blob{})
	}
	f.log.Warn("attachment not fetched", "org", o.Info().Slug, "attachment", src.ID, "err", err)
	return write(ctx, o, func(tx *store.Tx) error { return tx.Retry(job, pause(job.Attempts, longPause), lost.Reason) })
}

// fetchable tells whether a file is still to be had. One whose job was set aside is when that is tried again by hand.
func fetchable(src store.AttachmentSource) bool {
	return src.State == ngo.AttachmentWanted || src.State == ngo.AttachmentLost && src.Ref != ""
}

// unfetched says of a file that its job was set aside.
func unfetched(tx *store.Tx, job ngo.Job) error {
	src, err := tx.AttachmentSource(ngo.AttachmentID(job.Subject))
	if err != nil || src.State != ngo.AttachmentWanted {
		return err
	}
	return tx.SetAttachment(src.ID, store.FetchedAttachment{
		State: ngo.AttachmentLost, Reason: "The program could not fetch it, again and again. Why stands in: ngoctl job show " + string(job.ID),
	})
}

// silent tells why nothing is asked of a provider for now, and how long. One that hangs would keep those who work for minutes each time,
// and receipts are drawn by the same.
func (f *Flow) silent(id ngo.AccountID) (why string, wait time.Duration) {
	why, until := f.silence.of(id, f.now())
	return why, until.Sub(f.now()) + pause(0, firstPause)
}

// heardFrom notes whether a provider answers.
func (f *Flow) heardFrom(id ngo.AccountID, err error) {
	switch ngo.CodeOf(err) {
	case ngo.Unavailable, ngo.Limited, ngo.Unauthenticated:
		f.silence.add(id, f.now(), refusalOf(err).reason)
	default:
		f.silence.end(id)
	}
}

// get fetches the file and looks at it.
func (f *Flow) get(ctx context.Context, o *org.Org, src store.AttachmentSource) (examined, channel.Fetched, error) {
	_, account, err := o.ChannelByID(ctx, src.Account)
	if err != nil && ngo.CodeOf(err) != ngo.Invalid {
		return examined{}, channel.Fetched{}, err
	}
	fetcher, ok := account.(channel.Fetcher)
	if err != nil || !ok {
		return examined{}, channel.Fetched{}, &ngo.Error{Code: ngo.Unavailable, Message: "the channel cannot be used as it is set up", Err: errors.Join(err)}
	}
	file, err := f.newFile(ctx, o, claim{kind: src.Type, name: src.Name})
	if err != nil {
		return examined{}, channel.Fetched{}, err
	}
	defer file.Abort()
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	got, err := fetcher.Fetch(ctx, channel.Media{
		Kind: channel.MediaKind(src.Kind), Name: src.Name, Type: src.Type, Size: src.Size, SHA256: src.SHA, Ref: src.Ref, URL: src.SourceURL,
	}, mostFile, file.Writer)
	if err != nil {
		return examined{}, got, err
	}
	err = file.Close()
	return file.found, got, err
}

// got records a file that was fetched.
func (f *Flow) got(ctx context.Context, o *org.Org, job ngo.Job, src store.AttachmentSource, found examined, got channel.Fetched) error {
	r := found.report
	if r.Refused != "" {
		return f.fetched(ctx, o, job, src.ID, store.FetchedAttachment{State: ngo.AttachmentRefused, Reason: full(r.Refused)}, store.Blob{})
	}
	return f.fetched(ctx, o, job, src.ID, store.FetchedAttachment{
		State: ngo.AttachmentKept, Blob: found.blob.ID, Type: cmp.Or(r.Type, got.Type), Size: r.Size, Width: r.Width, Height: r.Height,
	}, found.blob)
}

// fetched records what became of an attachment. When it was erased meanwhile nothing is left to record, and the file is swept.
func (f *Flow) fetched(ctx context.Context, o *org.Org, job ngo.Job, id ngo.AttachmentID, a store.FetchedAttachment, b store.Blob) error {
	err := write(ctx, o, func(tx *store.Tx) error {
		if err := tx.SetAttachment(id, a); err != nil {
			return err
		}
		if b.ID != "" {
			if err := addBlobs(tx, []store.Blob{b}); err != nil {
				return err
			}
		}
		return tx.Finish(job)
	})
	if ngo.CodeOf(err) != ngo.Conflict {
		return err
	}
	return write(ctx, o, func(tx *store.Tx) error { return tx.Finish(job) })
}
