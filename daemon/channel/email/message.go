package email

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"slices"
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

// draft is a mail ready to be sent: who it goes to, and its bytes.
type draft struct {
	id   string // Message-ID, without angle brackets
	from string
	to   string
	auto bool // whoever cannot deliver it tells nobody
	data []byte
}

// compose writes the mail. It is written whole before the server is called: go-mail would otherwise find a fault with half
// of it sent. It fails with Invalid.
func (a *Sender) compose(m channel.Message) (draft, error) {
	m.Subject = shortSubject(m.Subject)
	to, err := a.recipient(m)
	if err != nil {
		return draft{}, err
	}
	if err := checkMessage(m); err != nil {
		return draft{}, err
	}
	from := a.sender(m)
	l := draft{id: string(m.ID) + "@" + a.domain(), from: from.Address, to: to.Address, auto: m.Auto}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent(), mail.WithBoundary("part."+string(m.ID)))
	msg.SetGenHeader(mail.Header(mail.HeaderFrom), written(from))
	msg.SetGenHeader(mail.Header(mail.HeaderTo), written(to))
	msg.SetGenHeader(mail.HeaderSubject, mime.BEncoding.Encode("UTF-8", m.Subject))
	msg.SetDateWithValue(a.options.Now())
	msg.SetMessageIDWithValue(l.id)
	thread(msg, m)
	if m.ReplyAddress != "" {
		msg.SetGenHeader(mail.Header(mail.HeaderReplyTo), written(netmail.Address{Name: from.Name, Address: m.ReplyAddress}))
	}
	if word := submitted(m); word != "" {
		msg.SetGenHeader("Auto-Submitted", word)
	}
	unsubscribe(msg, m.Unsubscribe)
	if err := setBody(msg, m); err != nil {
		return draft{}, err
	}
	for _, f := range m.Attachments {
		if err := msg.AttachReader(f.Name, bytes.NewReader(f.Data), described(f)); err != nil {
			return draft{}, fmt.Errorf("attach %s: %w", f.Name, err)
		}
	}
	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return draft{}, &ngo.Error{Code: ngo.Invalid, Message: "the mail cannot be written", Err: err}
	}
	l.data = out.Bytes()
	return l, nil
}

// shortSubject cuts a subject to what a header takes. Answers repeat a stranger's, and must go however long that is.
func shortSubject(s string) string {
	const more = "…"
	if len(s) <= maxHeader || !utf8.ValidString(s) {
		return s
	}
	end := maxHeader - len(more)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}

// Fits tells whether a mail can be written of the message. It fails with Invalid. How large a mail may be, the server tells.
func (a *Sender) Fits(m channel.Message) error {
	if _, err := a.recipient(m); err != nil {
		return err
	}
	m.Subject = shortSubject(m.Subject)
	return checkMessage(m)
}

// sender is who the mail comes from: the account's own address, or another mailbox of its domain that the thread is on.
func (a *Sender) sender(m channel.Message) netmail.Address {
	from := a.from
	if from.Name == "" {
		from.Name = m.FromName
	}
	line, err := ngo.NormaliseEMail(string(m.Line))
	if _, domain, _ := strings.Cut(line, "@"); err == nil && strings.EqualFold(domain, a.domain()) && !strings.EqualFold(line, from.Address) {
		from.Address = line
	}
	return from
}

// submitted is what the mail says of who wrote it (RFC 3834): a machine that answers, a machine, or, when nothing is said, a
// person, as one does who answers a mail.
func submitted(m channel.Message) string {
	switch {
	case m.Auto:
		return "auto-replied"
	case m.InReplyTo == "":
		return "auto-generated"
	}
	return ""
}

const mostReferences = 20 // of a longer thread its beginning and its end

