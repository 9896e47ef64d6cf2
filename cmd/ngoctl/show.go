package main

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// showDocument opens a receipt, or a picture whose name says so, in the user's viewer. It stays in a folder that only this user can
// read, since a viewer goes on reading after the command has ended, until one is opened a day later.
func showDocument(name string, pdf []byte) (path string, err error) {
	opener, err := viewer()
	if err != nil {
		return "", err
	}
	dropShown(time.Now().Add(-24 * time.Hour))
	dir, err := os.MkdirTemp("", shownFolder)
	if err != nil {
		return "", fmt.Errorf("make a folder for the document: %w", err)
	}
	file := "receipt-" + fileName(name) + ".pdf"
	if picture, is := strings.CutSuffix(name, ".png"); is {
		file = fileName(picture) + ".png"
	}
	path = filepath.Join(dir, file)
	if err := replaceFile(path, pdf); err != nil {
		return path, err
	}
	if err := start(opener, path); err != nil {
		return path, &ngo.Error{Code: ngo.Internal, Message: "the viewer could not show it", Hint: "the document is in " + path, Err: err}
	}
	return path, nil
}

const shownFolder = "ngoctl-receipt-"

// dropShown removes what was opened before a moment. What cannot be removed is left: it may be another user's.
func dropShown(before time.Time) {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), shownFolder+"*")) // the pattern is well formed
	for _, dir := range found {
		if info, err := os.Lstat(dir); err == nil && info.IsDir() && info.ModTime().Before(before) {
			_ = os.RemoveAll(dir)
		}
	}
}

// openerPatience is how soon a program that can show nothing has ended. One that shows something may stay for as long as that is
// looked at.
const openerPatience = time.Second

// start runs a program that shows something, and fails when it does at once. It is waited for, later by nobody else than its own
// goroutine: the desk runs for days, and would be left with all that have ended.
func start(program, what string) error {
	cmd := exec.Command(program, what)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(openerPatience):
		return nil
	}
}

// openInViewer is showDocument for the desk; nil where this computer has no viewer.
func openInViewer() func(string, []byte) error {
	if _, err := viewer(); err != nil {
		return nil
	}
	return func(name string, document []byte) error {
		_, err := showDocument(name, document)
		return err
	}
}

// openLink shows a page in the user's browser, and its address where there is none.
func (c *call) openLink(link api.Link) error {
	opened := false
	if browse := openInBrowser(); browse != nil {
		opened = browse(link.URL) == nil
	}
	err := c.record(link, record{fields: []field{{"url", link.URL}, {"expires_at", link.Expires}, {"opened", opened}}})
	if err == nil && !opened {
		c.note("\nNo browser here could show it: open the address yourself before it ends.")
	}
	return err
}

// openInBrowser shows an address; nil where this computer has nothing to show it with.
func openInBrowser() func(string) error {
	opener, err := viewer()
	if err != nil {
		return nil
	}
	return func(address string) error {
		if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return &ngo.Error{Code: ngo.Invalid, Message: "the daemon gave an address that is none of a page: " + ngo.Printable(address)}
		}
		if err := start(opener, address); err != nil {
			return &ngo.Error{Code: ngo.Internal, Message: "the browser could not show it", Err: err}
		}
		return nil
	}
}

// viewer finds the program that opens a file as the user would. xdg-open without a screen would end well and have shown nothing.
func viewer() (string, error) {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	} else if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return "", &ngo.Error{Code: ngo.NotFound, Message: "there is no screen here to open a document on", Hint: "write it to a file instead: ngoctl receipt save RECEIPT FILE"}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", &ngo.Error{Code: ngo.NotFound, Message: "this computer has no " + name + " to open a document with", Hint: "write it to a file instead: ngoctl receipt save RECEIPT FILE", Err: err}
	}
	return path, nil
}
