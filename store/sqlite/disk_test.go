package sqlite

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// disk stands between SQLite and the operating system's files. It knows what a power cut would leave of them: what was
// there at each file's last fsync, and of the writes since then any part. And it can fail.
type disk struct {
	name string // of the VFS

	mu      sync.Mutex
	durable map[string][]byte // by base name, as of its last fsync
	loose   map[string][]change
	fail    func(op, file string) int32 // a result code of SQLite instead of doing op; 0 does it
	ops     int
	plug    *plug

	files   map[uintptr]openFile
	methods map[uintptr]uintptr // our copy of a table of methods, by the original
	vfs     *lib.Tsqlite3_vfs
	base    *lib.Tsqlite3_vfs
	keep    []any // functions that only C memory points to
}

type openFile struct {
	name    string
	methods *lib.Tsqlite3_io_methods
}

// change is a write, or a truncation when data is nil.
type change struct {
	at   int64
	data []byte
}

// diskNumber makes names of VFSs, which are the process's.
var diskNumber atomic.Int64

func newDisk(t testing.TB) *disk {
	t.Helper()
	d := &disk{name: fmt.Sprint("disk", diskNumber.Add(1)), durable: map[string][]byte{}, loose: map[string][]change{},
		files: map[uintptr]openFile{}, methods: map[uintptr]uintptr{}}
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := lib.Xsqlite3_initialize(tls); rc != lib.SQLITE_OK {
		t.Fatalf("initialize: %d", rc)
	}
	base := lib.Xsqlite3_vfs_find(tls, 0)
	d.base = (*lib.Tsqlite3_vfs)(pointer(base))
	vfs := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*d.vfs)))
	d.vfs = (*lib.Tsqlite3_vfs)(pointer(vfs))
	*d.vfs = *d.base
	name, err := libc.CString(d.name)
	if err != nil {
		t.Fatal(err)
	}
	d.vfs.FzName = name
	d.vfs.FxOpen = function(d, d.open)
	d.vfs.FxDelete = function(d, d.delete)
	if rc := lib.Xsqlite3_vfs_register(tls, vfs, 0); rc != lib.SQLITE_OK {
		t.Fatalf("register: %d", rc)
	}
	t.Cleanup(func() { d.remove(t, vfs, name) })
	return d
}

func (d *disk) remove(t testing.TB, vfs, name uintptr) {
	tls := libc.NewTLS()
	defer tls.Close()
	if len(d.files) != 0 {
		t.Errorf("files left open: %v", d.files)
		return // SQLite still points to us
	}
	lib.Xsqlite3_vfs_unregister(tls, vfs)
	for _, m := range d.methods {
		libc.Xfree(tls, m)
	}
	libc.Xfree(tls, name)
	libc.Xfree(tls, vfs)
}

// failing sets what fails from now on.
func (d *disk) failing(fail func(op, file string) int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = fail
}

// plug is pulled before a certain operation.
type plug struct {
	at     int
	lucky  *rand.Rand        // decides which sectors reached the disk without a sync; nil: none
	pulled chan struct{}     // closed when it has been
	seen   func()            // runs at that very moment
	left   map[string][]byte // what is on the disk then
}

// pullAt makes the plug be pulled before the n-th operation from now.
func (d *disk) pullAt(n int, lucky *rand.Rand, seen func()) *plug {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.plug = &plug{at: d.ops + n, lucky: lucky, pulled: make(chan struct{}), seen: seen, left: map[string][]byte{}}
	return d.plug
}

// left is what a power cut now would leave at worst.
func (d *disk) left() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &plug{seen: func() {}, pulled: make(chan struct{}), left: map[string][]byte{}}
	d.pull(p)
	return p.left
}

// pull takes the picture. The database goes on and does not know.
func (d *disk) pull(p *plug) {
	p.seen()
	for name, content := range d.durable {
		content = slices.Clone(content)
		if p.lucky != nil {
			for _, c := range d.loose[name] {
				content = c.apply(content, p.lucky)
			}
		}
		p.left[name] = content
	}
	close(p.pulled)
}

const sector = 512

// apply does c, or with lucky those sectors of it that are.
func (c change) apply(content []byte, lucky *rand.Rand) []byte {
	if c.data == nil {
		if lucky != nil && lucky.IntN(2) == 0 {
			return content
		}
		return resize(content, c.at)
	}
	for from := int64(0); from < int64(len(c.data)); {
		at := c.at + from
		to := min(from+sector-at%sector, int64(len(c.data)))
		if lucky == nil || lucky.IntN(2) == 0 {
			content = resize(content, max(int64(len(content)), c.at+to))
			copy(content[at:], c.data[from:to])
		}
		from = to
	}
	return content
}

