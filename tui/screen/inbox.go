package screen

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// Inbox shows the threads that want somebody, who has waited longest first, and the one that is chosen beside them. What is
// done to a thread moves on to the next; a message that arrives never moves the choice.
type Inbox struct {
	room          Room
	width, height int

	threads  []api.Conversation
	next     string
	chosen   ngo.ConversationID
	top      int
	thread   *api.Thread
	whole    bool // the thread fills the screen
	scroll   int  // lines up from the end of the thread
	lane     int
	find     textinput.Model
	found    string // what the list was found by; empty for a lane
	composer *composer
	dialog   *dialog
	drafts   map[ngo.ConversationID]string
	tried    map[ngo.ConversationID]attempt
	last     *undoable // what was done here last
	offers   []api.TemplateOffer
	read     int
	told     int
	due      bool
	late     bool // something was read while somebody wrote or chose, and put off
	failure  error
	firstOne bool
}

// undoable is what u takes back: a message that has not left, or an act.
type undoable struct {
	message ngo.MessageID
	act     *ngo.Act
	what    string
}

// NewInbox makes the screen.
func NewInbox(r Room) *Inbox {
	f := textinput.New()
	f.Prompt, f.Placeholder, f.CharLimit = "/ ", "name, number or words, in any script", 100
	return &Inbox{room: r, find: f, drafts: map[ngo.ConversationID]string{}, tried: map[ngo.ConversationID]attempt{}}
}

// inboxLanes are the lists that tab goes through.
var inboxLanes = [...]struct {
	name    string
	state   ngo.ConversationState
	waiting bool
	sort    string
}{
	{name: "waiting longest", waiting: true, sort: "waiting"},
	{name: "window shuts first", waiting: true, sort: "window"},
	{name: "all open"},
	{name: "closed", state: ngo.ConversationClosed},
}

type (
	inboxRead struct {
		request int
		page    api.Page[api.Conversation]
		err     error
	}
	inboxFound struct {
		request int
		words   string
		hits    []api.Hit
		err     error
	}
	inboxMore struct {
		after string
		page  api.Page[api.Conversation]
		err   error
	}
	inboxThread struct {
		request int
		thread  api.Thread
		err     error
	}
	inboxDone struct {
		undo  *undoable
		said  string
		on    bool // go on to the next thread
		clear ngo.ConversationID
		wrote ngo.ConversationID // something was written into it
		err   error
	}
	inboxOffers struct {
		conversation ngo.ConversationID
		offers       []api.TemplateOffer
		err          error
	}
	inboxDue struct{}
)

// Title names the screen.
func (*Inbox) Title() string { return "Inbox" }

// Init reads for the first time, and again when somebody comes back.
func (x *Inbox) Init() tea.Cmd { return x.readAnew() }

// Busy tells that keys are text now.
func (x *Inbox) Busy() bool {
	return x.find.Focused() || x.dialog != nil || x.composer != nil || x.whole
}

// writing tells that a question or a draft is open. The choice stays until it is done.
func (x *Inbox) writing() bool { return x.dialog != nil || x.composer != nil }

// Resize takes the room there is.
func (x *Inbox) Resize(width, height int) {
	x.width, x.height = width, height
	x.keepInSight()
}

// Keys lists what can be pressed.
func (x *Inbox) Keys() []key.Binding {
	k := x.room.Keys
	undo := k.Undo
	if x.last == nil {
		undo.SetHelp("u", "take the last act back (none was done here)")
	}
	lane := k.Next
	lane.SetHelp("tab", "waiting, windows, all open, closed")
	open := k.Open
	open.SetHelp("enter", "the whole thread")
	return []key.Binding{
		open, k.Reply, k.Done, lane, k.Template, k.Note, undo, k.Again, k.Reopen, k.Picture, k.Browse, k.Person, k.Filter, k.Refresh, k.Up, k.Down, k.Top, k.Bottom,
		k.PageUp, k.PageDown, k.Back,
	}
}

// Update takes a message and gives the work that follows from it.
func (x *Inbox) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case inboxRead:
		return x.onRead(m)
	case inboxFound:
		return x.onFound(m)
	case inboxMore:
		return x.onMore(m)
	case inboxThread:
		return x.onThread(m)
	case inboxDone:
		return x.onDone(m)
	case inboxOffers:
		return x.onOffers(m)
	case inboxDue:
		x.due = false
		return x.readAnew()
	case Changed:
		return x.onChange(m)
	case GoTo:
		return x.onGoTo(m)
	case tea.KeyMsg:
		return x.onKey(m)
	}
	return nil
}

func (x *Inbox) query(after string) api.ConversationQuery {
	l := inboxLanes[x.lane]
	return api.ConversationQuery{ListQuery: api.ListQuery{Limit: page, After: after}, State: l.state, Waiting: l.waiting, Sort: l.sort}
}

