package org

import (
	"context"
	"testing"

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
