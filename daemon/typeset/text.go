package typeset

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf16"
)

// Line draws a line that Wrap made, from x with its baseline at y.
func (p *Page) Line(x, y float64, line Line) {
	w := writer{page: p, size: line.style.size()}
	p.color(line.style.Color, "rg")
	p.ops.WriteString("BT ")
	p.op("Td", x, p.size.Height-y)
	for i, word := range line.words {
		for _, r := range word.runs {
			w.run(r)
			if r.lost {
				p.doc.missing++
			}
		}
		if i < len(line.words)-1 {
			w.space(word.space, line.style.Bold)
		}
	}
	w.flush()
	w.rise(0)
	p.ops.WriteString("ET\n")
}

// writer writes the glyphs of one line. Positions follow from the widths that the font in the file tells; shift is how much
// the next glyph must move from there, in units.
type writer struct {
	page  *Page
	size  float64
	face  *face
	dy    int
	shift int
	array []byte // operands of TJ gathered so far
	open  bool   // whether array ends inside a string of glyphs
}

// run writes one run, with the text it stands for where its glyphs do not tell.
func (w *writer) run(r run) {
	if len(r.glyphs) == 0 {
		return
	}
	if !r.plain {
		w.flush()
		fmt.Fprintf(&w.page.ops, "/Span<</ActualText<%s>>>BDC\n", utf16Hex("\uFEFF"+string(r.text)))
	}
	w.setFace(r.face)
	for _, g := range r.glyphs {
		w.glyph(g)
	}
	if !r.plain {
		w.flush()
		w.page.ops.WriteString("EMC\n")
	}
}

// space writes spaces of a width as one glyph, so that copied text has a space too.
func (w *writer) space(units int, bold bool) {
	if units == 0 {
		return
	}
	blank := w.page.doc.shaper.word([]rune{' '}, bold)
	latin := w.page.doc.shaper.face(0, bold)
	id, _ := latin.font.Cmap.Lookup(' ')
	w.setFace(latin)
	w.glyph(glyph{id: uint16(id), advance: blank.space})
	w.shift += units - blank.space
}

func (w *writer) setFace(f *face) {
	if f == w.face {
		return
	}
	w.flush()
	w.face = f
	fmt.Fprintf(&w.page.ops, "/F%d ", f.order)
	w.page.op("Tf", w.size)
}

func (w *writer) glyph(g glyph) {
	w.rise(g.dy)
	if shift := w.shift + g.dx; shift != 0 {
		w.closeString()
		w.array = strconv.AppendInt(w.array, int64(-shift), 10) // TJ counts leftwards
	}
	if !w.open {
		w.array, w.open = append(w.array, '<'), true
	}
	w.array = append(w.array, hex.EncodeToString([]byte{byte(g.id >> 8), byte(g.id)})...)
	w.shift = g.advance - g.dx - w.face.width(g.id)
}

// rise moves the glyphs that follow up by dy units.
func (w *writer) rise(dy int) {
	if dy == w.dy {
		return
	}
	w.flush()
	w.dy = dy
	w.page.op("Ts", float64(dy)*w.size/unitsPerEm)
}

func (w *writer) closeString() {
	if w.open {
		w.array, w.open = append(w.array, '>'), false
	}
}

func (w *writer) flush() {
	if len(w.array) == 0 {
		return
	}
	w.closeString()
	fmt.Fprintf(&w.page.ops, "[%s]TJ\n", w.array)
	w.array = w.array[:0]
}

// utf16Hex writes text as PDF wants it in hexadecimal strings.
func utf16Hex(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return hex.EncodeToString(b)
}
