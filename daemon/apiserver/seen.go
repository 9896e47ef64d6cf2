package apiserver

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	tellersAtOnce = 4
	tellTime      = 10 * time.Second
)

// tellers tell providers what nobody waits for. What they have no place for is left out, and they all end with the server.
type tellers struct {
	places  chan struct{}
	mu      sync.Mutex
	ended   bool
	working sync.WaitGroup
}

// try has something told, unless the tellers are busy or have ended.
func (t *tellers) try(tell func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	select {
	case t.places <- struct{}{}:
		t.working.Go(func() {
			defer func() { <-t.places }()
			tell()
		})
	default:
	}
}

// end lets nothing more be told, and waits for what is on its way.
func (t *tellers) end() {
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
	t.working.Wait()
}

// markRead says that the messages of a conversation were seen: here, and then to who brought them, where they wish to know it.
func (s *Server) markRead(ctx context.Context, in *IDPath) (*struct{}, error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var c ngo.Conversation
	var newest ngo.Message
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error {
		if c, err = tx.Conversation(ngo.ConversationID(in.ID)); err != nil {
			return err
		}
		if c.Unread > 0 {
			if newest, err = newestIn(&tx.Rx, c.ID); err != nil {
				return err
			}
		}
		return tx.MarkRead(c.ID)
	})
	if err == nil && newest.Ref != "" {
		s.tellers.try(func() { s.tellSeen(o, c, newest) })
	}
	return nil, err
}

// newestIn gives the last of what they wrote that the provider has an id of, of the newest page; a zero message when there is none.
func newestIn(rx *store.Rx, id ngo.ConversationID) (newest ngo.Message, err error) {
	said, _, err := rx.Thread(id, store.ListQuery{Limit: api.MaxLimit})
	for _, m := range said {
		if m.Direction == ngo.In && m.Ref != "" {
			newest = m
		}
	}
	return newest, err
}

// tellSeen is tried once: the next message that is seen takes those before it along.
func (s *Server) tellSeen(o *org.Org, c ngo.Conversation, m ngo.Message) {
	ctx, cancel := context.WithTimeout(s.stopping, tellTime)
	defer cancel()
	info, account, err := o.ChannelByID(ctx, c.Account)
	marker, ok := account.(channel.Marker)
	if err == nil && (!ok || info.Removed != nil) {
		return
	}
	if err == nil {
		err = marker.MarkRead(ctx, m.Line, m.Ref)
	}
	if err != nil && s.stopping.Err() == nil {
		s.log.Warn("a provider was not told that messages were seen", slog.String("org", o.Info().Slug), slog.String("channel", info.Name), slog.Any("err", err))
	}
}
