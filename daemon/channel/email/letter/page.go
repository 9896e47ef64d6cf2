package letter

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// pageLabel is the charset of a page. One that its mail does not label may say it itself.
func pageLabel(raw []byte, label string) string {
	if label != "" {
		return label
	}
	if _, name, certain := charset.DetermineEncoding(raw[:min(len(raw), 1024)], ""); certain {
		return name
	}
	return ""
}

// page makes text of HTML. It goes over the tags once and keeps no tree: pages of strangers nest as deep as they like.
type page struct {
	out    strings.Builder
	breaks int  // line breaks that stand before what comes next
	space  bool // so does a blank
	quote  int  // depth
	fresh  int  // depth of quoting on the line that is being written
	pre    int
	divs   []bool // open ones, and whether they quote
	lists  []int  // open ones: the next number, or -1 for a list without
	hidden string // the tag whose content is not shown
	depth  int    // of that tag within itself
	link   string
	said   strings.Builder // the link's words
}

const maxNesting = 200

// fromPage gives the text of a page. Scripts, styles and what is hidden are left out, pictures are their descriptions,
// addresses of links stand behind their words, and what is quoted has > before its lines.
func fromPage(source string) string { return readPage(source, func(string) {}) }

// Words gives everything that a page says, seen or not: its text, and behind it, each apart, what stands in its tags, in its comments and
// in what is hidden. It is for who looks for what must not be kept, and not to be shown.
func Words(source string) string {
	var rest strings.Builder
	text := readPage(source, func(s string) {
		if s = strings.TrimSpace(s); s != "" && !strings.HasPrefix(s, "data:") {
			rest.WriteString("\n\n\n\n" + s)
		}
	})
	return text + rest.String()
}

// readPage gives the text of a page, and unread what of it is none.
func readPage(source string, unread func(string)) string {
	p := page{}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return p.out.String()
		case html.TextToken:
			if p.hidden != "" {
				unread(string(z.Text()))
				continue
			}
			p.text(string(z.Text()))
		case html.CommentToken, html.DoctypeToken:
			unread(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			p.open(t.Data, t.Attr)
			for _, a := range t.Attr {
				unread(a.Val)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			p.close(string(name))
		}
	}
}

