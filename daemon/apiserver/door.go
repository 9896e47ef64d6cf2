package apiserver

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// door is the adapter between huma and the mux, and the only way a route gets into the mux: each request passes the
// permission check before anything of it is read.
type door struct {
	*http.ServeMux
	s *Server
}

// Handle is called by huma for each operation that is registered.
func (d door) Handle(op *huma.Operation, serve func(huma.Context)) {
	rt := op.Metadata[routeKey].(route)
	raw := rt.raw
	if raw == nil {
		raw = func(_ *Server, w http.ResponseWriter, r *http.Request) { serve(humago.NewContext(op, r, w)) }
	}
	pattern := rt.method + " " + api.Prefix + rt.path
	d.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		leave, err := d.s.room(r, rt)
		if err != nil {
			d.s.refuse(w, r, err)
			return
		}
		defer leave()
		r, err = d.s.admit(w, r, rt, expected(op.RequestBody, r))
		if err != nil {
			d.s.refuse(w, r, err)
			return
		}
		if rt.slow {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // a transport without deadlines is the in-process one
		}
		raw(d.s, w, r)
	})
}

// expected tells whether a request has a body to be read. One that need not be there may be empty.
func expected(body *huma.RequestBody, r *http.Request) bool {
	return body != nil && (body.Required || r.ContentLength != 0)
}

// routeKey is where an operation carries its route.
const routeKey = "route"

// call is what handlers may know of the request beyond its input.
type call struct {
	who     *principal
	request string // the door's id of it, for the log
	route   string
	source  string // by which log-ins are limited
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// admit lets a request in: who it is, what it may, and only then its body.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, rt route, body bool) (*http.Request, error) {
	c := &call{request: r.Header.Get("X-Request-Id"), route: rt.id, source: s.o.Source(r)}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	var err error
	if c.who, err = s.authenticate(r); err != nil && rt.perm != open {
		return r, err
	}
	if err := c.who.allow(rt.perm, place{org: r.PathValue("org"), user: r.PathValue("user")}); err != nil {
		return r, err
	}
	if err := checkQuery(r); err != nil {
		return r, err
	}
	switch {
	case rt.upload > 0:
		return r, takeUpload(w, r, rt.upload)
	case body:
		return r, takeBody(w, r, max(maxBody, rt.body))
	}
	return r, nil
}

// checkQuery refuses what comes twice: two readers could take a different one.
func checkQuery(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	for name, values := range r.URL.Query() {
		if len(values) > 1 {
			return &ngo.Error{Code: ngo.Invalid, Message: ngo.Printable(name) + " comes twice in the address"}
		}
	}
	return nil
}
