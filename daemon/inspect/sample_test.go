package inspect

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func drawn(w, h int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.NRGBA{uint8(x), uint8(y), uint8(x * y), 255})
		}
	}
	return img
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, drawn(w, h), nil))
	return b.Bytes()
}

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, drawn(w, h)))
	return b.Bytes()
}

func gifOf(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black, color.White}))
		g.Delay = append(g.Delay, 1)
	}
	var b bytes.Buffer
	must(t, gif.EncodeAll(&b, g))
	return b.Bytes()
}

func config(t testing.TB, data []byte) image.Config {
	t.Helper()
	c, err := png.DecodeConfig(bytes.NewReader(data))
	must(t, err)
	return c
}

// hugePNG is a PNG that promises a size and brings packed nothings for it.
func hugePNG(t testing.TB, w, h uint32, bytesOfData int64) []byte {
	t.Helper()
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, body []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
		out = append(append(out, kind...), body...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(append([]byte(kind), body...)))
	}
	head := binary.BigEndian.AppendUint32(nil, w)
	head = binary.BigEndian.AppendUint32(head, h)
	chunk("IHDR", append(head, 8, 2, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, err := io.CopyN(z, zeros{}, bytesOfData)
	must(t, err)
	must(t, z.Close())
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// part is a file in an archive.
type part struct {
	name string
	body []byte
}

func zipOf(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		must(t, err)
		_, err = w.Write(p.body)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func docx(t testing.TB, more ...part) []byte {
	t.Helper()
	return zipOf(t, append([]part{
		{"[Content_Types].xml", []byte(`<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`)},
		{"word/document.xml", []byte("<w:document>Dear all</w:document>")},
	}, more...)...)
}

func ole(names ...string) []byte {
	out := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 600)...)
	for _, n := range names {
		out = append(append(out, wide(n)...), make([]byte, 64)...)
	}
	return out
}

// mp4 is a film or a recording as far as its boxes tell.
func mp4(brand, handler string) []byte {
	moov := boxOf("moov", boxOf("trak", boxOf("mdia", boxOf("hdlr", append(make([]byte, 8), handler+"\x00\x00\x00\x00"...)))))
	return bytes.Join([][]byte{boxOf("ftyp", []byte(brand+"\x00\x00\x02\x00"+brand)), moov, boxOf("mdat", make([]byte, 100))}, nil)
}

func boxOf(kind string, body []byte) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), kind...), body...)
}

func riffOf(form string, chunks ...[]byte) []byte {
	body := append([]byte(form), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func chunkOf(kind string, body []byte) []byte {
	out := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
	return append(out, make([]byte, len(body)&1)...)
}

// stillVP8L is a WebP picture of one dot, without loss.
var stillVP8L = []byte{0x2f, 0, 0, 0, 0, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0}

func movingWebP(frames int) []byte {
	all := [][]byte{chunkOf("VP8X", []byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 0}), chunkOf("ANIM", make([]byte, 6))}
	for range frames {
		all = append(all, chunkOf("ANMF", append(make([]byte, 16), chunkOf("VP8L", stillVP8L)...)))
	}
	return riffOf("WEBP", all...)
}

// frames are sounding frames of a length that their head tells.
func mp3(frames int) []byte {
	one := append([]byte{0xff, 0xfb, 0x90, 0x64}, make([]byte, 413)...)
	return bytes.Repeat(one, frames)
}

func aac(frames int) []byte {
	one := append([]byte{0xff, 0xf1, 0x50, 0x80, 0x04, 0x1f, 0xfc}, make([]byte, 25)...)
	return bytes.Repeat(one, frames)
}
