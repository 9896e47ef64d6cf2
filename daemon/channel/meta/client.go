package meta

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const mediaTimeout = 5 * time.Minute

// Options are what a client is made with.
type Options struct {
	Base   string // with the version and without a slash at the end
	Usual  string // the same when nobody changed it: Base may lie on this box when it differs
	Token  string
	Secret []byte // the app's, for a proof that the token was not stolen; nil for none
	Codes  Codes
}

// Client asks the Graph API as one account. The token goes to Base and, for media, to Meta's own hosts, and nowhere else.
type Client struct {
	http  *egress.Client
	media *egress.Client // files, from Meta's own hosts and to them
	near  *egress.Client // files on the host and port that was set by hand; nil when none was
	base  *url.URL
	token string
	proof string
	codes Codes
}

// NewClient makes a client. It does no I/O. It fails with Invalid when Base is no address.
func NewClient(o Options) (*Client, error) {
	base, err := url.Parse(o.Base)
	if err != nil || base.Host == "" {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "base-url is not a web address"}
	}
	own := o.Base != o.Usual
	c := &Client{
		http: egress.NewClient(egress.Options{Near: own}), media: egress.NewClient(egress.Options{Timeout: mediaTimeout}),
		base: base, token: o.Token, codes: o.Codes,
	}
	if own {
		c.near = egress.NewClient(egress.Options{Timeout: mediaTimeout, Near: true})
	}
	if len(o.Secret) > 0 {
		c.proof = sign.HMAC(o.Secret, []byte(o.Token))
	}
	return c, nil
}

// Get asks for an object. It fails with the code of Meta's refusal, else as egress.Client.Do does.
func (c *Client) Get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	req, err := c.request(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return nil, err
	}
	a, err := c.http.Do(req)
	if err != nil {
		err, _ = c.codes.explain(a, err)
		return nil, err
	}
	return a.Body, nil
}

// errFate marks an error after which nobody knows whether Meta did what it was asked to.
var errFate = errors.New("it is not known whether Meta took it")

// Post asks Meta to do something, once. It fails with a code only when Meta has not done it; without one, its fate is open.
func (c *Client) Post(ctx context.Context, path string, body any) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the message cannot be written", Err: err}
	}
	var reached atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached.Store(true) }})
	req, err := c.request(ctx, http.MethodPost, path, nil, raw)
	if err != nil {
		return nil, err
	}
	a, err := c.http.Do(req)
	switch {
	case err == nil:
		return a.Body, nil
	case a.Status == 0 && reached.Load():
		return nil, uncoded(err)
	case a.Status == 0:
		return nil, unreached(err)
	}
	return nil, c.refusal(a, err)
}

// File is one that Meta is given.
type File struct {
	Type string // media type
	Data []byte
}