func (x *Inbox) readAnew() tea.Cmd {
	x.read++
	n, c, org, q, words := x.read, x.room.Client, x.room.Org.Slug, x.query(""), x.found
	if words != "" {
		return load(func(ctx context.Context) tea.Msg {
			hits, err := c.Search(ctx, org, words, "", page)
			return inboxFound{request: n, words: words, hits: hits, err: err}
		})
	}
	return load(func(ctx context.Context) tea.Msg {
		p, err := c.Conversations(ctx, org, q)
		return inboxRead{request: n, page: p, err: err}
	})
}

func (x *Inbox) onRead(m inboxRead) tea.Cmd {
	if m.request != x.read {
		return nil
	}
	if x.writing() {
		x.late = true
		return nil
	}
	if x.failure = m.err; m.err != nil {
		return nil
	}
	x.next = m.page.Next
	return x.take(m.page.Items)
}

// onFound lists what was found as threads: what belongs to none is left to People and Today.
func (x *Inbox) onFound(m inboxFound) tea.Cmd {
	if m.request != x.read {
		return nil
	}
	if x.failure = m.err; m.err != nil {
		return notice(failed(m.err))
	}
	var threads []api.Conversation
	for _, h := range m.hits {
		if h.Conversation == "" {
			continue
		}
		if at := slices.IndexFunc(threads, func(v api.Conversation) bool { return v.ID == h.Conversation }); at >= 0 {
			threads[at].Snippet = cmp.Or(threads[at].Snippet, h.Snippet)
			continue
		}
		v := api.Conversation{PersonName: h.Title}
		v.ID, v.Snippet, v.Last, v.Person = h.Conversation, h.Snippet, h.At, h.Person
		threads = append(threads, v)
	}
	x.next = ""
	return x.take(threads)
}

// take puts a list in place of what was read. The choice stays with its thread; when that has left, the one behind it is next.
func (x *Inbox) take(threads []api.Conversation) tea.Cmd {
	at := max(x.index(), 0)
	x.firstOne, x.threads = true, threads
	if x.index() < 0 && (!x.whole || x.chosen == "") {
		return x.choose(min(at, len(x.threads)-1))
	}
	x.keepInSight()
	return x.tell()
}

func (x *Inbox) more() tea.Cmd {
	if x.next == "" {
		return nil
	}
	after, c, org, q := x.next, x.room.Client, x.room.Org.Slug, x.query(x.next)
	return load(func(ctx context.Context) tea.Msg {
		p, err := c.Conversations(ctx, org, q)
		return inboxMore{after: after, page: p, err: err}
	})
}

func (x *Inbox) onMore(m inboxMore) tea.Cmd {
	if m.err != nil {
		return notice(failed(m.err))
	}
	if m.after == x.next {
		x.threads, x.next = append(x.threads, m.page.Items...), m.page.Next
	}
	return nil
}

// tell asks for the chosen thread.
func (x *Inbox) tell() tea.Cmd {
	if x.chosen == "" {
		x.thread = nil
		return nil
	}
	if x.thread != nil && x.thread.ID != x.chosen {
		x.thread = nil
	}
	x.told++
	n, id, c, org := x.told, x.chosen, x.room.Client, x.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		t, err := c.Thread(ctx, org, id, api.ListQuery{Limit: threadPage})
		return inboxThread{request: n, thread: t, err: err}
	})
}

// threadPage is how many messages of a thread the desk shows; older ones are in the page that o opens.
const threadPage = 100

func (x *Inbox) onThread(m inboxThread) tea.Cmd {
	if m.request != x.told {
		return nil
	}
	if m.err != nil {
		return notice(failed(m.err))
	}
	x.thread = &m.thread
	if x.whole {
		return x.markRead()
	}
	return nil
}

// markRead says that the thread was seen: it fills the screen.
func (x *Inbox) markRead() tea.Cmd {
	if x.thread == nil || x.thread.Unread == 0 {
		return nil
	}
	id, c, org := x.thread.ID, x.room.Client, x.room.Org.Slug
	x.thread.Unread = 0
	return load(func(ctx context.Context) tea.Msg {
		if err := c.MarkRead(ctx, org, id); err != nil {
			return failed(err)
		}
		return nil
	})
}

func (x *Inbox) onChange(m Changed) tea.Cmd {
	switch m.Event.Kind {
	case "conversation", "message", "person", "attachment", api.Resync:
	default:
		return nil
	}
	if x.due {
		return nil
	}
	x.due = true
	return tea.Tick(settle, func(time.Time) tea.Msg { return inboxDue{} })
}

