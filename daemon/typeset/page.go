package typeset

import (
	"bytes"
	"fmt"
	"strconv"

	"rsc.io/qr"
)

// Page is drawn on in points from its upper left corner, y downwards. Later things cover earlier ones.
type Page struct {
	doc  *Document
	size Size
	ops  bytes.Buffer
}

// Text draws one line, unbroken, from x with its baseline at y, and gives its width.
func (p *Page) Text(x, y float64, text string, style Style) float64 {
	line := p.doc.oneLine(text, style)
	p.Line(x, y, line)
	return line.Width
}

// TextRight is Text that ends at x.
func (p *Page) TextRight(x, y float64, text string, style Style) float64 {
	line := p.doc.oneLine(text, style)
	p.Line(x-line.Width, y, line)
	return line.Width
}

// Fill paints a rectangle.
func (p *Page) Fill(x, y, width, height float64, c Color) {
	p.color(c, "rg")
	p.op("re f", x, p.size.Height-y-height, width, height)
}

// Rule draws a straight line.
func (p *Page) Rule(x1, y1, x2, y2, thickness float64, c Color) {
	p.color(c, "RG")
	p.op("w", thickness)
	p.op("m", x1, p.size.Height-y1)
	p.op("l S", x2, p.size.Height-y2)
}

// QR draws text as a QR code in a square, with the white margin that scanners need inside it. It fails if the text is too
// long for one.
func (p *Page) QR(x, y, side float64, text string) error {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return fmt.Errorf("make QR code: %w", err)
	}
	const margin = 4
	dot := side / float64(code.Size+2*margin)
	p.Fill(x, y, side, side, Color{255, 255, 255})
	p.color(Color{}, "rg")
	for row := range code.Size {
		for col := 0; col < code.Size; col++ {
			from := col
			for code.Black(col, row) {
				col++
			}
			if col > from {
				p.op("re", x+float64(from+margin)*dot, p.size.Height-y-float64(row+margin+1)*dot, float64(col-from)*dot, dot)
			}
		}
	}
	p.op("f")
	return nil
}

func (p *Page) color(c Color, operator string) {
	p.op(operator, float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
}

// op writes numbers and then an operator of the page description language.
func (p *Page) op(operator string, numbers ...float64) {
	for _, n := range numbers {
		p.ops.Write(appendNumber(p.ops.AvailableBuffer(), n))
		p.ops.WriteByte(' ')
	}
	p.ops.WriteString(operator)
	p.ops.WriteByte('\n')
}

// appendNumber writes n with at most three digits behind the point: a thousandth of a point is finer than any printer.
func appendNumber(b []byte, n float64) []byte {
	b = strconv.AppendFloat(b, n, 'f', 3, 64)
	b = bytes.TrimRight(b, "0")
	return bytes.TrimSuffix(b, []byte("."))
}
