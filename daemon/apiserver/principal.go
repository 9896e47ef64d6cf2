package apiserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// principal is who sends a request. It is never changed once made, so requests share it.
type principal struct {
	actor     string   // as it stands in the trail
	user      ngo.User // zero for the appliance's own people
	token     ngo.TokenID
	appliance bool // root, the owner of the data folder, or a program in the same process: everything is allowed
	roles     map[string]ngo.Role
}

// staff makes the principal of a user.
func staff(u ngo.User, token ngo.TokenID) *principal {
	p := &principal{actor: "user:" + u.Name, user: u, token: token, roles: make(map[string]ngo.Role, len(u.Members))}
	for _, m := range u.Members {
		p.roles[m.Org] = m.Role
	}
	return p
}

// operator makes the principal of somebody who holds the machine.
func operator(osUser string) *principal { return &principal{actor: "os:" + osUser, appliance: true} }

// Peer is who connected to the Unix socket.
type Peer struct{ UID, PID int }

// authenticate finds out who sends the request: nobody is nil. A token overrides everything else. Codes: Unauthenticated
// for a token or system user that is not accepted, Denied for what a web page could have made a browser send.
func (s *Server) authenticate(r *http.Request) (*principal, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return s.bearer(r.Context(), header)
	}
	local, peer, isPeer := insider(r.Context()), Peer{}, false
	if local == nil {
		peer, isPeer = s.o.Peer(r.Context())
	}
	if local == nil && !isPeer {
		return nil, nil
	}
	if err := checkLocal(r); err != nil {
		return nil, err
	}
	if local != nil {
		return local, nil
	}
	return s.bySocket(r.Context(), peer.UID)
}

func (s *Server) bearer(ctx context.Context, header string) (*principal, error) {
	scheme, secret, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return nil, errLogin()
	}
	return s.tokens.principal(ctx, secret)
}

// checkLocal guards authority that does not have to be presented: a browser could be made to use it by any web page.
func checkLocal(r *http.Request) error {
	_, origin := r.Header["Origin"]
	if origin || (r.Host != api.LocalHost && r.Host != "localhost" && r.Host != "unix") {
		return &ngo.Error{Code: ngo.Denied, Message: "web pages may not use the local interface", Hint: "use ngoctl, or send Host: " + api.LocalHost + " and no Origin"}
	}
	return nil
}

// bySocket gives the principal of a system user. It is looked up anew each time: a change counts at once.
func (s *Server) bySocket(ctx context.Context, uid int) (*principal, error) {
	name, err := s.o.OSUser(uid)
	if err != nil {
		name = fmt.Sprint(uid) // a user that only a container knows
	}
	if uid == 0 || uid == s.o.Owner {
		return operator(name), nil
	}
	user, err := s.o.Store.UserByOS(ctx, name)
	if ngo.CodeOf(err) == ngo.NotFound || (err == nil && user.Disabled) {
		return nil, &ngo.Error{
			Code: ngo.Unauthenticated, Message: "the system user " + ngo.Printable(name) + " is not known here",
			Hint: "run ngoctl login, or have the owner run: ngoctl user add NAME --os-user " + ngo.Printable(name),
		}
	}
	if err != nil {
		return nil, err
	}
	return staff(user, ""), nil
}