// onGoTo shows the thread that another screen asked for.
func (x *Inbox) onGoTo(m GoTo) tea.Cmd {
	if m.Conversation == "" {
		return nil
	}
	x.chosen, x.thread, x.whole, x.scroll = m.Conversation, nil, true, 0
	return x.tell()
}

func (x *Inbox) onDone(m inboxDone) tea.Cmd {
	if m.err != nil {
		return notice(failed(m.err))
	}
	if m.undo != nil {
		x.last = m.undo
	}
	delete(x.drafts, m.clear)
	delete(x.tried, m.wrote)
	var on tea.Cmd
	if m.on {
		on = x.advance()
	}
	return tea.Batch(on, x.readAnew(), notice(Notice{Text: m.said}))
}

// advance goes on to the thread behind the chosen one, so that a pile is worked off without looking for the next.
func (x *Inbox) advance() tea.Cmd {
	at := x.index()
	if at < 0 || at+1 >= len(x.threads) {
		x.whole = false
		return nil
	}
	return x.choose(at + 1)
}

func (x *Inbox) onKey(m tea.KeyMsg) tea.Cmd {
	switch {
	case x.composer != nil:
		return x.onComposer(m)
	case x.dialog != nil:
		return x.onDialog(m)
	case x.find.Focused():
		return x.onFindKey(m)
	}
	if cmd, done := x.onAct(m); done {
		return cmd
	}
	k := x.room.Keys
	switch {
	case key.Matches(m, k.Filter):
		x.whole = false
		return x.find.Focus()
	case key.Matches(m, k.Next):
		return x.nextLane()
	case key.Matches(m, k.Open):
		x.whole, x.scroll = x.chosen != "" && !x.whole, 0
		if x.whole {
			return x.markRead()
		}
	case key.Matches(m, k.Refresh):
		return x.readAnew()
	case key.Matches(m, k.Back):
		return x.back()
	case x.whole:
		x.onScroll(m)
	default:
		return x.onMove(m)
	}
	return nil
}

func (x *Inbox) nextLane() tea.Cmd {
	x.lane, x.found = (x.lane+1)%len(inboxLanes), ""
	x.find.SetValue("")
	x.threads, x.next, x.top, x.thread, x.chosen, x.whole = nil, "", 0, nil, "", false
	return x.readAnew()
}

func (x *Inbox) back() tea.Cmd {
	if x.whole {
		x.whole = false
		return nil
	}
	if x.found == "" {
		return nil
	}
	x.found = ""
	x.find.SetValue("")
	return x.readAnew()
}

func (x *Inbox) onFindKey(m tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(m, x.room.Keys.Open):
		x.find.Blur()
		x.found = x.find.Value()
		x.top, x.chosen, x.thread = 0, "", nil
		return x.readAnew()
	case key.Matches(m, x.room.Keys.Back):
		x.find.Blur()
		return x.back()
	}
	var cmd tea.Cmd
	x.find, cmd = x.find.Update(m)
	return cmd
}

func (x *Inbox) onScroll(m tea.KeyMsg) {
	k, step := x.room.Keys, max(x.height-4, 1)
	switch {
	case key.Matches(m, k.Up):
		x.scroll++
	case key.Matches(m, k.Down):
		x.scroll--
	case key.Matches(m, k.PageUp):
		x.scroll += step
	case key.Matches(m, k.PageDown):
		x.scroll -= step
	case key.Matches(m, k.Top):
		x.scroll = x.longest()
	case key.Matches(m, k.Bottom):
		x.scroll = 0
	}
	x.scroll = min(max(x.scroll, 0), x.longest())
}

// longest is how far up the thread goes when it fills the screen.
func (x *Inbox) longest() int {
	if x.thread == nil {
		return 0
	}
	return len(x.lines(widget.NewCells(), x.width))
}

func (x *Inbox) onMove(m tea.KeyMsg) tea.Cmd {
	at, end, moved := x.room.move(m, x.index(), x.rows(), len(x.threads))
	if !moved {
		return nil
	}
	cmd := x.choose(at)
	if end {
		return tea.Batch(cmd, x.more())
	}
	return cmd
}

// choose makes the n-th thread the chosen one and asks for its messages.
func (x *Inbox) choose(n int) tea.Cmd {
	if n < 0 || n >= len(x.threads) {
		x.chosen, x.thread = "", nil
		return nil
	}
	if x.chosen == x.threads[n].ID {
		return nil
	}
	x.chosen, x.scroll = x.threads[n].ID, 0
	x.keepInSight()
	return x.tell()
}

func (x *Inbox) index() int {
	return slices.IndexFunc(x.threads, func(v api.Conversation) bool { return v.ID == x.chosen })
}

func (x *Inbox) rows() int { return widget.Table{}.Rows(x.layout().list.height) }

func (x *Inbox) keepInSight() {
	x.top = inSight(x.top, x.index(), x.rows(), len(x.threads))
}
