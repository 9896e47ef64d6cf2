package blob

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/iotest"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func noise(n int) []byte {
	out := make([]byte, n)
	rand.Read(out)
	return out
}

// written stores content piece by piece.
func written(t testing.TB, s *Store, content []byte, step int) Blob {
	t.Helper()
	w, err := s.Create(t.Context(), newID())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for rest := content; len(rest) > 0; rest = rest[min(step, len(rest)):] {
		if n, err := w.Write(rest[:min(step, len(rest))]); err != nil || n != min(step, len(rest)) {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	b, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestStreaming(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	for _, size := range []int{0, 1, 100, segment - 1, segment, segment + 1, 2 * segment, 3*segment + 17} {
		content := noise(size)
		for _, step := range []int{1000, segment, segment + 1, 1 << 20} {
			b := written(t, s, content, step)
			raw, err := os.ReadFile(file(t, dir, b.ID))
			if err != nil || sha256.Sum256(raw) != b.SHA || b.Size != int64(size) {
				t.Fatalf("%d bytes in steps of %d: size %d, or the sum is not that of the file; %v", size, step, b.Size, err)
			}
			r, err := s.Open(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(iotest.OneByteReader(r))
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%d bytes in steps of %d come back as %d, %v", size, step, len(got), err)
			}
			must(t, r.Close())
			if got, err := s.Get(t.Context(), b); err != nil || !bytes.Equal(got, content) {
				t.Fatalf("Get gives %d bytes, %v; want %d", len(got), err, size)
			}
		}
	}
}

// What was changed is found before any of it is given.
func TestStreamRefuses(t *testing.T) {
	t.Parallel()
	const full = segment + chacha20poly1305.Overhead
	piece := func(raw []byte, n int) []byte {
		return raw[headSize+n*full : min(len(raw), headSize+(n+1)*full)]
	}
	for _, tt := range []struct {
		name string
		harm func(raw []byte) []byte
		kept int // how many bytes of the beginning may still be given
	}{
		{"cut at a segment", func(raw []byte) []byte { return raw[:headSize+2*full] }, segment},
		{"cut at the last byte", func(raw []byte) []byte { return raw[:len(raw)-1] }, 3 * segment},
		{"cut in the middle", func(raw []byte) []byte { return raw[:headSize+full+100] }, segment},
		{"cut in the head", func(raw []byte) []byte { return raw[:10] }, 0},
		{"nothing but a head", func(raw []byte) []byte { return raw[:headSize] }, 0},
		{"more behind it", func(raw []byte) []byte { return append(raw, 0) }, 3 * segment},
		{"the last twice", func(raw []byte) []byte { return append(raw, piece(raw, 3)...) }, 3 * segment},
		{"two exchanged", func(raw []byte) []byte {
			return bytes.Join([][]byte{raw[:headSize], piece(raw, 1), piece(raw, 0), piece(raw, 2), piece(raw, 3)}, nil)
		}, 0},
		{"one left out", func(raw []byte) []byte {
			return bytes.Join([][]byte{raw[:headSize], piece(raw, 0), piece(raw, 2), piece(raw, 3)}, nil)
		}, segment},
		{"one twice", func(raw []byte) []byte {
			return bytes.Join([][]byte{raw[:headSize], piece(raw, 0), piece(raw, 0), piece(raw, 1), piece(raw, 2), piece(raw, 3)}, nil)
		}, segment},
		{"one bit in the third", func(raw []byte) []byte { raw[headSize+2*full+5] ^= 4; return raw }, 2 * segment},
		{"one bit in the head", func(raw []byte) []byte { raw[3] ^= 4; return raw }, 0},
		{"another version", func(raw []byte) []byte { raw[0] = 9; return raw }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir)
			content := noise(3*segment + 500)
			b := written(t, s, content, 1<<20)
			raw, err := os.ReadFile(file(t, dir, b.ID))
			must(t, err)
			must(t, os.WriteFile(file(t, dir, b.ID), tt.harm(raw), 0o600))
			if _, err := s.Get(t.Context(), b); ngo.CodeOf(err) != ngo.Invalid {
				t.Errorf("Get = %v; want Invalid", err)
			}
			r, err := s.Open(t.Context(), b)
			if err != nil {
				if ngo.CodeOf(err) != ngo.Invalid || tt.kept > 0 {
					t.Errorf("Open = %v", err)
				}
				return
			}
			defer r.Close()
			got, err := io.ReadAll(r)
			if ngo.CodeOf(err) != ngo.Invalid || len(got) > tt.kept || !bytes.Equal(got, content[:len(got)]) {
				t.Errorf("reading gives %d bytes, %v; want Invalid after at most %d right ones", len(got), err, tt.kept)
			}
		})
	}
}

// A file as it was sealed before there were segments.
func TestOldFilesStayReadable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	content := noise(200_000)
	b := written(t, s, []byte("its place"), 100)
	key, err := s.box.Open(b.Key, "blob", "key", string(b.ID))
	must(t, err)
	aead, err := chacha20poly1305.NewX(key)
	must(t, err)
	head := append([]byte{inOnePiece}, noise(aead.NonceSize())...)
	old := aead.Seal(head, head[1:], content, []byte(b.ID))
	must(t, os.WriteFile(file(t, dir, b.ID), old, 0o600))
	if got, err := s.Get(t.Context(), b); err != nil || !bytes.Equal(got, content) {
		t.Errorf("Get = %d bytes, %v; want %d", len(got), err, len(content))
	}
	old[len(old)-1] ^= 1
	must(t, os.WriteFile(file(t, dir, b.ID), old, 0o600))
	if _, err := s.Get(t.Context(), b); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("Get of a changed one = %v; want Invalid", err)
	}
}

