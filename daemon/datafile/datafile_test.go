package datafile_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngoctl/ngoctl/daemon/datafile"
)

type fruit struct {
	Name string `toml:"name"`
	Rate int    `toml:"rate"`
}

// One file that cannot be used costs none of the others, and is named with what is wrong in each of its lines.
func TestRead(t *testing.T) {
	t.Parallel()
	from := fstest.MapFS{
		"mango.toml": {Data: []byte("name = 'mango'\nrate = 3\n")},
		"plum.toml":  {Data: []byte("name = 'plum'\nprice = 3\n\n[\"\\u001b[31m\"]\nrate = 1\n")},
		"fig.toml":   {Data: []byte("name = 'fig'\nrate = three\n")},
		"lime.toml":  {Data: []byte("name = 'lime'\nrate = -1\n")},
		"notes.txt":  {Data: []byte("no data")},
	}
	parse := func(data []byte) (f fruit, err error) {
		if err = datafile.Decode(data, &f); err == nil && f.Rate < 0 {
			err = errors.New("too cheap")
		}
		return f, err
	}
	files, problems := datafile.Read(from, parse, func(name string, err error) error { return fmt.Errorf("%s: %w", name, err) })
	if len(files) != 1 || files["mango.toml"] != (fruit{"mango", 3}) {
		t.Errorf("read %v of %v", slices.Sorted(maps.Keys(files)), files)
	}
	want := []string{"fig.toml: line 2: ", "lime.toml: too cheap", "plum.toml: line 2: unknown key price\nline 4: unknown key "}
	if len(problems) != len(want) {
		t.Fatalf("problems: %v", problems)
	}
	for i, p := range problems {
		if !strings.HasPrefix(p.Error(), want[i]) || strings.Contains(p.Error(), "\x1b") {
			t.Errorf("%q; want %q", p, want[i])
		}
	}
}
