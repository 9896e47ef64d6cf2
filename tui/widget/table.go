package widget

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// Column is one column of a Table.
type Column struct {
	Title string
	Width int  // in cells; of the columns with 0 each gets an equal share of what is left
	Right bool // for figures
	Least int  // the table must be at least this wide for the column to show
}

// Table draws rows under a heading. It keeps no data: a screen gives it what to draw.
type Table struct {
	Columns  []Column
	Heading  lipgloss.Style
	Selected lipgloss.Style
}

// Rows gives how many rows fit into height lines.
func (Table) Rows(height int) int { return max(height-1, 1) }

// View draws the heading and the rows, which must be held already; the selected one (-1: none) is marked by a sign as
// well as by its style. Every line is exactly width cells.
func (t Table) View(width int, rows [][]string, selected int) string {
	shown, widths := t.fit(width)
	lines := make([]string, 0, len(rows)+1)
	titles := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		titles[i] = c.Title
	}
	lines = append(lines, t.Heading.Render(t.line(shown, widths, titles, "  ")))
	for i, row := range rows {
		if i == selected {
			lines = append(lines, t.Selected.Render(t.line(shown, widths, row, "> ")))
			continue
		}
		lines = append(lines, t.line(shown, widths, row, "  "))
	}
	return strings.Join(lines, "\n")
}

const gap = 2

// fit chooses the columns that show and their widths.
func (t Table) fit(width int) (shown []int, widths []int) {
	left, flexible := width-2, 0
	for i, c := range t.Columns {
		if width < c.Least {
			continue
		}
		shown = append(shown, i)
		left -= c.Width + gap
		if c.Width == 0 {
			flexible++
		}
	}
	left += gap
	for _, i := range shown {
		w := t.Columns[i].Width
		if w == 0 {
			w = max(left/flexible, 1)
			left, flexible = left-w, flexible-1
		}
		widths = append(widths, w)
	}
	return shown, widths
}

func (t Table) line(shown, widths []int, row []string, mark string) string {
	var b strings.Builder
	b.WriteString(mark)
	for n, i := range shown {
		if n > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		b.WriteString(Fit(row[i], widths[n], t.Columns[i].Right))
	}
	return b.String()
}

// Fit makes held text exactly width cells: cut with an ellipsis, or filled with blanks.
func Fit(s string, width int, right bool) string {
	s = ansi.Truncate(s, width, "…")
	fill := strings.Repeat(" ", max(width-ansi.StringWidth(s), 0))
	if right {
		return fill + s
	}
	return s + fill
}
