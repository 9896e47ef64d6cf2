package receipt

import (
	"fmt"

	"github.com/ngoctl/ngoctl/daemon/typeset"
)

// The page is A5: it reads well on a telephone, and A4 has the same shape, so that printers enlarge it without a margin.
const (
	margin   = 34.0
	labelCol = 86.0
)

var (
	ink    = typeset.Color{R: 0x1c, G: 0x24, B: 0x2b}
	quiet  = typeset.Color{R: 0x5b, G: 0x66, B: 0x70}
	accent = typeset.Color{R: 0x1d, G: 0x5c, B: 0x5a}
	tint   = typeset.Color{R: 0xee, G: 0xf4, B: 0xf3}
	line   = typeset.Color{R: 0xc9, G: 0xd3, B: 0xd6}
)

var (
	body  = typeset.Style{Size: 9.5, Color: ink}
	small = typeset.Style{Size: 8, Color: ink}
	label = typeset.Style{Size: 8, Color: quiet}
	head  = typeset.Style{Size: 9, Bold: true, Color: accent}
)

// sheet lets text flow down a page and on to the next.
type sheet struct {
	doc         *typeset.Document
	page        *typeset.Page
	pages       []*typeset.Page
	left, right float64
	y           float64 // upper edge of what comes next
	bottom      float64
}

func newSheet(doc *typeset.Document) *sheet {
	size := typeset.A5
	s := &sheet{doc: doc, left: margin, right: size.Width - margin, bottom: size.Height - margin - 12}
	s.turn()
	return s
}

func (s *sheet) width() float64 { return s.right - s.left }

// turn begins a page.
func (s *sheet) turn() {
	s.page = s.doc.Page(typeset.A5)
	s.pages = append(s.pages, s.page)
	s.page.Fill(0, 0, typeset.A5.Width, 5, accent)
	s.y = margin
}

// room begins a page if height does not fit on this one.
func (s *sheet) room(height float64) {
	if s.y+height > s.bottom {
		s.turn()
	}
}

func (s *sheet) gap(height float64) { s.y += height }

// text writes a paragraph from x, no wider than width.
func (s *sheet) text(x, width float64, text string, style typeset.Style) {
	for _, l := range s.doc.Wrap(text, width, style) {
		s.room(style.Pitch())
		s.page.Line(x, s.y+ascent(style), l)
		s.y += style.Pitch()
	}
}

// pair writes a label and, beside it, its value. Without a value it writes nothing.
func (s *sheet) pair(name, value string) {
	if value == "" {
		return
	}
	s.room(body.Pitch())
	s.page.Text(s.left, s.y+ascent(body), name, label)
	s.text(s.left+labelCol, s.width()-labelCol, value, body)
	s.gap(1.5)
}

func (s *sheet) rule() {
	s.page.Rule(s.left, s.y, s.right, s.y, 0.6, line)
}

// height measures a paragraph.
func (s *sheet) height(width float64, text string, style typeset.Style) float64 {
	return float64(len(s.doc.Wrap(text, width, style))) * style.Pitch()
}

// footers numbers the pages, when there are several, once all are there.
func (s *sheet) footers(text string) {
	y := typeset.A5.Height - margin + 8
	for i, p := range s.pages {
		p.Text(s.left, y, text, typeset.Style{Size: 7, Color: quiet})
		if len(s.pages) > 1 {
			p.TextRight(s.right, y, fmt.Sprintf("Page %d of %d", i+1, len(s.pages)), typeset.Style{Size: 7, Color: quiet})
		}
	}
}

// ascent is how far below the upper edge of a line its baseline lies.
func ascent(st typeset.Style) float64 { return st.Pitch()*0.5 + st.Size*0.36 }
