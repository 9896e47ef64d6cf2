package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A batch ends after batchTime, or after batchSize closures should the clock stand still.
const (
	batchTime = 10 * time.Millisecond
	batchSize = 1000
)

// writer owns the connection that writes. Its goroutine is serve; the fields below stopped are that goroutine's.
type writer struct {
	options store.EngineOptions
	session *sql.Conn
	conn    *conn
	queue   *queue
	broken  atomic.Pointer[ngo.Error] // no write is accepted any more
	writes  atomic.Uint64
	commits atomic.Uint64
	stopped chan struct{}

	tx      *sql.Tx
	current *request   // its closure is running
	joined  []*request // ended well in the open transaction, in order
	notes   []any      // of joined, in order
	again   []*request // to be run alone, because the transaction they had joined is gone
	frames  int        // in the log since it was last written back
}

func newWriter(ctx context.Context, db *sql.DB, o store.EngineOptions) (*writer, error) {
	session, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{options: o, session: session, queue: newQueue(), stopped: make(chan struct{})}
	if err := session.Raw(func(dc any) error { w.conn = dc.(*conn); return nil }); err != nil {
		return nil, errors.Join(err, session.Close())
	}
	go w.serve()
	return w, nil
}

// write waits for fn's turn and its commit.
func (w *writer) write(ctx context.Context, class store.Class, fn func(store.WriteConn) error) error {
	if err := w.refused(); err != nil {
		return err
	}
	r := &request{class: class, fn: fn}
	return r.wait(ctx, w.queue)
}

// control runs fn on the writer's goroutine, between two transactions.
func (w *writer) control(ctx context.Context, fn func() error) error {
	if err := w.refused(); err != nil {
		return err
	}
	r := &request{control: fn}
	return r.wait(ctx, w.queue)
}

