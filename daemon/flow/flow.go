// Package flow is the jobs, a file per step; here alone the domains meet. Each step does its work in the transaction that
// ends its job and leaves the next one, so that a crash between two steps loses nothing and doubles nothing:
//
//	ingest   a delivery becomes a payment and a gift, a refund, a dispute, a settlement
//	confirm  of one that may not be believed the gateway is asked first
//	react    the receipt follows its gift: issued with the next number, replaced, or void, with a message to the donor
//	render   the receipt becomes a document
//	deliver  the message goes out
//	ask      the donor of a gift that waits is asked for what is missing, and reminded
//	refund   the gateway is asked to pay back
//	hear     a delivery of a channel becomes messages in conversations, and what became of ours
//	fetch    an attachment that the provider has is got, looked at and sealed
//	errand   what a delivery asks for is got, such as mail that lies in a bucket
//
// Every step may run twice. None calls another, and none talks to anybody while a transaction is open.
package flow

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// actor stands in the trail for what a step did.
const actor = "worker"

// Options is what New needs. All but BaseURL, Log and Now are required.
type Options struct {
	Feed  *store.Feed
	Book  *org.Book
	Blobs *blob.Shelves
	Laws  receipt.Laws
	Fonts *typeset.Library
	// Files looks at the files of strangers; nil makes one that does so in child processes of this program.
	Files *inspect.Inspector
	// BaseURL is where donors find the pages of the appliance, as https://HOST; without it they are asked to answer by mail.
	BaseURL string
	Log     *slog.Logger // nil discards
	Now     func() time.Time
}

// Flow has the steps. It is safe for concurrent use.
type Flow struct {
	feed    *store.Feed
	book    *org.Book
	blobs   *blob.Shelves
	laws    receipt.Laws
	fonts   *typeset.Library
	baseURL string
	texts   ngo.Texts
	wishes  wishes
	files   *inspect.Inspector
	log     *slog.Logger
	now     func() time.Time
	outages outages  // of sending
	silence outages  // of those who have files and mail for us
	synced  sync.Map // by account, when its templates were asked for that are kept now
}

// New makes the steps. It fails with Invalid, naming what is missing.
func New(o Options) (*Flow, error) {
	if o.Feed == nil || o.Book == nil || o.Blobs == nil || len(o.Laws) == 0 || o.Fonts == nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the steps need Feed, Book, Blobs, Laws and Fonts"}
	}
	texts, err := ngo.LoadTexts(langFiles, "lang")
	if err != nil {
		return nil, err
	}
	wishes, err := loadWishes(langFiles)
	if err != nil {
		return nil, err
	}
	if o.Files == nil {
		if o.Files, err = inspect.New(inspect.Options{Log: o.Log}); err != nil {
			return nil, err
		}
	}
	f := &Flow{wishes: wishes, files: o.Files, feed: o.Feed, book: o.Book, blobs: o.Blobs, laws: o.Laws, fonts: o.Fonts, baseURL: o.BaseURL, texts: texts, log: o.Log, now: o.Now}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	if f.now == nil {
		f.now = time.Now
	}
	return f, nil
}

// Handlers gives the step of each kind of job.
func (f *Flow) Handlers() map[ngo.JobKind]func(context.Context, *store.Org, ngo.Job) error {
	return map[ngo.JobKind]func(context.Context, *store.Org, ngo.Job) error{
		ngo.JobIngest:  f.step(f.ingest),
		ngo.JobReact:   f.step(f.react),
		ngo.JobRender:  f.step(f.render),
		ngo.JobDeliver: f.step(f.deliver),
		ngo.JobConfirm: f.step(f.confirm),
		ngo.JobAsk:     f.step(f.ask),
		ngo.JobRefund:  f.step(f.payBack),
		ngo.JobHear:    f.step(f.hear),
		ngo.JobFetch:   f.step(f.fetch),
		ngo.JobErrand:  f.step(f.errand),
	}
}

// step finds what the daemon holds of the job's organisation.
func (f *Flow) step(do func(context.Context, *org.Org, ngo.Job) error) func(context.Context, *store.Org, ngo.Job) error {
	return func(ctx context.Context, s *store.Org, job ngo.Job) error {
		o, err := f.book.Org(ctx, s.Info().Slug)
		if err != nil {
			return err
		}
		return do(ctx, o, job)
	}
}

// write runs the transaction of a step.
func write(ctx context.Context, o *org.Org, fn func(*store.Tx) error) error {
	return o.Store.Write(ctx, store.Work, actor, fn)
}

// document reads a sealed file.
func (f *Flow) document(ctx context.Context, o *org.Org, b store.Blob) ([]byte, error) {
	shelf, err := f.blobs.Of(o.Info())
	if err != nil {
		return nil, err
	}
	return shelf.Get(ctx, blob.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key})
}
