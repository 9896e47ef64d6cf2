// Package setting describes a driver's settings as data, from which the command line, the desk and the API build their
// forms and check what was entered. It knows no driver, does no I/O, and changes nothing it is given.
package setting

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
)

// Field is one setting of a driver.
type Field struct {
	Name     string   `json:"name"`     // as in the flag: webhook-secret
	Title    string   `json:"title"`    // for a form
	Help     string   `json:"help"`     // one sentence: what it is and where to find it
	Secret   bool     `json:"secret"`   // comes from a file or standard input as NAME-file, is sealed and never shown
	Required bool     `json:"required"` // has no use without a value
	Default  string   `json:"default"`
	Kind     Kind     `json:"kind"`
	Choices  []string `json:"choices,omitempty"` // what a Choice may be
	Former   string   `json:"former,omitempty"`  // the setting that keeps the value before the last change for a while, as it is still in use
}

// Kind is how a value is checked.
type Kind string

// The kinds of value.
const (
	Text    Kind = "text"
	URL     Kind = "url"     // https, or http to this box or a private address; without user, query and fragment
	Address Kind = "address" // HOST:PORT
	Mail    Kind = "mail"    // one mail address, with or without a name
	Choice  Kind = "choice"  // one of Field.Choices
)

// Form is all the settings of a driver.
type Form []Field

// Values are settings by name, secrets included. They print as their names alone.
type Values map[string]string

// String gives the names that have a value, never the values: some are secrets.
func (v Values) String() string {
	return "settings[" + strings.Join(slices.Sorted(maps.Keys(v)), " ") + "]"
}

// GoString is String, for %#v.
func (v Values) GoString() string { return v.String() }

// LogValue is String, for slog.
func (v Values) LogValue() slog.Value { return slog.StringValue(v.String()) }

// Field gives the field of that name.
func (f Form) Field(name string) (Field, bool) {
	i := slices.IndexFunc(f, func(x Field) bool { return x.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return f[i], true
}

const until = "-until"

// Until names the setting that says when a former value is forgotten, in RFC 3339. It belongs to no form: the daemon keeps it
// beside those that do.
func Until(former string) string { return former + until }

// WithoutUntil gives the values that belong to a form.
func (v Values) WithoutUntil() Values {
	out := maps.Clone(v)
	maps.DeleteFunc(out, func(name, _ string) bool { return strings.HasSuffix(name, until) })
	return out
}

// Split parts checked values into those that may be shown and those that are sealed. Names that are not in the form are
// dropped.
func (f Form) Split(v Values) (settings, secrets map[string]string) {
	settings, secrets = map[string]string{}, map[string]string{}
	for _, field := range f {
		value, ok := v[field.Name]
		switch {
		case !ok:
		case field.Secret:
			secrets[field.Name] = value
		default:
			settings[field.Name] = value
		}
	}
	return settings, secrets
}
