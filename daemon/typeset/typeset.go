// Package typeset puts text on pages: it shapes Latin, Tamil and Devanagari letters with the fonts it carries, breaks
// lines, and writes PDF files whose text can be selected, searched and read aloud.
//
// A Library holds the fonts. It parses each when first needed and is safe for concurrent use; a Document belongs to one
// goroutine. The same calls give the same bytes, on every machine. A letter that no font has is never dropped or shown as
// an empty box: where it only looks different from a common one, that is set, else U+FFFD stands in its place, the text layer
// keeps the letter, and Document.Missing counts it.
//
// Files keep to PDF/A-2b: all fonts are inside, colours are sRGB, nothing is transparent, and the metadata says so.
//
// The package does no I/O and knows nothing of what is printed. Text is expected to be clean (see ngo.Printable); control
// signs in it are left out. Right-to-left scripts are not supported: their letters count as missing.
package typeset

import (
	"fmt"
	"strings"
	"time"
)

// Size is that of a page in points (1/72 inch).
type Size struct{ Width, Height float64 }

// Paper sizes, upright.
var (
	A4 = Size{595.28, 841.89}
	A5 = Size{419.53, 595.28}
)

// Color is an sRGB colour. The zero value is black.
type Color struct{ R, G, B uint8 }

// Style says how text looks.
type Style struct {
	Size    float64 // of the letters, in points; 10 if 0
	Bold    bool
	Color   Color
	Leading float64 // distance of two baselines in multiples of Size; 1.4 if 0, room for the signs of Indian scripts
}

func (s Style) size() float64 {
	if s.Size <= 0 {
		return 10
	}
	return s.Size
}

// Pitch is the distance from one baseline to the next, in points.
func (s Style) Pitch() float64 {
	if s.Leading <= 0 {
		return s.size() * 1.4
	}
	return s.size() * s.Leading
}

// Info is what a document says of itself.
type Info struct {
	Title, Author, Subject string
	Lang                   string    // BCP 47; en-IN if empty
	Created                time.Time // the file carries no other time
}

// Document is a PDF file being made. It is not safe for concurrent use.
type Document struct {
	info    Info
	shaper  *shaper
	pages   []*Page
	missing int

	pictures []*Picture
}

// Document starts an empty document.
func (l *Library) Document(info Info) *Document {
	if info.Lang == "" {
		info.Lang = "en-IN"
	}
	for _, s := range []*string{&info.Title, &info.Author, &info.Subject, &info.Lang} {
		*s = clean(*s)
	}
	return &Document{info: info, shaper: newShaper(l)}
}

// Page adds a page and gives it to be drawn on.
func (d *Document) Page(size Size) *Page {
	p := &Page{doc: d, size: size}
	d.pages = append(d.pages, p)
	return p
}

// Missing tells how many letters that were drawn so far no font had.
func (d *Document) Missing() int { return d.missing }

// Width measures text in one line, in points.
func (d *Document) Width(text string, style Style) float64 {
	return d.oneLine(text, style).Width
}

// Bytes gives the file. It fails if the document is empty or a font turned out to be broken.
func (d *Document) Bytes() ([]byte, error) {
	if err := d.shaper.err; err != nil {
		return nil, fmt.Errorf("shape text: %w", err)
	}
	if len(d.pages) == 0 {
		return nil, fmt.Errorf("write document %q: it has no page", d.info.Title)
	}
	return d.file()
}

// clean makes text fit for a single line and for XML: valid UTF-8 without control signs.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if ignored(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
