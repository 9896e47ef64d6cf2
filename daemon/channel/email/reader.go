package email

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// MostMail is the largest mail in bytes that is read.
const MostMail = 50 << 20

// MostBody is the largest body: a mail and its cover.
const MostBody = MostMail + mostCover

const mostCover = 4 << 10

// Reader turns mails, as bytes, into events. It is pure, and safe for concurrent use.
type Reader struct {
	// Line is the mailbox that mails come to: its address in lower case.
	Line string
	// Others tells whether an address is one more mailbox of the account's; nil when it has but one.
	Others func(address string) bool
	// Server and Within say whose findings about senders are believed: see letter.Options. Provider is what people call it.
	Server   string
	Within   func(host string) bool
	Provider string
}

// Facts are what is known of a mail from elsewhere than its own bytes.
type Facts struct {
	Recipients []string      // to whom it was brought here, which the mail itself need not say
	At         time.Time     // when; zero when that is not known
	Proof      *letter.Proof // what the receiving server found out; nil for what the mail says of that
	Junk       bool          // the receiving server takes it for spam
	Infected   bool          // or thinks that there is a virus in it
}

// Cover is what whoever fetched a mail says of it. Covered puts it in front of the mail, where no sender can.
type Cover struct {
	Key string `json:"key,omitempty"` // where it lies
	// Skipped, when it is set, says for people why the mail itself does not follow. The rest is then what could be seen of it.
	Skipped string    `json:"skipped,omitempty"`
	From    string    `json:"from,omitempty"`
	Name    string    `json:"name,omitempty"`
	Subject string    `json:"subject,omitempty"`
	ID      string    `json:"id,omitempty"`
	Came    time.Time `json:"came,omitzero"` // when it was laid there
}

const (
	glimpsed    = 16 << 10 // bytes of a header
	mostGlimpse = 200      // bytes of each thing seen there, so that a cover stays short whatever they are
)

// Glimpse looks at the beginning of a mail that is not read, for what can be said of it.
func (c *Cover) Glimpse(r io.Reader) {
	head, err := letter.Read(io.LimitReader(r, glimpsed), letter.Options{})
	if err != nil || len(head.From) == 0 {
		return
	}
	cut := func(s string) string { return strings.ToValidUTF8(s[:min(len(s), mostGlimpse)], "") }
	c.From, c.Name, c.Subject = head.From[0].Address, cut(head.From[0].Name), cut(head.Subject)
	if len(head.ID) <= mostGlimpse {
		c.ID = head.ID
	}
}

// Covered gives a mail with its cover, as Uncovered reads it. The cover is one line that begins with NUL, and a mail that
// begins so loses what no mail begins with: no mail can be taken for one that has a cover.
func Covered(c *Cover, mail io.Reader) io.Reader {
	own := &trimmed{r: mail}
	if c == nil {
		return own
	}
	said := *c
	said.Came = came(c.Came)
	line, err := json.Marshal(said)
	if err != nil { // strings, and a time that can be one
		panic(err)
	}
	return io.MultiReader(bytes.NewReader(slices.Concat([]byte{0}, line, []byte("\n"))), own)
}

// trimmed leaves out the NULs that a mail begins with.
type trimmed struct {
	r     io.Reader
	begun bool
}

func (t *trimmed) Read(p []byte) (int, error) {
	for {
		n, err := t.r.Read(p)
		if t.begun || n == 0 {
			return n, err
		}
		rest := bytes.TrimLeft(p[:n], "\x00")
		if len(rest) > 0 {
			t.begun = true
			return copy(p, rest), err
		}
		if err != nil {
			return 0, err
		}
	}
}

// Uncovered takes a cover off. It fails with Invalid when there is one that cannot be read, and as r does.
func Uncovered(r io.Reader) (*Cover, *bufio.Reader, error) {
	b := bufio.NewReaderSize(r, mostCover)
	first, err := b.Peek(1)
	if len(first) == 0 {
		if errors.Is(err, io.EOF) {
			return nil, b, nil
		}
		return nil, b, err
	}
	if first[0] != 0 {
		return nil, b, nil
	}
	line, err := b.ReadSlice('\n')
	var c Cover
	if err == nil {
		err = json.Unmarshal(line[1:], &c)
	}
	if err != nil {
		return nil, b, &ngo.Error{Code: ngo.Invalid, Message: "what was fetched is not as it was kept", Err: err}
	}
	return &c, b, nil
}

