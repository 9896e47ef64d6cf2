package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestSaysNothingToATerminalUnasked runs the program on a terminal that answers no question, as a serial console or a
// build's log is one.
func TestSaysNothingToATerminalUnasked(t *testing.T) {
	t.Parallel()
	script, err := exec.LookPath("script")
	if err != nil && os.Getenv("NGOCTL_TEST_ALL") != "1" {
		t.Skip("script is not installed")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test program is ngoctl when it is called by that name: see TestMain.
	dir := t.TempDir()
	if err := os.Symlink(self, dir+"/"+programName); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), script, "-qec", dir+"/"+programName+" version", "/dev/null")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !bytes.HasPrefix(out, []byte("ngoctl ")) || bytes.ContainsRune(out, '\x1b') {
		t.Errorf("ngoctl version wrote %q, want its version and no escape sequence", out)
	}
}
