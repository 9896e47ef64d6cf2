package main

import (
	"context"
	"errors"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// One gateway's trouble is its own: the others are asked, and what came of each is told in one answer.
func TestEveryGatewayIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	refused := &ngo.Error{Code: ngo.Conflict, Message: "its settings make no account"}
	ask := func(_ context.Context, name string) (api.CatchUpReport, error) {
		if name == "broken" {
			return api.CatchUpReport{}, refused
		}
		return api.CatchUpReport{Seen: 3}, nil
	}
	for _, tt := range []struct {
		names   []string
		rows    int
		problem string // of the first
		err     error
	}{
		{[]string{"good"}, 1, "", nil},
		{[]string{"broken"}, 0, "", refused},
		{[]string{"broken", "good"}, 2, "its settings make no account", nil},
		{[]string{"broken", "broken"}, 0, "", refused},
	} {
		got, err := caughtUpWith(t.Context(), tt.names, ask)
		if len(got) != tt.rows || !errors.Is(err, tt.err) || tt.rows > 0 && got[0].Problem != tt.problem {
			t.Errorf("%q = %+v, %v; want %d rows, %q and %v", tt.names, got, err, tt.rows, tt.problem, tt.err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := caughtUpWith(ctx, []string{"good", "broken"}, func(ctx context.Context, name string) (api.CatchUpReport, error) {
		cancel()
		return api.CatchUpReport{}, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("when interrupted = %v", err)
	}
}
