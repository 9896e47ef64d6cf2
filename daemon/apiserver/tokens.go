package apiserver

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Limits of the tokens held.
const (
	maxToken  = 128     // signs of one
	maxTokens = 1 << 12 // accepted ones in memory; more than anybody has
)

// tokens remembers which tokens were accepted and for whom, so that a request does not read the database. Any change to
// users or tokens drops all it holds, in the commit that makes the change: a token is never accepted after its
// revocation was acknowledged. It is safe for concurrent use.
type tokens struct {
	look func(ctx context.Context, digest [32]byte) (ngo.Token, ngo.User, error)
	now  func() time.Time

	mu       sync.RWMutex
	version  uint64 // bumped by each drop
	accepted map[[32]byte]accepted
	changed  chan struct{} // closed by the next drop
}

type accepted struct {
	who     *principal
	expires *time.Time
}

func newTokens(look func(context.Context, [32]byte) (ngo.Token, ngo.User, error), now func() time.Time) *tokens {
	return &tokens{look: look, now: now, accepted: map[[32]byte]accepted{}, changed: make(chan struct{})}
}

// principal gives the owner of a token. It fails with Unauthenticated.
func (t *tokens) principal(ctx context.Context, secret string) (*principal, error) {
	if len(secret) > maxToken {
		return nil, errLogin()
	}
	digest := sha256.Sum256([]byte(secret))
	t.mu.RLock()
	a, ok := t.accepted[digest]
	version := t.version
	t.mu.RUnlock()
	if ok && a.good(t.now()) {
		return a.who, nil
	}
	// The version was taken before the database is read: if a change commits meanwhile, what was read is not kept.
	token, user, err := t.look(ctx, digest)
	if err != nil {
		return nil, err
	}
	a = accepted{staff(user, token.ID), token.Expires}
	t.keep(digest, a, version)
	return a.who, nil
}

func (a accepted) good(now time.Time) bool { return a.expires == nil || now.Before(*a.expires) }

func (t *tokens) keep(digest [32]byte, a accepted, version uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.version != version {
		return
	}
	if len(t.accepted) >= maxTokens {
		clear(t.accepted)
	}
	t.accepted[digest] = a
}

// published takes what the store's feed tells, between the commit and its acknowledgement.
func (t *tokens) published(changes []store.Change) {
	for _, c := range changes {
		if c.Org == "" {
			t.drop()
			return
		}
	}
}

func (t *tokens) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.version++
	clear(t.accepted)
	close(t.changed)
	t.changed = make(chan struct{})
}

// change is closed when users or tokens change after the call.
func (t *tokens) change() <-chan struct{} {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.changed
}
