package daemon

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// After ninety days a body that was worked on is erased, in the row or in a file; what still waits is kept.
func TestTidyErasesOldBodies(t *testing.T) {
	t.Parallel()
	var skew atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
	b, o, gateway := newBase(t, func(o *Options) { o.Now = now })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	shelf, err := b.blobs.Of(o.Info())
	must(err)
	long, err := shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](now()), []byte("a long body"))
	must(err)
	orphan, err := shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](now()), []byte("of a transaction that never was"))
	must(err)
	short, filed, waiting := o.NewDelivery(gateway, "", []byte("short")), o.NewDelivery(gateway, "", []byte("a long body")).InBlob(long.ID), o.NewDelivery(gateway, "", []byte("waits"))
	must(o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
		must(tx.AddBlob(long.ID, long.Size, long.SHA, long.Key))
		for _, d := range []store.NewDelivery{short, filed, waiting} {
			if _, err := tx.AddDelivery(d); err != nil {
				return err
			}
		}
		must(tx.SettleDelivery(short.ID, ngo.DeliveryProcessed, "x", ""))
		return tx.SettleDelivery(filed.ID, ngo.DeliveryProcessed, "x", "")
	}))
	old := func(id ngo.BlobID) string {
		f := filepath.Join(o.Dir(), "blobs", string(id[len(id)-2:]), string(id))
		must(os.Chtimes(f, now().Add(-2*time.Hour), now().Add(-2*time.Hour)))
		return f
	}
	longFile, orphanFile := old(long.ID), old(orphan.ID)

	bodies, files, err := b.tidyOrg(t.Context(), o.Info())
	if bodies != 0 || files != 1 || err != nil {
		t.Errorf("tidying at once: %d bodies, %d files, %v; want the orphan only", bodies, files, err)
	}
	skew.Store(int64(91 * 24 * time.Hour))
	bodies, files, err = b.tidyOrg(t.Context(), o.Info())
	if bodies != 2 || files != 1 || err != nil {
		t.Errorf("tidying after 91 days: %d bodies, %d files, %v; want 2 and 1", bodies, files, err)
	}
	for _, f := range []string{longFile, orphanFile} {
		if _, err := os.Stat(f); !os.IsNotExist(err) {
			t.Errorf("%s is there still", f)
		}
	}
	must(o.Read(t.Context(), func(rx *store.Rx) error {
		if _, _, _, err := rx.DeliveryBody(short.ID); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("the old body: %v; want NotFound", err)
		}
		_, _, _, err := rx.DeliveryBody(waiting.ID)
		return err
	}))
}

// Each organisation is probed in its turn, and a broken one is noticed.
func TestPulse(t *testing.T) {
	t.Parallel()
	b, o, _ := newBase(t)
	if _, err := b.store.CreateOrg(t.Context(), "test", store.NewOrg{Slug: "second", Name: "Second"}); err != nil {
		t.Fatal(err)
	}
	p := &pulse{base: b}
	if !p.last().IsZero() {
		t.Error("it beats before it was started")
	}
	for range 2 {
		p.once(t.Context())
	}
	second, err := b.store.Org(t.Context(), "second")
	if err != nil {
		t.Fatal(err)
	}
	for _, org := range []*store.Org{o, second} {
		var at time.Time
		err := org.Read(t.Context(), func(rx *store.Rx) (err error) { at, err = rx.LastProbe(); return err })
		if err != nil || at.IsZero() {
			t.Errorf("%s was probed at %v, %v", org.Info().Slug, at, err)
		}
	}
	before := p.last()
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	p.once(t.Context())
	if p.last() != before || !p.failed {
		t.Error("a store that takes no writes counts as healthy")
	}
}
