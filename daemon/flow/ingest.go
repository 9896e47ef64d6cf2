package flow

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// ingest writes what a delivery says into the ledger. A delivery that cannot be understood is kept for a person; of one that may
// not be believed the gateway is asked next.
func (f *Flow) ingest(ctx context.Context, o *org.Org, job ngo.Job) error {
	d, body, err := f.delivery(ctx, o, ngo.DeliveryID(job.Subject))
	if err != nil {
		return err
	}
	info, account, err := o.GatewayByID(ctx, d.Account)
	if err != nil {
		return err
	}
	event, err := account.Normalise(body)
	if err == nil {
		err = write(ctx, o, func(tx *store.Tx) error {
			c := clerk{tx: tx, org: o, account: info, delivery: d}
			if event.Claim != nil {
				return c.claim(job, event)
			}
			return c.settle(job, event.Name, []payment.Event{event})
		})
	}
	if e := invalid(err); e != nil {
		return write(ctx, o, func(tx *store.Tx) error { return quarantine(tx, job, d, event.Name, e.Message) })
	}
	return err
}

// invalid gives the error that keeps a delivery for a person; nil for any other.
func invalid(err error) *ngo.Error {
	if e, ok := errors.AsType[*ngo.Error](err); ok && e.Code == ngo.Invalid {
		return e
	}
	return nil
}

// delivery reads a delivery and its body, wherever that lies.
func (f *Flow) delivery(ctx context.Context, o *org.Org, id ngo.DeliveryID) (ngo.Delivery, []byte, error) {
	d, r, err := f.open(ctx, o, id)
	if err != nil {
		return d, nil, err
	}
	body, err := io.ReadAll(r)
	return d, body, errors.Join(err, r.Close())
}

// open is delivery for a body that may be large.
func (f *Flow) open(ctx context.Context, o *org.Org, id ngo.DeliveryID) (d ngo.Delivery, body io.ReadCloser, err error) {
	var large store.Blob
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		var here []byte
		var where ngo.BlobID
		if d, here, where, err = rx.DeliveryBody(id); err != nil || where == "" {
			body = io.NopCloser(bytes.NewReader(here))
			return err
		}
		large, err = rx.Blob(where)
		return err
	})
	if err != nil || body != nil {
		return d, body, err
	}
	shelf, err := f.blobs.Of(o.Info())
	if err != nil {
		return d, nil, err
	}
	body, err = shelf.Open(ctx, blob.Blob{ID: large.ID, Size: large.Size, SHA: large.SHA, Key: large.Key})
	return d, body, err
}

// quarantine keeps a delivery for a person. One whose effects are in the ledger already stays as it is.
func quarantine(tx *store.Tx, job ngo.Job, d ngo.Delivery, event, reason string) error {
	if d.State == ngo.DeliveryAccepted {
		if err := tx.SettleDelivery(d.ID, ngo.DeliveryQuarantined, event, reason); err != nil {
			return err
		}
	}
	return tx.Finish(job)
}
