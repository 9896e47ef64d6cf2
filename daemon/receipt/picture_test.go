package receipt_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// noise is what no PNG makes small.
func noise(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	seed := uint32(1)
	for i := range img.Pix {
		seed = seed*1664525 + 1013904223
		img.Pix[i] = byte(seed>>24) | 0xff*byte(i%4/3)
	}
	return img
}

func TestPictureIsWrittenAnew(t *testing.T) {
	t.Parallel()
	wide := image.NewNRGBA(image.Rect(10, 10, 1610, 410)) // see-through, with a bar of ink on the left
	for y := 10; y < 410; y++ {
		for x := 10; x < 810; x++ {
			wide.SetNRGBA(x, y, color.NRGBA{B: 200, A: 255})
		}
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, wide, nil); err != nil {
		t.Fatal(err)
	}
	secret := []byte("GPSLatitude 13.0827")
	withEXIF := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(secret) + 2)}, append(secret, photo.Bytes()[2:]...)...)
	for _, tt := range []struct {
		name          string
		in            []byte
		media         string
		width, height int
	}{
		{"png", pngOf(t, wide), "image/png", 800, 200},
		{"jpeg", withEXIF, "image/jpeg", 800, 200},
		{"small", pngOf(t, image.NewGray16(image.Rect(0, 0, 3, 5))), "image/png", 3, 5},
		{"photograph as png", pngOf(t, noise(400, 300)), "image/jpeg", 400, 300},
		{"a line", pngOf(t, image.NewGray(image.Rect(0, 0, 5000, 1))), "image/png", 800, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := receipt.NewPicture(tt.in)
			if err != nil || p.Type != tt.media || p.Width != tt.width || p.Height != tt.height || receipt.PictureType(p.Data) != tt.media {
				t.Fatalf("NewPicture = %s %d × %d, %v", p.Type, p.Width, p.Height, err)
			}
			if bytes.Contains(p.Data, secret) {
				t.Error("it still has what else was in the file")
			}
			if _, err := typeset.New().Document(typeset.Info{}).Picture(p.Data); err != nil {
				t.Errorf("it cannot be drawn: %v", err)
			}
			again, err := receipt.NewPicture(p.Data)
			if err != nil || again.Width != p.Width {
				t.Errorf("taken again: %d wide, %v", again.Width, err)
			}
		})
	}
	p, err := receipt.NewPicture(pngOf(t, wide))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	ink, paper := color.RGBAModel.Convert(img.At(100, 100)), color.RGBAModel.Convert(img.At(700, 100))
	if ink != (color.RGBA{0, 0, 200, 255}) || paper != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("ink %v on paper %v", ink, paper)
	}
}

// A telephone turns nothing: it notes how it was held. The note goes, so the picture must be turned.
func TestPicturesOfTelephonesStandUpright(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 64, 32)) // dark where the upper left corner was
	for i := range img.Pix {
		if img.Pix[i] = 255; i%64 < 16 && i/64 < 16 {
			img.Pix[i] = 0
		}
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, img, nil); err != nil {
		t.Fatal(err)
	}
	for held, want := range map[byte]image.Point{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}, 0: {0, 0}, 9: {0, 0}} {
		for order, note := range map[string]string{
			"big":    "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(held) + "\x00\x00",
			"little": "Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(held) + "\x00\x00\x00",
		} {
			file := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(note) + 2)}, append([]byte(note), photo.Bytes()[2:]...)...)
			p, err := receipt.NewPicture(file)
			if err != nil {
				t.Fatal(err)
			}
			if turned := held >= 5 && held <= 8; turned != (p.Height == 64) {
				t.Errorf("%d, %s end: %d by %d", held, order, p.Width, p.Height)
				continue
			}
			out, err := jpeg.Decode(bytes.NewReader(p.Data))
			if err != nil {
				t.Fatal(err)
			}
			at := func(corner image.Point) color.Gray {
				return color.GrayModel.Convert(out.At(4+corner.X*(p.Width-9), 4+corner.Y*(p.Height-9))).(color.Gray)
			}
			for _, corner := range []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				if dark := at(corner).Y < 128; dark != (corner == want) {
					t.Errorf("%d, %s end: corner %v is dark: %v", held, order, corner, dark)
				}
			}
		}
	}
}

