package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var errDeadline = errors.New("the read took longer than 30 s")

// Read implements store.Engine. A statement ends while it looks for its first row, or at the next one it finds. Codes:
// Unavailable when ctx or the deadline ended it, Internal from inside a write, else fn's own.
func (e *engine) Read(ctx context.Context, fn func(store.Conn) error) error {
	if onWriter() {
		return nestedError("a read")
	}
	if err := e.enter(); err != nil {
		return err
	}
	defer e.reads.Done()
	ctx, cancel := context.WithTimeoutCause(ctx, readDeadline, errDeadline)
	defer cancel()
	defer context.AfterFunc(e.closing, cancel)()
	session, err := e.read.Conn(ctx)
	if err != nil {
		return readError(ctx, err)
	}
	return readError(ctx, snapshotRead(ctx, session, fn))
}

// enter counts one that reads, so that Close waits for it.
func (e *engine) enter() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return errClosed()
	}
	e.reads.Add(1)
	return nil
}

// snapshotRead runs fn between a begin and a rollback, and gives the connection back clean.
func snapshotRead(ctx context.Context, session *sql.Conn, fn func(store.Conn) error) (err error) {
	s := &scope{session: session}
	if err := session.Raw(func(dc any) error { s.conn = dc.(*conn); return nil }); err != nil {
		return errors.Join(err, session.Close())
	}
	defer func() { // also when fn panics
		if e := s.leave(); e != nil {
			err = errors.Join(err, e)
		}
	}()
	if _, err := s.Exec("begin"); err != nil {
		return err
	}
	s.conn.ctx = ctx // from here on: what begins a snapshot takes no time
	return fn(s)
}

// leave ends the snapshot. A connection on which that fails is not used again.
func (s *scope) leave() error {
	err := s.end()
	bad := s.session.Raw(func(any) error {
		s.conn.ctx = nil
		if s.conn.exec("rollback") != nil {
			return driver.ErrBadConn
		}
		return nil
	})
	if bad != nil {
		return err // Raw has closed the session
	}
	return errors.Join(err, s.session.Close())
}

// readError says that the read was ended from outside, if it was.
func readError(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return &ngo.Error{Code: ngo.Unavailable, Message: "the read was ended before it was complete", Hint: "try again, or ask for less at a time",
		Err: errors.Join(context.Cause(ctx), err)}
}
