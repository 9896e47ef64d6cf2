package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// A folderLock says that this process, and no other, works on a data folder. The system lets go of it when the process
// ends, however it ends; the file stays.
type folderLock struct{ f *os.File }

// How often a lock that somebody else holds is tried again.
const lockRetry = 50 * time.Millisecond

// lockFolder takes the lock of a data folder, and waits for it up to wait. It fails with Conflict when another process
// keeps it, and with NotFound when there is no such folder.
func lockFolder(ctx context.Context, dir string, wait time.Duration) (*folderLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ngo.Error{Code: ngo.NotFound, Message: "there is no data folder " + dir, Hint: "make one with: ngoctl init; or name the right one with --data", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if err := flock(ctx, f, wait); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = inUse(dir, f)
		}
		return nil, errors.Join(err, f.Close())
	}
	if err := writeHolder(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock data folder: %w", err), f.Close())
	}
	return &folderLock{f}, nil
}

func flock(ctx context.Context, f *os.File, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(lockRetry)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return syscall.EWOULDBLOCK
		}
	}
}

// writeHolder leaves our number for whoever finds the folder locked.
func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

func inUse(dir string, f *os.File) error {
	who := "another process"
	if text, err := io.ReadAll(io.LimitReader(f, 20)); err == nil && len(text) > 0 {
		who = "process " + ngo.Printable(strings.TrimSpace(string(text)))
	}
	return &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("%s works on the data folder %s already", who, dir),
		Hint: "wait until it has finished; a daemon is stopped with: systemctl stop ngoctl"}
}

// release lets go of the folder.
func (l *folderLock) release() error { return l.f.Close() }
