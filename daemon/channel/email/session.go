package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// farewell is how long a server may take to say goodbye.
const farewell = 2 * time.Second

// Send hands the mail to the server and returns its Message-ID. Codes: Invalid, NotFound, Denied, TooLarge when it will
// never be taken; Unauthenticated when the account needs a person; Limited, Unavailable to try later. Any other error: the
// mail was sent and no answer came, so nobody knows.
func (a *Sender) Send(ctx context.Context, m channel.Message) (ngo.Ref, error) {
	ref, _, err := a.Hand(ctx, m)
	return ref, err
}

// Hand is Send, and gives what the server said when it took the mail: some tell their own name of it.
func (a *Sender) Hand(ctx context.Context, m channel.Message) (ref ngo.Ref, said string, err error) {
	l, err := a.compose(m)
	if err != nil {
		return "", "", err
	}
	s, err := a.connect(ctx)
	if err != nil {
		return "", "", err
	}
	defer s.close()
	if said, err = s.send(ctx, l); err != nil {
		return "", "", err
	}
	s.quit()
	return ngo.Ref(l.id), said, nil
}

// Check connects, encrypts, logs in and leaves. Its codes are those of Send.
func (a *Sender) Check(ctx context.Context) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	s.quit()
	return nil
}

// session is one connection to the server, used by one goroutine. go-mail's own client would do the same, but does not tell
// at which step it failed, and after a failure in mid-mail its QUIT ends the mail as if it were whole.
type session struct {
	conn     net.Conn // without TLS: its deadline and its end hold for what is above it
	client   *smtp.Client
	patience Patience
	sent     atomic.Bool // the last byte of a mail may be on its way
	release  func() bool
}

