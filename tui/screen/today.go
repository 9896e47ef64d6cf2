package screen

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// Today shows what came in: the organisation's figures, the gifts as they arrive, and the story of the chosen one.
// A gift that arrives never moves the choice: it stays with its gift.
type Today struct {
	room          Room
	width, height int

	figures  api.Summary
	gifts    []ngo.Donation // newest first, as the daemon gave them
	next     string         // where the list goes on; empty at its end
	chosen   ngo.DonationID
	top      int // index of the first row on screen, among those that pass the filter
	story    *api.Donation
	preview  bool // the story stands beside or below the list
	whole    bool // the story fills the screen
	filter   textinput.Model
	lane     int // which of lanes is shown
	dialog   *dialog
	last     *ngo.Act // what was done here last, to be taken back
	read     int      // number of the latest request for the list
	told     int      // number of the latest request for a story
	due      bool     // a re-read is already planned
	late     bool     // something was read while a question was open, and put off
	failure  error    // of the last read
	firstOne bool     // something was read
}

// NewToday makes the screen.
func NewToday(r Room) *Today {
	f := textinput.New()
	f.Prompt, f.Placeholder, f.CharLimit = "/ ", "name, amount, receipt or payment", 60
	return &Today{room: r, preview: true, filter: f}
}

// page is how many gifts one request asks for.
const page = 100

// settle is how long the screen waits for more changes before it reads anew, so that a storm of gifts costs a few reads.
const settle = 250 * time.Millisecond

type (
	todayRead struct {
		request int
		figures api.Summary
		gifts   api.Page[ngo.Donation]
		err     error
	}
	todayMore struct {
		after string
		gifts api.Page[ngo.Donation]
		err   error
	}
	todayStory struct {
		request int
		story   api.Donation
		err     error
	}
	todayDone struct {
		gift ngo.Donation
		act  *ngo.Act // nil for what cannot be taken back
		said string
		err  error
	}
	todayDue  struct{}
	todaySent struct {
		message ngo.Message
		err     error
	}
)

// Title names the screen.
func (*Today) Title() string { return "Today" }

// Init reads for the first time.
func (t *Today) Init() tea.Cmd { return t.readAnew() }

// Busy tells that a filter is being typed, or a question is open.
func (t *Today) Busy() bool { return t.filter.Focused() || t.whole || t.dialog != nil }

// Resize takes the room there is.
func (t *Today) Resize(width, height int) {
	t.width, t.height = width, height
	t.keepInSight()
}

// Keys lists what can be pressed.
func (t *Today) Keys() []key.Binding {
	k := t.room.Keys
	send := k.Send
	if t.story == nil || t.story.Receipt == nil {
		send.SetHelp("s", "send receipt again (this gift has none)")
	}
	return []key.Binding{
		k.Open, k.Next, k.Release, k.Hold, k.Edit, k.Refund, t.undoKey(), k.Add, send, k.Show, k.Issue, k.Replace, k.Void, k.Filter, k.Preview, k.Refresh, k.Up, k.Down, k.Top, k.Bottom,
		k.PageUp, k.PageDown, k.Back,
	}
}

// Update takes a message and gives the work that follows from it.
func (t *Today) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case todayRead:
		return t.onRead(m)
	case todayMore:
		return t.onMore(m)
	case todayStory:
		return t.onStory(m)
	case Changed:
		return t.onChange(m)
	case todayDue:
		t.due = false
		return t.readAnew()
	case todaySent:
		return t.onSent(m)
	case todayDone:
		return t.onDone(m)
	case tea.KeyMsg:
		return t.onKey(m)
	}
	return nil
}

// deciding tells whether a question about the chosen gift is open. The choice stays until it is answered.
func (t *Today) deciding() bool { return t.dialog != nil }

// decided does what an answer leads to, and reads what was put off meanwhile.
func (t *Today) decided(cmd tea.Cmd) tea.Cmd {
	if !t.late {
		return cmd
	}
	t.late = false
	return tea.Batch(cmd, t.readAnew())
}

