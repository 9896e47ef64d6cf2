package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// The schema, as SQLite takes it. Another engine family brings its own files under the same numbers.
//
//go:embed migration
var migrationFiles embed.FS

// migrations names a folder of numbered steps: 0001_first.sql and so on, without a gap.
type migrations string

const (
	applianceMigrations migrations = "migration/appliance"
	orgMigrations       migrations = "migration/org"
)

// texts reads the steps in order.
func (m migrations) texts() ([]string, error) {
	names, err := fs.Glob(migrationFiles, string(m)+"/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var texts []string
	for i, name := range names {
		if !strings.HasPrefix(path.Base(name), fmt.Sprintf("%04d_", i+1)) {
			return nil, fmt.Errorf("migration %s: its number should be %d", name, i+1)
		}
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// migrator brings one database to the newest schema, forward only, each step in a transaction of its own.
type migrator struct {
	engine Engine
	steps  []string
	path   string
	now    func() time.Time
	box    *seal.Box
}

func (m *migrator) run(ctx context.Context) error {
	have, unread := m.version(ctx)
	if have > len(m.steps) {
		return &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("%s was written by a newer ngoctl (schema %d, this one knows %d)", m.path, have, len(m.steps)),
			Hint: "install the newer version again; nothing was changed"}
	}
	if have == len(m.steps) {
		return m.dropCopies()
	}
	copied, err := m.copyFirst(ctx, have)
	if err != nil {
		return fmt.Errorf("copy %s before its schema changes: %w", m.path, err)
	}
	for i := have; i < len(m.steps); i++ {
		if err := m.apply(ctx, i+1, m.steps[i]); err != nil {
			err = fmt.Errorf("migrate %s to schema %d: %w", m.path, i+1, errors.Join(err, unread))
			if i == have && copied != "" {
				err = errors.Join(err, os.Remove(copied)) // nothing has changed, and the next try makes another
			}
			return err
		}
	}
	return nil
}

// copyFirst copies a database that holds something, and tells where to.
func (m *migrator) copyFirst(ctx context.Context, have int) (string, error) {
	if have == 0 {
		return "", nil
	}
	copied := m.path + ".before-" + strconv.Itoa(have+1) + "-" + m.now().UTC().Format("20060102T150405.000000000")
	return copied, m.engine.Snapshot(ctx, copied)
}

// copyKept is how long the copy from before a migration is kept. It still holds people who were erased since.
const copyKept = 30 * 24 * time.Hour

func (m *migrator) dropCopies() error {
	copies, err := filepath.Glob(m.path + ".before-*")
	if err != nil {
		return fmt.Errorf("find old copies: %w", err)
	}
	for _, c := range copies {
		info, err := os.Stat(c)
		if err == nil && m.now().Sub(info.ModTime()) > copyKept {
			err = os.Remove(c)
		}
		if err != nil {
			return fmt.Errorf("remove old copy: %w", err)
		}
	}
	return nil
}

const selectVersion = `
select max(version)
from schema_version`

// version is 0 for a database without the table, and for one that cannot be read: the first step, which makes the table
// anew, then fails, and unread says why.
func (m *migrator) version(ctx context.Context) (v int, unread error) {
	unread = m.engine.Read(ctx, func(c Conn) error { return c.QueryRow(selectVersion).Scan(&v) })
	if unread != nil {
		return 0, fmt.Errorf("read schema version: %w", unread)
	}
	return v, nil
}

const (
	createVersion = `create table schema_version (version integer primary key, applied text not null) strict`
	insertVersion = `insert into schema_version (version, applied) values ($1, $2)`
)

func (m *migrator) apply(ctx context.Context, version int, text string) error {
	return m.engine.Write(ctx, Ack, func(w WriteConn) error {
		t := trail{w: w, box: m.box, actor: "ngoctl", now: instant(m.now())}
		statements := split(text)
		if version == 1 {
			statements = append([]string{createVersion}, statements...)
		}
		for _, s := range statements {
			if _, err := w.Exec(s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		// The trail's first line too: an empty trail is a trail that was emptied.
		t.audit("schema.set", "", nil, facts{{"version", int64(version)}})
		_, err := w.Exec(insertVersion, version, t.stamp())
		return err
	})
}

// split takes a step apart at the semicolons that end a line, and drops comments. Steps have no triggers.
func split(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, line)
		}
	}
	var out []string
	for _, s := range strings.Split(strings.Join(lines, ""), ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
