package backup_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/ngoctl/ngoctl/daemon/backup"
	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/sqlite"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// folder is a data folder with gifts, a blob and a key in it.
type folder struct {
	dir   string
	store *store.Store
	org   *store.Org
	key   *age.X25519Identity
}

func newFolder(t *testing.T, gifts int) folder {
	t.Helper()
	dir := t.TempDir()
	s := storetest.Open(t, storetest.In(dir))
	o := storetest.AddOrg(t, s, "sevai")
	if err := seed.Fill(t.Context(), o, seed.Options{Gifts: gifts}); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"config.toml": "listen = \"127.0.0.1:1\"\n", "keys/master.key": "key", "lock": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "backups"), 0o700); err != nil {
		t.Fatal(err)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return folder{dir, s, o, key}
}

func (f folder) create(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	c, err := backup.Take(t.Context(), backup.Options{Dir: f.dir, Store: f.store, Recipients: []age.Recipient{f.key.Recipient()}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(f.dir, "backups", ".snapshot-*")); len(left) > 0 {
		t.Errorf("a backup left %v", left)
	}
	return out.Bytes()
}

func (f folder) restore(data []byte, dir string) error {
	_, err := backup.Restore(context.Background(), bytes.NewReader(data), []age.Identity{f.key}, dir, nil)
	return err
}

func summary(t *testing.T, o *store.Org) (s store.Summary) {
	t.Helper()
	storetest.Read(t, o, func(rx *store.Rx) (err error) {
		s, err = rx.Summary(ngo.DateOf(time.Now(), time.UTC))
		return err
	})
	return s
}

// What holds people who may have been erased since does not stay, nor does it go into a backup: the databases copied by a
// backup that was killed, and those from before a migration.
func TestOldCopiesOfDatabases(t *testing.T) {
	t.Parallel()
	f := newFolder(t, 1)
	killed := filepath.Join(f.dir, "backups", ".snapshot-123", "sevai.db")
	before := filepath.Join("orgs", "sevai", "org.db.before-2-20260101T000000.000000000")
	for _, file := range []string{killed, filepath.Join(f.dir, before)} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("people"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := backup.RemoveLeft(f.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(killed)); !os.IsNotExist(err) {
		t.Errorf("what a killed backup left: %v; want it gone", err)
	}
	target := filepath.Join(t.TempDir(), "restored")
	if err := f.restore(f.create(t), target); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(target, before)); !os.IsNotExist(err) {
		t.Errorf("the copy from before a migration was backed up: %v", err)
	}
}

func TestARestoredFolderIsTheOneThatWasBackedUp(t *testing.T) {
	t.Parallel()
	f := newFolder(t, 300)
	shelf, err := blob.Open(filepath.Join(f.org.Dir(), "blobs"), f.org.Box())
	if err != nil {
		t.Fatal(err)
	}
	defer shelf.Close()
	paper, err := shelf.Put(t.Context(), ngo.NewID[ngo.BlobID](time.Now()), []byte("a receipt"))
	if err != nil {
		t.Fatal(err)
	}

	target := filepath.Join(t.TempDir(), "restored")
	if err := f.restore(f.create(t), target); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: target, Engine: sqlite.Open, Keys: storetest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o, err := s.Org(t.Context(), "sevai")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := summary(t, o), summary(t, f.org); got.ReceiptsIssued != want.ReceiptsIssued || want.ReceiptsIssued != 300 {
		t.Errorf("restored receipts = %d, want %d and 300", got.ReceiptsIssued, want.ReceiptsIssued)
	}
	if r, err := o.VerifyAudit(t.Context()); err != nil || !r.Whole() {
		t.Errorf("trail of the restored folder: %+v, %v", r, err)
	}
	again, err := blob.Open(filepath.Join(o.Dir(), "blobs"), o.Box())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got, err := again.Get(t.Context(), paper); err != nil || string(got) != "a receipt" {
		t.Errorf("restored blob = %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(target, "config.toml")); err != nil {
		t.Errorf("config.toml was not restored: %v", err)
	}
}

func TestABackupUnderLoadIsOneMoment(t *testing.T) {
	t.Parallel()
	f := newFolder(t, 50)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := seed.Fill(context.WithoutCancel(ctx), f.org, seed.Options{Gifts: 20}); err != nil {
				t.Errorf("write during backup: %v", err)
				return
			}
		}
	})
	data := f.create(t)
	stop()
	wg.Wait()

	target := filepath.Join(t.TempDir(), "restored")
	if err := f.restore(data, target); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: target, Engine: sqlite.Open, Keys: storetest.Keys()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	o, err := s.Org(t.Context(), "sevai")
	if err != nil {
		t.Fatal(err)
	}
	storetest.Read(t, o, func(rx *store.Rx) error {
		wrong, err := rx.Recount()
		if len(wrong) > 0 {
			t.Errorf("the restored sums do not fit the restored rows: %v", wrong)
		}
		return err
	})
	if r, err := o.VerifyAudit(t.Context()); err != nil || !r.Whole() {
		t.Errorf("trail of the restored folder: %+v, %v", r, err)
	}
}

