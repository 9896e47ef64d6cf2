package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/webhook"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestAcceptedDeliveryIsStoredWithItsJob(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	body := []byte(`{"event":"payment.captured"}`)
	resp := s.post("/hooks/sevai/razorpay", body, "X-Event-Id", "evt_1\u202e")
	if got := text(resp); resp.StatusCode != 200 || got != `{"status":"accepted"}` {
		t.Fatalf("%d %s, want accepted", resp.StatusCode, got)
	}
	got := s.deliveries("sevai")
	if len(got) != 1 || got[0].Account != s.ids["sevai"] || got[0].Digest != sha256.Sum256(body) || strings.Contains(got[0].Hint, "\u202e") {
		t.Fatalf("deliveries %+v, want the one", got)
	}
	jobs := s.jobs("sevai")
	if len(jobs) != 1 || jobs[0].Kind != ngo.JobIngest || jobs[0].Subject != string(got[0].ID) {
		t.Errorf("jobs %+v, want its ingest", jobs)
	}
	storetest.Read(t, s.orgs["sevai"], func(rx *store.Rx) error {
		_, kept, _, err := rx.DeliveryBody(got[0].ID)
		if !bytes.Equal(kept, body) {
			t.Errorf("body %q, want %q", kept, body)
		}
		return err
	})
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	body := []byte(`{"event":"payment.captured"}`)
	signature := s.sources["sevai"].sign(body)
	long := bytes.Repeat([]byte("x"), limit+1)
	for _, tt := range []struct {
		name    string
		method  string
		path    string
		body    []byte
		headers []string
		want    int
	}{
		{"no signature", "POST", "/hooks/sevai/razorpay", body, []string{"X-Signature", ""}, 401},
		{"wrong signature", "POST", "/hooks/sevai/razorpay", body, []string{"X-Signature", strings.Repeat("0", 64)}, 401},
		{"malformed signature", "POST", "/hooks/sevai/razorpay", body, []string{"X-Signature", "zz"}, 401},
		{"signature cut short", "POST", "/hooks/sevai/razorpay", body, []string{"X-Signature", signature[:63]}, 401},
		{"empty body", "POST", "/hooks/sevai/razorpay", nil, []string{"X-Signature", signature}, 401},
		{"changed body", "POST", "/hooks/sevai/razorpay", append(bytes.Clone(body), ' '), []string{"X-Signature", signature}, 401},
		{"another organisation's body", "POST", "/hooks/other/razorpay", body, nil, 401},
		{"above the limit", "POST", "/hooks/sevai/razorpay", long, []string{"Expect", "100-continue"}, 413},
		{"gzip", "POST", "/hooks/sevai/razorpay", body, []string{"Content-Encoding", "gzip"}, 415},
		{"GET", "GET", "/hooks/sevai/razorpay", nil, nil, 405},
		{"PUT", "PUT", "/hooks/sevai/razorpay", body, nil, 405},
		{"unknown organisation", "POST", "/hooks/nobody/razorpay", body, nil, 404},
		{"unknown account", "POST", "/hooks/sevai/stripe", body, nil, 404},
		{"no account", "POST", "/hooks/sevai", body, nil, 404},
		{"more path", "POST", "/hooks/sevai/razorpay/x", body, nil, 404},
		{"traversal", "POST", "/hooks/..%2f..%2fetc/razorpay", body, nil, 404},
		{"capitals", "POST", "/hooks/SEVAI/razorpay", body, nil, 404},
		{"long name", "POST", "/hooks/" + strings.Repeat("a", 5000) + "/razorpay", body, nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, s.url+tt.path, bytes.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-Signature", s.sources["sevai"].sign(tt.body))
			for i := 0; i < len(tt.headers); i += 2 {
				req.Header.Set(tt.headers[i], tt.headers[i+1])
			}
			resp := s.do(req)
			if resp.StatusCode != tt.want {
				t.Errorf("%d %s, want %d", resp.StatusCode, text(resp), tt.want)
			}
			if tt.want == 405 && resp.Header.Get("Allow") != "POST" {
				t.Errorf("Allow %q, want POST", resp.Header.Get("Allow"))
			}
		})
	}
	if n := len(s.deliveries("sevai")) + len(s.deliveries("other")); n != 0 {
		t.Errorf("%d deliveries stored, want none", n)
	}
}

func TestUnknownOrganisationAndAccountLookTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	a, b := s.post("/hooks/nobody/razorpay", []byte("{}")), s.post("/hooks/sevai/stripe", []byte("{}"))
	a.Header.Del("Date")
	b.Header.Del("Date")
	if text(a) != text(b) || fmt.Sprint(a.Header) != fmt.Sprint(b.Header) {
		t.Errorf("%v and %v differ", a.Header, b.Header)
	}
}

func TestLimitsOfBodies(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, tt := range []struct {
		size    int
		chunked bool
		want    int
	}{
		{0, false, 200}, {1, true, 200}, {2 << 10, true, 200}, {64 << 10, false, 200}, {64<<10 + 1, true, 200},
		{limit, false, 200}, {limit - 1, true, 200}, {limit + 1, false, 413}, {limit + 1, true, 413}, {10 * limit, true, 413},
	} {
		body := bytes.Repeat([]byte("x"), tt.size)
		req, _ := http.NewRequest("POST", s.url+"/hooks/sevai/razorpay", bytes.NewReader(body))
		if tt.chunked {
			req.ContentLength, req.Body = -1, io.NopCloser(bytes.NewReader(body))
		}
		req.Header.Set("X-Signature", s.sources["sevai"].sign(body))
		resp, err := s.client.Do(req)
		if err != nil {
			if tt.want == 413 {
				continue // cut while it still sent
			}
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%d bytes, chunked %v: %d, want %d", tt.size, tt.chunked, resp.StatusCode, tt.want)
		}
	}
	inBlob := 0
	for _, d := range s.deliveries("sevai") {
		storetest.Read(t, s.orgs["sevai"], func(rx *store.Rx) error {
			_, _, blob, err := rx.DeliveryBody(d.ID)
			if blob == "" {
				return err
			}
			inBlob++
			kept, err := rx.Blob(blob)
			if kept.Size != d.Size || d.Size <= store.MostInline {
				t.Errorf("blob of %d bytes for a delivery of %d", kept.Size, d.Size)
			}
			return err
		})
	}
	if inBlob != 3 {
		t.Errorf("%d bodies in blobs, want 3", inBlob)
	}
}

func TestCopiesAreAcceptedAndKeptOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	body := []byte(`{"event":"payment.captured","id":7}`)
	var wait sync.WaitGroup
	codes := make([]int, 100)
	for i := range codes {
		wait.Go(func() {
			codes[i] = s.post("/hooks/sevai/razorpay", body, "X-Event-Id", fmt.Sprint("evt_", i)).StatusCode
		})
	}
	wait.Wait()
	for i, code := range codes {
		if code != 200 {
			t.Errorf("copy %d: %d, want 200", i, code)
		}
	}
	if got := s.post("/hooks/sevai/razorpay", body, "X-Event-Id", "evt_later"); text(got) != `{"status":"accepted"}` {
		t.Errorf("later, under a new id: %s, want the same answer", text(got))
	}
	if d, j := len(s.deliveries("sevai")), len(s.jobs("sevai")); d != 1 || j != 1 {
		t.Errorf("%d deliveries, %d jobs; want 1 and 1", d, j)
	}
	for result, want := range map[string]float64{"accepted": 1, "repeated": 100, "refused": 0} {
		if got := s.counted("sevai", result); got != want {
			t.Errorf("%v counted as %s, want %v", got, result, want)
		}
	}
}

// One secret for two organisations, as resellers have it: each keeps what came to its own URL.
func TestSharedSecretKeepsOrganisationsApart(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.sources["other"] = s.sources["sevai"]
	body := []byte(`{"event":"payment.captured"}`)
	for _, org := range []string{"sevai", "other"} {
		if resp := s.post("/hooks/"+org+"/razorpay", body); resp.StatusCode != 200 {
			t.Errorf("%s: %d, want 200", org, resp.StatusCode)
		}
		if got := s.deliveries(org); len(got) != 1 || got[0].Account != s.ids[org] {
			t.Errorf("%s has %+v, want its own", org, got)
		}
	}
}

