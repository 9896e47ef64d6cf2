package sqlite

import (
	"context"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A batch ends after batchTime, or ackTime after the first acknowledgement in it, so that nobody outside waits long for
// jobs that share the commit; or after batchSize closures should the clock stand still.
const (
	batchTime = 10 * time.Millisecond
	ackTime   = 3 * time.Millisecond
	batchSize = 1000
)

// batch runs as many of the closures that wait as fit into batchTime in one transaction.
func (w *writer) batch() {
	start := w.options.Now()
	length := batchTime
	for range batchSize {
		r := w.queue.take()
		if r == nil {
			break
		}
		before := w.options.Now()
		if r.class == store.Ack {
			length = min(length, before.Sub(start)+ackTime)
		}
		if !w.join(r) {
			return
		}
		now := w.options.Now()
		w.queue.spent(r.class, now.Sub(before))
		if now.Sub(start) >= length {
			break
		}
	}
	w.finish()
}

// alone runs r in a transaction of its own.
func (w *writer) alone(r *request) {
	if w.join(r) {
		w.finish()
	}
}

// repeat runs together those whose transaction was undone for the sake of another.
func (w *writer) repeat() {
	for len(w.again) > 0 {
		r := w.again[0]
		w.again = w.again[1:]
		if !w.join(r) {
			return
		}
	}
	w.finish()
}

// join runs r in the open transaction, and is false when that transaction is gone. Savepoints cost a tenth of what a
// closure does, which hardly ever fails, so there are none until one does. The first closure needs none at all: if it fails,
// the transaction holds nobody else's work.
func (w *writer) join(r *request) bool {
	if err := w.begin(); err != nil {
		w.queue.refuse(err) // those behind r have waited too
		r.done <- err
		return false
	}
	first := len(w.joined) == 0
	guarded := !first && w.guarded
	if guarded && w.exec("savepoint ngoctl_closure") != nil {
		w.lose(r)
		return false
	}
	w.current = r
	s := &scope{session: w.session, conn: w.conn, tx: w.tx}
	err := s.call(r.fn)
	w.current = nil
	if err == nil && w.conn.lost.Load() {
		err = w.lostError()
	}
	w.failed = w.failed || err != nil
	switch {
	case first:
		return w.settleFirst(r, s, err)
	case w.conn.lost.Load() || guarded && w.release(err != nil) != nil:
		w.lose(r)
		return false
	case err != nil && !guarded:
		w.undoAll(r, err)
		return false
	case err != nil:
		r.done <- err
		return true
	}
	w.keep(r, s)
	return true
}

// settleFirst keeps the closure that opened the transaction, or undoes it together with the transaction.
func (w *writer) settleFirst(r *request, s *scope, err error) bool {
	if err != nil {
		w.rollback()
		r.done <- err
		return true
	}
	w.keep(r, s)
	return true
}

// lose is for when the whole transaction is gone while r was in it: r may be the cause or a victim. Alone it will show.
func (w *writer) lose(r *request) {
	w.apart = append(w.apart, r)
	w.abandon()
}

// undoAll takes back what r has done, and with it what the others have: they are run again, with savepoints, and so is all
// that comes until a transaction in which none fails.
func (w *writer) undoAll(r *request, err error) {
	w.rollback()
	w.again, w.joined, w.notes = append(w.joined, w.again...), nil, nil
	w.guarded = true
	r.done <- err
}

func (w *writer) release(undo bool) error {
	if undo {
		if err := w.exec("rollback to ngoctl_closure"); err != nil {
			return err
		}
	}
	return w.exec("release ngoctl_closure")
}

func (w *writer) keep(r *request, s *scope) {
	w.joined = append(w.joined, r)
	w.notes = append(w.notes, s.notes...)
}

// finish flushes and commits what has joined, and answers.
func (w *writer) finish() {
	if len(w.joined) == 0 {
		return
	}
	if err := w.flush(); err != nil {
		w.undo(err)
		return
	}
	if err := w.commit(); err != nil {
		w.undo(err)
		return
	}
	joined, notes := w.joined, w.notes
	w.joined, w.notes = nil, nil
	w.guarded, w.failed = w.failed, false
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
	if w.options.Flush == nil {
		return nil
	}
	s := &scope{session: w.session, conn: w.conn, tx: w.tx}
	err := s.call(func(c store.WriteConn) error { return w.options.Flush(c, w.notes) })
	if err == nil && w.conn.lost.Load() {
		return w.lostError()
	}
	return err
}

// undo rolls back a transaction that could not be flushed or committed. One closure alone is told why; several are
// run again, each alone, for it may be the fault of one.
func (w *writer) undo(err error) {
	if len(w.joined) != 1 {
		w.abandon()
		return
	}
	w.rollback()
	r := w.joined[0]
	w.joined, w.notes = nil, nil
	r.done <- err
}

// abandon rolls back. Those who had joined have done nothing wrong and will be run again, each alone.
func (w *writer) abandon() {
	w.rollback()
	w.apart = append(w.joined, w.apart...)
	w.joined, w.notes = nil, nil
}

// bury tidies up after a closure that has ended the writer's goroutine.
func (w *writer) bury() {
	err := &ngo.Error{Code: ngo.Internal, Message: "a change ended its goroutine and was undone", Hint: "report it, with what the log says: journalctl -u ngoctl"}
	if w.current == nil { // it was Flush
		w.undo(err)
		return
	}
	w.current.done <- err
	w.current = nil
	w.abandon()
}

func (w *writer) begin() error {
	if w.tx != nil {
		return nil
	}
	if err := w.broken.Load(); err != nil {
		return err
	}
	tx, err := w.session.BeginTx(context.Background(), nil)
	if err != nil && w.exec("rollback") == nil { // a closure had left a transaction of its own making
		tx, err = w.session.BeginTx(context.Background(), nil)
	}
	w.tx = tx
	return err
}

func (w *writer) commit() error {
	w.conn.mayEnd.Store(true)
	err := w.tx.Commit()
	w.conn.mayEnd.Store(false)
	w.tx = nil
	return w.watch(err)
}

// watch refuses all further writes once a sync has failed.
func (w *writer) watch(err error) error {
	if err == nil || !syncFailed(err) {
		return err
	}
	w.broken.Store(&ngo.Error{Code: ngo.Unavailable, Message: "the disk failed to keep what was written; no change is accepted any more",
		Hint: "check the disk, then restart ngoctl", Err: err})
	return w.broken.Load()
}

// rollback ends the transaction if there still is one; an error could only say that there is none.
func (w *writer) rollback() {
	if w.tx != nil {
		_ = w.tx.Rollback()
		w.tx = nil
	}
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
	return &ngo.Error{Code: ngo.Internal, Message: "a change ended the transaction it was given and was undone", Hint: "report it, with what the log says: journalctl -u ngoctl",
		Err: errors.New("rolled back from inside")}
}
