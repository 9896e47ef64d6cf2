// Package tui is the terminal desk: a router that owns the screens, the header, the footer and the help. It talks to the
// daemon through api.Client only, so that it works the same on the socket, over HTTPS and over SSH.
//
// Run owns every goroutine it starts and waits for them. A panic ends the desk, restores the terminal and comes back as
// an error.
package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/tui/screen"
	"github.com/ngoctl/ngoctl/tui/style"
)

// Options is what the desk needs.
type Options struct {
	Client  *api.Client
	Org     string // slug
	In      io.Reader
	Out     io.Writer
	NoColor bool
	Now     func() time.Time // nil is time.Now
	// Open shows a document in the user's own viewer; nil where there is none.
	Open func(name string, document []byte) error
	// Browse shows an address in the user's own browser; nil where there is none.
	Browse func(url string) error
	Term   []tea.ProgramOption
}

// Run shows the desk until the user leaves or ctx ends. It fails with what the daemon said when the organisation cannot
// be read at the start.
func Run(ctx context.Context, o Options) error {
	m, err := open(ctx, o)
	if err != nil {
		return err
	}
	terminal := append([]tea.ProgramOption{tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithAltScreen()}, o.Term...)
	p := tea.NewProgram(m, terminal...)

	feed, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer revive(p)
		listen(feed, o, p)
	})
	_, err = p.Run()
	stop()
	wg.Wait()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run desk: %w", err)
	}
	return nil
}

// open reads what the header says and makes the model.
func open(ctx context.Context, o Options) (*root, error) {
	org, err := o.Client.Org(ctx, o.Org)
	if err != nil {
		return nil, err
	}
	status, err := o.Client.Status(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(org.Zone)
	if err != nil {
		zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	room := screen.Room{Client: o.Client, Org: org, Theme: style.New(renderer(o)), Keys: style.NewKeys(), Zone: zone, Now: o.Now, Open: o.Open, Browse: o.Browse}
	return newRoot(room, status), nil
}

// renderer styles for the terminal behind Out, which in a session over SSH is not the daemon's own.
func renderer(o Options) *lipgloss.Renderer {
	r := lipgloss.NewRenderer(o.Out)
	r.SetHasDarkBackground(true) // asking the terminal can hang or garble; no colour here depends on it
	if o.NoColor {
		r.SetColorProfile(termenv.Ascii)
	}
	return r
}

// listen passes the daemon's live events on to the program until ctx ends.
func listen(ctx context.Context, o Options, p *tea.Program) {
	err := o.Client.Follow(ctx, o.Org,
		func(e api.Event) error {
			p.Send(screen.Changed{Event: e})
			return nil
		},
		func(err error) { p.Send(linked{err: err, at: time.Now()}) })
	if err != nil && ctx.Err() == nil {
		p.Send(linked{err: err, at: time.Now()})
	}
}

// revive gives the terminal back when a goroutine of ours panics; bubbletea only guards its own.
func revive(p *tea.Program) {
	if r := recover(); r != nil {
		p.Kill()
		panic(r)
	}
}

// linked tells that the live stream is up (no error) or down since at.
type linked struct {
	err error
	at  time.Time
}
