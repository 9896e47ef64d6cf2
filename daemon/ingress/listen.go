package ingress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// open takes every port and makes the server behind it.
func (s *Server) open() error {
	conns := s.newConns()
	ln, err := listenTCP(s.o.Listen)
	if err != nil {
		return err
	}
	s.main = ln.Addr()
	main := s.add("main", &capped{Listener: ln, conns: conns, open: s.openTo()}, s.mainRoutes(), s.mainHeaders())
	if s.o.TLS.Mode == ACME {
		if s.acme, err = newACME(s); err != nil {
			return err
		}
		s.tls = s.acme.config()
		s.openRedirect(conns)
	}
	main.server.TLSConfig = s.tls
	if s.o.Metrics != "" {
		if ln, err = listenTCP(s.o.Metrics); err != nil {
			return err
		}
		s.add("metrics", &capped{Listener: ln, conns: conns}, s.metricsRoutes(), baseHeaders())
	}
	if s.o.Socket == "" {
		return nil
	}
	if ln, err = listenSocket(s.o.Socket); err != nil {
		return err
	}
	f := s.add("socket", ln, s.socketRoutes(), baseHeaders())
	f.server.ConnContext = withPeer
	f.server.WriteTimeout = s.o.times.local
	return nil
}

// openRedirect takes the plain port. Without it certificates come by the other challenge, over the main port.
func (s *Server) openRedirect(conns *conns) {
	ln, err := listenTCP(s.o.TLS.HTTP)
	if err != nil {
		s.o.Log.Warn("plain HTTP is off: links without https will not work, and certificates need port 443 open", "err", err)
		s.acme.withoutHTTP()
		return
	}
	s.add("redirect", &capped{Listener: ln, conns: conns}, s.redirectRoutes(), baseHeaders())
}

// maxStreams is how many requests one connection over HTTP/2 carries at once. Each costs some 14 KB while it waits, so that 64
// of them on each of the 256 connections of one address took 200 MB.
const maxStreams = 16

func (s *Server) add(name string, ln net.Listener, routes http.Handler, headers []header) *front {
	t := s.o.times
	f := &front{name: name, ln: ln, server: &http.Server{
		Handler:           &edge{s: s, name: name, next: routes, headers: headers},
		ReadHeaderTimeout: t.header, // net/http bounds the TLS handshake by it, too
		ReadTimeout:       t.read,
		WriteTimeout:      t.write,
		IdleTimeout:       t.idle,
		MaxHeaderBytes:    s.o.Limits.HeaderBytes,
		ErrorLog:          s.errorLog(),
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          maxStreams,
			MaxReceiveBufferPerConnection: 1 << 20,
			MaxReceiveBufferPerStream:     256 << 10,
			SendPingTimeout:               30 * time.Second,
			PingTimeout:                   10 * time.Second,
			WriteByteTimeout:              10 * time.Second,
		},
	}}
	s.fronts = append(s.fronts, f)
	return f
}

func listenTCP(address string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &ngo.Error{Code: ngo.Conflict, Message: "another program listens on " + address,
			Hint: "stop it, or choose another port in config.toml", Err: err}
	case errors.Is(err, os.ErrPermission):
		return nil, &ngo.Error{Code: ngo.Denied, Message: "the system does not let ngoctl listen on " + address,
			Hint: "run it as its systemd service, which may use ports below 1024, or choose a higher port in config.toml", Err: err}
	case err != nil:
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "ngoctl cannot listen on " + address,
			Hint: "is this an address of this box? ip address", Err: err}
	}
	return ln, nil
}

// openTo tells from whom the main listener takes connections; nil is everybody. Without TLS on an address that others
// can reach, only the proxies and this box may speak to it: else the words of strangers and of staff would go in the open.
func (s *Server) openTo() func(netip.Addr) bool {
	if s.o.TLS.Mode != Off || Loopback(s.o.Listen) {
		return nil
	}
	return func(a netip.Addr) bool { return a.IsLoopback() || s.proxy(a) }
}

// conns counts open connections, in all and per subscriber.
type conns struct {
	s       *Server
	mu      sync.Mutex
	total   int
	address map[netip.Addr]int
}

func (s *Server) newConns() *conns { return &conns{s: s, address: map[netip.Addr]int{}} }

// take counts a connection in, or names the limit it meets. Loopback and proxies carry many clients and have the common
// limit only.
func (c *conns) take(a netip.Addr) (limit string) {
	single := !a.IsLoopback() && !c.s.proxy(a)
	a = subscriber(a)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= c.s.o.Limits.Connections {
		return "total"
	}
	if single && c.address[a] >= c.s.o.Limits.PerAddress {
		return "address"
	}
	c.total++
	c.address[a]++
	c.s.metrics.connections.Set(float64(c.total))
	return ""
}

func (c *conns) give(a netip.Addr) {
	a = subscriber(a)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.address[a]--; c.address[a] <= 0 {
		delete(c.address, a)
	}
	c.s.metrics.connections.Set(float64(c.total))
}

// capped turns away connections over a limit, and those that are not for this listener, before a byte is read.
type capped struct {
	net.Listener
	conns *conns
	open  func(netip.Addr) bool
}

func (l *capped) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := remote(conn)
		limit := "foreign"
		if l.open == nil || l.open(addr) {
			limit = l.conns.take(addr)
		}
		if limit == "" {
			return &counted{Conn: conn, give: sync.OnceFunc(func() { l.conns.give(addr) })}, nil
		}
		l.conns.s.metrics.turnedAway.WithLabelValues(limit).Inc()
		conn.Close() // nothing was said on it yet
	}
}

type counted struct {
	net.Conn
	give func()
}

func (c *counted) Close() error {
	c.give()
	return c.Conn.Close()
}

func remote(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
