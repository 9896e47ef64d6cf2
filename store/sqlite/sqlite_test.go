package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openTest opens a fresh database with one table and closes it when the test ends.
func openTest(t testing.TB, o store.EngineOptions) *engine {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "a.db"), o)
}

func openAt(t testing.TB, path string, o store.EngineOptions) *engine {
	t.Helper()
	e, err := open(t.Context(), path, o, setup{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	createTable(t, e)
	return e
}

func createTable(t testing.TB, e store.Engine) {
	t.Helper()
	err := e.Write(context.Background(), store.Work, func(c store.WriteConn) error {
		_, err := c.Exec("create table if not exists item (id text primary key, n integer not null check (n >= 0)) strict")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func put(id string, n int) func(store.WriteConn) error {
	return func(c store.WriteConn) error {
		_, err := c.Exec("insert into item (id, n) values ($1, $2)", id, n)
		return err
	}
}

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	if err := e.Write(t.Context(), store.Ack, put("a", 1)); err != nil {
		t.Fatal(err)
	}
	err := e.Write(t.Context(), store.Ack, put("a", 2))
	if ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("second insert: %v, want a conflict", err)
	}
	var n int
	err = e.Read(t.Context(), func(c store.Conn) error {
		return c.QueryRow("select n from item where id = $1", "a").Scan(&n)
	})
	if err != nil || n != 1 {
		t.Errorf("read %d, %v; want 1", n, err)
	}
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	var wg sync.WaitGroup
	boom := errors.New("boom")
	for i := range 64 {
		wg.Go(func() {
			err := e.Write(context.Background(), store.Ack, func(c store.WriteConn) error {
				if _, err := c.Exec("insert into item (id, n) values ($1, $2)", fmt.Sprint(i), i); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return boom
				case 2:
					panic("x")
				}
				return nil
			})
			if i%4 == 0 && err != nil || i%4 == 1 && !errors.Is(err, boom) || i%4 == 2 && ngo.CodeOf(err) != ngo.Internal {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	fmt.Println(e.Stats())
}

func BenchmarkGroupCommit(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			e := openTest(b, store.EngineOptions{})
			b.ResetTimer()
			start := time.Now()
			var wg sync.WaitGroup
			for k := range callers {
				wg.Go(func() {
					for i := k; i < b.N; i += callers {
						err := e.Write(context.Background(), store.Ack, func(c store.WriteConn) error {
							if _, err := c.Exec("insert into item (id, n) values ($1, $2)", fmt.Sprintf("%09d", i), i); err != nil {
								return err
							}
							_, err := c.Exec("update item set n = n + 1 where id = $1", fmt.Sprintf("%09d", i))
							return err
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "acks/s")
			s := e.Stats()
			b.ReportMetric(float64(s.Statements)/float64(s.Writes), "stmts/ack")
			b.ReportMetric(float64(s.Writes)/float64(s.Commits), "acks/commit")
		})
	}
}
