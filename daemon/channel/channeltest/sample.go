package channeltest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
)

// Samples has each file below dir whose name ends in ext read, and holds what it says to its row of the table: a sample without a row
// fails, and a row without a sample. What is left out is neither. On a failure it prints the row as it would have to be.
func Samples(t *testing.T, dir, ext string, want map[string][]string, heard func(t *testing.T, body []byte) []string, leftOut ...string) {
	t.Helper()
	seen := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ext {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || slices.Contains(leftOut, name) {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row, listed := want[name]
			if got := heard(t, body); !listed || !slices.Equal(got, row) {
				t.Errorf("got\n\t\t%q: {\n\t\t\t%s,\n\t\t},\nwant %q", name, quoted(got), row)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("there is no sample %s", name)
		}
	}
}

func quoted(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ",\n\t\t\t")
}

// People gives the values by which somebody is known, in a line.
func People(p channel.Person) string {
	var out []string
	for _, i := range p.Identities {
		out = append(out, i.Value)
	}
	return strings.Join(out, " ")
}
