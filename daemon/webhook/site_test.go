package webhook_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/daemon/webhook"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const limit = 256 << 10

// provider signs as Razorpay and Meta do: HMAC-SHA256 of the body, in hex.
type provider struct{ secret string }

func (p provider) Limit() int64                   { return limit }
func (p provider) Hint(header http.Header) string { return header.Get("X-Event-Id") }

func (p provider) Verify(header http.Header, body []byte) error {
	if hmac.Equal([]byte(header.Get("X-Signature")), []byte(p.sign(body))) {
		return nil
	}
	return &ngo.Error{Code: ngo.Unauthenticated, Message: "the signature does not match"}
}

func (p provider) sign(body []byte) string {
	m := hmac.New(sha256.New, []byte(p.secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// counted blocks a client after three failures.
type counted struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *counted) Blocked(source string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[source] >= 3
}
func (c *counted) Fail(source string) { c.mu.Lock(); defer c.mu.Unlock(); c.n[source]++ }

// site is two organisations with a gateway each, behind a real server.
type site struct {
	t       testing.TB
	url     string
	addr    string
	client  *http.Client
	orgs    map[string]*store.Org
	ids     map[string]ngo.AccountID
	sources map[string]provider
	log     *bytes.Buffer
	metrics *prometheus.Registry
}

func newSite(t testing.TB, change func(*webhook.Options)) *site {
	t.Helper()
	db := storetest.Open(t)
	s := &site{t: t, log: &bytes.Buffer{}, metrics: prometheus.NewRegistry(),
		orgs: map[string]*store.Org{}, ids: map[string]ngo.AccountID{}, sources: map[string]provider{}}
	for _, slug := range []string{"sevai", "other"} {
		s.orgs[slug] = storetest.AddOrg(t, db, slug)
		s.ids[slug] = storetest.Gateway(t, s.orgs[slug]).ID
		s.sources[slug] = provider{"secret of " + slug}
	}
	var mu sync.Mutex
	o := webhook.Options{Find: s.find, Keep: keep, Registry: s.metrics, Log: slog.New(slog.NewJSONHandler(&locked{&mu, s.log}, nil))}
	if change != nil {
		change(&o)
	}
	h, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	s.url, s.addr, s.client = srv.URL, srv.Listener.Addr().String(), srv.Client()
	s.client.Transport.(*http.Transport).ExpectContinueTimeout = 10 * time.Second
	return s
}

type locked struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.w.Write(b) }

func (s *site) find(_ context.Context, org, account string) (webhook.Account, error) {
	if s.orgs[org] == nil || account != "razorpay" {
		return webhook.Account{}, &ngo.Error{Code: ngo.NotFound, Message: "none"}
	}
	return webhook.Account{ID: s.ids[org], Org: s.orgs[org], Source: s.sources[org]}, nil
}

func keep(_ context.Context, _ *store.Org, id ngo.BlobID, body []byte) (store.Blob, error) {
	return store.Blob{ID: id, Size: int64(len(body)), SHA: sha256.Sum256(body)}, nil
}

// post sends a body, signed for sevai unless headers say otherwise.
func (s *site) post(path string, body []byte, headers ...string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequest("POST", s.url+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Signature", s.sources["sevai"].sign(body))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return s.do(req)
}

func (s *site) do(req *http.Request) *http.Response {
	s.t.Helper()
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp
}

func text(r *http.Response) string {
	b, _ := io.ReadAll(r.Body) // it is in memory
	return string(b)
}

// counted gives the metric of one result.
func (s *site) counted(org, result string) float64 {
	s.t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range families[0].GetMetric() {
		if l := m.GetLabel(); l[1].GetValue() == org && l[2].GetValue() == result {
			return m.GetCounter().GetValue()
		}
	}
	return 0
}

func (s *site) deliveries(org string) []ngo.Delivery {
	s.t.Helper()
	var out []ngo.Delivery
	storetest.Read(s.t, s.orgs[org], func(rx *store.Rx) (err error) {
		out, _, err = rx.Deliveries(store.DeliveryQuery{ListQuery: store.ListQuery{Limit: 500}})
		return err
	})
	return out
}

func (s *site) jobs(org string) (jobs []ngo.Job) {
	s.t.Helper()
	storetest.Read(s.t, s.orgs[org], func(rx *store.Rx) (err error) {
		jobs, _, err = rx.Jobs(store.JobQuery{ListQuery: store.ListQuery{Limit: 500}})
		return err
	})
	return jobs
}
