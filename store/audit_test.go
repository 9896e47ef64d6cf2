package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// stranger opens an organisation's file behind the store's back, as whoever has the disk can.
func stranger(t testing.TB, o *store.Org) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(o.Dir(), "org.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

type fataler interface{ Fatalf(string, ...any) }

func tamper(t fataler, db *sql.DB, statements ...string) {
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// trailOf makes an organisation with a trail of some length, and gives it with that length.
func trailOf(t testing.TB, lines int) (*store.Org, int64) {
	o := storetest.Org(t)
	for i := range lines {
		storetest.Write(t, o, func(tx *store.Tx) error {
			_, err := tx.JoinPerson(ngo.Donor{Name: fmt.Sprint("person ", i)})
			return err
		})
	}
	report, err := o.VerifyAudit(t.Context())
	if err != nil || !report.Whole() || report.Entries < int64(lines) {
		t.Fatalf("VerifyAudit of a fresh trail = %+v, %v", report, err)
	}
	return o, report.Entries
}

// Whatever is done to the trail, the first line that was touched is named.
func TestTouchedTrailIsFound(t *testing.T) {
	t.Parallel()
	const edits = "at actor action subject before after hash"
	for _, tt := range []struct {
		name string
		do   func(k, n int64) []string
		want func(k, n int64) int64
	}{
		{"delete", func(k, _ int64) []string { return []string{fmt.Sprintf("delete from audit where seq = %d", k)} }, same},
		{"cut the tail off", func(k, _ int64) []string { return []string{fmt.Sprintf("delete from audit where seq >= %d", k)} }, same},
		{"cut the tail off and set the head back", func(k, _ int64) []string {
			return []string{fmt.Sprintf("delete from audit where seq >= %d", k),
				fmt.Sprintf("update audit_head set entries = %d, hash = coalesce((select hash from audit where seq = %d), zeroblob(32))", k-1, k-1)}
		}, same},
		{"swap with the next", func(k, n int64) []string {
			return []string{fmt.Sprintf("update audit set seq = -1 where seq = %d", k), fmt.Sprintf("update audit set seq = %d where seq = %d", k, k+1),
				fmt.Sprintf("update audit set seq = %d where seq = -1", k+1)}
		}, same},
		{"insert behind", func(_, n int64) []string { return []string{insertLine(n + 1)} }, func(_, n int64) int64 { return n + 1 }},
		{"insert between", func(k, n int64) []string {
			return []string{fmt.Sprintf("update audit set seq = -seq where seq >= %d", k), "update audit set seq = 1 - seq where seq < 0", insertLine(k)}
		}, same},
		{"insert in front", func(k, _ int64) []string { return []string{insertLine(1 - k)} }, func(_, _ int64) int64 { return 1 }},
		{"empty it", func(_, _ int64) []string { return []string{"delete from audit", "delete from audit_head"} }, func(_, _ int64) int64 { return 1 }},
		{"forget the head", func(_, _ int64) []string { return []string{"delete from audit_head"} }, func(_, n int64) int64 { return n + 1 }},
	} {
		t.Run(tt.name, func(t *testing.T) { t.Parallel(); tortureTrail(t, tt.do, tt.want) })
	}
	for _, column := range strings.Fields(edits) {
		t.Run("edit "+column, func(t *testing.T) {
			t.Parallel()
			value := "'changed'"
			if column == "hash" {
				value = "zeroblob(32)"
			}
			tortureTrail(t, func(k, _ int64) []string {
				return []string{fmt.Sprintf("update audit set %s = %s where seq = %d", column, value, k)}
			}, same)
		})
	}
}

func same(k, _ int64) int64 { return k }

func insertLine(seq int64) string {
	return fmt.Sprintf(`insert into audit (seq, at, actor, action, subject, before, after, hash)
values (%d, '2026-01-01T00:00:00.000Z', 'x', 'x', 'x', '', '', zeroblob(32))`, seq)
}

// tortureTrail tampers at lines that rapid chooses, in a transaction that is undone by copying the tables back.
func tortureTrail(t *testing.T, do func(k, n int64) []string, want func(k, n int64) int64) {
	o, n := trailOf(t, 12)
	db := stranger(t, o)
	tamper(t, db, "create temp table kept as select * from audit", "create temp table kept_head as select * from audit_head")
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.Int64Range(1, n-1).Draw(rt, "line")
		tamper(rt, db, do(k, n)...)
		report, err := o.VerifyAudit(t.Context())
		if err != nil || report.Seq != want(k, n) || report.Reason == "" {
			rt.Fatalf("VerifyAudit after touching line %d of %d = %+v, %v; want line %d", k, n, report, err, want(k, n))
		}
		tamper(rt, db, "delete from audit", "delete from audit_head", "insert into audit select * from kept", "insert into audit_head select * from kept_head")
		if report, err := o.VerifyAudit(t.Context()); err != nil || !report.Whole() {
			rt.Fatalf("VerifyAudit of the trail put back = %+v, %v", report, err)
		}
	})
}

