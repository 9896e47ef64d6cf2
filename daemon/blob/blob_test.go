package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, seal.NewRing([32]byte{1}).Org("org_1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newID() ngo.BlobID { return ngo.NewID[ngo.BlobID](time.Now()) }

func put(t *testing.T, s *Store, data string) Blob {
	t.Helper()
	b, err := s.Put(context.Background(), newID(), []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func file(t *testing.T, dir string, id ngo.BlobID) string {
	t.Helper()
	name, err := place(id)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

func TestPutGet(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 70_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir)
			want := bytes.Repeat([]byte("x"), size)
			b, err := s.Put(t.Context(), newID(), want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := open(t, dir).Get(t.Context(), b)
			if err != nil || !bytes.Equal(got, want) || b.Size != int64(size) {
				t.Errorf("Get = %d bytes, %v; want %d", len(got), err, size)
			}
			raw, err := os.ReadFile(file(t, dir, b.ID))
			if err != nil || sha256.Sum256(raw) != b.SHA {
				t.Errorf("SHA is not that of the file; %v", err)
			}
			if size > 100 && bytes.Contains(raw, want[:100]) {
				t.Error("the content lies open on disk")
			}
			if drafts, _ := os.ReadDir(filepath.Join(dir, temp)); len(drafts) != 0 {
				t.Errorf("%d drafts are left", len(drafts))
			}
		})
	}
}

func TestGetRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		harm func(t *testing.T, file string, b *Blob)
		want ngo.Code
	}{
		{"cut short", func(t *testing.T, f string, _ *Blob) { must(t, os.Truncate(f, 40)) }, ngo.Invalid},
		{"emptied", func(t *testing.T, f string, _ *Blob) { must(t, os.Truncate(f, 0)) }, ngo.Invalid},
		{"one bit", func(t *testing.T, f string, _ *Blob) {
			raw, err := os.ReadFile(f)
			must(t, err)
			raw[len(raw)/2] ^= 1
			must(t, os.WriteFile(f, raw, 0o600))
		}, ngo.Invalid},
		{"missing", func(t *testing.T, f string, _ *Blob) { must(t, os.Remove(f)) }, ngo.NotFound},
		{"key erased", func(_ *testing.T, _ string, b *Blob) { b.Key = nil }, ngo.Invalid},
		{"foreign name", func(_ *testing.T, _ string, b *Blob) { b.ID = "../../lock" }, ngo.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir)
			b := put(t, s, "a receipt for a kind donor")
			tt.harm(t, file(t, dir, b.ID), &b)
			if _, err := s.Get(t.Context(), b); ngo.CodeOf(err) != tt.want {
				t.Errorf("Get = %v, code %s; want %s", err, ngo.CodeOf(err), tt.want)
			}
		})
	}
}

// A file in the place of another of the same organisation must not be taken for it.
func TestGetRefusesSwap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	mine, other := put(t, s, "mine"), put(t, s, "other")
	must(t, os.Rename(file(t, dir, other.ID), file(t, dir, mine.ID)))
	for _, b := range []Blob{mine, {ID: mine.ID, Key: other.Key}} {
		if got, err := s.Get(t.Context(), b); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Get = %q, %v; want Invalid", got, err)
		}
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	kept, orphan, young := put(t, s, "kept"), put(t, s, "orphan"), put(t, s, "young")
	w, err := s.Create(t.Context(), newID())
	must(t, err)
	_, err = w.Write([]byte("the power went here")) // a crash before the rename
	must(t, err)
	draft := w.draft
	must(t, w.file.Close())
	foreign := filepath.Join(dir, "00", "README")
	must(t, os.MkdirAll(filepath.Dir(foreign), 0o700))
	must(t, os.WriteFile(foreign, nil, 0o600))
	now := time.Now()
	for _, f := range []string{file(t, dir, kept.ID), file(t, dir, orphan.ID), filepath.Join(dir, draft), foreign} {
		must(t, os.Chtimes(f, now.Add(-2*time.Hour), now.Add(-2*time.Hour)))
	}
	known := func(ids []ngo.BlobID) (map[ngo.BlobID]bool, error) { return map[ngo.BlobID]bool{kept.ID: true}, nil }
	n, err := s.Sweep(t.Context(), now.Add(-time.Hour), known)
	if n != 2 || err != nil {
		t.Errorf("Sweep = %d, %v; want 2", n, err)
	}
	for f, want := range map[string]bool{
		file(t, dir, kept.ID): true, file(t, dir, young.ID): true, foreign: true,
		file(t, dir, orphan.ID): false, filepath.Join(dir, draft): false,
	} {
		if _, err := os.Stat(f); (err == nil) != want {
			t.Errorf("%s is there: %v; want %v", f, err == nil, want)
		}
	}
}

func TestSweepPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	must(t, os.Mkdir(filepath.Join(dir, "zz"), 0o700))
	for range page + 10 {
		must(t, os.WriteFile(filepath.Join(dir, "zz", string(newID())), nil, 0o600))
	}
	most := 0
	known := func(ids []ngo.BlobID) (map[ngo.BlobID]bool, error) {
		most = max(most, len(ids))
		return nil, nil
	}
	n, err := s.Sweep(t.Context(), time.Now().Add(time.Hour), known)
	if n != page+10 || err != nil || most > page {
		t.Errorf("Sweep = %d, %v with pages up to %d; want %d in pages of %d", n, err, most, page+10, page)
	}
}

// A database that cannot answer must not make every file an orphan.
func TestSweepStopsWhenRowsAreUnknown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	b := put(t, s, "kept")
	broken := errors.New("database is closed")
	n, err := s.Sweep(t.Context(), time.Now().Add(time.Hour), func([]ngo.BlobID) (map[ngo.BlobID]bool, error) { return nil, broken })
	if n != 0 || !errors.Is(err, broken) {
		t.Errorf("Sweep = %d, %v; want %v", n, err, broken)
	}
	if _, err := s.Get(t.Context(), b); err != nil {
		t.Error(err)
	}
}

func TestDiskFullIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		err := fault("write document", &fs.PathError{Op: "write", Path: "x", Err: cause})
		if ngo.CodeOf(err) != ngo.Unavailable || !errors.Is(err, cause) {
			t.Errorf("fault(%v) = %v, code %s; want Unavailable", cause, err, ngo.CodeOf(err))
		}
	}
	if code := ngo.CodeOf(fault("write document", syscall.EIO)); code != ngo.Internal {
		t.Errorf("fault(EIO) has code %s; want Internal", code)
	}
}

func TestShelvesKeepOrganisationsApart(t *testing.T) {
	t.Parallel()
	s := NewShelves(t.TempDir(), seal.NewRing([32]byte{1}))
	t.Cleanup(func() { s.Close() })
	sevai, err := s.Of(ngo.Org{ID: "org_1", Slug: "sevai"})
	must(t, err)
	udavi, err := s.Of(ngo.Org{ID: "org_2", Slug: "udavi"})
	must(t, err)
	again, err := s.Of(ngo.Org{ID: "org_1", Slug: "sevai"})
	must(t, err)
	if again != sevai {
		t.Error("the same organisation got a second store")
	}
	b, err := sevai.Put(t.Context(), newID(), []byte("of sevai"))
	must(t, err)
	if _, err := udavi.Get(t.Context(), b); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("another organisation's Get = %v; want Invalid", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
