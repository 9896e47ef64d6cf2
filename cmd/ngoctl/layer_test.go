package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ngoctl/ngoctl"

// A layer says what a package may import of ours, besides itself and store/ngo, which everybody may. A name that ends in
// "/..." stands for the package and all below it. This is the table of docs/architecture.md.
type layer struct {
	pkg string
	may []string
}

func layers() []layer {
	pure := []string{"daemon/bank", "daemon/recon", "daemon/receipt", "daemon/idcheck", "daemon/typeset", "daemon/channel/rate"}
	driver := []string{"daemon/setting", "daemon/sign", "daemon/egress"}
	with := func(more []string, names ...string) []string { return append(slices.Clone(more), names...) }
	return []layer{
		{"cmd/ngoctl", []string{"daemon", "daemon/api", "daemon/bench", "daemon/inspect", "daemon/setting", "daemon/sim", "tui", "tui/hush", "store/..."}},
		{"daemon", []string{"daemon/...", "store/..."}},
		{"daemon/api", []string{"daemon/setting"}},
		{"daemon/apiserver", with(pure, "daemon/api", "daemon/org", "daemon/channel", "daemon/payment/desk", "daemon/setting", "daemon/blob", "daemon/backup", "daemon/inspect", "store")},
		{"daemon/public", []string{"daemon/org", "daemon/blob", "daemon/idcheck", "daemon/receipt", "daemon/typeset", "store"}},
		{"daemon/ingress", nil},
		{"daemon/webhook", []string{"store"}},
		{"daemon/pull", []string{"daemon/org", "daemon/channel", "daemon/payment", "daemon/egress", "daemon/setting", "store"}},
		{"daemon/worker", []string{"store"}},
		{"daemon/indexer", []string{"store"}},
		{"daemon/flow", with(pure, "daemon/org", "daemon/channel", "daemon/payment", "daemon/assist", "daemon/blob", "daemon/backup", "daemon/inspect", "store")},
		{"daemon/org", []string{"daemon/channel", "daemon/payment", "daemon/assist", "daemon/setting", "store"}},
		{"daemon/channel/rate", []string{"daemon/datafile"}},
		{"daemon/channel/...", with(driver, "daemon/channel/...")},
		{"daemon/payment/...", with(driver, "daemon/payment/...")},
		{"daemon/assist/...", []string{"daemon/assist/...", "daemon/setting", "daemon/egress"}},
		{"daemon/blob", []string{"store/seal"}},
		{"daemon/inspect", nil},
		{"daemon/backup", []string{"store", "store/seal", "daemon/blob"}},
		{"daemon/sshdesk", nil},
		{"daemon/datafile", nil},
		{"daemon/setting", nil},
		{"daemon/sign", nil},
		{"daemon/egress", nil},
		{"daemon/sim", []string{"daemon/sign"}},
		{"daemon/bench", []string{"daemon/...", "store/..."}},
		{"daemon/bank", nil},
		{"daemon/recon", nil},
		{"daemon/receipt", []string{"daemon/datafile", "daemon/typeset"}},
		{"daemon/idcheck", nil},
		{"daemon/typeset", nil},
		{"store", []string{"store/seal"}},
		{"store/ngo", nil},
		{"store/seal", nil},
		{"store/sqlite", []string{"store", "store/seal"}},
		{"store/postgres", []string{"store", "store/seal"}},
		{"store/seed", []string{"store"}},
		{"store/storetest", []string{"store/..."}},
		{"tui/hush", nil}, // not even store/ngo: see its comment
		{"tui/...", []string{"tui/...", "daemon/api", "daemon/setting", "daemon/typeset"}},
	}
}

// forTests is what a test may import besides: the suites, made-up gifts, the doubles of providers, and, because nothing of ours is
// mocked, the real engine and the real drivers.
func forTests() []string {
	return []string{"store/storetest", "store/seed", "store/sqlite", "daemon/sim", "daemon/channel/...", "daemon/payment/...", "daemon/setting"}
}

func covers(pattern, pkg string) bool {
	if under, all := strings.CutSuffix(pattern, "/..."); all {
		return pkg == under || strings.HasPrefix(pkg, under+"/")
	}
	return pattern == pkg
}

// layerOf prefers the line that names the package itself to one that names what it is below.
func layerOf(pkg string) (layer, bool) {
	found, ok := layer{}, false
	for _, l := range layers() {
		if covers(l.pkg, pkg) && len(l.pkg) > len(found.pkg) {
			found, ok = l, true
		}
	}
	return found, ok
}

// TestLayers reads the source files itself: a test that asked "go list" would be cached, and pass on yesterday's answer.
func TestLayers(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		l, known := layerOf(f.pkg)
		if !known {
			t.Errorf("%s: package %s has no line in the map: say what it is for and what it may import", f.path, f.pkg)
			continue
		}
		may := append([]string{l.pkg, "store/ngo"}, l.may...)
		if strings.HasSuffix(f.path, "_test.go") {
			may = append(may, forTests()...)
		}
		for _, imported := range f.imports {
			ours, is := strings.CutPrefix(imported, module+"/")
			if is && ours != f.pkg && !slices.ContainsFunc(may, func(p string) bool { return covers(p, ours) }) {
				t.Errorf("%s: %s may not import %s", f.path, f.pkg, ours)
			}
			if imported == "database/sql" && f.pkg != "store" && !strings.HasPrefix(f.pkg, "store/") {
				t.Errorf("%s: only store and what is below it speak SQL", f.path)
			}
		}
	}
}

// A source is one Go file of the repository.
type source struct {
	path, pkg string // below the root, with slashes
	imports   []string
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var found []source
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "dist"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, filepath.FromSlash(name)), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		s := source{path: name, pkg: path.Dir(name)}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		found = append(found, s)
		return nil
	})
	if err != nil {
		t.Fatalf("read sources: %v", err)
	}
	if len(found) < 20 {
		t.Fatalf("found %d source files; is %s the root?", len(found), root)
	}
	return found
}

func TestMainStaysSmall(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(text, []byte("\n")); lines > 40 {
		t.Errorf("main.go has %d lines, want at most 40: what it does belongs to run.go", lines)
	}
}
