package api

import (
	"context"
	"io"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Status tells how the daemon is.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, get("status"))
}

// Login exchanges a name and password for a token with an expiry. Codes: Unauthenticated, Limited.
func (c *Client) Login(ctx context.Context, name, password string) (IssuedToken, error) {
	return call[IssuedToken](ctx, c, post(Credentials{Name: name, Password: password}, "login"))
}

// Logout revokes the token the client uses. It fails with Invalid when it uses none.
func (c *Client) Logout(ctx context.Context) error {
	return c.send(ctx, post(nil, "logout"))
}

// Drivers lists the gateways and channels that can be added, with their forms.
func (c *Client) Drivers(ctx context.Context) (Drivers, error) {
	return call[Drivers](ctx, c, get("drivers"))
}

// Orgs lists the organisations the caller has a role in.
func (c *Client) Orgs(ctx context.Context) ([]ngo.Org, error) {
	return list[ngo.Org](ctx, c, get("orgs"))
}

// CreateOrg enters an organisation. Only on the socket. Codes: Invalid, Conflict, Denied.
func (c *Client) CreateOrg(ctx context.Context, o NewOrg) (Org, error) {
	return call[Org](ctx, c, post(o, "orgs"))
}

// Users lists everybody. Only on the socket.
func (c *Client) Users(ctx context.Context) ([]ngo.User, error) {
	return list[ngo.User](ctx, c, get("users"))
}

// AddUser enters a user without a password. Only on the socket. Codes: Invalid, Conflict, Denied.
func (c *Client) AddUser(ctx context.Context, u NewUser) (ngo.User, error) {
	return call[ngo.User](ctx, c, post(u, "users"))
}

// SetMember gives a user a role in an organisation; an empty role takes it away. Only on the socket.
func (c *Client) SetMember(ctx context.Context, user string, m ngo.Member) error {
	return c.send(ctx, put(MemberRole{Role: m.Role}, "users", user, "members", m.Org))
}

// SetPassword sets a user's password and ends the sessions of the old one. Only on the socket.
func (c *Client) SetPassword(ctx context.Context, user, password string) error {
	return c.send(ctx, put(Password{Password: password}, "users", user, "password"))
}

// DisableUser refuses a user from now on, tokens included. Only on the socket.
func (c *Client) DisableUser(ctx context.Context, user string) error {
	return c.send(ctx, post(nil, "users", user, "disable"))
}

// EnableUser lets a user in again. Only on the socket.
func (c *Client) EnableUser(ctx context.Context, user string) error {
	return c.send(ctx, post(nil, "users", user, "enable"))
}

// Tokens lists a user's tokens, without the tokens themselves. Other users' only on the socket.
func (c *Client) Tokens(ctx context.Context, user string) ([]ngo.Token, error) {
	return list[ngo.Token](ctx, c, get("users", user, "tokens"))
}

// AddToken makes a token for a user; a ttl of 0 never ends. Only on the socket.
func (c *Client) AddToken(ctx context.Context, user, label string, ttl time.Duration) (IssuedToken, error) {
	return call[IssuedToken](ctx, c, post(NewToken{Label: label, TTLSeconds: int64(ttl / time.Second)}, "users", user, "tokens"))
}

// RevokeToken ends a token at once. Other users' only on the socket.
func (c *Client) RevokeToken(ctx context.Context, id ngo.TokenID) error {
	return c.send(ctx, remove("tokens", string(id)))
}

// CreateBackup writes a sealed backup of the whole data folder to w, however long it takes. What was written before an
// error is worthless. Only on the socket.
func (c *Client) CreateBackup(ctx context.Context, b BackupRequest, w io.Writer) error {
	res, err := c.do(ctx, post(b, "backups"))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(w, res.Body); err != nil {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the backup broke off", Hint: "see the daemon's log and the space left, then start it again", Err: err}
	}
	return nil
}
