package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync/atomic"

	modernc "modernc.org/sqlite"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// maxStatements bounds the prepared statements a connection keeps. The texts are constants, so this is a guard
// against a mistake, not a cache size to tune.
const maxStatements = 256

// inner is what is used of modernc's connection.
type inner interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.SessionResetter
	driver.Validator
	modernc.DBStatus
	modernc.HookRegisterer
}

// conn is a connection as database/sql sees it: modernc's, with prepared statements kept by their text, statements
// counted, errors translated, and transactions that end only when their owner says so. Statements that come through a
// *sql.Tx, goqite's too, are prepared and counted like the others. database/sql calls it by one goroutine at a time;
// the fields that the writer looks at from outside are atomic.
type conn struct {
	inner
	kept map[string]*statement
	open map[*rows]struct{}
	ctx  context.Context // ends what runs on this connection; nil on the writer's, where nothing may be interrupted

	statements atomic.Uint64
	unread     atomic.Int32 // results that have not been closed
	lost       atomic.Bool  // the transaction was rolled back, by whomever
	mayEnd     atomic.Bool  // the owner is ending the transaction
	fault      atomic.Pointer[error]
}

// statement is a prepared statement. One that is busy has a result that is still being read.
type statement struct {
	driver.Stmt
	busy bool
	kept bool
}

func newConn(dc driver.Conn) (*conn, error) {
	in, ok := dc.(inner)
	if !ok {
		return nil, errors.Join(errors.New("this version of modernc.org/sqlite lacks something that is needed"), dc.Close())
	}
	c := &conn{inner: in, kept: map[string]*statement{}, open: map[*rows]struct{}{}}
	in.RegisterCommitHook(c.beforeCommit)
	in.RegisterRollbackHook(func() { c.lost.Store(true) })
	return c, nil
}

// beforeCommit turns a commit that is not the owner's into a rollback.
func (c *conn) beforeCommit() int32 {
	if c.mayEnd.Load() {
		return 0
	}
	return 1
}

// statement gives a prepared statement for text that nobody is using.
func (c *conn) statement(ctx context.Context, text string) (*statement, error) {
	if s := c.kept[text]; s != nil && !s.busy {
		return s, nil
	}
	p, err := c.inner.PrepareContext(ctx, text)
	if err != nil {
		return nil, c.failed(err)
	}
	s := &statement{Stmt: p}
	if c.kept[text] == nil && len(c.kept) < maxStatements && worthKeeping(text) {
		s.kept = true
		c.kept[text] = s
	}
	return s, nil
}

// release gives s back after its use.
func (c *conn) release(s *statement) error {
	s.busy = false
	if s.kept {
		return nil
	}
	return s.Close()
}

// worthKeeping tells a statement that comes again from one that defines a table or is a script.
func worthKeeping(text string) bool {
	switch firstWord(text) {
	case "select", "insert", "update", "delete", "with", "savepoint", "release", "rollback", "begin", "commit":
		return true
	}
	return false
}

// ExecContext implements driver.ExecerContext. What began is ended by the connection's context, not by the caller's.
func (c *conn) ExecContext(caller context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if caller.Err() != nil {
		return nil, context.Cause(caller)
	}
	ctx := c.context()
	c.statements.Add(1)
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	r, err := s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		return nil, c.failed(errors.Join(err, c.release(s)))
	}
	return r, c.release(s)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(caller context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if caller.Err() != nil {
		return nil, context.Cause(caller)
	}
	ctx := c.context()
	c.statements.Add(1)
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	dr, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, c.failed(errors.Join(err, c.release(s)))
	}
	s.busy = true
	r := &rows{conn: c, inner: dr, statement: s}
	c.open[r] = struct{}{}
	c.unread.Add(1)
	return r, nil
}

func (c *conn) context() context.Context {
	if c.ctx == nil {
		return context.Background()
	}
	return c.ctx
}

// failed translates an engine's error. It remembers one that may have cost the transaction: a closure can swallow it
// and leave us to explain.
func (c *conn) failed(err error) error {
	err = translate(err)
	if ngo.CodeOf(err) == ngo.Unavailable {
		c.fault.Store(&err)
	}
	return err
}

// exec runs a statement of our own.
func (c *conn) exec(text string) error {
	_, err := c.ExecContext(context.Background(), text, nil)
	return err
}

// BeginTx implements driver.ConnBeginTx.
func (c *conn) BeginTx(_ context.Context, o driver.TxOptions) (driver.Tx, error) {
	text := "begin immediate"
	if o.ReadOnly {
		text = "begin"
	}
	c.lost.Store(false)
	c.fault.Store(nil)
	if err := c.exec(text); err != nil {
		return nil, err
	}
	return transaction{c}, nil
}

// closeResults ends the results that were left open. They read as closed from then on.
func (c *conn) closeResults() error {
	var errs []error
	for r := range c.open {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	return errors.Join(c.closeResults(), c.forget(), c.inner.Close())
}

// forget closes the prepared statements that are not in use.
func (c *conn) forget() error {
	var errs []error
	for text, s := range c.kept {
		if !s.busy {
			delete(c.kept, text)
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// transaction is what database/sql ends. It refuses when a closure that got hold of the *sql.Tx tries to.
type transaction struct{ conn *conn }

// Commit implements driver.Tx.
func (t transaction) Commit() error {
	if !t.conn.mayEnd.Load() {
		return errors.Join(errNotYours, t.conn.exec("rollback"))
	}
	err := t.conn.exec("commit")
	if err != nil && !t.conn.lost.Load() {
		return errors.Join(err, t.conn.exec("rollback"))
	}
	return err
}

// Rollback implements driver.Tx.
func (t transaction) Rollback() error {
	if t.conn.lost.Load() {
		return nil
	}
	return t.conn.exec("rollback")
}

// rows is a result that can be closed from outside.
type rows struct {
	conn      *conn
	inner     driver.Rows
	statement *statement
	closed    bool
}

// Columns implements driver.Rows.
func (r *rows) Columns() []string { return r.inner.Columns() }

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	if r.closed {
		return errResultClosed
	}
	if err := r.conn.context().Err(); err != nil {
		return err
	}
	err := r.inner.Next(dest)
	if err == nil || err == io.EOF {
		return err
	}
	return r.conn.failed(err)
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	delete(r.conn.open, r)
	r.conn.unread.Add(-1)
	if err := errors.Join(r.inner.Close(), r.conn.release(r.statement)); err != nil {
		return r.conn.failed(err)
	}
	return nil
}

var (
	errNotYours     = errors.New("a closure cannot end the writer's transaction")
	errResultClosed = errors.New("the closure that asked for this result has ended")
)

// firstWord is the word a statement begins with.
func firstWord(text string) string {
	start := 0
	for start < len(text) && (text[start] == ' ' || text[start] == '\n' || text[start] == '\t') {
		start++
	}
	end := start
	for end < len(text) && text[end] >= 'a' && text[end] <= 'z' {
		end++
	}
	return text[start:end]
}
