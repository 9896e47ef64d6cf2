package flow

import (
	"bytes"
	"cmp"
	"context"
	"io"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A mail as it was laid out is a file too.
const (
	pageKind = "page"
	pageName = "mail.html"
)

// files are those of a mail, in the order in which they stand in it; nil for what is not taken.
type files struct {
	ctx  context.Context // of the step: a sink takes none
	flow *Flow
	org  *org.Org
	all  []*incomingFile
}

// take opens what a file of a mail is written to.
func (s *files) take(m channel.Media) (io.WriteCloser, error) {
	if len(s.all) >= mostFiles {
		s.all = append(s.all, nil)
		return nil, nil
	}
	file, err := s.flow.newFile(s.ctx, s.org, claim{kind: m.Type, name: m.Name})
	if err != nil {
		return nil, err
	}
	s.all = append(s.all, file)
	return file, nil
}

// stop gives up the files that were not written to their end.
func (s *files) stop() {
	for _, file := range s.all {
		if file != nil {
			file.Abort()
		}
	}
}

// examine looks at the files that came along, and has the others fetched. files are those that were looked at while the body was
// read, in the order of the events' media.
func (h *hearing) examine(ctx context.Context, files []*incomingFile) error {
	for n := range h.items {
		in := h.items[n].Incoming
		if in == nil {
			continue
		}
		for _, m := range in.Media {
			var seen *incomingFile
			if len(files) > 0 && m.Data == nil && m.Ref == "" {
				seen, files = files[0], files[1:]
			}
			if err := h.file(ctx, &h.items[n], m, seen); err != nil {
				return err
			}
		}
		if in.Mail != nil && len(in.Mail.HTML) > 0 {
			if err := h.page(ctx, &h.items[n], in.Mail.HTML); err != nil {
				return err
			}
		}
	}
	return nil
}

// file says what becomes of one file.
func (h *hearing) file(ctx context.Context, i *item, m channel.Media, seen *incomingFile) error {
	a := store.NewAttachment{
		Kind: string(m.Kind), Name: cmp.Or(m.Name, m.Title), Type: m.Type, Size: m.Size, Inline: m.Inline, ContentID: m.ContentID, SHA: m.SHA256,
		State: ngo.AttachmentWanted, Ref: m.Ref, SourceURL: m.URL,
	}
	_, fetches := h.via.(channel.Fetcher)
	switch {
	case m.Kind == channel.MediaLink:
		a.State, a.URL, a.Ref, a.SourceURL = ngo.AttachmentKept, m.URL, "", "" // to be shown: there is nothing to fetch
	case m.Problem != "":
		a.State, a.Reason = ngo.AttachmentLost, full(m.Problem)
	case len(i.files) >= mostFiles:
		a.State, a.Reason = ngo.AttachmentRefused, "There are too many files in one message."
	case seen != nil:
		h.seen(i, &a, seen.found)
	case m.Data != nil:
		x, err := h.flow.examine(ctx, h.org, claim{kind: m.Type, name: m.Name}, bytes.NewReader(m.Data))
		if err != nil {
			return err
		}
		h.seen(i, &a, x)
	case !fetches || m.Ref == "" && m.URL == "":
		a.State, a.Reason = ngo.AttachmentLost, "Nobody said where the file is."
	}
	if a.State != ngo.AttachmentWanted {
		a.Ref, a.SourceURL = "", ""
	}
	i.files = append(i.files, a)
	return nil
}

// seen notes what a file turned out to be.
func (h *hearing) seen(i *item, a *store.NewAttachment, x examined) {
	if x.report.Refused != "" {
		a.State, a.Reason = ngo.AttachmentRefused, full(x.report.Refused)
		return
	}
	a.State, a.Blob, a.Type, a.Size = ngo.AttachmentKept, x.blob.ID, x.report.Type, x.report.Size
	a.Width, a.Height = x.report.Width, x.report.Height
	i.blobs = append(i.blobs, x.blob)
}

// page keeps a mail as it was laid out: for who asks to see it, cleaned.
func (h *hearing) page(ctx context.Context, i *item, html []byte) error {
	x, err := h.flow.examine(ctx, h.org, claim{kind: "text/html", name: pageName, page: true}, bytes.NewReader(html))
	if err != nil || x.report.Refused != "" {
		return err
	}
	i.blobs = append(i.blobs, x.blob)
	i.files = append(i.files, store.NewAttachment{
		Kind: pageKind, Name: pageName, Type: "text/html", Size: int64(len(html)), State: ngo.AttachmentKept, Blob: x.blob.ID,
	})
	return nil
}

// addBlobs writes the rows of the files that a message came with. What was kept for one that turns out to be there already has none,
// and is swept.
func addBlobs(tx *store.Tx, all []store.Blob) error {
	for _, b := range all {
		if err := tx.AddBlob(b.ID, b.Size, b.SHA, b.Key); err != nil {
			return err
		}
	}
	return nil
}
