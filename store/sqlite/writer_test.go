package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maragu.dev/goqite"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var errOwn = errors.New("the closure's own error")

// misdeed is something a closure does, before or after it has inserted its row, and what its caller must be told.
type misdeed struct {
	name string
	do   func(e *engine, c store.WriteConn) error
	want func(error) bool
}

func code(c ngo.Code) func(error) bool { return func(err error) bool { return ngo.CodeOf(err) == c } }

func yes(err error) bool { return err == nil }

func no(err error) bool { return err != nil }

func misdeeds() []misdeed {
	exec := func(query string) func(*engine, store.WriteConn) error {
		return func(_ *engine, c store.WriteConn) error { _, err := c.Exec(query); return err }
	}
	swallow := func(query string) func(*engine, store.WriteConn) error {
		return func(_ *engine, c store.WriteConn) error { _, _ = c.Exec(query); return nil }
	}
	return []misdeed{
		{"nothing", func(*engine, store.WriteConn) error { return nil }, yes},
		{"error", func(*engine, store.WriteConn) error { return errOwn }, func(err error) bool { return errors.Is(err, errOwn) }},
		{"panic", func(*engine, store.WriteConn) error { panic("own panic") }, code(ngo.Internal)},
		{"goexit", func(*engine, store.WriteConn) error { runtime.Goexit(); return nil }, code(ngo.Internal)},
		{"nested write", func(e *engine, _ store.WriteConn) error {
			return e.Write(context.Background(), store.Ack, put("nested", 1))
		}, code(ngo.Internal)},
		{"nested read", func(e *engine, _ store.WriteConn) error {
			return e.Read(context.Background(), func(store.Conn) error { return nil })
		}, code(ngo.Internal)},
		{"nested close", func(e *engine, _ store.WriteConn) error { return e.Close() }, code(ngo.Internal)},
		{"nested checkpoint", func(e *engine, _ store.WriteConn) error { return e.Checkpoint(context.Background()) }, code(ngo.Internal)},
		{"conflict", exec("insert into item (id, n) select id, n from item"), code(ngo.Conflict)},
		{"swallowed conflict", swallow("insert into item (id, n) select id, n from item"), yes},
		{"bad value", exec("insert into item (id, n) values ('bad', -1)"), code(ngo.Invalid)},
		{"bad statement", exec("insert into nowhere (id) values (1)"), code(ngo.Internal)},
		{"rows left open", func(_ *engine, c store.WriteConn) error { _, err := c.Query("select id from item"); return err }, yes},
		{"row left unread", func(_ *engine, c store.WriteConn) error { c.QueryRow("select id from item"); return nil }, yes},
		{"rows left open in goqite's way", func(_ *engine, c store.WriteConn) error { _, err := c.SQLTx().Query("select id from item"); return err }, yes},
		{"same rows twice", func(_ *engine, c store.WriteConn) error {
			_, err := c.Query("select id from item")
			_, err2 := c.Query("select id from item")
			return errors.Join(err, err2)
		}, yes},
		{"rollback", exec("rollback"), no},
		{"commit", exec("commit"), no},
		{"swallowed commit", swallow("commit"), no},
		{"rollback by the transaction", func(_ *engine, c store.WriteConn) error { return c.SQLTx().Rollback() }, no},
		{"commit by the transaction", func(_ *engine, c store.WriteConn) error { return c.SQLTx().Commit() }, no},
		{"own transaction", func(_ *engine, c store.WriteConn) error {
			_, err := c.Exec("rollback")
			_, err2 := c.Exec("begin")
			return errors.Join(err, err2)
		}, no},
		{"own savepoint left", exec("savepoint mine"), yes},
		{"our savepoint rolled back", swallow("rollback to ngoctl_closure"), func(error) bool { return true }},
	}
}

