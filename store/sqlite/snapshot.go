package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	modernc "modernc.org/sqlite"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Snapshot implements store.Engine. The copy is whole and on the disk when it returns nil; else there is none. Codes:
// Conflict when the file exists, Unavailable when it cannot be written or ctx ended.
func (e *engine) Snapshot(ctx context.Context, path string) error {
	if onWriter() {
		return nestedError("a copy")
	}
	if err := e.enter(); err != nil {
		return err
	}
	defer e.reads.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.closing, cancel)()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite takes an empty file
	if err == nil {
		err = f.Close()
	}
	if errors.Is(err, os.ErrExist) {
		return &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("the file %s exists already", path), Hint: "choose another name"}
	}
	if err != nil {
		return snapshotError(path, err)
	}
	if err := errors.Join(e.copyTo(ctx, path), syncFile(path)); err != nil {
		return snapshotError(path, errors.Join(err, os.Remove(path)))
	}
	return nil
}

// copyTo writes the copy on a connection of its own, so that it holds up neither the writer nor the readers.
func (e *engine) copyTo(ctx context.Context, path string) (err error) {
	c, err := modernc.NewConnector(copyDSN(e.path))
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "vacuum into $1", path)
	return err
}

// syncFile puts the file and its name on the disk, which SQLite does not do for a copy.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func snapshotError(path string, err error) error {
	return &ngo.Error{Code: ngo.Unavailable, Message: fmt.Sprintf("the copy %s cannot be written", path),
		Hint: "see that the disk has space and the folder can be written", Err: translate(err)}
}
