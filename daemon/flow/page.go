package flow

import (
	"cmp"
	_ "embed"
	"html/template"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// page is a mail to a donor, from which both of its readings are written: the plain one and the one for readers that show HTML.
type page struct {
	Lang, Org, Subject string
	Greeting           string
	Parts              []part
	Closing            []string // lines
}

// part is a paragraph, with a list or a link below it if it has one.
type part struct {
	Text  string
	Items []string
	Link  string
	Label string // what HTML readers see for the link; the link itself where it is empty
	Small bool   // what the mail has to say besides what it is for
}

// text gives the plain reading.
func (p page) text() string {
	all := []string{p.Greeting}
	for _, x := range p.Parts {
		s := x.Text
		for _, item := range x.Items {
			s += "\n- " + item
		}
		if x.Link != "" {
			s += "\n" + x.Link
		}
		all = append(all, s)
	}
	return ngo.PrintableText(strings.Join(append(all, strings.Join(p.Closing, "\n")), "\n\n") + "\n")
}

//go:embed mail.html
var mailHTML string

// mailPage is HTML as mail readers of all ages take it: a table for the width, styles at each element, nothing from elsewhere.
var mailPage = template.Must(template.New("mail").Parse(mailHTML))

// html gives the other reading. Whatever a stranger wrote is only text in it.
func (p page) html() (string, error) {
	p.Greeting, p.Org, p.Subject = ngo.Printable(p.Greeting), ngo.Printable(p.Org), ngo.Printable(p.Subject)
	clean := func(lines []string) (out []string) {
		for _, l := range lines {
			out = append(out, ngo.Printable(l))
		}
		return out
	}
	parts := p.Parts
	p.Parts, p.Closing = nil, clean(p.Closing)
	for _, x := range parts {
		p.Parts = append(p.Parts, part{ngo.Printable(x.Text), clean(x.Items), x.Link, cmp.Or(x.Label, x.Link), x.Small})
	}
	var b strings.Builder
	err := mailPage.Execute(&b, p)
	return b.String(), err
}

// greeting salutes the donor by name, where it is one to be mailed on.
func (w writer) greeting(name string) string {
	if name := receipt.Salutation(ngo.Printable(name)); name != "" {
		return w.say("greeting_name", "name", name)
	}
	return w.say("greeting")
}
