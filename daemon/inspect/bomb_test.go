package inspect

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Each bomb goes off in a child, whose limits are the last thing between it and the box.
func TestBombs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, claimed string
		content       func(testing.TB) []byte
		limits        Limits
		want          string
	}{
		{"50,000 × 50,000 dots", "image/png", func(t testing.TB) []byte { return hugePNG(t, 50_000, 50_000, 1<<20) }, Limits{}, "it has 50000 × 50000 dots, more than the 40 million"},
		{"as many as may be, and none of them there", "image/png", func(t testing.TB) []byte { return hugePNG(t, 8000, 5000, 1<<20) }, Limits{}, "it is cut short"},
		{"dots as large as can be", "image/png", func(t testing.TB) []byte { return hugePNG(t, 1<<31-1, 1<<31-1, 1<<10) }, Limits{}, "it is"},
		{"jpeg of 65,535 × 65,535", "image/jpeg", hugeJPEG, Limits{}, "it has 65535 × 65535 dots"},
		{"gif of 100,000 pictures", "image/gif", longGIF, Limits{}, "it moves in more than 2000 pictures"},
		{"webp of 100,000 pictures", "image/webp", func(testing.TB) []byte { return movingWebP(100_000) }, Limits{}, "it moves in more than 2000 pictures"},
		{"a document of zeros", "", func(t testing.TB) []byte { return docx(t, part{"word/media/a.xml", make([]byte, 10<<20)}) }, Limits{}, "it grows out of all proportion"},
		{"a document of many zeros", "", zeroParts, Limits{Unpacked: 20 << 20}, "it grows to more than 20 MB"},
		{"a document that lies about its size", "", lyingZip, Limits{}, "it is cut short or broken"},
		{"a document of very many parts", "", manyParts, Limits{Entries: 500}, "there are 1002 files inside it"},
		{"an archive in an archive in an archive", "", nestedZip, Limits{}, "it is an archive"},
		{"a text without an end", "text/plain", func(testing.TB) []byte { return bytes.Repeat([]byte("x"), 2<<20) }, Limits{Bytes: 1 << 20}, "it is larger than 1 MB"},
		{"a film of one box", "video/mp4", func(testing.TB) []byte {
			return append(boxOf("ftyp", []byte("isom")), binary.BigEndian.AppendUint64([]byte("\x00\x00\x00\x01mdat"), 1<<63)...)
		}, Limits{}, "it is cut short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := inspect(t, tt.content(t), tt.claimed, "", tt.limits)
			if !strings.HasPrefix(got.Refused, tt.want) {
				t.Errorf("Inspect = %s, refused %q; want %q", got.Type, got.Refused, tt.want)
			}
		})
	}
}

func hugeJPEG(t testing.TB) []byte {
	all := jpegOf(t, 16, 16)
	at := bytes.Index(all, []byte("\xff\xc0"))
	copy(all[at+5:], "\xff\xff\xff\xff")
	return all
}

func longGIF(t testing.TB) []byte {
	one := gifOf(t, 2)
	at := bytes.Index(one, []byte("\x21\xf9")) // a picture begins with how long it stays
	next := at + bytes.Index(one[at+2:], []byte("\x21\xf9")) + 2
	return append(append(one[:at:at], bytes.Repeat(one[at:next], 100_000)...), ';')
}

func zeroParts(t testing.TB) []byte {
	var parts []part
	noise := bytes.Repeat([]byte("some words that pack well, but not too well; "), 80_000) // below the size at which the ratio counts
	for i := range 8 {
		parts = append(parts, part{"word/media/" + string(rune('a'+i%26)) + strings.Repeat("b", i/26) + ".xml", noise})
	}
	return docx(t, parts...)
}

// lyingZip says in its directory that a part is small.
func lyingZip(t testing.TB) []byte {
	all := docx(t, part{"word/media/a.xml", make([]byte, 5<<20)})
	at := bytes.LastIndex(all, []byte("word/media/a.xml")) - 46
	binary.LittleEndian.PutUint32(all[at+24:], 100)
	return all
}

