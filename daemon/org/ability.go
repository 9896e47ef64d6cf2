package org

import (
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/payment"
)

// Abilities is what a gateway can be asked as it is set up now.
type Abilities struct {
	Poll   bool   // what happened
	Refund bool   // to pay back
	Doubt  string // what of its events is believed unconfirmed, in a sentence for people; empty when nothing is
}

// AbilitiesOf tells what an opened account can be asked.
func AbilitiesOf(a payment.Account) Abilities {
	var can Abilities
	_, can.Poll = a.(payment.Poller)
	_, can.Refund = a.(payment.Refunder)
	if d, ok := a.(payment.Doubter); ok {
		can.Doubt = d.Doubt()
	}
	return can
}

// Hooked tells whether messages come in by a channel at an address that is to be entered at the provider.
func Hooked(a channel.Account) bool {
	_, hears := a.(channel.Receiver)
	p, tells := a.(channel.Posted)
	return hears && (!tells || p.Posted())
}
