package flow

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// render makes the document of a receipt. The file is durable before the row that names it; a crash in between leaves an
// orphan, and the document is made anew.
func (f *Flow) render(ctx context.Context, o *org.Org, job ngo.Job) error {
	var r ngo.Receipt
	var printed []byte
	var messages []ngo.Message
	err := o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		if r, err = rx.Receipt(ngo.ReceiptID(job.Subject)); err != nil {
			return err
		}
		if printed, err = rx.ReceiptFacts(r.ID); err != nil {
			return err
		}
		messages, err = rx.MessagesOf(r.ID)
		return err
	})
	if err != nil {
		return err
	}
	if r.Document != "" {
		return write(ctx, o, func(tx *store.Tx) error { return next(tx, job, messages) })
	}
	document, err := f.print(ctx, o, r, printed)
	if err != nil {
		return err
	}
	return write(ctx, o, func(tx *store.Tx) error {
		if err := tx.AddBlob(document.ID, document.Size, document.SHA, document.Key); err != nil {
			return err
		}
		if err := tx.AttachDocument(r.ID, document.ID); err != nil {
			return err
		}
		return next(tx, job, messages)
	})
}

// print draws a receipt and stores it.
func (f *Flow) print(ctx context.Context, o *org.Org, r ngo.Receipt, printed []byte) (blob.Blob, error) {
	facts, err := receipt.Read(printed)
	if err != nil {
		return blob.Blob{}, err
	}
	pdf, err := f.draw(ctx, o, facts.For(r, o.Zone(), o.Info().Slug, f.baseURL), receipt.Original)
	if err != nil {
		return blob.Blob{}, err
	}
	shelf, err := f.blobs.Of(o.Info())
	if err != nil {
		return blob.Blob{}, err
	}
	return shelf.Put(ctx, ngo.NewID[ngo.BlobID](f.now()), pdf)
}

// next leaves the sending of the message that was queued with the receipt. One queued later has a job of its own, as has one that
// says that the receipt is void, and one in a conversation.
func next(tx *store.Tx, job ngo.Job, messages []ngo.Message) error {
	if len(messages) == 0 || messages[0].Kind != ngo.MessageReceipt || messages[0].State != ngo.MessageQueued || messages[0].Conversation != "" {
		return tx.Finish(job)
	}
	return tx.Advance(job, ngo.LaneOutbound, ngo.JobDeliver, string(messages[0].ID))
}
