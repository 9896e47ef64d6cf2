package sqlite

import (
	"context"
	"fmt"
	"time"

	modernc "modernc.org/sqlite"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The log beside the file is written back when it has grown by smallLog pages. Reads that are going on can keep it
// from starting anew; each time it has grown by bigLog of that, the writer stops and waits for them. A log four times
// shorter would have the pages that every commit touches written back four times as often.
const (
	smallLog = 4000 // 16 MB
	bigLog   = 2    // 32 MB
)

// busyTimeout is how long a write waits for another program that looks into the file.
const busyTimeout = 5 * time.Second

// firstWait is how long the writer waits for reads at first. A log that is still growing makes it wait twice as long
// each time, until no read can last: so the log ends at about nine times bigLog, 288 MB, whatever reads there are.
const firstWait = 200 * time.Millisecond

// retryCheckpoint is how long a checkpoint that met a read lets the writer go on before it tries again.
const retryCheckpoint = 50 * time.Millisecond

// logState is what the writer knows of the log.
type logState struct {
	small int // pages after which it is written back
	grown int // pages since it was last written back
	next  int // pages in it at which to wait for reads
}

// tidyLog writes the log back into the file when it has grown enough. It runs after the callers have been woken. An
// error of it leaves everything in the log, to be tried again; the disk will give the same error to the next commit.
func (w *writer) tidyLog() {
	w.log.grown += w.written()
	if w.log.grown < w.log.small {
		return
	}
	w.log.grown = 0
	held, err := w.checkpoint("passive")
	if err != nil {
		return
	}
	big := bigLog * w.log.small
	if held < big {
		w.log.next = big
	}
	if held < w.log.next {
		return
	}
	held, err = w.checkpointWaiting("restart", waitForReads(held/big))
	if err == nil {
		w.log.next = held + big
	}
}

// waitForReads is how long to wait for reads when the log is so many times too large.
func waitForReads(times int) time.Duration {
	if times > 8 {
		return readDeadline + time.Second
	}
	return firstWait << max(times-1, 0)
}

// written is how many pages have gone to the log since it was last asked.
func (w *writer) written() (pages int) {
	_ = w.session.Raw(func(any) error {
		n, _, err := w.conn.Status(modernc.DBStatusCacheWrite, true)
		pages = n
		return err
	})
	return pages
}

// emptyLog implements Checkpoint: it tries until no read needs the log, which their deadline bounds. The writer goes
// on between two attempts.
func (w *writer) emptyLog(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readDeadline+time.Second)
	defer cancel()
	for {
		held := 0
		err := w.control(ctx, func() (err error) {
			held, err = w.checkpointWaiting("truncate", firstWait)
			return err
		})
		if err != nil || held == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return &ngo.Error{Code: ngo.Unavailable, Message: "a read that is still going on needs the log", Hint: "try again", Err: context.Cause(ctx)}
		case <-time.After(retryCheckpoint):
		}
	}
}

// checkpointWaiting is a checkpoint that waits for reads.
func (w *writer) checkpointWaiting(mode string, wait time.Duration) (held int, err error) {
	if err := w.exec(busyPragma(wait)); err != nil {
		return 0, err
	}
	held, err = w.checkpoint(mode)
	if err := w.exec(busyPragma(busyTimeout)); err != nil {
		return 0, err
	}
	return held, err
}

func busyPragma(d time.Duration) string {
	return fmt.Sprint("pragma busy_timeout = ", d.Milliseconds())
}

// checkpoint writes the log back and gives the pages that it still holds: all when a read kept it from starting anew.
func (w *writer) checkpoint(mode string) (held int, err error) {
	var busy, log, done int
	row := w.session.QueryRowContext(context.Background(), "pragma wal_checkpoint("+mode+")")
	if err := row.Scan(&busy, &log, &done); err != nil {
		return 0, w.watch(err)
	}
	if mode != "passive" && busy == 0 {
		return 0, nil
	}
	return log, nil
}
