// Package storetest opens real stores for tests: migrated SQLite files in a folder that goes with the test. It has the
// suite that every engine passes.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/sqlite"
)

// Slug is the organisation that Org makes.
const Slug = "sevai"

// Option changes how a store is opened.
type Option func(*store.Options)

// At has the store take the time from now.
func At(now func() time.Time) Option { return func(o *store.Options) { o.Now = now } }

// In opens the store in a folder that outlives it.
func In(dir string) Option { return func(o *store.Options) { o.Dir = dir } }

// Engine opens what the stores of this package run on.
func Engine(ctx context.Context, path string, o store.EngineOptions) (store.Engine, error) {
	return sqlite.Open(ctx, path, o)
}

// Keys is the ring that every store of this package has.
func Keys() *seal.Ring { return seal.NewRing([32]byte{'s', 't', 'o', 'r', 'e', 't', 'e', 's', 't'}) }

// Open opens an empty store, which is closed when the test ends.
func Open(t testing.TB, options ...Option) *store.Store {
	t.Helper()
	o := store.Options{Engine: Engine, Keys: Keys()}
	for _, set := range options {
		set(&o)
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return s
}

// Org makes a store with one organisation, called Slug, and gives that.
func Org(t testing.TB, options ...Option) *store.Org {
	t.Helper()
	return AddOrg(t, Open(t, options...), Slug)
}

// AddOrg makes an organisation.
func AddOrg(t testing.TB, s *store.Store, slug string) *store.Org {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	if _, err := s.CreateOrg(ctx, "test", store.NewOrg{Slug: slug, Name: "Sevai Trust", Profile: Profile()}); err != nil {
		t.Fatalf("create organisation: %v", err)
	}
	o, err := s.Org(ctx, slug)
	if err != nil {
		t.Fatalf("open organisation: %v", err)
	}
	return o
}

// Profile is of an organisation whose gifts are deductible.
func Profile() ngo.Profile {
	return ngo.Profile{
		LegalName: "Sevai Trust", Address: "12 Mada Street, Chennai 600004", PAN: "AAATS1234F",
		ApprovalNumber: "AAATS1234FF20214", ApprovalFrom: "2021-04-01", ApprovalUntil: "2031-03-31",
		Signatory: "Meena Raman", SignatoryTitle: "Managing Trustee", Language: "en", ReceiptPrefix: "SVT",
	}
}

// Write runs fn in a transaction and fails the test if it fails.
func Write(t testing.TB, o *store.Org, fn func(*store.Tx) error) {
	t.Helper()
	if err := o.Write(t.Context(), store.Ack, "test", fn); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// Read runs fn on a snapshot and fails the test if it fails.
func Read(t testing.TB, o *store.Org, fn func(*store.Rx) error) {
	t.Helper()
	if err := o.Read(t.Context(), fn); err != nil {
		t.Fatalf("read: %v", err)
	}
}

// Gateway adds a gateway account and gives it.
func Gateway(t testing.TB, o *store.Org) ngo.Account {
	t.Helper()
	n := o.NewAccount(ngo.Gateway, "razorpay", "razorpay", map[string]string{"key-id": "rzp_test"}, map[string]string{"webhook-secret": "whsec"})
	Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(n) })
	return n.Account
}