// Upload gives Meta a file, with fields beside it, as web forms do. It always fails with a code: nothing was sent to anybody,
// and it may be repeated.
func (c *Client) Upload(ctx context.Context, path string, fields map[string]string, f File) ([]byte, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := w.WriteField(name, fields[name]); err != nil {
			return nil, fmt.Errorf("write form: %w", err)
		}
	}
	// The name says nothing to anybody; what people see stands in the message.
	head := textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="file"`}, "Content-Type": {f.Type}}
	if _, err := w.CreatePart(head); err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	before := form.Len()
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	parts := [][]byte{form.Bytes()[:before], f.Data, form.Bytes()[before:]} // the file is not copied
	return c.upload(ctx, path, w.FormDataContentType(), parts)
}

func (c *Client) upload(ctx context.Context, path, contentType string, parts [][]byte) ([]byte, error) {
	req, err := c.request(ctx, http.MethodPost, path, nil, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	req.GetBody = func() (io.ReadCloser, error) {
		var all []io.Reader
		for _, p := range parts {
			all = append(all, bytes.NewReader(p))
		}
		return io.NopCloser(io.MultiReader(all...)), nil
	}
	for _, p := range parts {
		req.ContentLength += int64(len(p))
	}
	if req.Body, err = req.GetBody(); err != nil {
		return nil, err
	}
	client := c.media
	if c.near != nil {
		client = c.near
	}
	a, err := client.Do(req)
	if err != nil && a.Status == 0 {
		return nil, unreached(err)
	}
	if err != nil {
		explained, ok := c.codes.explain(a, err)
		if ok {
			return nil, explained
		}
		return nil, c.strange(err)
	}
	return a.Body, nil
}

// refusal tells what Meta has certainly not done from what it may have: a status above 500 that says nothing of its own comes
// from whatever stands before the API, and a code that nobody knows may stand for a late trouble.
func (c *Client) refusal(a egress.Answer, err error) error {
	explained, ok := c.codes.explain(a, err)
	f := FaultOf(explained)
	late := a.Status >= 500 || a.Status == http.StatusRequestTimeout
	switch {
	case late && (!ok || f != nil && classCodes[f.Class] == ""):
		return uncoded(explained)
	case ok:
		return explained
	}
	return c.strange(err)
}

// strange says of a redirect, and of a plain no without the API's own words, that whoever answered, it was not the API: that is no
// fault of what was sent.
func (c *Client) strange(err error) error {
	switch ngo.CodeOf(err) {
	case ngo.Internal, ngo.Denied, ngo.NotFound:
	default:
		return err
	}
	return &ngo.Error{Code: ngo.Unavailable, Message: c.base.Host + " did not answer as Meta does", Hint: "look whether base-url is right: ngoctl channel show", Err: err}
}

func uncoded(err error) error {
	// As text, for a code in the chain would say that it was not done.
	return fmt.Errorf("%w: %s", errFate, err.Error())
}

// unreached says of what did not get as far as Meta that it may go later, also where the address is one that may not be called: what was
// sent is not at fault.
func unreached(err error) error {
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok {
		return err
	}
	out := *e
	out.Hint = cmp.Or(e.Hint, "it is tried again by itself; see whether this box reaches the internet")
	if e.Code == ngo.Denied {
		out.Code = ngo.Unavailable
	}
	return &out
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Request, error) {
	if c.proof != "" {
		if query == nil {
			query = url.Values{}
		}
		query.Set("appsecret_proof", c.proof)
	}
	to := c.base.String() + path
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, to, bytes.NewReader(body))
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "Meta cannot be asked for this", Err: err}
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// mediaHosts are Meta's: each and all below it.
var mediaHosts = [...]string{"fbsbx.com", "facebook.com", "whatsapp.net"}

// Download writes what lies at an address that came in Meta's data to w, at most limit bytes, and gives its media type and
// length. The token goes along, so the address must be one of Meta's, or of the host and port that was set by hand; no
// redirect is followed. It fails with Denied for another address, NotFound, TooLarge, Unauthenticated, Unavailable or
// Limited, and with w's own error.
func (c *Client) Download(ctx context.Context, address string, limit int64, w io.Writer) (mediaType string, n int64, err error) {
	u, err := url.Parse(address)
	client := c.media
	switch {
	case err != nil:
		return "", 0, foreign("")
	case c.near != nil && u.Scheme == c.base.Scheme && u.Host == c.base.Host && u.User == nil:
		client = c.near
	case !metas(u):
		return "", 0, foreign(u.Hostname())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", 0, foreign(u.Hostname())
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	a, n, err := client.Copy(req, w, limit)
	if err != nil && a.Status >= 300 && a.Status < 400 {
		return "", n, &ngo.Error{Code: ngo.Denied, Message: "Meta's address of the file leads elsewhere, and is not followed", Err: err}
	}
	if err != nil && a.Status != 0 && a.Status != http.StatusNotFound { // that one says all: the link has ended
		err, _ = c.codes.explain(a, err)
	}
	return a.Header.Get("Content-Type"), n, err
}

func metas(u *url.URL) bool {
	if u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, h := range mediaHosts {
		if host == h || strings.HasSuffix(host, "."+h) {
			return true
		}
	}
	return false
}

func foreign(host string) error {
	return &ngo.Error{Code: ngo.Denied, Message: fmt.Sprintf("the file's address %q is not one of Meta's, and is not asked", ngo.Printable(host))}
}
