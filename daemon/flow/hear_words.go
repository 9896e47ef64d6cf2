package flow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// said is what an incoming message says, in the words of the application. Numbers that are never kept are masked in all of it.
type said struct {
	what, subject, text string
	emoji               string // of a reaction, in which nothing else need be
	topic               string // of a mail: its subject without what mail programs put before it
	more                ngo.Extra
	masked              bool
}

// mask takes numbers that are never kept out of the texts of one message, and counts them. What one text says of numbers counts for
// the others too, and so does what was said before it.
type mask struct {
	known   func(digits string) bool // a phone or a payment's number, which only looks like one
	message *channel.Incoming        // whose texts they are
	about   *ngo.AadhaarContext      // what they say of each other's numbers; nil until it is asked for
	told    bool                     // what was said before it is about such a number
	found   int
	open    bool // there is one of which only what was said before could tell
}

func (m *mask) text(s string) string { return m.named("", s) }

// named is text for what stands beside a name, as in a form: that says first what it is.
func (m *mask) named(name, s string) string {
	reference := ngo.SpeaksOfReference(name) && !ngo.SpeaksOfAadhaar(name)
	out, n := ngo.MaskAadhaar(s, m.known, func(digits string) bool {
		if reference {
			return false
		}
		meant := m.told || m.means(s, digits)
		m.open = m.open || !meant
		return meant
	})
	m.found += n
	return out
}

func (m *mask) lines(all []string) (out []string) {
	for _, s := range all {
		out = append(out, m.text(s))
	}
	return out
}

// means tells whether the message says elsewhere than in one of its texts that a number of that text is one that is never kept. In the
// page of a mail, which repeats the text, words may stand far from what they mean.
func (m *mask) means(text, digits string) bool {
	if m.about == nil {
		c := ngo.AadhaarContextOf(textsOf(m.message))
		if m.message.Mail != nil {
			c.AddNumbers(m.message.Mail.Words)
		}
		m.about = &c
	}
	return m.about.Means(text, digits)
}

// textsOf gives all that somebody wrote into a message, the page of a mail apart.
func textsOf(in *channel.Incoming) []string {
	all := append([]string{in.Text, referral(in.Referral)}, order(in.Order)...)
	for _, m := range in.Media {
		all = append(all, m.Name, m.Title, m.ContentID)
	}
	if in.Place != nil {
		all = append(all, in.Place.Name, in.Place.Address)
	}
	for _, c := range in.Cards {
		all = slices.Concat(all, []string{c.Name, c.Company}, c.Phones, c.EMails, c.Lines)
	}
	if c := in.Choice; c != nil {
		all = append(all, sideBySide(c.Title, c.Detail), c.Payload)
	}
	for _, p := range in.Form {
		all = append(all, p.Name, p.Value)
	}
	if in.Mail != nil {
		all = append(all, in.Mail.Subject, in.Mail.Quoted)
	}
	return all
}

// kinds says what a message is, of those kinds that are no change of another one.
var kinds = map[channel.IncomingKind]string{
	channel.KindText: "text", channel.KindMedia: "media", channel.KindPlace: "place", channel.KindCards: "cards", channel.KindChoice: "choice",
	channel.KindForm: "form", channel.KindOrder: "order", channel.KindComment: "text", channel.KindOpened: "opened", channel.KindOther: "other",
}

// whatOf gives the kind of a message; that of one which cannot be stored as anything else is other.
func whatOf(k channel.IncomingKind) string {
	if what := kinds[k]; what != "" {
		return what
	}
	return "other"
}

// say reads what a message says.
func (m *mask) say(in *channel.Incoming) said {
	s := said{what: whatOf(in.Kind), text: m.text(in.Text), emoji: m.text(ngo.Printable(in.Emoji))}
	x := ngo.Extra{Forwarded: string(in.Forwarded), Standby: in.Standby, Referral: m.text(referral(in.Referral)), Problem: m.text(in.Problem)}
	if in.Place != nil {
		x.Place = &ngo.ExtraPlace{Latitude: in.Place.Latitude, Longitude: in.Place.Longitude, Name: m.text(in.Place.Name), Address: m.text(in.Place.Address)}
	}
	for _, c := range in.Cards {
		x.Cards = append(x.Cards, m.card(c))
	}
	if c := in.Choice; c != nil {
		x.Choice, x.Payload = m.text(sideBySide(c.Title, c.Detail)), m.text(c.Payload)
	}
	for _, p := range in.Form {
		x.Form = append(x.Form, ngo.ExtraPair{Name: m.text(p.Name), Value: m.named(p.Name, p.Value)})
	}
	x.Order = m.lines(order(in.Order))
	if in.Mail != nil {
		s.subject, s.topic = m.text(in.Mail.Subject), m.text(in.Mail.Topic)
		m.mail(in.Mail, &x)
	}
	s.more = x
	return s
}

func (m *mask) card(c channel.Card) ngo.ExtraCard {
	out := ngo.ExtraCard{Name: m.text(c.Name), Own: c.Own, Phones: m.lines(c.Phones)}
	out.Lines = append(out.Lines, out.Phones...)
	out.Lines = append(out.Lines, m.lines(append(append([]string{}, c.EMails...), c.Lines...))...)
	if c.Company != "" {
		out.Lines = append([]string{m.text(c.Company)}, out.Lines...)
	}
	return out
}

func (m *mask) mail(mail *channel.Mail, x *ngo.Extra) {
	m.text(mail.Words) // a number that stands in the page only has the page left out
	x.Quoted, x.Auto, x.Doubt = m.text(mail.Quoted), string(mail.Auto), mail.Doubt
	for _, list := range []struct {
		from []ngo.Identity
		to   *[]string
	}{{mail.To, &x.To}, {mail.CC, &x.Cc}} {
		for _, i := range list.from {
			*list.to = append(*list.to, i.Value)
		}
	}
}

// sideBySide puts two texts behind each other, with what stands between them only where both are there.
func sideBySide(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

func referral(r *channel.Referral) string {
	if r == nil {
		return ""
	}
	return strings.TrimSpace(sideBySide(sideBySide(r.Source, r.Title), r.Text))
}

func order(o *channel.Order) (out []string) {
	if o == nil {
		return nil
	}
	for _, i := range o.Items {
		line := fmt.Sprintf("%d × %s", i.Count, i.Product)
		if i.Price.Minor > 0 {
			line += " · " + i.Price.Format()
		}
		out = append(out, line)
	}
	return out
}
