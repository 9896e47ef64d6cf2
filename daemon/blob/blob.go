// Package blob keeps files sealed, in a local folder per organisation or in a bucket of an S3 server: documents, attachments,
// and bodies too large for a row. Each file is sealed with a key of its own, and that key lies, itself sealed under the
// organisation's key, in the database row that knows the file: erase the row and the file is noise, also in every copy made of
// the folder. A bucket gets what is sealed, and never a key.
//
// A file is written and made durable before its row is committed, so a row never names a file that is not there. The
// other way round, a crash in between leaves a file no row knows, which Sweep removes.
//
// Files are sealed and opened in segments, so that a large one takes no more memory than a small one.
//
// A Store is safe for concurrent use; a Writer belongs to one goroutine. The package knows no database.
package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// Blob is what the database row of a file holds.
type Blob struct {
	ID   ngo.BlobID
	Size int64    // of the content
	SHA  [32]byte // SHA-256 of the sealed file as it lies on disk, so that it can be checked without any key
	Key  []byte   // the file's key, sealed under the organisation's
}

const temp = "tmp" // the folder of drafts

// Store is the files of one organisation. Drafts, and what was kept before there was a bucket, lie in its folder.
type Store struct {
	root   *os.Root
	box    *seal.Box
	bucket *shelf // nil without one

	mu      sync.Mutex
	durable map[string]bool // folders whose own entry is known to be on disk
}

// Open opens the folder, and makes it when it is missing. It fails with Unavailable when the disk is full.
func Open(dir string, box *seal.Box) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault("make folder of documents", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fault("open folder of documents", err)
	}
	if err := syncParent(dir); err != nil {
		return nil, errors.Join(fault("keep folder of documents", err), root.Close())
	}
	return &Store{root: root, box: box, durable: map[string]bool{}}, nil
}

// Close releases the folder.
func (s *Store) Close() error { return s.root.Close() }

// Put seals data and makes it durable under id. The caller then commits the row. It fails with Unavailable when the disk
// is full or the bucket cannot be reached; a file left behind is swept later.
func (s *Store) Put(ctx context.Context, id ngo.BlobID, data []byte) (Blob, error) {
	w, err := s.Create(ctx, id)
	if err != nil {
		return Blob{}, err
	}
	defer w.Abort()
	if _, err := w.Write(data); err != nil {
		return Blob{}, err
	}
	return w.Commit()
}

// Get gives the content of b. It fails with NotFound when the file is gone, with Invalid when it or its key is not
// what was stored, and with Unavailable when the bucket cannot be reached.
func (s *Store) Get(ctx context.Context, b Blob) ([]byte, error) {
	r, err := s.Open(ctx, b)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var data bytes.Buffer
	data.Grow(int(min(max(b.Size, 0), 1<<20)) + bytes.MinRead)
	_, err = data.ReadFrom(r)
	return data.Bytes(), err
}

// Open gives the content of b to be read piece by piece; each piece was found right before it is given. It fails as Get does,
// also in the middle.
func (s *Store) Open(ctx context.Context, b Blob) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name, err := place(b.ID)
	if err != nil {
		return nil, err
	}
	key, err := s.box.Open(b.Key, "blob", "key", string(b.ID))
	if err != nil {
		return nil, damaged(b.ID, err)
	}
	sealed, err := s.find(ctx, b.ID, name)
	if err != nil {
		return nil, err
	}
	return opened(key, b.ID, sealed)
}

// find opens the sealed file, wherever it is: in the folder are all drafts and all files from before there was a bucket.
func (s *Store) find(ctx context.Context, id ngo.BlobID, name string) (io.ReadCloser, error) {
	f, err := s.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) && s.bucket != nil {
		return s.bucket.open(ctx, id)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(id, err)
	}
	if err != nil {
		return nil, fault("read document "+string(id), err)
	}
	return f, nil
}

// opened reads a sealed file with its key, and gives errors of what it finds their codes.
func opened(key []byte, id ngo.BlobID, sealed io.ReadCloser) (io.ReadCloser, error) {
	plain, err := newDecrypter(key, id, sealed)
	if err != nil {
		return nil, errors.Join(readFault(id, err), sealed.Close())
	}
	return &reader{id: id, plain: plain, sealed: sealed}, nil
}

type reader struct {
	id     ngo.BlobID
	plain  io.Reader
	sealed io.Closer
}

func (r *reader) Read(b []byte) (int, error) {
	n, err := r.plain.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readFault(r.id, err)
	}
	return n, err
}

func (r *reader) Close() error { return r.sealed.Close() }

func readFault(id ngo.BlobID, err error) error {
	if _, ok := errors.AsType[broken](err); ok {
		return damaged(id, err)
	}
	return fault("read document "+string(id), err)
}

// publish gives a draft its name, durably.
func (s *Store) publish(draft, name string) error {
	dir := path.Dir(name)
	if err := s.folder(dir); err != nil {
		return err
	}
	if err := s.root.Rename(draft, name); err != nil {
		return err
	}
	return s.sync(dir)
}

// folder makes sure that a folder exists and that its entry would survive a power cut.
func (s *Store) folder(dir string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.durable[dir] {
		return nil
	}
	if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := s.sync("."); err != nil {
		return err
	}
	s.durable[dir] = true
	return nil
}

func (s *Store) sync(dir string) error {
	f, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncParent makes the entry of dir itself survive a power cut.
func syncParent(dir string) error {
	f, err := os.Open(filepath.Dir(dir))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// place gives the path of a file. Its folder is the end of the identifier, which is random: 1,024 folders fill evenly.
func place(id ngo.BlobID) (string, error) {
	if _, err := ngo.ParseID[ngo.BlobID](string(id)); err != nil {
		return "", err
	}
	return path.Join(string(id[len(id)-2:]), string(id)), nil
}

func missing(id ngo.BlobID, err error) error {
	return &ngo.Error{Code: ngo.NotFound, Message: fmt.Sprintf("the file of document %s is missing", id),
		Hint: "restore it from a backup: ngoctl backup restore", Err: err}
}

func damaged(id ngo.BlobID, err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the file of document %s was changed or damaged", id),
		Hint: "restore it from a backup: ngoctl backup restore", Err: err}
}

// fault gives an error of the file system the code that decides whether to try again.
func fault(doing string, err error) error {
	if _, told := errors.AsType[*ngo.Error](err); told {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the disk is full", Hint: "free some space; the work goes on by itself",
			Err: fmt.Errorf("%s: %w", doing, err)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
