package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// page is how many files Sweep asks about at once.
const page = 256

// Sweep removes the files last written before old that no row knows, and the drafts of that age. known tells which of a
// page of identifiers have a row. old must lie well before now: a young file may be waiting for its row. It returns how
// many files it removed. It fails with Conflict when the files are in a bucket that another data folder owns.
func (s *Store) Sweep(ctx context.Context, old time.Time, known func([]ngo.BlobID) (map[ngo.BlobID]bool, error)) (int, error) {
	dirs, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return 0, fault("list folder of documents", err)
	}
	removed := 0
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		rows := known
		if d.Name() == temp {
			rows = nil
		}
		n, err := s.sweepFolder(ctx, d.Name(), old, rows)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	if s.bucket == nil {
		return removed, nil
	}
	n, err := s.bucket.sweep(ctx, old, known)
	return removed + n, err
}

// sweepFolder removes old files of one folder that have no row; with known nil, all old files.
func (s *Store) sweepFolder(ctx context.Context, dir string, old time.Time, known func([]ngo.BlobID) (map[ngo.BlobID]bool, error)) (int, error) {
	f, err := s.root.Open(dir)
	if err != nil {
		return 0, fault("open folder "+dir, err)
	}
	defer f.Close() // opened to read only
	removed := 0
	for {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		entries, err := f.ReadDir(page)
		if errors.Is(err, io.EOF) {
			return removed, nil
		}
		if err != nil {
			return removed, fault("list folder "+dir, err)
		}
		n, err := s.removeOrphans(dir, entries, old, known)
		removed += n
		if err != nil {
			return removed, err
		}
	}
}

func (s *Store) removeOrphans(dir string, entries []fs.DirEntry, old time.Time, known func([]ngo.BlobID) (map[ngo.BlobID]bool, error)) (int, error) {
	var names []string
	var ids []ngo.BlobID
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !info.ModTime().Before(old) {
			continue // gone meanwhile, not ours, or too young
		}
		id, err := ngo.ParseID[ngo.BlobID](e.Name())
		if err != nil && known != nil {
			continue // not a name we give
		}
		names, ids = append(names, e.Name()), append(ids, id)
	}
	if len(names) == 0 {
		return 0, nil
	}
	has := map[ngo.BlobID]bool{}
	if known != nil {
		var err error
		if has, err = known(ids); err != nil {
			return 0, err
		}
	}
	removed := 0
	for i, name := range names {
		if has[ids[i]] {
			continue
		}
		if err := s.root.Remove(path.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fault("remove orphan", err)
		}
		removed++
	}
	return removed, nil
}
