package receipt

import (
	"strconv"

	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Measures of an A5 page; those of A4 follow by scale.
const (
	margin   = 34.0
	labelCol = 86.0 // of a receipt in one language
	bothCol  = 166.0
)

var (
	ink    = typeset.Color{R: 0x1c, G: 0x24, B: 0x2b}
	quiet  = typeset.Color{R: 0x5b, G: 0x66, B: 0x70}
	accent = typeset.Color{R: 0x1d, G: 0x5c, B: 0x5a}
	tint   = typeset.Color{R: 0xee, G: 0xf4, B: 0xf3}
	line   = typeset.Color{R: 0xc9, G: 0xd3, B: 0xd6}
	alarm  = typeset.Color{R: 0xa8, G: 0x26, B: 0x1e}
	faint  = typeset.Color{R: 0xf6, G: 0xd9, B: 0xd6}
	white  = typeset.Color{R: 0xff, G: 0xff, B: 0xff}
)

var (
	body  = typeset.Style{Size: 9.5, Color: ink}
	words = typeset.Style{Size: 9, Color: ink}
	small = typeset.Style{Size: 8, Color: ink}
	aside = typeset.Style{Size: 7.5, Color: quiet} // what a paper in two languages says again in English
	label = typeset.Style{Size: 8, Color: quiet}
	head  = typeset.Style{Size: 9, Bold: true, Color: accent}
)

// sheet lets text flow down a page and on to the next. Sizes and distances are given for A5 and grow by scale.
type sheet struct {
	doc         *typeset.Document
	size        typeset.Size
	scale       float64
	mark        Mark
	banner      string // on top of each page of a marked paper
	page        *typeset.Page
	pages       []*typeset.Page
	left, right float64
	y           float64 // upper edge of what comes next
	bottom      float64
	column      float64 // of the labels
}

func newSheet(doc *typeset.Document, f Facts, p Paper, tight float64) *sheet {
	s := &sheet{doc: doc, size: typeset.A5, scale: 1, mark: p.Mark, column: labelCol}
	if f.lang() != english {
		s.size, s.scale, s.column = typeset.A4, 1.16, bothCol
	}
	if p.Mark != Original {
		s.banner = f.say("mark_" + string(p.Mark)).beside()
		if !p.Printed.IsZero() {
			s.banner += "  ·  " + f.onDay("printed_on", ngo.DateOf(p.Printed, p.Printed.Location())).beside()
		}
	}
	s.left, s.right = margin*s.scale, s.size.Width-margin*s.scale
	s.bottom = s.size.Height - (margin+12)*s.scale
	s.scale *= tight
	s.turn()
	return s
}

func (s *sheet) width() float64 { return s.right - s.left }

// style gives a style in the size of the page.
func (s *sheet) style(st typeset.Style) typeset.Style {
	st.Size *= s.scale
	return st
}

// turn begins a page.
func (s *sheet) turn() {
	s.page = s.doc.Page(s.size)
	s.pages = append(s.pages, s.page)
	s.y = margin * s.scale
	color := accent
	if s.mark == Void || s.mark == Replaced {
		color = alarm
		s.page.Rule(0, 0, s.size.Width, s.size.Height, 7, faint)
		s.page.Rule(s.size.Width, 0, 0, s.size.Height, 7, faint)
	}
	s.page.Fill(0, 0, s.size.Width, 5*s.scale, color)
	if s.banner == "" {
		return
	}
	style := s.style(typeset.Style{Size: 9, Bold: true, Color: white})
	for s.doc.Width(s.banner, style) > s.width() && style.Size > 5 {
		style.Size *= 0.95
	}
	height := style.Pitch() + 8*s.scale
	s.page.Fill(0, 0, s.size.Width, height, color)
	s.page.Text(s.left, height/2+style.Size*0.36, s.banner, style)
	s.y = max(s.y, height+14*s.scale)
}

// room begins a page if height does not fit on this one.
func (s *sheet) room(height float64) {
	if s.y+height > s.bottom {
		s.turn()
	}
}

func (s *sheet) gap(height float64) { s.y += height * s.scale }

// text writes a paragraph over the whole width. Empty text takes no room.
func (s *sheet) text(text string, style typeset.Style) { s.hang("", label, 0, text, style) }

// both writes a paragraph and below it the same in English.
func (s *sheet) both(p phrase, style typeset.Style) {
	s.text(p.own, style)
	s.text(p.english, aside)
}

// bullet writes a paragraph behind a dot.
func (s *sheet) bullet(text string, style typeset.Style) { s.hang(" •", style, 11, text, style) }

// pair writes a label and, beside it, its value. Without a value it writes nothing.
func (s *sheet) pair(name phrase, value string) {
	if value != "" {
		s.hang(name.beside(), label, s.column, value, body)
		s.gap(1.5)
	}
}

// hang writes a mark at the left and, from indent on, a paragraph. A short paragraph is not torn by the end of a page.
func (s *sheet) hang(mark string, markStyle typeset.Style, indent float64, text string, style typeset.Style) {
	indent, style = indent*s.scale, s.style(style)
	lines := s.doc.Wrap(text, s.width()-indent, style)
	s.room(float64(min(len(lines), 6)) * style.Pitch())
	if mark != "" {
		s.page.Text(s.left, s.y+ascent(style), mark, s.style(markStyle))
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

// block is a paragraph with its style, or a picture.
type block struct {
	text    string
	style   typeset.Style
	picture *typeset.Picture
}

// The most that a signature takes.
const signWidth, signHeight = 120.0, 38.0

// stack writes paragraphs below each other from x and leaves s.y where it was. Their height must have been made room for.
func (s *sheet) stack(x, width float64, blocks []block) {
	y := s.y
	for _, b := range blocks {
		if b.picture != nil {
			w, h := b.picture.Within(signWidth*s.scale, signHeight*s.scale)
			s.page.Picture(x, y+2, w, h, b.picture)
			y += h + 4
		}
		style := s.style(b.style)
		for _, l := range s.doc.Wrap(b.text, width, style) {
			s.page.Line(x, y+ascent(style), l)
			y += style.Pitch()
		}
	}
}

func (s *sheet) stackHeight(width float64, blocks []block) float64 {
	sum := 0.0
	for _, b := range blocks {
		if b.picture != nil {
			_, h := b.picture.Within(signWidth*s.scale, signHeight*s.scale)
			sum += h + 4
		}
		style := s.style(b.style)
		sum += float64(len(s.doc.Wrap(b.text, width, style))) * style.Pitch()
	}
	return sum
}

// footers writes under each page, once all are there, how the paper was made, and numbers them when there are several.
func (s *sheet) footers(f Facts, signed bool) {
	made := f.say("footer")
	if signed {
		made = f.say("footer_signed")
	}
	style := s.style(typeset.Style{Size: 7, Color: quiet})
	y := s.bottom + 20*s.scale
	for i, p := range s.pages {
		p.Text(s.left, y, made.beside(), style)
		if len(s.pages) > 1 {
			p.TextRight(s.right, y+style.Pitch(), f.say("page", "number", f.Number, "n", strconv.Itoa(i+1), "all", strconv.Itoa(len(s.pages))).own, style)
		}
	}
}

// ascent is how far below the upper edge of a line its baseline lies.
func ascent(st typeset.Style) float64 { return st.Pitch()*0.5 + st.Size*0.36 }
