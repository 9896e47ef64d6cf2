package screen

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

// composerRows are the lines of the draft and of what sends it.
const composerRows = 6

func (x *Inbox) layout() layout {
	l := layout{}
	rest := area{x.width, max(x.height-2, 2)} // a line for what the list is, one for filter or question
	switch {
	case x.width >= wideEnough:
		l.beside = true
		l.story = area{x.width * 9 / 20, rest.height}
		l.list = area{x.width - l.story.width - 2, rest.height}
	case x.height >= tallEnough:
		l.story = area{x.width, rest.height / 2}
		l.list = area{x.width, rest.height - l.story.height - 1}
	default:
		l.list = rest
	}
	return l
}

// View draws the screen.
func (x *Inbox) View(c *widget.Cells) string {
	l := x.layout()
	if x.whole || x.offers != nil || x.writing() && l.story.height == 0 {
		a := area{x.width, x.height - 1}
		return box(x.pane(c, a), a) + "\n" + box(x.foot(c), area{x.width, 1})
	}
	head := box(x.head(c), area{x.width, 1})
	list := box(x.list(c, l.list), l.list)
	switch {
	case l.beside:
		bar := strings.TrimSuffix(strings.Repeat("│ \n", l.list.height), "\n")
		list = lipgloss.JoinHorizontal(lipgloss.Top, list, bar, box(x.pane(c, l.story), l.story))
	case l.story.height > 0:
		list += "\n" + x.room.Theme.Dim.Render(strings.Repeat("─", x.width)) + "\n" + box(x.pane(c, l.story), l.story)
	}
	return strings.Join([]string{head, list, box(x.foot(c), area{x.width, 1})}, "\n")
}

// head says what the list is.
func (x *Inbox) head(c *widget.Cells) string {
	th := x.room.Theme
	switch {
	case !x.firstOne && x.failure == nil:
		return th.Dim.Render("reading …")
	case x.failure != nil:
		return th.Bad.Render(c.Hold("! " + failed(x.failure).Text))
	case x.found != "":
		return th.Strong.Render(c.Hold("found: " + ngo.Printable(x.found)))
	}
	return th.Strong.Render("Threads: " + inboxLanes[x.lane].name)
}

func (x *Inbox) list(c *widget.Cells, a area) string {
	if len(x.threads) == 0 {
		return x.empty()
	}
	columns, row := laneColumns, x.row
	if x.found != "" {
		columns, row = foundColumns, x.foundRow
	}
	rows := make([][]string, 0, a.height)
	for _, v := range x.threads[x.top:min(x.top+widget.Table{}.Rows(a.height), len(x.threads))] {
		rows = append(rows, row(c, v))
	}
	table := widget.Table{Columns: columns(), Heading: x.room.Theme.Heading, Selected: x.room.Theme.Selected}
	return table.View(a.width, rows, x.index()-x.top)
}

func laneColumns() []widget.Column {
	return []widget.Column{
		{Title: "Waits", Width: 6},
		{Title: "Window", Width: 6},
		{Title: "By", Width: 9, Least: 74},
		{Title: "Who", Width: 18},
		{Title: "Last said"},
	}
}

// foundColumns are what a search tells of a thread.
func foundColumns() []widget.Column {
	return []widget.Column{{Title: "When", Width: 12}, {Title: "Who", Width: 24}, {Title: "Found"}}
}

func (x *Inbox) foundRow(c *widget.Cells, v api.Conversation) []string {
	text := cmp.Or(v.Snippet, "by the name or the address")
	return []string{v.Last.In(x.room.Zone).Format("2 Jan 15:04"), c.Hold(ngo.Printable(threadName(v))), c.Hold(ngo.Printable(text))}
}

func (x *Inbox) empty() string {
	switch {
	case !x.firstOne:
		return ""
	case x.found != "":
		return "Nothing was found; esc goes back."
	case x.lane < 2:
		return "Nobody waits for an answer."
	}
	return "No thread here."
}

