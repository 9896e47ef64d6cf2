package screen

import (
	"github.com/charmbracelet/bubbles/textinput"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// cursor stands between two signs of what is being written. A style on a sign would tear Indian letters apart.
const cursor = "▏"

// written lays out the line that is being written in at most width cells; what is far before the cursor gives way. The
// library's own view counts the cells of letters by a rule of its own.
func written(c *widget.Cells, f textinput.Model, width int) string {
	signs, at := []rune(f.Value()), f.Position()
	before, after := string(signs[:at])+cursor, string(signs[at:])
	line, end := c.Hold(ngo.Printable(before+after)), ansi.StringWidth(c.Hold(ngo.Printable(before)))
	return ansi.Truncate(ansi.TruncateLeft(line, max(end-width, 0), ""), width, "")
}

// field is what is looked for, while it is being written.
func (r Room) field(c *widget.Cells, f textinput.Model, width int) string {
	line := f.Prompt + written(c, f, max(width-len(f.Prompt), 1))
	if f.Value() == "" {
		line += r.Theme.Dim.Render(f.Placeholder)
	}
	return line
}
