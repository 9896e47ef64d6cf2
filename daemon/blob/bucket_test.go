package blob

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// remoteHouse is shelves on a server of loopback.
type remoteHouse struct {
	server *sim.S3
	dir    string
	bucket *Bucket
	*Store
}

func newRemote(t *testing.T, change ...func(*BucketOptions)) *remoteHouse {
	t.Helper()
	server, err := sim.NewS3(sim.S3Options{Page: 5})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	return onServer(t, server, t.TempDir(), change...)
}

func onServer(t *testing.T, server *sim.S3, dir string, change ...func(*BucketOptions)) *remoteHouse {
	t.Helper()
	o := BucketOptions{Endpoint: server.Endpoint(), Bucket: "bucket", Prefix: "sevai", AccessKey: "access", Secret: "secret", Plain: true, Owner: filepath.Join(dir, "owner")}
	for _, c := range change {
		c(&o)
	}
	b, err := NewBucket(o)
	must(t, err)
	shelves := NewShelvesIn(b, dir, seal.NewRing([32]byte{1}))
	t.Cleanup(func() { must(t, shelves.Close()) })
	s, err := shelves.Of(ngo.Org{ID: "org_1", Slug: "sevai"})
	must(t, err)
	return &remoteHouse{server, dir, b, s}
}

func TestFilesInABucket(t *testing.T) {
	t.Parallel()
	h := newRemote(t)
	for _, size := range []int{0, 1, 70_000, 3 << 20} {
		content := noise(size)
		b := written(t, h.Store, content, 50_000)
		got, err := h.Get(t.Context(), b)
		if err != nil || !bytes.Equal(got, content) {
			t.Fatalf("Get = %d bytes, %v; want %d", len(got), err, size)
		}
		name := "sevai/blobs/org_1/" + string(b.ID[len(b.ID)-2:]) + "/" + string(b.ID)
		raw, ok := h.server.Objects()[name]
		if !ok {
			t.Fatalf("the bucket has %v; want %s", slices.Sorted(maps.Keys(h.server.Objects())), name)
		}
		if size > 100 && bytes.Contains(raw.Data, content[:50]) {
			t.Error("the content lies open in the bucket")
		}
		if bytes.Contains(raw.Data, b.Key) {
			t.Error("the key lies in the bucket")
		}
	}
	drafts, err := os.ReadDir(filepath.Join(h.dir, "orgs", "sevai", "blobs", temp))
	if err != nil || len(drafts) != 0 {
		t.Errorf("%d drafts are left, %v", len(drafts), err)
	}
	if err := h.bucket.Check(t.Context()); err != nil {
		t.Errorf("Check = %v", err)
	}
}

// What lay in the folder before there was a bucket stays where it is.
func TestOldFilesBesideABucket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := NewShelves(dir, seal.NewRing([32]byte{1}))
	s, err := before.Of(ngo.Org{ID: "org_1", Slug: "sevai"})
	must(t, err)
	b := put(t, s, "from before")
	must(t, before.Close())
	server, err := sim.NewS3(sim.S3Options{})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	h := onServer(t, server, dir)
	if got, err := h.Get(t.Context(), b); err != nil || string(got) != "from before" {
		t.Errorf("Get = %q, %v", got, err)
	}
	if n := server.Asked(""); n != 0 {
		t.Errorf("the bucket was asked %d times for what is here", n)
	}
}

