// Package inspect looks at files of strangers before anybody else does: it tells by the content what a file is, proves that a
// picture is one, and refuses what lies about itself, what would be run rather than read, and what grows when it is unpacked.
//
// The looking is done in a child process of the same program, which has no environment, no file but the one on its standard
// input, and limits on memory and time that it sets for itself before it reads the first byte: a file that breaks a decoder
// breaks the child. The parent holds a buffer of some kilobytes of it, however large it is.
//
// What is refused is a finding, in Report.Refused, in plain words. An error is a trouble of ours, and trying again may help. An
// Inspector is safe for concurrent use.
package inspect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Report is what a file turned out to be.
type Report struct {
	Type    string `json:"type"`            // media type by the content, without parameters
	Kind    string `json:"kind"`            // image, audio, video, file or page
	Width   int    `json:"width,omitempty"` // of a picture, in pixels
	Height  int    `json:"height,omitempty"`
	Refused string `json:"refused,omitempty"` // why it is not to be kept, in plain words; empty when it is fine
	Thumb   []byte `json:"thumb,omitempty"`   // of a picture, a PNG of at most 256 pixels a side; nil when there can be none

	Size   int64    `json:"-"` // of the content, when it was not refused
	SHA256 [32]byte `json:"-"` // of the content, when it was not refused
}

// Limits bound what is looked at. What is zero has its default.
type Limits struct {
	Bytes    int64 `json:"bytes"`    // of the file: 100 MB
	Pixels   int64 `json:"pixels"`   // of a picture: 40 million
	Unpacked int64 `json:"unpacked"` // of a document that is an archive inside: 200 MB
	Entries  int   `json:"entries"`  // of such a document: 5,000
	Frames   int   `json:"frames"`   // of a moving picture: 2,000
	// Page says that this is a mail's own page, which is HTML and stays as it came: nothing but its size is looked at, and nobody may
	// show it uncleaned.
	Page bool `json:"page,omitempty"`
}

func (l Limits) full() Limits {
	for at, usual := range map[*int64]int64{&l.Bytes: 100 << 20, &l.Pixels: 40_000_000, &l.Unpacked: 200 << 20} {
		if *at <= 0 {
			*at = usual
		}
	}
	for at, usual := range map[*int]int{&l.Entries: 5000, &l.Frames: 2000} {
		if *at <= 0 {
			*at = usual
		}
	}
	return l
}

// Options is what New takes; all may be left out.
type Options struct {
	Command []string     // what runs a child; nil is this program with Verb
	AtOnce  int          // how many children at once; 2 if 0
	Log     *slog.Logger // nil discards
}

// Verb is the argument by which this program knows that it is a child.
const Verb = "inspect-file"

const (
	wallTime  = 10 * time.Second // for one file, the waiting for a place apart
	cpuTime   = 4 * time.Second
	mostReply = 2 << 20
)

// Inspector runs the children.
type Inspector struct {
	command []string
	places  chan struct{}
	wall    time.Duration
	log     *slog.Logger
}

// New makes an inspector. It fails when the program's own file cannot be found.
func New(o Options) (*Inspector, error) {
	if o.AtOnce <= 0 {
		o.AtOnce = 2
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Command) == 0 {
		self, err := own()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		o.Command = []string{self, Verb}
	}
	return &Inspector{command: o.Command, places: make(chan struct{}, o.AtOnce), wall: wallTime, log: o.Log}, nil
}

// own gives the path of this very program, on Linux also when a new one was put in its place since.
func own() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// ask is the line that a child reads before the file.
type ask struct {
	Claimed string `json:"claimed"`
	Name    string `json:"name"`
	Limits  Limits `json:"limits"`
}