// thread says what the mail answers. The ids are strangers' text: one that is not fit for a header is left out.
func thread(msg *mail.Msg, m channel.Message) {
	refs := slices.DeleteFunc(slices.Clone(m.References), func(r ngo.Ref) bool { return !headerID(r) || r == m.InReplyTo })
	if headerID(m.InReplyTo) {
		msg.SetGenHeader(mail.HeaderInReplyTo, "<"+string(m.InReplyTo)+">")
		refs = append(refs, m.InReplyTo) // the nearest stands last
	}
	if len(refs) > mostReferences {
		refs = slices.Concat(refs[:1], refs[len(refs)-mostReferences+1:])
	}
	if len(refs) == 0 {
		return
	}
	words := make([]string, len(refs))
	for i, r := range refs {
		words[i] = "<" + string(r) + ">"
	}
	msg.SetGenHeader(mail.HeaderReferences, strings.Join(words, " "))
}

const mostHeaderID = 250 // bytes

func headerID(r ngo.Ref) bool {
	odd := func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '<' || c == '>' }
	return r != "" && len(r) <= mostHeaderID && !strings.ContainsFunc(string(r), odd)
}

func (a *Sender) recipient(m channel.Message) (netmail.Address, error) {
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
	if err := checkUnsubscribe(m.Unsubscribe); err != nil {
		return err
	}
	if m.ReplyAddress != "" {
		if _, err := ngo.NormaliseEMail(m.ReplyAddress); err != nil || strings.TrimSpace(m.ReplyAddress) != m.ReplyAddress {
			return &ngo.Error{Code: ngo.Invalid, Message: "the address for answers is not one", Err: err}
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

// checkUnsubscribe refuses an address that is more than one, or none that a mail reader may call.
func checkUnsubscribe(s string) error {
	u, err := url.Parse(s)
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`<>,"`, r) }
	if err != nil || s != "" && (u.Scheme != "https" && u.Scheme != "http" || u.Host == "") || len(s) > maxHeader || strings.ContainsFunc(s, odd) {
		return &ngo.Error{Code: ngo.Invalid, Message: "the address to unsubscribe at is not one", Err: err}
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

// unsubscribe tells mail readers where no more of this kind can be asked for (RFC 2369), and that one call does it (RFC 8058),
// which they may make over HTTPS only.
func unsubscribe(msg *mail.Msg, address string) {
	if address == "" {
		return
	}
	msg.SetGenHeader(mail.HeaderListUnsubscribe, "<"+address+">")
	if strings.HasPrefix(address, "https://") {
		msg.SetGenHeader(mail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
}

// setBody writes what is read. With a page beside the text the two are one part: go-mail writes such parts too, but gives
// theirs and the mail's own the same boundary, unless each is random, and a mail sent twice is then not the same bytes.
func setBody(msg *mail.Msg, m channel.Message) error {
	text := crlf(m.Text)
	if m.HTML == "" {
		msg.SetBodyString(mail.TypeTextPlain, text, mail.WithPartEncoding(encodingOf(text)))
		return nil
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("alt." + string(m.ID)); err != nil {
		return fmt.Errorf("part the mail: %w", err)
	}
	for _, p := range []struct {
		kind mail.ContentType
		text string
	}{{mail.TypeTextPlain, text}, {mail.TypeTextHTML, crlf(m.HTML)}} { // the last is the one that readers show
		if err := addPart(w, p.kind, p.text); err != nil {
			return fmt.Errorf("part the mail: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("part the mail: %w", err)
	}
	kind := mime.FormatMediaType("multipart/alternative", map[string]string{"boundary": w.Boundary()})
	msg.SetBodyString(mail.ContentType(kind), b.String(), mail.WithPartEncoding(mail.NoEncoding))
	return nil
}

func addPart(w *multipart.Writer, kind mail.ContentType, text string) error {
	encoding := encodingOf(text)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Type": {string(kind) + "; charset=UTF-8"}, "Content-Transfer-Encoding": {string(encoding)},
	})
	if err != nil {
		return err
	}
	if encoding == mail.EncodingQP {
		q := quotedprintable.NewWriter(part)
		if _, err := io.WriteString(q, text); err != nil {
			return err
		}
		return q.Close()
	}
	const line = 57 // bytes; 76 signs of a mail
	for chunk := range slices.Chunk([]byte(text), line) {
		if _, err := io.WriteString(part, base64.StdEncoding.EncodeToString(chunk)+"\r\n"); err != nil {
			return err
		}
	}
	return nil
}

func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
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
