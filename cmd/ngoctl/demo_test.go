package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// thief answers as if it had taken what contains a text, and passes everything else on.
type thief struct{ wants string }

func (x thief) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(body), x.wants) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

// The demo's own check must see it when a gift that was acknowledged is lost.
func TestDemoSeesWhatIsLost(t *testing.T) {
	t.Parallel()
	s, err := setStage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.strike(); err != nil {
			t.Error(err)
		}
	}()
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.runDaemon(ctx) })
	p := s.newPlay()
	p.http.Transport = thief{wants: "1008.00"} // what the last gift of the day is of
	g.Go(func() error {
		defer stop()
		if err := s.ready(ctx); err != nil {
			return err
		}
		if err := p.wholeDay(ctx, func(string) error { return p.settled(ctx, 0, nil) }); err != nil {
			return err
		}
		return p.check(ctx, nil)
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"^the gift of don.* at payu is missing$", "^payment don.* at payu is missing$", "^received on the day: "} {
		if !slices.ContainsFunc(p.seen.Findings, regexp.MustCompile(want).MatchString) {
			t.Errorf("no finding matches %q: %q", want, p.seen.Findings)
		}
	}
}
