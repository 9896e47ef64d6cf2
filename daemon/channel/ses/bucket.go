package ses

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// bucket is where SES puts mail.
type bucket struct {
	client       *minio.Client
	name, prefix string
	lines        *http.Transport
}

const (
	dialFor   = 20 * time.Second
	answerFor = time.Minute
	tries     = 2
)

func newBucket(v setting.Values, region string) (*bucket, error) {
	at := &url.URL{Scheme: "https", Host: "s3." + region + ".amazonaws.com"}
	if strings.HasPrefix(region, "cn-") {
		at.Host += ".cn"
	}
	if v["s3"] != "" {
		var err error
		if at, err = url.Parse(v["s3"]); err != nil {
			return nil, &ngo.Error{Code: ngo.Invalid, Message: "s3 is no address", Err: err}
		}
	}
	b := &bucket{name: v["bucket"], prefix: v["prefix"], lines: &http.Transport{
		DialContext: (&net.Dialer{Timeout: dialFor}).DialContext, TLSHandshakeTimeout: dialFor, ResponseHeaderTimeout: answerFor,
		DisableKeepAlives: true, DisableCompression: true, // minutes lie between two looks
	}}
	var err error
	b.client, err = minio.New(at.Host, &minio.Options{
		Creds: credentials.NewStaticV4(v["access-key"], v["secret-key"], ""), Secure: at.Scheme == "https", Region: region, Transport: b.lines, MaxRetries: tries,
	})
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the bucket cannot be at " + ngo.Printable(at.Host), Err: err}
	}
	return b, nil
}

// check asks for one name.
func (b *bucket) check(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true, MaxKeys: 1}) {
		return b.fault(ctx, o.Err)
	}
	return nil
}

// fault gives what S3 said its code.
func (b *bucket) fault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	out := &ngo.Error{Code: ngo.Unavailable, Message: "the bucket " + b.name + " cannot be reached", Hint: "it is tried again by itself", Err: err}
	said, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return out
	}
	switch said.Code {
	case minio.NoSuchKey:
		out.Code, out.Message, out.Hint = ngo.NotFound, "the mail lies in the bucket no longer", ""
	case minio.NoSuchBucket, "PermanentRedirect", "AuthorizationHeaderMalformed":
		out.Code, out.Message, out.Hint = ngo.Invalid, "there is no bucket "+b.name+" in this region", "see the settings bucket and region"
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "AllAccessDisabled":
		out.Code, out.Message = ngo.Unauthenticated, "the bucket "+b.name+" does not let us in ("+said.Code+")"
		out.Hint = "see the settings access-key and secret-key, that the key may list and read the bucket, and this box's clock"
	case "SlowDown", "TooManyRequests", "Throttling":
		out.Code, out.Message = ngo.Limited, "Amazon asks us to be slower"
	}
	return out
}

// open begins to read an object.
func (b *bucket) open(ctx context.Context, key string) (io.ReadCloser, int64, error) {
	r, info, _, err := (&minio.Core{Client: b.client}).GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, 0, b.fault(ctx, err)
	}
	return r, info.Size, nil
}

// Run confirms a subscription, or fetches a mail from the bucket. A large mail is left to Listen, which need not hold it. It fails
// as channel.Runner says.
func (a *account) Run(ctx context.Context, e channel.Errand) ([][]byte, error) {
	switch {
	case e.Kind == errandConfirm && a.believes(e.More["topic"]) && confirmation(e.More["url"], e.More["topic"]):
		_, err := a.driver.o.Get(ctx, e.More["url"])
		return nil, err
	case e.Kind == errandObject && a.bucket != nil && strings.HasPrefix(e.More["key"], a.bucket.prefix):
		return a.fetch(ctx, e.More["key"])
	}
	return nil, &ngo.Error{Code: ngo.Denied, Message: "this is not an errand of this account's"}
}

const mostFetched = 4 << 20

func (a *account) fetch(ctx context.Context, key string) ([][]byte, error) {
	r, size, err := a.bucket.open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if size > mostFetched {
		return nil, nil
	}
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(email.Covered(&email.Cover{Key: key}, r), mostFetched+1<<10))
	switch {
	case err != nil:
		return nil, a.bucket.fault(ctx, err)
	case n > mostFetched:
		return nil, nil
	}
	return [][]byte{body.Bytes()}, nil
}

