package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openTest opens a fresh database with one table and closes it when the test ends.
func openTest(t testing.TB, o store.EngineOptions) *engine {
	t.Helper()
	return openWith(t, filepath.Join(t.TempDir(), "a.db"), o, setup{})
}

func openWith(t testing.TB, path string, o store.EngineOptions, s setup) *engine {
	t.Helper()
	e, err := open(context.Background(), path, o, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	write(t, e, "create table if not exists item (id text primary key, n integer not null check (n >= 0)) strict")
	return e
}

func write(t testing.TB, e store.Engine, query string, args ...any) {
	t.Helper()
	err := e.Write(context.Background(), store.Work, func(c store.WriteConn) error { _, err := c.Exec(query, args...); return err })
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// put is a closure that inserts one row.
func put(id string, n int) func(store.WriteConn) error {
	return func(c store.WriteConn) error {
		_, err := c.Exec("insert into item (id, n) values ($1, $2)", id, n)
		return err
	}
}

func valueOf[V any](t testing.TB, e store.Engine, query string, args ...any) (v V) {
	t.Helper()
	err := e.Read(context.Background(), func(c store.Conn) error { return c.QueryRow(query, args...).Scan(&v) })
	if err != nil {
		t.Errorf("%s: %v", query, err)
	}
	return v
}

func numberOf(t testing.TB, e store.Engine, query string, args ...any) int64 {
	t.Helper()
	return valueOf[int64](t, e, query, args...)
}

func textOf(t testing.TB, e store.Engine, query string, args ...any) string {
	t.Helper()
	return valueOf[string](t, e, query, args...)
}

// eventually waits until done, without knowing an event to wait for.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come about", what)
		}
	}
}

// thorough tells whether chance is to be tried for minutes instead of seconds.
func thorough() bool { return os.Getenv("NGOCTL_TEST_LONG") == "1" }

// hold keeps the writer busy until release is called.
func hold(t testing.TB, e *engine) (release func()) {
	t.Helper()
	started, end, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once // the closure may be run again
	go func() {
		ended <- e.Write(context.Background(), store.Work, func(store.WriteConn) error {
			once.Do(func() { close(started) })
			<-end
			return nil
		})
	}()
	<-started
	return func() {
		close(end)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// queued waits until n requests wait.
func queued(t testing.TB, e *engine, n int) {
	t.Helper()
	eventually(t, "a full queue", func() bool {
		q := e.writer.queue
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.ack.items)-q.ack.head+len(q.work.items)-q.work.head+len(q.controls.items)-q.controls.head >= n
	})
}

func TestSettingsOfConnections(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	both := map[string]string{"foreign_keys": "1", "trusted_schema": "0", "secure_delete": "1", "temp_store": "2", "journal_mode": "wal"}
	writer := map[string]string{"synchronous": "2", "busy_timeout": "5000", "query_only": "0", "wal_autocheckpoint": "0", "journal_size_limit": "33554432"}
	reader := map[string]string{"query_only": "1", "busy_timeout": "5000"}
	check := func(c store.Conn, want map[string]string) {
		for name, want := range want {
			var got string
			if err := c.QueryRow("pragma " + name).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s, %v; want %s", name, got, err, want)
			}
		}
		if _, err := c.Exec(`select "not a name"`); err == nil {
			t.Error(`"…" is taken for a string`)
		}
	}
	err := e.Write(t.Context(), store.Work, func(c store.WriteConn) error { check(c, both); check(c, writer); return nil })
	if err != nil {
		t.Error(err)
	}
	err = e.Read(t.Context(), func(c store.Conn) error {
		check(c, both)
		check(c, reader)
		if _, err := c.Exec("insert into item (id, n) values ('x', 1)"); err == nil {
			t.Error("a reader writes")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFileIsPrivateAndNameIsTaken(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a?b#c%20 தமிழ்.db")
	e := openWith(t, path, store.EngineOptions{}, setup{})
	write(t, e, "insert into item (id, n) values ('x', 1)")
	for _, name := range []string{path, path + "-wal"} {
		fi, err := os.Stat(name)
		if err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want a private file", name, fi, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "text.db"), []byte("this is a letter, not a database, and long enough to be seen as one or the other at once"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"missing/a.db", "text.db", "."} {
		e, err := Open(t.Context(), filepath.Join(dir, name), store.EngineOptions{})
		if ngo.CodeOf(err) != ngo.Unavailable {
			t.Errorf("%s: %v, %v; want unavailable", name, e, err)
		}
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	e := openWith(t, path, store.EngineOptions{}, setup{})
	write(t, e, "insert into item (id, n) values ('x', 7)")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log is still there after close: %v", err)
	}
	e = openWith(t, path, store.EngineOptions{}, setup{})
	if got := numberOf(t, e, "select n from item where id = 'x'"); got != 7 {
		t.Errorf("n is %d, want 7", got)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	release := hold(t, e)
	answers := make(chan error, 20)
	for i := range 20 {
		go func() { answers <- e.Write(context.Background(), store.Class(i%2), put(string(rune('a'+i)), i)) }()
	}
	queued(t, e, 20)
	closed := make(chan error)
	go func() { closed <- e.Close() }()
	eventually(t, "closing", func() bool { return e.closing.Err() != nil })
	eventually(t, "a refusal", func() bool {
		return ngo.CodeOf(e.Write(t.Context(), store.Ack, put("late", 1))) == ngo.Unavailable
	})
	release()
	for range 20 {
		if err := <-answers; err != nil {
			t.Errorf("a write that waited when the database was closed: %v", err)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	for what, err := range map[string]error{
		"read":       e.Read(t.Context(), func(store.Conn) error { return nil }),
		"snapshot":   e.Snapshot(t.Context(), filepath.Join(t.TempDir(), "b.db")),
		"checkpoint": e.Checkpoint(t.Context()),
	} {
		if ngo.CodeOf(err) != ngo.Unavailable {
			t.Errorf("%s after close: %v, want unavailable", what, err)
		}
	}
}

func TestAnotherProgramHoldsTheFile(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	err := e.writer.control(t.Context(), func() error { return e.writer.exec("pragma busy_timeout = 10") })
	if err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", writerDSN(e.path, setup{}))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Write(t.Context(), store.Ack, put("a", 1)); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("write: %v, want unavailable", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
	if err := e.Write(t.Context(), store.Ack, put("a", 1)); err != nil {
		t.Errorf("write afterwards: %v", err)
	}
}

func TestRestGivesMemoryAndSpaceBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := openTest(t, store.EngineOptions{})
		kept := func() (n int) {
			_ = e.writer.session.Raw(func(any) error { n = len(e.writer.conn.kept); return nil })
			return n
		}
		for range 2 {
			_ = e.Write(t.Context(), store.Ack, put("a", 1))
			if kept() == 0 {
				t.Error("no statement is kept while there is work")
			}
			time.Sleep(3 * restAfter) // of the bubble's clock
			synctest.Wait()
			if n := kept(); n != 0 {
				t.Errorf("%d statements are kept at rest", n)
			}
			if n := e.Stats().WALBytes; n != 0 {
				t.Errorf("the log has %d bytes at rest", n)
			}
		}
		if e.writer.queue.armed {
			t.Error("a timer runs although nothing happens")
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}
