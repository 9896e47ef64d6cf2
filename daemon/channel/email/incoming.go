package email

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// heard is a mail that was read, on its way to be events.
type heard struct {
	rd    *Reader
	l     *letter.Letter
	facts Facts
	line  ngo.Ref
	at    time.Time
	media []channel.Media
}

func (m heard) event(name string) channel.Event {
	return channel.Event{Name: name, Line: m.line, At: m.at}
}

// events says what the mail tells: what became of a mail of ours, or else what somebody wrote.
func (m heard) events() []channel.Event {
	var out []channel.Event
	switch m.l.Kind {
	case letter.Own:
		e := m.event("mail.own")
		e.Refused = &channel.Refused{ID: ngo.Ref(m.l.ID), Why: "our own mail came back"}
		return []channel.Event{e}
	case letter.Bounced, letter.Delayed:
		out = m.bounces()
	case letter.Seen:
		out = m.seen()
	case letter.Complaint:
		out = m.complaints()
	}
	if len(out) > 0 {
		return out
	}
	return []channel.Event{m.incoming()}
}

// bounces says for each recipient what became of our mail. A report that does not say of which mail it speaks is for people.
func (m heard) bounces() []channel.Event {
	if m.l.About == "" {
		return nil
	}
	var out []channel.Event
	for _, b := range m.l.Bounces {
		e := m.event("mail.bounce")
		e.Status = &channel.Status{Ref: ngo.Ref(m.l.About), State: ngo.MessageFailed, Fault: FaultOf(b), Person: someone(b.Recipient)}
		if b.Delayed {
			e.Name, e.Status.State, e.Status.Soft = "mail.delay", ngo.MessageSent, true
		}
		out = append(out, e)
	}
	return out
}

// FaultOf says why a mail did not arrive, or not yet.
func FaultOf(b letter.Bounce) *channel.Fault {
	f := &channel.Fault{Code: cmp.Or(b.Status, string(b.Cause)), Class: classOf(b), Message: b.Reason(), Words: b.Said}
	switch {
	case b.Delayed:
	case b.Cause == letter.NoAddress:
		f.Hint = "ask them for the right address"
	case b.Cause == letter.Suppressed:
		f.Hint = "once the address is right, take it off the mail provider's suppression list"
	case b.Cause == letter.Refused, b.Cause == letter.Spam:
		f.Hint = "see that SPF, DKIM and DMARC are set up for our domain"
	}
	return f
}

func classOf(b letter.Bounce) channel.FaultClass {
	switch {
	case b.Delayed, b.Cause == letter.Full, b.Cause == letter.Unreached, !b.Permanent && b.Cause == letter.Unknown:
		return channel.FaultTransient
	case b.Cause == letter.NoAddress, b.Cause == letter.Disabled, b.Cause == letter.Suppressed:
		return channel.FaultPerson
	case b.Cause == letter.TooLarge, b.Cause == letter.Spam, b.Cause == letter.Refused:
		return channel.FaultMessage
	}
	return channel.FaultUnknown
}

// seen says that our mail was read, if the report says which.
func (m heard) seen() []channel.Event {
	if m.l.About == "" || len(m.l.From) == 0 {
		return nil
	}
	e := m.event("mail.read")
	e.Status = &channel.Status{Ref: ngo.Ref(m.l.About), State: ngo.MessageRead, Person: someone(m.l.From[0].Address)}
	return []channel.Event{e}
}

// complaints says who wants no more mail, if the report says who, and of which mail.
func (m heard) complaints() []channel.Event {
	if m.l.About == "" {
		return nil
	}
	var out []channel.Event
	for _, address := range m.l.Recipients {
		p := someone(address)
		if len(p.Identities) == 0 {
			continue
		}
		e := m.event("mail.complaint")
		e.Preference = &channel.Preference{
			Person: p, Topic: channel.TopicAll, Stop: true, Words: "They called a mail of ours spam.", About: ngo.Ref(m.l.About),
		}
		out = append(out, e)
	}
	return out
}

// someone is a person of whom nothing is known but an address.
func someone(address string) channel.Person {
	if i, ok := identity(address); ok {
		return channel.Person{Identities: []ngo.Identity{i}}
	}
	return channel.Person{}
}

// identity gives an address as the ledger keeps it. One that nobody would write is kept as it stands: it is what they have.
func identity(address string) (ngo.Identity, bool) {
	value, err := ngo.NormaliseEMail(address)
	if err != nil {
		value = strings.Join(strings.Fields(ngo.Printable(strings.ToLower(address))), "")
	}
	return ngo.Identity{Kind: ngo.EMail, Value: value}, value != ""
}

// Identity is identity for a driver that is told addresses, with or without a name.
func Identity(address string) (ngo.Identity, bool) {
	if at := strings.LastIndexByte(address, '<'); at >= 0 {
		address = strings.TrimRight(address[at+1:], "> ")
	}
	return identity(address)
}

// incoming is the mail as a message of somebody's.
func (m heard) incoming() channel.Event {
	l, e := m.l, m.event("mail")
	from, ok := m.sender()
	if !ok {
		e.Unknown = &channel.Unknown{Why: "a mail that does not say who it is from"}
		return e
	}
	in := &channel.Incoming{
		Ref: refOf(l), Kind: channel.KindText, Person: from, Text: l.Reply, Media: m.media,
		ReplyTo: repliesTo(l), Mail: m.particulars(), Problem: problems(l.Faults),
	}
	if in.Text == "" && len(in.Media) > 0 {
		in.Kind = channel.KindMedia
	}
	in.Tokens = m.tokens()
	e.Incoming = in
	return e
}

