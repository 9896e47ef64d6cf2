package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var errOver = errors.New("the closure that was given this connection has ended")

// scope is the connection as one closure sees it, in a write or in a read. It answers with errors once the closure
// has ended, and closes the results that the closure left open.
type scope struct {
	session *sql.Conn
	conn    *conn
	tx      *sql.Tx
	over    atomic.Bool
	notes   []any
	rows    []*sql.Rows
	row     []*sql.Row
}

// Exec implements store.Conn.
func (s *scope) Exec(query string, args ...any) (sql.Result, error) {
	return s.session.ExecContext(s.context(), query, args...)
}

// Query implements store.Conn.
func (s *scope) Query(query string, args ...any) (*sql.Rows, error) {
	s.forget()
	rows, err := s.session.QueryContext(s.context(), query, args...)
	if err == nil {
		s.rows = append(s.rows, rows)
	}
	return rows, err
}

// QueryRow implements store.Conn.
func (s *scope) QueryRow(query string, args ...any) *sql.Row {
	s.forget()
	row := s.session.QueryRowContext(s.context(), query, args...)
	if row.Err() == nil {
		s.row = append(s.row, row)
	}
	return row
}

// forget drops results that have all been closed.
func (s *scope) forget() {
	if s.conn.unread.Load() == 0 {
		s.rows, s.row = s.rows[:0], s.row[:0]
	}
}

// SQLTx implements store.WriteConn.
func (s *scope) SQLTx() *sql.Tx { return s.tx }

// Note implements store.WriteConn.
func (s *scope) Note(v any) { s.notes = append(s.notes, v) }

// context is one that has ended once the closure has: the only way to give a *sql.Row an error.
func (s *scope) context() context.Context {
	if !s.over.Load() {
		return context.Background()
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errOver)
	return ctx
}

// end closes what the closure left open.
func (s *scope) end() error {
	s.over.Store(true)
	if s.conn.unread.Load() == 0 {
		return nil
	}
	var errs []error
	for _, r := range s.rows {
		errs = append(errs, r.Close())
	}
	for _, r := range s.row {
		_ = r.Scan() // closes it; that it has columns we did not ask for is no news
	}
	errs = append(errs, s.session.Raw(func(any) error { return s.conn.closeResults() }))
	return errors.Join(errs...)
}

// call runs fn and makes an error of a panic. When fn ends its goroutine, call does not return.
func (s *scope) call(fn func(store.WriteConn) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &ngo.Error{Code: ngo.Internal, Message: "a change went wrong inside ngoctl and was undone",
				Hint: "report it, with what the log says: journalctl -u ngoctl", Err: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
		}
		if e := s.end(); e != nil {
			err = errors.Join(err, e)
		}
	}()
	return fn(s)
}
