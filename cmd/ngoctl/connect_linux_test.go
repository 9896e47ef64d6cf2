package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestAClosedFolderDoesNotHideTheSocketBesideIt(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sock") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	closed, open := filepath.Join(dir, "data"), filepath.Join(dir, "run.sock")
	if err := os.Mkdir(closed, 0); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", open)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(open, 0o777)); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // to whom no folder is closed: let this thread look as another user
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer syscall.Setfsuid(0)
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	inside := filepath.Join(closed, socketName)
	if got, err := firstLive(t.Context(), closed, []string{inside, open}); got != open || err != nil {
		t.Errorf("firstLive = %q, %v; want %q", got, err, open)
	}
	if got, err := firstLive(t.Context(), closed, []string{inside}); got != "" || ngo.CodeOf(err) != ngo.Denied {
		t.Errorf("firstLive with nothing else = %q, %v; want Denied", got, err)
	}
}
