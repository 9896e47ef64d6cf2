package api

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Silence is how long a stream may say nothing, heartbeats included, before the connection counts as lost. The daemon
// sends a heartbeat every 15 s.
const Silence = 45 * time.Second

const (
	maxEvent  = 4 << 10
	firstWait = 500 * time.Millisecond
	longWait  = 30 * time.Second
)

// errSilent is the cause of a stream that was cut because nothing came.
var errSilent = errors.New("the stream fell silent")

// Events calls fn for each change in an organisation, in order, until ctx ends, fn fails, or the connection does. It
// goes on after the event lastID. When that cannot be done, or lastID is empty, the first event is a Resync, whose ID says
// where the stream stands. It never returns nil: the caller decides whether to call again, or uses Follow. A daemon that
// stops ends the stream with Unavailable.
func (c *Client) Events(ctx context.Context, org, lastID string, fn func(Event) error) error {
	return c.stream(ctx, org, lastID, func() {}, fn)
}

func (c *Client) stream(ctx context.Context, org, lastID string, opened func(), fn func(Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(Silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	r := get("orgs", org, "events")
	r.stream, r.lastID = true, lastID
	res, err := c.do(ctx, r)
	if err != nil {
		return lost(ctx, err)
	}
	defer res.Body.Close()
	opened()
	err = readStream(res.Body, func() { watchdog.Reset(Silence) }, fn)
	if own, ok := errors.AsType[*callerError](err); ok {
		return own.err
	}
	return lost(ctx, unreachable(ctx, err))
}

// lost tells a stream that we cut for its silence from one that the caller ended.
func lost(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errSilent) {
		return unreachable(context.WithoutCancel(ctx), errSilent)
	}
	return err
}

// callerError tells an error of the caller's function from one of the connection.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }

// readStream reads server-sent events as our daemon writes them: id, event and data lines, and comments as heartbeats.
func readStream(r io.Reader, alive func(), fn func(Event) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 512), maxEvent)
	var e Event
	for lines.Scan() {
		alive()
		line := lines.Text()
		if line != "" {
			e.take(line)
			continue
		}
		if e.Kind != "" {
			if err := fn(e); err != nil {
				return &callerError{err}
			}
		}
		e = Event{}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return io.EOF
}

func (e *Event) take(line string) {
	field, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch field {
	case "id":
		e.ID = value
	case "event":
		e.Kind = value
	case "data":
		e.Subject = value
	}
}

// Follow keeps a stream of events open until ctx ends or fn fails, connecting again with growing pauses when it is
// lost. It calls stale(nil) whenever a stream is open, and stale(err) when what is shown may be out of date. The first event
// is a Resync, and again whenever some were missed. An error that connecting again cannot cure (Unauthenticated, Denied,
// NotFound, Invalid, Conflict) is returned.
func (c *Client) Follow(ctx context.Context, org string, fn func(Event) error, stale func(error)) error {
	f := follower{client: c, org: org, fn: fn, stale: stale, wait: firstWait}
	for {
		err := f.once(ctx)
		if f.failed != nil {
			return f.failed
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if ngo.Permanent(err) {
			return err
		}
		stale(err)
		if err := f.pause(ctx); err != nil {
			return err
		}
	}
}

type follower struct {
	client *Client
	org    string
	fn     func(Event) error
	stale  func(error)
	lastID string
	failed error // what fn said
	wait   time.Duration
}

// once follows one connection to its end.
func (f *follower) once(ctx context.Context) error {
	opened := func() { f.stale(nil) }
	return f.client.stream(ctx, f.org, f.lastID, opened, func(e Event) error {
		f.wait, f.lastID = firstWait, e.ID
		f.failed = f.fn(e)
		return f.failed
	})
}

// pause waits before the next try: half to all of a time that doubles, so that many desks do not come at once.
func (f *follower) pause(ctx context.Context) error {
	wait := f.wait/2 + rand.N(f.wait/2)
	f.wait = min(2*f.wait, longWait)
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
