package receipt

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"image/jpeg"
	"image/png"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Limits of a picture for receipts. Those of what comes in are checked before anything is decoded.
const (
	MaxPicture    = 1 << 20 // bytes
	maxPixels     = 4_000_000
	pictureWidth  = 800 // pixels; on paper that is more than a printer shows
	pictureHeight = 1600
	maxScans      = 100       // times that a JPEG goes over its dots; cameras and programs make it ten
	heavy         = 100 << 10 // bytes of a PNG above which it becomes a JPEG: each receipt carries it
)

// Picture is a picture as it is kept and drawn: written anew by us, with nothing in it but pixels.
type Picture struct {
	Data          []byte
	Type          string // image/png or image/jpeg
	Width, Height int
}

// NewPicture takes a PNG or JPEG for receipts. What else the file holds goes, the see-through becomes white, and a wide picture
// is made smaller. It fails with TooLarge above MaxPicture, and with Invalid for what is no such picture or has too many pixels.
func NewPicture(data []byte) (Picture, error) {
	if len(data) > MaxPicture {
		return Picture{}, &ngo.Error{Code: ngo.TooLarge, Message: "the picture is larger than 1 MiB", Hint: "save it smaller: 800 pixels wide are enough"}
	}
	in, err := decode(data)
	if err != nil {
		return Picture{}, err
	}
	flat := onWhite(in.image)
	if in.media == "image/jpeg" {
		flat = upright(flat, orientation(data))
	}
	flat = shrink(flat)
	out := Picture{Type: in.media, Width: flat.Rect.Dx(), Height: flat.Rect.Dy()}
	if out.Data, err = encode(lean(flat), in.media); err != nil {
		return Picture{}, err
	}
	if out.Type == "image/png" && len(out.Data) > heavy { // a photograph
		out.Type = "image/jpeg"
		out.Data, err = encode(lean(flat), out.Type)
	}
	return out, err
}

func encode(img image.Image, media string) ([]byte, error) {
	var file bytes.Buffer
	var err error
	if media == "image/jpeg" {
		err = jpeg.Encode(&file, img, &jpeg.Options{Quality: 88})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&file, img)
	}
	if err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return file.Bytes(), nil
}

// lean gives a picture without colours as what it is, which takes a third of the room.
func lean(in *image.RGBA) image.Image {
	for i := 0; i < len(in.Pix); i += 4 {
		if in.Pix[i] != in.Pix[i+1] || in.Pix[i] != in.Pix[i+2] {
			return in
		}
	}
	out := image.NewGray(in.Rect)
	for i := range out.Pix {
		out.Pix[i] = in.Pix[4*i]
	}
	return out
}

// PictureType tells the type of a picture that NewPicture wrote.
func PictureType(data []byte) string {
	if bytes.HasPrefix(data, []byte("\xff\xd8")) {
		return "image/jpeg"
	}
	return "image/png"
}

type decoded struct {
	image image.Image
	media string
}

// decode reads a picture whose header promises no more than the limits.
func decode(data []byte) (decoded, error) {
	bad := func(message string, err error) error {
		return &ngo.Error{Code: ngo.Invalid, Message: message, Hint: "give a PNG or JPEG of at most 1 MiB and 4 megapixels", Err: err}
	}
	read, head, media := png.Decode, png.DecodeConfig, "image/png"
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		read, head, media = jpeg.Decode, jpeg.DecodeConfig, "image/jpeg"
	default:
		return decoded{}, bad("this is neither a PNG nor a JPEG", nil)
	}
	size, err := head(bytes.NewReader(data))
	if err != nil {
		return decoded{}, bad("the picture cannot be read", err)
	}
	if size.Width < 1 || size.Height < 1 || size.Width > maxPixels || size.Height > maxPixels/size.Width {
		return decoded{}, bad(fmt.Sprintf("the picture has %d × %d pixels, which is too many", size.Width, size.Height), nil)
	}
	if media == "image/jpeg" && bytes.Count(data, []byte("\xff\xda")) > maxScans { // within dots, ff is followed by 00
		return decoded{}, bad("the picture takes too long to be read", nil)
	}
	img, err := read(bytes.NewReader(data))
	if err != nil {
		return decoded{}, bad("the picture cannot be read", err)
	}
	return decoded{img, media}, nil
}

// onWhite draws a picture on white paper.
func onWhite(in image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: in.Bounds().Size()})
	imagedraw.Draw(out, out.Rect, image.White, image.Point{}, imagedraw.Src)
	imagedraw.Draw(out, out.Rect, in, in.Bounds().Min, imagedraw.Over)
	return out
}

// shrink makes a picture that is too wide or too high as large as it may be: each pixel is the mean of those in whose place it
// stands.
func shrink(in *image.RGBA) *image.RGBA {
	w, h := in.Rect.Dx(), in.Rect.Dy()
	width, height := w, h
	if width > pictureWidth {
		width, height = pictureWidth, max(h*pictureWidth/w, 1)
	}
	if height > pictureHeight {
		width, height = max(w*pictureHeight/h, 1), pictureHeight
	}
	if width == w && height == h {
		return in
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			part := image.Rect(x*w/width, y*h/height, max((x+1)*w/width, x*w/width+1), max((y+1)*h/height, y*h/height+1))
			out.SetRGBA(x, y, mean(in, part))
		}
	}
	return out
}

func mean(in *image.RGBA, part image.Rectangle) color.RGBA {
	var r, g, b, n int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			c := in.RGBAAt(x, y)
			r, g, b, n = r+int(c.R), g+int(c.G), b+int(c.B), n+1
		}
	}
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 255}
}
