package typeset

import (
	"testing"
)

func TestSubsetKeepsOutlinesAndNumbers(t *testing.T) {
	t.Parallel()
	for _, sc := range New().scripts {
		for _, weight := range sc.weight {
			f, err := weight()
			if err != nil {
				t.Fatal(err)
			}
			checkSubset(t, f, map[uint16][]rune{0: nil, 5: nil, 7: nil, 60: nil, 200: nil})
		}
	}
}

// checkSubset also covers composed glyphs: many of the numbers above are, and their parts must come along.
func checkSubset(t *testing.T, f *face, used map[uint16][]rune) {
	t.Helper()
	small := &face{name: f.name, tables: fontTables(string(f.subset(used)))}
	kept := map[uint16]bool{}
	for g := range used {
		f.keep(g, kept)
	}
	count := be16(small.tables["maxp"], 4)
	for g := range count {
		if !kept[g] {
			if small.outline(g) != "" {
				t.Errorf("%s: glyph %d was kept without need", f.name, g)
			}
			continue
		}
		want := f.outline(g)
		if got := small.outline(g); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("%s: glyph %d changed", f.name, g)
		}
		if small.width(g) != f.width(g) {
			t.Errorf("%s: glyph %d is %d wide; want %d", f.name, g, small.width(g), f.width(g))
		}
	}
}

func TestFontsHaveWhatReceiptsNeed(t *testing.T) {
	t.Parallel()
	need := []string{
		"ABCabc0123456789₹,.:;/()-–—’“”…•�Żśāṇḷṭ", "ஸ்ரீகோபால₹।", "श्रीकृष्ण₹।॥०",
	}
	for i, sc := range New().scripts {
		for _, weight := range sc.weight {
			f, err := weight()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range need[i] {
				if !f.has(r) {
					t.Errorf("%s lacks %c (%U)", f.name, r, r)
				}
			}
		}
	}
}
