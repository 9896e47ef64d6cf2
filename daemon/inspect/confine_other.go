//go:build !linux

package inspect

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// confine bounds what looking at a file may use. Outside Linux the size of this process cannot be read without help, so that the
// memory is held by the runtime's own limit and by what is decoded at all.
func confine() error {
	time.Sleep(time.Microsecond) // what the runtime waits with is opened before nothing more can be
	seconds := uint64(cpuTime / time.Second)
	for _, l := range []struct {
		which     int
		soft, top uint64
	}{
		{unix.RLIMIT_CPU, seconds, seconds + 1}, {unix.RLIMIT_FSIZE, 0, 0}, {unix.RLIMIT_CORE, 0, 0}, {unix.RLIMIT_NOFILE, 3, 3},
	} {
		if err := unix.Setrlimit(l.which, &unix.Rlimit{Cur: l.soft, Max: l.top}); err != nil {
			return fmt.Errorf("set limit %d: %w", l.which, err)
		}
	}
	return nil
}
