package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one keep-alive connection that sends prepared HTTP/1.1 requests. net/http's client would spend more of the two
// cores than the server under test.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func dial(ctx context.Context, addr string, secure bool) (*conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	if secure {
		// The certificate is the throw-away folder's own; nothing is protected here but the cost of TLS is measured.
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}, ServerName: "localhost"})
	}
	return &conn{Conn: c, r: bufio.NewReaderSize(c, 4096)}, nil
}

var errResponse = errors.New("the response is not HTTP/1.1 with a length")

// roundTrip sends one request and gives the status of the answer, whose body it reads and drops.
func (c *conn) roundTrip(request []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, err
	}
	if _, err := c.Write(request); err != nil {
		return 0, err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errResponse
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, errResponse
	}
	length := -1
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, errResponse
			}
		}
	}
	if length < 0 {
		return 0, errResponse
	}
	_, err = c.r.Discard(length)
	return status, err
}

// load is what a run of parallel clients found.
type load struct {
	OK, Failed int64
	Took       time.Duration
	CPU        time.Duration   // taken by the load generator itself
	Latencies  []time.Duration // of the successful ones, sorted
}

// rate gives the successful requests per second.
func (l load) rate() float64 { return float64(l.OK) / l.Took.Seconds() }

// quantile gives the latency that the share q (0 to 1) of the requests did not exceed.
func (l load) quantile(q float64) time.Duration {
	if len(l.Latencies) == 0 {
		return 0
	}
	return l.Latencies[min(int(q*float64(len(l.Latencies))), len(l.Latencies)-1)]
}

// generator is how a run is driven.
type generator struct {
	Addr    string
	Secure  bool
	Clients int
	For     time.Duration // stop after this long, or
	Count   int64         // after this many requests, when not 0
	// Request appends the n-th request to buf.
	Request func(buf []byte, n int64) []byte
}

// run drives the clients until time, count or ctx is up.
func (g generator) run(ctx context.Context) (load, error) {
	if g.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, g.For)
		defer cancel()
	}
	var (
		next  atomic.Int64
		mu    sync.Mutex
		out   load
		first error
		wg    sync.WaitGroup
	)
	begin, spent := time.Now(), ownCPU()
	for range g.Clients {
		wg.Go(func() {
			l, err := g.client(ctx, &next)
			mu.Lock()
			defer mu.Unlock()
			out.OK += l.OK
			out.Failed += l.Failed
			out.Latencies = append(out.Latencies, l.Latencies...)
			if first == nil {
				first = err
			}
		})
	}
	wg.Wait()
	out.Took, out.CPU = time.Since(begin), ownCPU()-spent
	slices.Sort(out.Latencies)
	if out.OK == 0 && first != nil {
		return load{}, first
	}
	return out, nil
}

func (g generator) client(ctx context.Context, next *atomic.Int64) (load, error) {
	var l load
	c, err := dial(context.WithoutCancel(ctx), g.Addr, g.Secure)
	if err != nil {
		return l, err
	}
	defer func() { c.Close() }()
	var buf []byte
	for ctx.Err() == nil {
		n := next.Add(1) - 1
		if g.Count > 0 && n >= g.Count {
			break
		}
		buf = g.Request(buf[:0], n)
		begin := time.Now()
		status, err := c.roundTrip(buf)
		if err != nil {
			l.Failed++
			c.Close()
			if c, err = dial(context.WithoutCancel(ctx), g.Addr, g.Secure); err != nil {
				return l, err
			}
			continue
		}
		if status != 200 {
			l.Failed++
			continue
		}
		l.OK++
		l.Latencies = append(l.Latencies, time.Since(begin))
	}
	return l, nil
}
