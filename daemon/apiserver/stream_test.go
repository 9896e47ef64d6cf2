package apiserver_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// pipes is a listener whose connections are pipes in memory, so that a server can live in a bubble of simulated time.
type pipes struct {
	conns  chan net.Conn
	once   sync.Once
	done   chan struct{}
	writes atomic.Int64 // of the server
}

// counted is the server's end of a pipe.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- counted{theirs, &p.writes}:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// bubble is a server behind pipes, with the time-outs that the door sets. Everybody who connects is the owner.
type bubble struct {
	*fixture
	pipes     *pipes
	http      *http.Server
	transport *http.Transport
	client    *api.Client
}

func newBubble(t *testing.T) *bubble {
	t.Helper()
	f := newServer(t, func(o *apiserver.Options) {
		o.Peer = func(context.Context) (apiserver.Peer, bool) { return apiserver.Peer{UID: ownerUID}, true }
	})
	b := &bubble{fixture: f, pipes: newPipes()}
	b.http = &http.Server{Handler: f.srv, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	b.transport = &http.Transport{DialContext: b.pipes.dial}
	b.client = f.client(api.Options{Transport: b.transport})
	done := make(chan error)
	go func() { done <- b.http.Serve(b.pipes) }()
	t.Cleanup(func() {
		b.transport.CloseIdleConnections()
		b.http.Close()
		<-done
	})
	return b
}

// touch makes one change in the organisation that gives events.
func (f *fixture) touch(n int) {
	f.t.Helper()
	account := f.org.NewAccount(ngo.Gateway, "razorpay", fmt.Sprint("touch-", n), nil, nil)
	storetest.Write(f.t, f.org, func(tx *store.Tx) error { return tx.AddAccount(account) })
}

// TestStreamIdlesForAnHour: a quiet stream stays open past every time-out, by its heartbeats, and then still carries an
// event. The client would give up after 45 s of silence.
func TestStreamIdlesForAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		events := make(chan api.Event, 10)
		ended := make(chan error, 1)
		began := time.Now()
		go func() {
			ended <- b.client.Events(ctx, storetest.Slug, "", func(e api.Event) error { events <- e; return nil })
		}()
		first := <-events
		if first.Kind != api.Resync || first.ID == "" {
			t.Errorf("first event = %+v, want a resync with an id", first)
		}
		select {
		case err := <-ended:
			t.Fatalf("the stream ended after %v: %v", time.Since(began), err)
		case <-time.After(time.Hour):
		}
		b.touch(1)
		e := <-events
		if e.Kind != "account" || e.Subject == "" || time.Since(began) > time.Hour+time.Second {
			t.Errorf("event after an hour = %+v at %v", e, time.Since(began))
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("end = %v, want Canceled", err)
		}
	})
}

// TestSlowReaderIsCut: one reader stops reading; it is cut, and another one gets every event at once meanwhile.
func TestSlowReaderIsCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		slow, err := b.pipes.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		fmt.Fprintf(slow, "GET /api/v1/orgs/sevai/events HTTP/1.1\r\nHost: %s\r\n\r\n", api.LocalHost)
		if res, err := http.ReadResponse(bufio.NewReaderSize(slow, 64), nil); err != nil || res.StatusCode != 200 {
			t.Fatalf("slow reader: %v, %v", res, err)
		}
		events := make(chan api.Event, 100)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go b.client.Events(ctx, storetest.Slug, "", func(e api.Event) error { events <- e; return nil })
		<-events
		began := time.Now()
		for i := range 10 {
			b.touch(i)
			if e := <-events; e.Kind != "account" {
				t.Errorf("event %d = %+v", i, e)
			}
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("the quick reader waited %v for ten events", took)
		}
		time.Sleep(12 * time.Second) // of the bubble
		if n := b.srv.Streams(); n != 1 {
			t.Errorf("open streams = %d, want only the quick one", n)
		}
	})
}

// TestStoppingEndsStreamsAtOnce: a last comment, and no waiting.
func TestStoppingEndsStreamsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c, err := b.pipes.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "GET /api/v1/orgs/sevai/events HTTP/1.1\r\nHost: %s\r\n\r\n", api.LocalHost)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := make(chan string, 100)
		go func() {
			for s := bufio.NewScanner(res.Body); s.Scan(); {
				lines <- s.Text()
			}
			close(lines)
		}()
		time.Sleep(20 * time.Second) // of the bubble
		began := time.Now()
		b.srv.Close()
		if err := b.http.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		var all []string
		for l := range lines {
			if l != "" {
				all = append(all, l)
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
		if len(all) < 2 || !slices.Contains(all, ": beat") || all[len(all)-1] != ": the daemon stops" {
			t.Errorf("lines = %q", all)
		}
	})
}

