package screen

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui/widget"
)

type area struct{ width, height int }

// inSight gives the first of a list's rows to be shown, as near to top as it can be: the one at is among them, and no line stays empty
// that a row could fill.
func inSight(top, at, rows, all int) int {
	at = max(at, 0)
	return max(min(max(top, at-rows+1), at, all-rows), 0)
}

// layout is how the screen is shared: the story stands beside the list where there is room, below it where there is
// height, and else only fills the screen on its own.
type layout struct {
	figures, list, story area
	beside               bool
}

const (
	wideEnough = 110 // cells for list and story side by side
	tallEnough = 20  // lines for list above story
	figureRows = 3
)

func (t *Today) layout() layout {
	l := layout{figures: area{t.width, figureRows}}
	rest := area{t.width, max(t.height-figureRows-1, 2)} // one line for filter or question
	switch {
	case t.preview && t.width >= wideEnough:
		l.beside = true
		l.story = area{t.width * 2 / 5, rest.height}
		l.list = area{t.width - l.story.width - 2, rest.height}
	case t.preview && t.height >= tallEnough:
		l.story = area{t.width, rest.height * 2 / 5}
		l.list = area{t.width, rest.height - l.story.height - 1}
	default:
		l.list = rest
	}
	return l
}

// View draws the screen.
func (t *Today) View(c *widget.Cells) string {
	l := t.layout()
	if t.whole {
		return box(t.tale(c, area{t.width, t.height}), area{t.width, t.height})
	}
	parts := []string{box(t.figureLines(c), l.figures), box(t.foot(c), area{t.width, 1})}
	list := box(t.list(c, l.list), l.list)
	switch {
	case l.beside:
		bar := strings.TrimSuffix(strings.Repeat("│ \n", l.list.height), "\n")
		list = lipgloss.JoinHorizontal(lipgloss.Top, list, bar, box(t.tale(c, l.story), l.story))
	case l.story.height > 0:
		list += "\n" + t.room.Theme.Dim.Render(strings.Repeat("─", t.width)) + "\n" + box(t.tale(c, l.story), l.story)
	}
	return strings.Join([]string{parts[0], list, parts[1]}, "\n")
}

// box cuts or fills text to exactly the area.
func box(text string, a area) string {
	lines := strings.Split(text, "\n")
	out := make([]string, a.height)
	for i := range out {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		out[i] = widget.Fit(line, a.width, false)
	}
	return strings.Join(out, "\n")
}

func (t *Today) figureLines(c *widget.Cells) string {
	s, th := t.figures, t.room.Theme
	if !t.firstOne {
		if t.failure != nil {
			return th.Bad.Render(c.Hold("! " + failed(t.failure).Text))
		}
		return th.Dim.Render("reading …")
	}
	money := fmt.Sprintf("Today %s   Month %s   Year %s", totals(s.Today), totals(s.Month), totals(s.Year))
	// What needs a person stands first, so that a narrow terminal cuts off what does not; what is well is not spoken of.
	work := []string{figure("waiting", s.Waiting, th.Warn), figure("held", s.Held, th.Warn)}
	for _, f := range []struct {
		name string
		n    int64
		loud lipgloss.Style
	}{
		{"gateway alarms", s.GatewayAlarms, th.Bad}, {"likely slips", s.Flagged, th.Warn}, {"recovered", s.Recovered, th.Warn},
		{"mail failed", s.MailFailed, th.Bad}, {"parked", s.JobsParked, th.Bad}, {"not understood", s.Quarantined, th.Bad},
	} {
		if f.n != 0 {
			work = append(work, figure(f.name, f.n, f.loud))
		}
	}
	work = append(work, count("mail queued", s.MailQueued), count("receipts", s.ReceiptsIssued))
	return th.Strong.Render(money) + "\n" + strings.Join(work, "   ")
}

// figure marks a count that wants attention by a sign as well as by colour.
func figure(name string, n int64, loud lipgloss.Style) string {
	if n == 0 {
		return count(name, n)
	}
	return loud.Render("! " + count(name, n))
}

func count(name string, n int64) string { return name + " " + ngo.FormatNumber(n) }

func totals(ts []api.Total) string {
	if len(ts) == 0 {
		return ngo.Paise(0).Format() + " (0)"
	}
	out := make([]string, len(ts))
	for i, total := range ts {
		out[i] = fmt.Sprintf("%s (%s)", total.Money.Format(), ngo.FormatNumber(total.Count))
	}
	return strings.Join(out, " + ")
}

func (t *Today) list(c *widget.Cells, a area) string {
	shown := t.shown()
	if len(shown) == 0 {
		return t.empty()
	}
	rows, amount := make([][]string, 0, a.height), 15 // ₹9,99,99,999.99; an amount that is cut off is another amount
	for _, d := range shown[t.top:min(t.top+widget.Table{}.Rows(a.height), len(shown))] {
		rows = append(rows, t.row(c, d))
		amount = max(amount, utf8.RuneCountInString(d.Amount.Format()))
	}
	table := widget.Table{
		Columns: []widget.Column{
			{Title: "Recorded", Width: 12, Least: 56}, // a narrow list says who and how much before it says when
			{Title: "Donor"},
			{Title: "Amount", Width: amount, Right: true},
			{Title: "By", Width: 10, Least: 88}, // else the donor has too little room,
			{Title: "State", Width: 11},
			{Title: "Receipt", Width: 7, Least: 68},
		},
		Heading: t.room.Theme.Heading, Selected: t.room.Theme.Selected,
	}
	return table.View(a.width, rows, t.index()-t.top)
}

