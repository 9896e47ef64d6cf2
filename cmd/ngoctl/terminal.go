package main

import (
	"io"
	"os"
	"path/filepath"

	"golang.org/x/term"
)

// A terminal is what the program sees of the world around it. Tests put their own in its place.
type terminal struct {
	args         []string // the command line as it was typed
	in           io.Reader
	out, err     io.Writer
	inTTY        bool // somebody can answer questions
	outTTY       bool // somebody reads the answer
	errTTY       bool
	width        int // columns of the screen; 0 when it is none
	env          func(string) string
	readPassword func() ([]byte, error) // without showing it
	configDir    func() (string, error) // where this user's own files live
}

func systemTerminal() terminal {
	t := terminal{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		inTTY: isTTY(os.Stdin), outTTY: isTTY(os.Stdout), errTTY: isTTY(os.Stderr),
		env:          os.Getenv,
		readPassword: func() ([]byte, error) { return term.ReadPassword(int(os.Stdin.Fd())) },
		configDir:    os.UserConfigDir,
	}
	if t.outTTY {
		t.width, _, _ = term.GetSize(int(os.Stdout.Fd())) // 0 when it cannot be told
	}
	return t
}

func isTTY(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Where an installed service keeps its data and its socket.
const (
	serviceData = "/var/lib/ngoctl"
	serviceRun  = "/run/ngoctl"
)

// dataDir tells which data folder is meant when --data does not say: the environment's, else the installed service's,
// else one of this user's own.
func (t terminal) dataDir() string {
	if dir := t.env("NGOCTL_DATA"); dir != "" {
		return dir
	}
	if _, err := os.Stat(serviceData); err == nil {
		return serviceData
	}
	if dir := t.env("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, programName)
	}
	return filepath.Join(t.env("HOME"), ".local", "share", programName)
}

// questions tells whether a person is there to be asked.
func (t terminal) questions() bool { return t.inTTY && t.errTTY }
