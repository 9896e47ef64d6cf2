package typeset

import (
	"encoding/binary"
	"math"
)

// srgb gives an ICC profile (version 2) of the sRGB colour space: archives want to know what the colours of a file mean. The
// numbers are those of IEC 61966-2-1, adapted to the white of the profile space.
func srgb() []byte {
	xyz := func(x, y, z float64) []byte {
		out := []byte("XYZ \x00\x00\x00\x00")
		for _, v := range []float64{x, y, z} {
			out = binary.BigEndian.AppendUint32(out, fixed(v))
		}
		return out
	}
	const copyright = "CC0, no rights reserved"
	const name = "sRGB IEC61966-2.1"
	text := append([]byte("text\x00\x00\x00\x00"), copyright+"\x00"...)
	desc := binary.BigEndian.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(name)+1))
	desc = append(append(desc, name+"\x00"...), make([]byte, 4+4+2+1+67)...) // without a name in Unicode or for the Macintosh
	curve := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), curvePoints)
	for i := range curvePoints {
		curve = binary.BigEndian.AppendUint16(curve, uint16(math.Round(65535*linear(float64(i)/(curvePoints-1)))))
	}
	return profile([]profileTag{
		{[]string{"desc"}, desc}, {[]string{"cprt"}, text}, {[]string{"wtpt"}, xyz(0.9505, 1, 1.0891)},
		{[]string{"rXYZ"}, xyz(0.43607, 0.22249, 0.01392)}, {[]string{"gXYZ"}, xyz(0.38515, 0.71687, 0.09708)},
		{[]string{"bXYZ"}, xyz(0.14307, 0.06061, 0.7141)}, {[]string{"rTRC", "gTRC", "bTRC"}, curve},
	})
}

const curvePoints = 256

// linear undoes the curve by which sRGB stores light.
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// fixed writes a number with 16 bits before and behind the point.
func fixed(v float64) uint32 { return uint32(math.Round(v * 65536)) }

// profileTag is a piece of a profile under one or more names.
type profileTag struct {
	names []string
	data  []byte
}

func profile(tags []profileTag) []byte {
	count := 0
	for _, t := range tags {
		count += len(t.names)
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(count))
	var body []byte
	start := 128 + 4 + 12*count
	for _, t := range tags {
		for _, name := range t.names {
			table = append(table, name...)
			table = binary.BigEndian.AppendUint32(table, uint32(start+len(body)))
			table = binary.BigEndian.AppendUint32(table, uint32(len(t.data)))
		}
		body = append(body, t.data...)
		body = append(body, make([]byte, (4-len(body)%4)%4)...)
	}
	head := make([]byte, 128)
	binary.BigEndian.PutUint32(head, uint32(start+len(body)))
	binary.BigEndian.PutUint32(head[8:], 0x02100000)
	copy(head[12:], "mntrRGB XYZ ")
	binary.BigEndian.PutUint16(head[24:], 2026) // the day it was made: 2026-01-01
	binary.BigEndian.PutUint16(head[26:], 1)
	binary.BigEndian.PutUint16(head[28:], 1)
	copy(head[36:], "acsp")
	for i, v := range []float64{0.9642, 1, 0.8249} { // the white of the profile space
		binary.BigEndian.PutUint32(head[68+4*i:], fixed(v))
	}
	return append(append(head, table...), body...)
}
