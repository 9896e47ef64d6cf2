package main

import (
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// A column of a list of Ts.
type column[T any] struct {
	name  string // for programs; people read it in capitals
	value func(T) any
	wide  bool // free text, which may be cut short on a narrow screen
	pipes bool // for programs only: an identifier that people reach by another name
	spare int  // the columns from 1 on give way on a narrow screen, in this order; 0 stays
}

// A table is a list made ready for people. Its widths never shrink, and what gave way to the first rows stays away, so that the parts
// of a long list stand under one another.
type table struct {
	heads  []string
	widths []int
	wide   []bool
	right  []bool
	spare  []int
	gone   []bool
	begun  bool
}

// gap stands between two columns.
const gap = 2

// A wide column is never made narrower than least, and others give way so that it need not be narrower than roomy.
const (
	least = 8
	roomy = 12
)

func newTable[T any](columns []column[T]) *table {
	t := &table{}
	var zero T
	for _, c := range columns {
		if c.pipes {
			continue
		}
		head := strings.ToUpper(strings.ReplaceAll(c.name, "_", " "))
		t.heads = append(t.heads, head)
		t.widths = append(t.widths, width(head))
		t.wide = append(t.wide, c.wide)
		t.right = append(t.right, toTheRight(c.value(zero)))
		t.spare = append(t.spare, c.spare)
	}
	t.gone = make([]bool, len(t.heads))
	return t
}

// width is how many cells a terminal uses for s. Of all measures this one agrees best with terminals on Indian scripts.
func width(s string) int { return ansi.StringWidthWc(s) }

// fit widens the columns for these rows, then leaves out and narrows some until a row fits the screen.
func (t *table) fit(rows [][]string, screen int) {
	for _, row := range rows {
		for i, cell := range row {
			t.widths[i] = max(t.widths[i], width(cell))
		}
	}
	if screen <= 0 {
		return
	}
	for spare := 1; !t.begun && t.total(roomy) > screen && slices.Contains(t.spare, spare); spare++ {
		t.gone[slices.Index(t.spare, spare)] = true
	}
	t.begun = true
	for i := t.widest(); i >= 0 && t.total(math.MaxInt) > screen; i = t.widest() {
		t.widths[i]--
	}
}

// total is how wide a row is when no wide column takes more than most.
func (t *table) total(most int) int {
	sum := -gap
	for i, w := range t.widths {
		if t.wide[i] {
			w = min(w, most)
		}
		if !t.gone[i] {
			sum += w + gap
		}
	}
	return sum
}

// widest finds the column that can best do with less; -1 when none can.
func (t *table) widest() int {
	at := -1
	for i, w := range t.widths {
		if t.wide[i] && !t.gone[i] && w > least && (at < 0 || w > t.widths[at]) {
			at = i
		}
	}
	return at
}

// cut shortens s to at most cells, between letters and never within one.
func cut(s string, cells int) string {
	if width(s) <= cells {
		return s
	}
	var b strings.Builder
	used := 1 // for the sign that something is missing
	for letters := uniseg.NewGraphemes(s); letters.Next(); {
		used += width(letters.Str())
		if used > cells {
			break
		}
		b.WriteString(letters.Str())
	}
	return b.String() + "…"
}

func (t *table) line(cells []string) string {
	var b strings.Builder
	for i, cell := range cells {
		if t.gone[i] {
			continue
		}
		cell = cut(cell, t.widths[i])
		pad := strings.Repeat(" ", max(0, t.widths[i]-width(cell)))
		if t.right[i] {
			cell, pad = pad+cell, ""
		}
		b.WriteString(cell + pad + strings.Repeat(" ", gap))
	}
	return strings.TrimRight(b.String(), " ")
}

// A field is one line of a record.
type field struct {
	name  string
	value any
}

// A section is a list within a record, such as its timeline.
type section struct {
	title string
	rows  [][]any
}

// A record is one thing, shown whole.
type record struct {
	title    string // empty: no heading
	fields   []field
	sections []section
}

// writePeople writes the record as aligned lines, leaving out what is empty.
func (r record) writePeople(w io.Writer, zone *time.Location, bold func(string) string) error {
	var b strings.Builder
	if r.title != "" {
		b.WriteString(bold(ngo.Printable(r.title)) + "\n")
	}
	names := 0
	for _, f := range r.fields {
		names = max(names, width(label(f.name)))
	}
	for _, f := range r.fields {
		if text := shown(f.value, zone); text != "" {
			b.WriteString("  " + label(f.name) + strings.Repeat(" ", names-width(label(f.name))+gap) + text + "\n")
		}
	}
	for _, s := range r.sections {
		s.writePeople(&b, zone, bold)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func label(name string) string { return strings.ReplaceAll(ngo.Printable(name), "_", " ") }

func (s section) writePeople(b *strings.Builder, zone *time.Location, bold func(string) string) {
	if len(s.rows) == 0 {
		return
	}
	t := &table{
		widths: make([]int, len(s.rows[0])), wide: make([]bool, len(s.rows[0])), right: make([]bool, len(s.rows[0])), gone: make([]bool, len(s.rows[0])),
	}
	var rows [][]string
	for _, row := range s.rows {
		var cells []string
		for _, v := range row {
			cells = append(cells, shown(v, zone))
		}
		rows = append(rows, cells)
	}
	t.fit(rows, 0)
	b.WriteString("\n" + bold(label(s.title)) + "\n")
	for _, row := range rows {
		b.WriteString("  " + t.line(row) + "\n")
	}
}

// writePiped writes a line per field, its name first; the rows of a section begin with the section's name.
func (r record) writePiped(w io.Writer) error {
	var b strings.Builder
	for _, f := range r.fields {
		values := piped(f.value)
		for i, name := range pipedNames(f.name, f.value) {
			b.WriteString(ngo.Printable(name) + "\t" + values[i] + "\n")
		}
	}
	for _, s := range r.sections {
		for _, row := range s.rows {
			cells := []string{s.title}
			for _, v := range row {
				cells = append(cells, piped(v)...)
			}
			b.WriteString(strings.Join(cells, "\t") + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
