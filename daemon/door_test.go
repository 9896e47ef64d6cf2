package daemon

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/ingress"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// front is a box with two organisations, from the listener to the disk; nobody works on what comes in.
type front struct {
	t      testing.TB
	orgs   map[string]*store.Org
	url    string
	client *http.Client
	log    *journal
}

type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}
func (j *journal) String() string { j.mu.Lock(); defer j.mu.Unlock(); return j.text.String() }

func newFront(t testing.TB) *front {
	t.Helper()
	dir := t.TempDir()
	db := storetest.Open(t, storetest.In(dir))
	f := &front{t: t, orgs: map[string]*store.Org{}, log: &journal{}}
	for _, slug := range []string{"sevai", "other"} {
		o := storetest.AddOrg(t, db, slug)
		a := o.NewAccount(ngo.Gateway, "razorpay", "razorpay", nil, map[string]string{"webhook-secret": secretOf(slug)})
		storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddAccount(a) })
		f.orgs[slug] = o
	}
	book, err := org.New(org.Options{Store: db, Gateways: Gateways()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	b := &base{store: db, book: book, blobs: blob.NewShelves(dir, storetest.Keys())}
	t.Cleanup(func() { b.blobs.Close() })
	d := &Daemon{o: Options{Dir: dir, Log: slog.New(slog.NewJSONHandler(f.log, nil)), Now: time.Now}}
	hooks, err := d.hooks(b, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	door, err := ingress.New(ingress.Options{Listen: "127.0.0.1:0", TLS: ingress.TLS{Mode: ingress.Internal, Dir: filepath.Join(dir, "tls")},
		Hooks: hooks, API: http.NotFoundHandler(), Log: d.o.Log})
	if err != nil {
		t.Fatal(err)
	}
	if err := door.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- door.Run(ctx) }()
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	f.url, f.client = "https://"+door.Addr().String(), trusting(t, filepath.Join(dir, "tls", "internal", "ca.pem"))
	return f
}

func secretOf(slug string) string { return "the webhook secret of " + slug }

func trusting(t testing.TB, file string) *http.Client {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: 64,
		ExpectContinueTimeout: 10 * time.Second}}
}

// send delivers a body to an organisation with these headers and gives the status.
func (f *front) send(slug string, body []byte, header http.Header) int {
	req, err := http.NewRequest("POST", f.url+"/hooks/"+slug+"/razorpay", bytes.NewReader(body))
	if err != nil {
		f.t.Error(err)
		return 0
	}
	req.Header = header
	resp, err := f.client.Do(req)
	if err != nil {
		f.t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		f.t.Error(err)
	}
	return resp.StatusCode
}

func (f *front) stored(slug string) (items []ngo.Delivery) {
	f.t.Helper()
	storetest.Read(f.t, f.orgs[slug], func(rx *store.Rx) (err error) {
		items, _, err = rx.Deliveries(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 500}})
		return err
	})
	return items
}

func TestWebhookThroughTheWholeDoor(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	pay := sim.NewRazorpay(1, secretOf("sevai"))
	e := pay.Captured(1)
	long := pay.Captured(2)
	long.Body = append(long.Body, bytes.Repeat([]byte(" "), 100_000)...)
	signed := func(body []byte) http.Header {
		h := e.Header()
		h.Set("X-Razorpay-Signature", sign.HMAC([]byte(secretOf("sevai")), body))
		return h
	}
	ask := http.Header{"Expect": {"100-continue"}} // else the refusal could meet bytes on their way, and be lost with them
	for _, tt := range []struct {
		name   string
		org    string
		body   []byte
		header http.Header
		want   int
	}{
		{"a captured payment", "sevai", e.Body, e.Header(), 200},
		{"the same again", "sevai", e.Body, e.Again(7).Header(), 200},
		{"of another organisation", "other", e.Body, e.Header(), 401},
		{"for nobody", "nobody", e.Body, e.Header(), 404},
		{"without a signature", "sevai", e.Body, http.Header{}, 401},
		{"signed but no JSON", "sevai", []byte("\x00\xff{"), signed([]byte("\x00\xff{")), 200},
		{"long, into a blob", "sevai", long.Body, signed(long.Body), 200},
		{"above every limit", "sevai", make([]byte, 9<<20), ask, 413},
		{"above the driver's limit", "sevai", make([]byte, 2<<20), ask, 413},
		{"compressed", "sevai", e.Body, http.Header{"Content-Encoding": {"gzip"}}, 415},
	} {
		if got := f.send(tt.org, tt.body, tt.header); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	if n := len(f.stored("sevai")); n != 3 {
		t.Errorf("%d deliveries stored, want 3", n)
	}
	if n := len(f.stored("other")); n != 0 {
		t.Errorf("%d deliveries of another stored, want none", n)
	}
}

// A flood of forgeries, with genuine deliveries from the very same address: each of those gets through, nothing else is
// stored, and the log stays small.
func TestFloodOfForgeries(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	pay := sim.NewRazorpay(1, secretOf("sevai"))
	forged := pay.Captured(0)
	forged.Signature = strings.Repeat("0", 64)
	var wait sync.WaitGroup
	var refused, turnedAway, genuine atomic.Int64
	for range 8 {
		wait.Go(func() {
			for range 400 {
				switch got := f.send("sevai", forged.Body, forged.Header()); got {
				case 401:
					refused.Add(1)
				case 429:
					turnedAway.Add(1)
				default:
					t.Errorf("a forgery: %d", got)
				}
			}
		})
	}
	wait.Go(func() {
		for n := 1; n <= 200; n++ {
			e := pay.Captured(n)
			if got := f.send("sevai", e.Body, e.Header()); got == 200 {
				genuine.Add(1)
			}
		}
	})
	wait.Wait()
	if genuine.Load() != 200 {
		t.Errorf("%d of 200 genuine deliveries accepted during the flood", genuine.Load())
	}
	if refused.Load() > 60 || turnedAway.Load() < 3000 {
		t.Errorf("%d forgeries got 401 and %d got 429; want few and most", refused.Load(), turnedAway.Load())
	}
	if n := len(f.stored("sevai")); n != 200 {
		t.Errorf("%d deliveries stored, want 200", n)
	}
	lines := strings.Count(f.log.String(), "\n")
	t.Logf("%d lines, %d bytes of log for 3200 forgeries and 200 deliveries", lines, len(f.log.String()))
	if lines > 1000 {
		t.Errorf("%d lines of log", lines)
	}
}

// BenchmarkDoor is durable acknowledgements through everything that stands before the disk, the callers included.
func BenchmarkDoor(b *testing.B) {
	f := newFront(b)
	pay := sim.NewRazorpay(1, secretOf("sevai"))
	var next atomic.Int64
	var wait sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for range 64 {
		wait.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				e := pay.Captured(int(i))
				if got := f.send("sevai", e.Body, e.Header()); got != 200 {
					b.Error(fmt.Sprint("answered ", got))
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
}
