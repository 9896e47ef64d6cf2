package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
)

// TestPowerCut pulls the plug at random moments under load, looks at what the disk would have kept, and goes on from
// there. Nothing that was acknowledged may be missing, nothing may be there by half, and the file must be sound.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	const cuts = 20
	lives, total := 1, int64(0)
	if thorough() {
		lives = 25
	}
	for range lives {
		l := newLoad(8)
		var left map[string][]byte
		for range cuts {
			var lucky *rand.Rand
			if rng.IntN(3) > 0 {
				lucky = rng
			}
			left = l.runAndCut(t, left, 1+rng.IntN(2000), lucky, "full")
			total += l.acks()
			if missing := l.check(t, left); missing > 0 || t.Failed() {
				t.Fatalf("seed %d: %d acknowledged writes are missing", seed, missing)
			}
		}
	}
	t.Logf("%d cuts, %d acknowledged writes, none missing", lives*cuts, total)
}

// TestPowerCutCanFail shows that the test above would notice: with synchronous=NORMAL the log is not synced at each
// commit, and acknowledged writes go missing.
func TestPowerCutCanFail(t *testing.T) {
	t.Parallel()
	for range 20 {
		l := newLoad(8)
		left := l.runAndCut(t, nil, 500, nil, "normal")
		if missing := l.check(t, left); missing > 0 {
			t.Logf("%d acknowledged writes are missing, as they should be", missing)
			return
		}
	}
	t.Error("nothing is missing although nothing was synced")
}

// load is writers that number their writes. Each write is two rows, and Flush adds one for the batch.
type load struct {
	from  []int64        // the first number of each writer in this run
	acked []atomic.Int64 // one more than the last number that was acknowledged
}

func newLoad(writers int) *load {
	return &load{from: make([]int64, writers), acked: make([]atomic.Int64, writers)}
}

// acks is how many writes were acknowledged in this run.
func (l *load) acks() (n int64) {
	for w := range l.from {
		n += l.acked[w].Load() - l.from[w]
	}
	return n
}

const loadSchema = `create table if not exists debit (writer integer not null, n integer not null, pad text not null, primary key (writer, n)) strict;
create table if not exists credit (writer integer not null, n integer not null, primary key (writer, n)) strict;
create table if not exists batch (id integer primary key, size integer not null) strict`

// runAndCut starts from files, lets the writers run, and gives what a power cut before the n-th write or sync leaves.
func (l *load) runAndCut(t *testing.T, files map[string][]byte, n int, lucky *rand.Rand, synchronous string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	writeFiles(t, dir, files)
	d := newDisk(t)
	e, err := open(t.Context(), filepath.Join(dir, "a.db"), store.EngineOptions{Flush: flushBatch}, setup{vfs: d.name, synchronous: synchronous, smallLog: 100})
	if err != nil {
		t.Fatal(err)
	}
	err = e.Write(t.Context(), store.Work, func(c store.WriteConn) error { _, err := c.Exec(loadSchema); return err })
	if err != nil {
		t.Fatal(err)
	}
	acked := make([]int64, len(l.acked))
	p := d.pullAt(n, lucky, func() {
		for w := range l.acked {
			acked[w] = l.acked[w].Load()
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range l.acked {
		wg.Go(func() { l.write(ctx, t, e, w) })
	}
	select {
	case <-p.pulled:
	case <-time.After(time.Minute):
		t.Error("nothing is written any more")
	}
	stop()
	wg.Wait()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	for w, n := range acked {
		l.acked[w].Store(n)
	}
	return p.left
}

func (l *load) write(ctx context.Context, t *testing.T, e store.Engine, w int) {
	for n := l.from[w]; ctx.Err() == nil; n++ {
		class := store.Class(n % 2)
		err := e.Write(context.Background(), class, func(c store.WriteConn) error {
			if _, err := c.Exec("insert into debit (writer, n, pad) values ($1, $2, $3)", w, n, fmt.Sprintf("%0*d", n%3000, n)); err != nil {
				return err
			}
			c.Note(1)
			_, err := c.Exec("insert into credit (writer, n) values ($1, $2)", w, n)
			return err
		})
		if err != nil {
			t.Errorf("writer %d, write %d: %v", w, n, err)
			return
		}
		l.acked[w].Store(n + 1)
	}
}

func flushBatch(c store.WriteConn, notes []any) error {
	_, err := c.Exec("insert into batch (size) values ($1)", len(notes))
	return err
}

// check opens what is left, looks whether it is whole, counts the acknowledged writes that are not in it, and makes the
// next run go on from there.
func (l *load) check(t *testing.T, left map[string][]byte) (missing int64) {
	t.Helper()
	dir := t.TempDir()
	writeFiles(t, dir, left)
	e, err := open(t.Context(), filepath.Join(dir, "a.db"), store.EngineOptions{}, setup{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	if got := textOf(t, e, "pragma integrity_check"); got != "ok" {
		t.Errorf("integrity: %s", got)
	}
	rows := int64(0)
	for w := range l.acked {
		debits := numberOf(t, e, "select count(*) from debit where writer = $1", w)
		last := numberOf(t, e, "select coalesce(max(n), -1) from debit where writer = $1", w)
		credits := numberOf(t, e, "select count(*) from credit where writer = $1", w)
		if debits != credits || debits != last+1 {
			t.Errorf("writer %d has %d and %d rows, the last is %d: a write is there by half", w, debits, credits, last)
		}
		missing += max(0, l.acked[w].Load()-debits)
		rows += debits
		l.from[w] = debits
		l.acked[w].Store(debits)
	}
	if booked := numberOf(t, e, "select coalesce(sum(size), 0) from batch"); booked != rows {
		t.Errorf("%d rows, but Flush has booked %d", rows, booked)
	}
	return missing
}
