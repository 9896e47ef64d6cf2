package apiserver

import (
	"bytes"
	"cmp"
	"context"
	"path"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// sending is a file that goes with a message: looked at, sealed and durable, and not yet named by a row.
type sending struct {
	row  store.NewAttachment
	kept blob.Blob
	data []byte
}

// keepFiles looks at the files of a reply by their content and keeps them. It fails with Invalid for one that is not what it says.
func (s *Server) keepFiles(ctx context.Context, o *org.Org, files []api.Upload) ([]sending, error) {
	if len(files) == 0 {
		return nil, nil
	}
	if s.o.Inspect == nil {
		return nil, errNoDaemon()
	}
	out := make([]sending, 0, len(files))
	for _, f := range files {
		one, err := s.look(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	shelf, err := s.o.Blobs.Of(o.Info())
	if err != nil {
		return nil, err
	}
	for i := range out { // only once all are fine
		if out[i].kept, err = shelf.Put(ctx, ngo.NewID[ngo.BlobID](s.o.Now()), out[i].data); err != nil {
			return nil, err
		}
		out[i].row.Blob = out[i].kept.ID
	}
	return out, nil
}

func (s *Server) look(ctx context.Context, f api.Upload) (sending, error) {
	name := fileName(f.Name)
	r, err := s.o.Inspect.Inspect(ctx, bytes.NewReader(f.Data), "", name, inspect.Limits{Bytes: maxFiles})
	if err != nil {
		return sending{}, err
	}
	if r.Refused != "" {
		return sending{}, &ngo.Error{Code: ngo.Invalid, Message: "the file " + name + " cannot be sent: " + r.Refused, Hint: "send it in another form, such as PDF"}
	}
	return sending{data: f.Data, row: store.NewAttachment{
		Kind: r.Kind, Name: name, Type: r.Type, Size: int64(len(f.Data)), State: ngo.AttachmentKept, Width: r.Width, Height: r.Height,
	}}, nil
}

// fileName is a name without a path, in one line.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(ngo.Printable(s), `\`, "/"))
	if s = strings.TrimLeft(s, "./ "); s == "" {
		return "file"
	}
	return cmp.Or(s, "file")
}
