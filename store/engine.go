package store

import (
	"context"
	"database/sql"
	"time"
)

// Class says who waits for a write. When both wait, acknowledgements go first and workers keep a fifth of the time.
type Class int

// The classes of write.
const (
	Ack  Class = iota // somebody outside waits: a provider, a member of staff
	Work              // a job
)

// Conn runs statements. The text of a statement is its cache key, so it is a constant; values are parameters, always.
type Conn interface {
	Exec(query string, args ...any) (sql.Result, error)
	Query(query string, args ...any) (*sql.Rows, error)
	QueryRow(query string, args ...any) *sql.Row
}

// WriteConn is a Conn inside the writer's transaction. It is used by one closure at a time and not after it returns.
type WriteConn interface {
	Conn
	// SQLTx is the transaction itself, for goqite.
	SQLTx() *sql.Tx
	// Note leaves v for EngineOptions.Flush and Committed. It is forgotten if the closure does not end well.
	Note(v any)
}

// Engine is one open database: a file of SQLite now, a schema of PostgreSQL later. It is safe for concurrent use.
type Engine interface {
	// Write runs fn in the writer's transaction, with those of others, and returns after the commit that made it durable.
	// fn gets no context, does no I/O, and may be run again, on a clean slate, when another's failure costs the
	// transaction that held it; so it must set, not add to, what it captures. Cancelling ctx
	// withdraws a write that has not begun; one that has begun is carried through. A panic in fn comes back as an
	// error. Codes: Unavailable when it cannot be made durable now (disk full, closing), else fn's own.
	Write(ctx context.Context, class Class, fn func(WriteConn) error) error
	// Read runs fn on one consistent snapshot of what is committed. It ends with ctx, or after 30 s.
	Read(ctx context.Context, fn func(Conn) error) error
	// Snapshot writes a consistent copy of the whole database to a file that must not exist, while writes go on.
	Snapshot(ctx context.Context, path string) error
	// Checkpoint moves everything committed into the main file and empties the log beside it.
	Checkpoint(ctx context.Context) error
	Stats() EngineStats
	Close() error
}

// EngineOptions is what an engine is opened with.
type EngineOptions struct {
	Now func() time.Time
	// Flush runs before each commit with the notes of all the closures that ended well, in order. What it writes is
	// part of the same transaction. It may run again with fewer notes.
	Flush func(c WriteConn, notes []any) error
	// Committed runs after each commit and before the callers wake, with the same notes. It must not block.
	Committed func(notes []any)
}

// EngineStats counts since the engine was opened.
type EngineStats struct {
	Statements uint64 // executed on the writer's connection, transaction control included
	Writes     uint64 // closures that committed
	Commits    uint64
	WALBytes   int64
}
