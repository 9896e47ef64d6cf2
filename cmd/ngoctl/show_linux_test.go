package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The viewer is a script that writes down who it is and what it was given.
func fakeViewer(t *testing.T) (said string) {
	t.Helper()
	said = filepath.Join(t.TempDir(), "said")
	viewerScript(t, "echo $$ \"$@\" > "+said+".new && mv "+said+".new "+said)
	return said
}

// viewerScript puts a script in the place of xdg-open, on a computer with a screen.
func viewerScript(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	t.Setenv("DISPLAY", ":0")
}

func TestWithoutAScreenNothingIsOpened(t *testing.T) {
	said := fakeViewer(t)
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	if openInBrowser() != nil || openInViewer() != nil {
		t.Error("it would open something where nobody sees it")
	}
	if _, err := showDocument("msg_1.png", nil); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("a document: %v; want NotFound", err)
	}
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	if openInBrowser() == nil {
		t.Error("it opens nothing on a Wayland screen")
	}
	if _, err := os.Lstat(said); err == nil {
		t.Error("the browser was started")
	}
}

func TestAnOpenerThatFailsIsNoBrowser(t *testing.T) {
	viewerScript(t, "exit 3")
	t.Setenv("TMPDIR", t.TempDir())
	if err := openInBrowser()("https://ngo.example/files/sevai.abc"); ngo.CodeOf(err) != ngo.Internal {
		t.Errorf("a page: %v; want Internal", err)
	}
	path, err := showDocument("msg_1.png", nil)
	if e, ok := errors.AsType[*ngo.Error](err); !ok || !strings.Contains(e.Hint, path) {
		t.Errorf("a document: %v; want an error that says where it is", err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	viewerScript(t, "exec cat "+pipe) // a browser that was not open yet stays until it is closed
	if err := openInBrowser()("https://ngo.example/files/sevai.abc"); err != nil {
		t.Errorf("one that stays: %v", err)
	}
	if err := os.WriteFile(pipe, nil, 0); err != nil {
		t.Error(err)
	}
}

func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

func TestWhatShowsAPageIsNotLeftBehind(t *testing.T) {
	said := fakeViewer(t)
	const page = "https://ngo.example/files/sevai.abc"
	if err := openInBrowser()(page); err != nil {
		t.Fatal(err)
	}
	var pid string
	soon(t, "the browser was not started", func() bool {
		text, err := os.ReadFile(said)
		given := ""
		pid, given, _ = strings.Cut(strings.TrimSpace(string(text)), " ")
		return err == nil && given == page
	})
	soon(t, "the browser has ended and is still in the list of processes", func() bool {
		_, err := os.Lstat("/proc/" + pid)
		return errors.Is(err, os.ErrNotExist)
	})
}

func TestOnlyPagesAreShown(t *testing.T) {
	said := fakeViewer(t)
	for _, address := range []string{"", "--version", "file:///etc/passwd", "/etc/passwd", "javascript:alert(1)", "https:", "smb://evil.example/x"} {
		if err := openInBrowser()(address); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%q is shown: %v", address, err)
		}
	}
	if _, err := os.Lstat(said); err == nil {
		t.Error("the browser was started")
	}
}

func TestWhatWasShownIsRemovedInTime(t *testing.T) {
	fakeViewer(t)
	t.Setenv("TMPDIR", t.TempDir())
	old, err := showDocument("msg_1.png", []byte("old"))
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(filepath.Dir(old), long, long); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		path, err := showDocument("msg_2.png", []byte("new"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Lstat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was shown yesterday is there still: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) != 2 {
		t.Errorf("there are %v; want the two of today", left)
	}
}
