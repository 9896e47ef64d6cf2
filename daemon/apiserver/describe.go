package apiserver

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
)

// describe finishes what huma wrote: its own error body goes and ours comes, fields that its reflection overlooks are
// added, and answers may grow.
func describe(o *huma.OpenAPI) *huma.OpenAPI {
	all := o.Components.Schemas
	all.Schema(reflect.TypeFor[api.Problem](), true, "")
	delete(all.Map(), "ErrorModel")
	delete(all.Map(), "ErrorDetail")
	asked := map[string]bool{}
	for _, item := range o.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			if body := op.RequestBody.Content["application/json"]; body != nil { // a picture is none
				reach(all, body.Schema, asked)
			}
		}
	}
	for name, s := range all.Map() {
		if base, ok := strings.CutSuffix(name, "Detail"); ok && all.Map()[base] != nil {
			inherit(s, all.Map()[base])
		}
		if !asked[name] && s.AdditionalProperties == false {
			s.AdditionalProperties = nil // a strict client must not break when a field is added
		}
	}
	return o
}

// reach notes the schemas that a request is held against.
func reach(all huma.Registry, s *huma.Schema, asked map[string]bool) {
	if s == nil {
		return
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok && !asked[name] {
		asked[name] = true
		reach(all, all.SchemaFromRef(s.Ref), asked)
	}
	for _, p := range s.Properties {
		reach(all, p, asked)
	}
	reach(all, s.Items, asked)
}

// inherit adds the fields of an embedded type that huma takes for overridden, since it compares Go's names, not JSON's.
func inherit(s, base *huma.Schema) {
	for name, p := range base.Properties {
		if s.Properties[name] == nil {
			s.Properties[name] = p
		}
	}
}

// openapi serves the description, which is as public as the source.
func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Write(s.description) // the client may have gone; nobody is left to tell
}