// Skipped is the event of a mail that was left where it is: a message that says so, if it is known whose.
func (rd *Reader) Skipped(c *Cover) channel.Event {
	e := channel.Event{Name: "mail.skipped", Line: ngo.Ref(rd.Line), At: came(c.Came)}
	text := ngo.Printable(c.Skipped)
	who, ok := identity(c.From)
	if !ok || c.From == "" {
		e.Problem = &channel.Problem{Text: text, Grave: true}
		return e
	}
	e.Incoming = &channel.Incoming{
		Ref: ngo.Ref(ngo.Printable(cmp.Or(c.ID, c.Key)) + "#skipped"), Kind: channel.KindOther, Problem: text,
		Person: channel.Person{Identities: []ngo.Identity{who}, Name: ngo.Printable(c.Name)},
		Mail:   &channel.Mail{ID: ngo.Ref(ngo.Printable(c.ID)), Subject: ngo.Printable(c.Subject), Doubt: unchecked},
	}
	return e
}

// Read reads one mail without a cover. The attachments' contents go to sink, as channel.Streamer says. It fails with TooLarge, and
// as the reader or the sink does.
func (rd *Reader) Read(r io.Reader, f Facts, sink func(channel.Media) (io.WriteCloser, error)) ([]channel.Event, error) {
	s := &sinks{open: sink, infected: f.Infected}
	l, err := letter.Read(r, letter.Options{
		Ours: rd.ours, Sent: rd.sent, Token: rd.token, Server: rd.Server, Within: rd.Within, Sink: s.next,
		Limits: letter.Limits{Size: MostMail},
	})
	if err != nil {
		return nil, err
	}
	if f.Proof != nil {
		l.Proof = *f.Proof
	}
	m := heard{rd: rd, l: l, facts: f, line: rd.line(l, f), at: came(f.At, l.Received), media: s.media(l)}
	return m.events(), nil
}

// ReadAll is Read with the attachments' contents in the events.
func (rd *Reader) ReadAll(r io.Reader, f Facts) ([]channel.Event, error) {
	var contents []*content
	events, err := rd.Read(r, f, func(channel.Media) (io.WriteCloser, error) {
		c := &content{data: []byte{}}
		contents = append(contents, c)
		return c, nil
	})
	if err != nil {
		return nil, err
	}
	n := 0
	for _, e := range events {
		if e.Incoming == nil {
			continue
		}
		for i := range e.Incoming.Media {
			if e.Incoming.Media[i].Problem == "" {
				e.Incoming.Media[i].Data = contents[n].data
			}
			n++
		}
	}
	return events, nil
}

// content keeps an attachment in memory.
type content struct{ data []byte }

func (c *content) Write(p []byte) (int, error) {
	c.data = append(c.data, p...)
	return len(p), nil
}

func (c *content) Close() error { return nil }

// bare gives an address as it is compared: in lower case, without what follows a +, and what that is.
func bare(address string) (bare, plus string) {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, plus, _ = strings.Cut(local, "+")
	return local + "@" + domain, plus
}

func (rd *Reader) ours(address string) bool {
	b, _ := bare(address)
	own, _ := bare(rd.Line)
	return b == own || rd.Others != nil && rd.Others(b)
}

// sent tells a Message-ID that Send has made.
func (rd *Reader) sent(id string) bool {
	local, domain, _ := strings.Cut(id, "@")
	_, own, _ := strings.Cut(rd.Line, "@")
	_, err := ngo.ParseID[ngo.MessageID](local)
	return err == nil && domain == own
}

const (
	tokenMark  = "c." // before the token, after the +
	leastToken = 8    // signs
	mostToken  = 40
)

