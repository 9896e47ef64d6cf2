package sim

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// receivingServer is the name under which the double of a mailbox writes down what it found out about senders.
const receivingServer = "mx.sim.example"

// Letter is a mail that somebody writes.
type Letter struct {
	From       string // ADDRESS or NAME <ADDRESS>
	To         string // the mailbox's address when empty
	Cc         string
	Subject    string
	Text, HTML string // HTML stands beside the text
	ID         string // Message-ID without angle brackets; made up when empty
	InReplyTo  string
	References []string
	Header     map[string]string // whatever else is in the header
	Files      []File
	Forged     bool // the mailbox's server finds out that it does not come from where it says
}

// File is one that goes with a letter.
type File struct {
	Name, Type string
	Data       []byte
}

// Put lays a letter into the mailbox, and tells its Message-ID.
func (b *IMAP) Put(l Letter) string {
	b.mu.Lock()
	b.made++
	if l.ID == "" {
		_, domain, _ := strings.Cut(addressIn(l.From), "@")
		l.ID = fmt.Sprintf("letter.%d.%d@%s", b.options.Now().UnixNano(), b.made, domain)
	}
	if l.To == "" {
		l.To = b.options.Owner
	}
	b.mu.Unlock()
	b.PutData(l.bytes(b.options.Now()))
	return l.ID
}

// Answer has somebody answer a mail that was sent to them: From, To, Subject and what it refers to are as a mail program writes
// them, unless they are set.
func (b *IMAP) Answer(m Mail, l Letter) string {
	h := headerOf(m.Data)
	if l.From == "" {
		l.From = m.To[0]
	}
	if l.To == "" {
		l.To = addressIn(h.Get("Reply-To"))
	}
	if l.To == "" {
		l.To = addressIn(h.Get("From"))
	}
	if l.Subject == "" {
		l.Subject = "Re: " + strings.TrimPrefix(subjectOf(h), "Re: ")
	}
	if l.InReplyTo == "" {
		l.InReplyTo = m.MessageID
		for _, ref := range strings.Fields(h.Get("References")) {
			l.References = append(l.References, strings.Trim(ref, "<>"))
		}
		l.References = append(l.References, m.MessageID)
	}
	return b.Put(l)
}