func manyParts(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range []string{"[Content_Types].xml", "word/document.xml"} {
		_, err := z.Create(p)
		must(t, err)
	}
	for i := range 1000 {
		_, err := z.Create("word/" + string(rune(0x4e00+i)))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func nestedZip(t testing.TB) []byte {
	inner := zipOf(t, part{"0", make([]byte, 1<<20)})
	for range 5 {
		inner = zipOf(t, part{"a.zip", inner}, part{"b.zip", inner}, part{"c.zip", inner})
	}
	return inner
}

// What a child is held to, shown by a child that does nothing but try: see Misbehave.
func TestTheChildIsHeld(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ do, want string }{
		{"memory", "it takes too much memory"},
		{"time", "it takes too long"},
		{"panic", "it is broken in a way that programs stumble over"},
		{"open", "open refused"},
		{"dial", "dial refused"},
		{"environment", "no environment"},
	} {
		t.Run(tt.do, func(t *testing.T) {
			t.Parallel()
			if slack > 1 && tt.do == "memory" {
				t.Skip("the race detector runs out of memory in its own way")
			}
			self, err := own()
			must(t, err)
			i, err := New(Options{Command: []string{self, misbehave, tt.do}})
			must(t, err)
			i.wall = time.Minute // the processor's time is what is to run out, also where others want it too
			began := time.Now()
			got, err := i.Inspect(t.Context(), strings.NewReader("x"), "", "", Limits{})
			if err != nil || !strings.HasPrefix(got.Refused, tt.want) || time.Since(began) >= i.wall {
				t.Errorf("%s: %q, %v after %v; want %q, by its own limits", tt.do, got.Refused, err, time.Since(began), tt.want)
			}
		})
	}
}

// The largest pictures that are let through go through in the memory of one child.
func TestLargestPictures(t *testing.T) {
	if testing.Short() || os.Getenv("NGOCTL_TEST_ALL") == "" {
		t.Skip("takes a second: set NGOCTL_TEST_ALL")
	}
	sides := [][2]int{{8000, 5000}, {4000, 3000}}
	if slack > 1 {
		sides = [][2]int{{2000, 1250}} // the race detector makes a child so slow that only the clock would be tested
	}
	for _, side := range sides {
		got := inspect(t, jpegOf(t, side[0], side[1]), "image/jpeg", "", Limits{})
		if got.Refused != "" || got.Thumb == nil {
			t.Errorf("a photo of %v is refused: %s", side, got.Refused)
		}
		got = inspect(t, pngOf(t, side[0], side[1]), "image/png", "", Limits{})
		if got.Refused != "" || got.Thumb == nil {
			t.Errorf("a picture of %v is refused: %s", side, got.Refused)
		}
	}
}

func FuzzLook(f *testing.F) {
	for _, seed := range [][]byte{
		jpegOf(f, 8, 8), pngOf(f, 8, 8), gifOf(f, 3), movingWebP(2), riffOf("WEBP", chunkOf("VP8L", stillVP8L)), docx(f), ole("WordDocument"), mp4("isom", "vide"),
		mp3(3), aac(3), []byte("%PDF-1.4\n%%EOF"), []byte("BEGIN:VCARD\n"), []byte(`{\rtf1}`), []byte("OggS"), append(boxOf("ftyp", []byte("heic")), boxOf("meta", []byte("ispe"))...),
	} {
		f.Add(seed, "image/jpeg", "a.jpg")
		f.Add(seed, "", "")
	}
	limits := Limits{Bytes: 1 << 20, Pixels: 1 << 16, Unpacked: 1 << 20, Entries: 50, Frames: 50}
	f.Fuzz(func(t *testing.T, content []byte, claimed, name string) {
		got, err := look(bytes.NewReader(content), ask{Claimed: claimed, Name: name, Limits: limits})
		if err != nil {
			t.Fatalf("look fails with %v; what is wrong with a file is a finding", err)
		}
		if (got.Refused == "") != (got.Type != "" && got.Kind != "" && got.Type != "application/zip" && got.Type != "application/x-ole-storage") && got.Refused == "" {
			t.Errorf("look = %+v", got)
		}
	})
}

// BenchmarkInspect tells what a file of 25 MB costs: in this process, and, as child-MB, resident in the child at its most.
func BenchmarkInspect(b *testing.B) {
	for _, bm := range []struct {
		name, claimed string
		open          func() io.Reader
	}{
		{"pdf-25MB", "application/pdf", func() io.Reader {
			return io.MultiReader(strings.NewReader("%PDF-1.7\n"), io.LimitReader(zeros{}, 25<<20), strings.NewReader("\nstartxref\n9\n%%EOF"))
		}},
		{"photo-12MP", "image/jpeg", reader(jpegOf(b, 4000, 3000))},
		{"picture-40MP", "image/png", reader(pngOf(b, 8000, 5000))},
		{"document-1MB", "", reader(docx(b, part{"word/media/a.xml", bytes.Repeat([]byte("some words "), 100_000)}))},
	} {
		b.Run(bm.name, func(b *testing.B) {
			i := newInspector(b)
			b.ReportAllocs()
			for b.Loop() {
				r, err := i.Inspect(b.Context(), bm.open(), bm.claimed, "", Limits{})
				if err != nil || r.Refused != "" {
					b.Fatalf("%+v, %v", r, err)
				}
			}
			b.ReportMetric(weight(b, bm.claimed, bm.open()), "child-MB")
		})
	}
}

// weight gives the most memory that a child had while it looked at a file.
func weight(b *testing.B, claimed string, content io.Reader) float64 {
	b.Helper()
	self, err := own()
	must(b, err)
	head, err := json.Marshal(ask{Claimed: claimed})
	must(b, err)
	cmd := exec.CommandContext(b.Context(), self, misbehave, "weigh")
	cmd.Stdin = io.MultiReader(bytes.NewReader(append(head, '\n')), content)
	out, err := cmd.Output()
	must(b, err)
	var kb float64
	_, err = fmt.Sscanf(string(out), "VmHWM: %f kB", &kb)
	must(b, err)
	return kb / 1024
}

func reader(all []byte) func() io.Reader { return func() io.Reader { return bytes.NewReader(all) } }
