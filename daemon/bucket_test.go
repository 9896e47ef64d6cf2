package daemon

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// inBucket makes a data folder keep its files on a server.
func inBucket(t testing.TB, server *sim.S3) func(*Options) {
	return func(o *Options) {
		secret := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(secret, []byte(server.Options().Secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		o.Config.Blobs = BlobsConfig{Endpoint: server.Endpoint(), Bucket: "bucket", Prefix: "house", AccessKey: "access", SecretFile: secret}
	}
}

func fine(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newS3(t testing.TB) *sim.S3 {
	t.Helper()
	server, err := sim.NewS3(sim.S3Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func TestFilesLieInABucket(t *testing.T) {
	t.Parallel()
	server := newS3(t)
	b, o, _ := newBase(t, inBucket(t, server))
	shelf, err := b.blobs.Of(o.Info())
	fine(t, err)
	known, err := shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](time.Now()), []byte("known"))
	fine(t, err)
	_, err = shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](time.Now()), []byte("of a transaction that never was"))
	fine(t, err)
	fine(t, o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error { return tx.AddBlob(known.ID, known.Size, known.SHA, known.Key) }))
	for name, object := range server.Objects() {
		if !strings.HasPrefix(name, "house/blobs/"+string(o.Info().ID)+"/") || bytes.Contains(object.Data, []byte("known")) {
			t.Errorf("the bucket has %s: %q", name, object.Data)
		}
		server.Set(name, object.Data, time.Now().Add(-2*time.Hour))
	}
	if _, files, err := b.tidyOrg(t.Context(), o.Info()); files != 1 || err != nil {
		t.Errorf("tidying: %d files, %v; want the orphan", files, err)
	}
	if got, err := shelf.Get(t.Context(), known); err != nil || string(got) != "known" {
		t.Errorf("Get = %q, %v", got, err)
	}
	restored(t, b, known)
}

// restored takes a backup and puts it elsewhere: there the same file can be read, and nothing is tidied away.
func restored(t *testing.T, b *base, known blob.Blob) {
	t.Helper()
	client, server, err := b.local()
	fine(t, err)
	defer server.Close()
	var file bytes.Buffer
	fine(t, client.CreateBackup(t.Context(), api.BackupRequest{Passphrase: "words"}, &file))
	dir := filepath.Join(t.TempDir(), "again")
	out, err := Restore(t.Context(), &file, RestoreOptions{Dir: dir, Passphrase: "words"})
	fine(t, err)
	if !strings.HasSuffix(out.Bucket, "/bucket/house/") {
		t.Errorf("the backup says that files are in %q", out.Bucket)
	}
	again, err := openBase(t.Context(), Options{Dir: dir, Config: b.o.Config, Now: time.Now, Log: b.o.Log}, 0)
	fine(t, err)
	defer func() { fine(t, again.close()) }()
	orgs, err := again.store.Orgs(t.Context())
	fine(t, err)
	shelf, err := again.blobs.Of(orgs[0])
	fine(t, err)
	r, err := shelf.Open(t.Context(), known)
	fine(t, err)
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "known" {
		t.Errorf("after the restore it is %q, %v", got, err)
	}
	if _, _, err := again.tidyOrg(t.Context(), orgs[0]); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("the copy tidies the bucket of the first: %v; want Conflict", err)
	}
}

func TestABucketsTroubleShows(t *testing.T) {
	t.Parallel()
	server := newS3(t)
	b, _, _ := newBase(t, inBucket(t, server))
	check := func(want string) {
		t.Helper()
		b.watch.note(b.blobs.Bucket().Check(t.Context()))
		if got := strings.Join(b.watch.problems(), "\n"); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("the status says %q; want %q", got, want)
		}
	}
	check("")
	server.Trouble(sim.Trouble{Status: 403})
	check("does not let us in")
	server.Heal()
	check("")
}

func TestABucketNeedsItsSecret(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	c.Blobs = BlobsConfig{Endpoint: "127.0.0.1:1", Bucket: "b", AccessKey: "a", SecretFile: "keys/none"}
	if _, err := openShelves(Options{Dir: t.TempDir(), Config: c}, nil); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("without its secret: %v; want Invalid", err)
	}
}
