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

// text writes a paragraph over the whole width. Empty text takes no room.
func (s *sheet) text(text string, style typeset.Style) { s.hang("", label, 0, text, style) }

// bullet writes a paragraph behind a dot.
func (s *sheet) bullet(text string, style typeset.Style) { s.hang(" •", style, 11, text, style) }

// pair writes a label and, beside it, its value. Without a value it writes nothing.
func (s *sheet) pair(name, value string) {
	if value != "" {
		s.hang(name, label, labelCol, value, body)
		s.gap(1.5)
	}
}

// hang writes a mark at the left and, from indent on, a paragraph. A short paragraph is not torn by the end of a page.
func (s *sheet) hang(mark string, markStyle typeset.Style, indent float64, text string, style typeset.Style) {
	lines := s.doc.Wrap(text, s.width()-indent, style)
	s.room(float64(min(len(lines), 6)) * style.Pitch())
	if mark != "" {
		s.page.Text(s.left, s.y+ascent(style), mark, markStyle)
	}
	for _, l := range lines {
		s.room(style.Pitch())
		s.page.Line(s.left+indent, s.y+ascent(style), l)
		s.y += style.Pitch()
	}
}

func (s *sheet) rule() {
	s.page.Rule(s.left, s.y, s.right, s.y, 0.6, line)
}

// height measures a paragraph.
func (s *sheet) height(width float64, text string, style typeset.Style) float64 {
	return float64(len(s.doc.Wrap(text, width, style))) * style.Pitch()
}

// block is a paragraph with its style.
type block struct {
	text  string
	style typeset.Style
}

// stack writes paragraphs below each other from x and leaves s.y where it was. Their height must have been made room for.
func (s *sheet) stack(x, width float64, blocks []block) {
	y := s.y
	for _, b := range blocks {
		for _, l := range s.doc.Wrap(b.text, width, b.style) {
			s.page.Line(x, y+ascent(b.style), l)
			y += b.style.Pitch()
		}
	}
}

func (s *sheet) stackHeight(width float64, blocks []block) float64 {
	sum := 0.0
	for _, b := range blocks {
		sum += s.height(width, b.text, b.style)
	}
	return sum
}

// footers writes text under each page, once all are there, and numbers them when there are several.
func (s *sheet) footers(text, number string) {
	y, style := typeset.A5.Height-margin+8, typeset.Style{Size: 7, Color: quiet}
	for i, p := range s.pages {
		p.Text(s.left, y, text, style)
		if len(s.pages) > 1 {
			p.TextRight(s.right, y, fmt.Sprintf("%s, page %d of %d", number, i+1, len(s.pages)), style)
		}
	}
}

// ascent is how far below the upper edge of a line its baseline lies.
func ascent(st typeset.Style) float64 { return st.Pitch()*0.5 + st.Size*0.36 }
