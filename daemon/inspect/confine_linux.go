package inspect

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// confine takes from this process what looking at a file does not need: it can open nothing more, no file and no connection,
// write to no file, leave no core, gain no rights, and has so much memory and time.
//
// The limit of address space is set above what the process has by now: Go reserves some hundred megabytes at its start that it
// does not use, and how many depends on its version. The timer comes first because the runtime opens what it waits with when
// it first waits, and could not later.
func confine() error {
	time.Sleep(time.Microsecond)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // where it cannot be told, the kernel chooses by size, which is as well
	now, err := addressSpace()
	if err != nil {
		return err
	}
	seconds := uint64(cpuTime / time.Second)
	for _, l := range []struct {
		which     int
		soft, top uint64
	}{
		{unix.RLIMIT_AS, now + slack*mostMemory, now + slack*mostMemory},
		{unix.RLIMIT_CPU, seconds, seconds + 1},
		{unix.RLIMIT_FSIZE, 0, 0},
		{unix.RLIMIT_CORE, 0, 0},
		{unix.RLIMIT_NOFILE, 0, 0},
	} {
		if err := unix.Setrlimit(l.which, &unix.Rlimit{Cur: l.soft, Max: l.top}); err != nil {
			return fmt.Errorf("set limit %d: %w", l.which, err)
		}
	}
	return nil
}

// addressSpace gives how much this process has mapped.
func addressSpace() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("measure this process: %w", err)
	}
	pages, _, _ := strings.Cut(string(text), " ")
	n, err := strconv.ParseUint(pages, 10, 64)
	return n * uint64(os.Getpagesize()), err
}
