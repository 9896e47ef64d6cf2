// Package email sends mail through an SMTP server, the organisation's own or its provider's, and hears what comes to a mailbox
// by IMAP. One connection carries one message out; another waits for what comes in. All is safe for concurrent use.
//
// A mail's Message-ID is made from the message's own id, so that a mail sent twice is one mail to whoever reads it. What
// could not be handed over is told apart from what may have been: only after the last byte of a mail, and before the
// server's answer to it, is the outcome unknown.
//
// Of a mailbox nothing is changed: mail is not marked as read, moved or deleted. A Listener remembers how far it has come by
// what the server says of itself (UIDVALIDITY and UID), and where that is no longer true starts over: what it gives twice is
// the same bytes. A Reader, which other drivers use too, turns the bytes of a mail into events.
//
// Connections are encrypted. The one exception needs nothing to be set: on this box itself (127.0.0.1, ::1) a server that
// offers no STARTTLS is spoken to in the clear, and one that does need not have a certificate that anybody vouches for.
package email

import (
	"cmp"
	"crypto/x509"
	"net"
	"net/mail"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options are what a driver is made with; the zero value is right for use.
type Options struct {
	Roots    *x509.CertPool   // who is believed about certificates; the system's when nil
	Now      func() time.Time // dates the mails; time.Now when nil
	Patience Patience
}

// Patience is how long each part of a session may take; 0 is the default.
type Patience struct {
	Connect time.Duration // to reach the server: 20 s
	Command time.Duration // for the answer to one command: 1 min
	Data    time.Duration // to send the mail and have it taken, or to fetch one: 5 min
	Idle    time.Duration // how long to wait for word of new mail before looking whether there is some: 9 min, and never 29
	Poll    time.Duration // between two looks at a server that gives no word: 1 min
	Grace   time.Duration // for the answer when the caller gives up after the whole mail was sent: 3 s. Knowing is worth it
}

// Driver makes accounts.
type Driver struct{ options Options }

var (
	_ channel.Driver = (*Driver)(nil)
	_ channel.Fitter = (*Sender)(nil)
)

// New makes the driver.
func New(o Options) *Driver {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &o.Patience
	p.Connect = cmp.Or(p.Connect, 20*time.Second)
	p.Command = cmp.Or(p.Command, time.Minute)
	p.Data = cmp.Or(p.Data, 5*time.Minute)
	p.Idle = min(cmp.Or(p.Idle, 9*time.Minute), 25*time.Minute)
	p.Poll = cmp.Or(p.Poll, time.Minute)
	p.Grace = cmp.Or(p.Grace, 3*time.Second)
	return &Driver{options: o}
}

// Name is email.
func (d *Driver) Name() string { return "email" }

// How the connection is encrypted, as in the setting tls.
const (
	tlsAuto     = "auto"
	tlsStart    = "starttls"
	tlsImplicit = "tls"
	tlsNone     = "none"
)

// Settings are what an account needs.
func (d *Driver) Settings() setting.Form {
	return setting.Form{
		{
			Name: "smtp", Title: "Mail server", Kind: setting.Address, Required: true,
			Help: "The mail server that takes outgoing mail, with its port: usually 587, or 465.",
		},
		{
			Name: "from", Title: "From", Kind: setting.Mail, Required: true,
			Help: "The address the mails come from; with a name, as in Sevai Trust <office@sevai.example>, or the organisation's is used.",
		},
		{Name: "user", Title: "User", Kind: setting.Text, Help: "The user at the mail server, if it asks for one."},
		{Name: "password", Title: "Password", Kind: setting.Text, Secret: true, Help: "The user's password, or an app password."},
		{
			Name: "tls", Title: "Encryption", Kind: setting.Choice, Default: tlsAuto,
			Choices: []string{tlsAuto, tlsStart, tlsImplicit, tlsNone},
			Help:    "auto is right: tls on port 465, else starttls, which a server on this very box need not offer; none is for a private network only.",
		},
		{
			Name: "imap", Title: "Incoming mail server", Kind: setting.Address,
			Help: "The server that the mail is read from, with its port: usually 993, such as imap.gmail.com:993. Empty: this channel only sends.",
		},
		{Name: "imap-user", Title: "Its user", Kind: setting.Text, Help: "The user there, if it is another than for sending."},
		{Name: "imap-password", Title: "Its password", Kind: setting.Text, Secret: true, Help: "That user's password, if it is another; for Gmail an app password."},
		{Name: "folder", Title: "Folder", Kind: setting.Text, Default: "INBOX", Help: "The folder that new mail lies in."},
		{
			Name: "imap-tls", Title: "Its encryption", Kind: setting.Choice, Default: tlsAuto, Choices: []string{tlsAuto, tlsStart, tlsImplicit, tlsNone},
			Help: "auto is right: tls on port 993, else starttls; none is for a private network only.",
		},
		{
			Name: "checks", Title: "Who checks senders", Kind: setting.Text,
			Help: "The name under which your mail provider writes down whether a sender is genuine: the first word of Authentication-Results in a mail that came, such as mx.google.com. Empty: known for Gmail, else no sender counts as proven.",
		},
		{
			Name: "since", Title: "Since", Kind: setting.Text,
			Help: "The day from which on mail is read, such as 2026-11-01; what is older stays where it is. Empty: three days before the first look.",
		},
	}
}

// Open checks the values and makes an account. It fails with Invalid, naming every faulty field.
func (d *Driver) Open(v setting.Values) (channel.Account, error) {
	v, err := d.Settings().Check(v)
	if err != nil {
		return nil, err
	}
	s, err := d.sender(v)
	if err != nil {
		return nil, err
	}
	if v["imap"] == "" {
		return s, nil
	}
	return d.mailbox(s, v)
}

// Sender makes an account that sends and hears nothing, for drivers that hear by other means, of the settings smtp, from, user,
// password and tls. It fails as Open does.
func (d *Driver) Sender(v setting.Values) (*Sender, error) {
	v, err := d.Settings().Check(v)
	if err != nil {
		return nil, err
	}
	return d.sender(v)
}

func (d *Driver) sender(v setting.Values) (*Sender, error) {
	form := d.Settings()
	host, port, err := net.SplitHostPort(v["smtp"])
	if err != nil {
		return nil, setting.Faulty(form, "smtp is not of the form HOST:PORT")
	}
	from, err := mail.ParseAddress(v["from"])
	if err != nil {
		return nil, setting.Faulty(form, "from is not a mail address")
	}
	if faults := faults(v, host); len(faults) > 0 {
		return nil, setting.Faulty(form, faults...)
	}
	a := &Sender{options: d.options, addr: v["smtp"], host: host, from: *from, user: v["user"], password: v["password"], tls: v["tls"]}
	if a.tls == tlsAuto && port == "465" {
		a.tls = tlsImplicit
	}
	return a, nil
}

func faults(v setting.Values, host string) []string {
	var out []string
	if (v["user"] == "") != (v["password"] == "") {
		out = append(out, "user and password belong together: give both or none")
	}
	if ip := net.ParseIP(host); ip != nil && v["tls"] == tlsNone && !near(ip) {
		out = append(out, "tls may be none for a server on this box or a private network only")
	}
	return out
}

// near tells whether what is sent to ip stays on this box or in a private network.
func near(ip net.IP) bool { return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() }

// Sender sends through one account.
type Sender struct {
	options        Options
	addr, host     string
	from           mail.Address
	user, password string // empty when the server asks for none
	tls            string
}

// Reaches tells whether kind is an address that mail goes to.
func (a *Sender) Reaches(kind ngo.IdentityKind) bool { return kind == ngo.EMail }

// Address is where the account's mail comes from, in lower case.
func (a *Sender) Address() string { return strings.ToLower(a.from.Address) }

// ReturnAddress gives the address for answers; empty when the line can have none.
func (a *Sender) ReturnAddress(line ngo.Ref, token string) string {
	return ReturnAddress(a.sender(channel.Message{Line: line}).Address, token)
}

// domain is that of the sender. It stands behind the Message-ID and greets the server.
func (a *Sender) domain() string {
	_, domain, _ := strings.Cut(a.from.Address, "@")
	return domain
}
