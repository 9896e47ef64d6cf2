// Package setting describes a driver's settings as data, from which the command line, the desk and the API build their
// forms and check what was entered. It knows no driver and does no I/O.
package setting

// Field is one setting of a driver.
type Field struct {
	Name     string `json:"name"`     // as in the flag: webhook-secret
	Title    string `json:"title"`    // for a form
	Help     string `json:"help"`     // one sentence: what it is and where to find it
	Secret   bool   `json:"secret"`   // comes from a file or standard input as NAME-file, is sealed and never shown
	Required bool   `json:"required"` //
	Default  string `json:"default"`
	Kind     Kind   `json:"kind"`
}

// Kind is how a value is checked.
type Kind string

// The kinds of value.
const (
	Text    Kind = "text"
	URL     Kind = "url"
	Address Kind = "address" // HOST:PORT
	Mail    Kind = "mail"    // one mail address, with or without a name
	Choice  Kind = "choice"  // one of Field.Choices
)

// Form is all the settings of a driver.
type Form []Field

// Values are settings by name, secrets included.
type Values map[string]string
