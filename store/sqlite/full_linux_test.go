package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// TestFullFilesystem fills a real one, 2 MB of memory.
func TestFullFilesystem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		skip(t, "mounting a small filesystem needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 512<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	e := openWith(t, filepath.Join(dir, "a.db"), store.EngineOptions{}, setup{})
	yes := int64(0)
	fill := func() {
		for noes := 0; noes < 20; {
			switch err := e.Write(t.Context(), store.Ack, put(fmt.Sprint(yes, strings.Repeat("x", 3000)), 1)); {
			case err == nil:
				yes++
			case ngo.CodeOf(err) == ngo.Unavailable:
				noes++
			default:
				t.Fatalf("%v, want unavailable", err)
			}
		}
	}
	fill()
	if got := numberOf(t, e, "select count(*) from item"); got != yes || yes == 0 {
		t.Errorf("%d rows, %d yeses", got, yes)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	before := yes
	fill()
	if got := numberOf(t, e, "select count(*) from item"); got != yes || yes == before {
		t.Errorf("%d rows, %d yeses, %d of them before there was space again", got, yes, before)
	}
	if got := textOf(t, e, "pragma integrity_check"); got != "ok" {
		t.Errorf("integrity: %s", got)
	}
}

// skip leaves a test out, which counts as a failure where everything is to be tested.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("NGOCTL_TEST_ALL") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
