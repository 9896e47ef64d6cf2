// Package letter reads a mail as it came: its bytes in, a value out with everything a conversation needs.
//
// It promises to fail only where going on would be wrong: the mail is larger than the limit, or the reader or the caller's
// sink fails. Whatever else is broken (labels, encodings, boundaries, headers) is read as well as can be, said in Faults, and
// loses no text. Nothing is fetched, run or unpacked, and attachments flow into the caller's sink, so that a mail of 25 MB
// takes a few MB of memory. All text in a Letter is valid UTF-8 and safe to show (ngo.Printable). Read is safe for
// concurrent use.
//
// The walk over the parts is our own: go-message, like net/mail, stops at the first header line without a colon, and what
// stands behind it would be lost. Its table of charsets is used.
package letter

import (
	"io"
	"strings"
	"time"
)

// Options are how a mail is read; the zero value is right for a look at it.
type Options struct {
	Ours   func(address string) bool   // whether an address is one of ours
	Sent   func(id string) bool        // whether a Message-ID is of a mail that we sent
	Token  func(address string) string // the reply token in an address of ours; empty for none
	Server string                      // the name in the Authentication-Results to be believed: our own receiving server's
	Within func(host string) bool      // whether a host that Received names is a machine of that server's; nil for its own name only
	// Sink opens what an attachment is written to, and is told all but its size, which stands in the Letter afterwards. When
	// Read fails, what was written is worth nothing. A nil Sink or writer discards.
	Sink   func(Attachment) (io.WriteCloser, error)
	Limits Limits
}

// Limits bound what a mail may cost. 0 is the default.
type Limits struct {
	Size   int64 // bytes of the whole mail: 50 MB. More fails with TooLarge
	Header int   // bytes of one header block: 256 KB. The rest of it is left out
	Depth  int   // parts within parts: 50. What lies deeper is one attachment
	Parts  int   // 1000. What follows is left out
	Text   int   // bytes of text: 1 MB. The rest is left out
	File   int64 // bytes of one attachment: the whole mail's. The rest is cut off
}

// Letter is what a mail says.
type Letter struct {
	From       []Address
	Sender     Address
	To         []Address
	Cc         []Address
	ReplyTo    []Address
	Envelope   string // Return-Path: who sent it on the way; empty for none
	NullSender bool   // Return-Path is <>: never to be answered

	Subject    string
	Date       time.Time // zero when there is none that can be read
	Received   time.Time // when the last server took it, as the uppermost Received says: ours, if ours writes one. Zero for none
	ID         string    // Message-ID without its angle brackets, its domain in lower case; empty for none
	InReplyTo  []string
	References []string // oldest first
	Token      string   // our own reply token, as Options.Token found it in whom the mail is to
	// Digest is over Message-ID, From, Date, Subject and the body with line ends made equal: the same mail fetched twice has
	// the same, other content under the same Message-ID has another.
	Digest string

	Text      string // all of it, \n between lines; quoted lines begin with >
	Reply     string // what its writer wrote; all of Text if that cannot be told
	Quote     string // what was left out of Text, but for the signature
	Signature string
	FromHTML  bool   // there was no plain text
	Page      string // the text as a page, as it came; empty for none. Hostile, and not printable: it must run and load nothing

	Attachments []Attachment
	Kind        Kind
	List        string   // the mailing list it came through, as it calls itself
	Recipients  []string // of a Complaint: who is said to complain, as far as it tells
	Bounces     []Bounce // of Bounced and Delayed, one for each recipient
	About       string   // Message-ID of the mail of ours which a bounce, read receipt or complaint tells of; empty for none
	Proof       Proof
	Faults      []string // what was broken in it, in plain words, each once
}

// Address is a mail address and the name before it. The name is anybody's claim.
type Address struct {
	Name    string
	Address string // its domain in lower case
}

// Attachment is a file in a mail.
type Attachment struct {
	Name   string // without folders; made up when the mail gives none
	Label  string // media type as the mail says
	Type   string // media type as the first bytes say
	ID     string // Content-ID without its angle brackets
	Inline bool   // it is shown within the text
	Size   int64  // bytes as decoded
	Cut    bool   // it was larger than the limit
}

