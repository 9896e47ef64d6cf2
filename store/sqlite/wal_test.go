package sqlite

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// TestLogStaysSmall writes many times what the log may hold while reads overlap, so that there is never a moment
// without one. Left to itself SQLite would let the log grow for as long as that lasts,
// here to some 80 times bigLog. The writer promises about nine times; each further time would have to outlast every read.
func TestLogStaysSmall(t *testing.T) {
	t.Parallel()
	const small, page = 10, 4096
	e := openWith(t, filepath.Join(t.TempDir(), "a.db"), store.EngineOptions{}, setup{smallLog: small})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var last atomic.Pointer[chan struct{}]
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := e.Read(context.Background(), func(c store.Conn) error { return relay(ctx, c, &last) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	largest := int64(0)
	for i := range 15 * bigLog * small {
		if err := e.Write(t.Context(), store.Ack, put(fmt.Sprint(i, strings.Repeat("x", page)), i)); err != nil {
			t.Fatal(err)
		}
		largest = max(largest, e.Stats().WALBytes)
	}
	stop()
	wg.Wait()
	if limit := int64(12 * bigLog * small * page); largest > limit {
		t.Errorf("the log grew to %d KB, want at most %d", largest>>10, limit>>10)
	}
	t.Logf("largest log: %d KB", largest>>10)
}

// relay is a read that ends when the next one has begun.
func relay(ctx context.Context, c store.Conn, last *atomic.Pointer[chan struct{}]) error {
	if err := c.QueryRow("select count(*) from item where n = 0").Scan(new(int)); err != nil {
		return err
	}
	mine := make(chan struct{})
	if before := last.Swap(&mine); before != nil {
		close(*before)
	}
	select {
	case <-mine:
	case <-ctx.Done():
	}
	return nil
}

func TestWaitForReadsEndsAtTheirDeadline(t *testing.T) {
	t.Parallel()
	total := 0
	for times := 1; waitForReads(times) <= readDeadline; times++ {
		if waitForReads(times) >= waitForReads(times+1) {
			t.Errorf("%d times: %v, then %v", times, waitForReads(times), waitForReads(times+1))
		}
		total = times
	}
	if total > 8 {
		t.Errorf("the log grows to %d times what it may before every read has ended", total)
	}
}

// TestCheckpointErases deletes a row that nobody else wrote and looks for its text in every file.
func TestCheckpointErases(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	const canary = "canary-4711-in-the-mine"
	for i := range 200 {
		write(t, e, "insert into item (id, n) values ($1, $2)", fmt.Sprint(canary, i), i)
	}
	if err := e.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, e, "update item set id = 'x' || n where n % 2 = 0")
	write(t, e, "delete from item where n % 2 = 1")
	if err := e.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := e.Stats().WALBytes; n != 0 {
		t.Errorf("the log still has %d bytes", n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(e.path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(canary)) {
			t.Errorf("the canary is still in %s", filepath.Base(name))
		}
	}
}

// TestCheckpointWaitsForReads lets writes go on meanwhile.
func TestCheckpointWaitsForReads(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	write(t, e, "insert into item (id, n) values ('a', 1)")
	reading, end, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- e.Read(context.Background(), func(c store.Conn) error {
			err := c.QueryRow("select n from item").Scan(new(int))
			close(reading)
			<-end
			return err
		})
	}()
	<-reading
	write(t, e, "insert into item (id, n) values ('b', 1)")
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := e.Checkpoint(short); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a checkpoint beside a read: %v, want unavailable", err)
	}
	checked := make(chan error)
	go func() { checked <- e.Checkpoint(context.Background()) }()
	write(t, e, "insert into item (id, n) values ('c', 1)")
	close(end)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := <-checked; err != nil {
		t.Errorf("a checkpoint after the read: %v", err)
	}
	if n := e.Stats().WALBytes; n != 0 {
		t.Errorf("the log still has %d bytes", n)
	}
}

// TestSnapshot copies while writers move amounts, and looks whether the copy is of one moment.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	write(t, e, "insert into item (id, n) values ('a', 0)")
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			err := e.Write(context.Background(), store.Work, func(c store.WriteConn) error {
				if err := put(fmt.Sprint(i, strings.Repeat("x", 500)), 1)(c); err != nil {
					return err
				}
				_, err := c.Exec("update item set n = n + 1 where id = 'a'")
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	dir := t.TempDir()
	for i := range 5 {
		path := filepath.Join(dir, fmt.Sprint(i, " it's.db"))
		if err := e.Snapshot(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v; want a private file", fi, err)
		}
		if err := e.Snapshot(t.Context(), path); ngo.CodeOf(err) != ngo.Conflict {
			t.Errorf("a second snapshot of that name: %v, want a conflict", err)
		}
		copied := openWith(t, path, store.EngineOptions{}, setup{})
		if rows, n := numberOf(t, copied, "select count(*) - 1 from item"), numberOf(t, copied, "select n from item where id = 'a'"); rows != n {
			t.Errorf("%d rows, counted %d", rows, n)
		}
	}
	stop()
	wg.Wait()
}

func TestSnapshotThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "a.db"), filepath.Join(dir, "missing", "a.db")} {
		if err := e.Snapshot(ctx, path); ngo.CodeOf(err) != ngo.Unavailable {
			t.Errorf("%s: %v, want unavailable", path, err)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%v left, %v", left, err)
	}
}