// Whoever fails too often is turned away, but what is signed gets through from the same address all the time.
func TestFailingClientDoesNotShutTheProviderOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *webhook.Options) {
		o.Failures = &counted{n: map[string]int{}}
		o.Source = func(*http.Request) string { return "192.0.2.1" }
	})
	if resp := s.post("/hooks/sevai/razorpay", []byte(`{"first":1}`)); resp.StatusCode != 200 {
		t.Fatalf("%d, want 200", resp.StatusCode)
	}
	for i := range 10 {
		want := 401
		if i >= 3 {
			want = 429
		}
		resp := s.post("/hooks/sevai/razorpay", []byte("{}"), "X-Signature", "forged")
		if resp.StatusCode != want {
			t.Errorf("forgery %d: %d, want %d", i, resp.StatusCode, want)
		}
	}
	for path, want := range map[string]int{"/hooks/sevai/razorpay": 200, "/hooks/nobody/razorpay": 429, "/hooks/sevai/stripe": 429} {
		if resp := s.post(path, []byte(`{"while":"blocked"}`)); resp.StatusCode != want {
			t.Errorf("%s from a blocked address: %d, want %d", path, resp.StatusCode, want)
		}
	}
	if resp := s.post("/hooks/sevai/razorpay", bytes.Repeat([]byte("x"), 70<<10)); resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a long body from a blocked address: %d, want 429 with Retry-After", resp.StatusCode)
	}
	if n := strings.Count(s.log.String(), "delivery refused"); n != 1 {
		t.Errorf("%d lines of log for ten forgeries, want 1:\n%s", n, s.log)
	}
}

// What somebody was refused is kept for people, at most once a minute whatever strangers do.
func TestRefusalsAreKept(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	kept, now := []int{}, time.Now()
	s := newSite(t, func(o *webhook.Options) {
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
		o.Refused = func(_ context.Context, a webhook.Account, n int) error {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, n)
			return a.Org.Write(t.Context(), store.Work, "hook", func(tx *store.Tx) error { return tx.Refused(a.ID, n) })
		}
	})
	forge := func() { s.post("/hooks/sevai/razorpay", []byte("{}"), "X-Signature", "forged") }
	for range 5 {
		forge()
	}
	mu.Lock()
	now = now.Add(2 * time.Minute)
	mu.Unlock()
	forge()
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(kept, []int{1, 5}) {
		t.Errorf("kept %v, want 1 at once, and 5 a minute later", kept)
	}
	err := s.orgs["sevai"].Read(t.Context(), func(rx *store.Rx) error {
		h, err := rx.Health(s.ids["sevai"])
		if err == nil && (h.Refused != 6 || h.LastRefused == nil) {
			t.Errorf("health tells of %d refused, last %v; want 6", h.Refused, h.LastRefused)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestLogSaysHowManyItLeftOut(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	s := newSite(t, func(o *webhook.Options) { o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now } })
	forge := func() { s.post("/hooks/sevai/razorpay", []byte(`{"name":"canary"}`), "X-Signature", "canary") }
	for range 5 {
		forge()
	}
	mu.Lock()
	now = now.Add(time.Minute)
	mu.Unlock()
	forge()
	if got := s.log.String(); strings.Count(got, "delivery refused") != 2 || !strings.Contains(got, `"more":4`) || strings.Contains(got, "canary") {
		t.Errorf("log:\n%s\nwant two lines, the second with more=4, and nothing of the request", got)
	}
}

func TestWhatIsNotDurableIsNotAccepted(t *testing.T) {
	t.Parallel()
	full := &ngo.Error{Code: ngo.Unavailable, Message: "the disk is full"}
	s := newSite(t, func(o *webhook.Options) {
		o.Keep = func(context.Context, *store.Org, ngo.BlobID, []byte) (store.Blob, error) { return store.Blob{}, full }
		find := o.Find
		o.Find = func(ctx context.Context, org, account string) (webhook.Account, error) {
			if org == "broken" {
				return webhook.Account{}, full
			}
			a, err := find(ctx, org, account)
			if org == "other" {
				a.ID = "acc_of_nobody" // the store refuses the row: there is no such account
			}
			return a, err
		}
	})
	for path, body := range map[string][]byte{
		"/hooks/sevai/razorpay":  bytes.Repeat([]byte("x"), 70<<10),
		"/hooks/broken/razorpay": []byte("{}"),
		"/hooks/other/razorpay":  []byte("{}"),
	} {
		resp := s.post(path, body, "X-Signature", s.sources[strings.Split(path, "/")[2]].sign(body))
		if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d, want 503 with Retry-After", path, resp.StatusCode)
		}
		if got := text(resp); strings.Contains(got, "disk") {
			t.Errorf("%s: %s tells a stranger why", path, got)
		}
	}
	if n := len(s.deliveries("sevai")) + len(s.deliveries("other")); n != 0 {
		t.Errorf("%d deliveries stored, want none", n)
	}
}

// A provider that hangs up after its last byte does not decide what becomes of the delivery.
func TestHangingUpLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	body := []byte(`{"event":"payment.captured"}`)
	for i := range 20 {
		b := fmt.Appendf(bytes.Clone(body), "%d", i)
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST /hooks/sevai/razorpay HTTP/1.1\r\nHost: x\r\nX-Signature: %s\r\nContent-Length: %d\r\n\r\n%s", s.sources["sevai"].sign(b), len(b), b)
		c.(*net.TCPConn).CloseWrite()
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		c.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%d, want 200", resp.StatusCode)
		}
	}
	if n := len(s.deliveries("sevai")); n != 20 {
		t.Errorf("%d deliveries, want 20", n)
	}
}

