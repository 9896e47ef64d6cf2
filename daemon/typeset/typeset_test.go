package typeset_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/ngoctl/ngoctl/daemon/typeset"
)

// samples are lines with what shaping must get right: reordered vowel signs, conjuncts, reph, the danda, chillu-like joiners,
// several scripts in one line, letters that no font has.
var samples = []string{
	"Receipt under section 80G — ₹1,25,000.00, AVATAR, Ṭhākur é",
	"ஸ்ரீ கோபாலகிருஷ்ணன் (Gopalakrishnan)",
	"நன்கொடையாளர் பெயர்: க்ஷமா சௌந்தர்யா",
	"दाता: श्री कृष्ण शर्मा, दिल्ली-110001",
	"हिन्दी द्वारा क्षत्रिय ज्ञान र्कि ट्रस्ट।",
	"दान पर कटौती की अनुमति नहीं देता।", // a vowel sign without a width is no place for a space
	"தமிழ்। रुपये एक लाख मात्र / ஒரு லட்சத்து இருபத்தைந்தாயிரம்",
	"இந்திய नोट ५० ௫௦ ₹50",
}

func sampleDocument(t testing.TB, lib *typeset.Library) []byte {
	t.Helper()
	d := lib.Document(typeset.Info{
		Title: `Receipt श्री <&> "x"`, Author: "Sevai\x00 Trust", Subject: "A gift",
		Created: time.Date(2026, 4, 5, 9, 30, 0, 0, time.FixedZone("IST", 19800)),
	})
	p := d.Page(typeset.A5)
	y := 50.0
	for _, s := range samples {
		for _, st := range []typeset.Style{{Size: 12}, {Size: 9, Bold: true, Color: typeset.Color{R: 40, G: 80, B: 120}}} {
			for _, line := range d.Wrap(s, 340, st) {
				p.Line(40, y, line)
				y += st.Pitch()
			}
		}
	}
	p.Rule(40, y, 380, y, 0.5, typeset.Color{R: 200})
	p.Fill(45, y+15, 190, 30, typeset.Color{R: 240, G: 240, B: 230})
	p.TextRight(380, y+30, "right", typeset.Style{})
	if err := p.QR(300, y+40, 80, "https://example.org/r/01kexample"); err != nil {
		t.Fatal(err)
	}
	d.Page(typeset.A4).Text(40, 50, "second page", typeset.Style{})
	out, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameInputGivesSameBytes(t *testing.T) {
	t.Parallel()
	want := sampleDocument(t, typeset.New())
	lib := typeset.New()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := sampleDocument(t, lib); !bytes.Equal(got, want) {
				t.Errorf("a file of %d bytes differs from one of %d", len(got), len(want))
			}
		})
	}
	wg.Wait()
	if len(want) > 60<<10 {
		t.Errorf("the file has %d bytes", len(want))
	}
}

func TestFilesAreValid(t *testing.T) {
	t.Parallel()
	checked(t, sampleDocument(t, typeset.New()))
}

// alone keeps pdfcpu from making a folder in the home of whoever tests. It sets a variable of the whole package, so: once.
var alone = sync.OnceFunc(api.DisableConfigDir)

func checked(t *testing.T, out []byte) {
	t.Helper()
	alone()
	if err := api.Validate(bytes.NewReader(out), model.NewDefaultConfiguration()); err != nil {
		t.Errorf("pdfcpu: %v", err)
	}
	if text, err := exec.Command(tool(t, "qpdf"), "--check", written(t, out)).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %v\n%s", err, text)
	}
}

