package sim

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// S3Options say how the double of an S3 server begins. What is empty has a default.
type S3Options struct {
	Bucket    string // bucket
	Region    string // us-east-1
	AccessKey string // access
	Secret    string // secret
	Page      int    // how many objects a list gives at once; 1000
	Now       func() time.Time
}

// S3 is a double of a server that speaks S3: objects of one bucket are put, got, asked about, removed and listed. Every request
// must be signed (version 4), and the signature is checked, as are digests of what is sent. Troubles go by "PUT key", "GET key",
// "HEAD key", "DELETE key" and "LIST prefix".
type S3 struct {
	double
	o S3Options

	kept    sync.Mutex
	objects map[string]S3Object
}

// S3Object is what the double holds.
type S3Object struct {
	Data     []byte
	Modified time.Time
}

// NewS3 starts a double on loopback. Close it.
func NewS3(o S3Options) (*S3, error) {
	o.Bucket, o.Region = cmp.Or(o.Bucket, "bucket"), cmp.Or(o.Region, "us-east-1")
	o.AccessKey, o.Secret, o.Page = cmp.Or(o.AccessKey, "access"), cmp.Or(o.Secret, "secret"), cmp.Or(o.Page, 1000)
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &S3{o: o, objects: map[string]S3Object{}}
	s.most = 128 << 20
	return s, s.start(s, "")
}

// Endpoint is HOST:PORT, as clients of S3 write it.
func (s *S3) Endpoint() string { return strings.TrimPrefix(s.URL(), "http://") }

// Options gives what the double was made with, defaults filled in.
func (s *S3) Options() S3Options { return s.o }

// Objects gives what lies in the bucket.
func (s *S3) Objects() map[string]S3Object {
	s.kept.Lock()
	defer s.kept.Unlock()
	return maps.Clone(s.objects)
}

// Set puts an object into the bucket past the API; nil data removes it.
func (s *S3) Set(name string, data []byte, modified time.Time) {
	s.kept.Lock()
	defer s.kept.Unlock()
	if data == nil {
		delete(s.objects, name)
		return
	}
	s.objects[name] = S3Object{data, modified}
}

func (s *S3) key(req *http.Request) string {
	_, key, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	return key
}

func (s *S3) what(req *http.Request) string {
	if req.Method == http.MethodGet && s.key(req) == "" {
		return "LIST " + req.URL.Query().Get("prefix")
	}
	return req.Method + " " + s.key(req)
}

func (s *S3) answer(req *http.Request, pass func()) reply {
	pass()
	if code := s.refused(req); code != "" {
		return s3Error(http.StatusForbidden, code)
	}
	if bucket, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/"); bucket != s.o.Bucket {
		return s3Error(http.StatusNotFound, "NoSuchBucket")
	}
	s.kept.Lock()
	defer s.kept.Unlock()
	key := s.key(req)
	switch {
	case key == "" && req.Method == http.MethodGet:
		return s.list(req.URL.Query())
	case key == "" && req.Method == http.MethodHead:
		return reply{status: http.StatusOK}
	case req.Method == http.MethodPut:
		return s.put(req, key)
	case req.Method == http.MethodDelete:
		delete(s.objects, key)
		return reply{status: http.StatusNoContent}
	case req.Method == http.MethodGet || req.Method == http.MethodHead:
		return s.get(req, key)
	}
	return s3Error(http.StatusMethodNotAllowed, "MethodNotAllowed")
}

func (s *S3) put(req *http.Request, key string) reply {
	body, err := io.ReadAll(req.Body)
	if err == nil && strings.HasPrefix(req.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		body, err = unchunked(body)
	}
	if err != nil {
		return s3Error(http.StatusBadRequest, "IncompleteBody")
	}
	sum := md5.Sum(body)
	if want := req.Header.Get("Content-Md5"); want != "" && want != base64.StdEncoding.EncodeToString(sum[:]) {
		return s3Error(http.StatusBadRequest, "BadDigest")
	}
	s.objects[key] = S3Object{body, s.o.Now()}
	return reply{status: http.StatusOK, header: http.Header{"Etag": {etag(body)}}}
}

func etag(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *S3) get(req *http.Request, key string) reply {
	o, ok := s.objects[key]
	if !ok {
		return s3Error(http.StatusNotFound, "NoSuchKey")
	}
	header := http.Header{
		"Content-Type": {"application/octet-stream"}, "Etag": {etag(o.Data)}, "Last-Modified": {o.Modified.UTC().Format(http.TimeFormat)},
		"Content-Length": {strconv.Itoa(len(o.Data))},
	}
	if req.Method == http.MethodHead {
		return reply{status: http.StatusOK, header: header}
	}
	return reply{status: http.StatusOK, header: header, body: o.Data}
}

