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
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options is what Take needs.
type Options struct {
	Dir        string // the data folder
	Store      *store.Store
	Recipients []age.Recipient
	Now        func() time.Time
	Progress   Progress // may be nil
	Bucket     string   // where files are kept that the backup does not hold; empty when it holds all
}

// Copy is a consistent copy of a data folder, not yet written anywhere. Close it in any case.
type Copy struct {
	o       Options
	scratch string
	sources []source
}

// Take copies every database as it is at one moment, while reads and writes go on. The space of one copy of the
// databases is needed in the data folder until Close. It fails with Unavailable when there is none.
func Take(ctx context.Context, o Options) (c *Copy, err error) {
	c = &Copy{o: o}
	room := filepath.Join(o.Dir, "backups")
	if err = os.MkdirAll(room, 0o700); err == nil {
		c.scratch, err = os.MkdirTemp(room, scratchPrefix)
	}
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Unavailable, Message: "there is no room for a snapshot in the data folder",
			Hint: "see that DATA/backups belongs to the daemon's user and has free space", Err: err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
			c = nil
		}
	}()
	if c.sources, err = snapshot(ctx, o.Store, c.scratch); err != nil {
		return c, err
	}
	rest, err := beside(o.Dir)
	c.sources = append(c.sources, rest...)
	return c, err
}

// Close removes the copy of the databases.
func (c *Copy) Close() error { return os.RemoveAll(c.scratch) }

const scratchPrefix = ".snapshot-"

// RemoveLeft removes the copies that a program left in the data folder dir when it died in the middle of a backup: they
// would hold people erased since. It is for whoever has the folder to himself and takes no backup yet.
func RemoveLeft(dir string) error {
	room := filepath.Join(dir, "backups")
	entries, err := os.ReadDir(room)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), scratchPrefix) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(room, e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("remove what a backup left: %w", err)
	}
	return nil
}

// Write writes the backup. What was written before an error is worthless.
func (c *Copy) Write(ctx context.Context, w io.Writer) (Manifest, error) {
	sealed, err := age.Encrypt(w, c.o.Recipients...)
	if err != nil {
		return Manifest{}, fmt.Errorf("seal backup: %w", err)
	}
	packed, err := zstd.NewWriter(sealed, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return Manifest{}, fmt.Errorf("compress backup: %w", err)
	}
	a := archive{tar: tar.NewWriter(packed), progress: c.o.Progress, now: c.o.Now()}
	m, err := a.write(ctx, c.sources, c.o.Bucket)
	if err != nil {
		return Manifest{}, errors.Join(err, packed.Close())
	}
	for _, part := range []io.Closer{a.tar, packed, sealed} {
		if err := part.Close(); err != nil {
			return Manifest{}, fmt.Errorf("finish backup: %w", err)
		}
	}
	return m, nil
}

// source is one file to copy: where it lies, and its path in the data folder.
type source struct {
	file, path string
	size       int64
}

// snapshot copies every database into scratch.
func snapshot(ctx context.Context, st *store.Store, scratch string) ([]source, error) {
	orgs, err := st.Orgs(ctx)
	if err != nil {
		return nil, err
	}
	var out []source
	home := source{file: filepath.Join(scratch, "ngoctl.db"), path: "ngoctl.db"}
	if err := st.Snapshot(ctx, home.file); err != nil {
		return nil, fmt.Errorf("snapshot ngoctl.db: %w", err)
	}
	out = append(out, home)
	for _, info := range orgs {
		o, err := st.Org(ctx, info.Slug)
		if err != nil {
			return nil, err
		}
		s := source{file: filepath.Join(scratch, info.Slug+".db"), path: path.Join("orgs", info.Slug, "org.db")}
		if err := o.Snapshot(ctx, s.file); err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", s.path, err)
		}
		out = append(out, s)
	}
	for i := range out {
		fi, err := os.Stat(out[i].file)
		if err != nil {
			return nil, fmt.Errorf("look at snapshot: %w", err)
		}
		out[i].size = fi.Size()
	}
	return out, nil
}

// beside lists what belongs to a data folder besides the databases, in a fixed order.
func beside(dir string) ([]source, error) {
	var out []source
	for _, top := range []string{"config.toml", "keys", "tls", "law", "rates", "faq", "certs", "orgs"} {
		err := filepath.WalkDir(filepath.Join(dir, top), func(file string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // not every folder exists, and a blob may be erased meanwhile
			}
			if err != nil || !e.Type().IsRegular() || leftOut(e.Name()) {
				return err
			}
			fi, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(dir, file)
			out = append(out, source{file: file, path: filepath.ToSlash(rel), size: fi.Size()})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", top, err)
		}
	}
	return out, nil
}

// leftOut tells whether a file has no place in a backup: it is SQLite's own, which nobody opens but SQLite, or the copy of
// a database from before its schema changed, which may hold people erased since.
func leftOut(name string) bool {
	return slices.Contains([]string{".db", ".db-wal", ".db-shm", ".db-journal"}, filepath.Ext(name)) || strings.Contains(name, ".db.before-")
}

// archive writes the tar.
type archive struct {
	tar      *tar.Writer
	progress Progress
	now      time.Time
	done     int64
}

func (a *archive) write(ctx context.Context, sources []source, bucket string) (Manifest, error) {
	m := Manifest{Format: format, Created: a.now.UTC().Format(time.RFC3339), Bucket: bucket}
	var total int64
	for _, s := range sources {
		total += s.size
	}
	for _, s := range sources {
		if err := ctx.Err(); err != nil {
			return Manifest{}, fmt.Errorf("write backup: %w", err)
		}
		f, err := a.add(s)
		if errors.Is(err, fs.ErrNotExist) {
			continue // erased since it was listed
		}
		if err != nil {
			return Manifest{}, fmt.Errorf("back up %s: %w", s.path, err)
		}
		m.Files = append(m.Files, f)
		a.done += f.Size
		if a.progress != nil {
			a.progress(a.done, total)
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		return Manifest{}, fmt.Errorf("write manifest: %w", err)
	}
	if err := a.tar.WriteHeader(a.header(manifestName, int64(len(text)))); err != nil {
		return Manifest{}, fmt.Errorf("write manifest: %w", err)
	}
	if _, err := a.tar.Write(text); err != nil {
		return Manifest{}, fmt.Errorf("write manifest: %w", err)
	}
	return m, nil
}

func (a *archive) add(s source) (File, error) {
	in, err := os.Open(s.file)
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	fi, err := in.Stat()
	if err != nil {
		return File{}, err
	}
	if err := a.tar.WriteHeader(a.header(s.path, fi.Size())); err != nil {
		return File{}, err
	}
	sum := sha256.New()
	// No more than the header said: a file that grows meanwhile (a certificate being renewed) is cut, not an error.
	if _, err := io.CopyN(io.MultiWriter(a.tar, sum), in, fi.Size()); err != nil {
		return File{}, err
	}
	return File{Path: s.path, Size: fi.Size(), SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

func (a *archive) header(name string, size int64) *tar.Header {
	return &tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: a.now, Format: tar.FormatPAX}
}