func (w *writer) refused() error {
	if insideWrite() {
		return &ngo.Error{Code: ngo.Conflict, Message: "a change cannot begin inside another one: use the connection that it was given"}
	}
	if err := w.broken.Load(); err != nil {
		return err
	}
	return nil
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
// then goes on.
func (w *writer) serve() {
	ended := false
	defer func() {
		if ended {
			close(w.stopped)
			return
		}
		go w.resume()
	}()
	for w.step() {
	}
	ended = true
}

// step does the next thing there is to do, and is false when there is nothing any more.
func (w *writer) step() bool {
	if len(w.again) > 0 {
		r := w.again[0]
		w.again = w.again[1:]
		w.batch(r)
		return true
	}
	if !w.queue.wait() {
		return false
	}
	if r := w.queue.takeControl(); r != nil {
		r.done <- r.control()
		return true
	}
	w.batch(nil)
	w.tidyLog()
	return true
}

// resume goes on after a closure has ended the writer's goroutine.
func (w *writer) resume() {
	err := &ngo.Error{Code: ngo.Internal, Message: "a change ended its goroutine and was undone", Hint: "report it: ngoctl bugreport"}
	w.abandon(err)
	w.serve()
}

// batch runs alone, or as many of the closures that wait as fit into batchTime, in one transaction.
func (w *writer) batch(alone *request) {
	start := w.options.Now()
	for range batchSize {
		r := alone
		if r == nil {
			r = w.queue.take()
		}
		if r == nil {
			break
		}
		before := w.options.Now()
		if !w.join(r) {
			return
		}
		now := w.options.Now()
		w.queue.spent(r.class, now.Sub(before))
		if alone != nil || now.Sub(start) >= batchTime {
			break
		}
	}
	w.finish()
}

// join runs r in the open transaction; it is false when that transaction is gone. The first closure needs no
// savepoint: if it fails, the transaction holds nobody else's work.
func (w *writer) join(r *request) bool {
	if err := w.begin(); err != nil {
		r.done <- err
		w.queue.refuse(err) // they have waited as long as this one
		return false
	}
	first := len(w.joined) == 0
	if !first && w.exec("savepoint ngoctl") != nil {
		w.again = append(w.again, r)
		w.abandon(nil)
		return false
	}
	w.current = r
	s := &scope{session: w.session, conn: w.conn, tx: w.tx}
	err := s.call(r.fn)
	w.current = nil
	if first {
		return w.joinFirst(r, s, err)
	}
	return w.joinNext(r, s, err)
}

func (w *writer) joinFirst(r *request, s *scope, err error) bool {
	if err == nil && w.conn.lost.Load() {
		err = w.lostError()
	}
	if err != nil {
		w.rollback()
		r.done <- err
		return true
	}
	w.keep(r, s)
	return true
}

func (w *writer) joinNext(r *request, s *scope, err error) bool {
	if !w.conn.lost.Load() && w.settle(err) == nil {
		if err != nil {
			r.done <- err
			return true
		}
		w.keep(r, s)
		return true
	}
	w.again = append(w.again, r)
	w.abandon(nil)
	return false
}

// settle keeps or undoes what happened since the savepoint.
func (w *writer) settle(failed error) error {
	if failed == nil {
		return w.exec("release ngoctl")
	}
	return errors.Join(w.exec("rollback to ngoctl"), w.exec("release ngoctl"))
}

func (w *writer) keep(r *request, s *scope) {
	w.joined = append(w.joined, r)
	w.notes = append(w.notes, s.notes...)
}

// finish flushes and commits what has joined, and answers. When it cannot, each is run again alone, or told why not
// if it was alone already.
func (w *writer) finish() {
	if w.tx == nil {
		return
	}
	if err := w.flush(); err != nil {
		w.abandon(err)
		return
	}
	if err := w.commit(); err != nil {
		w.abandon(err)
		return
	}
	joined, notes := w.joined, w.notes
	w.joined, w.notes = nil, nil
	w.writes.Add(uint64(len(joined)))
	w.commits.Add(1)
	defer func() {
		for _, r := range joined {
			r.done <- nil
		}
	}()
	if w.options.Committed != nil {
		w.options.Committed(notes)
	}
}

func (w *writer) flush() error {
	if w.options.Flush == nil || len(w.joined) == 0 {
		return nil
	}
	s := &scope{session: w.session, conn: w.conn, tx: w.tx}
	err := s.call(func(c store.WriteConn) error { return w.options.Flush(c, w.notes) })
	if err == nil && w.conn.lost.Load() {
		return w.lostError()
	}
	return err
}

// abandon rolls back. Those that had joined will be run again alone; one that was alone, or whose closure ended the
// goroutine, is told err.
func (w *writer) abandon(err error) {
	w.rollback()
	joined, current := w.joined, w.current
	w.joined, w.notes, w.current = nil, nil, nil
	if current != nil {
		current.done <- err
	}
	broken := w.broken.Load()
	if len(joined) == 1 && current == nil && err != nil || broken != nil {
		for _, r := range joined {
			r.done <- err
		}
		return
	}
	w.again = append(joined, w.again...)
}

func (w *writer) begin() error {
	if w.tx != nil {
		return nil
	}
	if err := w.broken.Load(); err != nil {
		return err
	}
	tx, err := w.session.BeginTx(context.Background(), nil)
	if err != nil {
		// A closure may have left a transaction of its own making.
		if w.exec("rollback") != nil {
			return err
		}
		if tx, err = w.session.BeginTx(context.Background(), nil); err != nil {
			return err
		}
	}
	w.tx = tx
	return nil
}

func (w *writer) commit() error {
	w.conn.mayEnd.Store(true)
	err := w.tx.Commit()
	w.conn.mayEnd.Store(false)
	if err != nil && syncFailed(err) {
		w.broken.Store(&ngo.Error{Code: ngo.Unavailable, Message: "the disk failed to keep what was written; no change is accepted any more",
			Hint: "check the disk, then restart ngoctl: ngoctl doctor", Err: err})
		return w.broken.Load()
	}
	if err != nil {
		return err
	}
	w.tx = nil
	return nil
}

// rollback ends the transaction, if there still is one. An error would only say that there is none.
func (w *writer) rollback() {
	if w.tx == nil {
		return
	}
	_ = w.tx.Rollback()
	w.tx = nil
}

func (w *writer) exec(text string) error {
	_, err := w.session.ExecContext(context.Background(), text)
	return err
}

// lostError says why the transaction was rolled back under a closure that noticed nothing.
func (w *writer) lostError() error {
	if err := w.conn.fault.Load(); err != nil {
		return *err
	}
	return &ngo.Error{Code: ngo.Internal, Message: "a change ended the writer's transaction and was undone", Hint: "report it: ngoctl bugreport"}
}
