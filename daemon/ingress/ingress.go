// Package ingress is the door of the appliance: every listener, TLS, time-outs, limits, the access log, health and
// metrics. It knows no route but its own; what stands behind the door comes as an http.Handler.
//
// It promises that each connection and each request is bounded in time and size, that a panic costs only its own request,
// that RemoteAddr is the client's own address, and that X-Request-Id is ours. A Server is safe for concurrent use. It
// must not read a body, know a provider, or decide who may do what.
package ingress

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options is what a Server is made with. Listen, Hooks and API are required.
type Options struct {
	Listen  string         // HOST:PORT of the main listener
	TLS     TLS            //
	BaseURL string         // where the world finds the main listener, when that is not told by Listen
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Socket  string         // path of the Unix socket; none when empty
	Metrics string         // loopback HOST:PORT for /metrics; only the socket serves it when empty

	Hooks http.Handler // /hooks/ on the main listener
	API   http.Handler // /api/ on the main listener and on the socket, where PeerOf tells who calls
	// Public are the pages for people outside, at /o/ and /r/ on the main listener; nil has none. A browser may send it forms:
	// what a form may do is the handler's own to check.
	Public http.Handler
	Probe  func() time.Time // when the last probe row was committed; never ready when nil

	Registry *prometheus.Registry // what /metrics shows; one of its own when nil
	Limits   Limits
	Log      *slog.Logger     // discards when nil
	Now      func() time.Time // time.Now when nil

	times times // tests shorten them
}

// Limits bounds what strangers can make the box hold. Zero fields take their default.
type Limits struct {
	Connections int   // at once, over TCP: 8192
	PerAddress  int   // at once, from one address (of IPv6: one /64) that is neither loopback nor a proxy: 256
	Pages       int   // public pages a minute, for one address, once it has had as many: 60
	HeaderBytes int   // of one request: 16 KiB
	HookBody    int64 // ceiling over every driver's own limit: 8 MiB
	APIBody     int64 // 25 MiB: a reply with files; the interface takes less wherever less is enough
	PublicBody  int64 // 64 KiB
}

// times bounds how long anybody can take.
type times struct {
	header time.Duration // from connecting to the end of the headers, the TLS handshake included
	read   time.Duration // a whole request
	write  time.Duration // a whole answer; a handler that needs longer says so: http.ResponseController.SetWriteDeadline
	local  time.Duration // the same on the socket, where users of this box start long work, such as a backup
	stream time.Duration // one write to a stream
	idle   time.Duration // between requests
	grace  time.Duration // for requests under way when a stop begins
}

func defaultTimes() times {
	return times{
		header: 5 * time.Second, read: 10 * time.Second, write: 15 * time.Second, local: 15 * time.Minute,
		stream: 10 * time.Second, idle: time.Minute, grace: 10 * time.Second,
	}
}

// Server serves HTTPS, plain HTTP for redirects and challenges, the Unix socket and the metrics port.
type Server struct {
	o         Options
	metrics   *metrics
	logs      *logBudget
	ids       *requestIDs
	tls       *tls.Config // of the main listener; nil when off
	acme      *acme       // nil in the other modes
	fronts    []*front
	main      net.Addr
	stopping  context.Context // ends the streams when a stop begins
	endStream context.CancelFunc
	listened  sync.Once
	closed    sync.Once
	listenErr error
}

// front is one listener with the server behind it.
type front struct {
	name   string
	ln     net.Listener
	server *http.Server
}

// New checks the options and loads or makes what TLS needs. It opens no port. It fails with Invalid, naming every fault.
func New(o Options) (*Server, error) {
	o.setDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Server{o: o, logs: newLogBudget(o.Log, o.Now), ids: newRequestIDs()}
	s.stopping, s.endStream = context.WithCancel(context.Background())
	s.metrics = newMetrics(o.Registry)
	var err error
	if s.tls, err = s.loadTLS(); err != nil {
		return nil, err
	}
	return s, nil
}

