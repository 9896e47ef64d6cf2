package typeset

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func drawn(t *testing.T, text string, width int, scale float64) *image.Gray {
	t.Helper()
	data, err := New().Picture(text, width, scale)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.Gray)
}

// ink gives the box of what is not white.
func ink(g *image.Gray) image.Rectangle {
	var box image.Rectangle
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			if g.GrayAt(x, y).Y < 128 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return box
}

const greeting = "வணக்கம், நான் மீனா. ரசீது வேண்டும்.\n\nनमस्ते, मुझे रसीद चाहिए। क्षत्रिय श्री\nPlease send my 80G receipt for ₹1,001."

func TestTextAsAPicture(t *testing.T) {
	t.Parallel()
	wide, narrow := drawn(t, greeting, 600, 1), drawn(t, greeting, 200, 1)
	if wide.Rect.Dx() != 600 || narrow.Rect.Dx() != 200 || narrow.Rect.Dy() <= wide.Rect.Dy() {
		t.Errorf("at 600 it is %v, at 200 %v", wide.Rect, narrow.Rect)
	}
	for _, g := range []*image.Gray{wide, narrow, drawn(t, greeting, 1200, 2)} {
		if box := ink(g); box.Empty() || box.Min.X < 1 || box.Min.Y < 1 || box.Max.X > g.Rect.Dx()-1 || box.Max.Y > g.Rect.Dy()-1 {
			t.Errorf("on a picture of %v the text lies at %v: it touches the edge, or there is none", g.Rect, box)
		}
	}
	if large := drawn(t, greeting, 1200, 2); large.Rect.Dy() < wide.Rect.Dy()*19/10 {
		t.Errorf("twice as large it is %v high, not about %d", large.Rect.Dy(), 2*wide.Rect.Dy())
	}
}

// The same letters joined by the rules of the script make other dots than one after the other.
func TestTheTextIsShaped(t *testing.T) {
	t.Parallel()
	joined, apart := ink(drawn(t, "க்ஷ", 300, 2)), ink(drawn(t, "க்\u200cஷ", 300, 2))
	if joined.Dx() >= apart.Dx() {
		t.Errorf("the ligature is %v wide, its letters %v", joined.Dx(), apart.Dx())
	}
	before, after := ink(drawn(t, "கொ", 300, 2)), ink(drawn(t, "க", 300, 2))
	if before.Dx() < 2*after.Dx() {
		t.Errorf("the vowel signs around a letter are missing: %v beside %v", before, after)
	}
}

func TestHostileTextAsAPicture(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "controls": "\x1b[2J\x00\u202e", "marks": "a" + strings.Repeat("\u0301", 10_000), "one word": strings.Repeat("w", 100_000), "lines": strings.Repeat("\n", 100_000),
		"broken": "\xff\xfe\xfd", "virama": strings.Repeat("क्", 10_000), "emoji": "👩‍👩‍👧‍👦🏽 ok", "right to left": "שלום مرحبا ok",
	} {
		g := drawn(t, text, 400, 1)
		if n := g.Rect.Dx() * g.Rect.Dy(); n > mostDots+1_000_000 {
			t.Errorf("%s: %v is too large", name, g.Rect)
		}
	}
	for _, tt := range []struct {
		width int
		scale float64
	}{{0, 1}, {10, 1}, {100_000, 1}, {400, 0}, {400, -1}, {400, 100}} {
		if _, err := New().Picture("x", tt.width, tt.scale); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%+v: %v; want Invalid", tt, err)
		}
	}
}

var updatePicture = flag.Bool("update-picture", false, "rewrite testdata/greeting.png")

func TestPictureIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	file := filepath.Join("testdata", "greeting.png")
	got := drawn(t, greeting, 420, 1.5)
	if *updatePicture {
		var b bytes.Buffer
		if err := png.Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	want := img.(*image.Gray)
	if got.Rect != want.Rect {
		t.Fatalf("the picture is %v; want %v", got.Rect, want.Rect)
	}
	off := 0
	for i := range got.Pix {
		if d := int(got.Pix[i]) - int(want.Pix[i]); d > 16 || d < -16 { // another processor rounds otherwise
			off++
		}
	}
	if off > 50 {
		t.Errorf("%d dots differ from testdata/greeting.png", off)
	}
}
