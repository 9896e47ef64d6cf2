package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/backup"
	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/channel/rate"
	"github.com/ngoctl/ngoctl/daemon/ingress"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/pull"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/sqlite"
)

// base is an open data folder with what a daemon and a command without one both need.
type base struct {
	o     Options
	lock  *folderLock
	store *store.Store
	book  *org.Book
	blobs *blob.Shelves
	watch bucketWatch
	pull  *pull.Puller
	fonts *typeset.Library
	laws  receipt.Laws
	rates rate.Rates
	files *inspect.Inspector

	lawFaults []error // of the files in DATA/law and DATA/rates
}

// openBase opens a folder once its lock is free, for which it waits that long. Nothing in it is slow, however much the
// folder holds: databases of organisations are opened when they are first needed.
func openBase(ctx context.Context, o Options, wait time.Duration) (b *base, err error) {
	b = &base{o: o, fonts: typeset.New()}
	defer func() {
		if err != nil {
			b, err = nil, errors.Join(err, b.close())
		}
	}()
	if b.lock, err = lockFolder(ctx, o.Dir, wait); err != nil {
		return b, err
	}
	if err := backup.RemoveLeft(o.Dir); err != nil {
		return b, err
	}
	keys, err := seal.LoadRing(o.Dir)
	if err != nil {
		return b, err
	}
	if b.laws, b.lawFaults, err = receipt.LoadLaws(os.DirFS(filepath.Join(o.Dir, "law"))); err != nil {
		return b, err
	}
	var rateFaults []error
	if b.rates, rateFaults, err = rate.Load(os.DirFS(filepath.Join(o.Dir, "rates"))); err != nil {
		return b, err
	}
	b.lawFaults = append(b.lawFaults, rateFaults...)
	if b.files, err = inspect.New(inspect.Options{Log: o.Log}); err != nil {
		return b, err
	}
	if b.store, err = store.Open(ctx, store.Options{Dir: o.Dir, Engine: sqlite.Open, Keys: keys, Now: o.Now}); err != nil {
		return b, err
	}
	if b.blobs, err = openShelves(o, keys); err != nil {
		return b, err
	}
	b.watch.base = b
	if b.book, err = org.New(org.Options{Store: b.store, Gateways: readers(), Channels: Channels(), NoCache: o.NoCache, Log: o.Log, Now: o.Now}); err != nil {
		return b, err
	}
	b.pull, err = pull.New(pull.Options{Book: b.book, Keep: keepBody(b.blobs), KeepFrom: keepFrom(b.blobs), BaseURL: o.Config.PublicURL(), Log: o.Log, Now: o.Now})
	return b, err
}

// close gives up what openBase took, the lock last.
func (b *base) close() error {
	var errs []error
	if b.pull != nil {
		b.pull.Close()
	}
	if b.book != nil {
		b.book.Close()
	}
	if b.blobs != nil {
		errs = append(errs, b.blobs.Close())
	}
	if b.store != nil {
		errs = append(errs, b.store.Close())
	}
	if b.lock != nil {
		errs = append(errs, b.lock.release())
	}
	return errors.Join(errs...)
}

// serverOptions is how the interface for staff is served, whoever asks.
func (b *base) serverOptions(probe func() time.Time) apiserver.Options {
	return apiserver.Options{
		Dir: b.o.Dir, Store: b.store, Book: b.book, Blobs: b.blobs, Fonts: b.fonts, Laws: b.laws, Rates: b.rates, Probe: probe,
		Accounts:  ingress.NewFailures(ingress.FailuresOptions{Every: time.Minute, Now: b.o.Now}),
		Addresses: ingress.NewFailures(ingress.FailuresOptions{Every: time.Minute, Now: b.o.Now}),
		Peer: func(ctx context.Context) (apiserver.Peer, bool) {
			p, ok := ingress.PeerOf(ctx)
			return apiserver.Peer(p), ok
		},
		Source:  func(r *http.Request) string { return ingress.Source(r.RemoteAddr) },
		CatchUp: b.catchUp, Try: b.try, TryChannel: b.tryChannel, Inspect: b.files, Asking: b.pull.Asking, Problems: texts(b.lawFaults), Troubles: b.watch.problems,
		Version: b.o.Version, BaseURL: b.o.Config.PublicURL(), DonorURL: b.o.Config.donorURL(), Log: b.o.Log, Now: b.o.Now,
	}
}

// texts gives errors in words for people, a line each.
func texts(errs []error) (out []string) {
	for _, err := range errs {
		out = append(out, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return out
}

func (b *base) server(o apiserver.Options) (*apiserver.Server, error) {
	info, err := os.Stat(b.o.Dir)
	if err != nil {
		return nil, fmt.Errorf("look at data folder: %w", err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		o.Owner = int(s.Uid)
	}
	return apiserver.New(o)
}
