package org

import (
	"context"
	"net/http"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
)

type willing struct{ account }

func (willing) Poll(context.Context, payment.Window, func([]byte) error) error { return nil }
func (willing) Refund(context.Context, payment.RefundOrder) (payment.Refund, error) {
	return payment.Refund{}, nil
}
func (willing) Doubt() string { return "believed by its hash alone" }

func TestAbilitiesAreThoseOfTheAccount(t *testing.T) {
	t.Parallel()
	plain := account{setting.Values{}}
	if got := AbilitiesOf(plain); got != (Abilities{}) {
		t.Errorf("of a plain account: %+v", got)
	}
	if got, want := AbilitiesOf(willing{plain}), (Abilities{true, true, "believed by its hash alone"}); got != want {
		t.Errorf("AbilitiesOf = %+v; want %+v", got, want)
	}
}

// told is sent what is said; listening goes and gets it.
type told struct{ post }

func (told) Limit() int64                              { return 0 }
func (told) Verify(http.Header, []byte) error          { return nil }
func (told) Hint(http.Header) string                   { return "" }
func (told) Normalise([]byte) ([]channel.Event, error) { return nil, nil }

type listening struct{ told }

func (listening) Listen(context.Context, string, func(context.Context, channel.Heard) error) error {
	return nil
}

func (listening) Posted() bool { return false }

// both is sent some of it, and gets the rest.
type both struct{ listening }

func (both) Posted() bool { return true }

type post struct{ channel.Account }

func TestHooked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		account channel.Account
		want    bool
	}{"only sends": {post{}, false}, "is sent what is said": {told{}, true}, "listens by itself": {listening{}, false}, "does both": {both{}, true}} {
		if got := Hooked(tt.account); got != tt.want {
			t.Errorf("a channel that %s: Hooked = %v; want %v", name, got, tt.want)
		}
	}
}