func (t *Today) readAnew() tea.Cmd {
	t.read++
	n, c, org, q := t.read, t.room.Client, t.room.Org.Slug, t.query("")
	return load(func(ctx context.Context) tea.Msg {
		figures, err := c.Summary(ctx, org)
		if err != nil {
			return todayRead{request: n, err: err}
		}
		gifts, err := c.Donations(ctx, org, q)
		return todayRead{request: n, figures: figures, gifts: gifts, err: err}
	})
}

func (t *Today) onRead(m todayRead) tea.Cmd {
	if m.request != t.read {
		return nil
	}
	if t.deciding() {
		t.late = true
		return nil
	}
	t.failure = m.err
	if m.err != nil {
		return nil
	}
	t.firstOne = true
	t.figures = m.figures
	at := max(t.index(), 0)
	t.take(m.gifts)
	if t.index() < 0 {
		t.choose(min(at, len(t.shown())-1)) // what was done with takes its leave, and the one behind it is next
	}
	t.keepInSight()
	return t.tell()
}

// take puts a first page in place of what was read. Where everything is shown, older pages that were read stay; what leaves
// a lane must not.
func (t *Today) take(p api.Page[ngo.Donation]) {
	old := t.gifts
	t.gifts, t.next = p.Items, p.Next
	if t.lane != 0 {
		return
	}
	t.gifts = join(p.Items, old)
	if len(t.gifts) > len(p.Items) {
		t.next = string(t.gifts[len(t.gifts)-1].ID)
	}
}

// join puts what was just read in front of the older gifts that it does not reach. If the two do not meet, gifts between
// them are not known, and the older ones are given up.
func join(fresh, old []ngo.Donation) []ngo.Donation {
	if len(fresh) == 0 || len(old) == 0 || old[0].ID < fresh[len(fresh)-1].ID {
		return fresh
	}
	last := fresh[len(fresh)-1].ID
	for i, d := range old {
		if d.ID < last {
			return slices.Concat(fresh, old[i:])
		}
	}
	return fresh
}

func (t *Today) more() tea.Cmd {
	if t.next == "" {
		return nil
	}
	after, c, org, q := t.next, t.room.Client, t.room.Org.Slug, t.query(t.next)
	return load(func(ctx context.Context) tea.Msg {
		gifts, err := c.Donations(ctx, org, q)
		return todayMore{after: after, gifts: gifts, err: err}
	})
}

func (t *Today) onMore(m todayMore) tea.Cmd {
	if m.err != nil {
		return notice(failed(m.err))
	}
	if m.after != t.next {
		return nil
	}
	t.gifts, t.next = append(t.gifts, m.gifts.Items...), m.gifts.Next
	return nil
}

// tell asks for the story of the chosen gift.
func (t *Today) tell() tea.Cmd {
	if t.chosen == "" {
		t.story = nil
		return nil
	}
	if t.story != nil && t.story.ID != t.chosen {
		t.story = nil
	}
	t.told++
	n, id, c, org := t.told, t.chosen, t.room.Client, t.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		s, err := c.Donation(ctx, org, id)
		return todayStory{request: n, story: s, err: err}
	})
}

func (t *Today) onStory(m todayStory) tea.Cmd {
	if m.request != t.told {
		return nil
	}
	if m.err != nil {
		return notice(failed(m.err))
	}
	t.story = &m.story
	return nil
}

func (t *Today) onChange(Changed) tea.Cmd {
	if t.due {
		return nil
	}
	t.due = true
	return tea.Tick(settle, func(time.Time) tea.Msg { return todayDue{} })
}

func (t *Today) onSent(m todaySent) tea.Cmd {
	if m.err != nil {
		return notice(failed(m.err))
	}
	return tea.Batch(t.tell(), notice(Notice{Text: "the receipt is on its way to " + ngo.Printable(m.message.Recipient) + " again"}))
}

func notice(n Notice) tea.Cmd { return func() tea.Msg { return n } }