// Away has somebody's machine answer that they are not there.
func (b *IMAP) Away(m Mail, text string) string {
	return b.Answer(m, Letter{
		Subject: "Automatic reply: " + subjectOf(headerOf(m.Data)), Text: text,
		Header: map[string]string{"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
	})
}

// Bounce has the other side's mail server tell that a mail could not be delivered, with an enhanced status such as 5.1.1 and its
// own words.
func (b *IMAP) Bounce(m Mail, status, said string) {
	head, _, _ := bytes.Cut(m.Data, []byte("\r\n\r\n"))
	to := m.To[0]
	_, domain, _ := strings.Cut(to, "@")
	now := b.options.Now()
	var w bytes.Buffer
	fmt.Fprintf(&w, "Return-Path: <>\r\nReceived: from mx.%s by %s; %s\r\n", domain, receivingServer, now.Format(time.RFC1123Z))
	fmt.Fprintf(&w, "From: Mail Delivery System <MAILER-DAEMON@mx.%s>\r\nTo: <%s>\r\n", domain, m.From)
	fmt.Fprintf(&w, "Subject: Undelivered Mail Returned to Sender\r\nDate: %s\r\n", now.Format(time.RFC1123Z))
	b.mu.Lock()
	b.made++
	fmt.Fprintf(&w, "Message-ID: <bounce.%d.%d@mx.%s>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n", now.UnixNano(), b.made, domain)
	b.mu.Unlock()
	const edge = "bounce-edge"
	fmt.Fprintf(&w, "Content-Type: multipart/report; report-type=delivery-status; boundary=\"%s\"\r\n\r\n", edge)
	fmt.Fprintf(&w, "--%s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n", edge)
	fmt.Fprintf(&w, "This is the mail system at host mx.%s.\r\n\r\nYour message could not be delivered.\r\n\r\n<%s>: %s\r\n", domain, to, said)
	fmt.Fprintf(&w, "\r\n--%s\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.%s\r\n\r\n", edge, domain)
	fmt.Fprintf(&w, "Final-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s\r\n", to, status, said)
	fmt.Fprintf(&w, "\r\n--%s\r\nContent-Type: text/rfc822-headers\r\n\r\n%s\r\n\r\n--%s--\r\n", edge, head, edge)
	b.PutData(w.Bytes())
}

// bytes writes the letter as it arrives.
func (l Letter) bytes(now time.Time) []byte {
	var w bytes.Buffer
	from, proof := addressIn(l.From), "pass"
	if l.Forged {
		proof = "fail"
	}
	_, domain, _ := strings.Cut(from, "@")
	fmt.Fprintf(&w, "Return-Path: <%s>\r\n", from)
	fmt.Fprintf(&w, "Authentication-Results: %s; spf=%s; dkim=%s; dmarc=%s header.from=%s\r\n", receivingServer, proof, proof, proof, domain)
	fmt.Fprintf(&w, "Received: from mx.%s by %s; %s\r\n", domain, receivingServer, now.Format(time.RFC1123Z))
	fmt.Fprintf(&w, "From: %s\r\nTo: %s\r\n", writtenAddress(l.From), l.To)
	if l.Cc != "" {
		fmt.Fprintf(&w, "Cc: %s\r\n", l.Cc)
	}
	fmt.Fprintf(&w, "Subject: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\n", mime.BEncoding.Encode("UTF-8", l.Subject), now.Format(time.RFC1123Z), l.ID)
	if l.InReplyTo != "" {
		fmt.Fprintf(&w, "In-Reply-To: <%s>\r\n", l.InReplyTo)
	}
	if len(l.References) > 0 {
		fmt.Fprintf(&w, "References: <%s>\r\n", strings.Join(l.References, ">\r\n <"))
	}
	for _, name := range slices.Sorted(maps.Keys(l.Header)) {
		fmt.Fprintf(&w, "%s: %s\r\n", name, l.Header[name])
	}
	w.WriteString("MIME-Version: 1.0\r\n")
	l.body(&w)
	return w.Bytes()
}

// body writes what the letter says, and its files.
func (l Letter) body(w *bytes.Buffer) {
	if len(l.Files) == 0 {
		l.said(w)
		return
	}
	const edge = "files-edge"
	fmt.Fprintf(w, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n", edge, edge)
	l.said(w)
	for _, f := range l.Files {
		fmt.Fprintf(w, "--%s\r\n", edge)
		fmt.Fprintf(w, "Content-Disposition: %s\r\n", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		part(w, f.Type, f.Data)
	}
	fmt.Fprintf(w, "--%s--\r\n", edge)
}

func (l Letter) said(w *bytes.Buffer) {
	const text, page, edge = "text/plain; charset=utf-8", "text/html; charset=utf-8", "said-edge"
	if l.HTML == "" {
		part(w, text, []byte(l.Text))
		return
	}
	fmt.Fprintf(w, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n--%s\r\n", edge, edge)
	part(w, text, []byte(l.Text))
	fmt.Fprintf(w, "--%s\r\n", edge)
	part(w, page, []byte(l.HTML))
	fmt.Fprintf(w, "--%s--\r\n", edge)
}

// part writes one part of a mail, or the whole of it.
func part(w *bytes.Buffer, kind string, data []byte) {
	fmt.Fprintf(w, "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n", kind)
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(data)), 76) {
		fmt.Fprintf(w, "%s\r\n", line)
	}
}

func headerOf(data []byte) mail.Header {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return mail.Header{}
	}
	return m.Header
}

func subjectOf(h mail.Header) string {
	s, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil {
		return h.Get("Subject")
	}
	return s
}

// addressIn gives the address of NAME <ADDRESS>.
func addressIn(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return s
	}
	return a.Address
}

func writtenAddress(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return s
	}
	return a.String()
}
