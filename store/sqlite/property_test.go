package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
)

// step is one thing that a closure of the property test does.
type step struct {
	Kind string
	Key  int
}

// TestAnyMixOfClosures draws rounds of concurrent closures, each a few steps and an ending, and holds the table
// against a model that knows only who was told yes. Increments commute, so that the order does not matter.
func TestAnyMixOfClosures(t *testing.T) {
	t.Parallel()
	const keys = 4
	closure := rapid.Custom(func(rt *rapid.T) []step {
		steps := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			return step{rapid.SampledFrom([]string{"add", "add", "add", "add twice in a savepoint", "clash", "leave rows"}).Draw(rt, "kind"), rapid.IntRange(0, keys-1).Draw(rt, "key")}
		}), 0, 4).Draw(rt, "steps")
		end := rapid.SampledFrom([]string{"well", "well", "well", "error", "panic", "goexit", "rollback", "commit", "cancelled"}).Draw(rt, "end")
		return append(steps, step{Kind: end})
	})
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(dir, "a.db")
		want := make([]int64, keys)
		for range rapid.IntRange(1, 2).Draw(rt, "openings") {
			e, err := open(context.Background(), path, store.EngineOptions{}, setup{smallLog: 10})
			if err != nil {
				rt.Fatal(err)
			}
			prepareCounters(rt, e, keys)
			for range rapid.IntRange(1, 2).Draw(rt, "rounds") {
				runTogether(rt, e, rapid.SliceOfN(closure, 1, 24).Draw(rt, "closures"), want)
			}
			for k := range keys {
				var got int64
				err := e.Read(context.Background(), func(c store.Conn) error {
					return c.QueryRow("select n from counter where k = $1", k).Scan(&got)
				})
				if err != nil || got != want[k] {
					rt.Errorf("counter %d is %d, %v; want %d", k, got, err, want[k])
				}
			}
			if err := e.Close(); err != nil {
				rt.Error(err)
			}
		}
	})
}

func prepareCounters(rt *rapid.T, e store.Engine, keys int) {
	err := e.Write(context.Background(), store.Work, func(c store.WriteConn) error {
		if _, err := c.Exec("create table if not exists counter (k integer primary key, n integer not null) strict"); err != nil {
			return err
		}
		for k := range keys {
			if _, err := c.Exec("insert into counter (k, n) values ($1, 0) on conflict do nothing", k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
}

// runTogether starts all closures at once and adds to want what those have added who were told yes.
func runTogether(rt *rapid.T, e store.Engine, closures [][]step, want []int64) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i, steps := range closures {
		wg.Go(func() {
			end := steps[len(steps)-1].Kind
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if end == "cancelled" {
				go cancel()
			}
			var added []int64
			err := e.Write(ctx, store.Class(i%2), func(c store.WriteConn) (err error) {
				added, err = perform(c, steps, len(want))
				return err
			})
			if end == "well" && err != nil || end != "well" && end != "cancelled" && err == nil {
				rt.Errorf("%v: %v", steps, err)
			}
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for k, n := range added {
				want[k] += n
			}
		})
	}
	wg.Wait()
}

// perform does the steps and gives what it has added to each counter.
func perform(c store.WriteConn, steps []step, keys int) ([]int64, error) {
	added := make([]int64, keys)
	exec := func(query string, args ...any) error { _, err := c.Exec(query, args...); return err }
	for _, s := range steps {
		var err error
		switch s.Kind {
		case "add":
			err = exec("update counter set n = n + 1 where k = $1", s.Key)
			added[s.Key]++
		case "add twice in a savepoint":
			err = errors.Join(exec("savepoint own"), exec("update counter set n = n + 1 where k = $1", s.Key), exec("rollback to own"),
				exec("update counter set n = n + 2 where k = $1", s.Key), exec("release own"))
			added[s.Key] += 2
		case "clash":
			if exec("insert into counter (k, n) values ($1, 0)", s.Key) == nil {
				err = fmt.Errorf("counter %d was inserted twice", s.Key)
			}
		case "leave rows":
			_, err = c.Query("select k from counter")
		case "error":
			err = errOwn
		case "panic":
			panic("own panic")
		case "goexit":
			runtime.Goexit()
		case "rollback", "commit":
			_ = exec(s.Kind)
		}
		if err != nil {
			return nil, err
		}
	}
	return added, nil
}
