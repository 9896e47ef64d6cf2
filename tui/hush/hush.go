// Package hush keeps a library from talking to the terminal before we do. When bubbletea is initialised it asks the
// terminal for its background colour, in every program that links it, and waits five seconds where nothing answers: on
// a serial console, under script(1), in a build's log. It does not ask a terminal of the kind "dumb"; so TERM says that
// until main has begun.
//
// It must import nothing but os. Go initialises packages whose imports are ready in the order of their paths, and this
// one is then ready long before bubbletea, which waits for os/exec and others behind us. A test of the built program
// holds that.
package hush

import "os"

const variable = "TERM"

// term is what TERM said when the program started.
var term, had = quiet()

func quiet() (string, bool) {
	term, had := os.LookupEnv(variable)
	if had {
		os.Setenv(variable, "dumb") //nolint:errcheck // fails for malformed names only
	}
	return term, had
}

// End lets TERM say what it said. Main calls it first of all.
func End() {
	if had {
		os.Setenv(variable, term) //nolint:errcheck // fails for malformed names only
	}
}
