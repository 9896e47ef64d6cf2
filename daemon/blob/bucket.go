package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// BucketOptions say where a bucket is. Endpoint, Bucket, AccessKey and Secret are required.
type BucketOptions struct {
	Endpoint  string // HOST or HOST:PORT
	Region    string // us-east-1 if empty, which most servers other than Amazon's are content with
	Bucket    string
	Prefix    string // what names in it begin with, when others use it too
	AccessKey string
	Secret    string
	Plain     bool // HTTP without TLS: what is sent is sealed, but the server is believed to be who it says
	// Owner is a file in the data folder, outside of what backups hold, with the name under which this folder owns the files of the
	// bucket. Only the owner sweeps: a folder restored beside the first one knows nothing of what came since.
	Owner string
}

// Bucket is a place on an S3 server. It is safe for concurrent use.
type Bucket struct {
	core   minio.Core
	line   *http.Transport
	o      BucketOptions
	prefix string
}

const (
	dialTime  = 10 * time.Second
	quietTime = 30 * time.Second // without a byte, on a connection
	putTime   = 15 * time.Minute
	tries     = 3
)

// NewBucket makes a bucket of the options; it asks nobody yet. It fails with Invalid.
func NewBucket(o BucketOptions) (*Bucket, error) {
	for name, value := range map[string]string{"endpoint": o.Endpoint, "bucket": o.Bucket, "access-key": o.AccessKey, "secret": o.Secret} {
		if value == "" {
			return nil, &ngo.Error{Code: ngo.Invalid, Message: "a bucket for files needs its " + name, Hint: "see [blobs] in docs/operations.md"}
		}
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	line := transport()
	client, err := minio.New(o.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.Secret, ""), Secure: !o.Plain, Region: o.Region, Transport: line, MaxRetries: tries,
	})
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the bucket for files cannot be at " + ngo.Printable(o.Endpoint),
			Hint: "write endpoint as HOST or HOST:PORT, without https://", Err: err}
	}
	b := &Bucket{core: minio.Core{Client: client}, line: line, o: o}
	if p := strings.Trim(o.Prefix, "/"); p != "" {
		b.prefix = p + "/"
	}
	return b, nil
}

// transport talks to the server without following anybody's proxy settings but those of the environment, and gives up on silence.
func transport() *http.Transport {
	d := &net.Dialer{Timeout: dialTime}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: quietTime, MaxIdleConnsPerHost: 4, IdleConnTimeout: quietTime,
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return impatient{c}, nil
		},
	}
}

// impatient is a connection on which each read and write has to get somewhere in time.
type impatient struct{ net.Conn }

func (c impatient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(2 * quietTime)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c impatient) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(quietTime)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// String names the bucket for people: nothing in it is secret.
func (b *Bucket) String() string { return b.o.Endpoint + "/" + b.o.Bucket + "/" + b.prefix }

// Check writes a small file into the bucket, reads it, lists it and removes it. It fails with Unavailable and says what is wrong.
func (b *Bucket) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, quietTime)
	defer cancel()
	name, text := b.prefix+"check/"+rand.Text(), []byte("ngoctl was here")
	if err := b.put(ctx, name, bytes.NewReader(text), int64(len(text))); err != nil {
		return err
	}
	r, err := b.open(ctx, name)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(r)
	err = errors.Join(err, r.Close())
	if err == nil && !bytes.Equal(got, text) {
		err = &ngo.Error{Code: ngo.Unavailable, Message: "the bucket for files gives back something else than was put into it"}
	}
	found := false
	err = errors.Join(err, b.list(ctx, b.prefix+"check/", func(o object) error { found = found || o.name == name; return nil }))
	if err == nil && !found {
		err = &ngo.Error{Code: ngo.Unavailable, Message: "the bucket for files does not list what was put into it", Hint: "allow s3:ListBucket to the access key"}
	}
	return errors.Join(err, b.remove(ctx, name))
}

func (b *Bucket) put(ctx context.Context, name string, content io.Reader, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	// One request, with a digest that the server checks: what is longer than any attachment may be never comes here.
	_, err := b.core.Client.PutObject(ctx, b.o.Bucket, name, content, size, minio.PutObjectOptions{
		ContentType: "application/octet-stream", DisableMultipart: true, SendContentMd5: true,
	})
	return b.fault("write", err)
}

func (b *Bucket) open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, _, _, err := b.core.GetObject(ctx, b.o.Bucket, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, b.fault("read", err)
	}
	return remote{r, b}, nil
}

// remote gives errors in the middle of a download their code.
type remote struct {
	io.ReadCloser
	bucket *Bucket
}

func (r remote) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return n, io.EOF
	case err != nil:
		return n, r.bucket.fault("read", err)
	}
	return n, nil
}

func (b *Bucket) remove(ctx context.Context, name string) error {
	return b.fault("remove", b.core.Client.RemoveObject(ctx, b.o.Bucket, name, minio.RemoveObjectOptions{}))
}

// object is a file in the bucket.
type object struct {
	name     string
	modified time.Time
}

