package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// ownerFile is where a data folder keeps the name under which it owns a bucket. Backups leave it out: see blob.BucketOptions.
const ownerFile = "bucket-owner"

// openShelves gives the place where files are kept: the data folder, or the bucket that config.toml names. It asks no server yet.
func openShelves(o Options, keys *seal.Ring) (*blob.Shelves, error) {
	c := o.Config.Blobs
	if c.Endpoint == "" {
		return blob.NewShelves(o.Dir, keys), nil
	}
	secret, err := os.ReadFile(inside(o.Dir, c.SecretFile))
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the secret of the bucket for files cannot be read", Hint: "see secret-file under [blobs] in config.toml", Err: err}
	}
	bucket, err := blob.NewBucket(blob.BucketOptions{
		Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix, AccessKey: c.AccessKey, Secret: strings.TrimSpace(string(secret)),
		Plain: !c.TLS, Owner: filepath.Join(o.Dir, ownerFile),
	})
	if err != nil {
		return nil, err
	}
	return blob.NewShelvesIn(bucket, o.Dir, keys), nil
}

const bucketEvery = 10 * time.Minute

// bucketWatch tries now and then whether the bucket works, so that its troubles show before somebody needs a file.
type bucketWatch struct {
	base *base

	mu      sync.Mutex
	trouble string
}

func (w *bucketWatch) run(ctx context.Context) error {
	bucket := w.base.blobs.Bucket()
	if bucket == nil {
		return nil
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		err := bucket.Check(ctx)
		if ctx.Err() != nil {
			return nil
		}
		w.note(err)
		timer.Reset(bucketEvery)
	}
}

// note keeps what is wrong, and says it once.
func (w *bucketWatch) note(err error) {
	text := ""
	if known, ok := errors.AsType[*ngo.Error](err); ok {
		text = strings.TrimSuffix(known.Message, ".") + ". " + known.Hint
	} else if err != nil {
		text = "the bucket for files does not work: " + err.Error()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case text != "" && text != w.trouble:
		w.base.o.Log.Warn("the bucket for files does not work", "err", err)
	case text == "" && w.trouble != "":
		w.base.o.Log.Info("the bucket for files works again")
	}
	w.trouble = text
}

// problems gives what is wrong, for whoever asks for the status.
func (w *bucketWatch) problems() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.trouble == "" {
		return nil
	}
	return []string{w.trouble}
}
