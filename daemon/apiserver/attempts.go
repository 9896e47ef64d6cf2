package apiserver

import (
	"sync"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Limiter counts failures per source and tells when there were too many. It must be bounded and safe for concurrent use;
// the door's own is one.
type Limiter interface {
	Blocked(source string) bool
	Fail(source string)
}

// maxKnown is how many pairs of user and address are remembered as having logged in.
const maxKnown = 1 << 10

// attempts limits guessing, per address and per account. An address from which the user has logged in before is counted
// by itself, so that strangers who guess cannot lock the user out. It is safe for concurrent use.
type attempts struct {
	accounts, addresses Limiter

	mu    sync.Mutex
	known map[string]bool
}

func newAttempts(accounts, addresses Limiter) *attempts {
	return &attempts{accounts: accounts, addresses: addresses, known: map[string]bool{}}
}

// check fails with Limited when there were too many wrong guesses. The answer is the same for a name nobody has.
func (a *attempts) check(name, source string) error {
	if a.addresses.Blocked(source) || a.accounts.Blocked(a.account(name, source)) {
		return &ngo.Error{Code: ngo.Limited, Message: "there were too many wrong passwords", Hint: "wait a few minutes, then try again"}
	}
	return nil
}

func (a *attempts) failed(name, source string) {
	a.addresses.Fail(source)
	a.accounts.Fail(a.account(name, source))
}

func (a *attempts) succeeded(name, source string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) >= maxKnown {
		clear(a.known)
	}
	a.known[pairOf(name, source)] = true
}

// account gives the key by which guesses at a user's password are counted: no name that a stranger makes up is the key of
// a user at a known address.
func (a *attempts) account(name, source string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if pair := pairOf(name, source); a.known[pair] {
		return pair
	}
	return "name " + name
}

// pairOf names a user at an address, in which there is no space.
func pairOf(name, source string) string { return "pair " + source + " " + name }
