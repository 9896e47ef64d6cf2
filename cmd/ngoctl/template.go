package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func templateCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "template", Aliases: []string{"templates"}, Category: categoryWork, Usage: "words that a provider has approved, to be sent when the window is shut",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "all templates, or those that one thread can be sent", Action: inOrg(t, templateList),
				Flags:       []cli.Flag{&cli.StringFlag{Name: "conversation", Usage: "those for the thread `ID`: the person's language first, with price and what stands against each"}},
				UsageText:   "ngoctl template list\nngoctl template list --conversation " + exampleConversation,
				Description: "PARAMETERS are what --set of template send and conversation reply want values for.",
			},
			{
				Name: "sync", Usage: "ask the providers for their templates", Action: inOrg(t, templateSync), UsageText: "ngoctl template sync",
				Description: "The daemon also does it each night, and when a provider says that one has changed.",
			},
			{
				Name: "send", Usage: "write to a person first, by a template", ArgsUsage: "PERSON NAME", Action: inOrg(t, templateSend),
				Flags:       append([]cli.Flag{&cli.StringFlag{Name: "channel", Usage: "by the channel `NAME` (default: the only one that can)"}, keyFlag()}, templateFlags()...),
				UsageText:   "ngoctl template send per_01k9v3m5w8x2y4z6a7b9c1d3e5 appointment --set 1=Meena --set 2=Monday",
				Description: "Templates that are marketing need the person's consent: ngoctl person consent. It leaves ten seconds later. With the\nsame --key it is written once, however often you try.",
			},
		},
	})
}

func templateList(ctx context.Context, c *call, s session) error {
	var offers []api.TemplateOffer
	var err error
	if id := c.flags.String("conversation"); id != "" {
		offers, err = s.Offers(ctx, s.org, ngo.ConversationID(id))
	} else {
		offers, err = s.Templates(ctx, s.org)
	}
	if err != nil {
		return err
	}
	if err := printItems(c, templateColumns(), offers); err != nil {
		return err
	}
	if len(offers) == 0 {
		c.note("There are none. Make them at the provider, then: ngoctl template sync")
	}
	return nil
}

func templateColumns() []column[api.TemplateOffer] {
	return []column[api.TemplateOffer]{
		{name: "name", value: func(o api.TemplateOffer) any { return o.Name }},
		{name: "language", value: func(o api.TemplateOffer) any { return o.Language }},
		{name: "state", spare: 3, value: func(o api.TemplateOffer) any { return o.State }},
		{name: "category", spare: 1, value: func(o api.TemplateOffer) any { return o.Category }},
		{name: "price", value: func(o api.TemplateOffer) any { return shownPrice(o.Price) }},
		{name: "parameters", spare: 2, value: func(o api.TemplateOffer) any { return strings.Join(o.Parameters, ", ") }},
		{name: "text", wide: true, value: func(o api.TemplateOffer) any { return o.Text }},
		{name: "refused", wide: true, value: func(o api.TemplateOffer) any { return o.Refused }},
		{name: "channel", pipes: true, value: func(o api.TemplateOffer) any { return o.Channel }},
	}
}

func templateSync(ctx context.Context, c *call, s session) error {
	offers, err := patiently(c, "asking for templates", func() ([]api.TemplateOffer, error) { return s.SyncTemplates(ctx, s.org) })
	if err != nil {
		return err
	}
	return printItems(c, templateColumns(), offers)
}

func templateSend(ctx context.Context, c *call, s session) error {
	use, err := c.templateUse(c.arg(1))
	if err != nil {
		return err
	}
	w, err := once(ctx, c, func(key string) (api.Written, error) {
		return s.SendTemplate(ctx, s.org, ngo.PersonID(c.arg(0)), api.Beginning{Channel: c.flags.String("channel"), Template: use, Key: key})
	})
	if err != nil {
		return err
	}
	return c.wrote("It is written and leaves in a moment", w)
}
