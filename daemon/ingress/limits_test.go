package ingress

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFailuresKeepTheSetRate(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	f := NewFailures(FailuresOptions{Burst: 20, Every: 100 * time.Millisecond, Now: func() time.Time { return now }})
	passed := 0
	for range 60_000 { // 1000 a second for a minute
		if !f.Blocked("1.2.3.4") {
			f.Fail("1.2.3.4")
			passed++
		}
		now = now.Add(time.Millisecond)
	}
	if want := 20 + 600; passed < want*9/10 || passed > want*11/10 {
		t.Errorf("%d failures passed in a minute, want %d within a tenth", passed, want)
	}
	if f.Blocked("1.2.3.5") {
		t.Error("a source is blocked for its neighbour's failures")
	}
}

// Not parallel: it measures the heap.
func TestFailuresStaySmall(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	f := NewFailures(FailuresOptions{})
	for i := range 1_000_000 {
		f.Fail(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String())
	}
	used := int64(heap()) - int64(before)
	t.Logf("%d KiB after a million sources", used>>10)
	if used > 32<<20 {
		t.Errorf("%d bytes, want at most 32 MiB", used)
	}
	runtime.KeepAlive(f)
}

func TestFailuresRememberWhoKeepsFailing(t *testing.T) {
	t.Parallel()
	f := NewFailures(FailuresOptions{Burst: 1, Every: time.Hour, Keys: 100})
	f.Fail("bad")
	for i := range 10_000 {
		f.Fail(fmt.Sprint(i))
		if !f.Blocked("bad") {
			t.Fatalf("forgotten after %d others, though it was asked for all the time", i)
		}
	}
}

func TestSource(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.1:99":             "192.0.2.1",
		"[::ffff:192.0.2.1]:99":    "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:9": "2001:db8:1:2::",
		"[2001:db8:1:2::9%eth0]:9": "2001:db8:1:2::",
		"@":                        "@",
		"":                         "",
	} {
		if got := Source(remote); got != want {
			t.Errorf("Source(%q) = %q, want %q", remote, got, want)
		}
	}
}

func TestConnectionCaps(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) {
		o.Limits.Connections, o.Limits.PerAddress = 6, 2
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	c := d.newConns()
	stranger, other, proxy := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("10.0.0.1")
	for _, tt := range []struct {
		addr netip.Addr
		want string
	}{{stranger, ""}, {stranger, ""}, {stranger, "address"}, {other, ""}, {proxy, ""}, {proxy, ""}, {proxy, ""}, {other, "total"}} {
		if got := c.take(tt.addr); got != tt.want {
			t.Errorf("take(%s) = %q, want %q", tt.addr, got, tt.want)
		}
	}
	c.give(stranger)
	if got := c.take(other); got != "" {
		t.Errorf("after one left: %q, want a place", got)
	}
}

// One subscriber has a whole /64 of IPv6.
func TestConnectionCapHoldsForASubscriber(t *testing.T) {
	t.Parallel()
	c := start(t, func(o *Options) { o.Limits.PerAddress = 2 }).newConns()
	for _, tt := range []struct{ addr, want string }{
		{"2001:db8:1:2::1", ""}, {"2001:db8:1:2::2", ""}, {"2001:db8:1:2:ffff::3", "address"}, {"2001:db8:1:3::1", ""},
	} {
		if got := c.take(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("take(%s) = %q, want %q", tt.addr, got, tt.want)
		}
	}
	c.give(netip.MustParseAddr("2001:db8:1:2::1"))
	if got := c.take(netip.MustParseAddr("2001:db8:1:2::9")); got != "" {
		t.Errorf("after one left: %q, want a place", got)
	}
}

func TestTooManyConnectionsAreClosedAtOnce(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) {
		o.TLS = TLS{Mode: Off}
		o.Limits.Connections = 3
	})
	held := []net.Conn{d.dial(), d.dial(), d.dial()}
	extra := d.dial()
	extra.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := extra.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a connection too many: %v, want it closed", err)
	}
	held[0].Close()
	await(t, "a free place", func() bool {
		resp, err := d.client.Get(d.url("/healthz"))
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == 200
	})
}

func quick() times {
	return times{header: 300 * time.Millisecond, read: 600 * time.Millisecond, write: 600 * time.Millisecond, local: time.Second,
		stream: 400 * time.Millisecond, idle: 500 * time.Millisecond, grace: 500 * time.Millisecond}
}

// Whoever dawdles is cut, and the others do not notice.
func TestSlowClientsAreCut(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) {
		o.TLS = TLS{Mode: Off}
		o.times = quick()
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/big" {
				w.Write(make([]byte, 64<<20))
				return
			}
			echo(w, r)
		})
	})
	var wait sync.WaitGroup
	cut := func(name, say string, each time.Duration) {
		c := d.dial()
		wait.Go(func() {
			io.WriteString(c, say)
			if each > 0 {
				stop := drip(c, each)
				defer stop()
			}
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if name == "slow read" {
				readSlowly(t, c)
				return
			}
			if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("%s: still open after 10 s", name)
			}
		})
	}
	for range 50 {
		cut("nothing said", "", 0)
		cut("slow header", "GET /api/x HTTP/1.1\r\nHost: localhost\r\nX: ", 50*time.Millisecond)
		cut("slow body", "POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n", 50*time.Millisecond)
	}
	cut("slow read", "GET /api/big HTTP/1.1\r\nHost: localhost\r\n\r\n", 0)
	for range 20 {
		began := time.Now() // behind each other they would take a minute and a half
		if code, _ := d.get("/api/x"); code != 200 || time.Since(began) > 5*time.Second {
			t.Errorf("others: %d in %s", code, time.Since(began))
		}
	}
	wait.Wait()
}

