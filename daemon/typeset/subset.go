package typeset

import (
	"encoding/binary"
	"maps"
	"slices"
)

// subset makes a font file with the outlines of the given glyphs only. Glyphs keep their numbers, so that the page can name
// them as the shaper did; those behind the last one used are cut off.
func (f *face) subset(used map[uint16][]rune) []byte {
	keep := map[uint16]bool{}
	for g := range used {
		f.keep(g, keep)
	}
	count := int(slices.Max(slices.Collect(maps.Keys(keep)))) + 1
	var glyf, loca []byte
	for g := range count {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if keep[uint16(g)] {
			glyf = append(glyf, f.outline(uint16(g))...)
			glyf = pad4(glyf)
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))

	head, hhea, maxp := []byte(f.tables["head"]), []byte(f.tables["hhea"]), []byte(f.tables["maxp"])
	binary.BigEndian.PutUint32(head[8:], 0)  // the checksum of the whole file, which nobody checks inside a PDF
	binary.BigEndian.PutUint16(head[50:], 1) // long offsets in loca
	binary.BigEndian.PutUint16(hhea[34:], uint16(count))
	binary.BigEndian.PutUint16(maxp[4:], uint16(count))
	return sfnt([]table{
		{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", f.metrics(count, keep)}, {"loca", loca}, {"maxp", maxp},
	})
}

// keep marks a glyph and those it is composed of.
func (f *face) keep(g uint16, keep map[uint16]bool) {
	if keep[g] {
		return
	}
	keep[g] = true
	const words, scale, more, scaleXY, matrix = 1, 8, 0x20, 0x40, 0x80
	d := f.outline(g)
	if len(d) < 10 || be16(d, 0) < 0x8000 { // empty, or no negative count of contours: not composed
		return
	}
	for at, flags := 10, uint16(more); flags&more != 0; {
		flags = be16(d, at)
		f.keep(be16(d, at+2), keep)
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&scaleXY != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
	}
}

// outline gives a glyph's description.
func (f *face) outline(g uint16) string {
	loca, i := f.tables["loca"], int(g)
	if be16(f.tables["head"], 50) == 1 {
		return f.tables["glyf"][be32(loca, 4*i):be32(loca, 4*i+4)]
	}
	return f.tables["glyf"][2*int(be16(loca, 2*i)) : 2*int(be16(loca, 2*i+2))]
}

// metrics gives a full entry of hmtx for each glyph; those of glyphs not kept are zero and compress to nothing.
func (f *face) metrics(count int, keep map[uint16]bool) []byte {
	hmtx, full := f.tables["hmtx"], int(be16(f.tables["hhea"], 34))
	out := make([]byte, 4*count)
	for g := range keep {
		at := 4*int(g) + 2
		if int(g) >= full {
			at = 4*full + 2*(int(g)-full)
		}
		binary.BigEndian.PutUint16(out[4*int(g):], uint16(f.width(g)))
		binary.BigEndian.PutUint16(out[4*int(g)+2:], be16(hmtx, at))
	}
	return out
}

type table struct {
	tag  string
	data []byte
}

// sfnt writes a TrueType file of tables that are sorted by tag.
func sfnt(tables []table) []byte {
	power := 1
	for 2*power <= len(tables) {
		power *= 2
	}
	log := 0
	for 1<<(log+1) <= power {
		log++
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{len(tables), 16 * power, log, 16 * (len(tables) - power)} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*len(tables)
	for _, t := range tables {
		out = append(out, t.tag...)
		for _, v := range []uint32{checksum(t.data), uint32(at), uint32(len(t.data))} {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = pad4(append(out, t.data...))
	}
	return out
}

func checksum(data []byte) uint32 {
	var sum uint32
	for i := 0; i < len(data); i += 4 {
		var quad [4]byte
		copy(quad[:], data[i:])
		sum += binary.BigEndian.Uint32(quad[:])
	}
	return sum
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