func TestBodyThatBreaksOffIsNotStored(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /hooks/sevai/razorpay HTTP/1.1\r\nHost: x\r\nX-Signature: %s\r\nContent-Length: 100\r\n\r\n{}", s.sources["sevai"].sign([]byte("{}")))
	c.(*net.TCPConn).CloseWrite()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("%d, want 400", resp.StatusCode)
	}
	if n := len(s.deliveries("sevai")); n != 0 {
		t.Errorf("%d deliveries, want none", n)
	}
}

// Long bodies that arrive slowly hold a bounded number of places; short ones are not in their way.
func TestLongBodiesHaveFewPlaces(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	answered := make(chan int, 20)
	var wait sync.WaitGroup
	defer wait.Wait()
	for range cap(answered) {
		c, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /hooks/sevai/razorpay HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n%s", strings.Repeat("x", 100_000))
		wait.Go(func() {
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				return // it waited for the rest until the test ended
			}
			resp.Body.Close()
			answered <- resp.StatusCode
		})
	}
	for range cap(answered) - 16 {
		select {
		case code := <-answered:
			if code != 503 {
				t.Errorf("a long body too many: %d, want 503", code)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("more than 16 long bodies are taken in at once")
		}
	}
	if resp := s.post("/hooks/sevai/razorpay", []byte("{}")); resp.StatusCode != 200 {
		t.Errorf("a short one: %d, want 200", resp.StatusCode)
	}
	if len(answered) > 0 {
		t.Errorf("%d more were answered, want 16 taken in", len(answered))
	}
}

// rationed signs nothing but what lies before a bar.
type rationed struct{ provider }

func (p rationed) Verify(header http.Header, body []byte) error {
	before, _, _ := bytes.Cut(body, []byte("|"))
	return p.provider.Verify(header, before)
}

func (p rationed) Ration(_ http.Header, body []byte) string {
	before, _, found := bytes.Cut(body, []byte("|"))
	if !found {
		return ""
	}
	return string(before)
}

func TestWhatAStrangerCanVaryIsRationed(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *webhook.Options) {
		find := o.Find
		o.Find = func(ctx context.Context, org, account string) (webhook.Account, error) {
			a, err := find(ctx, org, account)
			if err == nil {
				a.Source = rationed{a.Source.(provider)}
			}
			return a, err
		}
		o.Rations = &counted{n: map[string]int{}}
	})
	post := func(org, signed, rest string) int {
		return s.post("/hooks/"+org+"/razorpay", []byte(signed+rest), "X-Signature", s.sources[org].sign([]byte(signed))).StatusCode
	}
	for i, want := range []int{200, 200, 200, 429, 429} {
		if got := post("sevai", "paid", "|"+string(rune('a'+i))); got != want {
			t.Errorf("variant %d of one signed part: %d, want %d", i, got, want)
		}
	}
	for _, tt := range []struct{ org, signed, rest string }{{"sevai", "paid", ""}, {"sevai", "paid too", "|a"}, {"other", "paid", "|a"}} {
		if got := post(tt.org, tt.signed, tt.rest); got != 200 {
			t.Errorf("%+v: %d, want 200: it is another's ration", tt, got)
		}
	}
	if n := len(s.deliveries("sevai")); n != 5 || s.counted("sevai", "rationed") != 2 {
		t.Errorf("%d deliveries stored, %v turned away; want 5 and 2", n, s.counted("sevai", "rationed"))
	}
}
