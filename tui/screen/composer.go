package screen

import (
	"strings"

	"github.com/charmbracelet/bubbles/textarea"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// composer is where an answer or a note is written, several lines of it. Enter makes a new line: only the key for sending
// sends, so that nothing leaves by habit.
type composer struct {
	note bool
	text textarea.Model
}

// mostWritten is more than any channel takes.
const mostWritten = 16 << 10

func newComposer(note bool, draft string) *composer {
	t := textarea.New()
	t.Prompt, t.ShowLineNumbers, t.CharLimit = "", false, mostWritten
	t.MaxHeight = 0 // lines are not limited; the signs are
	t.SetWidth(10_000)
	t.SetValue(draft)
	t.Focus()
	return &composer{note: note, text: t}
}

func (c *composer) value() string { return strings.TrimRight(c.text.Value(), " \n") }

func (c *composer) update(m tea.KeyMsg) tea.Cmd {
	var cmd tea.Cmd
	c.text, cmd = c.text.Update(m)
	return cmd
}

// view shows the last lines around the cursor. The text area lays its lines out by a rule of its own for the width of
// letters, so its words are taken and laid out here.
func (c *composer) view(cells *widget.Cells, a area) string {
	lines := strings.Split(c.text.Value(), "\n")
	row := min(c.text.Line(), len(lines)-1)
	info := c.text.LineInfo()
	signs := []rune(lines[row])
	at := min(info.StartColumn+info.ColumnOffset, len(signs))
	lines[row] = string(signs[:at]) + cursor + string(signs[at:])
	var out []string
	end := 0
	for i, line := range lines {
		out = append(out, strings.Split(ansi.Wrap(cells.Hold(ngo.Printable(line)), max(a.width, 10), ""), "\n")...)
		if i == row {
			end = len(out)
		}
	}
	first := max(0, min(end, len(out))-a.height)
	return strings.Join(out[first:], "\n")
}
