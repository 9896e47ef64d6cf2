package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/screen"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// root is the router. It keeps the header, the footer and the help, and hands everything else to the screen in front.
type root struct {
	room          screen.Room
	who           string
	server        string
	front         screen.Screen
	rooms         map[string]screen.Screen // that were entered, by title
	width, height int
	notice        screen.Notice
	link          linked
	help          bool
}

func newRoot(room screen.Room, s api.Status) *root {
	r := &root{room: room, who: s.Actor, server: s.Version, front: screen.NewToday(room)}
	r.rooms = map[string]screen.Screen{r.front.Title(): r.front}
	return r
}

// enter puts a room in front, made when it is entered for the first time, and has it read anew: what changes is told to the
// room in front only.
func (r *root) enter(title string, made func(screen.Room) screen.Screen) tea.Cmd {
	if r.front.Title() == title {
		return nil
	}
	if r.rooms[title] == nil {
		r.rooms[title] = made(r.room)
	}
	r.front = r.rooms[title]
	r.front.Resize(r.width, max(r.height-2, 3))
	return r.front.Init()
}

func (r *root) today() tea.Cmd {
	return r.enter("Today", func(room screen.Room) screen.Screen { return screen.NewToday(room) })
}

func (r *root) inbox() tea.Cmd {
	return r.enter("Inbox", func(room screen.Room) screen.Screen { return screen.NewInbox(room) })
}

func (r *root) people() tea.Cmd {
	return r.enter("People", func(room screen.Room) screen.Screen { return screen.NewPeople(room) })
}

// onGoTo enters the room that one room asked for and tells it what to show.
func (r *root) onGoTo(m screen.GoTo) tea.Cmd {
	var entered tea.Cmd
	switch {
	case m.Conversation != "":
		entered = r.inbox()
	case m.Person != "":
		entered = r.people()
	}
	return tea.Sequence(r.front.Update(m), entered)
}

// answer gives an answer to every room: each knows its own, also when another stands in front by now.
func (r *root) answer(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, title := range slices.Sorted(maps.Keys(r.rooms)) {
		cmds = append(cmds, r.rooms[title].Update(msg))
	}
	return tea.Batch(cmds...)
}

// Init starts the screen in front.
func (r *root) Init() tea.Cmd { return r.front.Init() }

// Update routes a message.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch m := msg.(type) {
	case tea.WindowSizeMsg:
		r.width, r.height = m.Width, m.Height
		r.front.Resize(m.Width, max(m.Height-2, 3))
		return r, nil
	case screen.Notice:
		r.notice = m
		return r, nil
	case linked:
		return r, r.onLink(m)
	case tea.KeyMsg:
		return r, r.onKeys(m)
	case screen.Changed:
		return r, r.front.Update(m)
	case screen.GoTo:
		return r, r.onGoTo(m)
	}
	return r, r.answer(msg)
}

// onKeys takes keys one by one: those that a slow line delivers together come as one message.
func (r *root) onKeys(m tea.KeyMsg) tea.Cmd {
	if m.Type != tea.KeyRunes || m.Paste || len(m.Runes) < 2 {
		return r.onKey(m)
	}
	var cmds []tea.Cmd
	for _, letter := range m.Runes {
		cmds = append(cmds, r.onKey(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{letter}, Alt: m.Alt}))
	}
	return tea.Batch(cmds...)
}

func (r *root) onLink(m linked) tea.Cmd {
	wasDown := r.link.err != nil
	if m.err != nil && wasDown {
		m.at = r.link.at // stale since the first failure
	}
	r.link = m
	if m.err == nil && wasDown {
		return r.front.Update(screen.Changed{Event: api.Event{Kind: api.Resync}})
	}
	return nil
}

func (r *root) onKey(m tea.KeyMsg) tea.Cmd {
	k := r.room.Keys
	r.notice = screen.Notice{}
	switch {
	case key.Matches(m, k.Kill):
		return tea.Quit
	case r.help:
		r.help = false
		return nil
	case r.front.Busy():
		return r.front.Update(m)
	case key.Matches(m, k.Quit):
		return tea.Quit
	case key.Matches(m, k.Help):
		r.help = true
		return nil
	case key.Matches(m, k.Today):
		return r.today()
	case key.Matches(m, k.Inbox):
		return r.inbox()
	case key.Matches(m, k.People):
		return r.people()
	}
	return r.front.Update(m)
}

