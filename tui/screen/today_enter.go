package screen

import (
	"context"
	"crypto/rand"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// entering asks for a gift in cash that was given just now. What else comes by hand is entered by command. The key is made with the
// questions, so that an answer that is lost on its way enters no second gift.
func (t *Today) entering() *dialog {
	c, org, once := t.room.Client, t.room.Org.Slug, rand.Text()
	return newDialog(func(a []string) tea.Cmd {
		amount, err := ngo.ParseMoney(a[0], ngo.INR)
		if err != nil {
			return notice(failed(err))
		}
		n := api.NewDonation{AmountMinor: amount.Minor, Method: "cash", Key: once, Name: a[1], Address: a[2], EMail: a[3], PAN: a[4]}
		return load(func(ctx context.Context) tea.Msg {
			e, err := c.AddDonation(ctx, org, n)
			return todayDone{said: e.Amount.Format() + " in cash is entered", err: err}
		})
	},
		question{text: "Cash given today, in rupees:", needed: true}, question{text: "Donor's name (may be empty, as what follows):"}, question{text: "Postal address:"},
		question{text: "E-mail:"}, question{text: "PAN:"},
	)
}

// byHand tells whether the chosen gift was entered by hand, as far as its story is known.
func (t *Today) byHand(g ngo.Donation) bool {
	return t.story != nil && t.story.ID == g.ID && t.story.Payment != nil && t.story.Payment.Ref.ByHand()
}