// bomb is a PNG of a few bytes whose header promises many pixels.
func bomb(w, h uint32) []byte {
	head := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	head = append(head, 8, 6, 0, 0, 0)
	out := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(out, head...), crc32.ChecksumIEEE(head))
}

func TestPicturesThatAreNone(t *testing.T) {
	t.Parallel()
	good := pngOf(t, image.NewGray(image.Rect(0, 0, 100, 100)))
	for _, tt := range []struct {
		name string
		in   []byte
		code ngo.Code
	}{
		{"nothing", nil, ngo.Invalid},
		{"text", []byte("<svg onload=alert(1)>"), ngo.Invalid},
		{"a GIF", []byte("GIF89a\x01\x00\x01\x00"), ngo.Invalid},
		{"too large", make([]byte, receipt.MaxPicture+1), ngo.TooLarge},
		{"too many pixels", pngOf(t, image.NewGray(image.Rect(0, 0, 2001, 2000))), ngo.Invalid},
		{"a bomb", bomb(60_000, 60_000), ngo.Invalid},
		{"a bomb that overflows", bomb(1<<31-1, 1<<31-1), ngo.Invalid},
		{"no width", bomb(0, 5), ngo.Invalid},
		{"cut off", good[:len(good)/2], ngo.Invalid},
	} {
		if _, err := receipt.NewPicture(tt.in); ngo.CodeOf(err) != tt.code {
			t.Errorf("%s: %v; want %s", tt.name, err, tt.code)
		}
	}
}

func FuzzPicture(f *testing.F) {
	f.Add(pngOf(f, image.NewGray(image.Rect(0, 0, 3, 3))))
	f.Add(bomb(60_000, 60_000))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xdb})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := receipt.NewPicture(data)
		if err == nil && (p.Width < 1 || p.Width > 800 || p.Height < 1 || len(p.Data) == 0) {
			t.Errorf("%d × %d, %d bytes", p.Width, p.Height, len(p.Data))
		}
	})
}

// A JPEG may go over its dots as often as it likes, in twenty bytes each time: one of a megabyte would keep a processor busy for
// many minutes.
func TestPictureOfThousandsOfScansIsRefused(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	b.WriteString("\xff\xd8")
	b.WriteString("\xff\xc2\x00\x0b\x08\x07\xd0\x07\xd0\x01\x01\x11\x00") // progressive, 2000 × 2000, grey
	b.WriteString("\xff\xc4\x00\x14\x10\x01" + strings.Repeat("\x00", 15) + "\xe0")
	for range 1000 {
		b.WriteString("\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x10" + "\x7f\xfe\xff\x00\xff\x00") // nothing to refine, in 62,500 blocks
	}
	b.WriteString("\xff\xd9")
	begun := time.Now()
	_, err := receipt.NewPicture(b.Bytes())
	if took := time.Since(begun); ngo.CodeOf(err) != ngo.Invalid || took > 20*time.Second {
		t.Errorf("NewPicture of %d bytes = %v after %s; want Invalid at once", b.Len(), err, took)
	}
}

// A strip that is taller than a JPEG can be is made smaller like a wide one.
func TestTallPicturesAreMadeSmaller(t *testing.T) {
	t.Parallel()
	strip := image.NewRGBA(image.Rect(0, 0, 40, 90_000))
	for y := range 90_000 {
		for x := range 40 {
			strip.SetRGBA(x, y, color.RGBA{byte(y*y>>9 + x/20), byte(y), byte(y >> 5), 255}) // too much for a light PNG
		}
	}
	data := pngOf(t, strip)
	p, err := receipt.NewPicture(data)
	if err != nil || p.Width != 1 || p.Height != 1600 {
		t.Errorf("NewPicture of %d bytes = %d × %d, %v; want 1 × 1600", len(data), p.Width, p.Height, err)
	}
}
