package apiserver_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// BenchmarkSummaryCached measures the busiest read, with a token: handler is the server alone; tls has real HTTP/1.1
// connections over TLS on the loopback and counts the client's work too; huma is another cheap read on the common road.
func BenchmarkSummaryCached(b *testing.B) {
	f := newServer(b)
	if err := seed.Fill(b.Context(), f.org, seed.Options{Gifts: 200}); err != nil {
		b.Fatal(err)
	}
	_, token := f.user("meena", storetest.Slug, ngo.Finance)
	b.Run("handler", func(b *testing.B) { benchHandler(b, f, token, "/orgs/sevai/summary") })
	b.Run("huma", func(b *testing.B) { benchHandler(b, f, token, "/orgs/sevai") })
	b.Run("tls", func(b *testing.B) { benchTLS(b, f, token) })
}

func benchRequest(b *testing.B, base, token, path string) *http.Request {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+api.Prefix+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

func benchHandler(b *testing.B, f *fixture, token, path string) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			rec := httptest.NewRecorder()
			f.srv.ServeHTTP(rec, benchRequest(b, "", token, path))
			if rec.Code != http.StatusOK {
				b.Fatalf("status %d: %s", rec.Code, rec.Body)
			}
		}
	})
}

func benchTLS(b *testing.B, f *fixture, token string) {
	srv := httptest.NewTLSServer(f.srv)
	defer srv.Close()
	client := srv.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := client.Do(benchRequest(b, srv.URL, token, "/orgs/sevai/summary"))
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
}