func (x *Inbox) row(c *widget.Cells, v api.Conversation) []string {
	now := x.room.Now()
	text := v.Snippet
	if v.Subject != "" {
		text = v.Subject + " · " + text
	}
	if v.Mine {
		text = "→ " + text
	}
	switch trouble := v.Trouble(); {
	case trouble != "":
		text = trouble + " · " + text
	case v.Unread > 0:
		text = fmt.Sprintf("(%d) %s", v.Unread, text)
	}
	waits := ""
	if v.Waiting != nil {
		waits = span(now.Sub(*v.Waiting))
	}
	return []string{waits, window(v.Window, now), c.Hold(ngo.Printable(v.Channel)), c.Hold(ngo.Printable(threadName(v))), c.Hold(ngo.Printable(text))}
}

func threadName(v api.Conversation) string {
	for _, name := range []string{v.PersonName, v.Name, v.Address.Value} {
		if name != "" {
			return name
		}
	}
	return "(nobody named)"
}

// window is the time in which one may still write freely; the sign tells shut from open without colour.
func window(w *api.Window, now time.Time) string {
	switch {
	case w == nil:
		return ""
	case w.Until == nil || !w.Until.After(now):
		return "✗ shut"
	case w.Until.Sub(now) < 4*time.Hour:
		return "!" + span(w.Until.Sub(now))
	}
	return span(w.Until.Sub(now))
}

// span writes a duration in at most six cells.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "<1m"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02d", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

// pane is the chosen thread with the draft below it, or the templates to choose from.
func (x *Inbox) pane(c *widget.Cells, a area) string {
	if x.offers != nil {
		return x.offerList(c, a)
	}
	if x.composer == nil {
		return x.tale(c, a)
	}
	rows := min(composerRows, max(a.height/2, 3))
	upper := area{a.width, max(a.height-rows, 1)}
	title := "─ reply: ctrl+s sends, ctrl+e + done, esc leaves "
	if x.composer.note {
		title = "─ note for staff: ctrl+s keeps it, esc leaves "
	}
	title = x.room.Theme.Warn.Render(widget.Fit(title+strings.Repeat("─", a.width), a.width, false))
	return box(x.tale(c, upper), upper) + "\n" + title + "\n" + x.composer.view(c, area{a.width, rows - 1})
}

// tale is the thread: whom it is with, and its last lines.
func (x *Inbox) tale(c *widget.Cells, a area) string {
	th := x.room.Theme
	if x.thread == nil {
		return th.Dim.Render("choose a thread to read it")
	}
	top, lines := x.about(c), x.lines(c, a.width)
	rows := max(a.height-len(top), 1)
	end := len(lines) - min(x.scroll, max(len(lines)-rows, 0))
	return strings.Join(append(top, lines[max(end-rows, 0):end]...), "\n")
}

// lines are all the messages of the thread, laid out.
func (x *Inbox) lines(c *widget.Cells, width int) []string {
	var out []string
	for _, m := range x.thread.Messages {
		out = append(out, x.bubble(c, m, width)...)
	}
	return out
}

// about tells whom the thread is with, and what one should know before answering.
func (x *Inbox) about(c *widget.Cells) []string {
	th, v, now := x.room.Theme, x.thread, x.room.Now()
	head := th.Strong.Render(c.Hold(ngo.Printable(threadName(v.Conversation)))) + th.Dim.Render("  "+c.Hold(ngo.Printable(v.Channel+" "+v.Address.Value)))
	lines := []string{head}
	if v.Window != nil {
		text := "window " + window(v.Window, now)
		if v.Free != nil {
			text += fmt.Sprintf("   free replies left: %s of %s", ngo.FormatNumber(max(0, v.Free.Of-v.Free.Used)), ngo.FormatNumber(v.Free.Of))
		}
		lines = append(lines, th.Dim.Render(text))
	}
	for _, warn := range []string{v.Doubt, stoppedText(v.Stopped)} {
		if warn != "" {
			lines = append(lines, th.Warn.Render(c.Hold("! "+ngo.Printable(warn))))
		}
	}
	return append(lines, "")
}

func stoppedText(is bool) string {
	if !is {
		return ""
	}
	return "they asked for no more than answers"
}

