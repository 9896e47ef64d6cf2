package screen

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// People shows whom the organisation knows, and all of the one who is chosen: gifts, receipts, threads, consents, and who
// else they may be.
type People struct {
	room          Room
	width, height int

	people   []ngo.Person
	next     string
	chosen   ngo.PersonID
	top      int
	page     *api.Person
	likely   []ngo.Likeness // shown in place of the page when asked for; nil otherwise
	find     textinput.Model
	found    string
	dialog   *dialog
	read     int
	told     int
	due      bool
	failure  error
	firstOne bool
}

// NewPeople makes the screen.
func NewPeople(r Room) *People {
	f := textinput.New()
	f.Prompt, f.Placeholder, f.CharLimit = "/ ", "name in any script, phone, e-mail address", 100
	return &People{room: r, find: f}
}

type (
	peopleRead struct {
		request int
		people  api.Page[ngo.Person]
		err     error
	}
	peopleMore struct {
		after  string
		people api.Page[ngo.Person]
		err    error
	}
	peoplePage struct {
		request int
		page    api.Person
		err     error
	}
	peopleLikely struct {
		person ngo.PersonID
		likely []ngo.Likeness
		err    error
	}
	peopleDone struct {
		said string
		err  error
	}
	peopleDue struct{}
)

// Title names the screen.
func (*People) Title() string { return "People" }

// Init reads for the first time, and again when somebody comes back.
func (p *People) Init() tea.Cmd { return p.readAnew() }

// Busy tells that keys are text now.
func (p *People) Busy() bool { return p.find.Focused() || p.dialog != nil || p.likely != nil }

// Resize takes the room there is.
func (p *People) Resize(width, height int) {
	p.width, p.height = width, height
	p.keepInSight()
}

// Keys lists what can be pressed.
func (p *People) Keys() []key.Binding {
	k := p.room.Keys
	return []key.Binding{
		k.Thread, k.Filter, k.Likely, k.Join, k.Part, k.Differ, k.Consent, k.Refresh, k.Up, k.Down, k.Top, k.Bottom, k.PageUp, k.PageDown, k.Back,
	}
}

// Update takes a message and gives the work that follows from it.
func (p *People) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case peopleRead:
		return p.onRead(m)
	case peopleMore:
		return p.onMore(m)
	case peoplePage:
		return p.onPage(m)
	case peopleLikely:
		return p.onLikely(m)
	case peopleDone:
		if m.err != nil {
			return notice(failed(m.err))
		}
		return tea.Batch(p.readAnew(), notice(Notice{Text: m.said}))
	case peopleDue:
		p.due = false
		return p.readAnew()
	case Changed:
		return p.onChange(m)
	case GoTo:
		if m.Person != "" {
			p.chosen, p.page, p.found = m.Person, nil, ""
			p.find.SetValue("")
			return p.tell()
		}
	case tea.KeyMsg:
		return p.onKey(m)
	}
	return nil
}

func (p *People) query(after string) api.PersonQuery {
	return api.PersonQuery{ListQuery: api.ListQuery{Limit: page, After: after}, Text: p.found}
}

// readAnew reads the list. What was typed is looked up in every script; the list behind it has whole addresses too.
func (p *People) readAnew() tea.Cmd {
	p.read++
	n, c, org, q, words := p.read, p.room.Client, p.room.Org.Slug, p.query(""), p.found
	return load(func(ctx context.Context) tea.Msg {
		people, err := c.Persons(ctx, org, q)
		if err != nil || words == "" {
			return peopleRead{request: n, people: people, err: err}
		}
		hits, err := c.Search(ctx, org, words, "person", page)
		for _, h := range hits {
			same := func(known ngo.Person) bool { return known.ID == h.Person || string(known.ID) == h.Subject }
			if !slices.ContainsFunc(people.Items, same) {
				people.Items = append(people.Items, ngo.Person{ID: ngo.PersonID(h.Subject), Name: h.Title, Created: h.At})
			}
		}
		return peopleRead{request: n, people: people, err: err}
	})
}

func (p *People) onRead(m peopleRead) tea.Cmd {
	if m.request != p.read || p.dialog != nil {
		return nil
	}
	if p.failure = m.err; m.err != nil {
		return nil
	}
	at := max(p.index(), 0)
	p.firstOne, p.people, p.next = true, m.people.Items, m.people.Next
	if p.chosen == "" {
		return p.choose(min(at, len(p.people)-1))
	}
	p.keepInSight()
	return p.tell()
}

func (p *People) more() tea.Cmd {
	if p.next == "" {
		return nil
	}
	after, c, org, q := p.next, p.room.Client, p.room.Org.Slug, p.query(p.next)
	return load(func(ctx context.Context) tea.Msg {
		people, err := c.Persons(ctx, org, q)
		return peopleMore{after: after, people: people, err: err}
	})
}

