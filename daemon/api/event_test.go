package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestEventsAreReadInOrder(t *testing.T) {
	t.Parallel()
	var last string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		last = r.Header.Get("Last-Event-ID")
		io.WriteString(w, ": hello\n\nid: a-1\nevent: donation\ndata: don_1\n\n: beat\n\nid: a-2\nevent: receipt\ndata: rcp_1\n\n: the daemon stops\n\n")
	})
	var got []api.Event
	err := c.Events(t.Context(), "sevai", "a-0", func(e api.Event) error { got = append(got, e); return nil })
	want := []api.Event{{ID: "a-1", Kind: "donation", Subject: "don_1"}, {ID: "a-2", Kind: "receipt", Subject: "rcp_1"}}
	if !slices.Equal(got, want) || last != "a-0" {
		t.Errorf("events = %v after %q, want %v after a-0", got, last, want)
	}
	if !errors.Is(err, api.ErrUnreachable) {
		t.Errorf("error at the end = %v, want ErrUnreachable", err)
	}
}

func TestEventsEndWithTheFunctionsError(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "event: job\ndata: 1\n\n")
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	enough := errors.New("enough")
	if err := c.Events(t.Context(), "sevai", "", func(api.Event) error { return enough }); err != enough {
		t.Errorf("error = %v, want %v", err, enough)
	}
}

func TestEventLinesAreLimited(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "data: "+strings.Repeat("x", 8<<10)+"\n\n")
	})
	err := c.Events(t.Context(), "sevai", "", func(api.Event) error { t.Error("called"); return nil })
	if !errors.Is(err, api.ErrUnreachable) {
		t.Errorf("error = %v, want ErrUnreachable", err)
	}
}

// transport makes a round tripper of a function, so that time in a bubble stands still while it works.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func stream(r *http.Request, body io.ReadCloser) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{api.HeaderVersion: {api.Version}}, Body: body, Request: r}
}

// pipe is a stream that stays open until the request's context ends.
func pipe(r *http.Request, first string) *http.Response {
	pr, pw := io.Pipe()
	go func() {
		io.WriteString(pw, first)
		<-r.Context().Done()
		pw.CloseWithError(context.Cause(r.Context()))
	}()
	return stream(r, pr)
}

func TestSilentStreamIsCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, api.Options{Transport: transport(func(r *http.Request) (*http.Response, error) { return pipe(r, ": beat\n\n"), nil })})
		err := c.Events(t.Context(), "sevai", "", func(api.Event) error { return nil })
		if !errors.Is(err, api.ErrUnreachable) {
			t.Errorf("error = %v, want ErrUnreachable", err)
		}
	})
}

func TestFollowComesBackAndTellsStaleness(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int32
		var asked []string
		c := client(t, api.Options{Transport: transport(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.Header.Get("Last-Event-ID"))
			switch tries.Add(1) {
			case 1:
				return nil, errors.New("refused")
			case 2:
				return stream(r, io.NopCloser(strings.NewReader("id: s-4\nevent: resync\ndata:\n\nid: s-5\nevent: job\ndata: j\n\n"))), nil
			}
			return pipe(r, "id: s-6\nevent: job\ndata: k\n\n"), nil
		})})
		ctx, cancel := context.WithCancel(t.Context())
		var log []string
		err := c.Follow(ctx, "sevai", func(e api.Event) error {
			log = append(log, e.Kind+" "+e.ID)
			if e.ID == "s-6" {
				cancel()
			}
			return nil
		}, func(err error) { log = append(log, fmt.Sprint("stale ", err != nil)) })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v, want Canceled", err)
		}
		if want := []string{"stale true", "stale false", "resync s-4", "job s-5", "stale true", "stale false", "job s-6"}; !slices.Equal(log, want) {
			t.Errorf("log = %q, want %q", log, want)
		}
		if want := []string{"", "", "s-5"}; !slices.Equal(asked, want) {
			t.Errorf("asked after %q, want %q", asked, want)
		}
	})
}

func TestFollowStopsWhereComingBackIsNoUse(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(401)
		io.WriteString(w, `{"detail":"log in","code":"unauthenticated"}`)
	})
	err := c.Follow(t.Context(), "sevai", func(api.Event) error { return nil }, func(error) {})
	if ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("error = %v, want Unauthenticated", err)
	}
}
