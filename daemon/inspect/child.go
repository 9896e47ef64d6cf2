package inspect

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
)

const exitBroken = 1 // of a child that has nothing to report

// Memory that a child may have beyond what it began with.
const (
	mostMemory = 448 << 20
	softMemory = 320 << 20
)

// IsChild tells by its arguments, without its own name, whether this process was started to look at a file.
func IsChild(args []string) bool { return len(args) == 1 && args[0] == Verb }

// Child is all that a child process does: it takes its limits, looks at the file on standard input, writes one line and gives the
// exit code. Whoever starts an Inspector without a Command calls it first of all, and so does TestMain.
func Child() int {
	if err := take(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitBroken
	}
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitBroken
	}
	return 0
}

// take puts this process under its limits.
func take() error {
	runtime.GOMAXPROCS(1)
	debug.SetMemoryLimit(slack * softMemory)
	return confine()
}

func answer(in io.Reader, out io.Writer) error {
	r := bufio.NewReaderSize(in, 32<<10)
	line, err := r.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read the question: %w", err)
	}
	var a ask
	if err := json.Unmarshal(line, &a); err != nil {
		return fmt.Errorf("read the question: %w", err)
	}
	report, err := look(r, a)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(report)
}

// refusal is the reason for which a file is not kept.
type refusal string

func (r refusal) Error() string { return string(r) }

// look tells what the file is.
func look(r io.Reader, a ask) (Report, error) {
	a.Limits = a.Limits.full()
	f := &file{r: bufio.NewReaderSize(r, 8<<10), ask: a, left: a.Limits.Bytes}
	head, err := f.r.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return Report{}, err
	}
	f.head = append([]byte(nil), head...)
	err = f.judge()
	if err == nil {
		err = f.drain()
	}
	if why, ok := errors.AsType[refusal](err); ok {
		return Report{Type: f.report.Type, Kind: f.report.Kind, Refused: string(why)}, nil
	}
	return f.report, err
}

// file is the one that is looked at.
type file struct {
	r      *bufio.Reader
	head   []byte // its beginning
	ask    ask
	left   int64 // how many more bytes it may have
	report Report
}

const headSize = 4 << 10

// Read gives the content, and refuses more of it than there may be.
func (f *file) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if f.left -= int64(n); f.left < 0 {
		return 0, refusal(fmt.Sprintf("it is larger than %s", megabytes(f.ask.Limits.Bytes)))
	}
	return n, err
}

// whole gives all of the content, which may be no more than most for a file of this kind.
func (f *file) whole(most int64) ([]byte, error) {
	all, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(all)) > most {
		err = refusal(fmt.Sprintf("a file of this kind is looked through up to %s, and it is larger", megabytes(most)))
	}
	return all, err
}

func (f *file) drain() error {
	_, err := io.Copy(io.Discard, f)
	return err
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d MB", n>>20)
}