func (p *People) onMore(m peopleMore) tea.Cmd {
	if m.err != nil {
		return notice(failed(m.err))
	}
	if m.after == p.next {
		p.people, p.next = append(p.people, m.people.Items...), m.people.Next
	}
	return nil
}

// tell asks for the page of the chosen person.
func (p *People) tell() tea.Cmd {
	if p.chosen == "" {
		p.page = nil
		return nil
	}
	p.told++
	n, id, c, org := p.told, p.chosen, p.room.Client, p.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		one, err := c.Person(ctx, org, id, api.ListQuery{Limit: 20})
		return peoplePage{request: n, page: one, err: err}
	})
}

func (p *People) onPage(m peoplePage) tea.Cmd {
	if m.request != p.told {
		return nil
	}
	if m.err != nil {
		return notice(failed(m.err))
	}
	p.page = &m.page
	return nil
}

func (p *People) onChange(m Changed) tea.Cmd {
	if p.due || m.Event.Kind == "job" || m.Event.Kind == "delivery" {
		return nil
	}
	p.due = true
	return tea.Tick(settle, func(time.Time) tea.Msg { return peopleDue{} })
}

func (p *People) onKey(m tea.KeyMsg) tea.Cmd {
	k := p.room.Keys
	switch {
	case p.dialog != nil:
		return p.onDialog(m)
	case p.find.Focused():
		return p.onFindKey(m)
	case p.likely != nil && key.Matches(m, k.Back):
		p.likely = nil
		return nil
	case p.likely != nil:
		return p.onLikelyKey(m)
	case key.Matches(m, k.Filter):
		return p.find.Focus()
	case key.Matches(m, k.Refresh):
		return p.readAnew()
	case key.Matches(m, k.Back):
		if p.found == "" {
			return nil
		}
		p.found, p.chosen = "", ""
		p.find.SetValue("")
		return p.readAnew()
	case p.page != nil && p.page.ID == p.chosen:
		if cmd, done := p.onAct(m); done {
			return cmd
		}
	}
	return p.onMove(m)
}

func (p *People) onFindKey(m tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(m, p.room.Keys.Open):
		p.find.Blur()
		p.found, p.chosen, p.page, p.top = strings.TrimSpace(p.find.Value()), "", nil, 0
		return p.readAnew()
	case key.Matches(m, p.room.Keys.Back):
		p.find.Blur()
		return nil
	}
	var cmd tea.Cmd
	p.find, cmd = p.find.Update(m)
	return cmd
}

// onAct begins what can be done to the chosen person.
func (p *People) onAct(m tea.KeyMsg) (tea.Cmd, bool) {
	k, one := p.room.Keys, *p.page
	switch {
	case key.Matches(m, k.Thread):
		if len(one.Conversations) == 0 {
			return notice(Notice{Text: "they have no thread yet", Bad: true}), true
		}
		id := one.Conversations[0].ID
		return func() tea.Msg { return GoTo{Conversation: id} }, true
	case key.Matches(m, k.Likely), key.Matches(m, k.Join), key.Matches(m, k.Differ):
		return p.askLikely(one.ID), true
	case key.Matches(m, k.Part):
		return p.parting(one), true
	case key.Matches(m, k.Consent):
		p.dialog = p.consenting(one)
		return nil, true
	}
	return nil, false
}

func (p *People) askLikely(id ngo.PersonID) tea.Cmd {
	c, org := p.room.Client, p.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		likely, err := c.Likely(ctx, org, id)
		return peopleLikely{person: id, likely: likely, err: err}
	})
}

func (p *People) onLikely(m peopleLikely) tea.Cmd {
	switch {
	case m.err != nil:
		return notice(failed(m.err))
	case m.person != p.chosen || p.dialog != nil:
		return nil
	case len(m.likely) == 0:
		return notice(Notice{Text: "nobody else looks like the same person"})
	}
	p.likely = m.likely
	return nil
}

// onLikelyKey merges with the person whose number is pressed: it can be taken back at any time, so nothing more is asked. Telling
// somebody apart asks for the number.
func (p *People) onLikelyKey(m tea.KeyMsg) tea.Cmd {
	likely, id := p.likely, p.chosen
	c, org := p.room.Client, p.room.Org.Slug
	if n := number(m.String(), len(likely)); n > 0 {
		other := likely[n-1].Person
		p.likely = nil
		return load(func(ctx context.Context) tea.Msg {
			_, err := c.JoinPersons(ctx, org, id, api.Join{With: other.ID, Reason: strings.Join(likely[n-1].Reasons, " ")})
			return peopleDone{said: "shown as one with " + ngo.Printable(personName(other)) + "; M takes them apart, also years from now", err: err}
		})
	}
	if !key.Matches(m, p.room.Keys.Differ) {
		return nil
	}
	p.dialog = newDialog(func(a []string) tea.Cmd {
		p.likely = nil
		n := number(a[0], len(likely))
		if n == 0 {
			return notice(Notice{Text: "there is no such number", Bad: true})
		}
		return load(func(ctx context.Context) tea.Msg {
			err := c.NotTheSame(ctx, org, id, likely[n-1].Person.ID)
			return peopleDone{said: "they are two, and are not offered again", err: err}
		})
	}, question{text: "Which number is somebody else?", needed: true})
	return nil
}

