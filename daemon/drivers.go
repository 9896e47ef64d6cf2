package daemon

import (
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/channel/ses"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/daemon/payment/payu"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
)

// Gateways lists the payment gateways that can be connected, a line each.
func Gateways() []payment.Driver {
	return []payment.Driver{
		razorpay.New(),
		payu.New(),
	}
}

// readers are the gateways, and what reads that which staff enter by hand.
func readers() []payment.Driver { return append(Gateways(), desk.New()) }

// Channels lists the messaging channels, a line each.
func Channels() []channel.Driver {
	return []channel.Driver{
		email.New(email.Options{}),
		whatsapp.New(),
		ses.New(ses.Options{}),
	}
}
