package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// TokenDigest is what is kept of a token. A token is 256 random bits, so a plain digest can neither be guessed nor needs
// a constant-time comparison: it is looked up.
func TokenDigest(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

const insertToken = `
insert into token (id, user_id, label, digest, created, expires)
values ($1, $2, $3, $4, $5, $6)`

// AddToken makes a bearer token for a user. The secret is told this once.
func (s *Store) AddToken(ctx context.Context, actor string, user ngo.UserID, label string, expires *time.Time) (ngo.Token, string, error) {
	return s.addToken(ctx, actor, ngo.Token{User: user, Label: label, Expires: expires}, func(trail) error { return nil })
}

// AddSession is AddToken for somebody who knew the password that phc was made of. It fails with Unauthenticated when that
// is no longer the user's password, or the user was disabled since: both must end what began before them.
func (s *Store) AddSession(ctx context.Context, actor string, user ngo.UserID, phc, label string, expires *time.Time) (ngo.Token, string, error) {
	return s.addToken(ctx, actor, ngo.Token{User: user, Label: label, Expires: expires}, func(t trail) error {
		u, err := get(t.w, "user", string(user), scanUser, selectUserByID, string(user))
		if err != nil {
			return err
		}
		now, err := get(t.w, "user", string(user), scanOne[string], selectPassword, string(user))
		if err == nil && (u.Disabled || now != phc) {
			err = &ngo.Error{Code: ngo.Unauthenticated, Message: "the user was changed during the log-in", Hint: "log in again: ngoctl login"}
		}
		return err
	})
}

// addToken makes the token that k describes, if may allows it.
func (s *Store) addToken(ctx context.Context, actor string, k ngo.Token, may func(trail) error) (ngo.Token, string, error) {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails: crypto/rand aborts the program instead
	secret := "ngo_" + base64.RawURLEncoding.EncodeToString(raw)
	digest := TokenDigest(secret)
	k.Created = instant(s.now())
	k.ID = ngo.NewID[ngo.TokenID](k.Created)
	user := string(k.User)
	err := s.write(ctx, actor, func(t trail) error {
		if _, err := get(t.w, "user", user, scanUser, selectUserByID, user); err != nil {
			return err
		}
		if err := may(t); err != nil {
			return err
		}
		if _, err := t.exec("add token", insertToken, string(k.ID), user, k.Label, digest[:], ngo.Stamp(k.Created), stampOf(k.Expires)); err != nil {
			return err
		}
		t.audit("token.add", string(k.ID), nil, facts{{"user", user}, {"label", k.Label}})
		t.changed("token", string(k.ID))
		return nil
	})
	return k, secret, err
}

const revokeToken = `
update token
set revoked = $2
where id = $1 and revoked is null`

// RevokeToken ends a token with this commit. It fails with NotFound when there is none that is still good.
func (s *Store) RevokeToken(ctx context.Context, actor string, id ngo.TokenID) error {
	return s.write(ctx, actor, func(t trail) error {
		if err := t.must("token", string(id), revokeToken, string(id), t.stamp()); err != nil {
			return err
		}
		t.audit("token.revoke", string(id), nil, nil)
		t.changed("token", string(id))
		return nil
	})
}

const tokenColumns = `id, user_id, label, created, expires, revoked`

func scanToken(s scanner) (k ngo.Token, err error) {
	return k, s.Scan(&k.ID, &k.User, &k.Label, at(&k.Created), maybeAt(&k.Expires), maybeAt(&k.Revoked))
}

const (
	listTokens = `
select ` + tokenColumns + `
from token
where user_id = $1
order by id desc`

	selectToken = `
select ` + tokenColumns + `
from token
where digest = $1`
)

// Tokens lists a user's tokens, newest first.
func (s *Store) Tokens(ctx context.Context, user ngo.UserID) (tokens []ngo.Token, err error) {
	err = s.engine.Read(ctx, func(c Conn) error {
		tokens, err = all(c, "tokens", scanToken, listTokens, string(user))
		return err
	})
	return tokens, err
}

// TokenByDigest gives the token with this digest and its user. It fails with Unauthenticated, without saying why, when
// there is none, it was revoked or has expired, or its user is locked out.
func (s *Store) TokenByDigest(ctx context.Context, digest [32]byte) (tok ngo.Token, user ngo.User, err error) {
	refused := &ngo.Error{Code: ngo.Unauthenticated, Message: "the token is not valid", Hint: "log in again: ngoctl login"}
	err = s.engine.Read(ctx, func(c Conn) error {
		if tok, err = get(c, "token", "", scanToken, selectToken, digest[:]); err != nil {
			return err
		}
		user, err = oneUser(c, string(tok.User), selectUserByID)
		return err
	})
	if ngo.CodeOf(err) == ngo.NotFound {
		return ngo.Token{}, ngo.User{}, refused
	}
	if err != nil {
		return ngo.Token{}, ngo.User{}, err
	}
	if tok.Revoked != nil || user.Disabled || (tok.Expires != nil && !s.now().Before(*tok.Expires)) {
		return ngo.Token{}, ngo.User{}, refused
	}
	return tok, user, nil
}
