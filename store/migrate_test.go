package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// migrated opens a database at path with these steps.
func migrated(t *testing.T, path string, steps []string) (store.Engine, error) {
	t.Helper()
	return migratedAt(t, path, steps, time.Now)
}

func migratedAt(t *testing.T, path string, steps []string, now func() time.Time) (store.Engine, error) {
	t.Helper()
	engine, err := store.Migrate(t.Context(), storetest.Engine, path, steps, now)
	if err != nil {
		if engine != nil {
			engine.Close()
		}
		return nil, err
	}
	return engine, nil
}

// schemaOf gives every definition in a database, as it was written.
func schemaOf(t *testing.T, path string, steps []string) string {
	t.Helper()
	engine, err := migrated(t, path, steps)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	var out []string
	err = engine.Read(t.Context(), func(c store.Conn) error {
		rows, err := c.Query("select type, name, coalesce(sql, '') from sqlite_schema order by type, name")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind, name, text string
			if err := rows.Scan(&kind, &name, &text); err != nil {
				return err
			}
			out = append(out, kind+" "+name+" "+strings.Join(strings.Fields(text), " "))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// A database that was made long ago and brought along has the schema of one made today, from whichever step it began.
func TestMigratedSchemaIsTheFreshOne(t *testing.T) {
	t.Parallel()
	all, err := store.MigrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	for kind, steps := range all {
		fresh := schemaOf(t, filepath.Join(t.TempDir(), "fresh.db"), steps)
		for from := 1; from <= len(steps); from++ {
			path := filepath.Join(t.TempDir(), "old.db")
			schemaOf(t, path, steps[:from])
			if got := schemaOf(t, path, steps); got != fresh {
				t.Errorf("%s from step %d:\n%s\nwant\n%s", kind, from, got, fresh)
			}
		}
	}
}

// testSteps begins as a real database does, since every step leaves a line in the trail.
func testSteps(t *testing.T) []string {
	t.Helper()
	all, err := store.MigrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		all["appliance"][0] + "create table one (id integer primary key) strict;\n",
		"-- a comment; with a semicolon\nalter table one add column two text not null default '';\ncreate index one_two on one (two);\n",
		"create table three (id integer primary key) strict;\n",
	}
}

func TestOldFileIsCopiedBeforeItsSchemaChanges(t *testing.T) {
	t.Parallel()
	path, steps := filepath.Join(t.TempDir(), "a.db"), testSteps(t)
	copies := func() []string {
		found, _ := filepath.Glob(path + ".before-*")
		return found
	}
	old := schemaOf(t, path, steps[:1])
	if found := copies(); len(found) > 0 {
		t.Errorf("a fresh database was copied to %s", found)
	}
	schemaOf(t, path, steps)
	found := copies()
	if len(found) != 1 || !strings.HasPrefix(found[0], path+".before-2-") {
		t.Fatalf("copies = %v; want one from before step 2", found)
	}
	if got := schemaOf(t, found[0], steps[:1]); got != old {
		t.Errorf("the copy has the schema\n%s\nwant\n%s", got, old)
	}
	schemaOf(t, path, steps)
	if found := copies(); len(found) != 1 {
		t.Errorf("copies after the next start = %v; want the one", found)
	}
	later, err := migratedAt(t, path, steps, func() time.Time { return time.Now().AddDate(0, 0, 31) })
	if err != nil {
		t.Fatal(err)
	}
	defer later.Close()
	if found := copies(); len(found) != 0 {
		t.Errorf("copies after a month = %v; want none", found)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	path, steps := filepath.Join(t.TempDir(), "a.db"), testSteps(t)
	want := schemaOf(t, path, steps)
	if _, err := migrated(t, path, steps[:2]); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("an older program on a newer database = %v; want Conflict", err)
	}
	if got := schemaOf(t, path, steps); got != want {
		t.Errorf("the refusal changed the schema:\n%s", got)
	}
}

// A step that fails leaves the schema of the step before, and the next try takes it up from there.
func TestFailedStepIsUndone(t *testing.T) {
	t.Parallel()
	path, steps := filepath.Join(t.TempDir(), "a.db"), testSteps(t)
	broken := []string{steps[0], "create table half (id integer primary key) strict;\ncreate nonsense;\n"}
	for range 2 {
		if _, err := migrated(t, path, broken); err == nil {
			t.Fatal("a broken step was taken")
		}
	}
	if got := schemaOf(t, path, steps[:1]); strings.Contains(got, "half") {
		t.Errorf("half a step was kept:\n%s", got)
	}
	if left, _ := filepath.Glob(path + ".before-*"); len(left) > 0 {
		t.Errorf("a step that changed nothing left %v: a daemon that is started again and again would fill the disk", left)
	}
	if got := schemaOf(t, path, steps); !strings.Contains(got, "three") {
		t.Errorf("the schema after mending:\n%s", got)
	}
}

// unreadable is a database whose disk gives errors just when its schema is asked for.
type unreadable struct{ store.Engine }

func (unreadable) Read(context.Context, func(store.Conn) error) error {
	return &ngo.Error{Code: ngo.Unavailable, Message: "the database file cannot be read or written"}
}

// A database whose version cannot be read is not taken for a new one, and the reason is told.
func TestUnreadableVersionIsTold(t *testing.T) {
	t.Parallel()
	path, steps := filepath.Join(t.TempDir(), "a.db"), testSteps(t)
	want := schemaOf(t, path, steps)
	engine, err := store.Migrate(t.Context(), func(ctx context.Context, path string, o store.EngineOptions) (store.Engine, error) {
		e, err := storetest.Engine(ctx, path, o)
		return unreadable{e}, err
	}, path, steps, time.Now)
	if ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a database that cannot be read: %v; want Unavailable", err)
	}
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	if got := schemaOf(t, path, steps); got != want {
		t.Errorf("its schema is now\n%s", got)
	}
}

func TestMigrationsAreNumbered(t *testing.T) {
	t.Parallel()
	all, err := store.MigrationSteps()
	if err != nil || len(all["org"]) == 0 || len(all["appliance"]) == 0 {
		t.Fatal(fmt.Sprint(len(all["org"]), len(all["appliance"])), err)
	}
}

// People from before they could be joined are nobody's part, keep their addresses, and are to be searched.
func TestPeopleOfAnOldDatabase(t *testing.T) {
	t.Parallel()
	upgraded(t, 8, []string{
		"insert into person (id, name, created) values ('per_a', 'Meena', '2026-01-01T00:00:00.000Z'), ('per_b', 'Ravi', '2026-01-01T00:00:00.000Z')",
		"insert into identity (kind, value, person_id) values ('email', 'm@example.org', 'per_a'), ('phone', '+919840012345', 'per_b')",
	}, map[string]string{
		"select group_concat(id || root || coalesce(parent, '') || language) from person": "per_aper_a,per_bper_b",
		"select group_concat(kind || value || person_id || shared) from identity":         "emailm@example.orgper_a0,phone+919840012345per_b0",
		"select group_concat(subject) from stale where substr(subject, 1, 4) = 'per_'":    "per_a,per_b",
	})
}

// What of somebody's wishes still counts is worked out for an old database, and nobody is said to have told an id of whom there is no thread.
func TestWishesAndIdsOfAnOldDatabase(t *testing.T) {
	t.Parallel()
	upgraded(t, 13, []string{
		"insert into person (id, name, created, root) values ('per_a', 'Meena', '2026', 'per_a')",
		"insert into identity (kind, value, person_id) values ('whatsapp', '91', 'per_a'), ('whatsapp_user', 'IN.1', 'per_a')",
		"insert into consent (id, person_id, topic, given, kind, value, words, language, source, actor, at) values " +
			"('con_1', 'per_a', 'all', 0, '', '', '', '', '', '', '1'), ('con_2', 'per_a', 'all', 0, '', '', '', '', '', '', '3'), " +
			"('con_3', 'per_a', 'all', 0, '', '', '', '', '', '', '2'), ('con_4', 'per_a', 'all', 1, '', '', '', '', '', '', '1'), " +
			"('con_5', 'per_a', 'all', 1, '', '', '', '', '', '', '1')",
	}, map[string]string{
		"select group_concat(id) from consent where latest = 1":      "con_2,con_5",
		"select group_concat(value || '=' || told_by) from identity": "91=,IN.1=",
	})
}

// upgraded makes an organisation's database of so many steps, fills it, brings it up to date and asks what came of that.
func upgraded(t *testing.T, steps int, fill []string, want map[string]string) {
	t.Helper()
	all, err := store.MigrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "old.db")
	engine, err := migrated(t, path, all["org"][:steps])
	if err != nil {
		t.Fatal(err)
	}
	err = engine.Write(t.Context(), store.Ack, func(c store.WriteConn) error {
		for _, q := range fill {
			if _, err := c.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, engine.Close()); err != nil {
		t.Fatal(err)
	}
	if engine, err = migrated(t, path, all["org"]); err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for query, want := range want {
		var got string
		err := engine.Read(t.Context(), func(c store.Conn) error { return c.QueryRow(query).Scan(&got) })
		if err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", query, got, err, want)
		}
	}
}
