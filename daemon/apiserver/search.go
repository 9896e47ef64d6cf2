package apiserver

import (
	"context"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

type searchIn struct {
	OrgPath
	Words string `query:"q" minLength:"1" maxLength:"200" doc:"Words in any script, the end of a phone number, a number of a receipt or payment."`
	Kind  string `query:"kind" enum:"person,conversation,message,receipt,payment,donation" doc:"Only things of this kind."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many at most."`
}

// search finds only what the caller may read.
func (s *Server) search(ctx context.Context, in *searchIn) (*page[api.Hit], error) {
	if strings.TrimSpace(in.Words) == "" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "there is nothing to search for"}
	}
	kinds, err := findable(callOf(ctx).who, in)
	if err != nil {
		return nil, err
	}
	return list(ctx, s, in.OrgPath, func(rx *store.Rx) ([]api.Hit, string, error) {
		var out []api.Hit
		for i, kind := range kinds { // six at most
			most := in.Limit - len(out)
			if i < len(kinds)-1 {
				most = min(most, mostOfAKind)
			}
			if most <= 0 {
				break
			}
			found, err := rx.Search(in.Words, kind, most)
			if err != nil {
				return nil, "", err
			}
			for _, h := range found {
				out = append(out, api.Hit(h))
			}
		}
		return out, "", nil
	})
}

// mostOfAKind keeps any one kind from pushing the others out.
const mostOfAKind = 10

// findable lists the kinds of things that somebody may find, in the order in which they are shown. It fails with Denied when they may
// not find what they ask for.
func findable(who *principal, in *searchIn) ([]string, error) {
	at := place{org: in.Org}
	if in.Kind != "" {
		return []string{in.Kind}, who.allow(searching[in.Kind], at)
	}
	var out []string
	for _, kind := range [...]string{"person", "conversation", "receipt", "payment", "donation", "message"} {
		if who.allow(searching[kind], at) == nil {
			out = append(out, kind)
		}
	}
	return out, nil
}
