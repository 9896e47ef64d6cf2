package inspect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	mostPicture = 32 << 20  // bytes of a picture that is decoded
	mostDecoded = 200 << 20 // bytes that decoding may take
	thumbSide   = 256
)

// decode proves that the content is the picture that its head promises, and makes the small one. cost is what each dot takes.
func (f *file) decode(all []byte, cost int64, read func(io.Reader) (image.Image, error)) error {
	if int64(f.report.Width)*int64(f.report.Height)*cost > mostDecoded {
		return refusal(fmt.Sprintf("it has %d × %d dots in a form that takes too much memory to look at", f.report.Width, f.report.Height))
	}
	img, err := read(bytes.NewReader(all))
	if err != nil {
		return whyCut
	}
	f.report.Thumb = thumb(img)
	return nil
}

// thumb gives a picture that fits a small square; nil when it cannot be written.
func thumb(img image.Image) []byte {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if long := max(w, h); long > thumbSide {
		w, h = max(1, w*thumbSide/long), max(1, h*thumbSide/long)
	}
	small := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), img, b, draw.Src, nil)
	var out bytes.Buffer
	if err := png.Encode(&out, small); err != nil {
		return nil
	}
	return out.Bytes()
}

func (f *file) config(all []byte, read func(io.Reader) (image.Config, error)) (image.Config, error) {
	c, err := read(bytes.NewReader(all))
	if err != nil {
		return c, whyCut
	}
	return c, f.sized(int64(c.Width), int64(c.Height))
}

func checkJPEG(f *file) error {
	all, err := f.whole(mostPicture)
	if err != nil {
		return err
	}
	if _, err := f.config(all, jpeg.DecodeConfig); err != nil {
		return err
	}
	cost := int64(4)
	if progressive(all) {
		cost = 15 // its parts are gathered as numbers of four bytes before any dot is made
	}
	return f.decode(all, cost, jpeg.Decode)
}

// progressive tells whether a JPEG comes in several passes.
func progressive(all []byte) bool {
	for at := 2; at+4 <= len(all); {
		if all[at] != 0xff {
			at++
			continue
		}
		switch marker := all[at+1]; {
		case marker == 0xc2:
			return true
		case marker == 0xda:
			return false
		case marker == 0xff:
			at++
		case marker == 0 || marker >= 0xd0 && marker <= 0xd8:
			at += 2
		default:
			at += 2 + int(binary.BigEndian.Uint16(all[at+2:]))
		}
	}
	return false
}

func checkPNG(f *file) error {
	all, err := f.whole(mostPicture)
	if err != nil {
		return err
	}
	c, err := f.config(all, png.DecodeConfig)
	if err != nil {
		return err
	}
	cost := int64(4)
	switch c.ColorModel {
	case color.NRGBA64Model, color.RGBA64Model:
		cost = 8
	case color.GrayModel:
		cost = 1
	case color.Gray16Model:
		cost = 2
	default:
		if _, few := c.ColorModel.(color.Palette); few {
			cost = 1
		}
	}
	if len(all) > 28 && all[28] != 0 {
		cost *= 2 // interlaced
	}
	return f.decode(all, cost, png.Decode)
}

func checkGIF(f *file) error {
	all, err := f.whole(mostPicture)
	if err != nil {
		return err
	}
	if _, err := f.config(all, gif.DecodeConfig); err != nil {
		return err
	}
	if err := f.countGIF(all); err != nil {
		return err
	}
	return f.decode(all, 1, gif.Decode)
}

// countGIF walks the blocks without unpacking any: decoding all frames at once is how a small file fills a memory.
func (f *file) countGIF(all []byte) error {
	at := 13 + table(all[10])
	for frames := 0; at < len(all); {
		switch all[at] {
		case ';':
			return nil
		case '!':
			at += 2
		case ',':
			if frames++; frames > f.ask.Limits.Frames {
				return refusal(fmt.Sprintf("it moves in more than %d pictures", f.ask.Limits.Frames))
			}
			if at+10 > len(all) {
				return whyCut
			}
			at += 11 + table(all[at+9])
		default:
			return whyCut
		}
		for at < len(all) && all[at] != 0 {
			at += 1 + int(all[at])
		}
		at++
	}
	return whyCut
}

// table gives the size of the colours that a block's flags announce.
func table(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

func checkWebP(f *file) error {
	all, err := f.whole(mostPicture)
	if err != nil {
		return err
	}
	w := webpWalk{file: f}
	if err := w.walk(all); err != nil {
		return err
	}
	if w.first == nil {
		if _, err := f.config(all, webp.DecodeConfig); err != nil {
			return err
		}
		return f.decode(all, 8, webp.Decode)
	}
	// Of a moving one the first picture is decoded, which the decoder knows only as a file of its own.
	alone := append([]byte("RIFF\x00\x00\x00\x00WEBP"), w.first...)
	binary.LittleEndian.PutUint32(alone[4:], uint32(len(alone)-8))
	c, err := webp.DecodeConfig(bytes.NewReader(alone))
	if err != nil || int64(c.Width)*int64(c.Height) > f.ask.Limits.Pixels {
		return whyCut
	}
	return f.decode(alone, 8, webp.Decode)
}

// webpWalk walks the chunks of a WebP.
type webpWalk struct {
	file   *file
	frames int
	first  []byte // the chunk with the first picture of a moving one
}

func (w *webpWalk) walk(all []byte) error {
	size := int64(binary.LittleEndian.Uint32(all[4:])) + 8
	if size > int64(len(all)) || size < 20 {
		return whyCut
	}
	return chunks(all[12:size], func(kind string, body []byte) error {
		switch kind {
		case "VP8X":
			if len(body) < 10 {
				return whyCut
			}
			return w.file.sized(1+threeBytes(body[4:]), 1+threeBytes(body[7:]))
		case "ANMF":
			return w.frame(body)
		}
		return nil
	})
}

func threeBytes(b []byte) int64 { return int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16 }

func (w *webpWalk) frame(body []byte) error {
	if w.frames++; w.frames > w.file.ask.Limits.Frames {
		return refusal(fmt.Sprintf("it moves in more than %d pictures", w.file.ask.Limits.Frames))
	}
	if len(body) < 16 {
		return whyCut
	}
	if w.first != nil {
		return nil
	}
	return chunks(body[16:], func(kind string, part []byte) error {
		if w.first == nil && (kind == "VP8 " || kind == "VP8L") {
			w.first = binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(part)))
			w.first = append(append(w.first, part...), make([]byte, len(part)&1)...)
		}
		return nil
	})
}

// chunks goes through the parts of a RIFF file.
func chunks(b []byte, do func(kind string, body []byte) error) error {
	for len(b) >= 8 {
		kind, size := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		if size > int64(len(b))-8 {
			return whyCut
		}
		if err := do(kind, b[8:8+size]); err != nil {
			return err
		}
		b = b[min(int64(len(b)), 8+size+size&1):]
	}
	return nil
}
