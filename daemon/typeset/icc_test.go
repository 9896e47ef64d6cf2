package typeset

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// The profile is as long as it says, its pieces lie inside it, and white is white.
func TestProfileHoldsTogether(t *testing.T) {
	t.Parallel()
	p := srgb()
	if got := int(binary.BigEndian.Uint32(p)); got != len(p) || !bytes.Equal(p[36:40], []byte("acsp")) {
		t.Fatalf("a profile of %d bytes says %d", len(p), got)
	}
	sums := [3]int{}
	for i := range binary.BigEndian.Uint32(p[128:]) {
		entry := p[132+12*i:]
		from, size := int(binary.BigEndian.Uint32(entry[4:])), int(binary.BigEndian.Uint32(entry[8:]))
		if from%4 != 0 || from+size > len(p) {
			t.Fatalf("%s lies at %d and has %d bytes", entry[:4], from, size)
		}
		if name := string(entry[:4]); name == "rXYZ" || name == "gXYZ" || name == "bXYZ" {
			for j := range sums {
				sums[j] += int(binary.BigEndian.Uint32(p[from+8+4*j:]))
			}
		}
	}
	for j, want := range [3]float64{0.9642, 1, 0.8249} {
		if got := float64(sums[j]) / 65536; got < want-0.001 || got > want+0.001 {
			t.Errorf("red, green and blue together have %g in the place of %g", got, want)
		}
	}
	if linear(0) != 0 || linear(1) < 0.9999 || linear(1) > 1.0001 {
		t.Errorf("the curve goes from %g to %g", linear(0), linear(1))
	}
}
