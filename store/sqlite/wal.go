package sqlite

import (
	"context"

	modernc "modernc.org/sqlite"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The log beside the file is written back when it has grown by smallLog pages. A read that is going on can keep it
// from beginning anew; past bigLog the writer waits shortly for such reads.
const (
	smallLog = 1000 // 4 MB
	bigLog   = 8000 // 32 MB
)

// tidyLog writes the log back into the file when it has grown enough. It runs after the callers have been woken.
func (w *writer) tidyLog() {
	w.frames += w.written()
	if w.frames < smallLog {
		return
	}
	w.frames = 0
	log, _, err := w.checkpoint("passive")
	if err != nil || log < bigLog {
		return // an error comes back at the next commit or checkpoint
	}
	if w.exec("pragma busy_timeout = 200") == nil {
		_, _, _ = w.checkpoint("restart")
		_ = w.exec("pragma busy_timeout = 5000")
	}
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

// truncateLog writes the whole log back and empties it.
func (w *writer) truncateLog() error {
	log, done, err := w.checkpoint("truncate")
	if err != nil {
		return err
	}
	if log != done {
		return &ngo.Error{Code: ngo.Unavailable, Message: "a read that is going on still needs the log", Hint: "try again"}
	}
	w.frames = 0
	return nil
}

// checkpoint gives the pages in the log and how many of them have been written back.
func (w *writer) checkpoint(mode string) (log, done int, err error) {
	var busy int
	row := w.session.QueryRowContext(context.Background(), "pragma wal_checkpoint("+mode+")")
	if err := row.Scan(&busy, &log, &done); err != nil {
		return 0, 0, err
	}
	if busy != 0 && log == done {
		log++ // all is in the file, but the log could not be emptied
	}
	return log, done, nil
}