func TestTextCanBeCopied(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(tool(t, "pdftotext"), "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(sampleDocument(t, typeset.New()))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(out)), " ") // as if no line had been broken
	for _, s := range samples {
		if strings.Count(text, s) != 2 {
			t.Errorf("%q is not there twice in\n%s", s, out)
		}
	}
}

func TestMissingLettersAreMarkedAndKept(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want int
	}{
		{"Asha ஆஷா आशा", 0},
		{"Asha 🙏🏽", 1},
		{"سلام", 4},
		{"山田", 2},
		{"क\u0bbe", 0}, // a foreign vowel sign goes to its own font, on a dotted circle
		{"a\x00\u202eb\r\n", 0},
		{"broken \xff", 0},   // shown as U+FFFD, which is what it has become
		{"ﬁﬂ Ｒａｏ 𝐀𝓼𝕙𝖆 ①", 0}, // letters that only look different
		{"", 0},
	} {
		d := typeset.New().Document(typeset.Info{})
		p := d.Page(typeset.A5)
		p.Text(10, 20, tt.text, typeset.Style{})
		if d.Missing() != tt.want {
			t.Errorf("%q: %d letters missing; want %d", tt.text, d.Missing(), tt.want)
		}
		if _, err := d.Bytes(); err != nil {
			t.Errorf("%q: %v", tt.text, err)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	d := typeset.New().Document(typeset.Info{})
	for _, tt := range []struct {
		text  string
		width float64
		lines int
	}{
		{"", 100, 0},
		{"one", 100, 1},
		{"one\ntwo\n", 100, 2},
		{"one two three four five six seven", 60, 4},
		{strings.Repeat("x", 100), 100, 6},
		{strings.Repeat("கோ", 40), 100, 10},
		{"one", 0.1, 3},
	} {
		lines := d.Wrap(tt.text, tt.width, typeset.Style{})
		if len(lines) != tt.lines {
			t.Errorf("Wrap(%.20q, %g) gives %d lines; want %d", tt.text, tt.width, len(lines), tt.lines)
		}
		for _, l := range lines {
			if l.Width > tt.width && tt.width > 50 {
				t.Errorf("Wrap(%.20q, %g) gives a line of %g points", tt.text, tt.width, l.Width)
			}
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	grey := image.NewGray(image.Rect(0, 0, 40, 20))
	grey.SetGray(3, 4, color.Gray{Y: 200})
	few := image.NewPaletted(image.Rect(0, 0, 30, 60), color.Palette{color.White, color.Black, color.RGBA{200, 0, 0, 255}})
	clear := image.NewNRGBA(image.Rect(0, 0, 10, 10))
	full := image.NewRGBA(image.Rect(0, 0, 10, 10))
	draw.Draw(full, full.Rect, image.White, image.Point{}, draw.Src)
	deep := image.NewGray16(image.Rect(0, 0, 10, 10))
	for _, tt := range []struct {
		name string
		data []byte
		good bool
	}{
		{"grey PNG", encoded(t, grey, false), true},
		{"PNG with a palette", encoded(t, few, false), true},
		{"colour PNG", encoded(t, full, false), true},
		{"grey JPEG", encoded(t, grey, true), true},
		{"colour JPEG", encoded(t, full, true), true},
		{"see-through PNG", encoded(t, clear, false), false},
		{"PNG of 16 bits", encoded(t, deep, false), false},
		{"cut off PNG", encoded(t, full, false)[:60], false},
		{"no picture", []byte("GIF89a"), false},
		{"nothing", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := typeset.New().Document(typeset.Info{})
			p := d.Page(typeset.A5)
			picture, err := d.Picture(tt.data)
			if (err == nil) != tt.good {
				t.Fatalf("error %v; taken over: want %v", err, tt.good)
			}
			if err != nil {
				return
			}
			w, h := picture.Within(100, 50)
			if w > 100 || h > 50 || w < 100 && h < 50 {
				t.Errorf("%g by %g in a box of 100 by 50", w, h)
			}
			p.Picture(20, 20, w, h, picture)
			out, err := d.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			checked(t, out)
			if images, err := exec.Command(tool(t, "pdftoppm"), "-r", "50", "-png", written(t, out)).CombinedOutput(); err != nil || bytes.Contains(images, []byte("rror")) {
				t.Errorf("poppler: %v, %.200s", err, images)
			}
		})
	}
}

func encoded(t *testing.T, img image.Image, asJPEG bool) []byte {
	t.Helper()
	var b bytes.Buffer
	err := png.Encode(&b, img)
	if asJPEG {
		b.Reset()
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func written(t *testing.T, pdf []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What PDF/A-2b asks for beyond a valid file, as far as it can be seen from outside.
func TestFilesAreMadeToBeKept(t *testing.T) {
	t.Parallel()
	out := sampleDocument(t, typeset.New())
	for _, want := range []string{"<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>B</pdfaid:conformance>", "/S/GTS_PDFA1", "/DestOutputProfile", "/ID[<", "/FontFile2"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the file has no %s", want)
		}
	}
	for _, never := range []string{"/Encrypt", "/SMask", "/JavaScript", "/ca ", "/Interpolate", "/EmbeddedFile", "/AA", "/OpenAction"} {
		if bytes.Contains(out, []byte(never)) {
			t.Errorf("the file has %s", never)
		}
	}
}

func FuzzPicture(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\xff\xd8\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := typeset.New().Document(typeset.Info{})
		p := d.Page(typeset.A5)
		if picture, err := d.Picture(data); err == nil {
			p.Picture(0, 0, 10, 10, picture)
		}
		if _, err := d.Bytes(); err != nil {
			t.Error(err)
		}
	})
}

func TestEmptyDocumentIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := typeset.New().Document(typeset.Info{}).Bytes(); err == nil {
		t.Error("a document without a page was written")
	}
	if err := typeset.New().Document(typeset.Info{}).Page(typeset.A5).QR(0, 0, 50, strings.Repeat("x", 5000)); err == nil {
		t.Error("a QR code of 5000 signs was drawn")
	}
}

func FuzzText(f *testing.F) {
	for _, s := range append(samples, "سلام 🙏🏽\u200d", "\u0b82\u094d\u200c", "\xff\x00\n\n", strings.Repeat("ஸ்ரீ", 50)) {
		f.Add(s)
	}
	lib := typeset.New()
	f.Fuzz(func(t *testing.T, s string) {
		d := lib.Document(typeset.Info{Title: s, Author: s})
		p := d.Page(typeset.A5)
		for i, line := range d.Wrap(s, 200, typeset.Style{Bold: len(s)%2 == 0}) {
			p.Line(10, float64(10*i), line)
			if line.Width > 200 && utf8.RuneCountInString(s) > 200 {
				t.Logf("wide line of %g points in %q", line.Width, s) // a single cluster may be as wide as it likes
			}
		}
		if _, err := d.Bytes(); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func BenchmarkDocument(b *testing.B) {
	lib := typeset.New()
	b.ReportAllocs()
	for b.Loop() {
		sampleDocument(b, lib)
	}
}

// tool finds a program that a test needs, or skips the test; where all tests must run, it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("NGOCTL_TEST_ALL") == "1" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}
