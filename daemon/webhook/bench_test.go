package webhook_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/webhook"
)

// BenchmarkWebhook measures durable acknowledgements with 64 callers over TLS, the callers included.
func BenchmarkWebhook(b *testing.B) {
	s := newSite(b, nil)
	h, err := webhook.New(webhook.Options{Find: s.find, Keep: keep})
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewTLSServer(h)
	b.Cleanup(srv.Close)
	const callers = 64
	client := srv.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = callers
	client.Transport.(*http.Transport).TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(callers)
	pad := bytes.Repeat([]byte("x"), 1400)
	var next atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	var wait sync.WaitGroup
	for range callers {
		wait.Go(func() {
			var mine []time.Duration
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				began := time.Now()
				if err := deliver(client, srv.URL+"/hooks/sevai/razorpay", s.sources["sevai"], fmt.Appendf(nil, `{"id":%d,"pad":"%s"}`, i, pad)); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
		})
	}
	wait.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
	if len(took) > 0 {
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
}

func deliver(client *http.Client, url string, p provider, body []byte) error {
	req, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("X-Signature", p.sign(body))
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}
