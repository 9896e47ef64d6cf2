package daemon

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/sqlite"
)

type noHandler struct{}

func (noHandler) ServeHTTP(http.ResponseWriter, *http.Request) {}

func sevai(dir string) InitOptions { return InitOptions{Dir: dir, Org: "sevai", Name: "Sevai Trust"} }

func TestInitMakesAFolderForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	if err := Init(t.Context(), sevai(dir)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v (%v), want 700", info.Mode(), err)
	}
	c, err := LoadConfig(dir)
	if err != nil || c.Listen != "127.0.0.1:8443" || c.TLS.Mode != "off" {
		t.Errorf("config %+v, %v; want the default", c, err)
	}
	keys, err := seal.LoadRing(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Engine: sqlite.Open, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	orgs, err := s.Orgs(t.Context())
	if err != nil || len(orgs) != 1 || orgs[0].Slug != "sevai" || orgs[0].Name != "Sevai Trust" {
		t.Errorf("organisations %v, %v; want sevai", orgs, err)
	}
	if err := Init(t.Context(), sevai(dir)); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("a second time: %v, want Conflict", err)
	}
}

func TestInitChoosesTLSByWhoCanReachIt(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{"": "off", "127.0.0.1:0": "off", ":8443": "internal", "192.168.1.2:443": "internal"} {
		o := InitOptions{Listen: listen}
		if got := o.config().TLS.Mode; got != want {
			t.Errorf("listen %q: tls %s, want %s", listen, got, want)
		}
	}
}

func TestInitLeavesNothingBehindWhenItFails(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*InitOptions){
		"a wrong short name":      func(o *InitOptions) { o.Org = "Sevai Trust" },
		"a wrong zone":            func(o *InitOptions) { o.Zone = "Asia/Atlantis" },
		"no name":                 func(o *InitOptions) { o.Name = "" },
		"off for everybody":       func(o *InitOptions) { o.Listen, o.TLS = ":8443", "off" },
		"acme without a name":     func(o *InitOptions) { o.TLS = "acme" },
		"an address that is none": func(o *InitOptions) { o.Listen = "here" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := sevai(filepath.Join(t.TempDir(), "data"))
			change(&o)
			if err := Init(t.Context(), o); ngo.CodeOf(err) != ngo.Invalid {
				t.Errorf("%v, want Invalid", err)
			}
			if _, err := os.Stat(o.Dir); !os.IsNotExist(err) {
				t.Errorf("the folder is there: %v", err)
			}
		})
	}
}

func TestInitTouchesNoFolderOfOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.odt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Init(t.Context(), sevai(dir)); ngo.CodeOf(err) != ngo.Conflict || !strings.Contains(err.Error(), "thesis.odt") {
		t.Errorf("%v, want Conflict", err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("it left %d entries, want the one", len(entries))
	}
}

func TestInitCarriesOnWhatWasCutShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // also: an empty folder that is there already, open to others
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Init(t.Context(), sevai(dir)); err != nil {
		t.Fatal(err)
	}
	key, _ := os.ReadFile(seal.Path(dir))
	if err := os.Remove(filepath.Join(dir, "config.toml")); err != nil { // as if the power had gone just before
		t.Fatal(err)
	}
	if err := Init(t.Context(), sevai(dir)); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.ReadFile(seal.Path(dir)); string(again) != string(key) {
		t.Error("the master key was made anew")
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v (%v), want 700", info.Mode(), err)
	}
}

func TestOneProcessPerFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := lockFolder(t.Context(), dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lockFolder(t.Context(), dir, 0)
	if ngo.CodeOf(err) != ngo.Conflict || !strings.Contains(err.Error(), "process ") {
		t.Errorf("a second one: %v, want Conflict with the process named", err)
	}
	if _, err := lockFolder(t.Context(), dir, 120*time.Millisecond); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("after waiting: %v, want Conflict", err)
	}
	got := make(chan error, 1)
	go func() {
		second, err := lockFolder(context.WithoutCancel(t.Context()), dir, 10*time.Second)
		if err == nil {
			err = second.release()
		}
		got <- err
	}()
	if err := first.release(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("one that waited: %v, want the lock", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	third, err := lockFolder(ctx, dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer third.release()
	cancel()
	if _, err := lockFolder(ctx, dir, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while it waits: %v, want that", err)
	}
	if _, err := lockFolder(t.Context(), filepath.Join(dir, "none"), 0); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("no folder: %v, want NotFound", err)
	}
}
