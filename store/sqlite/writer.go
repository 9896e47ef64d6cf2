package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"runtime"
	"sync/atomic"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// writer owns the connection that writes. The fields below stopped are its goroutine's alone.
type writer struct {
	options store.EngineOptions
	session *sql.Conn
	conn    *conn
	queue   *queue
	broken  atomic.Pointer[ngo.Error] // why no write is accepted any more
	writes  atomic.Uint64
	commits atomic.Uint64
	stopped chan struct{}

	tx      *sql.Tx    // open exactly while a closure runs or has joined
	current *request   // its closure is running
	joined  []*request // ended well in tx, in order
	notes   []any      // of joined, in order
	again   []*request // to be run again: the transaction they had joined was undone for the sake of another
	apart   []*request // to be run again, each alone: the transaction they had joined is gone, and one of them may be why
	guarded bool       // each closure gets a savepoint: one has failed in this transaction, or in the one before
	failed  bool       // one has failed in this transaction
	log     logState
}

func newWriter(ctx context.Context, db *sql.DB, o store.EngineOptions, smallLog int) (*writer, error) {
	session, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{options: o, session: session, queue: newQueue(), stopped: make(chan struct{}), log: logState{small: smallLog}}
	if err := session.Raw(func(dc any) error { w.conn = dc.(*conn); return nil }); err != nil {
		return nil, errors.Join(err, session.Close())
	}
	go serve(w)
	return w, nil
}

// write waits for fn's turn and its commit.
func (w *writer) write(ctx context.Context, class store.Class, fn func(store.WriteConn) error) error {
	return w.do(ctx, &request{class: class, fn: fn})
}

// control runs fn on the writer's goroutine, between two transactions.
func (w *writer) control(ctx context.Context, fn func() error) error {
	return w.do(ctx, &request{control: fn})
}

func (w *writer) do(ctx context.Context, r *request) error {
	if onWriter() {
		return nestedError("a change")
	}
	if err := w.broken.Load(); err != nil {
		return err
	}
	return r.wait(ctx, w.queue)
}

// stop refuses new writes, waits for those in the queue and gives the connection back.
func (w *writer) stop() error {
	w.queue.close()
	<-w.stopped
	return w.session.Close()
}

func (w *writer) stats() store.EngineStats {
	return store.EngineStats{Statements: w.conn.statements.Load(), Writes: w.writes.Load(), Commits: w.commits.Load()}
}

// serve works until the queue is closed and empty. A closure that ends its goroutine takes this one with it; another
// then goes on. It is a function, and not inlined, so that onWriter finds it on the stack.
//
//go:noinline
func serve(w *writer) {
	ended := false
	defer func() {
		if ended {
			close(w.stopped)
			return
		}
		go func() {
			w.bury()
			serve(w)
		}()
	}()
	for w.step() {
	}
	ended = true
}

// step does the next thing there is to do, and is false when there is nothing any more.
func (w *writer) step() bool {
	switch {
	case len(w.apart) > 0:
		r := w.apart[0]
		w.apart = w.apart[1:]
		w.alone(r)
		return true
	case len(w.again) > 0:
		w.repeat()
		return true
	}
	switch w.queue.wait() {
	case over:
		return false
	case rest:
		w.rest()
		return true
	}
	if r := w.queue.takeControl(); r != nil {
		r.done <- r.control()
		return true
	}
	w.batch()
	w.tidyLog()
	return true
}

// rest gives back the memory of a database that nobody writes to, and the space of its log unless a read needs that: the
// next write opens statements and pages anew.
func (w *writer) rest() {
	_, _ = w.checkpointWaiting("truncate", 0) // what stays in the log is as safe there
	_ = w.session.Raw(func(any) error {
		return errors.Join(w.conn.forget(), w.conn.exec("pragma shrink_memory"))
	})
}

// onWriter tells whether the caller runs on the goroutine of a writer, this one or another. A write from there would
// wait for itself, or two databases for each other.
func onWriter() bool {
	entry := reflect.ValueOf(serve).Pointer()
	var pcs [64]uintptr
	for skip := 2; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		for _, pc := range pcs[:n] {
			if f := runtime.FuncForPC(pc - 1); f != nil && f.Entry() == entry {
				return true
			}
		}
		if n < len(pcs) {
			return false
		}
	}
}

func nestedError(what string) error {
	return &ngo.Error{Code: ngo.Internal, Message: what + " cannot begin inside a change: use the connection that the change was given",
		Hint: "report it, with what the log says: journalctl -u ngoctl"}
}