// sender is who wrote it, as far as it says: else who sent it on the way.
func (m heard) sender() (channel.Person, bool) {
	a := letter.Address{Address: m.l.Envelope}
	if len(m.l.From) > 0 {
		a = m.l.From[0]
	}
	i, ok := identity(a.Address)
	return channel.Person{Identities: []ngo.Identity{i}, Name: a.Name}, ok && a.Address != ""
}

const (
	mostID     = 200 // bytes of a Message-ID that go into a reference
	digestPart = 16  // signs of the digest behind it
)

// refOf makes what tells the mail from all others. Senders use a Message-ID twice, so that alone it is not enough.
func refOf(l *letter.Letter) ngo.Ref {
	if l.ID == "" || len(l.ID) > mostID {
		return ngo.Ref("#" + l.Digest)
	}
	return ngo.Ref(l.ID + "#" + l.Digest[:digestPart])
}

// repliesTo gives the Message-IDs of what it answers, the nearest first.
func repliesTo(l *letter.Letter) []ngo.Ref {
	var out []ngo.Ref
	add := func(id string) {
		if r := ngo.Ref(id); !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for _, id := range slices.Backward(l.References) {
		add(id)
	}
	for _, id := range l.InReplyTo {
		add(id)
	}
	return out
}

func (m heard) tokens() []string {
	var out []string
	for _, a := range m.facts.Recipients {
		if t := m.rd.token(a); t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if t := m.l.Token; t != "" && !slices.Contains(out, t) {
		out = append(out, t)
	}
	return out
}

// particulars is what only a mail has.
func (m heard) particulars() *channel.Mail {
	l := m.l
	out := &channel.Mail{
		ID: ngo.Ref(l.ID), Subject: l.Subject, Quoted: quoted(l), To: m.others(l.To), CC: m.others(l.Cc), ReplyTo: m.elsewhere(),
		List: l.List, Auto: autoOf(l.Kind), Answerable: m.answerable(), Sent: l.Date.UTC(), Doubt: m.doubt(),
	}
	out.Topic, out.Answer = letter.BaseSubject(l.Subject)
	if l.Page != "" {
		out.HTML, out.Words = []byte(l.Page), letter.Words(l.Page)
	}
	if out.Doubt == "" {
		_, domain, _ := strings.Cut(l.From[0].Address, "@")
		out.Authentic = []string{domain}
	}
	return out
}

func quoted(l *letter.Letter) string {
	if l.Quote == "" || l.Signature == "" {
		return l.Quote + l.Signature
	}
	return l.Quote + "\n\n" + l.Signature
}

// others are the addresses that are not ours.
func (m heard) others(all []letter.Address) []ngo.Identity {
	var out []ngo.Identity
	for _, a := range all {
		if i, ok := identity(a.Address); ok && !m.rd.ours(a.Address) && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// elsewhere is where they want answers, when that is not where they write from.
func (m heard) elsewhere() []ngo.Identity {
	out := m.others(m.l.ReplyTo)
	if len(m.l.From) == 0 {
		return out
	}
	from, _ := identity(m.l.From[0].Address)
	if len(out) == 1 && out[0] == from {
		return nil
	}
	return out
}

func autoOf(k letter.Kind) channel.Auto {
	switch k {
	case letter.Automatic:
		return channel.AutoReply
	case letter.List, letter.Bulk:
		return channel.AutoBulk
	case letter.Bounced, letter.Delayed, letter.Seen, letter.Complaint:
		return channel.AutoOther
	}
	return channel.ByHand
}

// answerable tells whether a machine may answer it: the answer goes to who sent the mail on the way, and where that is somebody
// else than its writer, to nobody.
func (m heard) answerable() bool {
	l := m.l
	if m.facts.Junk || m.facts.Infected || !l.Answerable(m.rd.ours) || len(m.elsewhere()) > 0 {
		return false
	}
	return l.Envelope == "" || strings.EqualFold(l.Envelope, l.From[0].Address)
}

const unchecked = "Nobody has checked whether it comes from this address."

// doubt says why the sender may be somebody else.
func (m heard) doubt() string {
	l := m.l
	server := cmp.Or(m.rd.Provider, "the mail server")
	switch {
	case len(l.From) == 0:
		return "The mail does not say who wrote it; this is who sent it."
	case m.facts.Junk:
		return "The receiving mail server takes it for spam."
	case m.rd.ours(l.From[0].Address):
		return "It says that it comes from our own address; anybody can write that."
	case len(l.From) > 1:
		return "It names several senders."
	case strings.Contains(l.From[0].Name, "@") && !strings.Contains(strings.ToLower(l.From[0].Name), strings.ToLower(l.From[0].Address)):
		return "The name before the address looks like another address."
	case l.Proof.Proven():
		return ""
	case l.Proof.DMARC == "fail":
		return "The sender's domain says that this mail does not come from it: " + server + " has checked."
	case l.Proof == (letter.Proof{}):
		return unchecked
	}
	return "It could not be proven that it comes from this address."
}
