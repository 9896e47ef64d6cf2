package storetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// RunEngine is the suite that each engine passes: what store relies on, whatever the database is.
func RunEngine(t *testing.T, open store.OpenEngine) {
	for name, test := range map[string]func(*testing.T, store.OpenEngine){
		"what was acknowledged is there after a reopening": testDurable,
		"a failing closure leaves nothing":                 testFailing,
		"neighbours of failing closures are kept":          testNeighbours,
		"a write that has not begun can be withdrawn":      testWithdrawn,
		"notes come in order, without those that failed":   testNotes,
		"a failing flush undoes its own closure only":      testFlushFails,
		"committed comes before the caller wakes":          testCommitted,
		"a read sees one state":                            testSnapshotRead,
		"a read cannot write":                              testReadOnly,
		"a write inside a write is refused":                testNested,
		"a copy is whole and not made over another":        testCopy,
		"a closed engine says so":                          testClosed,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, open) })
	}
}

// engine opens a database with one table at path, or in a folder of its own.
func engine(t *testing.T, open store.OpenEngine, path string, o store.EngineOptions) store.Engine {
	t.Helper()
	if path == "" {
		path = filepath.Join(t.TempDir(), "suite.db")
	}
	e, err := open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() }) // a second close, where the test has closed it itself, changes nothing
	err = e.Write(t.Context(), store.Work, func(c store.WriteConn) error {
		_, err := c.Exec("create table if not exists item (id text primary key, n integer not null check (n >= 0))")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func put(id string, n int) func(store.WriteConn) error {
	return func(c store.WriteConn) error {
		_, err := c.Exec("insert into item (id, n) values ($1, $2)", id, n)
		return err
	}
}

func write(t *testing.T, e store.Engine, fn func(store.WriteConn) error) {
	t.Helper()
	if err := e.Write(t.Context(), store.Ack, fn); err != nil {
		t.Fatal(err)
	}
}

func countItems(t *testing.T, e store.Engine, want int) {
	t.Helper()
	var got int
	err := e.Read(t.Context(), func(c store.Conn) error { return c.QueryRow("select count(*) from item").Scan(&got) })
	if err != nil || got != want {
		t.Errorf("items = %d, %v; want %d", got, err, want)
	}
}

func testDurable(t *testing.T, open store.OpenEngine) {
	path := filepath.Join(t.TempDir(), "suite.db")
	e := engine(t, open, path, store.EngineOptions{})
	write(t, e, put("a", 1))
	if err := e.Checkpoint(t.Context()); err != nil {
		t.Error(err)
	}
	write(t, e, put("b", 1))
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	countItems(t, engine(t, open, path, store.EngineOptions{}), 2)
}

var errWanted = errors.New("wanted")

func testFailing(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	err := e.Write(t.Context(), store.Ack, func(c store.WriteConn) error {
		return errors.Join(put("a", 1)(c), errWanted)
	})
	if !errors.Is(err, errWanted) {
		t.Errorf("error = %v; want the closure's own", err)
	}
	err = e.Write(t.Context(), store.Ack, func(c store.WriteConn) error {
		_ = put("b", 1)(c)
		panic("wanted")
	})
	if err == nil {
		t.Error("a panic came back as no error")
	}
	if err := e.Write(t.Context(), store.Ack, put("c", -1)); err == nil {
		t.Error("a row that its check forbids was taken")
	}
	countItems(t, e, 0)
}

// testNeighbours has sixty-four callers at once, of whom every fourth fails in some way after it wrote.
func testNeighbours(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	const callers, each = 64, 20
	var kept atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for j := range each {
				err := e.Write(t.Context(), store.Class(i%2), func(c store.WriteConn) error {
					if err := put(fmt.Sprint(i, "-", j), 1)(c); err != nil {
						return err
					}
					switch (i + j) % 8 {
					case 0:
						return errWanted
					case 1:
						panic("wanted")
					}
					return nil
				})
				if bad := (i+j)%8 < 2; bad == (err == nil) {
					t.Errorf("caller %d-%d: %v", i, j, err)
				}
				if err == nil {
					kept.Add(1)
				}
			}
		})
	}
	wg.Wait()
	countItems(t, e, int(kept.Load()))
}

