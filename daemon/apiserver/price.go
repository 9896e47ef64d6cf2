package apiserver

import (
	"context"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/channel/rate"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// freeReplies tells how many replies of a conversation's line cost nothing this month; nil where they never cost, or nobody
// knows.
func (s *Server) freeReplies(ctx context.Context, o *org.Org, l line, c ngo.Conversation) (*api.FreeReplies, error) {
	now := s.o.Now()
	of, ok := s.o.Rates.FreeReplies(l.info.Driver, o.Day(now))
	if !ok {
		return nil, nil
	}
	out := &api.FreeReplies{Of: of}
	err := o.Store.Read(ctx, func(rx *store.Rx) (err error) {
		out.Used, err = rx.RepliesUsed(l.info.ID, c.Line, now.UTC().Format("2006-01"))
		return err
	})
	out.Price = s.priceOf(rate.Message{Channel: l.info.Driver, Category: rate.Reply, To: c.Address, Day: o.Day(now), InWindow: true, Used: of})
	return out, err
}

// priceOf is what a message is expected to cost; nil where nobody knows.
func (s *Server) priceOf(m rate.Message) *api.Price {
	p, ok := s.o.Rates.Price(m)
	if !ok {
		return nil
	}
	return &api.Price{Micros: p.Micros, Currency: string(p.Currency), Category: p.Category, As: string(p.Since), Source: p.Source}
}

// priceOfTemplate is that of a template to whom a conversation is with.
func (s *Server) priceOfTemplate(l line, c ngo.Conversation, category string, zone *time.Location) *api.Price {
	now := s.o.Now()
	w := l.window(c, now)
	return s.priceOf(rate.Message{
		Channel: l.info.Driver, Category: category, To: c.Address, Day: ngo.DateOf(now, zone), InWindow: w != nil && w.Open,
	})
}
