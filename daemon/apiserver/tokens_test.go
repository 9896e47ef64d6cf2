package apiserver

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// tokenFixture is the memory of tokens on a real store whose clock stands where the test puts it.
type tokenFixture struct {
	store *store.Store
	*tokens
	reads atomic.Int64
	clock atomic.Int64 // nanoseconds
}

func newTokenFixture(t testing.TB) *tokenFixture {
	f := &tokenFixture{}
	f.clock.Store(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano())
	now := func() time.Time { return time.Unix(0, f.clock.Load()) }
	f.store = storetest.Open(t, storetest.At(now))
	f.tokens = newTokens(func(ctx context.Context, d [32]byte) (ngo.Token, ngo.User, error) {
		f.reads.Add(1)
		return f.store.TokenByDigest(ctx, d)
	}, now)
	t.Cleanup(f.store.Feed().Subscribe(f.published))
	return f
}

func (f *tokenFixture) user(t testing.TB, name string) ngo.User {
	t.Helper()
	u, err := f.store.AddUser(t.Context(), "test", store.NewUser{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (f *tokenFixture) token(t testing.TB, u ngo.User, expires *time.Time) (ngo.TokenID, string) {
	t.Helper()
	tok, secret, err := f.store.AddToken(t.Context(), "test", u.ID, "test", expires)
	if err != nil {
		t.Fatal(err)
	}
	return tok.ID, secret
}

func TestAcceptedTokensAreReadOnce(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	_, secret := f.token(t, f.user(t, "meena"), nil)
	for range 5 {
		if p, err := f.principal(t.Context(), secret); err != nil || p.actor != "user:meena" {
			t.Fatalf("principal = %+v, %v", p, err)
		}
	}
	if n := f.reads.Load(); n != 1 {
		t.Errorf("the database was read %d times, want once", n)
	}
}

func TestTokensExpireInMemoryToo(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	ends := time.Unix(0, f.clock.Load()).Add(time.Hour)
	_, secret := f.token(t, f.user(t, "meena"), &ends)
	if _, err := f.principal(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	f.clock.Store(ends.UnixNano())
	if _, err := f.principal(t.Context(), secret); ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("after its time: %v, want Unauthenticated", err)
	}
}

// TestRevocationBetweenReadAndKeep is the race itself: the token is read as good, then revoked, then the reader wants to
// remember it.
func TestRevocationBetweenReadAndKeep(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	id, secret := f.token(t, f.user(t, "meena"), nil)
	read := f.look
	f.look = func(ctx context.Context, d [32]byte) (ngo.Token, ngo.User, error) {
		tok, u, err := read(ctx, d)
		if rerr := f.store.RevokeToken(ctx, "test", id); rerr != nil {
			t.Error(rerr)
		}
		f.look = read
		return tok, u, err
	}
	if _, err := f.principal(t.Context(), secret); err != nil {
		t.Fatalf("the request that overlaps the revocation: %v", err)
	}
	if _, err := f.principal(t.Context(), secret); ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("after the revocation: %v, want Unauthenticated", err)
	}
	if _, kept := f.accepted[sha256.Sum256([]byte(secret))]; kept {
		t.Error("the revoked token is remembered")
	}
}

// TestNoTokenIsAcceptedAfterItsRevocation has readers hammer tokens while they are revoked. A reader that began after
// the acknowledgement must be refused.
func TestNoTokenIsAcceptedAfterItsRevocation(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	u := f.user(t, "meena")
	for range 60 {
		id, secret := f.token(t, u, nil)
		var revoked atomic.Bool
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() {
				for {
					after := revoked.Load()
					_, err := f.principal(t.Context(), secret)
					if after {
						if ngo.CodeOf(err) != ngo.Unauthenticated {
							t.Errorf("accepted after its revocation: %v", err)
						}
						return
					}
				}
			})
		}
		if err := f.store.RevokeToken(t.Context(), "test", id); err != nil {
			t.Error(err)
		}
		revoked.Store(true)
		readers.Wait()
	}
}

// TestTokensFollowAModel runs random changes and compares each answer with what it must be.
func TestTokensFollowAModel(t *testing.T) {
	t.Parallel()
	f := newTokenFixture(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		m := tokenModel{tokenFixture: f, t: t, user: f.user(t, fmt.Sprint("user", n))}
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 3), 1, 12).Draw(rt, "steps") {
			if err := m.change(rt, step); err != nil {
				rt.Fatal(err)
			}
			m.compare(rt)
		}
	})
}

