package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// forever is a query that does not end by itself.
const forever = "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n"

// TestReadSeesOneSnapshot reads the same sum twice while writers move amounts between rows.
func TestReadSeesOneSnapshot(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	write(t, e, "insert into item (id, n) values ('a', 500), ('b', 500)")
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				err := e.Write(context.Background(), store.Work, func(c store.WriteConn) error {
					if _, err := c.Exec("update item set n = (n + 1) % 1001 where id = 'a'"); err != nil {
						return err
					}
					_, err := c.Exec("update item set n = 1000 - (select n from item where id = 'a') where id = 'b'")
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		var first, second, sum int
		err := e.Read(t.Context(), func(c store.Conn) error {
			if err := c.QueryRow("select n from item where id = 'a'").Scan(&first); err != nil {
				return err
			}
			if err := c.QueryRow("select sum(n) from item").Scan(&sum); err != nil {
				return err
			}
			return c.QueryRow("select n from item where id = 'a'").Scan(&second)
		})
		if err != nil || first != second || sum != 1000 {
			t.Fatalf("read %d, then %d, sum %d, %v", first, second, sum, err)
		}
	}
	stop()
	wg.Wait()
}

func TestReadEnds(t *testing.T) {
	t.Parallel()
	endless := func(c store.Conn) error { return c.QueryRow(forever).Scan(new(int)) }
	rowByRow := func(c store.Conn) error {
		rows, err := c.Query("with recursive n (i) as (select 1 union all select i + 1 from n) select i from n")
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		return rows.Err()
	}
	for name, fn := range map[string]func(store.Conn) error{"one step": endless, "row by row": rowByRow} {
		t.Run("cancelled in "+name, func(t *testing.T) {
			t.Parallel()
			e := openTest(t, store.EngineOptions{})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			err := e.Read(ctx, fn)
			if ngo.CodeOf(err) != ngo.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want unavailable", err)
			}
			if n := numberOf(t, e, "select count(*) from item"); n != 0 {
				t.Errorf("read %d afterwards", n)
			}
		})
		t.Run("closed in "+name, func(t *testing.T) {
			t.Parallel()
			e := openTest(t, store.EngineOptions{})
			started := make(chan struct{})
			answer := make(chan error)
			go func() {
				answer <- e.Read(context.Background(), func(c store.Conn) error { close(started); return fn(c) })
			}()
			<-started
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			if err := <-answer; ngo.CodeOf(err) != ngo.Unavailable {
				t.Errorf("%v, want unavailable", err)
			}
		})
	}
}

// TestReadGivesItsConnectionBack does what a closure can do wrong more often than there are connections.
func TestReadGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	write(t, e, "insert into item (id, n) values ('a', 1), ('b', 2)")
	for range 3 * maxReaders {
		for name, fn := range map[string]func(store.Conn) error{
			"error":      func(store.Conn) error { return errOwn },
			"rows open":  func(c store.Conn) error { _, err := c.Query("select id from item"); return err },
			"row unread": func(c store.Conn) error { c.QueryRow("select id from item"); return nil },
			"commit":     func(c store.Conn) error { _, _ = c.Exec("commit"); return nil },
			"panic":      func(store.Conn) error { panic("own panic") },
		} {
			func() {
				defer func() {
					if p := recover(); (p != nil) != (name == "panic") {
						t.Errorf("%s: panic %v", name, p)
					}
				}()
				if err := e.Read(t.Context(), fn); (err != nil) != (name == "error") || err != nil && !errors.Is(err, errOwn) {
					t.Errorf("%s: %v", name, err)
				}
			}()
		}
	}
	if n := numberOf(t, e, "select count(*) from item"); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

func TestMoreReadsThanConnections(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	write(t, e, "insert into item (id, n) values ('a', 1)")
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 20 {
				numberOf(t, e, "select n from item where id = $1", "a")
			}
		})
	}
	wg.Wait()
	if s := e.read.Stats(); s.OpenConnections > maxReaders {
		t.Errorf("%d connections, want at most %d", s.OpenConnections, maxReaders)
	}
}

// TestReadSeesWhatWasAcknowledged reads right after each yes.
func TestReadSeesWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	var wg sync.WaitGroup
	for caller := range 8 {
		wg.Go(func() {
			for i := range 100 {
				id := fmt.Sprint(caller, " ", i)
				if err := e.Write(context.Background(), store.Ack, put(id, i)); err != nil {
					t.Error(err)
				}
				if n := numberOf(t, e, "select n from item where id = $1", id); n != int64(i) {
					t.Errorf("%s is %d", id, n)
				}
			}
		})
	}
	wg.Wait()
}