// list answers as version 2 of the listing does.
func (s *S3) list(q url.Values) reply {
	type content struct {
		Key          string
		LastModified string
		ETag         string
		Size         int
	}
	out := struct {
		XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
		Name, Prefix          string
		KeyCount, MaxKeys     int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}{Name: s.o.Bucket, Prefix: q.Get("prefix"), MaxKeys: s.o.Page}
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(key, q.Get("prefix")) || key <= q.Get("continuation-token") || key <= q.Get("start-after") {
			continue
		}
		if len(out.Contents) == s.o.Page {
			out.IsTruncated, out.NextContinuationToken = true, out.Contents[len(out.Contents)-1].Key
			break
		}
		o := s.objects[key]
		out.Contents = append(out.Contents, content{key, o.Modified.UTC().Format("2006-01-02T15:04:05.000Z"), etag(o.Data), len(o.Data)})
	}
	out.KeyCount = len(out.Contents)
	text, err := xml.Marshal(out)
	if err != nil {
		panic(err) // plain values always marshal
	}
	return reply{status: http.StatusOK, header: http.Header{"Content-Type": {"application/xml"}}, body: text}
}

// s3Error is an error as S3 writes it.
func s3Error(status int, code string) reply {
	return reply{status: status, header: http.Header{"Content-Type": {"application/xml"}},
		body: []byte(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>as asked</Message><RequestId>sim</RequestId></Error>`)}
}

func (s *S3) trouble(status int) reply {
	code := map[int]string{403: "AccessDenied", 404: "NoSuchKey", 500: "InternalError", 503: "SlowDown", 507: "InsufficientStorage"}[status]
	return s3Error(status, cmp.Or(code, "InternalError"))
}

// unchunked takes apart a body that was signed piece by piece: SIZE;chunk-signature=…, the piece, and so on to a piece of none.
func unchunked(body []byte) ([]byte, error) {
	var out []byte
	for {
		line, rest, ok := bytes.Cut(body, []byte("\r\n"))
		size, err := strconv.ParseUint(strings.Split(string(line), ";")[0], 16, 31)
		if !ok || err != nil || uint64(len(rest)) < size+2 && size > 0 {
			return nil, errors.New("a body in pieces that breaks off")
		}
		if size == 0 {
			return out, nil
		}
		out, body = append(out, rest[:size]...), rest[size+2:]
	}
}

// refused checks who asks, and gives the code of the refusal.
func (s *S3) refused(req *http.Request) string {
	fields := map[string]string{}
	scheme, rest, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	for _, f := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(f), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/")
	at, err := time.Parse("20060102T150405Z", req.Header.Get("X-Amz-Date"))
	switch {
	case scheme != "AWS4-HMAC-SHA256" || len(scope) != 5 || err != nil:
		return "AccessDenied"
	case s.o.Now().Sub(at).Abs() > 15*time.Minute:
		return "RequestTimeTooSkewed"
	case scope[0] != s.o.AccessKey:
		return "InvalidAccessKeyId"
	case scope[2] != s.o.Region:
		return "AuthorizationHeaderMalformed"
	case !hmac.Equal([]byte(fields["Signature"]), []byte(s.signature(req, scope, fields["SignedHeaders"]))):
		return "SignatureDoesNotMatch"
	}
	return ""
}

// signature is what it has to be for a request, by version 4.
func (s *S3) signature(req *http.Request, scope []string, signed string) string {
	var head strings.Builder
	for _, name := range strings.Split(signed, ";") {
		value := strings.Join(req.Header.Values(name), ",")
		switch name {
		case "host":
			value = req.Host
		case "content-length":
			value = strconv.FormatInt(req.ContentLength, 10)
		}
		head.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	query := strings.ReplaceAll(req.URL.Query().Encode(), "+", "%20")
	asked := strings.Join([]string{req.Method, req.URL.EscapedPath(), query, head.String(), signed, req.Header.Get("X-Amz-Content-Sha256")}, "\n")
	sum := sha256.Sum256([]byte(asked))
	text := strings.Join([]string{"AWS4-HMAC-SHA256", req.Header.Get("X-Amz-Date"), strings.Join(scope[1:], "/"), hex.EncodeToString(sum[:])}, "\n")
	key := []byte("AWS4" + s.o.Secret)
	for _, part := range append(slices.Clone(scope[1:]), text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}
