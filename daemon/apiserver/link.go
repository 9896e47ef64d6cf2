package apiserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// documentedAttachment tells huma what attachment gives.
func (s *Server) documentedAttachment(context.Context, *IDPath) (*struct{}, error) { return nil, nil }

// attachment gives a file piece by piece, as it is opened: it may be larger than what should be held in memory.
func (s *Server) attachment(w http.ResponseWriter, r *http.Request) {
	a, content, err := s.openAttachment(r.Context(), IDPath{OrgPath{r.PathValue("org")}, r.PathValue("id")})
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", a.Type)
	h.Set("Content-Length", strconv.FormatInt(a.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(a.Name)}))
	h.Set("X-Content-Type-Options", "nosniff")
	if err := pour(w, content); err != nil {
		s.tell(r.Context(), fmt.Errorf("give attachment %s: %w", a.ID, err))
		panic(http.ErrAbortHandler) // so that nobody takes it for whole
	}
}

// pour copies content with a time limit on each piece instead of on the whole.
func pour(w http.ResponseWriter, content io.Reader) error {
	rc := http.NewResponseController(w)
	buf := make([]byte, 64<<10)
	for {
		n, err := content.Read(buf)
		if n > 0 {
			_ = rc.SetWriteDeadline(time.Now().Add(writeTime)) // the in-process transport has no deadlines
			if _, err := w.Write(buf[:n]); err != nil {
				return nil // the client has gone
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// openAttachment opens the content of an attachment and notes who asked for it.
func (s *Server) openAttachment(ctx context.Context, in IDPath) (a ngo.Attachment, content io.ReadCloser, err error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return a, nil, err
	}
	var row store.Blob
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error {
		if a, err = keptAttachment(&tx.Rx, in.ID); err != nil {
			return err
		}
		if row, err = tx.Blob(a.Blob); err != nil {
			return err
		}
		tx.Looked("attachment.fetch", string(a.ID))
		return nil
	})
	if err != nil {
		return a, nil, err
	}
	content, err = s.content(ctx, o, row)
	return a, content, err
}

// content opens a file of the organisation's.
func (s *Server) content(ctx context.Context, o *org.Org, b store.Blob) (io.ReadCloser, error) {
	shelf, err := s.o.Blobs.Of(o.Info())
	if err != nil {
		return nil, err
	}
	return shelf.Open(ctx, blob.Blob{ID: b.ID, Size: b.Size, SHA: b.SHA, Key: b.Key})
}

// keptAttachment gives an attachment whose content is here. It fails with Conflict when it is not, saying why.
func keptAttachment(rx *store.Rx, id string) (ngo.Attachment, error) {
	a, err := rx.Attachment(ngo.AttachmentID(id))
	if err != nil {
		return a, err
	}
	switch a.State {
	case ngo.AttachmentKept:
		return a, nil
	case ngo.AttachmentWanted:
		return a, &ngo.Error{Code: ngo.Conflict, Message: "the file is still being fetched", Hint: "try again in a moment; what holds it up is told by: ngoctl job list"}
	}
	why := a.Reason
	if why == "" {
		why = "it is " + string(a.State)
	}
	return a, &ngo.Error{Code: ngo.Conflict, Message: "the file is not kept: " + why, Hint: "ask them to send it again"}
}