func attribute(all []html.Attribute, key string) string {
	for _, a := range all {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

var (
	silent = []string{"script", "style", "title", "template", "object", "iframe", "noscript", "noembed", "noframes", "svg", "select", "audio", "video", "canvas"}
	void   = []string{"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
	blocks = []string{"div", "tr", "table", "section", "article", "header", "footer", "center", "form", "dl", "dt", "dd", "address", "li", "ul", "ol", "blockquote", "body"}
	spaced = []string{"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"}
)

func unseen(attrs []html.Attribute) bool {
	style := strings.ReplaceAll(strings.ToLower(attribute(attrs, "style")), " ", "")
	if strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") || strings.Contains(style, "mso-hide:all") {
		return true
	}
	return slices.ContainsFunc(attrs, func(a html.Attribute) bool { return a.Key == "hidden" })
}

func (p *page) open(tag string, attrs []html.Attribute) {
	if p.hidden != "" {
		if tag == p.hidden {
			p.depth++
		}
		return
	}
	if slices.Contains(silent, tag) || !slices.Contains(void, tag) && unseen(attrs) {
		p.hidden, p.depth = tag, 1
		return
	}
	p.breakFor(tag)
	switch tag {
	case "br":
		p.breaks++
	case "hr":
		p.write("----")
		p.line(1)
	case "img":
		if alt := squeeze(attribute(attrs, "alt")); alt != "" && !unseen(attrs) {
			p.text("[" + alt + "]")
		}
	case "a":
		p.link = attribute(attrs, "href")
		p.said.Reset()
	case "pre":
		p.pre++
	case "td", "th":
		p.space = true
	case "blockquote":
		p.quote = min(p.quote+1, maxNesting)
	case "div":
		p.div(attrs)
	case "ul", "ol", "li":
		p.list(tag)
	}
}

// div opens one; Yahoo's quoted mail is a div only.
func (p *page) div(attrs []html.Attribute) {
	if len(p.divs) >= maxNesting {
		return
	}
	quotes := strings.Contains(attribute(attrs, "class")+attribute(attrs, "id"), "yahoo_quoted")
	p.divs = append(p.divs, quotes)
	if quotes {
		p.quote++
	}
}

func (p *page) list(tag string) {
	switch {
	case tag == "ul" && len(p.lists) < maxNesting:
		p.lists = append(p.lists, -1)
	case tag == "ol" && len(p.lists) < maxNesting:
		p.lists = append(p.lists, 1)
	case tag == "li":
		bullet := "- "
		if n := len(p.lists); n > 0 && p.lists[n-1] > 0 {
			bullet = number(p.lists[n-1]) + ". "
			p.lists[n-1]++
		}
		p.write(bullet)
	}
}

func number(n int) string {
	if n >= 10 {
		return number(n/10) + string(rune('0'+n%10))
	}
	return string(rune('0' + n))
}

func (p *page) close(tag string) {
	if p.hidden != "" {
		if tag == p.hidden {
			if p.depth--; p.depth == 0 {
				p.hidden = ""
			}
		}
		return
	}
	p.breakFor(tag)
	switch tag {
	case "a":
		p.endLink()
	case "pre":
		p.pre = max(p.pre-1, 0)
	case "blockquote":
		p.quote = max(p.quote-1, 0)
	case "ul", "ol":
		p.lists = p.lists[:max(len(p.lists)-1, 0)]
	case "div":
		if n := len(p.divs); n > 0 {
			if p.divs[n-1] {
				p.quote = max(p.quote-1, 0)
			}
			p.divs = p.divs[:n-1]
		}
	}
}

func (p *page) breakFor(tag string) {
	switch {
	case slices.Contains(spaced, tag):
		p.line(2)
	case slices.Contains(blocks, tag):
		p.line(1)
	}
}

// endLink writes where a link really goes, if its words do not say so.
func (p *page) endLink() {
	to, words := p.link, squeeze(p.said.String())
	p.link = ""
	scheme, _, _ := strings.Cut(strings.ToLower(to), ":")
	if words == "" || !slices.Contains([]string{"http", "https", "mailto", "tel"}, scheme) {
		return
	}
	to = strings.Join(strings.Fields(ngo.Printable(to)), "%20")
	bare := func(s string) string {
		_, after, ok := strings.Cut(s, "://")
		if !ok {
			after = strings.TrimPrefix(strings.TrimPrefix(s, "mailto:"), "tel:")
		}
		return strings.TrimSuffix(strings.TrimPrefix(after, "www."), "/")
	}
	if bare(to) == bare(words) {
		return
	}
	const longest = 300
	if short, cut := shortened(to, longest); cut {
		to = short + "…"
	}
	p.text(" <" + to + ">")
}

// line asks for at least n line breaks before what comes next.
func (p *page) line(n int) {
	p.breaks = max(p.breaks, n)
	p.space = false
}

func (p *page) text(s string) {
	if p.link != "" && p.said.Len() < 500 {
		p.said.WriteString(s)
	}
	if p.pre > 0 {
		for i, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				p.breaks++
			}
			if line != "" {
				p.write(line)
			}
		}
		return
	}
	words := strings.FieldsFunc(s, gap)
	if s != "" && gap(rune(s[0])) || len(words) == 0 {
		p.space = true
	}
	for i, w := range words {
		p.space = p.space || i > 0
		p.write(w)
	}
	if len(words) > 0 && gap(rune(s[len(s)-1])) {
		p.space = true
	}
}

func gap(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' }

// write writes what stands in one line, after the breaks and the marks of quoting that are due.
func (p *page) write(s string) {
	if p.quote != p.fresh && p.out.Len() > 0 {
		p.breaks = max(p.breaks, 1)
	}
	if p.out.Len() == 0 {
		p.breaks = 0
		p.out.WriteString(marks(p.quote))
		p.space = false
	}
	for i := min(p.breaks, 3); i > 0; i-- {
		p.out.WriteByte('\n')
		if i > 1 {
			p.out.WriteString(strings.TrimSpace(marks(min(p.quote, p.fresh))))
		} else {
			p.out.WriteString(marks(p.quote))
		}
		p.space = false
	}
	if p.space {
		p.out.WriteByte(' ')
	}
	p.breaks, p.space, p.fresh = 0, false, p.quote
	p.out.WriteString(s)
}

func marks(depth int) string {
	if depth == 0 {
		return ""
	}
	return strings.Repeat(">", min(depth, 10)) + " "
}