func TestTrailStaysWholeWithoutItsSalts(t *testing.T) {
	t.Parallel()
	o, _ := trailOf(t, 5)
	db := stranger(t, o)
	tamper(t, db, "update audit set salt = null")
	if report, err := o.VerifyAudit(t.Context()); err != nil || !report.Whole() {
		t.Errorf("VerifyAudit without salts = %+v, %v; want whole", report, err)
	}
}

func TestTrailHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	gift(t, o, "pay_1", func(d *ngo.Donation) {
		d.Donor = ngo.Donor{Name: "Canary Name", EMail: "canary@example.org", Phone: "+919812345678", Address: "Canary Street", PAN: "ABCDE1234F"}
	})
	storetest.Read(t, o, func(r *store.Rx) error {
		entries, _, err := r.Audit(store.ListQuery{})
		for _, e := range entries {
			for _, secret := range []string{"Canary", "canary", "9812345678", "ABCDE1234F"} {
				if strings.Contains(e.Before+e.After, secret) {
					t.Errorf("line %d holds %q: %s", e.Seq, secret, e.After)
				}
			}
		}
		if !strings.Contains(entries[0].After, `"name":"digest:`) {
			t.Errorf("the gift's line has no digest of the name: %s", entries[0].After)
		}
		return err
	})
}

func TestTrailIsListedInPages(t *testing.T) {
	t.Parallel()
	o, n := trailOf(t, 20)
	q := store.ListQuery{Limit: 7}
	want := n
	for {
		var next string
		storetest.Read(t, o, func(r *store.Rx) error {
			entries, after, err := r.Audit(q)
			for _, e := range entries {
				if e.Seq != want {
					t.Errorf("line %d; want %d", e.Seq, want)
				}
				want--
			}
			next = after
			return err
		})
		if next == "" {
			break
		}
		q.After = next
	}
	if want != 0 {
		t.Errorf("%d lines were left out", want)
	}
	err := o.Read(t.Context(), func(r *store.Rx) error {
		_, _, err := r.Audit(store.ListQuery{After: "x"})
		return err
	})
	if ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("a page after x = %v; want Invalid", err)
	}
}

// The trail goes on while it is walked: lines that come meanwhile are nobody's fault.
func TestVerifyWhileWriting(t *testing.T) {
	t.Parallel()
	o, _ := trailOf(t, 10)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			storetest.Write(t, o, func(tx *store.Tx) error {
				_, err := tx.JoinPerson(ngo.Donor{Name: fmt.Sprint("meanwhile ", i)})
				return err
			})
		}
	}()
	for {
		report, err := o.VerifyAudit(t.Context())
		if err != nil || !report.Whole() {
			t.Errorf("VerifyAudit = %+v, %v", report, err)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func BenchmarkVerifyAudit(b *testing.B) {
	o := storetest.Org(b)
	if err := seed.Fill(b.Context(), o, seed.Options{Gifts: 20_000}); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	var lines int64
	start := time.Now()
	for b.Loop() {
		report, err := o.VerifyAudit(b.Context())
		if err != nil || !report.Whole() {
			b.Fatal(report, err)
		}
		lines += report.Entries
	}
	b.ReportMetric(float64(lines)/time.Since(start).Seconds(), "lines/s")
}
