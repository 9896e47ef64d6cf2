package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// socketName is the file on which a daemon listens, in its runtime folder or its data folder.
const socketName = "ngoctl.sock"

// connect finds the daemon the command line means: one elsewhere, else the one that runs on the data folder, else one
// inside this process for as long as the command takes. The function it gives lets go of it.
func (c *call) connect(ctx context.Context) (session, func() error, error) {
	server := c.flags.String("server")
	token, err := c.token(server)
	if err != nil {
		return session{}, nil, err
	}
	o := api.Options{Server: server, Token: token, Program: version()}
	if server == "" {
		dir := c.dataDir()
		o.Socket, err = liveSocket(ctx, c.term, dir)
		if err != nil {
			return session{}, nil, err
		}
		if o.Socket == "" {
			s, done, err := openFolder(ctx, dir)
			if ngo.CodeOf(err) != ngo.Conflict {
				return s, done, err
			}
			// Whoever has the folder may be a daemon that has begun to listen since.
			if o.Socket, _ = liveSocket(ctx, c.term, dir); o.Socket == "" {
				return s, done, err
			}
		}
	}
	client, err := api.New(o)
	return session{Client: client}, func() error { return nil }, err
}

// openFolder serves the data folder within this process.
func openFolder(ctx context.Context, dir string) (session, func() error, error) {
	if err := checkFolder(dir); err != nil {
		return session{}, nil, err
	}
	client, done, err := daemon.Local(ctx, dir)
	return session{Client: client, local: true}, done, err
}

// dataDir is the data folder that the command line means.
func (c *call) dataDir() string {
	if dir := c.flags.String("data"); dir != "" {
		return dir
	}
	return c.term.dataDir()
}

// liveSocket gives the socket on which a daemon listens now, empty when none does.
func liveSocket(ctx context.Context, t terminal, dir string) (string, error) {
	paths := []string{filepath.Join(dir, socketName)}
	if run, _, _ := strings.Cut(t.env("RUNTIME_DIRECTORY"), ":"); run != "" {
		paths = append([]string{filepath.Join(run, socketName)}, paths...)
	}
	if dir == serviceData {
		paths = append(paths, filepath.Join(serviceRun, socketName))
	}
	return firstLive(ctx, dir, paths)
}

// firstLive gives the first socket on which somebody listens. A path that is closed to this user ends nothing: the data
// folder is its owner's alone, and the socket that others may use lies elsewhere.
func firstLive(ctx context.Context, dir string, paths []string) (string, error) {
	var closed error
	for _, path := range paths {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		switch {
		case err == nil:
			return path, conn.Close()
		case ctx.Err() != nil:
			return "", ctx.Err()
		case errors.Is(err, fs.ErrPermission):
			closed = notYours(dir, err)
		}
	}
	return "", closed
}

// checkFolder refuses a folder that is none of ours, and a user whose files the daemon could not open later.
func checkFolder(dir string) error {
	info, err := os.Stat(filepath.Join(dir, "ngoctl.db"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ngo.Error{Code: ngo.NotFound, Message: fmt.Sprintf("there is no ngoctl data in %s", ngo.Printable(dir)),
			Hint: "make some with: ngoctl init; or name the right folder with --data", Err: err}
	case errors.Is(err, fs.ErrPermission):
		return notYours(dir, err)
	case err != nil:
		return fmt.Errorf("look at data folder: %w", err)
	}
	if owner, known := ownerOf(info); known && owner != os.Geteuid() {
		return notYours(dir, nil)
	}
	return nil
}

func ownerOf(info fs.FileInfo) (uid int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// notYours names the user who may open the folder.
func notYours(dir string, cause error) error {
	e := &ngo.Error{Code: ngo.Denied, Message: fmt.Sprintf("the data in %s belongs to another user", ngo.Printable(dir)),
		Hint: "run the command as that user: sudo -u USER ngoctl …", Err: cause}
	info, err := os.Stat(dir)
	if err != nil {
		return e
	}
	uid, known := ownerOf(info)
	if !known || uid == os.Geteuid() {
		return e
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		e.Hint = fmt.Sprintf("run the command as its owner: sudo -u %s ngoctl …", u.Username)
	}
	return e
}

// token finds the bearer token to use: of a file, of the environment, else of an earlier login at this server.
func (c *call) token(server string) (string, error) {
	if path := c.everywhere("token" + fileSuffix); path != "" {
		return c.readSecret("token", path)
	}
	if token := strings.TrimSpace(c.term.env("NGOCTL_TOKEN")); token != "" {
		return token, nil
	}
	if server == "" {
		return "", nil
	}
	logins, err := readLogins(c.term)
	if err != nil {
		return "", err
	}
	return logins[serverKey(server)].Token, nil
}
