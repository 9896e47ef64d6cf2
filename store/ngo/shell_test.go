package ngo_test

import (
	"os/exec"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// A real shell reads each word as it was.
func TestShellWord(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"", "plain-1.2/3", "two words", "it's", "$HOME `id` \"x\" \\", "a\nb", "*", "~", "#no", "மீனா", "''"} {
		got, err := exec.Command("sh", "-c", "printf %s "+ngo.ShellWord(w)).Output()
		if err != nil || string(got) != w {
			t.Errorf("%q as %s is read as %q, %v", w, ngo.ShellWord(w), got, err)
		}
	}
}
