package apiserver

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Cost of a password: about 27 ms and 19 MiB each, as OWASP advises for argon2id.
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// How many passwords are worked on at once, and how many more may wait for that.
const (
	hashersBusy  = 4
	hashersQueue = 32
)

// hasher makes and checks passwords, few at a time, so that a flood of log-ins cannot take the memory and the processor.
type hasher struct {
	queue, busy chan struct{}
}

func newHasher() *hasher {
	return &hasher{queue: make(chan struct{}, hashersBusy+hashersQueue), busy: make(chan struct{}, hashersBusy)}
}

// hash gives the PHC string of a password. Codes: Limited when too many wait.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	var phc string
	err := h.work(ctx, func() { phc = encodePassword(password) })
	return phc, err
}

// check tells whether the password belongs to phc. It takes the same time when phc is empty or broken. Codes: Limited.
func (h *hasher) check(ctx context.Context, phc, password string) (bool, error) {
	salt, want, ok := decodePassword(phc)
	if !ok {
		salt, want = make([]byte, argonSalt), make([]byte, argonKey) // the answer is no, whatever comes out
	}
	var same bool
	err := h.work(ctx, func() {
		got := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
		same = subtle.ConstantTimeCompare(got, want) == 1
	})
	return ok && same, err
}

func (h *hasher) work(ctx context.Context, fn func()) error {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return &ngo.Error{Code: ngo.Limited, Message: "too many people are logging in at this moment", Hint: "try again in a minute"}
	}
	select {
	case h.busy <- struct{}{}:
		defer func() { <-h.busy }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	fn()
	return nil
}

// phcHead is the only cost we read back: a database that names another was not written by us.
var phcHead = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonThreads)

func encodePassword(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails: crypto/rand aborts the program instead
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	return phcHead + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

func decodePassword(phc string) (salt, key []byte, ok bool) {
	rest, ok := strings.CutPrefix(phc, phcHead)
	first, second, cut := strings.Cut(rest, "$")
	salt, err1 := base64.RawStdEncoding.DecodeString(first)
	key, err2 := base64.RawStdEncoding.DecodeString(second)
	return salt, key, ok && cut && err1 == nil && err2 == nil && len(salt) == argonSalt && len(key) == argonKey
}
