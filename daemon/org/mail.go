package org

import (
	"context"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Letter is a mail that stands in no ledger, such as a made-up receipt for its own staff.
type Letter struct {
	To, Subject, Text string
	Name              string // of the document
	PDF               []byte
}

// Mail sends a letter at once, by the first channel that carries mail, and waits for the server's word. It fails with NotFound
// when there is no mail account, and else as the channel does.
func (o *Org) Mail(ctx context.Context, l Letter) error {
	channels, err := o.Channels(ctx)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if !c.Account.Reaches(ngo.EMail) {
			continue
		}
		_, err := c.Account.Send(ctx, channel.Message{
			ID: ngo.NewID[ngo.MessageID](o.book.now()), To: ngo.Identity{Kind: ngo.EMail, Value: l.To}, FromName: o.Info().Name,
			Subject: l.Subject, Text: l.Text, Attachments: []channel.Attachment{{Name: l.Name, Type: "application/pdf", Data: l.PDF}},
		})
		return err
	}
	return &ngo.Error{Code: ngo.NotFound, Message: "there is no mail account yet", Hint: "add one with: ngoctl channel add email"}
}
