package typeset

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestShapingAgreesWithHarfBuzz compares with what the original prints, for words that go wrong when letters are set in the
// order they are typed. testdata/hb-shape.txt was made with hb-shape 6.0.0 --no-glyph-names --no-clusters: a line is a font,
// a word, and glyph@dx,dy+advance for each glyph.
func TestShapingAgreesWithHarfBuzz(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/hb-shape.txt")
	if err != nil {
		t.Fatal(err)
	}
	lib := New()
	for line := range strings.Lines(string(data)) {
		parts := strings.Fields(line)
		if len(parts) != 3 {
			t.Fatalf("malformed line %q", line)
		}
		s := newShaper(lib)
		runs := s.word([]rune(parts[1]), false).runs
		if len(runs) != 1 || runs[0].face.name != parts[0] || s.err != nil {
			t.Errorf("%s: %d runs, %v; want one in %s", parts[1], len(runs), s.err, parts[0])
			continue
		}
		var got []string
		for _, g := range runs[0].glyphs {
			at := ""
			if g.dx != 0 || g.dy != 0 {
				at = fmt.Sprintf("@%d,%d", g.dx, g.dy)
			}
			got = append(got, fmt.Sprintf("%d%s+%d", g.id, at, g.advance))
		}
		if shaped := strings.Join(got, "|"); shaped != parts[2] {
			t.Errorf("%s: %s; want %s", parts[1], shaped, parts[2])
		}
	}
}
