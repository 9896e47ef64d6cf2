package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// purposeCommand stands below org: what gifts are asked for is set up once and seldom changed.
func purposeCommand(t terminal) *cli.Command {
	flags := func() []cli.Flag {
		return []cli.Flag{
			&cli.StringFlag{Name: "title", Usage: "its `TITLE` as it is printed"},
			choiceFlag("kind", "what gifts to it may be used for,", ngo.FundGeneral, ngo.FundSpecific, ngo.FundCorpus),
			&cli.StringFlag{Name: "aliases", Usage: "what payment forms call it: `NAMES` with commas between"},
		}
	}
	return group(&cli.Command{
		Name: "purpose", Usage: "what gifts are asked for: funds, corpus, campaigns",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "the purposes of the organisation", Action: inOrg(t, purposeList), UsageText: "ngoctl org purpose list"},
			{
				Name: "add", Usage: "enter a purpose", ArgsUsage: "NAME", Action: inOrg(t, purposeAdd), Flags: flags(),
				UsageText: `ngoctl org purpose add school-lunch --title "Mid-day meals" --aliases "annadanam, lunch"` + "\n" +
					`ngoctl org purpose add corpus --title "Corpus fund" --kind corpus`,
				Description: "A gift whose payment form names the purpose, by name, title or alias, belongs to it. Corpus gifts are those whose donor\nsaid so; nothing else makes a gift one.",
			},
			{
				Name: "set", Usage: "change a purpose", ArgsUsage: "NAME", Action: inOrg(t, purposeSet), Flags: flags(),
				UsageText: `ngoctl org purpose set school-lunch --aliases "annadanam, lunch, மதிய உணவு"`,
			},
			{
				Name: "close", Usage: "take no more gifts for it; those it has stay", ArgsUsage: "NAME", Action: inOrg(t, purposeClose),
				UsageText: "ngoctl org purpose close school-lunch",
			},
		},
	})
}

func purposeList(ctx context.Context, c *call, s session) error {
	purposes, err := s.Purposes(ctx, s.org)
	if err != nil {
		return err
	}
	return printItems(c, []column[ngo.Purpose]{
		{name: "name", value: func(p ngo.Purpose) any { return p.Name }},
		{name: "title", wide: true, value: func(p ngo.Purpose) any { return p.Title }},
		{name: "kind", value: func(p ngo.Purpose) any { return p.Kind }},
		{name: "aliases", wide: true, value: func(p ngo.Purpose) any { return strings.Join(p.Aliases, ", ") }},
		{name: "closed_at", value: func(p ngo.Purpose) any { return p.Closed }},
		{name: "id", pipes: true, value: func(p ngo.Purpose) any { return p.ID }},
	}, purposes)
}

func purposeRecord(p ngo.Purpose) record {
	return record{title: p.Title, fields: []field{
		{"name", p.Name}, {"title", p.Title}, {"kind", p.Kind}, {"aliases", strings.Join(p.Aliases, ", ")}, {"created_at", p.Created},
		{"closed_at", p.Closed}, {"id", p.ID},
	}}
}

// names splits a list that a person wrote with commas.
func names(s string) []string {
	out := []string{}
	for _, n := range strings.Split(s, ",") {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

func purposeAdd(ctx context.Context, c *call, s session) error {
	if c.flags.String("title") == "" {
		return usage("a purpose needs a title", "write: ngoctl org purpose add "+ngo.Printable(c.arg(0))+` --title "TITLE"`)
	}
	p, err := s.AddPurpose(ctx, s.org, api.NewPurpose{
		Name: c.arg(0), Title: c.flags.String("title"), Kind: ngo.FundKind(c.flags.String("kind")), Aliases: names(c.flags.String("aliases")),
	})
	if err != nil {
		return err
	}
	return c.record(p, purposeRecord(p))
}

func purposeSet(ctx context.Context, c *call, s session) error {
	e := api.PurposeEdit{Title: c.given("title"), Kind: (*ngo.FundKind)(c.given("kind"))}
	if given := c.given("aliases"); given != nil {
		list := names(*given)
		e.Aliases = &list
	}
	if e == (api.PurposeEdit{}) {
		return usage("nothing to change was given", "see: ngoctl org purpose set --help")
	}
	p, err := s.SetPurpose(ctx, s.org, c.arg(0), e)
	if err != nil {
		return err
	}
	if err := c.record(p, purposeRecord(p)); err != nil {
		return err
	}
	c.note("\nTo take it back: ngoctl org undo --org %s", s.org)
	return nil
}

func purposeClose(ctx context.Context, c *call, s session) error {
	if err := s.ClosePurpose(ctx, s.org, c.arg(0)); err != nil {
		return err
	}
	if err := c.record(done{ID: c.arg(0), Done: "closed"}, record{fields: []field{{"name", c.arg(0)}, {"done", "closed"}}}); err != nil {
		return err
	}
	c.note("\nTo take it back: ngoctl org undo --org %s", s.org)
	return nil
}
