package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/daemon/sim"
)

// TestDeskInATerminal opens the desk of the built program in a real terminal, in front of a real daemon: the figures are
// there, a gift appears by itself, its story is told, a small screen is filled and no more, and leaving gives the terminal
// back.
func TestDeskInATerminal(t *testing.T) {
	t.Parallel()
	w := openDesk(t)
	w.see("Sevai Trust · Today", "live", "Year ₹0.00 (0)", "No gift yet. It appears here by itself.")

	gift := w.give("Meenakshi Sundaram")
	w.see("Year "+gift.Amount.Format()+" (1)", "Meenakshi Sundaram", "✓ received")
	w.see("receipts 1", "SEVAI/", string(gift.Payment), "Sent to  "+gift.Donor.EMail+"  sent") // the story, as it goes on
	w.give("மீனா சுந்தரம்")
	w.see("(2)", "மீனா சுந்தரம்", "receipts 2")

	w.press("Down", "Enter")
	w.see("esc: back to the list")
	w.press("Escape")
	w.see("Recorded")
	w.press("/", "nobody")
	w.see("no gift shown here matches")
	w.press("Escape")
	w.lose("/ nobody") // of the old screen something may stand below while the new one is drawn
	w.see("Meenakshi Sundaram")
	w.press("?")
	w.see("Keys on Today", "any key goes back")
	w.press("x")
	w.see("Recorded")

	w.tmux("resize-window", "-t", "desk", "-x", "60", "-y", "14")
	w.see("Recorded", "> ")
	for line := range strings.SplitSeq(w.screen(), "\n") {
		if n := ansi.StringWidthWc(line); n > 60 {
			t.Errorf("%q takes %d cells of 60", line, n)
		}
	}
	w.press("q")
	w.see("left with code 0")
	if got := w.screen(); strings.Contains(got, "Recorded") {
		t.Errorf("the desk was left and is still on the screen:\n%s", got)
	}
}

// A window is a terminal with the desk in it, and what stands behind: a daemon and a gateway.
type window struct {
	t       *testing.T
	dir     string
	env     []string
	hooks   string // URL
	gateway *sim.Razorpay
	next    int // number of the gateway's next payment
}

func openDesk(t *testing.T) *window {
	t.Helper()
	needTmux(t)
	dir, err := os.MkdirTemp("", "desk") // the test's own folder has a name too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	addr, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	w := &window{t: t, dir: dir, hooks: "http://" + addr + "/hooks/sevai/razorpay", gateway: sim.NewRazorpay(1, "a-shared-secret")}
	w.gateway.Start, w.gateway.Every, w.gateway.Plain = time.Now(), 0, true
	post, err := sim.NewSMTP(sim.SMTPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(post.Close)
	w.env = append(os.Environ(), "NGOCTL_DATA="+filepath.Join(dir, "D"), "RUNTIME_DIRECTORY=", "TMUX=", "TZ=Asia/Kolkata", "LC_ALL=C.UTF-8")
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(w.gateway.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	w.run(programName, "init", "--org", "sevai", "--name", "Sevai Trust", "--listen", addr, "--tls", "off", "--no-input")
	w.run(programName, "gateway", "add", "razorpay", "--webhook-secret-file", secret)
	w.run(programName, "channel", "add", "email", "--smtp", post.Addr(), "--from", "receipts@sevai.example")
	w.startDaemon("http://" + addr + "/readyz")
	w.tmux("-f", "/dev/null", "new-session", "-d", "-s", "desk", "-x", "130", "-y", "32", `ngoctl; echo "left with code $?"; exec cat`)
	t.Cleanup(func() { w.tmux("kill-server") })
	return w
}

// needTmux skips the test where tmux is missing; where all tests must run, it fails.
func needTmux(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err == nil {
		return
	}
	if os.Getenv("NGOCTL_TEST_ALL") == "1" {
		t.Fatal("tmux is not installed")
	}
	t.Skip("tmux is not installed")
}

func (w *window) run(name string, args ...string) string {
	w.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = w.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (w *window) startDaemon(readyz string) {
	w.t.Helper()
	daemon := exec.Command(programName, "daemon")
	daemon.Env = w.env
	if err := daemon.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		daemon.Process.Signal(syscall.SIGTERM) // it is there until it is waited for
		if err := daemon.Wait(); err != nil {
			w.t.Errorf("the daemon ended with %v", err)
		}
	})
	w.await(func(ctx context.Context) error {
		status, body, err := fetchURL(ctx, http.MethodGet, readyz, nil, nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
}

// give has the next payment of that donor made.
func (w *window) give(donor string) sim.Event {
	w.t.Helper()
	e := w.gateway.Captured(w.next)
	for ; e.Donor.Name != donor; e = w.gateway.Captured(w.next) {
		w.next++
	}
	w.next++
	w.await(func(ctx context.Context) error {
		status, body, err := fetchURL(ctx, http.MethodPost, w.hooks, e.Header(), e.Body)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
	return e
}

func (w *window) tmux(args ...string) string {
	w.t.Helper()
	return w.run("tmux", append([]string{"-S", filepath.Join(w.dir, "tmux")}, args...)...)
}

func (w *window) press(keys ...string) {
	w.tmux(append([]string{"send-keys", "-t", "desk"}, keys...)...)
}

func (w *window) screen() string { return w.tmux("capture-pane", "-p", "-t", "desk") }

// see waits until all of the texts stand on the screen.
func (w *window) see(texts ...string) {
	w.t.Helper()
	w.await(func(context.Context) error {
		got := w.screen()
		for _, text := range texts {
			if !strings.Contains(got, text) {
				return fmt.Errorf("%q is not on the screen:\n%s", text, got)
			}
		}
		return nil
	})
}

// lose waits until the text no longer stands on the screen.
func (w *window) lose(text string) {
	w.t.Helper()
	w.await(func(context.Context) error {
		if got := w.screen(); strings.Contains(got, text) {
			return fmt.Errorf("%q is still on the screen:\n%s", text, got)
		}
		return nil
	})
}

// await calls fn until it gives nil.
func (w *window) await(fn func(context.Context) error) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := fn(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			w.t.Fatalf("waited %s: %v", patience, err)
		case <-tick.C:
		}
	}
}
