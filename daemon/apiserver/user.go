package apiserver

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// sessionLife is how long a log-in is good for.
const sessionLife = 30 * 24 * time.Hour

// login takes the same time and gives the same answer for a wrong password, an unknown or disabled user, and one without
// a password.
func (s *Server) login(ctx context.Context, in *answer[api.Credentials]) (*answer[api.IssuedToken], error) {
	c, source := in.Body, callOf(ctx).source
	if err := s.guesses.check(c.Name, source); err != nil {
		return nil, err
	}
	user, phc, err := s.o.Store.PasswordOf(ctx, c.Name)
	if err != nil && ngo.CodeOf(err) != ngo.NotFound {
		return nil, err
	}
	right, err := s.hasher.check(ctx, phc, c.Password)
	if err != nil {
		return nil, err
	}
	if !right || user.Disabled {
		s.guesses.failed(c.Name, source)
		return nil, &ngo.Error{Code: ngo.Unauthenticated, Message: "the name or the password is wrong", Hint: "ask the administrator to set a new one: ngoctl user password NAME"}
	}
	s.guesses.succeeded(c.Name, source)
	expires := s.o.Now().Add(sessionLife)
	token, secret, err := s.o.Store.AddSession(ctx, "user:"+user.Name, user.ID, phc, cmp.Or(c.Label, "login"), &expires)
	return &answer[api.IssuedToken]{api.IssuedToken{Token: token, Secret: secret}}, err
}

func (s *Server) logout(ctx context.Context, _ *struct{}) (*struct{}, error) {
	who := callOf(ctx).who
	if who.token == "" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "you are not logged in with a token", Hint: "on the server itself there is nothing to log out of"}
	}
	return nil, s.o.Store.RevokeToken(ctx, who.actor, who.token)
}

func (s *Server) users(ctx context.Context, _ *struct{}) (*page[ngo.User], error) {
	all, err := s.o.Store.Users(ctx)
	for i := range all {
		all[i] = complete(all[i])
	}
	return newPage(all, ""), err
}

// complete makes the list of roles one, also when it is empty.
func complete(u ngo.User) ngo.User {
	if u.Members == nil {
		u.Members = []ngo.Member{}
	}
	return u
}

func (s *Server) addUser(ctx context.Context, in *answer[api.NewUser]) (*answer[ngo.User], error) {
	u, err := s.o.Store.AddUser(ctx, actor(ctx), store.NewUser{Name: in.Body.Name, OSUser: in.Body.OSUser, Members: in.Body.Members})
	return &answer[ngo.User]{complete(u)}, err
}

// change runs fn with the id of the user in the path.
func (s *Server) change(ctx context.Context, in UserPath, fn func(ngo.UserID) error) error {
	u, err := s.o.Store.User(ctx, in.User)
	if err != nil {
		return err
	}
	return fn(u.ID)
}

type memberIn struct {
	UserPath
	OrgPath
	Body api.MemberRole
}

func (s *Server) setMember(ctx context.Context, in *memberIn) (*struct{}, error) {
	return nil, s.change(ctx, in.UserPath, func(u ngo.UserID) error {
		return s.o.Store.SetMember(ctx, actor(ctx), u, ngo.Member{Org: in.Org, Role: in.Body.Role})
	})
}

func (s *Server) setPassword(ctx context.Context, in *userBody[api.Password]) (*struct{}, error) {
	phc, err := s.hasher.hash(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return nil, s.change(ctx, in.UserPath, func(u ngo.UserID) error { return s.o.Store.SetPassword(ctx, actor(ctx), u, phc) })
}

func (s *Server) disableUser(ctx context.Context, in *UserPath) (*struct{}, error) {
	return nil, s.change(ctx, *in, func(u ngo.UserID) error { return s.o.Store.SetDisabled(ctx, actor(ctx), u, true) })
}

func (s *Server) enableUser(ctx context.Context, in *UserPath) (*struct{}, error) {
	return nil, s.change(ctx, *in, func(u ngo.UserID) error { return s.o.Store.SetDisabled(ctx, actor(ctx), u, false) })
}

func (s *Server) listTokens(ctx context.Context, in *UserPath) (*page[ngo.Token], error) {
	u, err := s.o.Store.User(ctx, in.User)
	if err != nil {
		return nil, err
	}
	all, err := s.o.Store.Tokens(ctx, u.ID)
	return newPage(all, ""), err
}

func (s *Server) addToken(ctx context.Context, in *userBody[api.NewToken]) (*answer[api.IssuedToken], error) {
	u, err := s.o.Store.User(ctx, in.User)
	if err != nil {
		return nil, err
	}
	var expires *time.Time
	if in.Body.TTLSeconds > 0 {
		t := s.o.Now().Add(time.Duration(in.Body.TTLSeconds) * time.Second)
		expires = &t
	}
	token, secret, err := s.o.Store.AddToken(ctx, actor(ctx), u.ID, cmp.Or(in.Body.Label, "token"), expires)
	return &answer[api.IssuedToken]{api.IssuedToken{Token: token, Secret: secret}}, err
}

type tokenPath struct {
	ID string `path:"id" maxLength:"100"`
}

// revokeToken looks whose the token is: somebody else's looks like one that does not exist.
func (s *Server) revokeToken(ctx context.Context, in *tokenPath) (*struct{}, error) {
	who, id := callOf(ctx).who, ngo.TokenID(in.ID)
	if !who.appliance {
		mine, err := s.o.Store.Tokens(ctx, who.user.ID)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(mine, func(t ngo.Token) bool { return t.ID == id }) {
			return nil, &ngo.Error{Code: ngo.NotFound, Message: "you have no such token", Hint: "see which you have: ngoctl user token list NAME"}
		}
	}
	return nil, s.o.Store.RevokeToken(ctx, who.actor, id)
}