// tokenModel is what should be true of one user's tokens.
type tokenModel struct {
	*tokenFixture
	t        *testing.T
	user     ngo.User
	role     ngo.Role
	disabled bool
	tokens   []modelToken
}

type modelToken struct {
	id      ngo.TokenID
	secret  string
	revoked bool
}

func (m *tokenModel) change(rt *rapid.T, step int) error {
	ctx := m.t.Context()
	switch {
	case step == 0 || len(m.tokens) == 0:
		id, secret := m.token(m.t, m.user, nil)
		m.tokens = append(m.tokens, modelToken{id: id, secret: secret})
		return nil
	case step == 1:
		k := &m.tokens[rapid.IntRange(0, len(m.tokens)-1).Draw(rt, "token")]
		err := m.store.RevokeToken(ctx, "test", k.id)
		if k.revoked && ngo.CodeOf(err) == ngo.NotFound {
			return nil
		}
		k.revoked = true
		return err
	case step == 2:
		m.disabled = rapid.Bool().Draw(rt, "disabled")
		return m.store.SetDisabled(ctx, "test", m.user.ID, m.disabled)
	}
	m.role = rapid.SampledFrom(ngo.Roles[:]).Draw(rt, "role")
	return m.store.SetMember(ctx, "test", m.user.ID, ngo.Member{Org: "sevai", Role: m.role})
}

func (m *tokenModel) compare(rt *rapid.T) {
	for _, k := range m.tokens {
		p, err := m.principal(m.t.Context(), k.secret)
		if good := !k.revoked && !m.disabled; (err == nil) != good {
			rt.Fatalf("token good: %v, but principal says %v", good, err)
		}
		if err == nil && p.roles["sevai"] != m.role {
			rt.Fatalf("role = %q, want %q", p.roles["sevai"], m.role)
		}
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	h := newHasher()
	phc, err := h.hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, phc, password string
		want                bool
	}{
		{"right", phc, "correct horse", true},
		{"wrong", phc, "correct horsf", false},
		{"none set", "", "", false},
		{"other cost", "$argon2id$v=19$m=65536,t=1,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x", false},
		{"cut", phc[:len(phc)-4], "correct horse", false},
	} {
		if got, err := h.check(t.Context(), tt.phc, tt.password); got != tt.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestHasherTakesOnlySoMany(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range cap(h.busy) {
		h.busy <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range cap(h.queue) {
		h.queue <- struct{}{} // those that work and those that wait
	}
	if _, err := h.hash(ctx, "x"); ngo.CodeOf(err) != ngo.Limited {
		t.Errorf("one too many: %v, want Limited", err)
	}
	<-h.queue
	waiting.Go(func() {
		if _, err := h.hash(ctx, "x"); err == nil {
			t.Error("it did not wait for its turn")
		}
	})
	cancel()
	waiting.Wait()
}

// tally is a limiter that blocks after three failures.
type tally map[string]int

func (c tally) Blocked(source string) bool { return c[source] >= 3 }
func (c tally) Fail(source string)         { c[source]++ }

func TestStrangersCannotLockAUserOut(t *testing.T) {
	t.Parallel()
	a := newAttempts(tally{}, tally{})
	a.succeeded("meena", "10.0.0.1")
	for i := range 5 {
		a.failed("meena", fmt.Sprint("203.0.113.", i))
	}
	if err := a.check("meena", "198.51.100.7"); ngo.CodeOf(err) != ngo.Limited {
		t.Errorf("a stranger's further guess: %v, want Limited", err)
	}
	for i := range 5 { // whatever they call themselves
		a.failed("meena 10.0.0.1", fmt.Sprint("198.51.100.", i))
		a.failed("10.0.0.1 meena", fmt.Sprint("198.51.100.", i))
	}
	if err := a.check("meena", "10.0.0.1"); err != nil {
		t.Errorf("the user from the usual address: %v", err)
	}
	for range 3 {
		a.failed("ravi", "10.0.0.1")
	}
	if err := a.check("meena", "10.0.0.1"); ngo.CodeOf(err) != ngo.Limited {
		t.Errorf("an address that guesses: %v, want Limited", err)
	}
	if err := a.check("nobody", "192.0.2.1"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
}
