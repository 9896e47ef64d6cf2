package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Writer takes the content of a new file. Nothing stands under its name before Commit; whoever makes a Writer calls Commit or Abort,
// and may call Abort after either.
type Writer struct {
	store *Store
	ctx   context.Context // of Create: all the writing is one act, and io.Writer takes none
	id    ngo.BlobID
	name  string
	draft string
	key   []byte
	file  *os.File
	sum   hash.Hash
	seal  *encrypter
	size  int64 // of the content
	done  bool  // sealed to its end
}

// Create begins a file. Its content is sealed as it is written, so that at no time any of it lies open on disk. It fails with
// Unavailable when the disk is full.
func (s *Store) Create(ctx context.Context, id ngo.BlobID) (*Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	name, err := place(id)
	if err != nil {
		return nil, err
	}
	w := &Writer{store: s, ctx: ctx, id: id, name: name, key: make([]byte, chacha20poly1305.KeySize), sum: sha256.New()}
	rand.Read(w.key) // never fails: crypto/rand aborts the program instead
	if err := s.folder(temp); err != nil {
		return nil, w.fault(err)
	}
	w.draft = path.Join(temp, string(id)+"."+rand.Text())
	if w.file, err = s.root.OpenFile(w.draft, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, w.fault(err)
	}
	if w.seal, err = newEncrypter(w.key, id, io.MultiWriter(w.file, w.sum)); err != nil {
		w.Abort()
		return nil, w.fault(err)
	}
	return w, nil
}

func (w *Writer) fault(err error) error { return fault("write document "+string(w.id), err) }

// Write adds to the content. It fails with Unavailable when the disk is full.
func (w *Writer) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if w.done {
		return 0, w.fault(errors.New("it is complete"))
	}
	n, err := w.seal.Write(b)
	w.size += int64(n)
	if err != nil {
		return n, w.fault(err)
	}
	return n, nil
}

// Size tells how much was written.
func (w *Writer) Size() int64 { return w.size }

// Content ends the writing and gives what was written to be looked at, before it is known whether it will be kept.
func (w *Writer) Content() (io.ReadCloser, error) {
	if err := w.finish(); err != nil {
		return nil, err
	}
	f, err := w.store.root.Open(w.draft)
	if err != nil {
		return nil, w.fault(err)
	}
	return opened(w.key, w.id, f)
}

// finish seals the last of the content.
func (w *Writer) finish() error {
	if w.done {
		return nil
	}
	if err := w.seal.Close(); err != nil {
		return w.fault(err)
	}
	w.done = true
	return nil
}

// Commit makes the file durable under its name. The caller then commits the row. It fails with Unavailable when the disk is full or
// the bucket cannot be reached; what is left behind then is swept later.
func (w *Writer) Commit() (Blob, error) {
	if err := errors.Join(w.ctx.Err(), w.finish()); err != nil {
		return Blob{}, err
	}
	out := Blob{ID: w.id, Size: w.size, Key: w.store.box.Seal(w.key, "blob", "key", string(w.id))}
	w.sum.Sum(out.SHA[:0])
	if err := w.keep(); err != nil {
		return Blob{}, fault("store document "+string(w.id), err)
	}
	return out, nil
}

func (w *Writer) keep() error {
	if b := w.store.bucket; b != nil {
		if err := b.put(w.ctx, w.id, w.file); err != nil {
			return err
		}
		w.Abort() // the draft is of no use any more
		return nil
	}
	err := w.file.Sync()
	if err = errors.Join(err, w.file.Close()); err != nil {
		return err
	}
	w.file = nil
	if err := w.store.publish(w.draft, w.name); err != nil {
		return err
	}
	w.draft = ""
	return nil
}

// Abort gives up a file that was not committed. What cannot be removed is swept later.
func (w *Writer) Abort() {
	w.done = true
	if w.file != nil {
		_ = w.file.Close() // nothing that it held is wanted
		w.file = nil
	}
	if w.draft == "" {
		return
	}
	if err := w.store.root.Remove(w.draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	w.draft = ""
}
