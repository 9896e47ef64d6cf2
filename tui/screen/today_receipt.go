package screen

import (
	"context"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// onReceipt begins what can be done to the receipt of the chosen gift.
func (t *Today) onReceipt(m tea.KeyMsg, g ngo.Donation) (tea.Cmd, bool) {
	k := t.room.Keys
	switch {
	case key.Matches(m, k.Issue):
		return t.issuing(g), true
	case key.Matches(m, k.Void):
		return t.ending(g, "Void"), true
	case key.Matches(m, k.Replace):
		return t.ending(g, "Replace"), true
	case key.Matches(m, k.Show):
		return t.open(), true
	}
	return nil, false
}

// issuing asks why a gift is to have a receipt, which most get by themselves.
func (t *Today) issuing(g ngo.Donation) tea.Cmd {
	switch {
	case g.Receipt != "":
		return notice(Notice{Text: "this gift has a receipt", Bad: true})
	case g.State != ngo.DonationReceived:
		return notice(Notice{Text: "this gift is " + string(g.State) + ": it has no receipt before it is received", Bad: true})
	}
	c, org := t.room.Client, t.room.Org.Slug
	t.dialog = newDialog(func(a []string) tea.Cmd {
		return load(func(ctx context.Context) tea.Msg {
			d, err := c.IssueReceipt(ctx, org, g.ID, a[0])
			return todayDone{gift: d, said: "a receipt is being issued", err: err}
		})
	}, question{text: "Issue a receipt for " + about(g) + ". Why?", needed: true})
	return nil
}

// ending voids or replaces a receipt. It cannot be taken back, so it asks for the reason and for a yes.
func (t *Today) ending(g ngo.Donation, verb string) tea.Cmd {
	if t.story == nil || t.story.ID != g.ID || t.story.Receipt == nil {
		return notice(Notice{Text: "this gift has no receipt that stands", Bad: true})
	}
	c, org, r := t.room.Client, t.room.Org.Slug, *t.story.Receipt
	t.dialog = newDialog(func(a []string) tea.Cmd {
		return load(func(ctx context.Context) tea.Msg {
			if verb == "Void" {
				_, err := c.VoidReceipt(ctx, org, string(r.ID), a[0])
				return todayDone{gift: g, said: r.Number + " is void", err: err}
			}
			d, err := c.ReplaceReceipt(ctx, org, string(r.ID), a[0])
			return todayDone{gift: d, said: r.Number + " is being replaced", err: err}
		})
	},
		question{text: verb + " " + r.Number + " of " + about(g) + ". Why?", needed: true},
		question{text: "It cannot be taken back. Type yes:", words: []string{"yes"}},
	)
	return nil
}

// open shows the document in the user's own viewer, where there is one.
func (t *Today) open() tea.Cmd {
	switch {
	case t.story == nil || t.story.Receipt == nil:
		return notice(Notice{Text: "this gift has no receipt to open", Bad: true})
	case t.room.Open == nil:
		return notice(Notice{Text: "no viewer here; on your own computer: ngoctl receipt save " + t.story.Receipt.Number, Bad: true})
	}
	c, org, r, show := t.room.Client, t.room.Org.Slug, *t.story.Receipt, t.room.Open
	return load(func(ctx context.Context) tea.Msg {
		pdf, err := c.ReceiptCopy(ctx, org, string(r.ID))
		if err == nil {
			err = show(r.Number, pdf)
		}
		if err != nil {
			return failed(err)
		}
		return Notice{Text: r.Number + " is open in your viewer"}
	})
}

// about names a gift in a question, so that nobody answers for another.
func about(g ngo.Donation) string { return donor(g) + ", " + g.Amount.Format() }
