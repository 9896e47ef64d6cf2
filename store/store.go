// Package store has every query and every transaction of ngoctl, a file per entity. A data folder holds one database of
// the appliance (organisations, users, tokens) and one for each organisation (everything else of it, its queue
// included); the two kinds never commit together.
//
// What a Write acknowledged is durable. Closures given to Write and Read get a transaction and no context, and do no
// I/O; what takes time, such as sealing or rendering, happens before. Every write leaves its line in the audit trail,
// its share in the roll-ups and its entry in the change feed, all of them in or with the same commit. Everything here
// is safe for concurrent use, except that a Tx or Rx belongs to the closure it was given to and dies with it.
//
// The package must not know a provider, a wording or a screen, and nothing outside store speaks SQL.
package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// OpenEngine opens the database at path, and makes it if it is not there. sqlite.Open is one.
type OpenEngine func(ctx context.Context, path string, o EngineOptions) (Engine, error)

// Options is what a store is opened with. All but Now are required.
type Options struct {
	Dir    string // the data folder
	Engine OpenEngine
	Keys   *seal.Ring
	Now    func() time.Time // time.Now when nil
}

func (o *Options) check() error {
	for _, f := range []struct {
		name    string
		missing bool
	}{{"Dir", o.Dir == ""}, {"Engine", o.Engine == nil}, {"Keys", o.Keys == nil}} {
		if f.missing {
			return errors.New("store: Options." + f.name + " is missing")
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// Store is an open data folder.
type Store struct {
	dir    string
	open   OpenEngine
	keys   *seal.Ring
	now    func() time.Time
	feed   *Feed
	box    *seal.Box
	engine Engine // ngoctl.db

	mu   sync.Mutex // held while an organisation is opened or made
	orgs map[string]*Org
}

// Open opens a data folder and brings ngoctl.db to the newest schema. It takes no lock: whoever opens a folder holds
// it already. Databases of organisations are opened when they are first asked for. It fails with Conflict when the
// folder was written by a newer ngoctl.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Store{dir: o.Dir, open: o.Engine, keys: o.Keys, now: o.Now, feed: &Feed{}, box: o.Keys.Org("appliance"), orgs: map[string]*Org{}}
	if err := os.MkdirAll(filepath.Join(s.dir, "orgs"), 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	engine, err := s.openDB(ctx, filepath.Join(s.dir, "ngoctl.db"), applianceMigrations, s.box)
	if err != nil {
		return nil, fmt.Errorf("open ngoctl.db: %w", err)
	}
	s.engine = engine
	return s, nil
}

// openDB opens and migrates one database, with the trail, the roll-ups and the feed hung on its commits.
func (s *Store) openDB(ctx context.Context, path string, schema migrations, box *seal.Box) (Engine, error) {
	steps, err := schema.texts()
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	engine, err := s.open(ctx, path, EngineOptions{
		Now:       s.now,
		Flush:     (&ledger{box: box}).flush,
		Committed: s.feed.committed,
	})
	if err != nil {
		return nil, err
	}
	m := migrator{engine: engine, steps: steps, path: path, now: s.now, box: box}
	if err := m.run(ctx); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return engine, nil
}

// Close waits for writes under way and closes every database, side by side: each has a log to write back, and a stop has
// no time for hundreds of syncs in a row.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	engines := []Engine{s.engine}
	for _, o := range s.orgs {
		engines = append(engines, o.engine)
	}
	clear(s.orgs)
	errs := make([]error, len(engines))
	var closing sync.WaitGroup
	for i, e := range engines {
		closing.Go(func() { errs[i] = e.Close() })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// Feed gives the changes of ngoctl.db and of every organisation opened.
func (s *Store) Feed() *Feed { return s.feed }

// Snapshot writes a consistent copy of ngoctl.db to a file that must not exist.
func (s *Store) Snapshot(ctx context.Context, path string) error { return s.engine.Snapshot(ctx, path) }

// Checkpoint moves everything committed to ngoctl.db into its main file.
func (s *Store) Checkpoint(ctx context.Context) error { return s.engine.Checkpoint(ctx) }

// Stats counts what ngoctl.db did since it was opened.
func (s *Store) Stats() EngineStats { return s.engine.Stats() }

// write runs fn in one transaction of ngoctl.db.
func (s *Store) write(ctx context.Context, actor string, fn func(trail) error) error {
	return s.engine.Write(ctx, Ack, func(w WriteConn) error {
		return fn(trail{w: w, box: s.box, actor: actor, now: instant(s.now())})
	})
}

// Audit lists the appliance's own trail, newest first.
func (s *Store) Audit(ctx context.Context, q ListQuery) (entries []ngo.AuditEntry, next string, err error) {
	err = s.engine.Read(ctx, func(c Conn) error {
		entries, next, err = auditPage(c, q)
		return err
	})
	return entries, next, err
}

// VerifyAudit walks the appliance's own trail from its first line to its last.
func (s *Store) VerifyAudit(ctx context.Context) (AuditReport, error) {
	return verifyAudit(ctx, s.engine, s.box)
}
