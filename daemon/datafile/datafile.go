// Package datafile reads what the application knows from files rather than from its code: laws and prices, a TOML file each, built in
// and, in the data folder, an operator's own. It promises that a malformed file is refused with every line that is wrong, and that one
// such file costs none of the others. It must not know what the files say.
package datafile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Read reads the .toml files of a folder by their names. Those that parse refuses are left out; each of the problems is what unusable
// makes of one of them.
func Read[T any](from fs.FS, parse func([]byte) (T, error), unusable func(name string, err error) error) (files map[string]T, problems []error) {
	names, err := fs.Glob(from, "*.toml")
	if err != nil {
		return nil, []error{fmt.Errorf("list files: %w", err)}
	}
	files = map[string]T{}
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			problems = append(problems, unusable(name, err))
			continue
		}
		one, err := parse(data)
		if err != nil {
			problems = append(problems, unusable(name, err))
			continue
		}
		files[name] = one
	}
	return files, problems
}

// Decode reads TOML into a struct. It fails with a line for each key that the struct has not, and for what is no TOML.
func Decode(data []byte, into any) error {
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(into)
	if unknown, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		var faults []error
		for _, e := range unknown.Errors {
			line, _ := e.Position()
			faults = append(faults, fmt.Errorf("line %d: unknown key %s", line, ngo.Printable(strings.Join(e.Key(), "."))))
		}
		return errors.Join(faults...)
	}
	if bad, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, _ := bad.Position()
		return fmt.Errorf("line %d: %w", line, err)
	}
	return err
}
