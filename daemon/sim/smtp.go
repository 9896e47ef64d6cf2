package sim

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// SMTPOptions say what a mail server is like. The zero value is a plain one on a free port, without log-in.
type SMTPOptions struct {
	Addr           string      // HOST:PORT; a free port on 127.0.0.1 when empty
	TLS            *tls.Config // offers STARTTLS when set
	Implicit       bool        // speaks TLS from the first byte
	User, Password string      // a log-in is asked for when set
	MaxBytes       int64       // of one mail; announced and enforced when set
	Keep           int         // how many mails are kept whole, the newest; 100 when 0. Counts are kept of all
}

// Mail is one that was taken.
type Mail struct {
	From      string
	To        []string
	MessageID string // without angle brackets
	Data      []byte // as it came
	TLS       bool
	User      string // who had logged in
}

// SMTP is a mail server that keeps what it takes in memory.
type SMTP struct {
	options SMTPOptions
	faults  faults
	addr    string

	mu       sync.Mutex
	mails    []Mail
	counts   map[string]int // by Message-ID
	total    int
	sessions int
	changed  chan struct{} // closed and replaced at each mail
	running  *running      // nil while down
}

// NewSMTP makes a mail server and starts it. Close stops it.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Keep == 0 {
		o.Keep = 100
	}
	s := &SMTP{options: o, addr: o.Addr, counts: map[string]int{}, changed: make(chan struct{})}
	if err := s.Up(); err != nil {
		return nil, err
	}
	return s, nil
}

// Addr is where it listens, also while it is down.
func (s *SMTP) Addr() string { return s.addr }

// Fail makes something go wrong. Faults at the same step strike one after the other.
func (s *SMTP) Fail(f Fault) { s.faults.add(f) }

// Heal takes back every fault.
func (s *SMTP) Heal() { s.faults.clear() }

// Mails gives the mails kept, oldest first.
func (s *SMTP) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Counts tells how often each Message-ID was taken.
func (s *SMTP) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

// Total is how many mails were taken.
func (s *SMTP) Total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Sessions is how many clients have said EHLO.
func (s *SMTP) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Wait returns when n mails have been taken since the start, or with ctx's error.
func (s *SMTP) Wait(ctx context.Context, n int) error {
	for {
		s.mu.Lock()
		total, changed := s.total, s.changed
		s.mu.Unlock()
		if total >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d mails came: %w", total, n, ctx.Err())
		}
	}
}

// Await gives the first mail kept that is as wanted, once it is there, or ctx's error.
func (s *SMTP) Await(ctx context.Context, wanted func(Mail) bool) (Mail, error) {
	for {
		s.mu.Lock()
		mails, changed := slices.Clone(s.mails), s.changed
		s.mu.Unlock()
		if i := slices.IndexFunc(mails, wanted); i >= 0 {
			return mails[i], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Mail{}, fmt.Errorf("the mail did not come: %w", ctx.Err())
		}
	}
}

// running is one life of the server, between Up and Down.
type running struct {
	server   *smtp.Server
	listener *hook
	done     chan struct{} // closed when it is to end: no delay outlasts it
	served   sync.WaitGroup
}

// Up starts the server where it was before. It does nothing when it is up.
func (s *SMTP) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return nil
	}
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		return fmt.Errorf("listen for mail: %w", err)
	}
	s.addr = l.Addr().String()
	r := &running{done: make(chan struct{})}
	r.listener = &hook{Listener: l, faults: &s.faults, done: r.done, conns: map[net.Conn]bool{}}
	if s.options.Implicit {
		r.listener.tls = s.options.TLS
	}
	r.server = s.newServer(r.done)
	r.served.Go(func() { r.server.Serve(r.listener) }) // ends with the listener; there is nobody to tell why
	s.running = r
	return nil
}

func (s *SMTP) newServer(done <-chan struct{}) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return s.session(c, done)
	}))
	server.Domain = "sim.localhost"
	server.AllowInsecureAuth = true
	server.MaxMessageBytes = s.options.MaxBytes
	server.ReadTimeout, server.WriteTimeout = time.Minute, time.Minute
	server.ErrorLog = log.New(io.Discard, "", 0)
	if !s.options.Implicit {
		server.TLSConfig = s.options.TLS
	}
	return server
}

// Down stops the server and cuts every connection: from now on they are refused. It does nothing when it is down.
func (s *SMTP) Down() {
	s.mu.Lock()
	r := s.running
	s.running = nil
	s.mu.Unlock()
	if r == nil {
		return
	}
	close(r.done)
	r.listener.cut()
	r.served.Wait()
	r.server.Shutdown(context.Background()) // waits for the sessions, whose connections are cut
}

// Close is Down, for good.
func (s *SMTP) Close() { s.Down() }

func (s *SMTP) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	s.counts[m.MessageID]++
	if s.mails = append(s.mails, m); len(s.mails) > s.options.Keep {
		s.mails[0] = Mail{}
		s.mails = s.mails[1:]
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// hook is a listener whose connections can be cut, and refused with a word.
type hook struct {
	net.Listener
	tls    *tls.Config
	faults *faults
	done   <-chan struct{}

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
}

// Accept gives the next connection that no fault strikes.
func (h *hook) Accept() (net.Conn, error) {
	for {
		c, err := h.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !h.enter(c) {
			c.Close()
			continue
		}
		if f, ok := h.faults.take(Connect); ok {
			f.pass(h.done)
			if f.Code != 0 {
				fmt.Fprintf(c, "%d %s\r\n", f.Code, f.Text) // a client that hangs up first is no matter
			}
			if f.Code != 0 || f.Drop {
				h.drop(c)
				continue
			}
		}
		out := net.Conn(&hooked{Conn: c, hook: h})
		if h.tls != nil {
			out = tls.Server(out, h.tls)
		}
		return out, nil
	}
}

func (h *hook) enter(c net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.conns[c] = true
	}
	return !h.closed
}

func (h *hook) drop(c net.Conn) error {
	h.mu.Lock()
	delete(h.conns, c)
	h.mu.Unlock()
	return c.Close()
}

// cut closes the listener and every connection.
func (h *hook) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.Close()
	for c := range h.conns {
		c.Close()
	}
}

// sever closes every connection, and goes on listening.
func (h *hook) sever() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		c.Close()
	}
}

// hooked forgets itself when it is closed.
type hooked struct {
	net.Conn
	hook *hook
}

func (c *hooked) Close() error { return c.hook.drop(c.Conn) }
