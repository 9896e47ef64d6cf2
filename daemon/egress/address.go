package egress

import (
	"net/netip"
	"slices"
	"syscall"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// refuseNear looks at the very address that is about to be dialled: a name may give another one each time it is asked for.
// It fails with Denied.
func refuseNear(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err == nil && public(to.Addr()) {
		return nil
	}
	return &ngo.Error{
		Code: ngo.Denied, Message: "its address is not one of the public internet",
		Hint: "only an address that was set up here by hand may lie on this box or in a private network",
	}
}

// public tells whether an address belongs to the internet at large: not to this box, a private network, a provider's
// metadata service, or a scheme that carries an IPv4 address in an IPv6 one.
func public(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate() &&
		!slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),    // carriers' own networks; a metadata service at 100.100.100.200
	netip.MustParsePrefix("168.63.129.16/32"), // a cloud's own service under a public address
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}
