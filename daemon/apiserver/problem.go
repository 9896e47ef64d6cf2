package apiserver

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// failure carries a handler's error through huma. It becomes a problem where huma encodes the answer.
type failure struct{ err error }

func (f *failure) Error() string  { return f.err.Error() }
func (f *failure) Unwrap() error  { return f.err }
func (f *failure) GetStatus() int { return api.StatusOf(codeOf(f.err)) }

// ContentType is asked by huma for the media type of the answer.
func (f *failure) ContentType(string) string { return api.ProblemType }

// asProblem is a huma transformer: it turns our failures and huma's own validation errors into the one body of an error.
// It is what huma has instead of the package variable NewError, which belongs to everybody in the process.
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	switch e := v.(type) {
	case *failure:
		p := problemOf(e.err)
		setHeaders(ctx.SetHeader, p.Code)
		return p, nil
	case *huma.ErrorModel:
		return faulty(e), nil
	}
	return v, nil
}

// problemOf gives the body for err. The cause stays behind: it is for the log.
func problemOf(err error) *api.Problem {
	e, ok := errors.AsType[*ngo.Error](err)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e = &ngo.Error{Code: ngo.Unavailable, Message: "this took too long", Hint: "try again, or ask for less at once"}
	case !ok || e.Code == ngo.Internal || e.Code == "":
		e = &ngo.Error{Code: ngo.Internal, Message: "something went wrong inside the daemon", Hint: "the daemon's log says what: journalctl -u ngoctl"}
	}
	status := api.StatusOf(e.Code)
	return &api.Problem{Title: http.StatusText(status), Status: status, Detail: e.Message, Code: e.Code, Hint: e.Hint}
}

func codeOf(err error) ngo.Code { return problemOf(err).Code }

// faulty gives the body for what huma found wrong with a request. Its values are left out: they may be secrets.
func faulty(m *huma.ErrorModel) *api.Problem {
	p := &api.Problem{Title: http.StatusText(m.Status), Status: m.Status, Detail: m.Detail, Code: api.CodeOfStatus(m.Status)}
	var told []string
	for _, e := range m.Errors {
		field := strings.TrimPrefix(strings.TrimPrefix(e.Location, "body."), "query.")
		p.Faults = append(p.Faults, api.Fault{Field: field, Message: e.Message})
		told = append(told, field+": "+e.Message)
	}
	if len(told) > 0 {
		p.Detail = "the request is not right: " + strings.Join(told, "; ")
		p.Hint = "the fields are described in " + api.Prefix + "/openapi.json"
	}
	return p
}

func setHeaders(set func(name, value string), code ngo.Code) {
	switch code {
	case ngo.Unauthenticated:
		set("WWW-Authenticate", `Bearer realm="ngoctl"`)
	case ngo.Limited:
		set("Retry-After", "60")
	case ngo.Unavailable:
		set("Retry-After", "5")
	}
}

// refuse answers with err where huma has no part in it.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.tell(r.Context(), err)
	p := problemOf(err)
	setHeaders(w.Header().Set, p.Code)
	w.Header().Set("Content-Type", api.ProblemType)
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // the client may have gone; nobody is left to tell
}

// tell logs an error that somebody has to look at. Everything else is in the access log by its status.
func (s *Server) tell(ctx context.Context, err error) {
	if codeOf(err) != ngo.Internal {
		return
	}
	var attrs []any
	if c := callOf(ctx); c != nil {
		attrs = append(attrs, slog.String("request", c.request), slog.String("route", c.route))
	}
	s.log.ErrorContext(ctx, "request failed", append(attrs, slog.Any("err", err))...)
}