func resize(b []byte, n int64) []byte {
	if n <= int64(len(b)) {
		return b[:n]
	}
	return append(b, make([]byte, n-int64(len(b)))...)
}

func writeFiles(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// open implements xOpen: what is in the file before is taken to be durable.
func (d *disk) open(tls *libc.TLS, vfs, path, file uintptr, flags int32, out uintptr) int32 {
	rc := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](d.base.FxOpen)(tls, vfs, path, file, flags, out)
	if rc != lib.SQLITE_OK || path == 0 {
		return rc
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	full := libc.GoString(path)
	name := filepath.Base(full)
	if _, known := d.durable[name]; !known {
		content, err := os.ReadFile(full) // before anyone holds a lock on it
		if err != nil {
			return lib.SQLITE_CANTOPEN
		}
		d.durable[name] = content
	}
	f := (*lib.Tsqlite3_file)(pointer(file))
	d.files[file] = openFile{name, (*lib.Tsqlite3_io_methods)(pointer(f.FpMethods))}
	f.FpMethods = d.wrap(tls, f.FpMethods)
	return rc
}

// wrap gives our copy of a table of methods.
func (d *disk) wrap(tls *libc.TLS, original uintptr) uintptr {
	if m := d.methods[original]; m != 0 {
		return m
	}
	var m *lib.Tsqlite3_io_methods
	p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*m)))
	m = (*lib.Tsqlite3_io_methods)(pointer(p))
	*m = *(*lib.Tsqlite3_io_methods)(pointer(original))
	m.FxWrite = function(d, d.write)
	m.FxTruncate = function(d, d.truncate)
	m.FxSync = function(d, d.sync)
	m.FxClose = function(d, d.close)
	d.methods[original] = p
	return p
}

// begin gives the file and, when op is to fail, how.
func (d *disk) begin(op string, file uintptr) (openFile, int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[file]
	if d.ops++; d.plug != nil && d.ops == d.plug.at {
		d.pull(d.plug)
	}
	if d.fail == nil {
		return f, lib.SQLITE_OK
	}
	return f, d.fail(op, f.name)
}

func (d *disk) note(name string, c change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.loose[name] = append(d.loose[name], c)
}

func (d *disk) write(tls *libc.TLS, file, buf uintptr, n int32, at int64) int32 {
	f, rc := d.begin("write", file)
	if rc != lib.SQLITE_OK {
		return rc
	}
	rc = call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](f.methods.FxWrite)(tls, file, buf, n, at)
	if rc == lib.SQLITE_OK {
		d.note(f.name, change{at, slices.Clone(unsafe.Slice((*byte)(pointer(buf)), n))})
	}
	return rc
}

func (d *disk) truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	f, rc := d.begin("truncate", file)
	if rc != lib.SQLITE_OK {
		return rc
	}
	rc = call[func(*libc.TLS, uintptr, int64) int32](f.methods.FxTruncate)(tls, file, size)
	if rc == lib.SQLITE_OK {
		d.note(f.name, change{at: size})
	}
	return rc
}

// sync implements xSync. The real fsync is left out: this disk is what lasts.
func (d *disk) sync(_ *libc.TLS, file uintptr, _ int32) int32 {
	f, rc := d.begin("sync", file)
	if rc != lib.SQLITE_OK {
		return rc
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.loose[f.name] {
		d.durable[f.name] = c.apply(d.durable[f.name], nil)
	}
	delete(d.loose, f.name)
	return lib.SQLITE_OK
}

func (d *disk) close(tls *libc.TLS, file uintptr) int32 {
	d.mu.Lock()
	f := d.files[file]
	delete(d.files, file)
	d.mu.Unlock()
	return call[func(*libc.TLS, uintptr) int32](f.methods.FxClose)(tls, file)
}

func (d *disk) delete(tls *libc.TLS, vfs, path uintptr, dirSync int32) int32 {
	rc := call[func(*libc.TLS, uintptr, uintptr, int32) int32](d.base.FxDelete)(tls, vfs, path, dirSync)
	d.mu.Lock()
	defer d.mu.Unlock()
	if name := filepath.Base(libc.GoString(path)); rc == lib.SQLITE_OK {
		delete(d.durable, name)
		delete(d.loose, name)
	}
	return rc
}

// pointer makes a pointer of an address in C memory, which Go's own memory never moves into.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// function makes an address that SQLite can call of f, and keeps f alive.
func function[F any](d *disk, f F) uintptr {
	d.keep = append(d.keep, f)
	return *(*uintptr)(unsafe.Pointer(&f))
}

// call makes a function of an address in one of SQLite's tables.
func call[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }
