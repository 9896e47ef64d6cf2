package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// maxManifest bounds the manifest: 100 bytes a file, a million files.
const maxManifest = 100 << 20

// Restored says what Restore put back.
type Restored struct {
	Manifest Manifest
	Bytes    int64
}

// Restore puts a backup into dir, which must be missing or empty. Until all of it was written, synced and found right,
// by digest and by check (which opens the databases, and may be nil), nothing stands at dir. Codes: Conflict when dir
// holds something, Denied when no identity opens the backup, Invalid when it is damaged or newer than this program.
func Restore(ctx context.Context, r io.Reader, ids []age.Identity, dir string, check func(ctx context.Context, dir string) error) (Restored, error) {
	if err := vacant(dir); err != nil {
		return Restored{}, err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Restored{}, fmt.Errorf("find %s: %w", dir, err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return Restored{}, fmt.Errorf("make room for %s: %w", dir, err)
	}
	staging, err := os.MkdirTemp(filepath.Dir(dir), ".restoring-")
	if err != nil {
		return Restored{}, fmt.Errorf("make room for %s: %w", dir, err)
	}
	defer os.RemoveAll(staging) // after the rename there is nothing left to remove
	out, err := unpack(ctx, r, ids, staging)
	if err != nil {
		return Restored{}, err
	}
	if err := os.MkdirAll(filepath.Join(staging, "backups"), 0o700); err != nil {
		return Restored{}, fmt.Errorf("restore backups folder: %w", err)
	}
	if check != nil {
		if err := check(ctx, staging); err != nil {
			return Restored{}, fmt.Errorf("check what was restored: %w", err)
		}
	}
	if err := syncTree(staging); err != nil {
		return Restored{}, fmt.Errorf("make restored files durable: %w", err)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Restored{}, fmt.Errorf("replace empty %s: %w", dir, err)
	}
	if err := os.Rename(staging, dir); err != nil {
		return Restored{}, fmt.Errorf("put %s in place: %w", dir, err)
	}
	return out, syncDir(filepath.Dir(dir))
}

func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into %s: %w", dir, err)
	}
	return &ngo.Error{Code: ngo.Conflict, Message: dir + " is not empty, and a restore never overwrites",
		Hint: "move it away first, or restore into another folder with --data"}
}

func damaged(err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: "the backup is damaged or was cut short", Hint: "nothing was restored; take an earlier backup", Err: err}
}

// unpack writes the files into dir and holds each against the manifest at the end.
func unpack(ctx context.Context, r io.Reader, ids []age.Identity, dir string) (Restored, error) {
	opened, err := age.Decrypt(r, ids...)
	if none, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return Restored{}, &ngo.Error{Code: ngo.Denied, Message: "this key or passphrase does not open the backup",
			Hint: "use the key that was in force when it was made", Err: none}
	}
	if err != nil {
		return Restored{}, damaged(err)
	}
	plain, err := zstd.NewReader(opened, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return Restored{}, damaged(err)
	}
	defer plain.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Restored{}, fmt.Errorf("open %s: %w", dir, err)
	}
	defer root.Close()
	out, err := unpackTar(ctx, tar.NewReader(plain), root)
	if err != nil {
		return Restored{}, err
	}
	// age proves its last chunk only when it is read.
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return Restored{}, damaged(err)
	}
	return out, nil
}

func unpackTar(ctx context.Context, t *tar.Reader, root *os.Root) (Restored, error) {
	got := map[string]File{}
	var out Restored
	for {
		if err := ctx.Err(); err != nil {
			return Restored{}, fmt.Errorf("restore: %w", err)
		}
		h, err := t.Next()
		if err == io.EOF {
			return Restored{}, damaged(errors.New("there is no manifest"))
		}
		if err != nil {
			return Restored{}, damaged(err)
		}
		if h.Name == manifestName {
			m, err := readManifest(t, got)
			out.Manifest = m
			return out, err
		}
		f, err := unpackFile(t, h, root)
		if err != nil {
			return Restored{}, err
		}
		got[f.Path] = f
		out.Bytes += f.Size
	}
}

func unpackFile(t *tar.Reader, h *tar.Header, root *os.Root) (File, error) {
	if h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name) {
		return File{}, damaged(fmt.Errorf("entry %q is not a file of a data folder", h.Name))
	}
	if err := root.MkdirAll(filepath.Dir(h.Name), 0o700); err != nil {
		return File{}, fmt.Errorf("restore %s: %w", h.Name, err)
	}
	w, err := root.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, fmt.Errorf("restore %s: %w", h.Name, err)
	}
	sum, in := sha256.New(), &packed{Reader: t}
	n, err := io.Copy(io.MultiWriter(w, sum), in)
	if err := errors.Join(err, w.Close()); err != nil {
		if in.err != nil {
			return File{}, damaged(in.err)
		}
		return File{}, fmt.Errorf("restore %s: %w", h.Name, err)
	}
	return File{Path: h.Name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// packed remembers why reading failed, to tell a damaged backup from a disk that cannot take it.
type packed struct {
	io.Reader
	err error
}

func (p *packed) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err != nil && err != io.EOF {
		p.err = err
	}
	return n, err
}

func readManifest(r io.Reader, got map[string]File) (Manifest, error) {
	var m Manifest
	if err := json.NewDecoder(io.LimitReader(r, maxManifest)).Decode(&m); err != nil {
		return Manifest{}, damaged(err)
	}
	if m.Format > format {
		return Manifest{}, &ngo.Error{Code: ngo.Invalid, Message: "the backup was made by a newer ngoctl", Hint: "upgrade ngoctl, then restore again"}
	}
	if len(m.Files) != len(got) {
		return Manifest{}, damaged(fmt.Errorf("%d files, but the manifest names %d", len(got), len(m.Files)))
	}
	for _, f := range m.Files {
		if got[f.Path] != f {
			return Manifest{}, damaged(fmt.Errorf("%s is not what the manifest says", f.Path))
		}
	}
	return m, nil
}

func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncDir(path) // a file is synced the same way
	})
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
