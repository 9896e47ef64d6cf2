package store_test

import (
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// BenchmarkSummary reads the summary of an organisation with 200,000 gifts, uncached.
func BenchmarkSummary(b *testing.B) {
	o := storetest.Org(b)
	start := time.Now()
	const gifts = 200_000
	if err := seed.Fill(b.Context(), o, seed.Options{Gifts: gifts, Mail: true}); err != nil {
		b.Fatal(err)
	}
	b.Logf("seeded %d gifts in %v", gifts, time.Since(start))
	b.ResetTimer()
	for b.Loop() {
		storetest.Read(b, o, func(r *store.Rx) error {
			s, err := r.Summary("2026-11-22")
			if s.ReceiptsIssued != gifts {
				b.Errorf("receipts = %d", s.ReceiptsIssued)
			}
			return err
		})
	}
}

func TestSeedAddsUp(t *testing.T) {
	t.Parallel()
	gifts := 700 // several transactions
	if raceEnabled {
		gifts = 260
	}
	o := storetest.Org(t)
	if err := seed.Fill(t.Context(), o, seed.Options{Gifts: gifts, Mail: true}); err != nil {
		t.Fatal(err)
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		s, err := r.Summary("2026-11-22")
		if s.ReceiptsIssued != int64(gifts) || s.JobsReady != 0 || s.MailQueued != 0 {
			t.Errorf("summary of a seed = %+v", s)
		}
		return err
	})
	checkWhole(t, o)
}
