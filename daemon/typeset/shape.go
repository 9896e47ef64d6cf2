package typeset

import (
	"slices"
	"unicode"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"golang.org/x/text/unicode/norm"
)

// shaper turns words into glyphs and remembers which glyphs a document needs.
type shaper struct {
	lib   *Library
	buf   *harfbuzz.Buffer
	fonts map[*face]*harfbuzz.Font
	words map[wordKey]word
	used  map[*face]map[uint16][]rune // glyph → what it stands for
	err   error
}

type wordKey struct {
	text string
	bold bool
}

// word is shaped text between two places where a line may break.
type word struct {
	runs  []run
	width int // in units, without the spaces at its end
	space int // width of those spaces
}

// run is a part of a word in one face.
type run struct {
	face   *face
	text   []rune // what a reader should get when copying
	glyphs []glyph
	plain  bool // each glyph is one letter, in order and in its place: the text needs no further telling
	lost   bool // no font has the letter
}

type glyph struct {
	id              uint16
	advance, dx, dy int // in units
}

func newShaper(l *Library) *shaper {
	return &shaper{
		lib: l, buf: harfbuzz.NewBuffer(), fonts: map[*face]*harfbuzz.Font{},
		words: map[wordKey]word{}, used: map[*face]map[uint16][]rune{},
	}
}

// word shapes text, which has spaces only at its end.
func (s *shaper) word(text []rune, bold bool) word {
	key := wordKey{string(text), bold}
	if w, ok := s.words[key]; ok {
		return w
	}
	var w word
	body := len(text)
	for body > 0 && unicode.Is(unicode.Zs, text[body-1]) {
		body--
	}
	for _, part := range s.itemise(s.plainer(text[:body], bold), bold) {
		r := s.shape(part)
		w.runs = append(w.runs, r)
		w.width += r.width()
	}
	if latin := s.face(0, bold); latin != nil && body < len(text) {
		space := s.shape(item{face: latin, shown: []rune{' '}, text: []rune{' '}})
		w.space = (len(text) - body) * space.width()
	}
	s.words[key] = w
	return w
}

func (r run) width() int {
	n := 0
	for _, g := range r.glyphs {
		n += g.advance
	}
	return n
}

// plainer puts common letters in the place of those that only look different and that no font has: ligatures, wide letters, the
// bold and italic ones made for mathematics that people dress their names in.
func (s *shaper) plainer(text []rune, bold bool) []rune {
	out := text
	for i := len(text) - 1; i >= 0; i-- {
		r := text[i]
		if r < 0x80 || ignored(r) || unicode.Is(unicode.M, r) || s.faceOf(r, nil, bold) != nil {
			continue
		}
		common := []rune(norm.NFKC.String(string(r)))
		if string(common) == string(r) || slices.ContainsFunc(common, func(c rune) bool { return s.faceOf(c, nil, bold) == nil }) {
			continue
		}
		out = slices.Concat(out[:i:i], common, out[i+1:])
	}
	return out
}

// item is text in one face before shaping. shown differs from text where a letter is missing.
type item struct {
	face        *face
	shown, text []rune
	lost        bool
}

const replacement = '\uFFFD'

// itemise splits text so that one face has all letters of each part. Marks and joiners stay with the letter before them.
func (s *shaper) itemise(text []rune, bold bool) []item {
	var items []item
	for _, r := range text {
		if ignored(r) {
			continue
		}
		last := len(items) - 1
		follows := last >= 0 && (unicode.Is(unicode.M, r) || joiner(r) || skinTone(r))
		if follows && (items[last].lost || joiner(r) || items[last].face.has(r)) {
			items[last].add(r)
			continue
		}
		var current *face
		if last >= 0 {
			current = items[last].face
		}
		f := s.faceOf(r, current, bold)
		switch {
		case s.err != nil:
			return nil
		case f == nil:
			items = append(items, item{face: s.face(0, bold), shown: []rune{replacement}, text: []rune{r}, lost: true})
		case last >= 0 && f == current && !items[last].lost:
			items[last].add(r)
		default:
			items = append(items, item{face: f, shown: []rune{r}, text: []rune{r}})
		}
	}
	return items
}

