package typeset

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
)

// The fonts are strings, which stay in the program's read-only pages and cost no heap.
var (
	//go:embed font/NotoSans-Regular.ttf
	latinRegular string
	//go:embed font/NotoSans-Bold.ttf
	latinBold string
	//go:embed font/NotoSansTamil-Regular.ttf
	tamilRegular string
	//go:embed font/NotoSansTamil-Bold.ttf
	tamilBold string
	//go:embed font/NotoSansDevanagari-Regular.ttf
	devanagariRegular string
	//go:embed font/NotoSansDevanagari-Bold.ttf
	devanagariBold string
)

//go:generate font/make.sh

// Library holds the fonts, each parsed when it is first needed. It is safe for concurrent use.
type Library struct {
	scripts []script
}

// script is one writing system with its two weights. Latin comes first and also gives digits, spaces and punctuation.
type script struct {
	letters *unicode.RangeTable // what only this script has; nil for Latin
	tag     language.Script
	lang    language.Language
	weight  [2]func() (*face, error) // regular, bold
}

// face is one parsed font.
type face struct {
	name   string
	order  int // place among all faces: resources of a document are numbered by it
	tag    language.Script
	lang   language.Language
	font   *font.Font
	tables map[string]string
}

// New makes a library of the fonts that are built in. It is cheap.
func New() *Library {
	l := &Library{}
	add := func(letters *unicode.RangeTable, tag language.Script, lang, name, regular, bold string) {
		s := script{letters: letters, tag: tag, lang: language.NewLanguage(lang)}
		order := 2 * len(l.scripts)
		for i, data := range []string{regular, bold} {
			f := face{name: name + "-" + []string{"Regular", "Bold"}[i], order: order + i, tag: s.tag, lang: s.lang}
			s.weight[i] = sync.OnceValues(func() (*face, error) { return parse(f, data) })
		}
		l.scripts = append(l.scripts, s)
	}
	add(nil, language.Latin, "en", "NotoSans", latinRegular, latinBold)
	add(unicode.Tamil, language.Tamil, "ta", "NotoSansTamil", tamilRegular, tamilBold)
	add(unicode.Devanagari, language.Devanagari, "hi", "NotoSansDevanagari", devanagariRegular, devanagariBold)
	return l
}

const unitsPerEm = 1000 // of every font built in; PDF measures glyphs in the same unit

func parse(f face, data string) (*face, error) {
	parsed, err := font.ParseTTF(strings.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("parse font %s: %w", f.name, err)
	}
	if parsed.Upem() != unitsPerEm {
		return nil, fmt.Errorf("font %s has %d units per em, not %d", f.name, parsed.Upem(), unitsPerEm)
	}
	f.font, f.tables = parsed.Font, fontTables(data)
	return &f, nil
}

// has tells whether the font has a glyph for r.
func (f *face) has(r rune) bool {
	_, ok := f.font.Cmap.Lookup(r)
	return ok
}

// width gives the advance of a glyph in units.
func (f *face) width(g uint16) int {
	metrics := int(be16(f.tables["hhea"], 34))
	return int(be16(f.tables["hmtx"], 4*min(int(g), metrics-1)))
}

// fontTables finds the tables of a TrueType file that the parser has already accepted.
func fontTables(data string) map[string]string {
	tables := map[string]string{}
	for i := range int(be16(data, 4)) {
		entry := data[12+16*i:]
		from, size := be32(entry, 8), be32(entry, 12)
		tables[entry[:4]] = data[from : from+size]
	}
	return tables
}

func be16(s string, at int) uint16 { return binary.BigEndian.Uint16([]byte(s[at : at+2])) }
func be32(s string, at int) uint32 { return binary.BigEndian.Uint32([]byte(s[at : at+4])) }
