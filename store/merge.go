package store

import (
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What providers tell of one thing comes in any order, twice, and in parts. Each field of a row is therefore the join of
// what was told: commutative, associative and idempotent, so that the ledger is a function of what was told alone. Only an
// amount told in two ways is a fault of the teller's.

// fuller gives the longer of two texts, and of two as long the smaller one: silence takes nothing away.
func fuller[T ~string](a, b T) T {
	if len(b) > len(a) || len(b) == len(a) && b < a {
		return b
	}
	return a
}

// earlier gives the earlier of two moments that may not be known.
func earlier(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

// later gives the later of two moments that may not be known.
func later(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}

// instantOf is instant for a moment that may not be known.
func instantOf(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	out := instant(*t)
	return &out
}

// checkTold fails with Invalid when a thing is now told with another amount than before.
func checkTold(what string, ref ngo.Ref, was, told ngo.Money) error {
	if was == told {
		return nil
	}
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the gateway told two amounts of %s %s: %s and %s", what, ngo.Printable(string(ref)), was, told),
		Hint: "look it up at the gateway"}
}
