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
	"time"

	"golang.org/x/sync/errgroup"
)

// thief answers as if it had taken what contains one of these, and passes everything else on.
type thief struct{ wants []string }

func (x thief) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(x.wants, func(s string) bool { return strings.Contains(string(body), s) }) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

// The demo's own check must see it when a gift or a message that was acknowledged is lost.
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
	p.http.Transport = thief{wants: []string{"1008.00", "My mother lives alone"}} // what the last gift of the day is of, and a question
	g.Go(func() error {
		defer stop()
		if err := s.ready(ctx); err != nil {
			return err
		}
		if err := p.wholeDay(ctx, func(string) error { return p.settled(ctx, 0, nil) }); err != nil {
			return err
		}
		if err := p.heard(ctx, 5*time.Second); err != nil {
			return err
		}
		return p.check(ctx, nil)
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"^the gift of don.* at payu is missing$", "^payment don.* at payu is missing$", "^received on the day: ", "^the thread of abdul is missing$",
	} {
		if !slices.ContainsFunc(p.seen.Findings, regexp.MustCompile(want).MatchString) {
			t.Errorf("no finding matches %q: %q", want, p.seen.Findings)
		}
	}
	other := func(f string) bool {
		return strings.Contains(f, "the thread of") && !strings.Contains(f, "abdul") || strings.HasPrefix(f, "message ")
	}
	if i := slices.IndexFunc(p.seen.Findings, other); i >= 0 {
		t.Errorf("a finding beyond what was lost: %s", p.seen.Findings[i])
	}
}