// number reads a number from 1 to most; 0 for anything else.
func number(s string, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		return 0
	}
	return n
}

// parting asks who is to be shown by themselves again.
func (p *People) parting(one api.Person) tea.Cmd {
	c, org := p.room.Client, p.room.Org.Slug
	part := func(id ngo.PersonID, reason string) tea.Cmd {
		return load(func(ctx context.Context) tea.Msg {
			_, err := c.PartPersons(ctx, org, id, reason)
			return peopleDone{said: "they are two again; what came since went with whom it came from", err: err}
		})
	}
	if one.Root != "" && one.Root != one.ID {
		p.dialog = newDialog(func(a []string) tea.Cmd { return part(one.ID, a[0]) }, question{text: "Unmerge " + ngo.Printable(one.Name) + ". Why?"})
		return nil
	}
	if len(one.Parts) == 0 {
		return notice(Notice{Text: "nobody was merged with this person", Bad: true})
	}
	var names []string
	for i, other := range one.Parts {
		names = append(names, strconv.Itoa(i+1)+" "+ngo.Printable(other.Name))
	}
	p.dialog = newDialog(func(a []string) tea.Cmd {
		n := number(a[0], len(one.Parts))
		if n == 0 {
			return notice(Notice{Text: "there is no such number", Bad: true})
		}
		return part(one.Parts[n-1].ID, a[1])
	}, question{text: "Unmerge which? " + strings.Join(names, ", ") + ":", value: "1", needed: true}, question{text: "Why?"})
	return nil
}

// consenting asks what a person said, in the words that prove it.
func (p *People) consenting(one api.Person) *dialog {
	c, org := p.room.Client, p.room.Org.Slug
	return newDialog(func(a []string) tea.Cmd {
		r := api.ConsentRecord{Given: a[0] == "yes", Topic: ngo.Topic(a[1]), Words: a[2], Source: a[3]}
		return load(func(ctx context.Context) tea.Msg {
			_, err := c.RecordConsent(ctx, org, one.ID, r)
			return peopleDone{said: "it is recorded", err: err}
		})
	},
		question{text: ngo.Printable(one.Name) + " wishes to get something (yes), or no more (stop):", words: []string{"yes", "stop"}},
		question{text: "What: all, marketing or receipt:", words: []string{string(ngo.TopicAll), string(ngo.TopicMarketing), string(ngo.TopicReceipt)}},
		question{text: "In which words were they asked, or did they say it?", needed: true},
		question{text: "How was it heard: by phone, on paper, …", needed: true},
	)
}

// onDialog passes a key to the question that is open. Esc leaves without doing anything.
func (p *People) onDialog(m tea.KeyMsg) tea.Cmd {
	if key.Matches(m, p.room.Keys.Back) {
		p.dialog, p.likely = nil, nil
		return notice(Notice{Text: "nothing was done"})
	}
	if !key.Matches(m, p.room.Keys.Open) {
		return p.dialog.update(m)
	}
	if !p.dialog.enter() {
		return nil
	}
	d := p.dialog
	p.dialog = nil
	return d.run(d.answers)
}

func (p *People) onMove(m tea.KeyMsg) tea.Cmd {
	at, end, moved := p.room.move(m, p.index(), p.rows(), len(p.people))
	if !moved {
		return nil
	}
	cmd := p.choose(at)
	if end {
		return tea.Batch(cmd, p.more())
	}
	return cmd
}

func (p *People) choose(n int) tea.Cmd {
	if n < 0 || n >= len(p.people) {
		p.chosen, p.page = "", nil
		return nil
	}
	if p.chosen == p.people[n].ID {
		return nil
	}
	p.chosen = p.people[n].ID
	p.keepInSight()
	return p.tell()
}

func (p *People) index() int {
	return slices.IndexFunc(p.people, func(one ngo.Person) bool { return one.ID == p.chosen })
}

func (p *People) rows() int { return widget.Table{}.Rows(p.layout().list.height) }

func (p *People) keepInSight() {
	p.top = inSight(p.top, p.index(), p.rows(), len(p.people))
}