// Inspect reads r to its end and tells what it is. claimed is the media type that somebody says it has, and name the file's name;
// both may be empty, and lie. Unless it is refused, r was read to its end. It fails with Unavailable when no child could be run or
// the box was too busy, with the error of r, and with that of ctx. A reader that hangs is left behind, with the one call of its Read
// that has not come back; whatever it gives later goes nowhere.
func (i *Inspector) Inspect(ctx context.Context, r io.Reader, claimed, name string, l Limits) (Report, error) {
	select {
	case i.places <- struct{}{}:
		defer func() { <-i.places }()
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	head, err := json.Marshal(ask{Claimed: cut(claimed, 200), Name: tail(name, 1000), Limits: l.full()})
	if err != nil {
		return Report{}, fmt.Errorf("inspect: %w", err)
	}
	e, err := i.run(ctx, append(head, '\n'), r)
	switch {
	case e.fed.err != nil:
		return Report{}, e.fed.err
	case ctx.Err() != nil:
		return Report{}, ctx.Err()
	case err != nil:
		return e.finding(err)
	}
	var report Report
	if err := json.Unmarshal(e.wrote, &report); err != nil {
		return Report{}, unavailable(fmt.Errorf("read what the child says: %w", err))
	}
	if report.Refused == "" {
		if !e.fed.whole {
			return Report{}, unavailable(errors.New("the child took what it had not read to its end"))
		}
		report.Size, report.SHA256 = e.fed.size, e.fed.sum
	}
	return report, nil
}

// end is how a child ended.
type end struct {
	state *os.ProcessState // nil when it never began
	wrote []byte
	said  []byte // the beginning of its last words
	fed   fed
}

// fed is what a child was given.
type fed struct {
	size  int64
	sum   [32]byte
	whole bool  // all that there was
	err   error // of the reader
}

// run runs a child on a line and what comes from r. What feeds it is no part of the command, which would wait for a reader that hangs.
func (i *Inspector) run(ctx context.Context, line []byte, r io.Reader) (e end, err error) {
	ctx, cancel := context.WithTimeout(ctx, i.wall)
	defer cancel()
	cmd := exec.CommandContext(ctx, i.command[0], i.command[1:]...)
	out, complaint := &bounded{most: mostReply}, &bounded{most: 2 << 10}
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.Stdout, cmd.Stderr = out, complaint
	cmd.WaitDelay = time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return e, err
	}
	if err := cmd.Start(); err != nil {
		return e, err
	}
	done := make(chan fed, 1)
	go feed(in, line, r, done)
	err = cmd.Wait() // whoever writes to it now is told so
	select {
	case e.fed = <-done:
	case <-time.After(cmd.WaitDelay):
	}
	if err != nil {
		i.log.Warn("a file broke the child that looked at it", "err", err, "said", ngo.Printable(firstLine(complaint.kept)))
	}
	e.state, e.wrote, e.said = cmd.ProcessState, out.kept, complaint.kept
	return e, err
}

// feed gives a child its line and the file. It tells how it went before the child sees the end.
func feed(to io.WriteCloser, line []byte, r io.Reader, done chan<- fed) {
	in := &source{r: r, sum: sha256.New()}
	_, err := io.Copy(to, io.MultiReader(bytes.NewReader(line), in)) // that the child takes no more is no error of ours
	f := fed{size: in.size, whole: err == nil, err: in.err}
	in.sum.Sum(f.sum[:0])
	done <- f
	_ = to.Close() // the child's end of it is closed already, or sees the end now
}

// finding tells what it means that a child did not come to its end: that the file is at fault when it used up what a file may, or
// broke the decoder; that the box is when it had no time to work.
func (e end) finding(err error) (Report, error) {
	if e.state == nil || errors.Is(err, exec.ErrWaitDelay) {
		return Report{}, unavailable(err)
	}
	switch {
	case e.state.UserTime()+e.state.SystemTime() >= cpuTime-time.Second/2:
		return Report{Refused: "it takes too long to look at, as files do that are made to harm"}, nil
	case bytes.Contains(e.said, []byte("out of memory")), bytes.Contains(e.said, []byte("cannot allocate memory")):
		return Report{Refused: "it takes too much memory to look at, as files do that are made to harm"}, nil
	case e.state.Exited():
		return Report{Refused: "it is broken in a way that programs stumble over"}, nil
	}
	return Report{}, unavailable(err) // killed: by the clock, or by somebody
}

func unavailable(err error) error {
	return &ngo.Error{Code: ngo.Unavailable, Message: "files cannot be looked at just now", Hint: "it is tried again by itself; the log tells more", Err: err}
}

// source counts and sums what is read, and keeps the error of the reader apart from that of the child.
type source struct {
	r   io.Reader
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
	size int64
	err  error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.size += int64(n)
	_, _ = s.sum.Write(b[:n]) // a hash takes everything
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// bounded keeps the beginning of what is written.
type bounded struct {
	kept []byte
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.most-len(b.kept))]...)
	return len(p), nil
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return string(line)
}

func cut(s string, most int) string { return s[:min(len(s), most)] }

// tail keeps the end, which is what a computer goes by in a name.
func tail(s string, most int) string { return s[max(0, len(s)-most):] }
