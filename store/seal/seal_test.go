package seal_test

import (
	"bytes"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

func TestSealedOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	ring := seal.NewRing([32]byte{1})
	box := ring.Org("org_a")
	sealed := box.Seal([]byte("ABCDE1234F"), "donation", "pan", "don_1")
	if got, err := box.Open(sealed, "donation", "pan", "don_1"); err != nil || string(got) != "ABCDE1234F" {
		t.Fatalf("Open in its place = %q, %v", got, err)
	}
	if bytes.Contains(sealed, []byte("ABCDE")) {
		t.Error("the sealed value shows the plain one")
	}
	for _, tt := range []struct {
		name               string
		box                *seal.Box
		table, column, row string
	}{
		{"another row", box, "donation", "pan", "don_2"},
		{"another column", box, "donation", "name", "don_1"},
		{"another table", box, "receipt", "pan", "don_1"},
		{"parts shifted", box, "donationpan", "", "don_1"},
		{"another organisation", ring.Org("org_b"), "donation", "pan", "don_1"},
		{"another master key", seal.NewRing([32]byte{2}).Org("org_a"), "donation", "pan", "don_1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := tt.box.Open(sealed, tt.table, tt.column, tt.row); ngo.CodeOf(err) != ngo.Internal {
				t.Errorf("Open = %q, %v; want Internal", got, err)
			}
		})
	}
}

func TestAnyChangeIsFound(t *testing.T) {
	t.Parallel()
	box := seal.NewRing([32]byte{1}).Org("org_a")
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		sealed := box.Seal(plain, "a", "b", "c")
		if got, err := box.Open(sealed, "a", "b", "c"); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open(Seal(%x)) = %x, %v", plain, got, err)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := box.Open(sealed, "a", "b", "c"); err == nil {
			t.Fatalf("a changed byte %d went unseen", at)
		}
		if _, err := box.Open(sealed[:at], "a", "b", "c"); err == nil {
			t.Fatalf("a cut at %d went unseen", at)
		}
	})
}

func TestDigestTellsClassesAndOrganisationsApart(t *testing.T) {
	t.Parallel()
	ring := seal.NewRing([32]byte{1})
	seen := map[[32]byte]string{}
	for _, org := range []string{"org_a", "org_b"} {
		for _, class := range []string{"pan", "phone"} {
			d := ring.Org(org).Digest(class, []byte("x"))
			if was := seen[d]; was != "" {
				t.Errorf("%s/%s has the digest of %s", org, class, was)
			}
			seen[d] = org + "/" + class
			if d != ring.Org(org).Digest(class, []byte("x")) {
				t.Errorf("the digest of %s/%s is not stable", org, class)
			}
		}
	}
}

func TestMasterKeyFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", "") // not parallel: the environment belongs to the process
	if _, err := seal.LoadRing(dir); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("LoadRing without a key = %v; want NotFound", err)
	}
	made, err := seal.CreateRing(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.CreateRing(dir); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a second CreateRing = %v; want Conflict", err)
	}
	read, err := seal.LoadRing(dir)
	if err != nil {
		t.Fatal(err)
	}
	sealed := made.Org("o").Seal([]byte("x"), "a", "b", "c")
	if _, err := read.Org("o").Open(sealed, "a", "b", "c"); err != nil {
		t.Errorf("the key read is not the key made: %v", err)
	}
	if names, _ := os.ReadDir(dir + "/keys"); len(names) != 1 {
		t.Errorf("left in keys: %v; want master.key alone", names)
	}
	checkBadKeyFiles(t, dir)
}

func checkBadKeyFiles(t *testing.T, dir string) {
	t.Helper()
	if err := os.Chmod(seal.Path(dir), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.LoadRing(dir); ngo.CodeOf(err) != ngo.Denied {
		t.Errorf("LoadRing of a key that others may read = %v; want Denied", err)
	}
	creds := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", creds)
	if err := os.WriteFile(creds+"/ngoctl-master", []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.LoadRing(dir); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("LoadRing of a damaged credential = %v; want Invalid", err)
	}
}

func BenchmarkSeal(b *testing.B) {
	box := seal.NewRing([32]byte{1}).Org("org_a")
	body := make([]byte, 1500)
	for b.Loop() {
		box.Seal(body, "delivery", "body", "dlv_1")
	}
}