func TestADamagedBackupRestoresNothing(t *testing.T) {
	t.Parallel()
	f := newFolder(t, 20)
	data := f.create(t)
	rng := rand.New(rand.NewPCG(1, 2))
	damage := map[string][]byte{"empty": nil, "cut in half": data[:len(data)/2], "cut at the end": data[:len(data)-1], "not a backup": []byte("hello")}
	for range 40 {
		flipped := bytes.Clone(data)
		flipped[rng.IntN(len(flipped))] ^= 1 << rng.IntN(8)
		damage["one bit flipped"] = flipped
		for name, bad := range damage {
			target := filepath.Join(t.TempDir(), "restored")
			err := f.restore(bad, target)
			if code := ngo.CodeOf(err); code != ngo.Invalid && code != ngo.Denied {
				t.Errorf("%s: restore says %v, want invalid or denied", name, err)
			}
			if _, err := os.Stat(target); !os.IsNotExist(err) {
				t.Errorf("%s: something stands at the target: %v", name, err)
			}
		}
		clear(damage)
	}
}

func TestDamageDeepInsideALargeBackupIsToldAsDamage(t *testing.T) {
	t.Parallel()
	f := newFolder(t, 1)
	noise := make([]byte, 1<<20) // does not compress, so that the damage lies in the middle of a file
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	if err := os.MkdirAll(filepath.Join(f.dir, "tls"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "tls", "noise"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	data := f.create(t)
	flipped := bytes.Clone(data)
	flipped[len(flipped)/2] ^= 1
	for name, bad := range map[string][]byte{"one bit flipped": flipped, "cut in half": data[:len(data)/2]} {
		if err := f.restore(bad, filepath.Join(t.TempDir(), "restored")); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%s: restore says %v, want invalid", name, err)
		}
	}
}

func TestRestoreNeverOverwrites(t *testing.T) {
	t.Parallel()
	f := newFolder(t, 5)
	data := f.create(t)
	target := t.TempDir()
	if err := os.WriteFile(filepath.Join(target, "precious"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.restore(data, target); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("restore into a full folder says %v, want conflict", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(target), ".restoring-*")); len(left) > 0 {
		t.Errorf("restore left %v", left)
	}
}

func TestOnlyTheKeyOpensABackup(t *testing.T) {
	t.Parallel()
	f := newFolder(t, 5)
	data := f.create(t)
	if bytes.Contains(data, []byte("sevai")) {
		t.Error("the backup shows an organisation's name")
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	f.key = other
	if err := f.restore(data, filepath.Join(t.TempDir(), "x")); ngo.CodeOf(err) != ngo.Denied {
		t.Errorf("another key: %v, want denied", err)
	}
}

func TestKeysAreReadStrictly(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func() error{
		"nobody":         func() error { _, err := backup.Recipients(nil, ""); return err },
		"both":           func() error { _, err := backup.Recipients([]string{"age1x"}, "words"); return err },
		"not a key":      func() error { _, err := backup.Recipients([]string{"hello"}, ""); return err },
		"empty key file": func() error { _, err := backup.Identities("", ""); return err },
	} {
		if err := try(); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if r, err := backup.Recipients(nil, strings.Repeat("correct horse ", 3)); err != nil || len(r) != 1 {
		t.Errorf("a passphrase: %v, %v", r, err)
	}
}
