package sqlite

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"maragu.dev/goqite"

	"github.com/ngoctl/ngoctl/store"
)

// BenchmarkGroupCommit is what an acknowledgement costs: a row and goqite's message, durable.
func BenchmarkGroupCommit(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			e := openTest(b, store.EngineOptions{})
			write(b, e, goqiteSchema)
			q := goqite.New(goqite.NewOpts{DB: e.write, Name: "ingest"})
			body := make([]byte, 900)
			before := e.Stats()
			b.ResetTimer()
			var wg sync.WaitGroup
			for caller := range callers {
				wg.Go(func() {
					for i := caller; i < b.N; i += callers {
						id := fmt.Sprintf("%09d", i)
						err := e.Write(context.Background(), store.Ack, func(c store.WriteConn) error {
							if err := put(id, i)(c); err != nil {
								return err
							}
							return q.SendTx(context.Background(), c.SQLTx(), goqite.Message{Body: body})
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			s := e.Stats()
			writes := float64(s.Writes - before.Writes)
			b.ReportMetric(writes/b.Elapsed().Seconds(), "acks/s")
			b.ReportMetric(float64(s.Statements-before.Statements)/writes, "statements/ack")
			b.ReportMetric(writes/float64(s.Commits-before.Commits), "acks/commit")
		})
	}
}

// BenchmarkRead is a snapshot with so many statements.
func BenchmarkRead(b *testing.B) {
	for _, statements := range []int{1, 10} {
		b.Run(fmt.Sprint(statements), func(b *testing.B) {
			e := openTest(b, store.EngineOptions{})
			write(b, e, "insert into item (id, n) values ('a', 1)")
			for b.Loop() {
				err := e.Read(context.Background(), func(c store.Conn) error {
					for range statements {
						if err := c.QueryRow("select n from item where id = $1", "a").Scan(new(int)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSendTx is goqite's own statement within a transaction, prepared once by our connection.
func BenchmarkSendTx(b *testing.B) {
	e := openTest(b, store.EngineOptions{})
	write(b, e, goqiteSchema)
	q := goqite.New(goqite.NewOpts{DB: e.write, Name: "ingest"})
	err := e.Write(context.Background(), store.Work, func(c store.WriteConn) error {
		for b.Loop() {
			if err := q.SendTx(context.Background(), c.SQLTx(), goqite.Message{Body: []byte("dlv_1")}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOnWriter is what the guard against nested writes costs each of them.
func BenchmarkOnWriter(b *testing.B) {
	for b.Loop() {
		onWriter()
	}
}