func (t *Today) empty() string {
	if t.filter.Value() != "" {
		return t.room.Theme.Dim.Render("no gift shown here matches; esc shows all")
	}
	if !t.firstOne {
		return ""
	}
	if t.lane != 0 {
		return "No gift is " + lanes[t.lane].name + "."
	}
	return "No gift yet. It appears here by itself.\n" +
		t.room.Theme.Dim.Render("Connect a gateway with: ngoctl gateway add razorpay --webhook-secret-file FILE")
}

func (t *Today) row(c *widget.Cells, d ngo.Donation) []string {
	when := d.Recorded.In(t.room.Zone)
	stamp := when.Format("15:04:05")
	if ngo.DateOf(when, t.room.Zone) != ngo.DateOf(t.room.Now(), t.room.Zone) {
		stamp = when.Format("2 Jan 15:04")
	}
	receipt := "-"
	if d.Receipt != "" {
		receipt = "yes"
	}
	return []string{stamp, c.Hold(donor(d)), d.Amount.Format(), c.Hold(ngo.Printable(d.Method)), marked(d), receipt}
}

func donor(d ngo.Donation) string {
	for _, name := range []string{d.Donor.Name, d.Donor.EMail, d.Donor.Phone} {
		if name != "" {
			return ngo.Printable(name)
		}
	}
	return "(nobody named)"
}

func mark(s ngo.DonationState) string {
	switch s {
	case ngo.DonationReceived:
		return "✓ received"
	case ngo.DonationReversed:
		return "✗ reversed"
	}
	return "! " + string(s)
}

// stampWidth is the cells of the longest moment, such as 22 Nov 15:04:05.
const stampWidth = 15

// tale is the story of the chosen gift.
func (t *Today) tale(c *widget.Cells, a area) string {
	th := t.room.Theme
	if t.story == nil {
		return th.Dim.Render("choose a gift to read its story")
	}
	d := t.story
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", th.Strong.Render(c.Hold(donor(d.Donation))+"  "+d.Amount.Format()))
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s %s\n", th.Dim.Render(widget.Fit(name, 8, false)), c.Hold(ngo.Printable(value)))
		}
	}
	field("State", strings.TrimSpace(mark(d.State)+"  "+d.Reason))
	if d.Slip != "" {
		field("Slip?", "equal to a gift of the same donor minutes before, "+string(d.Slip))
	}
	if d.Recovered {
		field("Missed", "no webhook told of it; it was found by asking")
	}
	if d.Returned > 0 {
		field("Returned", ngo.Money{Minor: d.Returned, Currency: d.Amount.Currency}.Format())
	}
	field("Mail", d.Donor.EMail)
	field("Phone", d.Donor.Phone)
	field("For", d.Purpose)
	if d.Payment != nil {
		field("Payment", string(d.Payment.Ref)+"  "+d.Payment.Reference)
	}
	if d.Receipt != nil {
		field("Receipt", d.Receipt.Number+"  "+string(d.Receipt.State))
	}
	for _, m := range d.Messages {
		field("Sent to", m.Recipient+"  "+string(m.State)+"  "+m.Reason)
	}
	b.WriteByte('\n')
	for _, moment := range d.Timeline {
		stamp := widget.Fit(moment.At.In(t.room.Zone).Format("2 Jan 15:04:05"), stampWidth, false)
		for i, line := range strings.Split(ansi.Wrap(c.Hold(ngo.Printable(moment.Text)), max(a.width-stampWidth-2, 10), ""), "\n") {
			if i > 0 {
				stamp = strings.Repeat(" ", stampWidth)
			}
			fmt.Fprintf(&b, "%s  %s\n", th.Dim.Render(stamp), line)
		}
	}
	if t.whole {
		fmt.Fprintf(&b, "\n%s", th.Dim.Render("esc: back to the list"))
	}
	return b.String()
}

// foot is the line of a question, the filter, or what was cut off.
func (t *Today) foot(c *widget.Cells) string {
	switch {
	case t.dialog != nil:
		return t.dialog.view(c, t.width)
	case t.filter.Focused():
		return t.room.field(c, t.filter, t.width)
	case t.filter.Value() != "":
		return c.Hold(fmt.Sprintf("/ %s   (%d shown, esc shows all)", ngo.Printable(t.filter.Value()), len(t.shown())))
	case t.failure != nil && t.firstOne:
		return t.room.Theme.Bad.Render(c.Hold("! not read anew: " + failed(t.failure).Text))
	case t.lane != 0:
		return t.room.Theme.Warn.Render("only " + lanes[t.lane].name + "   tab: the next list")
	}
	return ""
}
