package ingress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Peer is who is at the other end of the Unix socket, as the kernel tells it.
type Peer struct {
	UID int
	PID int
}

type peerKey struct{}

// PeerOf gives who sent a request over the Unix socket; false for one that came over the network.
func PeerOf(ctx context.Context) (Peer, bool) {
	p, ok := ctx.Value(peerKey{}).(Peer)
	return p, ok
}

func withPeer(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, c.(*peerConn).peer)
}

// The longest path that fits a socket address on every system we run on.
const socketPath = 103

// socketListener takes the kernel's word for who connects, at accept.
type socketListener struct {
	*net.UnixListener
	path string
	file os.FileInfo
}

type peerConn struct {
	*net.UnixConn
	peer Peer
}

// listenSocket makes the socket under another name, for owner and group only, and renames it into place: nobody finds it
// open wider, and one that a crash left behind is replaced in one step. It refuses to take the place of anything else.
func listenSocket(path string) (net.Listener, error) {
	if strings.HasPrefix(path, "@") || strings.ContainsRune(path, 0) {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the socket %q would be abstract, open to every user of this box", path), Hint: "use a path"}
	}
	if err := vacant(path); err != nil {
		return nil, err
	}
	making := filepath.Join(filepath.Dir(path), "."+strconv.Itoa(os.Getpid())+".sock")
	if len(path) > socketPath || len(making) > socketPath {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the path of the socket is longer than %d signs: %s", socketPath, path),
			Hint: "use a data folder nearer to the root, or set RUNTIME_DIRECTORY"}
	}
	if err := os.Remove(making); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("open the socket %s: %w", path, err)
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: making, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the socket %s: %w", path, err)
	}
	ln.SetUnlinkOnClose(false)
	l := &socketListener{UnixListener: ln, path: path}
	if err := l.place(making); err != nil {
		ln.Close()
		os.Remove(making) // the error above says more
		return nil, fmt.Errorf("open the socket %s: %w", path, err)
	}
	return l, nil
}

func (l *socketListener) place(making string) (err error) {
	if err = os.Chmod(making, 0o660); err != nil {
		return err
	}
	if l.file, err = os.Lstat(making); err != nil {
		return err
	}
	return os.Rename(making, l.path)
}

// vacant tells whether the path is free: nothing is there, or a socket that nobody answers.
func vacant(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the socket %s: %w", path, err)
	}
	if info.Mode().Type() != os.ModeSocket {
		return &ngo.Error{Code: ngo.Conflict, Message: "something that is no socket is in the way at " + path, Hint: "move it away"}
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		c.Close() // it answered, which is all we wanted
	}
	return &ngo.Error{Code: ngo.Conflict, Message: "another daemon answers at " + path, Hint: "stop it first: systemctl stop ngoctl", Err: err}
}

func (l *socketListener) Accept() (net.Conn, error) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		peer, err := peerOf(c)
		if err == nil {
			return &peerConn{UnixConn: c, peer: peer}, nil
		}
		c.Close() // who does not say who it is has gone already
	}
}

// Close also takes away the file, unless another has taken its place.
func (l *socketListener) Close() error {
	if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.file) {
		os.Remove(l.path) // a socket left behind is replaced at the next start
	}
	return l.UnixListener.Close()
}
