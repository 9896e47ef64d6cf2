package screen

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

func (p *People) layout() layout {
	rest := area{p.width, max(p.height-1, 2)} // one line for filter or question
	switch {
	case p.width >= wideEnough:
		story := area{p.width * 3 / 5, rest.height}
		return layout{beside: true, story: story, list: area{p.width - story.width - 2, rest.height}}
	case p.height >= tallEnough:
		story := area{p.width, rest.height * 3 / 5}
		return layout{story: story, list: area{p.width, rest.height - story.height - 1}}
	}
	return layout{list: rest}
}

// View draws the screen.
func (p *People) View(c *widget.Cells) string {
	l := p.layout()
	foot := box(p.foot(c), area{p.width, 1})
	if p.likely != nil && l.story.height == 0 {
		return box(p.likelyList(c, l.list), l.list) + "\n" + foot
	}
	list := box(p.list(c, l.list), l.list)
	switch {
	case l.beside:
		bar := strings.TrimSuffix(strings.Repeat("│ \n", l.list.height), "\n")
		list = lipgloss.JoinHorizontal(lipgloss.Top, list, bar, box(p.pane(c, l.story), l.story))
	case l.story.height > 0:
		list += "\n" + p.room.Theme.Dim.Render(strings.Repeat("─", p.width)) + "\n" + box(p.pane(c, l.story), l.story)
	}
	return list + "\n" + foot
}

func (p *People) list(c *widget.Cells, a area) string {
	th := p.room.Theme
	switch {
	case p.failure != nil:
		return th.Bad.Render(c.Hold("! " + failed(p.failure).Text))
	case !p.firstOne:
		return th.Dim.Render("reading …")
	case len(p.people) == 0 && p.found != "":
		return "Nobody was found; esc shows all."
	case len(p.people) == 0:
		return "Nobody is known yet. Donors and whoever writes appear by themselves."
	}
	var rows [][]string
	for _, one := range p.people[p.top:min(p.top+widget.Table{}.Rows(a.height), len(p.people))] {
		rows = append(rows, []string{c.Hold(ngo.Printable(personName(one))), c.Hold(ngo.Printable(addresses(one)))})
	}
	table := widget.Table{
		Columns: []widget.Column{{Title: "Name"}, {Title: "Known by", Least: 36}},
		Heading: th.Heading, Selected: th.Selected,
	}
	return table.View(a.width, rows, p.index()-p.top)
}

func personName(one ngo.Person) string {
	switch {
	case one.Erased != nil:
		return "(erased)"
	case one.Called() == "":
		return "(nobody named)"
	}
	return one.Called()
}

func addresses(one ngo.Person) string {
	var out []string
	for _, i := range one.Identities {
		text := i.Value
		if i.Shared {
			text += " (shared)"
		}
		out = append(out, text)
	}
	for _, part := range one.Parts {
		if more := addresses(part); more != "" {
			out = append(out, more)
		}
	}
	return strings.Join(out, ", ")
}

func (p *People) pane(c *widget.Cells, a area) string {
	if p.likely != nil {
		return p.likelyList(c, a)
	}
	return p.tale(c, a)
}

// tale is all of the chosen person.
func (p *People) tale(c *widget.Cells, a area) string {
	th := p.room.Theme
	if p.page == nil {
		return th.Dim.Render("choose somebody to read of them")
	}
	one := p.page
	var b strings.Builder
	line := func(text string) { b.WriteString(c.Hold(ngo.Printable(text)) + "\n") }
	b.WriteString(th.Strong.Render(c.Hold(ngo.Printable(personName(one.Person)))) + "\n")
	for row := range strings.SplitSeq(ansi.Wrap(c.Hold(ngo.Printable(addresses(one.Person))), max(a.width, 10), ""), "\n") {
		b.WriteString(th.Dim.Render(row) + "\n")
	}
	if one.Stopped {
		b.WriteString(th.Warn.Render("! they asked for no more than answers") + "\n")
	}
	if one.First != "" {
		line(fmt.Sprintf("Gave %s, first %s, last %s", totals(one.Totals), one.First, one.Last))
	}
	head := func(text string, n int) bool {
		if n > 0 {
			b.WriteString("\n" + th.Heading.Render(text) + "\n")
		}
		return n > 0
	}
	if head("Merged", len(one.Parts)) {
		for _, part := range one.Parts {
			line(personName(part) + "  " + addresses(part))
		}
	}
	if head("Threads", len(one.Conversations)) {
		for _, v := range one.Conversations[:min(len(one.Conversations), 5)] {
			line(fmt.Sprintf("%s  %s  %s  %s  %s", v.Last.In(p.room.Zone).Format("2 Jan 15:04"), v.Channel, v.State, widget.Fit(window(v.Window, p.room.Now()), 6, false), v.Snippet))
		}
	}
	if head("Gifts", len(one.Donations)) {
		for _, d := range one.Donations {
			line(fmt.Sprintf("%s  %s  %s  %s", d.Given, d.Amount.Format(), marked(d), d.Purpose))
		}
	}
	if head("Receipts", len(one.Receipts)) {
		for _, r := range one.Receipts[:min(len(one.Receipts), 5)] {
			line(fmt.Sprintf("%s  %s  %s  %s", r.Day, r.Number, r.State, r.Amount.Format()))
		}
	}
	if head("What they wish to get", len(one.Consents)) {
		for _, v := range one.Consents[:min(len(one.Consents), 5)] {
			word := "yes"
			if !v.Given {
				word = "stop"
			}
			line(fmt.Sprintf("%s  %s  %s  %s", v.At.In(p.room.Zone).Format("2 Jan 2006"), v.Topic, word, v.Words))
		}
	}
	return b.String()
}

// likelyList shows who may be the same, with what speaks for it and against.
func (p *People) likelyList(c *widget.Cells, a area) string {
	th := p.room.Theme
	lines := []string{th.Strong.Render("Who may be the same   1, 2, …: merge   d: somebody else   esc: back"), ""}
	for i, l := range p.likely {
		lines = append(lines, th.Strong.Render(c.Hold(ngo.Printable(fmt.Sprintf("%d  %s  (%d of 100)", i+1, personName(l.Person), l.Score)))))
		lines = append(lines, "   "+th.Dim.Render(c.Hold(ngo.Printable(addresses(l.Person)))))
		for _, reason := range l.Reasons {
			lines = append(lines, "   + "+c.Hold(ngo.Printable(reason)))
		}
		for _, doubt := range l.Doubts {
			lines = append(lines, "   "+th.Warn.Render("- "+c.Hold(ngo.Printable(doubt))))
		}
	}
	return strings.Join(lines[:min(len(lines), a.height)], "\n")
}

func (p *People) foot(c *widget.Cells) string {
	switch {
	case p.dialog != nil:
		return p.dialog.view(c, p.width)
	case p.find.Focused():
		return p.room.field(c, p.find, p.width)
	case p.found != "":
		return p.room.Theme.Dim.Render(c.Hold("found by: " + ngo.Printable(p.found)))
	}
	return ""
}