func (o *Options) setDefaults() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Probe == nil {
		o.Probe = func() time.Time { return time.Time{} }
	}
	if o.times == (times{}) {
		o.times = defaultTimes()
	}
	l := &o.Limits
	l.Connections = cmp.Or(l.Connections, 8192)
	l.PerAddress = cmp.Or(l.PerAddress, 256)
	l.HeaderBytes = cmp.Or(l.HeaderBytes, 16<<10)
	l.HookBody = cmp.Or(l.HookBody, 8<<20)
	l.APIBody = cmp.Or(l.APIBody, 25<<20)
	l.PublicBody = cmp.Or(l.PublicBody, 64<<10)
	l.Pages = cmp.Or(l.Pages, 60)
}

func (o *Options) check() error {
	var faults []string
	if o.Hooks == nil || o.API == nil {
		faults = append(faults, "ingress: Hooks and API are required")
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		faults = append(faults, fmt.Sprintf("listen on %q: write HOST:PORT, such as 127.0.0.1:8443", o.Listen))
	}
	if o.Metrics != "" && !Loopback(o.Metrics) {
		faults = append(faults, fmt.Sprintf("metrics on %q: only a loopback address, such as 127.0.0.1:9464, is allowed", o.Metrics))
	}
	if u, err := url.Parse(o.BaseURL); err != nil || o.BaseURL != "" && u.Hostname() == "" {
		faults = append(faults, fmt.Sprintf("base URL %q: write https://NAME", o.BaseURL))
	}
	faults = append(faults, o.checkTLS()...)
	if len(faults) == 0 {
		return nil
	}
	return &ngo.Error{Code: ngo.Invalid, Message: strings.Join(faults, "\n"), Hint: "mend config.toml in the data folder"}
}

// Listen opens every port, so that a fault shows at start and not later. Run calls it when nobody has. It fails with
// Conflict when another program has a port or the socket, with Denied when the system does not allow one, with Invalid
// when an address or a path cannot be.
func (s *Server) Listen() error {
	s.listened.Do(func() {
		if s.listenErr = s.open(); s.listenErr != nil {
			s.Close()
		}
	})
	return s.listenErr
}

// Addr gives the address of the main listener; nil before Listen.
func (s *Server) Addr() net.Addr { return s.main }

// Run serves until ctx ends, then takes no more requests, lets those under way finish for up to ten seconds, and cuts
// the rest. It returns nil after such a stop and the reason when a listener failed. A Server runs once.
func (s *Server) Run(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		return err
	}
	defer s.Close()
	group, running := errgroup.WithContext(ctx)
	for _, f := range s.fronts {
		group.Go(f.serve)
	}
	if s.acme != nil {
		group.Go(func() error { return s.acme.run(running) })
	}
	group.Go(func() error {
		<-running.Done()
		return s.stop(context.WithoutCancel(ctx))
	})
	return group.Wait()
}

func (f *front) serve() error {
	var err error
	if f.server.TLSConfig != nil {
		err = f.server.ServeTLS(f.ln, "", "")
	} else {
		err = f.server.Serve(f.ln)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve %s: %w", f.name, err)
}

func (s *Server) stop(ctx context.Context) error {
	s.endStream()
	ctx, cancel := context.WithTimeout(ctx, s.o.times.grace)
	defer cancel()
	var wait sync.WaitGroup
	for _, f := range s.fronts {
		wait.Go(func() {
			if f.server.Shutdown(ctx) != nil {
				s.o.Log.Warn("requests cut at stop", "listener", f.name)
				f.server.Close() // the connections are being cut: there is nobody to tell of an error
			}
		})
	}
	wait.Wait()
	return nil
}

// Close gives up what Listen took, for a start that goes no further. Run does it at its end.
func (s *Server) Close() { s.closed.Do(s.close) }

// Most of it is closed already, so the errors say nothing.
func (s *Server) close() {
	s.endStream()
	if s.acme != nil {
		s.acme.close(context.Background())
	}
	for _, f := range s.fronts {
		f.server.Close()
		f.ln.Close()
	}
}

// Loopback tells whether HOST:PORT can be reached from this box only.
func Loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func (s *Server) proxy(addr netip.Addr) bool {
	return slices.ContainsFunc(s.o.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
