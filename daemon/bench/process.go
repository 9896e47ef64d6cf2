package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// process is a daemon in a process of its own, as in real use, so that its memory and time are its alone.
type process struct {
	cmd *exec.Cmd
	log *os.File
}

// start runs self as `ngoctl daemon` on dir; its log goes to a file beside the folder.
func start(self []string, dir string) (*process, error) {
	log, err := os.OpenFile(filepath.Clean(dir)+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	args := append(append([]string{}, self[1:]...), "daemon", "--data", dir)
	cmd := exec.Command(self[0], args...)
	cmd.Env = append(os.Environ(), "RUNTIME_DIRECTORY=")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		log.Close()
		return nil, fmt.Errorf("start daemon: %w", err)
	}
	return &process{cmd: cmd, log: log}, nil
}

// ready waits until url answers 200, and gives the time since the process was started at begin.
func (p *process) ready(ctx context.Context, client *http.Client, url string, begin time.Time) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0, err
		}
		if res, err := client.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(begin), nil
			}
		}
		select {
		case <-ctx.Done():
			return 0, &ngo.Error{Code: ngo.Unavailable, Message: "the daemon under test did not become ready",
				Hint: "see its log: " + p.log.Name(), Err: ctx.Err()}
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// stop asks the daemon to stop and waits.
func (p *process) stop() error {
	defer p.log.Close()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop daemon: %w", err)
	}
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the daemon ended badly (log: %s): %w", p.log.Name(), err)
	}
	return nil
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill() //nolint:errcheck // it may be gone already, which is as good
	p.cmd.Wait()         //nolint:errcheck // a killed process ends with an error, always
	p.log.Close()
}

// usage is what a process has taken.
type usage struct {
	Resident int64         // bytes now
	Peak     int64         // bytes at most
	CPU      time.Duration // user and system, since its start
	Files    int           // open descriptors
}

// ticks is the kernel's unit of processor time in /proc, fixed at 100 a second for user space.
const ticks = 100

func (p *process) usage() (usage, error) {
	proc := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid))
	status, err := os.ReadFile(filepath.Join(proc, "status"))
	if err != nil {
		return usage{}, fmt.Errorf("read memory of daemon: %w", err)
	}
	var u usage
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			u.Resident = kb << 10
		case "VmHWM":
			u.Peak = kb << 10
		}
	}
	stat, err := os.ReadFile(filepath.Join(proc, "stat"))
	if err != nil {
		return usage{}, fmt.Errorf("read time of daemon: %w", err)
	}
	// The name in parentheses may hold spaces; utime and stime are the 12th and 13th fields after it.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, f := range fields[11:13] {
		n, _ := strconv.ParseInt(f, 10, 64)
		u.CPU += time.Duration(n) * time.Second / ticks
	}
	fds, err := os.ReadDir(filepath.Join(proc, "fd"))
	u.Files = len(fds)
	return u, err
}

// ownCPU is the time that this process, the load generator, has taken.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
