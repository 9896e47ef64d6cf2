// Package egress is how the daemon talks to providers over HTTP: with a time limit for the whole call, a limit on what is
// read, rules on the addresses that may be reached, and the answer's status turned into an error code. It follows no
// redirect, goes through no proxy, and puts neither addresses' queries nor bodies into errors. A Client is safe for
// concurrent use.
package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	usualTimeout = 20 * time.Second
	usualMaxBody = 4 << 20
	maxHeader    = 64 << 10
)

// Options say what a client may do.
type Options struct {
	Timeout time.Duration // of the whole call, reading the answer included; 20 s when 0
	MaxBody int64         // the longest answer in bytes; 4 MiB when 0
	Near    bool          // may reach loopback and private addresses: an admin configured the address
}

// Client makes calls to providers.
type Client struct {
	http    *http.Client
	timeout time.Duration
	maxBody int64
}

// Answer is what a provider answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// NewClient makes a client. It does no I/O.
func NewClient(o Options) *Client {
	c := &Client{timeout: o.Timeout, maxBody: o.MaxBody}
	if c.timeout <= 0 {
		c.timeout = usualTimeout
	}
	if c.maxBody <= 0 {
		c.maxBody = usualMaxBody
	}
	dialer := net.Dialer{Timeout: c.timeout}
	if !o.Near {
		dialer.Control = refuseNear
	}
	c.http = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    c.timeout,
			MaxResponseHeaderBytes: maxHeader,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
		},
	}
	return c
}

// Do sends the request and reads the whole answer. The error's code says whether asking again may help: Unavailable when
// there was no answer, or one too long, cut off, or with a status 408 or 5xx; Limited for 429; Unauthenticated for 401;
// Denied for 403 and for an address that may not be reached; NotFound for 404; Conflict for 409; Invalid for any other 4xx;
// Internal for what makes no sense, such as a redirect. The answer is given also with an error that came of a status.
func (c *Client) Do(req *http.Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(req.Context(), c.timeout)
	defer cancel()
	host := ngo.Printable(req.URL.Host)
	res, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return Answer{}, noAnswer(host, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.maxBody+1))
	if err != nil {
		return Answer{}, &ngo.Error{Code: ngo.Unavailable, Message: host + " broke off its answer", Err: err}
	}
	if int64(len(body)) > c.maxBody {
		return Answer{}, &ngo.Error{Code: ngo.Unavailable, Message: host + " gave an answer that is too long"}
	}
	a := Answer{Status: res.StatusCode, Header: res.Header, Body: body}
	return a, a.fault(host)
}

// Copy is Do for what may be long: it writes the body of a successful answer to w and leaves it out of the Answer. It fails
// with TooLarge when that has more than limit bytes, of which at most limit are written, and with w's own error, as it is.
func (c *Client) Copy(req *http.Request, w io.Writer, limit int64) (Answer, int64, error) {
	ctx, cancel := context.WithTimeout(req.Context(), c.timeout)
	defer cancel()
	host := ngo.Printable(req.URL.Host)
	res, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return Answer{}, 0, noAnswer(host, err)
	}
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode, Header: res.Header}
	if err := a.fault(host); err != nil {
		// What it says of the refusal is worth having, not worth another error.
		a.Body, _ = io.ReadAll(io.LimitReader(res.Body, c.maxBody))
		return a, 0, err
	}
	long := &ngo.Error{Code: ngo.TooLarge, Message: host + " gave an answer that is too long"}
	if res.ContentLength > limit {
		return a, 0, long
	}
	sink := &sink{w: w}
	n, err := io.Copy(sink, io.LimitReader(res.Body, limit))
	switch {
	case sink.err != nil:
		return a, n, sink.err
	case err != nil:
		return a, n, &ngo.Error{Code: ngo.Unavailable, Message: host + " broke off its answer", Err: err}
	}
	if more, err := io.ReadFull(res.Body, make([]byte, 1)); more > 0 {
		return a, n, long
	} else if err != io.EOF {
		return a, n, &ngo.Error{Code: ngo.Unavailable, Message: host + " broke off its answer", Err: err}
	}
	return a, n, nil
}

// sink remembers that it was the writer that failed, and not the answer.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// CloseIdle closes the connections that wait for a next call.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// noAnswer keeps the cause of err without the address that was called, whose query may hold what no log should.
func noAnswer(host string, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if refusal, ok := errors.AsType[*ngo.Error](err); ok {
		return &ngo.Error{Code: refusal.Code, Message: host + " may not be called: " + refusal.Message, Hint: refusal.Hint}
	}
	return &ngo.Error{Code: ngo.Unavailable, Message: host + " does not answer", Err: err}
}
