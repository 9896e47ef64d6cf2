package apiserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
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
		tx.Opened(string(a.ID))
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

// keptAttachment gives an attachment whose content is here and may be shown. It fails with Conflict when not, saying why.
func keptAttachment(rx *store.Rx, id string) (ngo.Attachment, error) {
	a, err := rx.Attachment(ngo.AttachmentID(id))
	if err != nil {
		return a, err
	}
	m, err := rx.MessageNow(a.Message)
	if err != nil {
		return a, err
	}
	if m.Revoked != nil {
		return a, &ngo.Error{Code: ngo.Conflict, Message: "who sent the file has taken it back"}
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

// attachmentLink gives an address that needs no log-in, for a browser. Each look at it stands in the trail.
func (s *Server) attachmentLink(ctx context.Context, in *IDPath) (*answer[api.Link], error) {
	return s.link(ctx, in, func(rx *store.Rx) (org.FileGrant, error) {
		a, err := keptAttachment(rx, in.ID)
		return org.FileGrant{Attachment: a.ID, Actor: actor(ctx)}, err
	})
}

// threadLink is the same for a thread as a page.
func (s *Server) threadLink(ctx context.Context, in *IDPath) (*answer[api.Link], error) {
	return s.link(ctx, in, func(rx *store.Rx) (org.FileGrant, error) {
		c, err := rx.Conversation(ngo.ConversationID(in.ID))
		return org.FileGrant{Conversation: c.ID, Actor: actor(ctx)}, err
	})
}

func (s *Server) link(ctx context.Context, in *IDPath, grant func(*store.Rx) (org.FileGrant, error)) (*answer[api.Link], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var g org.FileGrant
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		g, err = grant(rx)
		return err
	})
	if err != nil {
		return nil, err
	}
	address, until := o.FileLink(cmp.Or(s.o.DonorURL, s.o.BaseURL), g)
	return &answer[api.Link]{api.Link{URL: address, Expires: until}}, nil
}

type messagePictureIn struct {
	IDPath
	Width int `query:"width" minimum:"128" maximum:"4096" default:"800" doc:"In pixels."`
}

// usualWidth is that of a picture whose letters are 16 pixels high.
const usualWidth = 800

// messagePicture draws what a message says. What was taken back is not drawn.
func (s *Server) messagePicture(ctx context.Context, in *messagePictureIn) (*pictureOut, error) {
	var m ngo.Message
	err := s.read(ctx, in.OrgPath, func(rx *store.Rx) (err error) {
		m, err = spoken(rx, in.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	text := ngo.PrintableText(m.Text)
	if m.Revoked != nil {
		text = ""
	}
	data, err := s.o.Fonts.Picture(text, in.Width, min(max(float64(in.Width)/usualWidth, 1), 3))
	return &pictureOut{ContentType: "image/png", Body: data}, err
}
