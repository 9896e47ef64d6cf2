package daemon

import (
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/payu"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
)

// Gateways lists the payment gateways, a line each.
func Gateways() []payment.Driver {
	return []payment.Driver{
		razorpay.New(),
		payu.New(),
	}
}

// Channels lists the messaging channels, a line each.
func Channels() []channel.Driver {
	return []channel.Driver{
		email.New(email.Options{}),
	}
}
