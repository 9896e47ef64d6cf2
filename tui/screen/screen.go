// Package screen holds the rooms of the desk, a file each. A screen's Update and View do no I/O: work is a command that
// calls the API and comes back as a message, which names the request it answers, so that a late answer is dropped.
package screen

import (
	"context"
	"errors"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/style"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// Screen is one room. The root router owns it and calls it from one goroutine.
type Screen interface {
	Title() string
	Init() tea.Cmd
	Update(tea.Msg) tea.Cmd
	// View fills exactly the size last given to Resize. Text from outside is held in the frame's cells.
	View(*widget.Cells) string
	Resize(width, height int)
	// Keys lists what can be pressed now; a disabled one stays in the help.
	Keys() []key.Binding
	// Busy tells that keys are text now, so that the router leaves its own letters alone.
	Busy() bool
}

// Room is what every screen works with.
type Room struct {
	Client *api.Client
	Org    api.Org
	Theme  style.Theme
	Keys   style.Keys
	Zone   *time.Location // the organisation's
	Now    func() time.Time
	// Open shows a document in the user's own viewer; nil where there is none, as over SSH.
	Open func(name string, document []byte) error
	// Browse shows an address in the user's own browser; nil where there is none.
	Browse func(url string) error
}

// move says which of n rows a key leads to from the one at, with so many rows on a page, and whether it leads to the end of what was
// read: more is to be read then. It says that nothing moved for any other key.
func (r Room) move(m tea.KeyMsg, at, rows, n int) (to int, end, moved bool) {
	k, last := r.Keys, n-1
	switch {
	case key.Matches(m, k.Up):
		at--
	case key.Matches(m, k.Down):
		at++
	case key.Matches(m, k.PageUp):
		at -= rows
	case key.Matches(m, k.PageDown):
		at += rows
	case key.Matches(m, k.Top):
		at = 0
	case key.Matches(m, k.Bottom):
		at = last
	default:
		return at, false, false
	}
	return min(max(at, 0), max(last, 0)), at >= last, true
}

// Changed tells a screen that something changed at the daemon.
type Changed struct{ Event api.Event }

// GoTo asks the router for another room, and tells that room what to show.
type GoTo struct {
	Conversation ngo.ConversationID // in the inbox
	Person       ngo.PersonID       // among people
}

// Notice asks the router to show a text at the foot of the screen, until the next key.
type Notice struct {
	Text string
	Bad  bool
}

// failed makes the notice of an error: the message with what to do next.
func failed(err error) Notice {
	text := err.Error()
	if e, ok := errors.AsType[*ngo.Error](err); ok {
		text = e.Message
		if e.Hint != "" {
			text += " (" + e.Hint + ")"
		}
	}
	return Notice{Text: ngo.Printable(text), Bad: true}
}

// load runs one call to the API as a command. Its context ends with the program, by the client's own time limit.
func load(call func(context.Context) tea.Msg) tea.Cmd {
	return func() tea.Msg { return call(context.Background()) }
}