func (b *Bucket) list(ctx context.Context, prefix string, do func(object) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the lister when do fails
	for o := range b.core.Client.ListObjects(ctx, b.o.Bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return b.fault("list", o.Err)
		}
		if err := do(object{o.Key, o.LastModified}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// fault gives what a server said, or that it said nothing, the code that decides what comes next. Nothing that was refused is lost:
// whatever a person has to mend is tried again until they have.
func (b *Bucket) fault(doing string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	out := &ngo.Error{Code: ngo.Unavailable, Message: "the bucket for files cannot be reached at " + b.o.Endpoint,
		Hint: "it is tried again by itself; see [blobs] in config.toml", Err: fmt.Errorf("%s in bucket %s: %w", doing, b.o.Bucket, err)}
	said, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return out
	}
	switch said.Code {
	case minio.NoSuchKey:
		return &ngo.Error{Code: ngo.NotFound, Message: "the bucket has no such file", Err: err}
	case minio.NoSuchBucket, "PermanentRedirect", "AuthorizationHeaderMalformed":
		out.Message, out.Hint = "there is no bucket "+b.o.Bucket+" at "+b.o.Endpoint+" in region "+b.o.Region, "make it, or put right bucket and region under [blobs] in config.toml"
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed":
		out.Message, out.Hint = "the bucket for files does not let us in ("+said.Code+")", "see access-key and secret-file under [blobs] in config.toml, the rights of that key, and this box's clock"
	case "SlowDown", "SlowDownRead", "SlowDownWrite", "TooManyRequests", "Throttling":
		out.Code, out.Message = ngo.Limited, "the server of the bucket for files asks us to be slower"
	case "QuotaExceeded", "XMinioStorageFull", "InsufficientStorage":
		out.Message, out.Hint = "the bucket for files is full", "make room there; the work goes on by itself"
	default:
		if said.StatusCode == http.StatusTooManyRequests {
			out.Code = ngo.Limited
		}
	}
	return out
}

// shelf is the part of a bucket that an organisation has.
type shelf struct {
	bucket *Bucket
	prefix string
}

func (s *shelf) name(id ngo.BlobID) string {
	return s.prefix + string(id[len(id)-2:]) + "/" + string(id)
}

// put uploads a draft.
func (s *shelf) put(ctx context.Context, id ngo.BlobID, draft *os.File) error {
	size, err := draft.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	return s.bucket.put(ctx, s.name(id), io.NewSectionReader(draft, 0, size), size)
}

func (s *shelf) open(ctx context.Context, id ngo.BlobID) (io.ReadCloser, error) {
	r, err := s.bucket.open(ctx, s.name(id))
	if ngo.CodeOf(err) == ngo.NotFound {
		return nil, missing(id, err)
	}
	return r, err
}

// sweep removes files last written before old that no row knows.
func (s *shelf) sweep(ctx context.Context, old time.Time, known func([]ngo.BlobID) (map[ngo.BlobID]bool, error)) (int, error) {
	if err := s.bucket.own(ctx); err != nil {
		return 0, err
	}
	removed := 0
	var ids []ngo.BlobID
	flush := func() error {
		has, err := known(ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if has[id] {
				continue
			}
			if err := s.bucket.remove(ctx, s.name(id)); err != nil {
				return err
			}
			removed++
		}
		ids = ids[:0]
		return nil
	}
	err := s.bucket.list(ctx, s.prefix, func(o object) error {
		id, err := ngo.ParseID[ngo.BlobID](path.Base(o.name))
		if err != nil || s.name(id) != o.name || !o.modified.Before(old) {
			return nil // not a name we give, or too young
		}
		if ids = append(ids, id); len(ids) < page {
			return nil
		}
		return flush()
	})
	if err == nil && len(ids) > 0 {
		err = flush()
	}
	return removed, err
}

// own makes sure that this data folder owns the bucket, and takes it when nobody does. It fails with Conflict when another does, or
// did before this one was restored from a backup.
func (b *Bucket) own(ctx context.Context) error {
	const mark = "owner"
	mine, err := os.ReadFile(b.o.Owner)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read owner of bucket: %w", err)
	}
	theirs, err := b.text(ctx, b.prefix+mark)
	if err != nil && ngo.CodeOf(err) != ngo.NotFound {
		return err
	}
	switch {
	case len(theirs) > 0 && bytes.Equal(mine, theirs):
		return nil
	case len(theirs) > 0:
		return &ngo.Error{Code: ngo.Conflict, Message: "the bucket " + b.String() + " is another data folder's, or was this one's before it was restored: nothing in it is tidied away",
			Hint: "when no other ngoctl uses it, remove the object " + b.prefix + mark + " from it"}
	}
	if len(mine) == 0 {
		mine = []byte(rand.Text())
		if err := os.WriteFile(b.o.Owner, mine, 0o600); err != nil { // before the bucket has it: a crash in between loses nothing
			return fault("write owner of bucket", err)
		}
	}
	return b.put(ctx, b.prefix+mark, bytes.NewReader(mine), int64(len(mine)))
}

func (b *Bucket) text(ctx context.Context, name string) ([]byte, error) {
	r, err := b.open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close() // read only
	return io.ReadAll(io.LimitReader(r, 1<<10))
}
