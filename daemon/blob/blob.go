// Package blob keeps files sealed in a local folder per organisation: documents, and bodies too large for a row. Each file
// is sealed with a key of its own, and that key lies, itself sealed under the organisation's key, in the database row
// that knows the file: erase the row and the file is noise, also in every copy made of the folder.
//
// A file is written and made durable before its row is committed, so a row never names a file that is not there. The
// other way round, a crash in between leaves a file no row knows, which Sweep removes.
//
// A Store is safe for concurrent use. It knows no database.
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/crypto/chacha20poly1305"

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

const (
	version = 1 // first byte of a sealed file
	temp    = "tmp"
)

// Store is the folder of one organisation.
type Store struct {
	root *os.Root
	box  *seal.Box

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
// is full; a file left behind is swept later.
func (s *Store) Put(ctx context.Context, id ngo.BlobID, data []byte) (Blob, error) {
	if err := ctx.Err(); err != nil {
		return Blob{}, err
	}
	name, err := place(id)
	if err != nil {
		return Blob{}, err
	}
	key := make([]byte, chacha20poly1305.KeySize)
	rand.Read(key) // never fails: crypto/rand aborts the program instead
	sealed, err := encrypt(key, id, data)
	if err != nil {
		return Blob{}, fmt.Errorf("seal document %s: %w", id, err)
	}
	draft, err := s.write(id, sealed)
	if err != nil {
		return Blob{}, fault("write document "+string(id), err)
	}
	if err := s.publish(draft, name); err != nil {
		return Blob{}, fault("store document "+string(id), err)
	}
	return Blob{ID: id, Size: int64(len(data)), SHA: sha256.Sum256(sealed), Key: s.box.Seal(key, "blob", "key", string(id))}, nil
}

// Get gives the content of b. It fails with NotFound when the file is gone, and with Invalid when it or its key is not
// what was stored.
func (s *Store) Get(ctx context.Context, b Blob) ([]byte, error) {
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
	sealed, err := s.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ngo.Error{Code: ngo.NotFound, Message: fmt.Sprintf("the file of document %s is missing", b.ID),
			Hint: "restore it from a backup: ngoctl backup restore", Err: err}
	}
	if err != nil {
		return nil, fault("read document "+string(b.ID), err)
	}
	data, err := decrypt(key, b.ID, sealed)
	if err != nil {
		return nil, damaged(b.ID, err)
	}
	return data, nil
}

// write makes a durable draft that has no name in the store yet.
func (s *Store) write(id ngo.BlobID, sealed []byte) (draft string, err error) {
	if err := s.folder(temp); err != nil {
		return "", err
	}
	draft = path.Join(temp, string(id)+"."+rand.Text())
	f, err := s.root.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	if _, err = f.Write(sealed); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, s.root.Remove(draft))
	}
	return draft, nil
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

func encrypt(key []byte, id ngo.BlobID, data []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	head := 1 + aead.NonceSize()
	out := make([]byte, head, head+len(data)+aead.Overhead())
	out[0] = version
	rand.Read(out[1:])
	return aead.Seal(out, out[1:], data, []byte(id)), nil
}

func decrypt(key []byte, id ngo.BlobID, sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	head := 1 + aead.NonceSize()
	if len(sealed) < head || sealed[0] != version {
		return nil, errors.New("the sealed file is cut short or of an unknown version")
	}
	return aead.Open(nil, sealed[1:head], sealed[head:], []byte(id))
}

func damaged(id ngo.BlobID, err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the file of document %s was changed or damaged", id),
		Hint: "restore it from a backup: ngoctl backup restore", Err: err}
}

// fault gives an error of the file system the code that decides whether to try again.
func fault(doing string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &ngo.Error{Code: ngo.Unavailable, Message: "the disk is full", Hint: "free some space; the work goes on by itself",
			Err: fmt.Errorf("%s: %w", doing, err)}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