func TestBucketTroubles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		trouble sim.Trouble
		change  func(*BucketOptions)
		want    ngo.Code
		says    string
	}{
		{"too fast", sim.Trouble{Status: 503}, nil, ngo.Limited, "asks us to be slower"},
		{"broken", sim.Trouble{Status: 500}, nil, ngo.Unavailable, "cannot be reached"},
		{"garbage", sim.Trouble{Status: 502, Body: "<html>"}, nil, ngo.Unavailable, "cannot be reached"},
		{"cut off", sim.Trouble{Lost: true}, nil, ngo.Unavailable, "cannot be reached"},
		{"no right", sim.Trouble{Status: 403}, nil, ngo.Unavailable, "does not let us in (AccessDenied)"},
		{"full", sim.Trouble{Status: 507}, nil, ngo.Unavailable, "is full"},
		{"wrong secret", sim.Trouble{}, func(o *BucketOptions) { o.Secret = "other" }, ngo.Unavailable, "does not let us in (SignatureDoesNotMatch)"},
		{"wrong key", sim.Trouble{}, func(o *BucketOptions) { o.AccessKey = "other" }, ngo.Unavailable, "does not let us in (InvalidAccessKeyId)"},
		{"no such bucket", sim.Trouble{}, func(o *BucketOptions) { o.Bucket = "other" }, ngo.Unavailable, "there is no bucket other"},
		{"nobody there", sim.Trouble{}, func(o *BucketOptions) { o.Endpoint = "127.0.0.1:1" }, ngo.Unavailable, "cannot be reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newRemote(t)
			b := written(t, h.Store, []byte("kept"), 10)
			if tt.change != nil {
				h = onServer(t, h.server, h.dir, tt.change)
			} else {
				h.server.Trouble(tt.trouble)
			}
			_, err := h.Put(t.Context(), newID(), []byte("new"))
			if ngo.CodeOf(err) != tt.want || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Put = %v, code %s; want %s: %s", err, ngo.CodeOf(err), tt.want, tt.says)
			}
			if _, err = h.Get(t.Context(), b); ngo.CodeOf(err) != tt.want {
				t.Errorf("Get = %v, code %s; want %s", err, ngo.CodeOf(err), tt.want)
			}
			if err := h.bucket.Check(t.Context()); ngo.CodeOf(err) != tt.want {
				t.Errorf("Check = %v, code %s; want %s", err, ngo.CodeOf(err), tt.want)
			}
		})
	}
}

// A server that stumbles once is asked again by itself.
func TestBucketStumbles(t *testing.T) {
	t.Parallel()
	h := newRemote(t)
	for _, trouble := range []sim.Trouble{{At: "PUT", Status: 503, Times: 1}, {At: "PUT", Lost: true, Times: 1}, {At: "PUT", Delay: 200 * time.Millisecond, Times: 1}, {At: "GET", Status: 500, Times: 1}} {
		h.server.Trouble(trouble)
		b := written(t, h.Store, noise(200_000), 7000)
		if _, err := h.Get(t.Context(), b); err != nil {
			t.Errorf("%+v: %v", trouble, err)
		}
	}
}

func TestBucketLosesOrChangesAFile(t *testing.T) {
	t.Parallel()
	h := newRemote(t)
	b := written(t, h.Store, noise(200_000), 7000)
	name := h.Store.bucket.name(b.ID)
	data := h.server.Objects()[name].Data
	h.server.Set(name, data[:len(data)-70_000], time.Now())
	if _, err := h.Get(t.Context(), b); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("Get of a file cut short = %v; want Invalid", err)
	}
	h.server.Set(name, data, time.Now())
	h.server.Trouble(sim.Trouble{At: "GET", Cut: true})
	if _, err := h.Get(t.Context(), b); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Get over a line that breaks = %v, code %s; want Unavailable", err, ngo.CodeOf(err))
	}
	h.server.Heal()
	h.server.Set(name, nil, time.Now())
	if _, err := h.Get(t.Context(), b); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("Get of a missing file = %v; want NotFound", err)
	}
}

func TestAHangingBucketEndsWithTheContext(t *testing.T) {
	t.Parallel()
	h := newRemote(t)
	h.server.Trouble(sim.Trouble{Hang: true})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := h.Put(ctx, newID(), []byte("x")); err == nil {
		t.Error("Put went through")
	}
	h.server.Heal()
}