// Kind is what sort of mail it is.
type Kind string

// The kinds. Only Person and Perhaps are a person's; Letter.Answerable says what a machine may answer.
const (
	Person    Kind = "person"
	Perhaps   Kind = "perhaps"   // a person's, but its words are those of an automatic reply
	Automatic Kind = "automatic" // an automatic reply or notice
	List      Kind = "list"      // a mailing list
	Bulk      Kind = "bulk"      // a newsletter
	Own       Kind = "own"       // our own mail has come back
	Bounced   Kind = "bounced"   // a mail of ours did not arrive
	Delayed   Kind = "delayed"   // a mail of ours has not arrived yet; the server goes on trying
	Seen      Kind = "seen"      // a read receipt
	Complaint Kind = "complaint" // the recipient calls a mail of ours spam
)

// Read reads one mail. It fails with TooLarge, or as the reader or the sink fails.
func Read(r io.Reader, o Options) (*Letter, error) {
	o = o.filled()
	w := &walk{o: o, src: newSource(r, o.Limits.Size), textLeft: o.Limits.Text, pageLeft: pageFactor * o.Limits.Text}
	h := w.header()
	l := w.head(h)
	w.top = h
	w.src.hash = newDigest(h)
	said, err := w.part(h, 0, "")
	if err != nil {
		return nil, err
	}
	if err := w.src.drain(); err != nil {
		return nil, err
	}
	l.Digest = w.src.digest()
	l.Text, l.FromHTML, l.Page = said.text(w), said.plain == "" && said.page != "", said.page
	l.Reply, l.Quote, l.Signature = separate(l.Text)
	l.Attachments = w.files
	w.classify(l, h)
	l.Proof = proof(h, o)
	l.Faults = w.faults
	return l, nil
}

// filled puts the defaults in.
func (o Options) filled() Options {
	no := func(string) bool { return false }
	if o.Ours == nil {
		o.Ours = no
	}
	if o.Sent == nil {
		o.Sent = no
	}
	if o.Token == nil {
		o.Token = func(string) string { return "" }
	}
	if o.Within == nil {
		o.Within = no
	}
	m := &o.Limits
	orElse(&m.Size, 50<<20)
	orElse(&m.Header, 256<<10)
	orElse(&m.Depth, 50)
	orElse(&m.Parts, 1000)
	orElse(&m.Text, 1<<20)
	orElse(&m.File, m.Size)
	return o
}

func orElse[T int | int64](n *T, otherwise T) {
	if *n <= 0 {
		*n = otherwise
	}
}

const maxSubject = 4000 // bytes

// head reads who, when and what about.
func (w *walk) head(h header) *Letter {
	l := &Letter{
		From: addresses(h.all("from")), To: addresses(h.all("to")), Cc: addresses(h.all("cc")), ReplyTo: addresses(h.all("reply-to")),
		Subject: plain(h.get("subject")), Date: date(h.get("date")), Received: received(h), ID: messageID(h.all("message-id")),
		InReplyTo: messageIDs(h.all("in-reply-to")), References: messageIDs(h.all("references")),
	}
	l.List, _ = shortened(plain(h.get("list-id")), maxPerson)
	if s := addresses(h.all("sender")); len(s) > 0 {
		l.Sender = s[0]
	}
	if back, ok := h.find("return-path"); ok {
		if a := addresses([]string{back}); len(a) > 0 {
			l.Envelope = a[0].Address
		}
		l.NullSender = strings.Join(strings.Fields(back), "") == "<>"
	}
	if short, cut := shortened(l.Subject, maxSubject); cut {
		l.Subject = short
		w.fault("its subject is too long")
	}
	if len(l.From) == 0 {
		w.fault("it does not say who it is from")
	}
	if l.Date.IsZero() {
		w.fault("its date cannot be read")
	}
	for _, name := range []string{"to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-delivered-to"} {
		for _, a := range addresses(h.all(name)) {
			if l.Token == "" {
				l.Token = w.o.Token(a.Address)
			}
		}
	}
	return l
}