// connect gives a session in which a mail can be sent.
func (a *Sender) connect(ctx context.Context) (*session, error) {
	dialer := net.Dialer{Timeout: a.options.Patience.Connect}
	conn, err := dialer.DialContext(ctx, "tcp", a.addr)
	if err != nil {
		return nil, unreachable(ctx, a.addr, err)
	}
	s := &session{conn: conn, patience: a.options.Patience}
	s.release = context.AfterFunc(ctx, s.abandon)
	for _, step := range [...]func(context.Context, *Sender) error{s.greet, s.encrypt, s.logIn} {
		if err := step(ctx, a); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// abandon is called when the caller gives up.
func (s *session) abandon() {
	if s.sent.Load() {
		s.conn.SetDeadline(time.Now().Add(s.patience.Grace)) // fails on a connection that is closed, which is as well
		return
	}
	s.conn.Close()
}

func (s *session) close() {
	s.release()
	s.conn.Close()
}

// quit says goodbye. What the server makes of it does not matter.
func (s *session) quit() {
	s.conn.SetDeadline(time.Now().Add(farewell))
	s.client.Quit()
}

// do takes one step, within the time it may take.
func (s *session) do(ctx context.Context, at step, patience time.Duration, f func() error) error {
	err := ctx.Err()
	if err == nil {
		err = s.conn.SetDeadline(time.Now().Add(patience))
	}
	if err == nil {
		err = f()
	}
	if err == nil {
		return nil
	}
	return explain(ctx, at, err)
}

func (s *session) greet(ctx context.Context, a *Sender) error {
	conn := s.conn
	if a.tls == tlsImplicit {
		secure := tls.Client(conn, a.tlsConfig(false))
		if err := s.do(ctx, encrypting, s.patience.Connect, func() error { return secure.HandshakeContext(ctx) }); err != nil {
			return err
		}
		conn = secure
	}
	err := s.do(ctx, greeting, s.patience.Command, func() (err error) {
		s.client, err = smtp.NewClient(conn, a.host)
		return err
	})
	if err != nil {
		return err
	}
	s.client.SkipSMTPUTF8(true) // our addresses are ASCII; some servers take the word as a demand on the next one
	return s.do(ctx, greeting, s.patience.Command, func() error { return s.client.Hello(a.domain()) })
}

// encrypt sees to it that what follows cannot be read on the way.
func (s *session) encrypt(ctx context.Context, a *Sender) error {
	local, nearby := s.where()
	offered, _ := s.client.Extension("STARTTLS")
	switch {
	case a.tls == tlsImplicit:
		return nil
	case a.tls == tlsNone && nearby:
		return nil
	case a.tls == tlsNone:
		return &ngo.Error{
			Code: ngo.Unauthenticated, Message: "the mail server is on the internet, and the channel is set to no encryption",
			Hint: "add the channel again without --tls none",
		}
	case offered:
		return s.do(ctx, encrypting, s.patience.Command, func() error { return s.client.StartTLS(a.tlsConfig(local)) })
	case a.tls == tlsAuto && local:
		return nil
	}
	return &ngo.Error{
		Code: ngo.Unavailable, Message: "the mail server offers no encryption, or something on the way hides the offer",
		Hint: "try its port 465; for a server in a private network add the channel again with --tls none",
	}
}

// tlsConfig is how the server is believed to be who it is. On this box itself nobody stands between us and it, and mail
// servers come with a certificate of their own making there.
func (a *Sender) tlsConfig(local bool) *tls.Config {
	return &tls.Config{
		ServerName: a.host, RootCAs: a.options.Roots, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: local && a.tls == tlsAuto,
	}
}

// where tells whether the server is on this box, and whether it is there or in a private network.
func (s *session) where() (local, nearby bool) {
	addr, ok := s.conn.RemoteAddr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback(), ok && near(addr.IP)
}

func (s *session) logIn(ctx context.Context, a *Sender) error {
	if a.user == "" {
		return nil
	}
	_, offered := s.client.Extension("AUTH")
	var how smtp.Auth
	switch mechanisms := strings.Fields(strings.ToUpper(offered)); {
	case slices.Contains(mechanisms, "PLAIN"):
		how = smtp.PlainAuth("", a.user, a.password, a.host, true) // encrypt has decided that it may be sent
	case slices.Contains(mechanisms, "LOGIN"):
		how = smtp.LoginAuth(a.user, a.password, a.host, true)
	default:
		return &ngo.Error{
			Code: ngo.Unauthenticated, Message: "the mail server takes no user and password here",
			Hint: "add the channel again without --user, or with the port that its provider names for sending",
		}
	}
	return s.do(ctx, loggingIn, s.patience.Command, func() error { return s.client.Auth(how) })
}

func (s *session) send(ctx context.Context, l draft) (said string, err error) {
	if err := s.fits(l); err != nil {
		return "", err
	}
	if err := s.name(ctx, l); err != nil {
		return "", err
	}
	err = s.do(ctx, addressing, s.patience.Command, func() error { return s.client.Rcpt("<" + l.to + ">") })
	if err != nil {
		return "", hide(err, l.to)
	}
	said, err = s.data(ctx, l)
	return said, hide(err, l.to)
}

// name says who is to be told when the mail cannot be delivered. Of an automatic answer nobody is (RFC 3834), unless the server
// takes no mail of nobody's.
func (s *session) name(ctx context.Context, l draft) error {
	from := "<" + l.from + ">"
	if l.auto {
		var refused bool
		err := s.do(ctx, naming, s.patience.Command, func() error {
			err := s.client.Mail("<>")
			if reply, ok := errors.AsType[*textproto.Error](err); ok && reply.Code/100 == 5 {
				refused = true
				return nil
			}
			return err
		})
		if err != nil || !refused {
			return err
		}
		if err := s.do(ctx, naming, s.patience.Command, s.client.Reset); err != nil {
			return err
		}
	}
	return s.do(ctx, naming, s.patience.Command, func() error { return s.client.Mail(from) })
}

// fits compares the mail with the size that the server announced. It fails with TooLarge.
func (s *session) fits(l draft) error {
	_, announced := s.client.Extension("SIZE")
	limit, err := strconv.ParseInt(announced, 10, 64)
	if err != nil || limit <= 0 || int64(len(l.data)) <= limit {
		return nil
	}
	return &ngo.Error{
		Code:    ngo.TooLarge,
		Message: fmt.Sprintf("the mail has %d KB, and the mail server takes %d KB at most", len(l.data)>>10, limit>>10),
	}
}

// data sends the mail itself. Before its last line nothing is taken; from then on only the server's answer counts.
func (s *session) data(ctx context.Context, l draft) (said string, err error) {
	var end io.WriteCloser
	err = s.do(ctx, sending, s.patience.Data, func() error {
		w, err := s.client.Data()
		if err != nil {
			return err
		}
		end = w
		_, err = w.Write(l.data)
		return err
	})
	if err != nil {
		return "", err
	}
	s.sent.Store(true)
	if err := ctx.Err(); err != nil { // after the Store: who gives up later leaves the connection open for the answer
		return "", explain(ctx, sending, err)
	}
	if err := answered(end.Close()); err != nil {
		return "", err
	}
	if d, ok := end.(*smtp.DataCloser); ok {
		said = d.ServerResponse()
	}
	return said, nil
}
