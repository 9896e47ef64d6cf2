package apiserver

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// register adds an operation to the interface.
type register func(*Server, huma.API, huma.Operation)

// handle makes a handler of huma's out of one of ours, whose errors become problems.
func handle[I, O any](h func(*Server, context.Context, *I) (*O, error)) register {
	return func(s *Server, a huma.API, op huma.Operation) {
		huma.Register(a, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := h(s, ctx, in)
			if err != nil {
				s.tell(ctx, err)
				return nil, &failure{err}
			}
			return out, nil
		})
	}
}

// hidden registers what the description does not describe.
func hidden(s *Server, a huma.API, op huma.Operation) {
	op.Hidden = true
	handle(func(*Server, context.Context, *struct{}) (*struct{}, error) { return nil, nil })(s, a, op)
}

// answer is a JSON body on its way out.
type answer[T any] struct{ Body T }

// page is a list on its way out.
type page[T any] = answer[api.Page[T]]

func newPage[T any](items []T, next string) *page[T] {
	if items == nil {
		items = []T{} // a list is never null
	}
	return &page[T]{Body: api.Page[T]{Items: items, Next: next}}
}

// Parts of what comes in. Their names are exported because huma finds fields by reflection.
type (
	// OrgPath names the organisation; the door has checked the caller's role in it.
	OrgPath struct {
		Org string `path:"org" doc:"Slug of the organisation." example:"sevai"`
	}
	// IDPath names something of an organisation.
	IDPath struct {
		OrgPath
		ID string `path:"id" maxLength:"100"`
	}
	// NamePath names an account or a purpose of an organisation.
	NamePath struct {
		OrgPath
		Name string `path:"name" maxLength:"100"`
	}
	// UserPath names a user.
	UserPath struct {
		User string `path:"user" maxLength:"100" doc:"What the user logs in with."`
	}
	// PageQuery asks for a page.
	PageQuery struct {
		Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"How many at most."`
		After string `query:"after" maxLength:"200" doc:"The next of the page before."`
	}
)

type orgBody[T any] struct {
	OrgPath
	Body T
}

type idBody[T any] struct {
	IDPath
	Body T
}

type nameBody[T any] struct {
	NamePath
	Body T
}

type userBody[T any] struct {
	UserPath
	Body T
}

// router builds the mux and the description from the table of routes.
func (s *Server) router() (*http.ServeMux, *huma.OpenAPI) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.nothing)
	a := huma.NewAPI(humaConfig(), door{mux, s})
	for _, rt := range routes() {
		rt.add(s, a, operation(rt))
	}
	return mux, describe(a.OpenAPI())
}

func (s *Server) nothing(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, &ngo.Error{Code: ngo.NotFound, Message: "there is nothing at this address", Hint: "see " + api.Prefix + "/openapi.json"})
}

func humaConfig() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "ngoctl", Version: api.Version,
				Description: "The staff interface of ngoctl. Fields are only ever added. Errors are problem details (RFC 9457) with a code and a hint.",
			},
			Servers: []*huma.Server{{URL: api.Prefix}},
			Components: &huma.Components{
				Schemas:         registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()}, // json: of problem+json
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{asProblem},
	}
}

func jsonFormat() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			return e.Encode(v)
		},
		Unmarshal: json.Unmarshal, // takeBody has refused what this would let pass
	}
}

// schemaName names a type in the description. Package api has types that hold one of package ngo under the same name and
// add to it.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || !strings.HasSuffix(t.PkgPath(), "/daemon/api") {
		return name
	}
	if f, ok := t.FieldByName(t.Name()); ok && f.Anonymous {
		return name + "Detail"
	}
	return name
}

// operation describes a route. Its one answer besides success is a problem.
func operation(rt route) huma.Operation {
	op := huma.Operation{
		OperationID: rt.id, Method: rt.method, Path: rt.path, Summary: rt.title,
		Metadata:        map[string]any{routeKey: rt},
		Extensions:      map[string]any{"x-permission": string(rt.perm)},
		MaxBodyBytes:    max(maxBody, rt.upload, rt.body) + 1,
		BodyReadTimeout: -1, // takeBody has read it
		Responses: map[string]*huma.Response{"default": {
			Description: "Problem",
			Content:     map[string]*huma.MediaType{api.ProblemType: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}}},
		}},
	}
	if rt.media != "" {
		op.Responses["200"] = &huma.Response{
			Description: "OK",
			Content:     map[string]*huma.MediaType{rt.media: {Schema: &huma.Schema{Type: huma.TypeString}}},
		}
	}
	if rt.perm != open {
		op.Security = []map[string][]string{{"token": {}}}
	}
	if rt.media == "" && (strings.HasPrefix(rt.id, "add-") || strings.HasPrefix(rt.id, "create-")) {
		op.DefaultStatus = http.StatusCreated
	}
	return op
}
