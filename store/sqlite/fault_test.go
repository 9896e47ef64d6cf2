package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	lib "modernc.org/sqlite/lib"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// openOnDisk opens a database on a disk that can fail.
func openOnDisk(t *testing.T, o store.EngineOptions) (*engine, *disk) {
	t.Helper()
	d := newDisk(t)
	return openWith(t, filepath.Join(t.TempDir(), "a.db"), o, setup{vfs: d.name, smallLog: 50}), d
}

// TestErrorsHaveTheirCode causes each error for real.
func TestErrorsHaveTheirCode(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	write(t, e, "create table parent (id integer primary key, word text unique) strict")
	write(t, e, "create table child (id integer primary key, parent integer not null references parent (id)) strict")
	write(t, e, "create trigger fixed before update on parent begin select raise(abort, 'fixed'); end")
	write(t, e, "insert into parent (id, word) values (1, 'a')")
	write(t, e, "insert into child (id, parent) values (1, 1)")
	for _, tt := range []struct {
		query string
		want  ngo.Code
	}{
		{"insert into parent (id, word) values (1, 'b')", ngo.Conflict},
		{"insert into parent (id, word) values (2, 'a')", ngo.Conflict},
		{"insert into child (id, parent) values (2, 9)", ngo.Conflict},
		{"delete from parent where id = 1", ngo.Conflict},
		{"update parent set word = 'c' where id = 1", ngo.Conflict},
		{"insert into item (id, n) values ('x', -1)", ngo.Invalid},
		{"insert into item (id, n) values ('x', null)", ngo.Invalid},
		{"insert into item (id, n) values ('x', 'not a number')", ngo.Invalid},
		{"select zeroblob(2000000000)", ngo.TooLarge},
		{"select from", ngo.Internal},
	} {
		err := e.Write(t.Context(), store.Work, func(c store.WriteConn) error {
			_, err := c.Exec(tt.query)
			return err
		})
		if ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: %s (%v), want %s", tt.query, ngo.CodeOf(err), err, tt.want)
		}
	}
}

// TestFullDisk fills the disk under 64 callers, again and again: each yes is there afterwards, each no is not, and
// when there is space again everything goes on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	e, d := openOnDisk(t, store.EngineOptions{})
	var full atomic.Bool
	d.failing(func(op, file string) int32 {
		if op == "write" && full.Load() {
			return lib.SQLITE_FULL
		}
		return lib.SQLITE_OK
	})
	var mu sync.Mutex
	told := map[string]error{}
	for round := range 10 {
		var wg sync.WaitGroup
		for caller := range 64 {
			wg.Go(func() {
				if caller == 32 {
					full.Store(true)
				}
				id := fmt.Sprint(round, " ", caller)
				err := e.Write(context.Background(), store.Class(caller%2), put(id, caller))
				mu.Lock()
				defer mu.Unlock()
				told[id] = err
			})
		}
		wg.Wait()
		err := e.Write(t.Context(), store.Ack, put(fmt.Sprint("full ", round), 1))
		if fault, ok := errors.AsType[*ngo.Error](err); !ok || fault.Code != ngo.Unavailable || fault.Hint == "" {
			t.Errorf("a write to a full disk: %v, want unavailable and a hint", err)
		}
		numberOf(t, e, "select count(*) from item") // reads go on
		full.Store(false)
		if err := e.Write(t.Context(), store.Ack, put(fmt.Sprint("space ", round), 1)); err != nil {
			t.Errorf("a write when there is space again: %v", err)
		}
	}
	noes := 0
	for id, err := range told {
		if err != nil {
			noes++
		}
		if n := numberOf(t, e, "select count(*) from item where id = $1", id); (n == 1) != (err == nil) {
			t.Errorf("%s was told %v and is there %d times", id, err, n)
		}
	}
	if noes == 0 {
		t.Error("the disk was never full")
	}
	if got := textOf(t, e, "pragma integrity_check"); got != "ok" {
		t.Errorf("integrity: %s", got)
	}
}

