package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// ListQuery asks for one page of a list, newest first.
type ListQuery struct {
	Limit int    // 50 when 0, at most 500
	After string // the key that the page before ended with; empty for the first page
}

const (
	pageDefault = 50
	pageMost    = 500
	pastAnyID   = "~" // sorts behind every identifier
)

func (q ListQuery) limit() int {
	if q.Limit <= 0 {
		return pageDefault
	}
	return min(q.Limit, pageMost)
}

func (q ListQuery) before() string { return cmp.Or(q.After, pastAnyID) }

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// get reads the one row of a query. It fails with NotFound, naming what, when there is none.
func get[T any](c Conn, what, id string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	v, err := scan(c.QueryRow(query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return v, notFound(what, id)
	}
	if err != nil {
		return v, fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return v, nil
}

// all reads every row of a query.
func all[T any](c Conn, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := c.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", what, err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	return out, nil
}

// page reads one page of a list; limit+1 is the query's last argument, so that the last page is known to be it.
func page[T any](c Conn, what string, q ListQuery, scan func(scanner) (T, error), key func(T) string, query string, args ...any) ([]T, string, error) {
	limit := q.limit()
	items, err := all(c, what, scan, query, append(args, limit+1)...)
	if err != nil || len(items) <= limit {
		return items, "", err
	}
	items = items[:limit]
	return items, key(items[limit-1]), nil
}

func notFound(what, id string) error {
	return &ngo.Error{Code: ngo.NotFound, Message: fmt.Sprintf("there is no %s %s", what, ngo.Printable(id)), Hint: "list what there is, or check the spelling"}
}

func scanOne[T any](s scanner) (v T, err error) { return v, s.Scan(&v) }

// instant is t as it will be read back: in UTC and whole milliseconds.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// stampOf writes an optional instant.
func stampOf(t *time.Time) any {
	if t == nil {
		return nil
	}
	return ngo.Stamp(*t)
}

// orNull writes an optional reference.
func orNull[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// bytesOrNull writes optional bytes.
func bytesOrNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// at scans a stored instant into t.
func at(t *time.Time) sql.Scanner { return stampScanner(func(v time.Time) { *t = v }) }

// maybeAt scans an instant that may be null into t.
func maybeAt(t **time.Time) sql.Scanner { return stampScanner(func(v time.Time) { *t = &v }) }

type stampScanner func(time.Time)

func (s stampScanner) Scan(src any) error {
	if src == nil {
		return nil
	}
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("an instant is stored as %T", src)
	}
	t, err := time.Parse(ngo.TimeLayout, text)
	if err != nil {
		return err
	}
	s(t)
	return nil
}
