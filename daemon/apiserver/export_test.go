package apiserver

import (
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Route is a route as tests see it.
type Route struct {
	ID, Method, Path string
	Permission       string
}

// Routes lists every route of the binary.
func Routes() []Route {
	var out []Route
	for _, r := range routes() {
		out = append(out, Route{r.id, r.method, r.path, string(r.perm)})
	}
	return out
}

// Granted tells what the table says of a role.
func Granted(permission_ string, role ngo.Role) bool {
	return slices.Contains(grants[permission(permission_)], role)
}

// Known tells whether the table has the permission.
func Known(permission_ string) bool { return grants[permission(permission_)] != nil }

// Streams tells how many are open.
func (s *Server) Streams() int64 { return s.streams.Load() }
