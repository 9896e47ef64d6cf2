package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	configName = "config.toml"
	configHead = "# Read when the daemon starts. Everything that is not here is kept in the databases beside this file.\n# All settings: docs/operations.md\n\n"
)

// LoadConfig reads config.toml of a data folder. It fails with NotFound when there is none, and with Invalid, naming
// every fault with its line.
func LoadConfig(dir string) (Config, error) {
	path := filepath.Join(dir, configName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, &ngo.Error{Code: ngo.NotFound, Message: "there is no " + path, Hint: "make a data folder with: ngoctl init; or name the right one with --data", Err: err}
	}
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, faults := parseConfig(text)
	return c, faulty(path+" is not right", "mend these lines, then try again; all settings are in docs/operations.md", faults)
}

// parseConfig reads the text and gives all its faults, by line. A text that is not TOML has one.
func parseConfig(text []byte) (Config, []fault) {
	c := DefaultConfig()
	at, err := linesOf(text)
	if err != nil {
		return c, []fault{syntaxFault(text)}
	}
	faults := decodeAll(text, &c, at)
	unread := faults
	for _, f := range c.faults() {
		if slices.ContainsFunc(unread, func(u fault) bool { return u.key == f.key }) {
			continue // the value that stands there never came in
		}
		f.line = at.line[f.key]
		faults = append(faults, f)
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return a.line - b.line })
	return c, faults
}

// keyLines says where each setting stands.
type keyLines struct {
	line   map[string]int
	starts []int // lines on which an expression begins, ascending
}

func linesOf(text []byte) (keyLines, error) {
	at := keyLines{line: map[string]int{}}
	var p unstable.Parser
	p.Reset(text)
	var table []string
	for p.NextExpression() {
		e := p.Expression()
		var key []string
		first := -1
		for it := e.Key(); it.Next(); {
			if first < 0 {
				first = p.Shape(it.Node().Raw).Start.Line
			}
			key = append(key, string(it.Node().Data))
		}
		if e.Kind == unstable.KeyValue {
			key = append(slices.Clone(table), key...)
		} else {
			table = key
		}
		name := strings.Join(key, ".")
		if at.line[name] == 0 {
			at.line[name] = first
		}
		at.starts = append(at.starts, first)
	}
	return at, p.Error()
}

func syntaxFault(text []byte) fault {
	var anything map[string]any
	err := toml.Unmarshal(text, &anything)
	if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, column := bad.Position()
		return fault{line: row, key: "column " + fmt.Sprint(column), text: strings.TrimPrefix(bad.Error(), "toml: ")}
	}
	return fault{key: configName, text: "this is not TOML"}
}

// decodeAll decodes text into c. The library stops at the first value of a wrong kind, so that one is taken out and the
// rest is read again, until all are found.
func decodeAll(text []byte, c *Config, at keyLines) []fault {
	var faults []fault
	text = slices.Clone(text)
	for range len(at.starts) + 1 {
		err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(c)
		if missing, ok := errors.AsType[*toml.StrictMissingError](err); ok {
			for _, e := range missing.Errors {
				row, _ := e.Position()
				faults = append(faults, fault{line: row, key: ngo.Printable(strings.Join(e.Key(), ".")), text: "there is no such setting"})
			}
			return faults
		}
		bad, ok := errors.AsType[*toml.DecodeError](err)
		if !ok {
			return faults
		}
		row, _ := bad.Position()
		key, from, to := at.around(row)
		faults = append(faults, fault{line: row, key: key, text: "here belongs " + kindOf(key)})
		blank(text, from, to)
	}
	return faults
}

// around gives the expression that a line belongs to: its key and its lines, the last excluded.
func (k keyLines) around(row int) (key string, from, to int) {
	i, found := slices.BinarySearch(k.starts, row)
	if !found {
		i--
	}
	i = max(i, 0)
	from, to = k.starts[i], 1<<30
	if i+1 < len(k.starts) {
		to = k.starts[i+1]
	}
	for name, line := range k.line {
		if line == from {
			key = name
		}
	}
	return key, from, to
}

// blank overwrites lines with spaces, so that the others keep their numbers.
func blank(text []byte, from, to int) {
	line := 1
	for i, b := range text {
		if b == '\n' {
			line++
		} else if line >= from && line < to {
			text[i] = ' '
		}
	}
}

func kindOf(key string) string {
	switch {
	case strings.HasPrefix(key, "lanes."):
		return "a whole number, such as 2"
	case key == "proxies", key == "tls.domains":
		return `a list of texts, such as ["one", "two"]`
	case key == "blobs.tls":
		return "true or false"
	case key == "tls", key == "lanes", key == "log", key == "metrics", key == "blobs":
		return "a section, such as [" + key + "]"
	}
	return "a text in quotes"
}

// WriteConfig writes config.toml into a data folder, in place of the old one: what differs from the defaults, with a
// comment on each setting. It fails with Invalid when a setting cannot be.
func WriteConfig(dir string, c Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	var text bytes.Buffer
	text.WriteString(configHead)
	if err := toml.NewEncoder(&text).Encode(c.asked()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, configName), text.Bytes()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// asked is the configuration without what is so by default anyway. Where it listens and how is always told.
func (c Config) asked() Config {
	d := DefaultConfig()
	for value, usual := range map[*int]int{
		&c.Lanes.Payment: d.Lanes.Payment, &c.Lanes.Message: d.Lanes.Message, &c.Lanes.Document: d.Lanes.Document,
		&c.Lanes.Outbound: d.Lanes.Outbound, &c.Lanes.Bulk: d.Lanes.Bulk,
	} {
		if *value == usual {
			*value = 0
		}
	}
	if c.Log.Level == d.Log.Level {
		c.Log.Level = ""
	}
	if c.Log.Format == d.Log.Format {
		c.Log.Format = ""
	}
	if c.Blobs == d.Blobs {
		c.Blobs = BlobsConfig{}
	}
	return c
}

// replaceFile puts a whole new file in the place of the old one, on disk before it returns.
func replaceFile(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
