// Package sqlite keeps a database in one SQLite file, on modernc.org/sqlite.
//
// It promises what store.Engine says. One goroutine owns the only connection that writes; it takes the closures that
// wait, runs each so that it can be undone alone, commits them together with one fsync, and wakes their callers after
// the commit. Readers have a small pool of their own and never wait for the writer. All methods are safe for
// concurrent use. The package knows no table and must not: the SQL lives in store.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	modernc "modernc.org/sqlite"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// readDeadline is how long one Read may take. A read that never ended would keep the log beside the file growing.
const readDeadline = 30 * time.Second

// maxReaders is how many reads run at once; the rest wait. More would not be faster on the small machines this is for.
const maxReaders = 4

// readerIdle is how long a connection of a finished read is kept for the next one.
const readerIdle = 5 * time.Second

// Open opens the database in the file at path, which is created if it is missing; its folder must exist. It has the
// shape of store.OpenEngine. Codes: Unavailable when the file cannot be opened or locked, Invalid when path or
// options are missing something.
func Open(ctx context.Context, path string, o store.EngineOptions) (store.Engine, error) {
	return open(ctx, path, o, setup{})
}

// setup is what tests open a database with instead of the usual.
type setup struct {
	vfs         string // instead of the operating system's files
	synchronous string // instead of FULL
	smallLog    int    // instead of smallLog pages
}

// engine is one open file.
type engine struct {
	path    string
	write   *sql.DB
	read    *sql.DB
	writer  *writer
	closing context.Context // ends when Close begins; reads and snapshots end with it
	close   context.CancelFunc
	reads   sync.WaitGroup
	mu      sync.Mutex // guards closed against reads that are about to be counted
	closed  bool
	closeup func() error
}

func open(ctx context.Context, path string, o store.EngineOptions, s setup) (*engine, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the database has no usable path", Err: err}
	}
	protectLocks()
	fresh, err := create(path)
	if err != nil {
		return nil, openError(path, err)
	}
	e := &engine{path: path}
	e.closing, e.close = context.WithCancel(context.Background())
	e.closeup = sync.OnceValue(e.shutDown)
	if err := e.connect(ctx, o, s); err != nil {
		return nil, openError(path, err)
	}
	if fresh {
		if err := syncFolder(filepath.Dir(path)); err != nil {
			return nil, openError(path, errors.Join(err, e.Close()))
		}
	}
	return e, nil
}

// connect opens the writer's connection, which turns a new file into a WAL database, and prepares the readers' pool.
func (e *engine) connect(ctx context.Context, o store.EngineOptions, s setup) error {
	wc, err := modernc.NewConnector(writerDSN(e.path, s))
	if err != nil {
		return err
	}
	rc, err := modernc.NewConnector(readerDSN(e.path, s))
	if err != nil {
		return err
	}
	e.write = sql.OpenDB(connector{wc})
	e.read = sql.OpenDB(connector{rc})
	e.write.SetMaxOpenConns(1)
	e.read.SetMaxOpenConns(maxReaders)
	e.read.SetMaxIdleConns(maxReaders)
	e.read.SetConnMaxIdleTime(readerIdle)
	e.writer, err = newWriter(ctx, e.write, o, cmp.Or(s.smallLog, smallLog))
	if err != nil {
		return errors.Join(err, e.write.Close(), e.read.Close())
	}
	return nil
}

// protectLocks makes SQLite's locks survive somebody else's open and close of the same file in this process. It is
// process-wide and may be called again; where the system has no such locks, the rule that nobody opens these files
// but through SQLite has to do.
func protectLocks() {
	_, _ = modernc.OFDLocking(true)
	modernc.StrictPragmas(true)
}

// create makes an empty file that only its owner can read, and tells whether nothing has been written to it yet.
func create(path string) (fresh bool, err error) {
	if fi, err := os.Lstat(path); err == nil {
		return fi.Size() == 0, nil // not opened: closing it again would drop locks on it
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func openError(path string, err error) error {
	return &ngo.Error{Code: ngo.Unavailable, Message: fmt.Sprintf("the database %s cannot be opened", path),
		Hint: "see that the disk has space and that the file belongs to the user ngoctl runs as", Err: translate(err)}
}

// Write implements store.Engine.
func (e *engine) Write(ctx context.Context, class store.Class, fn func(store.WriteConn) error) error {
	return e.writer.write(ctx, class, fn)
}

// Checkpoint implements store.Engine. It waits for reads that still need the log. Codes: Unavailable when ctx ended
// before that.
func (e *engine) Checkpoint(ctx context.Context) error {
	return e.writer.emptyLog(ctx)
}

// Stats implements store.Engine.
func (e *engine) Stats() store.EngineStats {
	s := e.writer.stats()
	if fi, err := os.Stat(e.path + "-wal"); err == nil { // told, not opened
		s.WALBytes = fi.Size()
	}
	return s
}

// Close implements store.Engine: writes that wait are carried out, new ones are refused, reads are cut. It is called
// once nobody needs the database; calling it again gives the same answer. Codes: Internal from inside a write.
func (e *engine) Close() error {
	if onWriter() {
		return nestedError("closing the database")
	}
	return e.closeup()
}

func (e *engine) shutDown() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.close()
	err := e.writer.stop()
	e.reads.Wait()
	return errors.Join(err, e.read.Close(), e.write.Close())
}

// connector opens modernc's connections and wraps each.
type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, translate(err)
	}
	return newConn(dc)
}