// TestFullForOne has one closure that does not fit among many that do.
func TestFullForOne(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	pages := numberOf(t, e, "pragma page_count")
	write(t, e, fmt.Sprintf("pragma max_page_count = %d", pages+50))
	release := hold(t, e)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			id := fmt.Sprint(i)
			if i%10 == 5 {
				id = strings.Repeat("x", 1<<20)
			}
			err := e.Write(context.Background(), store.Ack, put(id, i))
			if i%10 == 5 && ngo.CodeOf(err) != ngo.Unavailable || i%10 != 5 && err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	queued(t, e, 40)
	release()
	wg.Wait()
	if n := numberOf(t, e, "select count(*) from item"); n != 36 {
		t.Errorf("%d rows, want 36", n)
	}
}

// TestEveryOperationCanFail fails the n-th operation on the files, once and from then on, for rising n until a run gets
// through without meeting it. A full run tries every n.
func TestEveryOperationCanFail(t *testing.T) {
	t.Parallel()
	for _, rc := range []int32{lib.SQLITE_IOERR_WRITE, lib.SQLITE_FULL, lib.SQLITE_IOERR_TRUNCATE, lib.SQLITE_IOERR_FSYNC} {
		for _, lasting := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d lasting %v", rc, lasting), func(t *testing.T) {
				t.Parallel()
				step := 11
				if thorough() {
					step = 1
				}
				for n := 1 + rand.IntN(step); ; n += step {
					if !failAt(t, n, rc, lasting) {
						t.Logf("%d operations", n)
						return
					}
				}
			})
		}
	}
}

// failAt runs some writes of which the n-th operation fails, and compares what was told with what is there, before
// and after a power cut. It is false when there is no n-th operation.
func failAt(t *testing.T, n int, rc int32, lasting bool) (met bool) {
	t.Helper()
	d := newDisk(t)
	path := filepath.Join(t.TempDir(), "a.db")
	e, err := open(context.Background(), path, store.EngineOptions{}, setup{vfs: d.name, smallLog: 20})
	if err != nil {
		t.Fatal(err)
	}
	write(t, e, "create table item (id text primary key, n integer not null) strict")
	count := 0
	d.failing(func(string, string) int32 {
		count++
		met = met || count == n
		if count == n || lasting && count > n {
			return rc
		}
		return lib.SQLITE_OK
	})
	yes := 0
	for i := range 12 {
		err := e.Write(t.Context(), store.Ack, put(fmt.Sprint(i, strings.Repeat("x", 5000)), i))
		switch {
		case err == nil:
			yes++
		case ngo.CodeOf(err) != ngo.Unavailable:
			t.Errorf("operation %d: %v, want unavailable", n, err)
		}
	}
	if err := e.Checkpoint(t.Context()); err != nil && ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("operation %d: %v, want unavailable", n, err)
	}
	if got := numberOf(t, e, "select count(*) from item"); got != int64(yes) {
		t.Errorf("operation %d: %d rows, %d yeses", n, got, yes)
	}
	d.failing(nil)
	left := d.left()
	_ = e.Close()
	dir := t.TempDir()
	writeFiles(t, dir, left)
	again := openWith(t, filepath.Join(dir, "a.db"), store.EngineOptions{}, setup{})
	if got := numberOf(t, again, "select count(*) from item"); got < int64(yes) {
		t.Errorf("operation %d: %d rows after a power cut, %d yeses", n, got, yes)
	}
	if got := textOf(t, again, "pragma integrity_check"); got != "ok" {
		t.Errorf("operation %d: integrity: %s", n, got)
	}
	return met
}

// TestFailedSyncStopsWrites: after a failed fsync the kernel may say yes to the next and have lost the data.
func TestFailedSyncStopsWrites(t *testing.T) {
	t.Parallel()
	e, d := openOnDisk(t, store.EngineOptions{})
	d.failing(func(op, _ string) int32 {
		if op == "sync" {
			return lib.SQLITE_IOERR_FSYNC
		}
		return lib.SQLITE_OK
	})
	if err := e.Write(t.Context(), store.Ack, put("a", 1)); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("the write whose sync failed: %v, want unavailable", err)
	}
	d.failing(nil)
	if err := e.Write(t.Context(), store.Ack, put("b", 1)); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a write after that: %v, want unavailable", err)
	}
	if n := numberOf(t, e, "select count(*) from item"); n != 0 {
		t.Errorf("%d rows, want none", n)
	}
}