func (it *item) add(r rune) {
	it.text = append(it.text, r)
	if !it.lost {
		it.shown = append(it.shown, r)
	}
}

// faceOf picks the face for a letter: Latin where it has it, else the current one, else that of the letter's script. It is
// nil when none has it. Going by what fonts have matters: the danda is a letter of no script.
func (s *shaper) faceOf(r rune, current *face, bold bool) *face {
	if f := s.face(0, bold); f == nil || f.has(r) {
		return f
	}
	if current != nil && current.has(r) {
		return current
	}
	for i, sc := range s.lib.scripts {
		danda := (r == '।' || r == '॥') && sc.tag == language.Devanagari
		if i == 0 || !unicode.Is(sc.letters, r) && !danda {
			continue
		}
		if f := s.face(i, bold); f != nil && f.has(r) {
			return f
		}
	}
	return nil
}

// face gives a face of the library and keeps the first error.
func (s *shaper) face(i int, bold bool) *face {
	weight := 0
	if bold {
		weight = 1
	}
	f, err := s.lib.scripts[i].weight[weight]()
	if err != nil && s.err == nil {
		s.err = err
	}
	return f
}

func (s *shaper) shape(it item) run {
	f := it.face
	if s.fonts[f] == nil {
		s.fonts[f] = harfbuzz.NewFont(font.NewFace(f.font))
		s.used[f] = map[uint16][]rune{0: nil}
	}
	s.buf.Clear()
	s.buf.AddRunes(it.shown, 0, len(it.shown))
	s.buf.Props = harfbuzz.SegmentProperties{Direction: harfbuzz.LeftToRight, Script: f.tag, Language: f.lang}
	s.buf.Shape(s.fonts[f], nil)
	out := run{face: f, text: it.text, lost: it.lost, glyphs: make([]glyph, len(s.buf.Info))}
	out.plain = !it.lost && len(s.buf.Info) == len(it.shown)
	for i, info := range s.buf.Info {
		pos := s.buf.Pos[i]
		out.glyphs[i] = glyph{id: uint16(info.Glyph), advance: int(pos.XAdvance), dx: int(pos.XOffset), dy: int(pos.YOffset)}
		nominal, _ := f.font.Cmap.Lookup(it.shown[min(i, len(it.shown)-1)])
		out.plain = out.plain && nominal == info.Glyph && pos.XOffset == 0 && pos.YOffset == 0 && pos.XAdvance > 0
	}
	s.note(f, it.shown)
	return out
}

// note records what the glyphs just shaped stand for, for readers that know no more than one text for each glyph: a letter's
// own glyph stands for it, and the first other glyph of a cluster for all letters that are left.
func (s *shaper) note(f *face, text []rune) {
	infos := s.buf.Info
	for i := 0; i < len(infos); {
		n := i
		for n < len(infos) && infos[n].Cluster == infos[i].Cluster {
			n++
		}
		end := len(text)
		if n < len(infos) {
			end = infos[n].Cluster
		}
		s.noteCluster(f, infos[i:n], text[infos[i].Cluster:end])
		i = n
	}
}

func (s *shaper) noteCluster(f *face, infos []harfbuzz.GlyphInfo, letters []rune) {
	used := s.used[f]
	left := slices.Clone(letters)
	var others []uint16
	for _, info := range infos {
		g := uint16(info.Glyph)
		at := slices.IndexFunc(left, func(r rune) bool { nominal, ok := f.font.Cmap.Lookup(r); return ok && nominal == info.Glyph })
		if at < 0 {
			others = append(others, g)
			continue
		}
		used[g] = []rune{left[at]}
		left = slices.Delete(left, at, at+1)
	}
	for _, g := range others {
		if _, known := used[g]; !known {
			used[g], left = left, nil
		}
	}
}

func skinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

func joiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// ignored tells whether r is a control sign that leaves no mark, or no sign at all.
func ignored(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Noncharacter_Code_Point) && !joiner(r)
}
