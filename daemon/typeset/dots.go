package typeset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"

	"github.com/go-text/typesetting/font"
	ot "github.com/go-text/typesetting/font/opentype"
	"golang.org/x/image/vector"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What a picture of text may come to: more than anybody reads in one.
const (
	mostLetters = 20_000
	mostDots    = 24_000_000
	letterDots  = 16 // height of the letters at scale 1
)

// Picture draws text as a PNG of so many dots in width, in black on white, broken into lines where they are full. At scale 1 letters
// are 16 dots high. It is for terminals that cannot shape the text themselves. What does not fit into a picture of reasonable size
// is left out, and an ellipsis stands for it. It fails with Invalid for a width or scale that cannot be.
func (l *Library) Picture(text string, width int, scale float64) ([]byte, error) {
	if !(scale >= 0.5 && scale <= 8) || width < int(8*letterDots*scale) || width > 8192 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("a picture of text cannot be %d dots wide at scale %g", width, scale),
			Hint: "take a scale of 0.5 to 8, and a width of at least 128 dots times that"}
	}
	style := Style{Size: letterDots * scale}
	margin := math.Round(style.Size / 2)
	d := l.Document(Info{})
	lines := d.Wrap(beginning(text, mostLetters), float64(width)-2*margin, style)
	pitch := math.Ceil(style.Pitch())
	if most := max(1, int((mostDots/float64(width)-2*margin)/pitch)); len(lines) > most {
		lines = append(lines[:most-1], d.oneLine("…", style))
	}
	c := canvas{dots: image.NewGray(image.Rect(0, 0, width, int(2*margin+pitch*float64(max(len(lines), 1))))), unit: style.Size / unitsPerEm}
	draw.Draw(c.dots, c.dots.Bounds(), image.White, image.Point{}, draw.Src)
	for i, line := range lines {
		c.line(margin, margin+pitch*float64(i)+math.Round(0.75*pitch), line)
	}
	if err := d.shaper.err; err != nil {
		return nil, fmt.Errorf("shape text: %w", err)
	}
	var out bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, c.dots)
	return out.Bytes(), err
}

// beginning gives at most so many letters of a text.
func beginning(text string, most int) string {
	for i := range text {
		if most--; most < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// canvas is a picture that is drawn on.
type canvas struct {
	dots *image.Gray
	unit float64 // dots in a unit of the fonts
	pen  vector.Rasterizer
}

// line draws a line from x with its baseline at y.
func (c *canvas) line(x, y float64, line Line) {
	for _, word := range line.words {
		for _, r := range word.runs {
			face := font.NewFace(r.face.font)
			for _, g := range r.glyphs {
				if o, ok := face.GlyphData(font.GID(g.id)).(font.GlyphOutline); ok {
					c.glyph(x+float64(g.dx)*c.unit, y-float64(g.dy)*c.unit, o)
				}
				x += float64(g.advance) * c.unit
			}
		}
		x += float64(word.space) * c.unit
	}
}

// glyph fills an outline. The pen works on the part of the picture that the glyph is on.
func (c *canvas) glyph(x, y float64, o font.GlyphOutline) {
	box := c.bounds(x, y, o)
	if box.Empty() {
		return
	}
	c.pen.Reset(box.Dx(), box.Dy())
	left, top := float32(x)-float32(box.Min.X), float32(y)-float32(box.Min.Y)
	at := func(p ot.SegmentPoint) (float32, float32) {
		return left + p.X*float32(c.unit), top - p.Y*float32(c.unit)
	}
	for _, s := range o.Segments {
		ax, ay := at(s.Args[0])
		bx, by := at(s.Args[1])
		cx, cy := at(s.Args[2])
		switch s.Op {
		case ot.SegmentOpMoveTo:
			c.pen.ClosePath()
			c.pen.MoveTo(ax, ay)
		case ot.SegmentOpLineTo:
			c.pen.LineTo(ax, ay)
		case ot.SegmentOpQuadTo:
			c.pen.QuadTo(ax, ay, bx, by)
		case ot.SegmentOpCubeTo:
			c.pen.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	c.pen.ClosePath()
	c.pen.Draw(c.dots, box, image.NewUniform(color.Black), image.Point{})
}

// bounds gives where on the picture an outline lies; empty when nowhere.
func (c *canvas) bounds(x, y float64, o font.GlyphOutline) image.Rectangle {
	box := image.Rectangle{Min: image.Pt(math.MaxInt32, math.MaxInt32), Max: image.Pt(math.MinInt32, math.MinInt32)}
	for _, s := range o.Segments {
		for _, p := range s.ArgsSlice() {
			px, py := x+float64(p.X)*c.unit, y-float64(p.Y)*c.unit
			box.Min.X, box.Min.Y = min(box.Min.X, int(math.Floor(px))), min(box.Min.Y, int(math.Floor(py)))
			box.Max.X, box.Max.Y = max(box.Max.X, int(math.Ceil(px))+1), max(box.Max.Y, int(math.Ceil(py))+1)
		}
	}
	return box.Intersect(c.dots.Bounds())
}
