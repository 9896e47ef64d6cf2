package sqlite

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
)

// TestAcknowledgementsGoFirst queues both classes behind a write of work and looks at the order in which they run.
func TestAcknowledgementsGoFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e := openTest(t, store.EngineOptions{Now: func() time.Time { return now }}) // no time passes: no share is used up
	release := hold(t, e)
	var order []string // the writer's goroutine alone appends to it
	var wg sync.WaitGroup
	for i := range 6 {
		class, name := store.Work, fmt.Sprint("work ", i)
		if i >= 3 {
			class, name = store.Ack, fmt.Sprint("ack ", i)
		}
		wg.Go(func() {
			err := e.Write(context.Background(), class, func(store.WriteConn) error {
				order = append(order, name)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		queued(t, e, i+1)
	}
	release()
	wg.Wait()
	want := []string{"ack 3", "ack 4", "ack 5", "work 0", "work 1", "work 2"}
	if !slices.Equal(order, want) {
		t.Errorf("order %q, want %q", order, want)
	}
}

// TestAcknowledgementsDoNotWaitForWork puts one into a line of work that would fill a batch many times over.
func TestAcknowledgementsDoNotWaitForWork(t *testing.T) {
	t.Parallel()
	now := time.Now() // the writer's goroutine alone looks at it and moves it
	var first []any
	e := openTest(t, store.EngineOptions{Now: func() time.Time { return now }, Committed: func(notes []any) {
		if slices.Contains(notes, any("ack")) {
			first = notes
		}
	}})
	release := hold(t, e)
	var wg sync.WaitGroup
	for i := range 21 {
		class, name := store.Work, "work"
		if i == 20 {
			class, name = store.Ack, "ack"
		}
		wg.Go(func() {
			err := e.Write(context.Background(), class, func(c store.WriteConn) error {
				c.Note(name)
				now = now.Add(time.Millisecond)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	queued(t, e, 21)
	release()
	wg.Wait()
	if len(first) == 0 || len(first) > 4 {
		t.Errorf("committed together: %v; want the acknowledgement with about three milliseconds of work", first)
	}
}

// TestWorkKeepsItsFifth keeps both lines full and books made-up times, so that the shares are exact.
func TestWorkKeepsItsFifth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		ack, work time.Duration
	}{
		{"equal", 100 * time.Microsecond, 100 * time.Microsecond},
		{"short acknowledgements", 20 * time.Microsecond, 900 * time.Microsecond},
		{"long acknowledgements", 3 * time.Millisecond, 50 * time.Microsecond},
		{"slow work", 50 * time.Microsecond, 40 * time.Millisecond},
		{"a clock that stands still", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q := newQueue()
			for range 20_000 {
				_ = q.put(&request{class: store.Ack})
				_ = q.put(&request{class: store.Work})
			}
			var spent, count [2]time.Duration
			for range 20_000 {
				r := q.take()
				d := tt.ack
				if r.class == store.Work {
					d = tt.work
				}
				spent[r.class] += max(d, time.Microsecond)
				count[r.class]++
				q.spent(r.class, d)
			}
			share := float64(spent[store.Work]) / float64(spent[store.Ack]+spent[store.Work])
			if share < 0.195 || share > 0.23 || count[store.Ack] == 0 {
				t.Errorf("work had %.3f of the time, want a fifth", share)
			}
		})
	}
}

// TestWorkIsNotStarved is the same with callers: acknowledgements that never let up, and one worker.
func TestWorkIsNotStarved(t *testing.T) {
	t.Parallel()
	e := openTest(t, store.EngineOptions{})
	ctx, stop := context.WithCancel(t.Context())
	var acks atomic.Int64
	var wg sync.WaitGroup
	for caller := range 16 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := e.Write(context.Background(), store.Ack, put(fmt.Sprint(caller, " ", i), i)); err != nil {
					t.Error(err)
				}
				acks.Add(1)
			}
		})
	}
	for i := range 50 {
		if err := e.Write(t.Context(), store.Work, put(fmt.Sprint("work ", i), i)); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
	if acks.Load() == 0 {
		t.Error("no acknowledgement came through")
	}
}
