package store

import (
	"crypto/sha256"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Weighed is what is known of a body that was put into a blob while it came.
type Weighed struct {
	Size   int64
	Digest [sha256.Size]byte
	Blob   ngo.BlobID
}

// NewLongDelivery prepares a delivery whose body lies in a blob already.
func (o *Org) NewLongDelivery(account ngo.AccountID, hint string, w Weighed) NewDelivery {
	return NewDelivery{
		ID: ngo.NewID[ngo.DeliveryID](o.now()), account: account, hint: cut(ngo.Printable(hint), mostHint),
		digest: w.Digest, size: w.Size, blob: w.Blob, source: ngo.SourceWebhook,
	}
}
