package public

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// cleaned makes of a hostile page one that can do nothing: what it may hold is listed, and everything else is left out. Nothing in it
// runs, loads or is sent; links lead away only by a click and say where to. It goes over the tags once and keeps no tree: pages of
// strangers nest as deep as they like. It is shown under a policy that would stop what got through all the same.
//
// picture gives the address of a picture that came along, by its content id; empty when there is none.
func cleaned(page []byte, picture func(contentID string) string) (clean []byte, leftOut int) {
	c := cleaner{from: html.NewTokenizer(bytes.NewReader(page)), picture: picture}
	c.from.SetMaxBuf(maxTag)
	for c.step() {
	}
	for range c.open {
		c.close(len(c.open) - 1)
	}
	return c.out.Bytes(), c.leftOut
}

const (
	maxTag     = 2 << 20 // of one tag or piece of text
	maxNesting = 100
	maxInline  = 1 << 20 // of a picture that stands in the page itself
)

// kept are the elements that may stay. What is not here goes, and its text stays.
var kept = wordsOf(`a abbr address b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6
 header hr i img ins kbd li main mark ol p pre q s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr`)

// gone are the elements that go with all that is in them.
var gone = wordsOf(`applet audio canvas embed frameset iframe math noembed noframes noscript object script select style svg template textarea title video xmp plaintext`)

var void = wordsOf(`br col hr img wbr`)

// attributes that may stay, on any element; href, src and style are looked at.
var attributes = wordsOf(`align alt bgcolor border cellpadding cellspacing color colspan dir face height lang rowspan size start title valign width`)

func wordsOf(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

type cleaner struct {
	from    *html.Tokenizer
	picture func(string) string
	out     bytes.Buffer
	open    []element
	hidden  string // the element that goes with its content and has not ended yet
	depth   int    // how many of that name are open
	leftOut int    // pictures that were not loaded
}

type element struct {
	name  string
	where string // of a link: the host that it leads to
}

// step takes one token, and tells whether there may be more.
func (c *cleaner) step() bool {
	kind := c.from.Next()
	if kind == html.ErrorToken {
		return false
	}
	t := c.from.Token()
	if c.hidden != "" {
		c.pass(kind, t)
		return true
	}
	switch kind {
	case html.TextToken:
		c.out.WriteString(html.EscapeString(ngo.PrintableText(t.Data)))
	case html.StartTagToken, html.SelfClosingTagToken:
		c.start(kind, t)
	case html.EndTagToken:
		c.end(t.Data)
	}
	return true
}

// pass goes over what is left out, to its end.
func (c *cleaner) pass(kind html.TokenType, t html.Token) {
	if t.Data != c.hidden {
		return
	}
	switch kind {
	case html.StartTagToken:
		c.depth++
	case html.EndTagToken:
		if c.depth--; c.depth <= 0 {
			c.hidden = ""
		}
	}
}

func (c *cleaner) start(kind html.TokenType, t html.Token) {
	switch {
	case gone[t.Data]:
		if kind == html.StartTagToken && t.DataAtom != atom.Embed {
			c.hidden, c.depth = t.Data, 1
		}
	case t.Data == "img" || t.Data == "image":
		c.image(t)
	case kept[t.Data] && len(c.open) < maxNesting:
		c.keep(t)
	}
}

func (c *cleaner) keep(t html.Token) {
	e := element{name: t.Data}
	c.out.WriteString("<" + t.Data)
	for _, a := range t.Attr {
		switch {
		case a.Namespace != "":
		case attributes[a.Key]:
			c.attribute(a.Key, a.Val)
		case a.Key == "style":
			if s := cleanStyle(a.Val); s != "" {
				c.attribute("style", s)
			}
		case a.Key == "href" && t.Data == "a" && e.where == "":
			var to string
			if to, e.where = cleanLink(a.Val); to != "" {
				c.attribute("href", to)
				c.out.WriteString(` rel="noopener noreferrer nofollow" target="_blank"`)
			}
		}
	}
	c.out.WriteString(">")
	if !void[t.Data] {
		c.open = append(c.open, e)
	}
}

func (c *cleaner) attribute(name, value string) {
	c.out.WriteString(" " + name + `="` + html.EscapeString(ngo.Printable(value)) + `"`)
}

func (c *cleaner) end(name string) {
	for i, e := range slices.Backward(c.open) {
		if e.name == name {
			c.close(i)
			return
		}
	}
}

// close ends the open elements down to the one at i.
func (c *cleaner) close(i int) {
	for _, e := range slices.Backward(c.open[i:]) {
		c.out.WriteString("</" + e.name + ">")
		if e.where != "" {
			c.out.WriteString(` <small><bdi>[` + html.EscapeString(e.where) + `]</bdi></small>`)
		}
	}
	c.open = c.open[:i]
}

// image shows a picture that came along or stands in the page, and of every other its words: to load it would tell its sender that
// somebody has opened the mail.
func (c *cleaner) image(t html.Token) {
	src, alt := "", ""
	for _, a := range t.Attr {
		switch a.Key {
		case "src":
			src = strings.TrimSpace(a.Val)
		case "alt":
			alt = ngo.Printable(a.Val)
		}
	}
	shown := ""
	if id, came := cutPrefixFold(src, "cid:"); came {
		if plain, err := url.PathUnescape(id); err == nil {
			id = plain
		}
		shown = c.picture(strings.Trim(id, "<>"))
	} else if inlinePicture.MatchString(src) && len(src) <= maxInline {
		_, data, _ := strings.Cut(src, ",")
		if _, err := base64.StdEncoding.DecodeString(data); err == nil {
			shown = src
		}
	}
	if shown == "" {
		c.leftOut++
		if alt != "" {
			c.out.WriteString("<em>[" + html.EscapeString(alt) + "]</em>")
		}
		return
	}
	c.out.WriteString("<img")
	c.attribute("src", shown)
	c.attribute("alt", alt)
	c.out.WriteString(">")
}

var inlinePicture = regexp.MustCompile(`^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$`)

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// cleanLink gives an address that may be clicked, and the host to be shown beside it.
func cleanLink(s string) (to, where string) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return "", ""
	}
	web := u.Scheme == "http" || u.Scheme == "https"
	switch {
	case web && u.Host != "": // browsers find one also where none stands
		u.User = nil // a name before the host is there to be taken for it
		return u.String(), ngo.Printable(u.Host)
	case u.Scheme == "mailto" || u.Scheme == "tel":
		return u.String(), ""
	}
	return "", ""
}

var styles = wordsOf(`background-color border border-bottom border-collapse border-color border-left border-right border-spacing border-style border-top border-width
 color direction font font-family font-size font-style font-variant font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left
 margin-right margin-top max-width padding padding-bottom padding-left padding-right padding-top text-align text-decoration text-indent text-transform
 vertical-align white-space width`)

// plainValue is a value that loads nothing and puts nothing over anything else.
var plainValue = regexp.MustCompile(`^(?:[a-zA-Z#][\w#-]*|[0-9.]+[a-z%]*|!important|rgba?\([0-9 ,.%]*\)|"[\w -]*"|'[\w -]*'|[,\s])+$`)

func cleanStyle(s string) string {
	var out []string
	for _, rule := range strings.Split(s, ";") {
		name, value, _ := strings.Cut(rule, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if styles[name] && len(value) <= 200 && plainValue.MatchString(value) {
			out = append(out, name+":"+value)
		}
	}
	return strings.Join(out, ";")
}
