package flow

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// mostFile is the largest file in bytes that is taken in.
const mostFile = 100 << 20

// claim is what is said of a file before anybody has looked at it.
type claim struct {
	kind, name string
	page       bool // a mail's own page
}

// examined is a file that was looked at: sealed and durable, or refused.
type examined struct {
	report inspect.Report
	blob   store.Blob // of one that was not refused; its row is the caller's to write
}

// incomingFile is a file on its way in. It is sealed as it comes, so that it never lies in memory whole, or open on the disk.
type incomingFile struct {
	*blob.Writer
	ctx   context.Context // of the step: io.WriteCloser takes none
	flow  *Flow
	claim claim
	found examined
}

func (f *Flow) newFile(ctx context.Context, o *org.Org, c claim) (*incomingFile, error) {
	shelf, err := f.blobs.Of(o.Info())
	if err != nil {
		return nil, err
	}
	w, err := shelf.Create(ctx, ngo.NewID[ngo.BlobID](f.now()))
	return &incomingFile{Writer: w, ctx: ctx, flow: f, claim: c}, err
}

// Close ends the file and looks at it: one that is fine is made durable, of one that is refused nothing is left. It fails with
// Unavailable when files cannot be looked at or kept now.
func (i *incomingFile) Close() (err error) {
	defer i.Abort()
	content, err := i.Content()
	if err != nil {
		return err
	}
	i.found.report, err = i.flow.files.Inspect(i.ctx, content, i.claim.kind, i.claim.name, inspect.Limits{Bytes: mostFile, Page: i.claim.page})
	if err = errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("look at a file: %w", err)
	}
	if i.found.report.Refused != "" {
		return nil
	}
	b, err := i.Commit()
	i.found.blob = store.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key}
	return err
}

// examine looks at what r gives.
func (f *Flow) examine(ctx context.Context, o *org.Org, c claim, r io.Reader) (examined, error) {
	file, err := f.newFile(ctx, o, c)
	if err != nil {
		return examined{}, err
	}
	defer file.Abort()
	if _, err := io.Copy(file.Writer, r); err != nil {
		return examined{}, err
	}
	err = file.Close()
	return file.found, err
}