// drip sends a byte every so often until the connection is cut.
func drip(c net.Conn, each time.Duration) (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		tick := time.NewTicker(each)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
			}
		}
	})
	return func() { close(done); wait.Wait() }
}

// readSlowly reads nothing at first; what then comes is less than was promised.
func readSlowly(t *testing.T, c net.Conn) {
	wait := time.NewTimer(time.Second)
	<-wait.C
	n, err := io.Copy(io.Discard, c)
	if n >= 64<<20 {
		t.Errorf("slow read: got all %d bytes (%v), want to be cut", n, err)
	}
}

func stream(w http.ResponseWriter, r *http.Request, size int, next <-chan struct{}) {
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	for {
		fmt.Fprintf(w, "data: %s\n\n", strings.Repeat("x", size))
		if rc.Flush() != nil {
			return
		}
		select {
		case <-next:
		case <-r.Context().Done():
			return
		}
	}
}

// A stream lives longer than any time-out, over both versions of HTTP, and ends when the server stops.
func TestStreamOutlivesTimeouts(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"h2", "http/1.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			next := make(chan struct{})
			const grace = 20 * time.Second
			d := start(t, func(o *Options) {
				o.times = quick()
				o.times.grace = grace
				o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { stream(w, r, 1, next) })
			})
			if version != "h2" {
				d.client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
				d.client.Transport.(*http.Transport).TLSClientConfig.NextProtos = []string{version}
			}
			req, _ := http.NewRequest("GET", d.url("/api/events"), nil)
			req.Header.Set("Accept", "text/event-stream")
			resp, err := d.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			read := bufio.NewReader(resp.Body)
			tick := time.NewTicker(700 * time.Millisecond) // longer than each time-out
			defer tick.Stop()
			for range 3 {
				if line, err := read.ReadString('\n'); err != nil || line != "data: x\n" {
					t.Fatalf("%q, %v; want an event", line, err)
				}
				read.ReadString('\n')
				<-tick.C
				next <- struct{}{}
			}
			began := time.Now()
			if err := d.stop(); err != nil {
				t.Errorf("Run = %v, want nil", err)
			}
			if took := time.Since(began); took >= grace {
				t.Errorf("the stop took %s: it waited for the stream", took)
			}
		})
	}
}

func TestSlowReaderOfAStreamIsCut(t *testing.T) {
	t.Parallel()
	always := make(chan struct{})
	close(always)
	ended := make(chan struct{})
	d := start(t, func(o *Options) {
		o.TLS = TLS{Mode: Off}
		o.times = quick()
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(ended)
			stream(w, r, 100_000, always)
		})
	})
	c := d.dial()
	io.WriteString(c, "GET /api/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream waits for a reader that does not read")
	}
}

// Who asks for a stream and gets a short answer has no more time than others to take it.
func TestSlowReaderOfAnswersThatAreNoStreamIsCut(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) {
		o.TLS = TLS{Mode: Off}
		o.times = quick()
	})
	c := d.dial()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	many := []byte(strings.Repeat("GET /healthz HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", 1000))
	for {
		_, err := c.Write(many) // and not one answer is read
		if err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatal("the connection is held open for a client that does not read")
		}
		if err != nil {
			return
		}
	}
}

// The privilege of a stream is not for requests with a body.
func TestStreamHeaderDoesNotFreeABody(t *testing.T) {
	t.Parallel()
	d := start(t, func(o *Options) {
		o.TLS = TLS{Mode: Off}
		o.times = quick()
	})
	c := d.dial()
	io.WriteString(c, "POST /api/x HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Length: 100\r\n\r\n")
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("a slow body was not cut")
	}
}

func TestStopLetsRequestsFinishAndCutsTheRest(t *testing.T) {
	t.Parallel()
	began, release, never := make(chan struct{}, 2), make(chan struct{}), make(chan struct{})
	d := start(t, func(o *Options) {
		o.times = quick()
		o.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began <- struct{}{}
			if r.URL.Path == "/api/slow" {
				<-release
				return
			}
			select {
			case <-never:
			case <-r.Context().Done(): // the cut
			}
		})
	})
	defer close(never)
	ask := func(path string) chan error {
		out := make(chan error, 1)
		go func() {
			resp, err := d.client.Get(d.url(path))
			if err == nil {
				resp.Body.Close()
			}
			out <- err
		}()
		<-began
		return out
	}
	slow, hung := ask("/api/slow"), ask("/api/hung")
	stopped := make(chan error, 1)
	go func() { stopped <- d.stop() }()
	await(t, "the main listener's end", func() bool {
		c, err := net.Dial("tcp", d.Addr().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(release)
	if err := <-slow; err != nil {
		t.Errorf("a request under way: %v, want its answer", err)
	}
	if err := <-hung; err == nil {
		t.Error("a hung request was not cut")
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}
