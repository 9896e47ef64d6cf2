package daemon

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/ingress"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/webhook"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// hooks makes the handler of what providers send.
func (d *Daemon) hooks(b *base, registry prometheus.Registerer) (http.Handler, error) {
	return webhook.New(webhook.Options{
		Find: findAccount(b.book), Keep: keepBody(b.blobs), Refused: keepRefused, Registry: registry, Log: d.o.Log, Now: d.o.Now,
		Failures: ingress.NewFailures(ingress.FailuresOptions{Now: d.o.Now}),
		Rations:  ingress.NewFailures(ingress.FailuresOptions{Burst: 60, Every: time.Minute, Now: d.o.Now}),
		Source:   func(r *http.Request) string { return ingress.Source(r.RemoteAddr) },
	})
}

// keepRefused keeps how often strangers, or a provider with another secret, were refused at an account.
func keepRefused(ctx context.Context, a webhook.Account, n int) error {
	return a.Org.Write(ctx, store.Work, "hook", func(tx *store.Tx) error { return tx.Refused(a.ID, n) })
}

// findAccount gives the account behind a URL, from memory after the first time: a gateway, or a channel that hears. No two of
// an organisation have one name.
func findAccount(book *org.Book) func(context.Context, string, string) (webhook.Account, error) {
	return func(ctx context.Context, slug, name string) (webhook.Account, error) {
		o, err := book.Org(ctx, slug)
		if err != nil {
			return webhook.Account{}, err
		}
		info, gateway, err := o.Gateway(ctx, name)
		if ngo.CodeOf(err) != ngo.NotFound {
			return webhook.Account{ID: info.ID, Org: o.Store, Source: gateway}, err
		}
		info, opened, err := o.Channel(ctx, name)
		if err != nil {
			return webhook.Account{}, err
		}
		source, hears := opened.(channel.Receiver)
		if !hears || !org.Hooked(opened) {
			return webhook.Account{}, &ngo.Error{Code: ngo.NotFound, Message: "nothing comes in by the channel " + name}
		}
		return webhook.Account{ID: info.ID, Org: o.Store, Source: source, Heard: true}, nil
	}
}

// keepBody makes a body durable in a file.
func keepBody(blobs *blob.Shelves) func(context.Context, *store.Org, ngo.BlobID, []byte) (store.Blob, error) {
	return func(ctx context.Context, o *store.Org, id ngo.BlobID, body []byte) (store.Blob, error) {
		shelf, err := blobs.Of(o.Info())
		if err != nil {
			return store.Blob{}, err
		}
		kept, err := shelf.Put(ctx, id, body)
		return store.Blob{ID: kept.ID, Size: kept.Size, SHA: kept.SHA, Key: kept.Key}, err
	}
}

// keepFrom makes a body durable in a file while it is read.
func keepFrom(blobs *blob.Shelves) func(context.Context, *store.Org, ngo.BlobID, io.Reader) (store.Blob, error) {
	return func(ctx context.Context, o *store.Org, id ngo.BlobID, body io.Reader) (store.Blob, error) {
		shelf, err := blobs.Of(o.Info())
		if err != nil {
			return store.Blob{}, err
		}
		w, err := shelf.Create(ctx, id)
		if err != nil {
			return store.Blob{}, err
		}
		defer w.Abort()
		if _, err := io.Copy(w, body); err != nil {
			return store.Blob{}, err
		}
		kept, err := w.Commit()
		return store.Blob{ID: kept.ID, Size: kept.Size, SHA: kept.SHA, Key: kept.Key}, err
	}
}
