package typeset

import (
	"github.com/go-text/typesetting/segmenter"
)

// Line is shaped text that fits one line.
type Line struct {
	Width float64 // in points, without spaces at the end
	style Style
	words []word
}

// Wrap breaks text into lines no wider than width points: at \n always, where the writing system allows it when needed, and
// inside a word only if the word alone is too wide. Empty text gives no line.
func (d *Document) Wrap(text string, width float64, style Style) []Line {
	room := int(width * unitsPerEm / style.size())
	var seg segmenter.Segmenter
	seg.Init([]rune(text))
	var lines []Line
	var words []word
	used := 0 // with the spaces behind the last word
	flush := func() {
		lines = append(lines, newLine(words, style))
		words, used = nil, 0
	}
	for it := seg.LineIterator(); it.Next(); {
		part := it.Line()
		for _, w := range d.fit(part.Text, room, style.Bold) {
			if len(words) > 0 && used+w.width > room {
				flush()
			}
			words = append(words, w)
			used += w.width + w.space
		}
		if part.IsMandatoryBreak {
			flush()
		}
	}
	if len(words) > 0 {
		flush()
	}
	return lines
}

// fit shapes one unbreakable part, in pieces if it is wider than a line.
func (d *Document) fit(text []rune, room int, bold bool) []word {
	whole := d.shaper.word(text, bold)
	if whole.width <= room {
		return []word{whole}
	}
	var seg segmenter.Segmenter
	seg.Init(text)
	var words []word
	from, to, used := 0, 0, 0
	for it := seg.GraphemeIterator(); it.Next(); {
		g := it.Grapheme()
		w := d.shaper.word(g.Text, bold)
		if to > from && used+w.width > room {
			words = append(words, d.shaper.word(text[from:to], bold))
			from, used = to, 0
		}
		to += len(g.Text)
		used += w.width
	}
	return append(words, d.shaper.word(text[from:], bold))
}

// oneLine shapes text without breaking it.
func (d *Document) oneLine(text string, style Style) Line {
	var seg segmenter.Segmenter
	seg.Init([]rune(text))
	var words []word
	for it := seg.LineIterator(); it.Next(); {
		words = append(words, d.shaper.word(it.Line().Text, style.Bold))
	}
	return newLine(words, style)
}

func newLine(words []word, style Style) Line {
	units := 0
	for i, w := range words {
		units += w.width
		if i < len(words)-1 {
			units += w.space
		}
	}
	return Line{Width: float64(units) * style.size() / unitsPerEm, style: style, words: words}
}
