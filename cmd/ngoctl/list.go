package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// meta says where a list goes on.
type meta struct {
	Count int    `json:"count"`
	Next  string `json:"next,omitempty"`
}

// A fetch asks for one page.
type fetch[T any] func(context.Context, api.ListQuery) (api.Page[T], error)

// printPages prints what the page flags ask for.
func printPages[T any](ctx context.Context, c *call, columns []column[T], pages fetch[T]) error {
	q := api.ListQuery{Limit: c.flags.Int("limit"), After: c.flags.String("after")}
	if !c.flags.Bool("all") {
		page, err := pages(ctx, q)
		if err != nil {
			return err
		}
		return printPage(c, columns, page)
	}
	if !c.flags.IsSet("limit") {
		q.Limit = api.MaxLimit
	}
	return printAll(ctx, c, columns, q, pages)
}

// printItems prints a list that comes whole.
func printItems[T any](c *call, columns []column[T], items []T) error {
	return printPage(c, columns, api.Page[T]{Items: items})
}

func printPage[T any](c *call, columns []column[T], page api.Page[T]) error {
	if page.Items == nil {
		page.Items = []T{} // an empty list, not null
	}
	if c.format == forMachines {
		return c.envelope(success{OK: true, Data: page.Items, Meta: meta{Count: len(page.Items), Next: page.Next}})
	}
	s := newSheet(c, columns)
	if err := s.rows(page.Items); err != nil {
		return err
	}
	if page.Next != "" {
		// Said to pipes too: half a list that looks whole would be believed.
		fmt.Fprintf(c.term.err, "There is more: %s --after %s, or --all\n", c.path, ngo.Printable(page.Next))
	}
	return s.end()
}

// printAll prints every page as it comes. With --jq the whole list is held, since the filter may want all of it.
func printAll[T any](ctx context.Context, c *call, columns []column[T], q api.ListQuery, pages fetch[T]) error {
	var w writer[T] = newSheet(c, columns)
	switch {
	case c.filter != nil:
		w = &whole[T]{c: c, items: []T{}}
	case c.format == forMachines:
		w = &stream[T]{out: bufio.NewWriter(c.term.out)}
	}
	for {
		page, err := pages(ctx, q)
		if err != nil {
			return w.fail(err)
		}
		if err := w.rows(page.Items); err != nil {
			return err
		}
		if page.Next == "" {
			return w.end()
		}
		q.After = page.Next
	}
}

// A writer prints a list part by part.
type writer[T any] interface {
	rows([]T) error
	end() error
	fail(error) error
}

// whole keeps the list until it ends.
type whole[T any] struct {
	c     *call
	items []T
}

func (w *whole[T]) rows(items []T) error { w.items = append(w.items, items...); return nil }
func (w *whole[T]) fail(err error) error { return err }
func (w *whole[T]) end() error {
	return w.c.envelope(success{OK: true, Data: w.items, Meta: meta{Count: len(w.items)}})
}

// stream writes the envelope while the list comes in. Whether it went well stands behind the data, because it is only
// known then; the order of keys means nothing in JSON.
type stream[T any] struct {
	out   *bufio.Writer
	count int
}

func (s *stream[T]) rows(items []T) error {
	for _, item := range items {
		text, err := encode(item, false)
		if err != nil {
			return err
		}
		before := ",\n"
		if s.count == 0 {
			before = `{"data":[` + "\n"
		}
		s.out.WriteString(before) // bufio keeps the first error for Flush
		s.out.Write(text[:len(text)-1])
		s.count++
	}
	return s.out.Flush()
}

func (s *stream[T]) end() error {
	if s.count == 0 {
		s.out.WriteString(`{"data":[`)
	}
	text, err := encode(meta{Count: s.count}, false)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n],\"ok\":true,\"meta\":%s}\n", text[:len(text)-1])
	return s.out.Flush()
}

// fail closes a document that has begun, so that it can be read and says that it is not whole.
func (s *stream[T]) fail(cause error) error {
	if s.count == 0 {
		return cause
	}
	text, err := encode(explain(cause), false)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n],\"ok\":false,\"error\":%s}\n", text[:len(text)-1])
	if err := s.out.Flush(); err != nil {
		return err
	}
	return outcome(exitCode(cause))
}

// A sheet writes a list for people or for pipes.
type sheet[T any] struct {
	c       *call
	columns []column[T]
	table   *table
	count   int
}

func newSheet[T any](c *call, columns []column[T]) *sheet[T] {
	return &sheet[T]{c: c, columns: columns, table: newTable(columns)}
}

func (s *sheet[T]) rows(items []T) error {
	first := s.count == 0
	s.count += len(items)
	if s.c.format == forPipes {
		return s.piped(items, first)
	}
	if len(items) == 0 {
		return nil
	}
	rows := make([][]string, 0, len(items))
	for _, item := range items {
		row := make([]string, 0, len(s.columns))
		for _, col := range s.columns {
			if col.pipes {
				continue
			}
			row = append(row, shown(col.value(item), s.c.zone))
		}
		rows = append(rows, row)
	}
	s.table.fit(rows, s.c.term.width)
	var b strings.Builder
	if first {
		b.WriteString(s.c.bold(s.table.line(s.table.heads)) + "\n")
	}
	for _, row := range rows {
		b.WriteString(s.table.line(row) + "\n")
	}
	_, err := io.WriteString(s.c.term.out, b.String())
	return err
}

func (s *sheet[T]) piped(items []T, first bool) error {
	var b strings.Builder
	if first {
		b.WriteString(strings.Join(s.pipedHeads(), "\t") + "\n")
	}
	for _, item := range items {
		var cells []string
		for _, col := range s.columns {
			cells = append(cells, piped(col.value(item))...)
		}
		b.WriteString(strings.Join(cells, "\t") + "\n")
	}
	_, err := io.WriteString(s.c.term.out, b.String())
	return err
}

func (s *sheet[T]) pipedHeads() []string {
	var heads []string
	var zero T
	for _, col := range s.columns {
		heads = append(heads, pipedNames(col.name, col.value(zero))...)
	}
	return heads
}

func (s *sheet[T]) fail(err error) error { return err }

func (s *sheet[T]) end() error {
	if s.count == 0 {
		s.c.note("Nothing to show.")
	}
	return nil
}
