package ingress

import (
	"net/http"
	"net/netip"
	"strings"
)

// client gives the address of whoever sent the request: the peer's own, or, when the peer is a proxy named in the
// configuration, the last address in X-Forwarded-For that is not a proxy. What stands further left the client may have
// written itself. An entry that is no address ends the search at the proxy that passed it on.
func (s *Server) client(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // the Unix socket
	}
	addr := ap.Addr().Unmap().WithZone("")
	if !s.proxy(addr) {
		return addr
	}
	values := r.Header.Values("X-Forwarded-For")
	for i := len(values) - 1; i >= 0; i-- {
		rest, entry := values[i], ""
		for rest != "" {
			rest, entry = cutLast(rest)
			hop, ok := parseHop(entry)
			if !ok {
				return addr
			}
			if addr = hop; !s.proxy(addr) {
				return addr
			}
		}
	}
	return addr
}

func cutLast(list string) (rest, last string) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list
	}
	return list[:i], list[i+1:]
}

// parseHop reads an address as proxies write it: bare, in brackets, or with a port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	addr, err := netip.ParseAddr(s)
	return addr.Unmap().WithZone(""), err == nil
}