// token gives the reply token in an address of ours.
func (rd *Reader) token(address string) string {
	_, plus := bare(address)
	token, ok := strings.CutPrefix(plus, tokenMark)
	if !ok || !rd.ours(address) || !tokenShaped(token) {
		return ""
	}
	return token
}

func tokenShaped(s string) bool {
	return len(s) >= leastToken && len(s) <= mostToken && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// ReturnAddress puts a token into an address; empty when that takes none.
func ReturnAddress(address, token string) string {
	local, domain, ok := strings.Cut(address, "@")
	token = strings.ToLower(token)
	out := local + "+" + tokenMark + token + "@" + domain
	if _, err := ngo.NormaliseEMail(out); err != nil || !ok || !tokenShaped(token) || strings.Contains(local, "+") {
		return ""
	}
	return out
}

// line tells which of the account's mailboxes a mail came to.
func (rd *Reader) line(l *letter.Letter, f Facts) ngo.Ref {
	candidates := slices.Clone(f.Recipients)
	for _, list := range [][]letter.Address{l.To, l.Cc} {
		for _, a := range list {
			candidates = append(candidates, a.Address)
		}
	}
	for _, a := range candidates {
		if b, _ := bare(a); rd.ours(b) {
			return ngo.Ref(b)
		}
	}
	return ngo.Ref(rd.Line)
}

// came is the first of some times that can be one at which a mail came: as the server that it lies on says. What its writer says is
// never asked: who dates a mail a year back would be the one that has waited longest. Zero is for when it got here.
func came(times ...time.Time) time.Time {
	for _, t := range times {
		if t = t.UTC(); t.Year() >= 1970 && t.Year() <= 2200 {
			return t
		}
	}
	return time.Time{}
}

// sinks hands the attachments on and weighs them.
type sinks struct {
	open     func(channel.Media) (io.WriteCloser, error)
	infected bool
	all      []*weighed
}

// weighed is one attachment: what is said of it, and what it turns out to be.
type weighed struct {
	media channel.Media
	to    io.WriteCloser
	sum   hash.Hash
	size  int64
}

func (s *sinks) next(a letter.Attachment) (io.WriteCloser, error) {
	w := &weighed{media: mediaOf(a), sum: sha256.New()}
	s.all = append(s.all, w)
	if s.infected {
		w.media.Problem = "The receiving mail server thinks that there is a virus in it; it was not kept."
		return nil, nil
	}
	var err error
	if s.open != nil {
		w.to, err = s.open(w.media)
	}
	return w, err
}

func (w *weighed) Write(p []byte) (int, error) {
	w.sum.Write(p)
	w.size += int64(len(p))
	if w.to == nil {
		return len(p), nil
	}
	return w.to.Write(p)
}

func (w *weighed) Close() error {
	w.media.Size, w.media.SHA256 = w.size, w.sum.Sum(nil)
	if w.to == nil {
		return nil
	}
	return w.to.Close()
}

func (s *sinks) media(l *letter.Letter) []channel.Media {
	var out []channel.Media
	for i, w := range s.all {
		if i < len(l.Attachments) && l.Attachments[i].Cut && w.media.Problem == "" {
			w.media.Problem = "It is larger than what is kept."
		}
		out = append(out, w.media)
	}
	return out
}

func mediaOf(a letter.Attachment) channel.Media {
	m := channel.Media{Kind: channel.MediaFile, Name: ngo.Printable(a.Name), Type: a.Label, Inline: a.Inline, ContentID: a.ID}
	if m.Type == "" || m.Type == "application/octet-stream" {
		m.Type = a.Type
	}
	kind, _, _ := strings.Cut(m.Type, "/")
	switch kind {
	case "image", "video", "audio":
		m.Kind = channel.MediaKind(kind)
	}
	return m
}

// problems says in a sentence what was broken.
func problems(faults []string) string {
	if len(faults) == 0 {
		return ""
	}
	const most = 3
	text := strings.Join(faults[:min(len(faults), most)], "; ")
	if len(faults) > most {
		text += fmt.Sprintf("; and %d more", len(faults)-most)
	}
	return "The mail is broken in places: " + text + "."
}
