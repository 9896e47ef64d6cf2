package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// watched is a connection to a mail server that is not believed: each answer has its time, and what a command may bring its
// limit. The client's own ideas of both do not hold.
type watched struct {
	net.Conn
	patience atomic.Int64 // nanoseconds that one read may take; 0 for any
	allowed  atomic.Int64 // bytes that may still come
}

var errTooMuch = errors.New("the mail server sends more than was asked for")

func (w *watched) Read(p []byte) (int, error) {
	if w.allowed.Load() <= 0 {
		return 0, errTooMuch
	}
	if err := w.Conn.SetReadDeadline(w.deadline()); err != nil {
		return 0, err
	}
	n, err := w.Conn.Read(p)
	w.allowed.Add(-int64(n))
	return n, err
}

func (w *watched) deadline() time.Time {
	if d := time.Duration(w.patience.Load()); d > 0 {
		return time.Now().Add(d)
	}
	return time.Time{}
}

// expect says what the next command may take, also for the read that waits already.
func (w *watched) expect(patience time.Duration, bytes int64) {
	w.allowed.Store(bytes)
	w.patience.Store(int64(patience))
	w.Conn.SetReadDeadline(w.deadline()) // fails on a connection that is closed, and then so does the read
}

// SetReadDeadline does nothing: see expect.
func (w *watched) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets that for writing.
func (w *watched) SetDeadline(t time.Time) error { return w.Conn.SetWriteDeadline(t) }

// nesting looks at what goes over a connection, and breaks it where brackets open without end: the client's parser would follow
// them, and write an error at each step back. No line of a mail has so many signs.
type nesting struct {
	mu   sync.Mutex
	open int
}

const mostOpen = 1000

var errNesting = errors.New("the mail server's answer makes no sense")

func (n *nesting) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for rest := p; len(rest) > 0; {
		if rest[0] != '(' {
			n.open = 0
			at := bytes.IndexByte(rest, '(')
			if at < 0 {
				break
			}
			rest = rest[at:]
		}
		run := len(rest) - len(bytes.TrimLeft(rest, "("))
		n.open += run
		rest = rest[run:]
		if n.open > mostOpen {
			return 0, errNesting
		}
	}
	return len(p), nil
}

const mostAnswer = 1 << 20 // bytes that a command other than a mail's may bring

// line is a connection to a mailbox, used by one goroutine.
type line struct {
	conn     *watched
	client   *imapclient.Client
	patience Patience
	release  func() bool
	news     chan struct{} // the mailbox has changed
}

// dial connects, encrypts and logs in. On this box itself a server is first asked whether it can encrypt.
func (m *Mailbox) dial(ctx context.Context) (*line, error) {
	encryption := m.inbox.tls
	if encryption != tlsAuto {
		return m.call(ctx, encryption)
	}
	l, err := m.call(ctx, tlsAuto)
	if errors.Is(err, errEncrypts) {
		return m.call(ctx, tlsLocal)
	}
	return l, err
}

// tlsLocal is STARTTLS with a server on this box, whose certificate nobody needs to vouch for.
const tlsLocal = "local"

var errEncrypts = errors.New("the mail server on this box can encrypt")

func (m *Mailbox) call(ctx context.Context, encryption string) (*line, error) {
	dialer := net.Dialer{Timeout: m.options.Patience.Connect}
	conn, err := dialer.DialContext(ctx, "tcp", m.inbox.addr)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &ngo.Error{Code: ngo.Unavailable, Message: "the mail server " + m.inbox.addr + " cannot be reached", Hint: checkHint, Err: err}
	}
	l := &line{conn: &watched{Conn: conn}, patience: m.options.Patience, news: make(chan struct{}, 1)}
	l.release = context.AfterFunc(ctx, func() { conn.Close() })
	if err := l.begin(ctx, m, encryption); err != nil {
		l.close()
		if errors.Is(err, errEncrypts) {
			return nil, err
		}
		return nil, l.explain(ctx, err)
	}
	return l, nil
}

func (l *line) begin(ctx context.Context, m *Mailbox, encryption string) error {
	l.command()
	local, nearby := l.where()
	if encryption == tlsAuto && !local {
		encryption = tlsStart
	}
	if encryption == tlsNone && !nearby {
		return &ngo.Error{
			Code: ngo.Unauthenticated, Message: "the mail server is on the internet, and the channel is set to no encryption", Hint: "set imap-tls to auto",
		}
	}
	if err := l.greet(ctx, m, encryption); err != nil {
		return err
	}
	if err := l.client.WaitGreeting(); err != nil {
		return err
	}
	l.command()
	caps := l.client.Caps()
	if caps == nil {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the mail server does not say what it can do"}
	}
	if l.client.State() != imap.ConnStateNotAuthenticated {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the mail server asks for no password, which no mailbox of ours does"}
	}
	if encryption == tlsAuto && caps.Has(imap.CapStartTLS) {
		return errEncrypts
	}
	l.command()
	if caps.Has(imap.AuthCap(sasl.Plain)) {
		return wrong(l.client.Authenticate(sasl.NewPlainClient("", m.inbox.user, m.inbox.password)))
	}
	if caps.Has(imap.CapLoginDisabled) {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the mail server takes no password over this connection", Hint: "see the setting imap-tls"}
	}
	return wrong(l.client.Login(m.inbox.user, m.inbox.password).Wait())
}

