package screen

import (
	"context"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// lanes are the lists that tab goes through: everything, and what wants a person.
var lanes = [...]struct {
	name  string
	state ngo.DonationState
	mark  api.Mark
}{
	{name: "all"},
	{name: "waiting", state: ngo.DonationWaiting},
	{name: "held", state: ngo.DonationHeld},
	{name: "marked", mark: api.MarkAny},
}

// query asks for a page of the lane that is shown.
func (t *Today) query(after string) api.DonationQuery {
	l := lanes[t.lane]
	return api.DonationQuery{ListQuery: api.ListQuery{Limit: page, After: after}, State: l.state, Mark: l.mark}
}

// undoKey says what would be taken back.
func (t *Today) undoKey() key.Binding {
	k := t.room.Keys.Undo
	if t.last == nil {
		k.SetHelp("u", "take the last act back (none was done here)")
	}
	return k
}

// onAct begins what can be done to the chosen gift.
func (t *Today) onAct(m tea.KeyMsg) (tea.Cmd, bool) {
	k := t.room.Keys
	switch {
	case key.Matches(m, k.Next):
		return t.nextLane(), true
	case key.Matches(m, k.Undo):
		return t.undo(), true
	case key.Matches(m, k.Add):
		t.dialog = t.entering()
		return nil, true
	}
	g, ok := t.gift()
	if !ok {
		return nil, false
	}
	switch {
	case key.Matches(m, k.Hold):
		t.dialog = t.holding(g)
	case key.Matches(m, k.Release):
		return t.release(g), true
	case key.Matches(m, k.Edit):
		t.dialog = t.editing(g)
	case key.Matches(m, k.Refund):
		return t.refunding(g), true
	default:
		return t.onReceipt(m, g)
	}
	return nil, true
}

// gift gives the chosen gift, as the story tells it where that is known.
func (t *Today) gift() (ngo.Donation, bool) {
	if t.story != nil && t.story.ID == t.chosen {
		return t.story.Donation, true
	}
	at := t.index()
	if at < 0 {
		return ngo.Donation{}, false
	}
	return t.shown()[at], true
}

func (t *Today) nextLane() tea.Cmd {
	t.lane = (t.lane + 1) % len(lanes)
	t.gifts, t.next, t.top, t.story, t.chosen = nil, "", 0, nil, ""
	return t.readAnew()
}

// act runs one change and tells what came of it.
func (t *Today) act(said string, call func(context.Context) (api.Changed, error)) tea.Cmd {
	return load(func(ctx context.Context) tea.Msg {
		changed, err := call(ctx)
		return todayDone{gift: changed.Donation, act: &changed.Act, said: said + "; u takes it back", err: err}
	})
}

func (t *Today) onDone(m todayDone) tea.Cmd {
	if m.err != nil {
		return notice(failed(m.err))
	}
	t.last = m.act
	for i := range t.gifts {
		if t.gifts[i].ID == m.gift.ID {
			t.gifts[i] = m.gift
		}
	}
	return tea.Batch(t.readAnew(), notice(Notice{Text: m.said}))
}

func (t *Today) undo() tea.Cmd {
	if t.last == nil {
		return notice(Notice{Text: "nothing was done here that could be taken back", Bad: true})
	}
	last, c, org := *t.last, t.room.Client, t.room.Org.Slug
	return load(func(ctx context.Context) tea.Msg {
		_, err := c.Undo(ctx, org, last.ID)
		return todayDone{said: "taken back: " + ngo.Printable(last.Title), err: err}
	})
}

func (t *Today) release(g ngo.Donation) tea.Cmd {
	if g.State == ngo.DonationReceived && g.Slip == "" && !g.Recovered {
		return notice(Notice{Text: "this gift is neither held nor waiting nor marked", Bad: true})
	}
	c, org := t.room.Client, t.room.Org.Slug
	return t.act("let go on", func(ctx context.Context) (api.Changed, error) { return c.ReleaseDonation(ctx, org, g.ID, "") })
}

func (t *Today) holding(g ngo.Donation) *dialog {
	c, org := t.room.Client, t.room.Org.Slug
	return newDialog(func(answers []string) tea.Cmd {
		return t.act("held", func(ctx context.Context) (api.Changed, error) { return c.HoldDonation(ctx, org, g.ID, answers[0]) })
	}, question{text: "Hold " + about(g) + ". Why?", needed: true})
}

// editing asks for what a receipt needs, one fact after the other; what is left as it is does not change.
func (t *Today) editing(g ngo.Donation) *dialog {
	c, org := t.room.Client, t.room.Org.Slug
	d := g.Donor
	return newDialog(func(a []string) tea.Cmd {
		e := api.DonationEdit{
			Name: unlike(a[0], d.Name), Address: unlike(a[1], d.Address), EMail: unlike(a[2], d.EMail), PAN: unlike(a[3], ""),
			Citizenship: (*ngo.Citizenship)(unlike(citizen(a[4]), string(d.Citizenship))),
		}
		if e == (api.DonationEdit{}) {
			return notice(Notice{Text: "nothing was changed"})
		}
		return t.act("facts put right", func(ctx context.Context) (api.Changed, error) { return c.EditDonation(ctx, org, g.ID, e) })
	},
		question{text: about(g) + ". Donor's name:", value: d.Name}, question{text: "Postal address:", value: d.Address}, question{text: "E-mail:", value: d.EMail},
		question{text: "PAN (empty: as it is):"}, question{text: "Citizen of India? y, n, or empty:", value: yesNo(d.Citizenship), words: []string{"", "y", "n"}},
	)
}

// refunding asks twice over: it cannot be taken back.
func (t *Today) refunding(g ngo.Donation) tea.Cmd {
	net := g.Net()
	if net.Minor <= 0 {
		return notice(Notice{Text: "nothing of this gift is left to pay back", Bad: true})
	}
	c, org := t.room.Client, t.room.Org.Slug
	begin, end, byHand := "Pay back to ", " will be paid back; the gateway is asked now", t.byHand(g)
	if byHand {
		begin, end = "Nobody is paid by this. Take out of the books of ", " is taken out of the books"
	}
	t.dialog = newDialog(func(a []string) tea.Cmd {
		amount, err := ngo.ParseMoney(a[0], net.Currency)
		if err != nil {
			return notice(failed(err))
		}
		return load(func(ctx context.Context) tea.Msg {
			f, err := c.RefundDonation(ctx, org, g.ID, api.RefundRequest{AmountMinor: amount.Minor, Reason: a[1], ByHand: byHand})
			return todayDone{gift: g, said: f.Amount.Format() + end, err: err}
		})
	},
		question{text: begin + about(g) + ". How much?", value: net.Plain(), needed: true}, question{text: "Why?", needed: true},
		question{text: "It cannot be taken back. Type yes:", words: []string{"yes"}},
	)
	return nil
}

// unlike gives what was typed when it differs from what there was.
func unlike(typed, was string) *string {
	if typed == was {
		return nil
	}
	return &typed
}

func citizen(typed string) string {
	return map[string]string{"y": string(ngo.CitizenIndian), "n": string(ngo.CitizenForeign)}[typed]
}

func yesNo(c ngo.Citizenship) string {
	return map[ngo.Citizenship]string{ngo.CitizenIndian: "y", ngo.CitizenForeign: "n"}[c]
}

// onDialog passes a key to the question that is open. Esc leaves without doing anything.
func (t *Today) onDialog(m tea.KeyMsg) tea.Cmd {
	if key.Matches(m, t.room.Keys.Back) {
		t.dialog = nil
		return t.decided(notice(Notice{Text: "nothing was done"}))
	}
	if !key.Matches(m, t.room.Keys.Open) {
		return t.dialog.update(m)
	}
	if !t.dialog.enter() {
		return nil
	}
	d := t.dialog
	t.dialog = nil
	return t.decided(d.run(d.answers))
}

// marked is the state of a gift, or what is to be looked at about one that is otherwise in order.
func marked(d ngo.Donation) string {
	switch {
	case d.State != ngo.DonationReceived:
		return mark(d.State)
	case d.Slip != "":
		return "! slip?"
	case d.Recovered:
		return "! recovered"
	}
	return strings.TrimSpace(mark(d.State))
}