// View draws the frame. What strangers wrote is held in its cells from the moment it is laid out until the very end.
func (r *root) View() string {
	if r.width == 0 {
		return ""
	}
	c := widget.NewCells()
	body := r.front.View(c)
	if r.help {
		body = r.helpView()
	}
	rows, foot := strings.Split(body, "\n"), r.footer(c)
	foot = foot[:min(len(foot), len(rows)+1)]
	rows = rows[:len(rows)+1-len(foot)]
	lines := slices.Concat([]string{r.header(c)}, rows, foot)
	for i, line := range lines {
		lines[i] = widget.Fit(c.Hold(line), r.width, false) // what a room forgot to hold must not run into the next line
	}
	return c.Release(strings.Join(lines, "\n"))
}

func (r *root) header(c *widget.Cells) string {
	left := ngo.Printable(fmt.Sprintf(" %s · %s · %s", r.room.Org.Name, r.front.Title(), r.who))
	right := "live "
	switch {
	case r.link.err != nil:
		right = "! stale since " + r.link.at.In(r.room.Zone).Format("15:04") + " "
	case r.link.at.IsZero():
		right = "! not live yet "
	}
	left = widget.Fit(c.Hold(left), max(r.width-len(right), 0), false)
	return r.room.Theme.Bar.Render(widget.Fit(left+right, r.width, false))
}

// footer shows a notice, or the few keys that matter most here.
func (r *root) footer(c *widget.Cells) []string {
	if r.notice.Text != "" {
		return r.told(c)
	}
	k := r.room.Keys
	always := []key.Binding{k.Rooms, k.Help, k.Quit}
	if r.front.Busy() {
		return []string{r.keyLine(nil, []key.Binding{k.Back, k.Kill})}
	}
	return []string{r.keyLine(r.front.Keys()[:4], always)}
}

// keyLine tells of keys in one line: what there is room for of some, and all of the others.
func (r *root) keyLine(some, all []key.Binding) string {
	var line, end string
	for _, b := range all {
		end += "   " + b.Help().Key + " " + b.Help().Desc
	}
	for _, b := range some {
		if more := line + "   " + b.Help().Key + " " + b.Help().Desc; ansi.StringWidth(more+end) <= r.width+2 {
			line = more
		}
	}
	return r.room.Theme.Foot.Render(widget.Fit((line + end)[2:], r.width, false))
}

// told is the notice, in as many lines as it takes: what to do next stands at its end.
func (r *root) told(c *widget.Cells) (out []string) {
	text, style := r.notice.Text, r.room.Theme.Good
	if r.notice.Bad {
		text, style = "! "+text, r.room.Theme.Bad
	}
	for line := range strings.SplitSeq(text, "\n") {
		wrapped := ansi.Wrap(c.Hold(line), r.width, "")
		if !strings.Contains(line, " ") {
			wrapped = ansi.Hardwrap(c.Hold(line), r.width, true) // an address: whole lines of it are one when they are copied
		}
		for part := range strings.SplitSeq(wrapped, "\n") {
			out = append(out, style.Render(widget.Fit(part, r.width, false)))
		}
	}
	return out
}

// helpView lists all keys, beside each other where the screen is too low for one list.
func (r *root) helpView() string {
	th, rows := r.room.Theme, max(r.height-2, 3)
	out := []string{th.Strong.Render("Keys on "+r.front.Title()) + th.Dim.Render("   any key goes back"), ""} // the line that is never cut off
	var lines []string
	for _, k := range append(r.front.Keys(), r.room.Keys.Today, r.room.Keys.Inbox, r.room.Keys.People, r.room.Keys.Help, r.room.Keys.Quit, r.room.Keys.Kill) {
		lines = append(lines, fmt.Sprintf("  %-7s %s", k.Help().Key, k.Help().Desc))
	}
	if half := (len(lines) + 1) / 2; len(lines) > rows-len(out) {
		for i, right := range lines[half:] {
			lines[i] = widget.Fit(lines[i], r.width*3/5, false) + right
		}
		lines = lines[:half]
	}
	out = append(append(out, lines...), make([]string, rows)...)[:rows]
	for i, line := range out {
		out[i] = widget.Fit(line, r.width, false)
	}
	return strings.Join(out, "\n")
}
