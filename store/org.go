package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"maragu.dev/goqite"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// Org is the open database of one organisation.
type Org struct {
	info   ngo.Org
	dir    string
	engine Engine
	box    *seal.Box
	now    func() time.Time
	queues map[ngo.Lane]*goqite.Queue
	tick   atomic.Int64 // see nextMessageID
}

// Org opens the organisation with this slug, at its first use, and brings its database to the newest schema. It fails
// with NotFound when there is none, and with Conflict when a newer ngoctl wrote it.
func (s *Store) Org(ctx context.Context, slug string) (*Org, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.orgs[slug]; o != nil {
		return o, nil
	}
	info, err := s.orgInfo(ctx, slug)
	if err != nil {
		return nil, err
	}
	o, err := s.openOrg(ctx, info, s.orgDir(slug))
	if err != nil {
		return nil, fmt.Errorf("open organisation %s: %w", slug, err)
	}
	s.orgs[slug] = o
	return o, nil
}

func (s *Store) orgDir(slug string) string { return filepath.Join(s.dir, "orgs", slug) }

func (s *Store) openOrg(ctx context.Context, info ngo.Org, dir string) (*Org, error) {
	box := s.keys.Org(string(info.ID))
	engine, err := s.openDB(ctx, filepath.Join(dir, "org.db"), orgMigrations, box)
	if err != nil {
		return nil, err
	}
	return &Org{info: info, dir: dir, engine: engine, box: box, now: s.now, queues: newQueues()}, nil
}

// Info tells which organisation this is.
func (o *Org) Info() ngo.Org { return o.info }

// Dir is the organisation's own folder, where its blobs lie beside its database.
func (o *Org) Dir() string { return o.dir }

// Box seals for this organisation.
func (o *Org) Box() *seal.Box { return o.box }

// Write runs fn in a transaction and returns once it is durable; see Engine.Write for what fn may and may not do.
// Actor is who does it: "os:root", "user:meena", "cli", "job".
func (o *Org) Write(ctx context.Context, class Class, actor string, fn func(*Tx) error) error {
	return o.engine.Write(ctx, class, func(w WriteConn) error {
		return fn(&Tx{
			Rx:    Rx{conn: w, org: o},
			trail: trail{w: w, box: o.box, slug: o.info.Slug, actor: actor, now: instant(o.now())},
		})
	})
}

// Read runs fn on one snapshot of what is committed. It ends with ctx, or after 30 s.
func (o *Org) Read(ctx context.Context, fn func(*Rx) error) error {
	return o.engine.Read(ctx, func(c Conn) error { return fn(&Rx{conn: c, org: o}) })
}

// Snapshot writes a consistent copy of the database to a file that must not exist, while writes go on.
func (o *Org) Snapshot(ctx context.Context, path string) error { return o.engine.Snapshot(ctx, path) }

// Checkpoint moves everything committed into the main file and empties the log beside it.
func (o *Org) Checkpoint(ctx context.Context) error { return o.engine.Checkpoint(ctx) }

// Stats counts since the database was opened.
func (o *Org) Stats() EngineStats { return o.engine.Stats() }

// VerifyAudit walks the trail from its first line to its last and names the first that was touched.
func (o *Org) VerifyAudit(ctx context.Context) (AuditReport, error) {
	return verifyAudit(ctx, o.engine, o.box)
}

// Rx reads one snapshot of an organisation. Its methods fail with NotFound when what they are asked for by name or id
// is not there.
type Rx struct {
	conn Conn
	org  *Org
}

// Tx is a transaction of an organisation. It reads what it has written.
type Tx struct {
	Rx
	trail
	fresh freshPayment
}

// freshPayment is what is known of a payment without a read, since this transaction made it, as long as nothing was written since.
type freshPayment struct {
	circumstances
	writes int
}

// Now is the moment of the transaction, which all its rows share.
func (t *Tx) Now() time.Time { return t.now }
