package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The viewer is a script that writes down who it is and what it was given.
func fakeViewer(t *testing.T) (said string) {
	t.Helper()
	dir := t.TempDir()
	said = filepath.Join(dir, "said")
	script := "#!/bin/sh\necho $$ \"$@\" > " + said + ".new && mv " + said + ".new " + said + "\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return said
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
