package typeset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
)

// Picture is one that a document shows. It belongs to the document that read it.
type Picture struct {
	doc           *Document
	name          int // among the document's pictures
	width, height int // in dots
	entries       string
	palette       []byte // of colours, three bytes each
	data          []byte // packed as it stands in the file
}

var errPicture = errors.New("it is no picture that can be taken over as it is")

// Picture reads a PNG without transparency and interlacing, 8 bits a sample or less, or a JPEG in grey or colour: what the
// standard library's encoders write of an opaque picture. The packed dots are taken over as they are, so that it costs next to
// nothing. It fails for any other.
func (d *Document) Picture(data []byte) (*Picture, error) {
	p := &Picture{doc: d, name: len(d.pictures)}
	read := p.readJPEG
	if bytes.HasPrefix(data, []byte(pngHead)) {
		read = p.readPNG
	}
	if err := read(data); err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	d.pictures = append(d.pictures, p)
	return p, nil
}

// Within gives the size in which the picture fills a box as far as it can.
func (p *Picture) Within(width, height float64) (w, h float64) {
	scale := min(width/float64(p.width), height/float64(p.height))
	return float64(p.width) * scale, float64(p.height) * scale
}

func (p *Picture) readJPEG(data []byte) error {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	space := "/DeviceRGB"
	switch components(data) {
	case 1:
		space = "/DeviceGray"
	case 3:
	default:
		return errPicture
	}
	p.width, p.height, p.data = c.Width, c.Height, data
	p.entries = "/ColorSpace" + space + "/BitsPerComponent 8/Filter/DCTDecode"
	return nil
}

// components tells how many colours a JPEG has that can be decoded; 0 for one that is not baseline.
func components(data []byte) int {
	for at := 2; at+9 < len(data) && data[at] == 0xff; {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xc0 {
			return int(data[at+9])
		}
		at += 2 + size
	}
	return 0
}

const pngHead = "\x89PNG\r\n\x1a\n"

// readPNG gathers the packed dots, which PDF unpacks in the same way as PNG.
func (p *Picture) readPNG(data []byte) error {
	var header []byte
	for rest := data[len(pngHead):]; len(rest) >= 12; {
		size := int(binary.BigEndian.Uint32(rest))
		if size < 0 || size > len(rest)-12 {
			return errPicture
		}
		body := rest[8 : 8+size]
		switch string(rest[4:8]) {
		case "IHDR":
			header = body
		case "PLTE":
			p.palette = body
		case "tRNS":
			return errPicture
		case "IDAT":
			p.data = append(p.data, body...)
		}
		rest = rest[12+size:]
	}
	if len(header) != 13 || header[12] != 0 || header[8] > 8 || len(p.data) == 0 {
		return errPicture
	}
	p.width, p.height = int(binary.BigEndian.Uint32(header)), int(binary.BigEndian.Uint32(header[4:]))
	if p.width < 1 || p.height < 1 {
		return errPicture
	}
	colors, space := 1, ""
	switch header[9] {
	case 0:
		space = "/DeviceGray"
	case 2:
		colors, space = 3, "/DeviceRGB"
	case 3:
		if len(p.palette) < 3 || len(p.palette) > 768 {
			return errPicture
		}
	default:
		return errPicture
	}
	if space != "" {
		p.entries = "/ColorSpace" + space
		p.palette = nil
	}
	p.entries += fmt.Sprintf("/BitsPerComponent %d/Filter/FlateDecode/DecodeParms<</Predictor 15/Colors %d/BitsPerComponent %d/Columns %d>>",
		header[8], colors, header[8], p.width)
	return nil
}

// write puts the picture into the file and gives its number.
func (p *Picture) write(f *pdf) int {
	entries := p.entries
	if p.palette != nil {
		entries = fmt.Sprintf("/ColorSpace[/Indexed/DeviceRGB %d<%x>]", len(p.palette)/3-1, p.palette) + entries
	}
	return f.plainStream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d%s", p.width, p.height, entries), string(p.data))
}

// Picture draws a picture of the same document, with its upper left corner at x, y.
func (p *Page) Picture(x, y, width, height float64, picture *Picture) {
	p.ops.WriteString("q ")
	p.op("cm", width, 0, 0, height, x, p.size.Height-y-height)
	fmt.Fprintf(&p.ops, "/P%d Do Q\n", picture.name)
}
