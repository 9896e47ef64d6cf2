package screen

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// dialog asks a few questions in the one line at the foot of a screen, one after the other, and then does what they were
// for. It fits the narrowest terminal and never hides what it is about.
type dialog struct {
	questions []question
	answers   []string
	input     textinput.Model
	fault     string
	run       func(answers []string) tea.Cmd
}

// question is one of them. With words, no other answer is taken; when needed, none is not.
type question struct {
	text, value string
	needed      bool
	words       []string
}

const longestAnswer = 500

func newDialog(run func([]string) tea.Cmd, questions ...question) *dialog {
	d := &dialog{questions: questions, run: run}
	d.ask()
	return d
}

func (d *dialog) now() question { return d.questions[len(d.answers)] }

func (d *dialog) ask() {
	d.input = textinput.New()
	d.input.Prompt, d.input.CharLimit = "", longestAnswer
	d.input.SetValue(ngo.Printable(d.now().value))
	d.input.CursorEnd()
	d.input.Focus()
}

func (d *dialog) update(m tea.KeyMsg) tea.Cmd {
	d.fault = ""
	var cmd tea.Cmd
	d.input, cmd = d.input.Update(m)
	return cmd
}

// enter takes the answer and tells whether it was the last.
func (d *dialog) enter() bool {
	answer, q := strings.TrimSpace(d.input.Value()), d.now()
	switch {
	case q.words != nil && !slices.Contains(q.words, strings.ToLower(answer)):
		d.fault = "type one of: " + strings.TrimPrefix(strings.Join(q.words, ", "), ", ")
		return false
	case q.needed && answer == "":
		d.fault = "an answer is needed"
		return false
	}
	if q.words != nil {
		answer = strings.ToLower(answer)
	}
	d.answers = append(d.answers, answer)
	if len(d.answers) == len(d.questions) {
		return true
	}
	d.ask()
	return false
}

func (d *dialog) view(c *widget.Cells, width int) string {
	end := "   enter: on   esc: leave it"
	if d.fault != "" {
		end = "   ! " + d.fault
	}
	line := c.Hold("? " + ngo.Printable(d.now().text) + " ")
	return line + written(c, d.input, max(width-ansi.StringWidth(line), 10)) + c.Hold(end)
}
