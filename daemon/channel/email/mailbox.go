package email

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Mailbox is an account that hears as well.
type Mailbox struct {
	*Sender
	reader Reader
	inbox  inbox

	mu     sync.Mutex
	broken breaks
}

// inbox is where the mail lies.
type inbox struct {
	addr, host, port string
	user, password   string
	folder           string
	tls              string
	since            time.Time // zero for three days before the first look
}

// breaks counts how often the line broke at one and the same mail.
type breaks struct {
	place place
	times int
}

var (
	_ channel.Receiver = (*Mailbox)(nil)
	_ channel.Streamer = (*Mailbox)(nil)
	_ channel.Listener = (*Mailbox)(nil)
	_ channel.Returner = (*Mailbox)(nil)
	_ channel.Posted   = (*Mailbox)(nil)
)

// sinceForm is how the setting since is written.
const sinceForm = time.DateOnly

// providers are mail services that are known by their server's name.
var providers = map[string]struct{ checks, name string }{
	"imap.gmail.com":      {"mx.google.com", "Gmail"},
	"imap.googlemail.com": {"mx.google.com", "Gmail"},
}

func (d *Driver) mailbox(s *Sender, v setting.Values) (*Mailbox, error) {
	form := d.Settings()
	host, port, err := net.SplitHostPort(v["imap"])
	if err != nil {
		return nil, setting.Faulty(form, "imap is not of the form HOST:PORT")
	}
	var wrong []string
	m := &Mailbox{Sender: s, inbox: inbox{
		addr: v["imap"], host: host, port: port, user: cmp.Or(v["imap-user"], v["user"]), password: cmp.Or(v["imap-password"], v["password"]),
		folder: v["folder"], tls: v["imap-tls"],
	}}
	if v["imap-user"] != "" && v["imap-password"] == "" {
		wrong = append(wrong, "imap-user needs an imap-password")
	}
	if m.inbox.user == "" {
		wrong = append(wrong, "imap needs a user and a password: imap-user and imap-password, or those for sending")
	}
	if ip := net.ParseIP(host); ip != nil && m.inbox.tls == tlsNone && !near(ip) {
		wrong = append(wrong, "imap-tls may be none for a server on this box or a private network only")
	}
	if v["since"] != "" {
		if m.inbox.since, err = time.Parse(sinceForm, v["since"]); err != nil {
			wrong = append(wrong, "since is not a day such as 2026-11-01")
		}
	}
	if len(wrong) > 0 {
		return nil, setting.Faulty(form, wrong...)
	}
	if m.inbox.tls == tlsAuto && port == "993" {
		m.inbox.tls = tlsImplicit
	}
	known := providers[strings.ToLower(host)]
	m.reader = Reader{Line: s.Address(), Server: cmp.Or(v["checks"], known.checks), Provider: known.name}
	return m, nil
}

// Limit is the largest body.
func (m *Mailbox) Limit() int64 { return MostBody }

// Verify refuses everything: nobody sends anything, mail is fetched.
func (m *Mailbox) Verify(http.Header, []byte) error {
	return &ngo.Error{Code: ngo.Unauthenticated, Message: "this channel fetches its mail; nothing is to be sent to it"}
}

// Posted says no.
func (m *Mailbox) Posted() bool { return false }

// Hint is empty.
func (m *Mailbox) Hint(http.Header) string { return "" }

// Normalise reads a mail that was fetched. It fails with Invalid when it is none.
func (m *Mailbox) Normalise(body []byte) ([]channel.Event, error) {
	return m.normalise(bytes.NewReader(body), m.reader.ReadAll)
}

// NormaliseFrom is Normalise for a mail that may be large.
func (m *Mailbox) NormaliseFrom(r io.Reader, sink func(channel.Media) (io.WriteCloser, error)) ([]channel.Event, error) {
	return m.normalise(r, func(r io.Reader, f Facts) ([]channel.Event, error) { return m.reader.Read(r, f, sink) })
}

func (m *Mailbox) normalise(r io.Reader, read func(io.Reader, Facts) ([]channel.Event, error)) ([]channel.Event, error) {
	cover, rest, err := Uncovered(r)
	if err != nil {
		return nil, err
	}
	var f Facts
	if cover != nil {
		if cover.Skipped != "" {
			return []channel.Event{m.reader.Skipped(cover)}, nil
		}
		f.At = cover.Came
	}
	events, err := read(rest, f)
	if ngo.CodeOf(err) == ngo.TooLarge {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the mail has more than %d MB", MostMail>>20), Err: err}
	}
	return events, err
}

// Check tries the way out and the way in.
func (m *Mailbox) Check(ctx context.Context) error {
	if err := m.Sender.Check(ctx); err != nil {
		return err
	}
	l, err := m.dial(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if _, err = l.open(ctx, m.inbox.folder); err != nil {
		return err
	}
	l.quit()
	return nil
}
