package email

import (
	"bytes"
	"fmt"
	"mime"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wneessen/go-mail"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxHeader = 900 // bytes of a subject or name; a line of a mail may have 998
	maxFile   = 250 // bytes of a file's name
)

// letter is a mail ready to be sent: who it goes to, and its bytes.
type letter struct {
	id   string // Message-ID, without angle brackets
	to   string
	data []byte
}

// compose writes the mail. It is written whole before the server is called: go-mail would otherwise find a fault with half
// of it sent. It fails with Invalid.
func (a *account) compose(m channel.Message) (letter, error) {
	to, err := a.recipient(m)
	if err != nil {
		return letter{}, err
	}
	if err := checkMessage(m); err != nil {
		return letter{}, err
	}
	l := letter{id: string(m.ID) + "@" + a.domain(), to: to.Address}
	from := a.from
	if from.Name == "" {
		from.Name = m.FromName
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary("part."+string(m.ID)))
	msg.SetGenHeader(mail.Header(mail.HeaderFrom), written(from))
	msg.SetGenHeader(mail.Header(mail.HeaderTo), written(to))
	msg.SetGenHeader(mail.HeaderSubject, mime.BEncoding.Encode("UTF-8", m.Subject))
	msg.SetDateWithValue(a.options.Now())
	msg.SetMessageIDWithValue(l.id)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	text := strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n", "\r\n")
	msg.SetBodyString(mail.TypeTextPlain, text, mail.WithPartEncoding(encodingOf(text)))
	for _, f := range m.Attachments {
		if err := msg.AttachReader(f.Name, bytes.NewReader(f.Data), described(f)); err != nil {
			return letter{}, fmt.Errorf("attach %s: %w", f.Name, err)
		}
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return letter{}, &ngo.Error{Code: ngo.Invalid, Message: "the mail cannot be written", Err: err}
	}
	l.data = out.Bytes()
	return l, nil
}

func (a *account) recipient(m channel.Message) (netmail.Address, error) {
	if m.To.Kind != ngo.EMail {
		return netmail.Address{}, &ngo.Error{Code: ngo.Invalid, Message: "the message is not for a mail address"}
	}
	address, err := ngo.NormaliseEMail(m.To.Value)
	if err != nil {
		return netmail.Address{}, err
	}
	return netmail.Address{Name: m.ToName, Address: address}, nil
}

// checkMessage refuses what could break out of its place in the mail. It fails with Invalid.
func checkMessage(m channel.Message) error {
	if _, err := ngo.ParseID[ngo.MessageID](string(m.ID)); err != nil {
		return err
	}
	for _, x := range [...]struct{ what, text string }{
		{"subject", m.Subject}, {"recipient's name", m.ToName}, {"sender's name", m.FromName},
	} {
		if err := checkLine(x.what, x.text, maxHeader); err != nil {
			return err
		}
	}
	for _, f := range m.Attachments {
		if err := checkLine("attachment's name", f.Name, maxFile); err != nil {
			return err
		}
		if _, _, err := mime.ParseMediaType(f.Type); err != nil || f.Name == "" || strings.ContainsFunc(f.Type, unicode.IsControl) {
			return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the attachment %q has no name or no media type", ngo.Printable(f.Name)), Err: err}
		}
	}
	return nil
}

func checkLine(what, text string, limit int) error {
	switch {
	case len(text) > limit:
		return &ngo.Error{Code: ngo.Invalid, Message: "the " + what + " is too long for a mail"}
	case !utf8.ValidString(text), strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }):
		return &ngo.Error{Code: ngo.Invalid, Message: "the " + what + " has a line break or a control sign in it"}
	}
	return nil
}

// written gives an address for a header. net/mail leaves a backslash bare in an encoded name, which it then cannot read.
func written(a netmail.Address) string {
	name := mime.BEncoding.Encode("UTF-8", a.Name)
	if name == a.Name {
		return a.String()
	}
	return name + " <" + a.Address + ">"
}

// encodingOf picks the shorter of the two encodings: quoted-printable needs nine bytes for a letter of Tamil or Hindi.
func encodingOf(text string) mail.Encoding {
	high := 0
	for i := range len(text) {
		if text[i] >= 0x80 {
			high++
		}
	}
	if high > len(text)/6 {
		return mail.EncodingB64
	}
	return mail.EncodingQP
}

// described gives a file its type and name; go-mail would put encoded words in quotes, which few readers decode.
func described(f channel.Attachment) mail.FileOption {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:<>|?*"`, r) {
			return '-'
		}
		return r
	}, f.Name)
	return func(file *mail.File) {
		file.Header.Set("Content-Type", f.Type)
		file.Header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	}
}