// TestNeighboursAreUnharmed is the bet of group commit: among 64 callers some do everything wrong that can be done
// wrong. Who was told yes is in the file after it has been opened again, who was told no is not, and nobody hangs.
func TestNeighboursAreUnharmed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	var booked, committed atomic.Int64
	e := openWith(t, path, store.EngineOptions{
		Flush: func(c store.WriteConn, notes []any) error {
			for _, n := range notes {
				if _, err := c.Exec("insert into item (id, n) values ($1, 0)", fmt.Sprint("note ", n)); err != nil {
					return err
				}
			}
			return nil
		},
		Committed: func(notes []any) { committed.Add(int64(len(notes))) },
	}, setup{})
	all := misdeeds()
	var mu sync.Mutex
	told := map[string]bool{}
	var wg sync.WaitGroup
	for caller := range 64 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(caller), 1))
			for round := range 30 {
				m := all[0]
				if rng.IntN(2) == 0 {
					m = all[rng.IntN(len(all))]
				}
				id := fmt.Sprintf("%s %d %d", m.name, caller, round)
				err := e.Write(context.Background(), store.Class(rng.IntN(2)), func(c store.WriteConn) error {
					c.Note(id)
					if err := put(id, 1)(c); err != nil {
						return err
					}
					return m.do(e, c)
				})
				if !m.want(err) {
					t.Errorf("%s: %v", id, err)
				}
				if err == nil {
					booked.Add(1)
				}
				mu.Lock()
				told[id] = err == nil
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if booked.Load() != committed.Load() {
		t.Errorf("%d yeses, %d notes given to Committed", booked.Load(), committed.Load())
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	compare(t, openWith(t, path, store.EngineOptions{}, setup{}), told)
}

// compare holds the rows against what the callers were told.
func compare(t *testing.T, e *engine, told map[string]bool) {
	t.Helper()
	there := map[string]bool{}
	err := e.Read(t.Context(), func(c store.Conn) error {
		rows, err := c.Query("select id from item")
		if err != nil {
			return err
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			there[id] = true
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, yes := range told {
		undone := strings.HasPrefix(id, "our savepoint") // it has undone its own row, and its caller knows no better
		if there[id] != yes && !undone {
			t.Errorf("%q was told %v and is there: %v", id, yes, there[id])
		}
		if there["note "+id] != yes {
			t.Errorf("the note of %q was told %v and is there: %v", id, yes, there["note "+id])
		}
	}
	if there["nested"] || there["bad"] {
		t.Error("a refused write is there")
	}
}

func TestCancelledWritesAreWithdrawn(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Write(gone, store.Ack, put("gone", 1)); !errors.Is(err, context.Canceled) || ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a write of one who has left: %v", err)
	}
	release := hold(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- e.Write(ctx, store.Ack, put("withdrawn", 1)) }()
	queued(t, e, 1)
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("a write that waited: %v", err)
	}
	release()
	begun, cancel := context.WithCancel(t.Context())
	err := e.Write(begun, store.Ack, func(c store.WriteConn) error {
		cancel()
		return put("begun", 1)(c)
	})
	if err != nil {
		t.Errorf("a write that had begun: %v", err)
	}
	if got := textOf(t, e, "select group_concat(id) from item"); got != "begun" {
		t.Errorf("there is %s, want begun", got)
	}
}

func TestConnectionEndsWithItsClosure(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	var kept store.WriteConn
	var rows *sql.Rows
	err := e.Write(t.Context(), store.Ack, func(c store.WriteConn) (err error) {
		kept = c
		rows, err = c.Query("select 1 union all select 2")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if rows.Next() {
		t.Error("the result can still be read")
	}
	if _, err := kept.Exec("insert into item (id, n) values ('x', 1)"); !errors.Is(err, errOver) {
		t.Errorf("exec: %v", err)
	}
	if _, err := kept.Query("select 1"); !errors.Is(err, errOver) {
		t.Errorf("query: %v", err)
	}
	if err := kept.QueryRow("select 1").Scan(new(int)); !errors.Is(err, errOver) {
		t.Errorf("query row: %v", err)
	}
}

func TestFlushThatFailsIsTheCulpritsAlone(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{Flush: func(c store.WriteConn, notes []any) error {
		switch {
		case slices.Contains(notes, any("error")):
			return errOwn
		case slices.Contains(notes, any("panic")):
			panic("flush")
		case slices.Contains(notes, any("goexit")):
			runtime.Goexit()
		}
		return nil
	}})
	release := hold(t, e)
	kinds := []string{"fine", "error", "panic", "goexit"}
	var wg sync.WaitGroup
	for i := range 40 {
		kind := kinds[i%4]
		wg.Go(func() {
			err := e.Write(context.Background(), store.Ack, func(c store.WriteConn) error {
				c.Note(kind)
				return put(fmt.Sprint(kind, i), i)(c)
			})
			if (err == nil) != (kind == "fine") {
				t.Errorf("%s: %v", kind, err)
			}
		})
	}
	queued(t, e, 40)
	release()
	wg.Wait()
	if n := numberOf(t, e, "select count(*) from item where id like 'fine%'"); n != 10 {
		t.Errorf("%d of 10 are there", n)
	}
	if n := numberOf(t, e, "select count(*) from item"); n != 10 {
		t.Errorf("%d rows, want 10", n)
	}
}

// TestDeferredConstraint fails only at the commit, which the batch shares.
func TestDeferredConstraint(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	write(t, e, "create table part (id text primary key, item text not null references item (id) deferrable initially deferred) strict")
	release := hold(t, e)
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			err := e.Write(context.Background(), store.Ack, func(c store.WriteConn) error {
				if i == 5 {
					_, err := c.Exec("insert into part (id, item) values ('p', 'missing')")
					return err
				}
				return put(fmt.Sprint(i), i)(c)
			})
			if i == 5 && ngo.CodeOf(err) != ngo.Conflict || i != 5 && err != nil {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	queued(t, e, 10)
	release()
	wg.Wait()
	if n := numberOf(t, e, "select count(*) from item"); n != 9 {
		t.Errorf("%d rows, want 9", n)
	}
}

const goqiteSchema = `create table goqite (
  id text primary key default ('m_' || lower(hex(randomblob(16)))),
  created text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  updated text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  queue text not null,
  body blob not null,
  timeout text not null default (strftime('%Y-%m-%dT%H:%M:%fZ')),
  received integer not null default 0,
  priority integer not null default 0
) strict;
create index goqite_queue_priority_created_idx on goqite (queue, priority desc, created);`

// TestOneFailureCostsOneRepeat has a closure fail in the midst of others, which are not committed one by one for that.
func TestOneFailureCostsOneRepeat(t *testing.T) {
	t.Parallel()
	still := time.Now() // so that a batch ends because nobody waits, not because this machine is slow
	e := openTest(t, store.EngineOptions{Now: func() time.Time { return still }})
	release := hold(t, e)
	before := e.Stats()
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := e.Write(context.Background(), store.Ack, func(c store.WriteConn) error {
				if err := put(fmt.Sprint(i), i)(c); err != nil || i != 20 {
					return err
				}
				return errOwn
			})
			if (err == nil) != (i != 20) {
				t.Errorf("%d: %v", i, err)
			}
		})
		queued(t, e, i+1)
	}
	release()
	wg.Wait()
	after := e.Stats()
	if n := after.Commits - before.Commits; n > 3 {
		t.Errorf("%d commits, want at most 3", n)
	}
	if n := numberOf(t, e, "select count(*) from item"); n != 39 {
		t.Errorf("%d rows, want 39", n)
	}
}

// TestStatementsAreCounted holds the writer to what an acknowledgement costs: two statements of its own, one of them
// goqite's, and its share of the writer's two.
func TestStatementsAreCounted(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e := openTest(t, store.EngineOptions{Now: func() time.Time { return now }}) // no time passes: all fit into one commit
	write(t, e, goqiteSchema)
	q := goqite.New(goqite.NewOpts{DB: e.write, Name: "ingest"})
	ack := func(id string) error {
		return e.Write(context.Background(), store.Ack, func(c store.WriteConn) error {
			if err := put(id, 1)(c); err != nil {
				return err
			}
			return q.SendTx(context.Background(), c.SQLTx(), goqite.Message{Body: []byte(id)})
		})
	}
	before := e.Stats()
	if err := ack("alone"); err != nil {
		t.Fatal(err)
	}
	alone := e.Stats()
	if got := alone.Statements - before.Statements; got != 4 {
		t.Errorf("%d statements for one, want 4", got)
	}
	release := hold(t, e) // begin and commit of its own
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			if err := ack(fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	queued(t, e, 32)
	release()
	wg.Wait()
	after := e.Stats()
	if got := after.Statements - alone.Statements; got > 32*2+4 {
		t.Errorf("%d statements for 32 and the one that held them up, want at most %d", got, 32*2+4)
	}
	if got := after.Writes - alone.Writes; got != 33 {
		t.Errorf("%d writes, want 33", got)
	}
	if n := numberOf(t, e, "select count(*) from goqite"); n != 33 {
		t.Errorf("%d messages, want 33", n)
	}
}
