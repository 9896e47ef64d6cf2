// Package style holds the desk's colours and keys. Colours are the terminal's own sixteen; meaning is never carried by
// colour alone, so that the desk reads the same without any.
package style

import (
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
)

// Theme is every style that screens use. It is made for one terminal: a session over SSH has its own.
type Theme struct {
	Bar      lipgloss.Style // header
	Foot     lipgloss.Style // footer
	Heading  lipgloss.Style // of a table or section
	Selected lipgloss.Style
	Strong   lipgloss.Style
	Dim      lipgloss.Style
	Good     lipgloss.Style
	Warn     lipgloss.Style
	Bad      lipgloss.Style
}

// New makes the theme for the terminal behind r.
func New(r *lipgloss.Renderer) Theme {
	s := r.NewStyle()
	return Theme{
		Bar:      s.Bold(true).Reverse(true),
		Foot:     s.Faint(true),
		Heading:  s.Bold(true).Underline(true),
		Selected: s.Reverse(true),
		Strong:   s.Bold(true),
		Dim:      s.Faint(true),
		Good:     s.Foreground(lipgloss.Color("2")),
		Warn:     s.Foreground(lipgloss.Color("3")),
		Bad:      s.Foreground(lipgloss.Color("1")).Bold(true),
	}
}

// Keys is the one definition of every key. The footer and the help are made from it.
type Keys struct {
	Up, Down, Top, Bottom, PageUp, PageDown key.Binding
	Open, Back, Filter, Preview, Send       key.Binding
	Refresh, Help, Quit, Kill               key.Binding
	Yes                                     key.Binding
	Hold, Release, Edit, Refund, Undo, Next key.Binding
	Issue, Void, Replace, Show, Add         key.Binding

	Today, Inbox, People                        key.Binding // rooms
	Rooms                                       key.Binding // all of them, for the footer
	Reply, Note, Template, Done, Reopen, Again  key.Binding
	Picture, Browse, Person                     key.Binding
	Submit, SubmitDone                          key.Binding // while writing
	Join, Part, Differ, Consent, Likely, Thread key.Binding
}

// NewKeys makes the key map.
func NewKeys() Keys {
	bind := func(help, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, does))
	}
	return Keys{
		Up:       bind("↑/k", "up", "up", "k"),
		Down:     bind("↓/j", "down", "down", "j"),
		Top:      bind("g", "newest", "g", "home"),
		Bottom:   bind("G", "oldest shown", "G", "end"),
		PageUp:   bind("pgup", "a page up", "pgup", "ctrl+b"),
		PageDown: bind("pgdn", "a page down", "pgdown", "ctrl+f"),
		Open:     bind("enter", "its whole story", "enter"),
		Back:     bind("esc", "back", "esc"),
		Filter:   bind("/", "find", "/"),
		Preview:  bind("p", "story beside the list", "p"),
		Send:     bind("s", "send receipt again", "s"),
		Refresh:  bind("ctrl+r", "read anew", "ctrl+r"),
		Help:     bind("?", "all keys", "?"),
		Quit:     bind("q", "quit", "q"),
		Kill:     bind("ctrl+c", "quit at once", "ctrl+c"),
		Yes:      bind("y", "yes", "y", "Y"),
		Hold:     bind("h", "hold it", "h"),
		Release:  bind("r", "looked at: let it go on", "r"),
		Edit:     bind("e", "donor's facts", "e"),
		Refund:   bind("f", "pay back", "f"),
		Issue:    bind("i", "issue a receipt", "i"),
		Void:     bind("V", "void the receipt", "V"),
		Replace:  bind("R", "replace the receipt", "R"),
		Show:     bind("o", "open the receipt", "o"),
		Add:      bind("n", "enter a cash gift", "n"),
		Undo:     bind("u", "take the last act back", "u"),
		Next:     bind("tab", "all, waiting, held, marked", "tab"),

		Today:  bind("1", "today", "1"),
		Inbox:  bind("2", "inbox", "2"),
		People: bind("3", "people", "3"),
		Rooms:  bind("1 2 3", "rooms"),

		Reply:      bind("r", "reply", "r"),
		Note:       bind("n", "note, only for staff", "n"),
		Template:   bind("t", "send a template", "t"),
		Done:       bind("e", "done: close it and go on", "e"),
		Reopen:     bind("E", "open it again", "E"),
		Again:      bind("x", "try a failed message again", "x"),
		Picture:    bind("v", "draw the newest message in your viewer", "v"),
		Browse:     bind("o", "open the thread in your browser", "o"),
		Person:     bind("w", "who it is", "w"),
		Submit:     bind("ctrl+s", "send", "ctrl+s"),
		SubmitDone: bind("ctrl+e", "send and close", "ctrl+e"),

		Join:    bind("m", "merge with somebody likely", "m"),
		Part:    bind("M", "unmerge", "M"),
		Differ:  bind("d", "not the same", "d"),
		Consent: bind("c", "record a consent or a stop", "c"),
		Likely:  bind("l", "who may be the same", "l"),
		Thread:  bind("enter", "their newest thread", "enter"),
	}
}