// bubble is one message: who and when, what, and what became of it.
func (x *Inbox) bubble(c *widget.Cells, m ngo.Message, width int) []string {
	th := x.room.Theme
	stamp := m.At.In(x.room.Zone).Format("2 Jan 15:04")
	who, style := threadName(x.thread.Conversation), th.Strong
	switch {
	case m.Direction == ngo.Note:
		who, style = "note · "+staff(m), th.Warn
	case m.Direction == ngo.Out:
		who, style = "→ "+sender(m), th.Good
	}
	head := style.Render(c.Hold(ngo.Printable(who))) + th.Dim.Render("  "+stamp+"  "+m.Fate(x.room.Now()))
	lines := []string{head}
	add := func(text string, st lipgloss.Style) {
		for line := range strings.SplitSeq(ansi.Wrap(c.Hold(text), max(width-2, 10), ""), "\n") {
			lines = append(lines, "  "+st.Render(line))
		}
	}
	for line := range strings.Lines(strings.TrimRight(ngo.PrintableText(m.Said()), "\n")) {
		add(strings.TrimSuffix(line, "\n"), lipgloss.NewStyle())
	}
	for _, f := range m.Attachments {
		add("["+ngo.Printable(fileLine(f))+"]", th.Dim)
	}
	for _, text := range m.Marks() {
		add(ngo.Printable(text), th.Dim)
	}
	for _, text := range m.Troubles() {
		add("! "+ngo.Printable(text), th.Bad)
	}
	if m.State == ngo.MessageFailed && m.Retry {
		add("x tries it again", th.Bad)
	}
	return append(lines, "")
}

func sender(m ngo.Message) string {
	switch {
	case m.Echo:
		return "from elsewhere"
	case m.Author != "":
		return staff(m)
	}
	return "ngoctl"
}

// staff is who of ours wrote a message: a user by their name alone.
func staff(m ngo.Message) string { return strings.TrimPrefix(m.Author, "user:") }

// fileLine tells of a file, and how to see it.
func fileLine(f ngo.Attachment) string {
	if f.State == ngo.AttachmentKept {
		return f.Said() + " · o shows it"
	}
	return f.Said()
}

// offerList shows the templates to choose from, with the beginning of each text where there is no room for all, or a line for each.
func (x *Inbox) offerList(c *widget.Cells, a area) string {
	lines := x.offerLines(c, a.width, a.height)
	for most := max(a.height/max(len(x.offers), 1)-1, 0); len(lines) > a.height && most >= 0; most-- {
		lines = x.offerLines(c, a.width, most)
	}
	if more := len(lines) - a.height; more > 0 {
		rest := fmt.Sprintf("… %d more: ngoctl template list --conversation %s", more+1, x.chosen)
		lines = append(lines[:a.height-1], x.room.Theme.Dim.Render(rest))
	}
	return strings.Join(lines, "\n")
}

// offerLines lays the templates out, with at most so many lines of each text.
func (x *Inbox) offerLines(c *widget.Cells, width, most int) (lines []string) {
	th := x.room.Theme
	for i, o := range x.offers {
		head := fmt.Sprintf("%d  %s · %s%s", i+1, o.Name, o.Language, priced(o.Price))
		lines = append(lines, th.Strong.Render(c.Hold(ngo.Printable(head))))
		why := refusal(o)
		refused := th.Bad.Render(c.Hold("✗ " + ngo.Printable(why)))
		switch {
		case why == "":
		case most == 0:
			lines[i] += "  " + refused
		default:
			lines = append(lines, "   "+refused)
		}
		text := strings.Split(ansi.Wrap(c.Hold(ngo.PrintableText(o.Text)), max(width-4, 10), ""), "\n")
		for _, line := range text[:min(len(text), most)] {
			lines = append(lines, "   "+line)
		}
	}
	return lines
}

// foot is the line of a question or of what is looked for.
func (x *Inbox) foot(c *widget.Cells) string {
	switch {
	case x.dialog != nil:
		return x.dialog.view(c, x.width)
	case x.find.Focused():
		return x.room.field(c, x.find, x.width)
	case x.composer != nil:
		return "" // letters are text: its own title tells of the keys
	case x.whole:
		return x.room.Theme.Dim.Render("esc: back to the list   r: reply   e: done, on to the next")
	}
	return ""
}