func TestSweepInABucket(t *testing.T) {
	t.Parallel()
	h := newRemote(t)
	kept := written(t, h.Store, []byte("kept"), 10)
	for range 12 {
		written(t, h.Store, []byte("nobody's"), 10)
	}
	old := time.Now().Add(-2 * time.Hour)
	for name, o := range h.server.Objects() {
		h.server.Set(name, o.Data, old)
	}
	young := written(t, h.Store, []byte("young"), 10)
	h.server.Set("sevai/blobs/org_1/xx/README", []byte("x"), old)
	h.server.Set("others/file", []byte("x"), old)
	known := func(ids []ngo.BlobID) (map[ngo.BlobID]bool, error) { return map[ngo.BlobID]bool{kept.ID: true}, nil }
	n, err := h.Sweep(t.Context(), time.Now().Add(-time.Hour), known)
	if n != 12 || err != nil {
		t.Errorf("Sweep = %d, %v; want 12", n, err)
	}
	for _, b := range []Blob{kept, young} {
		if _, err := h.Get(t.Context(), b); err != nil {
			t.Error(err)
		}
	}
	left := h.server.Objects()
	for _, name := range []string{"sevai/blobs/org_1/xx/README", "others/file", "sevai/owner"} {
		if _, ok := left[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
}

// A folder that was restored from a backup beside the first one knows nothing of what came since, and must not tidy it away.
func TestOnlyTheOwnerSweepsABucket(t *testing.T) {
	t.Parallel()
	h := newRemote(t)
	b := written(t, h.Store, []byte("of the first"), 10)
	all := func([]ngo.BlobID) (map[ngo.BlobID]bool, error) { return map[ngo.BlobID]bool{b.ID: true}, nil }
	none := func([]ngo.BlobID) (map[ngo.BlobID]bool, error) { return nil, nil }
	if _, err := h.Sweep(t.Context(), time.Now(), all); err != nil {
		t.Fatal(err)
	}
	drill := onServer(t, h.server, t.TempDir())
	if n, err := drill.Sweep(t.Context(), time.Now().Add(time.Hour), none); n != 0 || ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("Sweep of another folder = %d, %v; want Conflict", n, err)
	}
	if _, err := drill.Get(t.Context(), b); err != nil {
		t.Errorf("it cannot read what the backup knows: %v", err)
	}
	h.server.Set("sevai/owner", nil, time.Now()) // as the hint says
	if _, err := drill.Sweep(t.Context(), time.Now(), all); err != nil {
		t.Errorf("Sweep of the new owner = %v", err)
	}
	if _, err := h.Sweep(t.Context(), time.Now(), all); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("Sweep of the former owner = %v; want Conflict", err)
	}
}

func TestBucketOptions(t *testing.T) {
	t.Parallel()
	right := BucketOptions{Endpoint: "s3.example.org", Bucket: "b", AccessKey: "a", Secret: "s"}
	for name, change := range map[string]func(*BucketOptions){
		"no endpoint": func(o *BucketOptions) { o.Endpoint = "" }, "no bucket": func(o *BucketOptions) { o.Bucket = "" }, "no key": func(o *BucketOptions) { o.AccessKey = "" },
		"no secret": func(o *BucketOptions) { o.Secret = "" }, "a URL": func(o *BucketOptions) { o.Endpoint = "https://s3.example.org/x" },
	} {
		o := right
		change(&o)
		if _, err := NewBucket(o); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%s: %v; want Invalid", name, err)
		}
	}
	if _, err := NewBucket(right); err != nil {
		t.Error(err)
	}
}

// The double checks what it is sent: else the tests above would prove nothing.
func TestTheDoubleWantsSignatures(t *testing.T) {
	t.Parallel()
	h := newRemote(t)
	res, err := http.Get(h.server.URL() + "/bucket?list-type=2") //nolint:noctx // loopback
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusForbidden || !bytes.Contains(body, []byte("AccessDenied")) {
		t.Errorf("an unsigned request is answered with %d: %s, %v", res.StatusCode, body, err)
	}
}
