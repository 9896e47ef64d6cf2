package apiserver

import (
	"context"
	"net/http"
	"strconv"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// actor tells who the trail shall name for what this request does.
func actor(ctx context.Context) string { return callOf(ctx).who.actor }

// open gives the organisation in the path. One that is missing looks like one of others.
func (s *Server) open(ctx context.Context, in OrgPath) (*org.Org, error) {
	o, err := s.o.Book.Org(ctx, in.Org)
	if ngo.CodeOf(err) == ngo.NotFound {
		return nil, errNoOrg()
	}
	return o, err
}

// read runs fn on a snapshot of the organisation in the path.
func (s *Server) read(ctx context.Context, in OrgPath, fn func(*store.Rx) error) error {
	o, err := s.open(ctx, in)
	if err != nil {
		return err
	}
	return o.Store.Read(ctx, fn)
}

// write runs fn in a transaction of the organisation in the path, in the caller's name. Once begun it ends, also when the
// caller hangs up.
func (s *Server) write(ctx context.Context, in OrgPath, fn func(*store.Tx) error) error {
	o, err := s.open(ctx, in)
	if err != nil {
		return err
	}
	return o.Store.Write(ctx, store.Ack, actor(ctx), fn)
}

func (s *Server) orgs(ctx context.Context, _ *struct{}) (*page[ngo.Org], error) {
	all, err := s.visible(ctx, orgRead)
	return newPage(all, ""), err
}

// visible lists the organisations in which the caller has a permission.
func (s *Server) visible(ctx context.Context, perm permission) ([]ngo.Org, error) {
	all, err := s.o.Store.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	who := callOf(ctx).who
	var out []ngo.Org
	for _, o := range all {
		if who.allow(perm, place{org: o.Slug}) == nil {
			out = append(out, o)
		}
	}
	return out, nil
}

func (s *Server) createOrg(ctx context.Context, in *answer[api.NewOrg]) (*answer[api.Org], error) {
	n := in.Body
	profile := n.Profile.Apply(ngo.Profile{LegalName: n.Name, Language: "en"})
	if err := checkProfile(profile); err != nil {
		return nil, err
	}
	o, err := s.o.Store.CreateOrg(ctx, actor(ctx), store.NewOrg{Slug: n.Slug, Name: n.Name, Zone: n.Zone, Profile: profile})
	if err != nil {
		return nil, err
	}
	return &answer[api.Org]{api.Org{Org: o, Profile: profile}}, nil
}

func (s *Server) org(ctx context.Context, in *OrgPath) (*answer[api.Org], error) {
	o, err := s.open(ctx, *in)
	if err != nil {
		return nil, err
	}
	p, err := o.Profile(ctx)
	return &answer[api.Org]{api.Org{Org: o.Info(), Profile: p}}, err
}

func (s *Server) setProfile(ctx context.Context, in *orgBody[api.ProfileEdit]) (*answer[api.Org], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	var p ngo.Profile
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error {
		old, err := tx.Profile()
		if err != nil {
			return err
		}
		p = in.Body.Apply(old)
		if pan, err := ngo.NormalisePAN(p.PAN); err == nil { // what is no PAN, checkProfile tells
			p.PAN = pan
		}
		if p == old {
			return nil
		}
		if err := checkProfile(p); err != nil {
			return err
		}
		_, err = tx.SetProfile(p)
		return err
	})
	return &answer[api.Org]{api.Org{Org: o.Info(), Profile: p}}, err
}

// summary is the busiest read: a desk asks for it after every change. It writes the bytes the book keeps, without huma.
func (s *Server) summary(w http.ResponseWriter, r *http.Request) {
	o, err := s.open(r.Context(), OrgPath{r.PathValue("org")})
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	data, err := o.Summary(r.Context())
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data) // the client may have gone; nobody is left to tell
}

// documentedSummary tells huma what summary gives.
func (s *Server) documentedSummary(context.Context, *OrgPath) (*answer[api.Summary], error) {
	return nil, nil
}

// eventsOut and eventsIn tell huma what a stream takes and gives.
type (
	eventsIn struct {
		OrgPath
		LastEventID string `header:"Last-Event-ID" doc:"Go on after this event."`
	}
	eventsOut struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
)

func (s *Server) documentedEvents(context.Context, *eventsIn) (*eventsOut, error) { return nil, nil }