// What is looked at before it is kept is what will be kept, and an aborted file leaves nothing.
func TestContentBeforeCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	w, err := s.Create(t.Context(), newID())
	must(t, err)
	content := noise(segment + 5)
	_, err = w.Write(content)
	must(t, err)
	for range 2 {
		r, err := w.Content()
		must(t, err)
		got, err := io.ReadAll(r)
		must(t, errors.Join(err, r.Close()))
		if !bytes.Equal(got, content) {
			t.Error("the content is another one")
		}
	}
	if _, err := w.Write([]byte("more")); err == nil {
		t.Error("more can be written to what was looked at")
	}
	b, err := w.Commit()
	must(t, err)
	w.Abort()
	if got, err := s.Get(t.Context(), b); err != nil || !bytes.Equal(got, content) {
		t.Errorf("after Commit it is %d bytes, %v", len(got), err)
	}
	w, err = s.Create(t.Context(), newID())
	must(t, err)
	_, err = w.Write(content)
	must(t, err)
	w.Abort()
	w.Abort()
	if _, err := w.Commit(); err == nil {
		t.Error("what was given up was kept")
	}
	if drafts, err := os.ReadDir(filepath.Join(dir, temp)); err != nil || len(drafts) != 0 {
		t.Errorf("%d drafts are left, %v", len(drafts), err)
	}
	if _, err := os.Stat(file(t, dir, w.id)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an aborted file is there: %v", err)
	}
}

// BenchmarkStream stores 25 MB and reads it back. peak-MB is how far the heap grew.
func BenchmarkStream(b *testing.B) {
	s := open(b, b.TempDir())
	b.SetBytes(25 << 20)
	b.ReportAllocs()
	buf := make([]byte, 32<<10)
	rand.Read(buf)
	var peak uint64
	for b.Loop() {
		base := heap()
		w, err := s.Create(b.Context(), newID())
		if err != nil {
			b.Fatal(err)
		}
		for range 25 << 20 / len(buf) {
			if _, err := w.Write(buf); err != nil {
				b.Fatal(err)
			}
		}
		kept, err := w.Commit()
		if err != nil {
			b.Fatal(err)
		}
		r, err := s.Open(b.Context(), kept)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, buf); n != 25<<20 || err != nil {
			b.Fatal(n, err)
		}
		peak = max(peak, heap()-min(base, heap()))
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Whatever lies in the place of a file, nothing comes of it but what was sealed there.
func FuzzOpen(f *testing.F) {
	key, id := make([]byte, chacha20poly1305.KeySize), ngo.BlobID("blb_01m82vmzzg9ckp0dssnga2hqpj")
	var sealed bytes.Buffer
	content := bytes.Repeat([]byte("content "), 20_000)
	e, err := newEncrypter(key, id, &sealed)
	must(f, err)
	_, err = e.Write(content)
	must(f, errors.Join(err, e.Close()))
	f.Add(sealed.Bytes())
	f.Add([]byte{inOnePiece})
	f.Add([]byte{inSegments})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := newDecrypter(key, id, bytes.NewReader(raw))
		if err != nil {
			return
		}
		got, err := io.ReadAll(r)
		if !bytes.HasPrefix(content, got) || err == nil && len(got) != len(content) {
			t.Errorf("%d bytes give %d, %v", len(raw), len(got), err)
		}
	})
}
