package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/sim"
)

// TestInitInATerminal answers the questions of a first day in a real terminal: each stands on the screen with what was answered, also
// below names in Tamil; an answer that is refused at the end is asked for again, with the others kept; and the mail comes.
func TestInitInATerminal(t *testing.T) {
	t.Parallel()
	needTmux(t)
	dir, err := os.MkdirTemp("", "desk") // the test's own folder has a name too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	post, err := sim.NewSMTP(sim.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(post.Close)
	w := &window{t: t, dir: dir, env: append(os.Environ(), "NGOCTL_DATA="+filepath.Join(dir, "D"), "RUNTIME_DIRECTORY=", "TMUX=", "LC_ALL=C.UTF-8")}
	w.tmux("-f", "/dev/null", "new-session", "-d", "-s", "desk", "-x", "100", "-y", "60", `ngoctl init --listen 127.0.0.1:0; echo "left with code $?"; exec cat`)
	t.Cleanup(func() { w.tmux("kill-server") })

	answer := func(question string, keys ...string) {
		t.Helper()
		w.see("┃ " + question) // it is this one's turn
		w.press(append(keys, "Enter")...)
	}
	answer("Name of the organisation:", "சேவை அறக்கட்டளை")
	answer("Short name", "sevai")
	answer("How are connections")
	answer("Name of this machine")
	answer("Enter what your receipts say")
	w.see("Name as registered:", "Registered address", "own PAN:", "Number of the approval", "First day", "Last day", "Who signs", "As what:", "First part", "हिन्दी")
	answer("Name as registered:", "சேவை அறக்கட்டளை (பதிவு எண் 12/2021, மதுரை)")
	answer("Registered address", "12 Car Street")
	answer("The organisation's own PAN", "aaats1234c")
	answer("Number of the approval", "AAATS1234CF20214")
	answer("First day", "2021-04-01")
	answer("Last day", "2030-03-31")
	answer("Who signs", "R. Selvi")
	answer("As what", "Trustee")
	answer("First part", "svt")
	w.see("Name as registered:", "மதுரை)", "Registered address", "> 12 Car Street", "own PAN:", "> aaats1234c", "First day", "> 2021-04-01", "> svt", "தமிழ்")
	answer("Language")
	w.see("Once more, please", "receipt_prefix is capitals", "> 12 Car Street")
	for _, q := range []string{"Name as registered:", "Registered address", "The organisation's own PAN", "Number of the approval", "First day", "Last day", "Who signs", "As what"} {
		answer(q)
	}
	answer("First part", "C-u", "SVT")
	answer("Language")
	answer("Connect the mail account")
	answer("Mail server", post.Addr())
	answer("From", "receipts@sevai.example")
	answer("User")
	answer("Password")
	answer("Encryption")
	answer("Your own e-mail address", "admin@sevai.example")
	w.see("on its way to admin@sevai.example", "left with code 0")
	if err := post.Wait(t.Context(), 1); err != nil {
		t.Error(err)
	}
}
