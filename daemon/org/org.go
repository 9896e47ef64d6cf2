// Package org holds what the daemon keeps in memory for each organisation: its open database, its provider accounts ready
// to use, and cached reads.
//
// What it promises: nothing it gives is older than the last write that was acknowledged. Everything kept carries the
// version it was read under; the change feed raises the version between a commit and the waking of its writer; a reader
// takes the version before it reads. A value under another version than the present one is not there.
//
// Nothing that a decision about access needs is cached here. Everything is safe for concurrent use.
package org

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options is what New needs. Store is required.
type Options struct {
	Store    *store.Store
	Gateways []payment.Driver
	Channels []channel.Driver
	NoCache  bool         // read everything anew each time; nothing else changes
	Log      *slog.Logger // nil discards
	Now      func() time.Time
}

// Book gives the organisations of an appliance. Make one with New and end it with Close.
type Book struct {
	store       *store.Store
	gateways    []payment.Driver
	channels    []channel.Driver
	log         *slog.Logger
	now         func() time.Time
	cache       *ristretto.Cache[string, entry] // nil when caching is off
	unsubscribe func()

	orgs sync.Map // slug → *Org
}

// Org is one organisation.
type Org struct {
	Store *store.Org

	book    *Book
	zone    *time.Location
	changes atomic.Uint64 // version of everything
	profile atomic.Uint64 // version of the profile
	account atomic.Uint64 // version of the accounts

	opening  sync.Mutex
	accounts atomic.Pointer[accounts]
}

// The cache is small: a summary and a profile of a few hundred organisations. Its counters cost half a byte each.
const (
	cacheBytes    = 2 << 20
	cacheCounters = 20_000
)

// New makes a book. It fails with Invalid when Store is missing.
func New(o Options) (*Book, error) {
	if o.Store == nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a book of organisations needs Store"}
	}
	b := &Book{store: o.Store, gateways: o.Gateways, channels: o.Channels, log: o.Log, now: o.Now}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	if b.now == nil {
		b.now = time.Now
	}
	if !o.NoCache {
		cache, err := ristretto.NewCache(&ristretto.Config[string, entry]{
			NumCounters: cacheCounters, MaxCost: cacheBytes, BufferItems: 64, TtlTickerDurationInSec: 3600,
		})
		if err != nil {
			return nil, fmt.Errorf("make cache: %w", err)
		}
		b.cache = cache
	}
	b.unsubscribe = o.Store.Feed().Subscribe(b.changed)
	return b, nil
}

// Close ends the cache. The store stays open.
func (b *Book) Close() {
	b.unsubscribe()
	b.cache.Close() // a nil cache closes
}

// Gateways lists the gateways that an account can be added for.
func (b *Book) Gateways() []payment.Driver { return b.gateways }

// Channels lists the channels that an account can be added for.
func (b *Book) Channels() []channel.Driver { return b.channels }

// Org gives the organisation with this slug, opening it at its first use. It fails with NotFound when there is none.
func (b *Book) Org(ctx context.Context, slug string) (*Org, error) {
	if o, ok := b.orgs.Load(slug); ok {
		return o.(*Org), nil
	}
	s, err := b.store.Org(ctx, slug)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(s.Info().Zone)
	if err != nil {
		return nil, fmt.Errorf("load time zone of %s: %w", slug, err)
	}
	o, _ := b.orgs.LoadOrStore(slug, &Org{Store: s, book: b, zone: zone})
	return o.(*Org), nil
}

// Orgs lists the organisations, without opening any.
func (b *Book) Orgs(ctx context.Context) ([]ngo.Org, error) { return b.store.Orgs(ctx) }

// changed raises versions. The feed calls it between a commit and the waking of whoever wrote.
func (b *Book) changed(changes []store.Change) {
	for _, c := range changes {
		v, ok := b.orgs.Load(c.Org)
		if !ok {
			continue // nothing of it is kept: whoever opens it now reads what was committed
		}
		o := v.(*Org)
		o.changes.Add(1)
		switch c.Kind {
		case "profile":
			o.profile.Add(1)
		case "account":
			o.account.Add(1)
		}
	}
}

// Info tells which organisation this is.
func (o *Org) Info() ngo.Org { return o.Store.Info() }

// Zone is where the organisation's days begin and end.
func (o *Org) Zone() *time.Location { return o.zone }

// Day gives the day of an instant in the organisation's zone.
func (o *Org) Day(t time.Time) ngo.Date { return ngo.DateOf(t, o.zone) }

// Profile gives what the organisation's receipts and mail say of it.
func (o *Org) Profile(ctx context.Context) (ngo.Profile, error) {
	return cached(ctx, o, &o.profile, "profile", func(rx *store.Rx) (ngo.Profile, int64, error) {
		p, err := rx.Profile()
		return p, 1 << 10, err
	})
}
