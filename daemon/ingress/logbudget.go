package ingress

import (
	"bytes"
	"log"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// logBudget keeps a flood of refused requests from filling the disk with lines: of answers 4xx only so many are logged,
// and the next line that is tells how many were not.
type logBudget struct {
	log      *slog.Logger
	now      func() time.Time
	refused  *rate.Limiter
	unlogged atomic.Int64
}

func newLogBudget(l *slog.Logger, now func() time.Time) *logBudget {
	return &logBudget{log: l, now: now, refused: rate.NewLimiter(20, 200)}
}

func (b *logBudget) take(status int) (unlogged int64, ok bool) {
	if status < 400 || status >= 500 {
		return 0, true
	}
	if !b.refused.AllowN(b.now(), 1) {
		b.unlogged.Add(1)
		return 0, false
	}
	return b.unlogged.Swap(0), true
}

// errorLog is where net/http complains. A handshake that fails is a stranger's doing: it is counted, not logged.
func (s *Server) errorLog() *log.Logger { return log.New(complaints{s}, "", 0) }

type complaints struct{ s *Server }

func (c complaints) Write(line []byte) (int, error) {
	if bytes.HasPrefix(line, []byte("http: TLS handshake error")) {
		c.s.metrics.handshakeErrors.Inc()
		return len(line), nil
	}
	if unlogged, ok := c.s.logs.take(400); ok {
		c.s.o.Log.Warn("server complains", "err", string(bytes.TrimSpace(line)), "unlogged", unlogged)
	}
	return len(line), nil
}
