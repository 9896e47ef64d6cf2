package apiserver

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Times of a stream.
const (
	heartbeat = 15 * time.Second
	writeTime = 10 * time.Second       // a reader that takes longer for one write is cut
	gather    = 100 * time.Millisecond // between two writes, so that a busy hour costs ten writes a second, not a thousand
)

// maxStreams is how many streams may be open at once.
const maxStreams = 256

const farewell = "the daemon stops"

// events streams the changes of an organisation. It holds no reader's events: each stream reads the hub at its own pace.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	org := r.PathValue("org")
	if _, err := s.open(r.Context(), OrgPath{org}); err != nil {
		s.refuse(w, r, err)
		return
	}
	if r.Method == http.MethodHead {
		return // nothing would ever be written that a reader could be too slow for
	}
	if s.streams.Add(1) > maxStreams {
		s.streams.Add(-1)
		s.refuse(w, r, &ngo.Error{Code: ngo.Limited, Message: "too many programs follow the events already", Hint: "close a desk that nobody uses"})
		return
	}
	defer s.streams.Add(-1)
	st := stream{s: s, r: r, w: w, rc: http.NewResponseController(w), org: org}
	st.open()
	st.run()
}

// stream is one reader of events.
type stream struct {
	s   *Server
	r   *http.Request
	w   http.ResponseWriter
	rc  *http.ResponseController
	org string
	at  uint64
	buf []byte
}

// open lifts the server's time-outs, which are for requests that end, and starts at the place the reader asks for.
func (st *stream) open() {
	_ = st.rc.SetReadDeadline(time.Time{}) // the in-process transport has no deadlines
	h := st.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	at, known := st.s.hub.position(st.org, st.r.Header.Get("Last-Event-ID"))
	st.at = at
	if known {
		st.comment("go on")
		return
	}
	st.event(api.Event{ID: st.s.hub.id(at), Kind: api.Resync})
}

// run writes what comes until the reader goes, is too slow, may no longer read, or the daemon stops.
func (st *stream) run() {
	for st.step() {
	}
}

// step writes what there is, waits for more, and tells whether to go on.
func (st *stream) step() bool {
	changed := st.s.tokens.change() // before the check: a change after it ends the wait
	if st.allowed() != nil {
		return st.end("you may no longer read this")
	}
	events, at, more := st.s.hub.since(st.org, st.at, nil)
	for _, e := range events {
		st.event(e)
	}
	if st.flush() != nil {
		return false
	}
	st.at = at
	if len(events) > 0 && st.wait(gather, nil, nil) == stopped {
		return st.end(farewell)
	}
	switch st.wait(heartbeat, more, changed) {
	case stopped:
		return st.end(farewell)
	case quiet:
		st.comment("beat")
	}
	return true
}

// allowed asks again who the reader is: tokens end and are revoked while a stream is open.
func (st *stream) allowed() error {
	who, err := st.s.authenticate(st.r)
	if err != nil {
		return err
	}
	return who.allow(eventRead, place{org: st.org})
}

// woken says why a wait ended.
type woken int

const (
	again   woken = iota // there is something to look at
	quiet                // the time is over
	stopped              // the daemon stops, or the reader is gone
)

func (st *stream) wait(d time.Duration, more, changed <-chan struct{}) woken {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-st.r.Context().Done():
		return stopped
	case <-st.s.stopping.Done():
		return stopped
	case <-more:
		return again
	case <-changed:
		return again
	case <-t.C:
		return quiet
	}
}

func (st *stream) event(e api.Event) {
	st.buf = fmt.Appendf(st.buf, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Kind, e.Subject)
}

func (st *stream) comment(text string) {
	st.buf = append(append(append(st.buf, ": "...), text...), "\n\n"...)
}

// end says the last words, which a reader that has gone does not hear.
func (st *stream) end(words string) bool {
	st.comment(words)
	_ = st.flush()
	return false
}

// flush sends what was written, within writeTime. A reader that does not take it in that time is cut.
func (st *stream) flush() error {
	if len(st.buf) == 0 {
		return nil
	}
	// Deadlines are the kernel's, so the clock is too. A transport without them is the in-process one.
	_ = st.rc.SetWriteDeadline(time.Now().Add(writeTime))
	_, err := st.w.Write(st.buf)
	st.buf = st.buf[:0]
	if err == nil {
		err = st.rc.Flush()
	}
	_ = st.rc.SetWriteDeadline(time.Time{}) // one that is left standing would end a quiet stream
	return err
}
