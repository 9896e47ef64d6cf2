package typeset

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// write embeds the face with the glyphs used and gives the number of its font object. Page content names glyphs by their
// number in the font (Identity-H), since most shaped glyphs have no character code.
func (f *face) write(out *pdf, used map[uint16][]rune) int {
	glyphs := slices.Sorted(maps.Keys(used))
	data := f.subset(used)
	name := subsetTag(data) + "+" + f.name
	file := out.stream(fmt.Sprintf("/Length1 %d", len(data)), data)
	descriptor := out.object(f.descriptor(name, file))
	descendant := out.object(fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s"+
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/DW 0/W[%s]/CIDToGIDMap/Identity>>",
		name, descriptor, f.widths(glyphs)))
	unicodes := out.stream("", []byte(toUnicode(glyphs, used)))
	return out.object(fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>",
		name, descendant, unicodes))
}

// subsetTag gives the six letters that tell one subset of a font from another.
func subsetTag(data []byte) string {
	digest := sha256.Sum256(data)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + digest[i]%26
	}
	return string(tag)
}

func (f *face) descriptor(name string, file int) string {
	head, hhea := f.tables["head"], f.tables["hhea"]
	signed := func(table string, at int) int { return int(int16(be16(table, at))) }
	const symbolic = 4 // the font has letters outside the standard Latin set
	stem := 80
	if f.order%2 == 1 {
		stem = 140
	}
	return fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags %d/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"+
		"/CapHeight 714/StemV %d/FontFile2 %d 0 R>>", name, symbolic, signed(head, 36), signed(head, 38), signed(head, 40), signed(head, 42),
		signed(hhea, 4), signed(hhea, 6), stem, file)
}

// widths lists the advances of glyphs, neighbours together.
func (f *face) widths(glyphs []uint16) string {
	var b strings.Builder
	for i, g := range glyphs {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "%d[", g)
		case glyphs[i-1]+1 != g:
			fmt.Fprintf(&b, "]%d[", g)
		default:
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%d", f.width(g))
	}
	return b.String() + "]"
}

// toUnicode writes the map from glyphs to text.
func toUnicode(glyphs []uint16, used map[uint16][]rune) string {
	var b strings.Builder
	b.WriteString("/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000><ffff>\nendcodespacerange\n")
	var lines []string
	for _, g := range glyphs {
		if text := used[g]; len(text) > 0 {
			lines = append(lines, fmt.Sprintf("<%04x><%s>\n", g, utf16Hex(string(text))))
		}
	}
	for part := range slices.Chunk(lines, 100) { // the most that one block may have
		fmt.Fprintf(&b, "%d beginbfchar\n%sendbfchar\n", len(part), strings.Join(part, ""))
	}
	b.WriteString("endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n")
	return b.String()
}
