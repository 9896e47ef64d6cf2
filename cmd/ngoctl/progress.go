package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// How often long work is spoken of: on a terminal its one line moves, in a log a line now and then shows where time went.
const (
	redrawEach = 500 * time.Millisecond
	lineEach   = 5 * time.Second
)

// A progress tells on standard error how far long work is. It is safe for concurrent use.
type progress struct {
	c     *call
	mu    sync.Mutex
	last  time.Time // a line was written
	spoke time.Time // sometimes had its turn
}

// progress begins silent: what is quickly done needs no word.
func (c *call) progress() *progress {
	now := time.Now()
	return &progress{c: c, last: now, spoke: now}
}

// say tells what goes on now. In a log it is quiet for a while after each line.
func (p *progress) say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c.term.errTTY {
		fmt.Fprintf(p.c.term.err, "\r\x1b[K%s", ngo.Printable(text))
		return
	}
	if now := time.Now(); now.Sub(p.last) >= lineEach {
		p.last = now
		fmt.Fprintln(p.c.term.err, ngo.Printable(text))
	}
}

// sometimes asks for the text only when it is time to say something again.
func (p *progress) sometimes(text func() string) {
	each := lineEach
	if p.c.term.errTTY {
		each = redrawEach
	}
	p.mu.Lock()
	due := time.Since(p.spoke) >= each
	if due {
		p.spoke = time.Now()
	}
	p.mu.Unlock()
	if due {
		p.say(text())
	}
}

// end makes room for the answer.
func (p *progress) end() {
	if p.c.term.errTTY {
		fmt.Fprint(p.c.term.err, "\r\x1b[K")
	}
}

// patiently runs fn and tells, while it lasts, for how long it has.
func patiently[T any](c *call, what string, fn func() (T, error)) (T, error) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		c.progress().clock(what, stop)
	}()
	defer func() { close(stop); <-stopped }()
	return fn()
}

func (p *progress) clock(what string, stop <-chan struct{}) {
	begun, each := time.Now(), lineEach
	if p.c.term.errTTY {
		each = redrawEach
	}
	tick := time.NewTicker(each)
	defer tick.Stop()
	defer p.end()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			p.say(fmt.Sprintf("%s … %s", what, time.Since(begun).Round(time.Second)))
		}
	}
}
