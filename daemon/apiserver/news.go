package apiserver

import (
	"context"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

type messagesIn struct {
	OrgPath
	PageQuery
}

func (s *Server) messages(ctx context.Context, in *messagesIn) (*page[ngo.Message], error) {
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]ngo.Message, string, error) { return rx.MessagesNow(in.list()) })
}
