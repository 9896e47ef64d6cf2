package apiserver

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/backup"
)

type backupIn struct{ Body api.BackupRequest }

// createBackup takes the copy first, so that what stands in the way is told as a problem, and then streams it. A stream
// that breaks off is cut without its end, so that nobody takes it for whole.
func (s *Server) createBackup(ctx context.Context, in *backupIn) (*huma.StreamResponse, error) {
	recipients, err := backup.Recipients(in.Body.Recipients, in.Body.Passphrase)
	if err != nil {
		return nil, err
	}
	o := backup.Options{Dir: s.o.Dir, Store: s.o.Store, Recipients: recipients, Now: s.o.Now}
	if b := s.o.Blobs.Bucket(); b != nil {
		o.Bucket = b.String()
	}
	c, err := backup.Take(ctx, o)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/octet-stream")
		_, w := humago.Unwrap(hc)
		// As long as it takes: the reader is a program of this machine, and a large folder outlasts any fixed time.
		deadline := http.NewResponseController(w).SetWriteDeadline(time.Time{})
		if errors.Is(deadline, http.ErrNotSupported) {
			deadline = nil
		}
		m, err := c.Write(hc.Context(), w)
		if err = errors.Join(deadline, err, c.Close()); err != nil {
			s.log.Error("backup broke off", "err", err)
			panic(http.ErrAbortHandler)
		}
		s.log.Info("backup written", "files", len(m.Files))
	}}, nil
}
