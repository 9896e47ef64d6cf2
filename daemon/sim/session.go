package sim

import (
	"bytes"
	"crypto/subtle"
	"io"
	"net/mail"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's, from EHLO on.
type session struct {
	sim  *SMTP
	conn *smtp.Conn
	done <-chan struct{}
	mail Mail
	user string
}

func (s *SMTP) session(c *smtp.Conn, done <-chan struct{}) (smtp.Session, error) {
	s.mu.Lock()
	s.sessions++
	s.mu.Unlock()
	x := &session{sim: s, conn: c, done: done}
	if err := x.strike(Hello); err != nil {
		return nil, err
	}
	if s.options.User == "" {
		return x, nil
	}
	return &guarded{x}, nil
}

// strike lets a fault at the step happen, if there is one.
func (x *session) strike(step Step) error {
	f, ok := x.sim.faults.take(step)
	if !ok {
		return nil
	}
	f.pass(x.done)
	if f.Drop {
		x.conn.Conn().Close()
		return errDropped
	}
	return f.refusal()
}

// Reset forgets the mail under way.
func (x *session) Reset() { x.mail = Mail{} }

// Logout ends the session.
func (x *session) Logout() error { return nil }

// Mail takes the sender.
func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if x.sim.options.User != "" && x.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	if err := x.strike(From); err != nil {
		return err
	}
	x.mail = Mail{From: from, User: x.user}
	return nil
}

// Rcpt takes a recipient.
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := x.strike(Recipient); err != nil {
		return err
	}
	x.mail.To = append(x.mail.To, to)
	return nil
}

// Data takes the mail.
func (x *session) Data(r io.Reader) error {
	if err := x.strike(Data); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	f, struck := x.sim.faults.take(End)
	if struck && f.Code != 0 {
		f.pass(x.done)
		return f.refusal()
	}
	m := x.mail
	m.Data = data
	m.MessageID = messageID(data)
	_, m.TLS = x.conn.TLSConnectionState()
	x.sim.keep(m)
	if struck {
		f.pass(x.done)
	}
	if struck && f.Drop {
		x.conn.Conn().Close()
		return errDropped
	}
	return nil
}

func messageID(data []byte) string {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	return strings.Trim(m.Header.Get("Message-Id"), "<> ")
}

// guarded is a session that asks for a log-in.
type guarded struct{ *session }

// AuthMechanisms are those the server offers.
func (g *guarded) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth starts a log-in.
func (g *guarded) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return g.logIn(user, password) }), nil
	case sasl.Login:
		return &loginServer{logIn: g.logIn}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (g *guarded) logIn(user, password string) error {
	if err := g.strike(Auth); err != nil {
		return err
	}
	o := g.sim.options
	if subtle.ConstantTimeCompare([]byte(user), []byte(o.User))&subtle.ConstantTimeCompare([]byte(password), []byte(o.Password)) != 1 {
		return smtp.ErrAuthFailed
	}
	g.user = user
	return nil
}

// loginServer speaks LOGIN, which go-sasl has for clients only.
type loginServer struct {
	logIn func(user, password string) error
	asked int
	user  string
}

// Next answers the client's last word.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		if response == nil {
			return []byte("Username:"), false, nil
		}
		l.asked++
		fallthrough
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.logIn(l.user, string(response))
}