func testWithdrawn(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Write(ctx, store.Ack, put("a", 1)); err == nil {
		t.Error("a write whose context had ended was carried out")
	}
	ctx, cancel = context.WithCancel(t.Context())
	err := e.Write(ctx, store.Ack, func(c store.WriteConn) error {
		cancel() // too late: it has begun
		return put("b", 1)(c)
	})
	if err != nil {
		t.Errorf("a write that had begun = %v; want it carried through", err)
	}
	countItems(t, e, 1)
}

func testNotes(t *testing.T, open store.OpenEngine) {
	var mu sync.Mutex
	var flushed, committed []any
	e := engine(t, open, "", store.EngineOptions{
		Flush: func(c store.WriteConn, notes []any) error {
			if len(notes) > 0 {
				mu.Lock()
				defer mu.Unlock()
				flushed = append(flushed, notes...)
				return put(fmt.Sprint("flush", len(flushed)), 1)(c)
			}
			return nil
		},
		Committed: func(notes []any) {
			mu.Lock()
			defer mu.Unlock()
			committed = append(committed, notes...)
		},
	})
	note := func(v any, err error) func(store.WriteConn) error {
		return func(c store.WriteConn) error {
			c.Note(v)
			return err
		}
	}
	write(t, e, note(1, nil))
	if err := e.Write(t.Context(), store.Ack, note(2, errWanted)); err == nil {
		t.Error("a failing closure was acknowledged")
	}
	write(t, e, note(3, nil))
	mu.Lock()
	defer mu.Unlock()
	if want := "[1 3]"; fmt.Sprint(flushed) != want || fmt.Sprint(committed) != want {
		t.Errorf("flushed %v, committed %v; want %s", flushed, committed, want)
	}
	countItems(t, e, 2)
}

func testFlushFails(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{Flush: func(_ store.WriteConn, notes []any) error {
		for _, n := range notes {
			if n == "bad" {
				return errWanted
			}
		}
		return nil
	}})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			err := e.Write(t.Context(), store.Ack, func(c store.WriteConn) error {
				if i%8 == 0 {
					c.Note("bad")
				}
				return put(fmt.Sprint(i), 1)(c)
			})
			if bad := i%8 == 0; bad != errors.Is(err, errWanted) || !bad && err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	countItems(t, e, 28)
}

func testCommitted(t *testing.T, open store.OpenEngine) {
	var told atomic.Int64
	e := engine(t, open, "", store.EngineOptions{Committed: func(notes []any) { told.Add(int64(len(notes))) }})
	for i := range int64(100) {
		write(t, e, func(c store.WriteConn) error {
			c.Note(i)
			return put(fmt.Sprint(i), 1)(c)
		})
		if got := told.Load(); got != i+1 {
			t.Fatalf("after write %d, committed was told of %d", i+1, got)
		}
	}
}

func testSnapshotRead(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	write(t, e, put("a", 1))
	err := e.Read(t.Context(), func(c store.Conn) error {
		for range 3 {
			var n int
			if err := c.QueryRow("select count(*) from item").Scan(&n); err != nil || n != 1 {
				t.Errorf("items inside a read = %d, %v; want 1", n, err)
			}
			if n == 1 {
				write(t, e, put(fmt.Sprint("later", e.Stats().Writes), 1))
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	countItems(t, e, 4)
}

func testReadOnly(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	err := e.Read(t.Context(), func(c store.Conn) error {
		_, err := c.Exec("insert into item (id, n) values ('a', 1)")
		return err
	})
	if err == nil {
		t.Error("a read wrote")
	}
	countItems(t, e, 0)
}

func testNested(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	write(t, e, func(c store.WriteConn) error {
		if err := e.Write(t.Context(), store.Ack, put("inner", 1)); err == nil {
			t.Error("a write inside a write was carried out")
		}
		return put("outer", 1)(c)
	})
	countItems(t, e, 1)
}

func testCopy(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	write(t, e, put("a", 1))
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := e.Snapshot(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if err := e.Snapshot(t.Context(), path); err == nil {
		t.Error("a copy was made over another")
	}
	write(t, e, put("b", 1))
	countItems(t, engine(t, open, path, store.EngineOptions{}), 1)
}

func testClosed(t *testing.T, open store.OpenEngine) {
	e := engine(t, open, "", store.EngineOptions{})
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Write(context.Background(), store.Ack, put("a", 1)); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a write after the end = %v; want Unavailable", err)
	}
	if err := e.Read(context.Background(), func(store.Conn) error { return nil }); err == nil {
		t.Error("a read after the end was carried out")
	}
}