// TestBusyHourIsGathered: many changes cost few writes, in order and without a gap.
func TestBusyHourIsGathered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		events := make(chan api.Event, 1000)
		go b.client.Events(ctx, storetest.Slug, "", func(e api.Event) error { events <- e; return nil })
		start, _, _ := strings.Cut((<-events).ID, "-")
		for i := range 200 {
			b.touch(i)
		}
		for i := range 200 {
			e := <-events
			if e.Kind == api.Resync {
				t.Fatalf("event %d is a resync", i)
			}
			if !strings.HasPrefix(e.ID, start+"-") {
				t.Errorf("id %q is not of the start %q", e.ID, start)
			}
		}
		if n := b.pipes.writes.Load(); n > 20 {
			t.Errorf("200 events took %d writes", n)
		}
	})
}

func TestStreamGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, token := f.user("meena", storetest.Slug, ngo.Finance)
	c := f.with(token)
	enough := errors.New("enough")
	var first api.Event
	err := c.Events(t.Context(), storetest.Slug, "", func(e api.Event) error { first = e; return enough })
	if !errors.Is(err, enough) || first.Kind != api.Resync {
		t.Fatalf("first = %+v, %v", first, err)
	}
	f.touch(1)
	f.touch(2)
	var seen []api.Event
	err = c.Events(t.Context(), storetest.Slug, first.ID, func(e api.Event) error {
		if seen = append(seen, e); len(seen) == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || seen[0].Kind != "account" || seen[1].Kind != "account" || seen[0].Subject == seen[1].Subject {
		t.Errorf("missed events = %+v, %v", seen, err)
	}
	var other api.Event
	err = c.Events(t.Context(), storetest.Slug, "another-7", func(e api.Event) error { other = e; return enough })
	if !errors.Is(err, enough) || other.Kind != api.Resync {
		t.Errorf("after an unknown id = %+v, %v; want a resync", other, err)
	}
	_, err = c.Donations(t.Context(), storetest.Slug, api.DonationQuery{})
	if err != nil {
		t.Errorf("after the streams: %v", err)
	}
}

func TestStreamEndsWithTheRight(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(*fixture) error{
		"token revoked": func(f *fixture) error {
			tokens, err := f.local.Tokens(f.t.Context(), "meena")
			if err != nil {
				return err
			}
			return f.local.RevokeToken(f.t.Context(), tokens[0].ID)
		},
		"role taken": func(f *fixture) error {
			return f.local.SetMember(f.t.Context(), "meena", ngo.Member{Org: storetest.Slug})
		},
		"user disabled": func(f *fixture) error { return f.local.DisableUser(f.t.Context(), "meena") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			_, token := f.user("meena", storetest.Slug, ngo.Finance)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := f.with(token).Events(ctx, storetest.Slug, "", func(e api.Event) error {
				if e.Kind == api.Resync {
					return take(f)
				}
				return fmt.Errorf("event %+v after the right was taken", e)
			})
			if !errors.Is(err, api.ErrUnreachable) {
				t.Errorf("end = %v, want the stream closed", err)
			}
		})
	}
}

// TestInProcess runs calls and a stream without any socket.
func TestInProcess(t *testing.T) {
	t.Parallel()
	f := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := make(chan api.Event, 10)
	ended := make(chan error, 1)
	go func() {
		ended <- f.local.Events(ctx, storetest.Slug, "", func(e api.Event) error { events <- e; return nil })
	}()
	if e := <-events; e.Kind != api.Resync {
		t.Errorf("first event = %+v", e)
	}
	f.touch(1)
	if e := <-events; e.Kind != "account" {
		t.Errorf("event = %+v", e)
	}
	f.srv.Close()
	if err := <-ended; !errors.Is(err, api.ErrUnreachable) {
		t.Errorf("end = %v, want ErrUnreachable", err)
	}
	_, err := f.local.Org(t.Context(), "none")
	wantCode(t, err, ngo.NotFound)
	if s, err := f.local.Status(t.Context()); err != nil || s.Actor != "os:root" {
		t.Errorf("Status = %+v, %v", s, err)
	}
}
