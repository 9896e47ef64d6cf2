package api

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Limits of what a client accepts and how long it waits.
const (
	maxAnswer   = 8 << 20
	maxDocument = 32 << 20
	callTimeout = 60 * time.Second
)

// errSlow is the cause of a call that ran into callTimeout.
var errSlow = &ngo.Error{Code: ngo.Unavailable, Message: "the daemon did not answer in time", Hint: "try again; what waits there is told by: ngoctl status"}

// ErrVersion is wrapped by the error of a call that a daemon of another version of the interface answered.
var ErrVersion = errors.New("another version of the interface")

// errStranger is wrapped by the error of a call that was refused by something that is no daemon, and passed on to none.
var errStranger = errors.New("refused by a stranger")

// MayBeDone tells of the error of a call that the daemon may have done what it was asked all the same: the request left, or may have,
// and no answer came back. What is written under a key can then be sent again.
func MayBeDone(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return false
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted || errors.Is(err, errStranger) {
		return false
	}
	return errors.Is(err, ErrUnreachable) || errors.Is(err, errSlow) || errors.Is(err, context.Canceled)
}

// request is one call: path holds the elements after Prefix, unescaped.
type request struct {
	method string
	path   []string
	query  url.Values
	body   any
	upload []byte // a file instead of a body
	slow   bool   // the daemon may take as long as it needs
	stream bool   // the answer is a stream of events
	lastID string // the event the stream goes on after
}

func get(path ...string) request { return request{method: http.MethodGet, path: path} }
func post(body any, path ...string) request {
	return request{method: http.MethodPost, path: path, body: body}
}
func patch(body any, path ...string) request {
	return request{method: http.MethodPatch, path: path, body: body}
}
func put(body any, path ...string) request {
	return request{method: http.MethodPut, path: path, body: body}
}
func remove(path ...string) request { return request{method: http.MethodDelete, path: path} }

func (r request) with(q url.Values) request {
	r.query = q
	return r
}

// call sends the request and reads a T from the answer.
func call[T any](ctx context.Context, c *Client, r request) (T, error) {
	var out T
	data, err := c.bytes(ctx, r, maxAnswer)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return out, &ngo.Error{Code: ngo.Internal, Message: "the daemon's answer cannot be understood", Hint: "use the same version of ngoctl on both sides", Err: err}
	}
	return out, nil
}

// list sends the request and reads all items of a list that is not paged.
func list[T any](ctx context.Context, c *Client, r request) ([]T, error) {
	page, err := call[Page[T]](ctx, c, r)
	return page.Items, err
}

// send sends the request and expects no content.
func (c *Client) send(ctx context.Context, r request) error {
	_, err := c.bytes(ctx, r, maxAnswer)
	return err
}

// bytes sends the request and gives the whole body of the answer, which is at most limit long.
func (c *Client) bytes(ctx context.Context, r request, limit int64) ([]byte, error) {
	data, _, err := c.answer(ctx, r, limit)
	return data, err
}

// answer is bytes with the answer's header.
func (c *Client) answer(ctx context.Context, r request, limit int64) ([]byte, http.Header, error) {
	if !r.slow {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, callTimeout, errSlow)
		defer cancel()
	}
	res, err := c.do(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, nil, unreachable(ctx, err)
	}
	if int64(len(data)) > limit {
		return nil, nil, &ngo.Error{Code: ngo.TooLarge, Message: "the daemon's answer is too large", Hint: "ask for fewer rows with --limit"}
	}
	return data, res.Header, nil
}

// do sends the request and gives the answer if it is a good one of our version.
func (c *Client) do(ctx context.Context, r request) (*http.Response, error) {
	req, err := c.build(ctx, r)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(ctx, err)
	}
	if err := checkVersion(res); err != nil {
		res.Body.Close()
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		defer res.Body.Close()
		return nil, readProblem(res)
	}
	return res, nil
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	target, err := r.url(c.base)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	media := "application/json"
	switch {
	case r.upload != nil:
		body, media = bytes.NewReader(r.upload), http.DetectContentType(r.upload)
	case r.body != nil:
		data, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	c.sign(req)
	if r.stream {
		req.Header.Set("Accept", "text/event-stream")
	}
	if r.lastID != "" {
		req.Header.Set("Last-Event-ID", r.lastID)
	}
	return req, nil
}

func (c *Client) sign(req *http.Request) {
	req.Header.Set(HeaderVersion, Version)
	if c.program != "" {
		req.Header.Set(HeaderProgram, c.program)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
}

// url writes the address. An empty or dotted element would name another resource after cleaning, so it is refused.
func (r request) url(base string) (string, error) {
	var b strings.Builder
	b.WriteString(base)
	b.WriteString(Prefix)
	for _, element := range r.path {
		if element == "" || element == "." || element == ".." {
			return "", &ngo.Error{Code: ngo.Invalid, Message: "a name or identifier is missing"}
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(element))
	}
	if len(r.query) > 0 {
		b.WriteByte('?')
		b.WriteString(r.query.Encode())
	}
	return b.String(), nil
}

// checkVersion refuses an answer that is not of an ngoctl daemon of this contract.
func checkVersion(res *http.Response) error {
	switch got := res.Header.Get(HeaderVersion); got {
	case Version:
		return nil
	case "":
		return checkStranger(res)
	default:
		return &ngo.Error{
			Code:    ngo.Conflict,
			Message: fmt.Sprintf("the daemon speaks version %s of the interface, this program version %s", ngo.Printable(got), Version),
			Hint:    "use the same version of ngoctl on both sides",
			Err:     ErrVersion,
		}
	}
}

// checkStranger refuses an answer that names no version, unless it comes from the daemon's own door.
func checkStranger(res *http.Response) error {
	refused := res.StatusCode/100 == 4
	if refused && strings.HasPrefix(res.Header.Get("Content-Type"), ProblemType) {
		return nil // refused at the daemon's door, before the interface: for its name, its size, or too many calls
	}
	cause := fmt.Errorf("%w: status %d without %s", ErrUnreachable, res.StatusCode, HeaderVersion)
	if refused {
		cause = fmt.Errorf("%w: %w", errStranger, cause)
	}
	return &ngo.Error{Code: ngo.Unavailable, Message: fmt.Sprintf("what answers there is not ngoctl (status %d)", res.StatusCode), Hint: "check --server", Err: cause}
}