func (t *Today) onKey(m tea.KeyMsg) tea.Cmd {
	switch {
	case t.filter.Focused():
		return t.onFilterKey(m)
	case t.dialog != nil:
		return t.onDialog(m)
	}
	if cmd, done := t.onAct(m); done {
		return cmd
	}
	k := t.room.Keys
	switch {
	case key.Matches(m, k.Filter):
		t.whole = false
		return t.filter.Focus()
	case key.Matches(m, k.Open):
		t.whole = t.chosen != "" && !t.whole
	case key.Matches(m, k.Preview):
		t.preview = !t.preview
		t.keepInSight()
	case key.Matches(m, k.Send):
		return t.ask()
	case key.Matches(m, k.Refresh):
		return t.readAnew()
	case key.Matches(m, k.Back):
		return t.back()
	default:
		return t.onMove(m)
	}
	return nil
}

func (t *Today) back() tea.Cmd {
	if t.whole {
		t.whole = false
		return nil
	}
	t.filter.SetValue("")
	t.keepInSight()
	return nil
}

// ask asks why the receipt is to be sent again: the reason stands in the trail, and enter alone sends nothing.
func (t *Today) ask() tea.Cmd {
	if t.story == nil || t.story.Receipt == nil {
		return notice(Notice{Text: "this gift has no receipt to send", Bad: true})
	}
	id, c, org := string(t.story.Receipt.ID), t.room.Client, t.room.Org.Slug
	t.dialog = newDialog(func(a []string) tea.Cmd {
		return load(func(ctx context.Context) tea.Msg {
			message, err := c.SendReceipt(ctx, org, id, a[0])
			return todaySent{message: message, err: err}
		})
	}, question{text: "Send the receipt to " + donor(t.story.Donation) + " again. Why?", needed: true})
	return nil
}

func (t *Today) onFilterKey(m tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(m, t.room.Keys.Open):
		t.filter.Blur()
	case key.Matches(m, t.room.Keys.Back):
		t.filter.SetValue("")
		t.filter.Blur()
	default:
		var cmd tea.Cmd
		t.filter, cmd = t.filter.Update(m)
		if t.index() < 0 {
			return tea.Batch(cmd, t.choose(0))
		}
		t.keepInSight()
		return cmd
	}
	if t.index() < 0 {
		return t.choose(0)
	}
	t.keepInSight()
	return nil
}

func (t *Today) onMove(m tea.KeyMsg) tea.Cmd {
	at, end, moved := t.room.move(m, t.index(), t.rows(), len(t.shown()))
	if !moved {
		return nil
	}
	cmd := t.choose(at)
	if end {
		return tea.Batch(cmd, t.more())
	}
	return cmd
}

// choose makes the n-th shown gift the chosen one and asks for its story.
func (t *Today) choose(n int) tea.Cmd {
	shown := t.shown()
	if n < 0 || n >= len(shown) {
		t.chosen, t.story = "", nil
		return nil
	}
	if t.chosen == shown[n].ID {
		return nil
	}
	t.chosen = shown[n].ID
	t.keepInSight()
	return t.tell()
}

// shown gives the gifts that pass the filter.
func (t *Today) shown() []ngo.Donation {
	want := strings.ToLower(strings.TrimSpace(t.filter.Value()))
	if want == "" {
		return t.gifts
	}
	return slices.DeleteFunc(slices.Clone(t.gifts), func(d ngo.Donation) bool {
		text := strings.Join([]string{d.Donor.Name, d.Donor.EMail, d.Donor.Phone, d.Amount.Plain(), d.Amount.Format(), string(d.State), d.Purpose, string(d.ID)}, "\n")
		return !strings.Contains(strings.ToLower(text), want)
	})
}

// index is where the chosen gift stands among the shown ones, or -1.
func (t *Today) index() int {
	return slices.IndexFunc(t.shown(), func(d ngo.Donation) bool { return d.ID == t.chosen })
}

// rows is how many gifts fit on the screen.
func (t *Today) rows() int { return widget.Table{}.Rows(t.layout().list.height) }

func (t *Today) keepInSight() {
	t.top = inSight(t.top, t.index(), t.rows(), len(t.shown()))
}