// command begins a command that brings little.
func (l *line) command() { l.conn.expect(l.patience.Command, mostAnswer) }

// where tells whether the server is on this box, and whether it is there or in a private network.
func (l *line) where() (local, nearby bool) {
	addr, ok := l.conn.RemoteAddr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback(), ok && near(addr.IP)
}

// greet begins to speak to the server, in a way that nobody can read where that is asked for.
func (l *line) greet(ctx context.Context, m *Mailbox, encryption string) error {
	config := &tls.Config{
		ServerName: m.inbox.host, RootCAs: m.options.Roots, MinVersion: tls.VersionTLS12, InsecureSkipVerify: encryption == tlsLocal,
	}
	options := &imapclient.Options{TLSConfig: config, DebugWriter: &nesting{}, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(*imapclient.UnilateralDataMailbox) { l.tell() },
	}}
	switch encryption {
	case tlsImplicit:
		conn := tls.Client(l.conn, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			return err
		}
		l.client = imapclient.New(conn, options)
		return nil
	case tlsNone, tlsAuto:
		l.client = imapclient.New(l.conn, options)
		return nil
	}
	var err error
	l.client, err = imapclient.NewStartTLS(l.conn, options)
	if _, refused := errors.AsType[*imap.Error](err); refused {
		return &ngo.Error{
			Code: ngo.Unavailable, Message: "the mail server offers no encryption, or something on the way hides the offer",
			Hint: "try its port 993; for a server in a private network set imap-tls to none", Err: err,
		}
	}
	return err
}

// tell says that the mailbox has changed.
func (l *line) tell() {
	select {
	case l.news <- struct{}{}:
	default: // it has been said
	}
}

// open opens the folder to be read only.
func (l *line) open(ctx context.Context, folder string) (*imap.SelectData, error) {
	l.command()
	data, err := l.client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if reply, ok := errors.AsType[*imap.Error](err); ok && reply.Type == imap.StatusResponseTypeNo && reply.Code != imap.ResponseCodeUnavailable {
		return nil, &ngo.Error{
			Code: ngo.Invalid, Message: fmt.Sprintf("the mail server does not open the folder %q: %s", ngo.Printable(folder), words(reply)),
			Hint: "see the setting folder; the first one is INBOX", Err: err,
		}
	}
	if err != nil {
		return nil, l.explain(ctx, err)
	}
	return data, nil
}

func (l *line) close() {
	l.release()
	l.conn.Close()
	if l.client != nil {
		l.client.Close() // waits until nothing reads any more; that the connection is closed is no news
	}
}

// quit says goodbye. What the server makes of it does not matter.
func (l *line) quit() {
	l.conn.expect(farewell, mostAnswer)
	l.client.Logout().Wait()
}

// wrong is a refusal of the user or the password.
func wrong(err error) error {
	reply, ok := errors.AsType[*imap.Error](err)
	if !ok || reply.Type == imap.StatusResponseTypeBye {
		return err
	}
	switch reply.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeServerBug:
		return &ngo.Error{Code: ngo.Unavailable, Message: "the mail server cannot log us in now: " + words(reply), Err: err}
	case imap.ResponseCodeLimit:
		return &ngo.Error{Code: ngo.Limited, Message: "the mail server lets nobody more in: " + words(reply), Err: err}
	}
	return &ngo.Error{
		Code: ngo.Unauthenticated, Message: "the mail server refuses the user or the password: " + words(reply),
		Hint: "Gmail and others want an app password here, and that IMAP is switched on", Err: err,
	}
}

// words gives the server's own, cleaned and cut.
func words(reply *imap.Error) string {
	const most = 200
	text := strings.Join(strings.Fields(ngo.Printable(reply.Text)), " ")
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	if text == "" {
		return string(reply.Type)
	}
	return text
}

// explain gives an error a code and plain words.
func (l *line) explain(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	if e, ok := errors.AsType[*ngo.Error](err); ok {
		return e
	}
	fault := &ngo.Error{Code: ngo.Unavailable, Message: "the connection to the mail server broke", Hint: checkHint, Err: err}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	reply, answered := errors.AsType[*imap.Error](err)
	switch {
	case untrusted:
		fault.Message = "the mail server's certificate is not to be trusted"
		fault.Hint = "check the server's name in the channel, and the clock of this box: " + checkCommand
	case answered:
		fault.Message = "the mail server says: " + words(reply)
	case errors.Is(err, errTooMuch):
		fault.Message = errTooMuch.Error()
	case timedOut(err) || strings.Contains(err.Error(), "i/o timeout"): // the client wraps by text alone
		fault.Message = "the mail server took too long to answer"
	case !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) && strings.Contains(err.Error(), "imapwire"):
		fault.Message = "the mail server's answer makes no sense"
	}
	return fault
}
