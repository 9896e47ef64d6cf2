package receipt

import (
	"encoding/binary"
	"image"
)

// orientation tells how a camera held a JPEG, as EXIF counts: 1 is upright, and so is one that does not say. What else it tells is
// not looked at, and goes.
func orientation(data []byte) int {
	for at := 2; at+4 <= len(data) && data[at] == 0xff && data[at+1] != 0xda; {
		end := at + 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		if end > len(data) || end < at+4 {
			return 1
		}
		if body := data[at+4 : end]; data[at+1] == 0xe1 && len(body) > 14 && string(body[:6]) == "Exif\x00\x00" {
			return tiffOrientation(body[6:])
		}
		at = end
	}
	return 1
}

func tiffOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if v := order.Uint16(entries[8:]); order.Uint16(entries) == 0x0112 && v >= 1 && v <= 8 {
			return int(v)
		}
		entries = entries[12:]
	}
	return 1
}

// upright turns a picture as its orientation says.
func upright(in *image.RGBA, orientation int) *image.RGBA {
	w, h := in.Rect.Dx()-1, in.Rect.Dy()-1
	from, ok := map[int]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return w - x, y },
		3: func(x, y int) (int, int) { return w - x, h - y },
		4: func(x, y int) (int, int) { return x, h - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, h - x },
		7: func(x, y int) (int, int) { return w - y, h - x },
		8: func(x, y int) (int, int) { return w - y, x },
	}[orientation]
	if !ok {
		return in
	}
	size := in.Rect.Size()
	if orientation >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			out.SetRGBA(x, y, in.RGBAAt(from(x, y)))
		}
	}
	return out
}