const (
	firstBack = 3 * 24 * time.Hour // how far back the first look goes
	overlap   = 15 * time.Minute   // how long an object may take to be listed after it was made
	setupNote = "AMAZON_SES_SETUP_NOTIFICATION"
)

// object is what lies in the bucket.
type object struct {
	key  string
	size int64
	made time.Time
}

// Listen looks into the bucket now and then, and gives what has come since the mark: the time of the last mail that was taken.
// Near that time it looks again, as objects show up late.
func (c *collector) Listen(ctx context.Context, mark string, take func(context.Context, channel.Heard) error) error {
	last, err := time.Parse(time.RFC3339, mark)
	if err != nil {
		last = c.driver.o.Mail.Now().Add(-firstBack)
	}
	taken := map[string]time.Time{} // keys near the mark
	for {
		found, err := c.since(ctx, last.Add(-overlap))
		if err != nil {
			return err
		}
		for _, o := range found {
			if _, ok := taken[o.key]; ok {
				continue
			}
			if o.made.After(last) {
				last = o.made
			}
			if err := c.give(ctx, o, last, take); err != nil {
				return err
			}
			taken[o.key] = o.made
		}
		for key, made := range taken {
			if made.Before(last.Add(-2 * overlap)) {
				delete(taken, key)
			}
		}
		if err := rest(ctx, c.driver.o.Every); err != nil {
			return err
		}
	}
}

func rest(ctx context.Context, long time.Duration) error {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// since is the bucket's within the time that a look may take: a server that hangs in an answer would else be waited for for ever.
func (c *collector) since(ctx context.Context, after time.Time) ([]object, error) {
	limited, cancel := context.WithTimeout(ctx, c.driver.o.Longest)
	defer cancel()
	found, err := c.bucket.since(limited, after)
	return found, late(ctx, err)
}

// late tells a server that took too long from a caller who gave up.
func late(ctx context.Context, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return err
	}
	return &ngo.Error{Code: ngo.Unavailable, Message: "the bucket took too long to answer", Hint: "it is tried again by itself", Err: err}
}

// since lists what was made after a time, the oldest first.
func (b *bucket) since(ctx context.Context, after time.Time) ([]object, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var out []object
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, b.fault(ctx, o.Err)
		}
		if o.LastModified.After(after) && !strings.HasSuffix(o.Key, "/") && !strings.HasSuffix(o.Key, setupNote) {
			out = append(out, object{o.Key, o.Size, o.LastModified.UTC()})
		}
	}
	slices.SortFunc(out, func(a, b object) int { return cmp.Or(a.made.Compare(b.made), cmp.Compare(a.key, b.key)) })
	return out, nil
}

// give hands one mail over while it comes.
func (c *collector) give(ctx context.Context, o object, last time.Time, take func(context.Context, channel.Heard) error) error {
	h := channel.Heard{Mark: last.Format(time.RFC3339), Hint: o.key, Size: -1}
	limited, cancel := context.WithTimeout(ctx, c.driver.o.Longest)
	defer cancel()
	if o.size > email.MostMail {
		h.Body = email.Covered(c.tooLarge(limited, o), strings.NewReader(""))
		return take(ctx, h)
	}
	r, size, err := c.bucket.open(limited, o.key)
	if ngo.CodeOf(err) == ngo.NotFound {
		return nil // it was cleared away meanwhile
	}
	if err != nil {
		return late(ctx, err)
	}
	defer r.Close()
	w := &whole{r: r, left: size}
	h.Body = email.Covered(&email.Cover{Key: o.key}, w)
	err = take(ctx, h)
	if w.err != nil {
		return late(ctx, c.bucket.fault(limited, w.err))
	}
	return err
}

// tooLarge says what can be seen of a mail that is not read.
func (c *collector) tooLarge(ctx context.Context, o object) *email.Cover {
	cover := &email.Cover{Key: o.key, Came: o.made, Skipped: fmt.Sprintf(
		"This mail was not read: it has %d MB, and at most %d MB are read. It lies in the bucket %s still, as %s.",
		o.size>>20, email.MostMail>>20, c.bucket.name, ngo.Printable(o.key))}
	if r, _, err := c.bucket.open(ctx, o.key); err == nil { // else nothing more is known of it
		cover.Glimpse(r)
		r.Close()
	}
	return cover
}

// whole ends with an error when fewer bytes come than were announced.
type whole struct {
	r    io.Reader
	left int64
	err  error
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.left -= int64(n)
	if errors.Is(err, io.EOF) && w.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}
