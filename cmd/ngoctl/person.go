package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func personCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "person", Aliases: []string{"persons", "people"}, Category: categoryWork, Usage: "the people who give, and what they gave",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "people, newest first, or those that match", ArgsUsage: "[TEXT]", Action: inOrg(t, personList), Flags: pageFlags(),
				UsageText:   "ngoctl person list\nngoctl person list meena\nngoctl person list +919840012345",
				Description: "TEXT is a part of the name, or a whole e-mail address or phone number.",
			},
			{
				Name: "show", Usage: "one person: addresses, totals and gifts", ArgsUsage: "ID", Action: inOrg(t, personShow), Flags: pageFlags(),
				UsageText: "ngoctl person show per_01k9v3m5w8x2y4z6a7b9c1d3e5",
			},
		},
	})
}

func personList(ctx context.Context, c *call, s session) error {
	columns := []column[ngo.Person]{
		{name: "id", value: func(p ngo.Person) any { return p.ID }},
		{name: "name", wide: true, value: func(p ngo.Person) any { return p.Name }},
		{name: "identities", wide: true, value: func(p ngo.Person) any { return identities(p) }},
		{name: "created_at", value: func(p ngo.Person) any { return p.Created }},
		{name: "erased_at", pipes: true, value: func(p ngo.Person) any { return p.Erased }},
	}
	return printPages(ctx, c, columns, func(ctx context.Context, q api.ListQuery) (api.Page[ngo.Person], error) {
		return s.Persons(ctx, s.org, api.PersonQuery{ListQuery: q, Text: c.arg(0)})
	})
}

func identities(p ngo.Person) string {
	var out []string
	for _, i := range p.Identities {
		out = append(out, i.Value)
	}
	return strings.Join(out, ", ")
}

func personShow(ctx context.Context, c *call, s session) error {
	q := api.ListQuery{Limit: c.flags.Int("limit"), After: c.flags.String("after")}
	p, err := s.Person(ctx, s.org, ngo.PersonID(c.arg(0)), q)
	if err != nil {
		return err
	}
	for c.flags.Bool("all") && p.Next != "" {
		more, err := s.Person(ctx, s.org, p.ID, api.ListQuery{Limit: api.MaxLimit, After: p.Next})
		if err != nil {
			return err
		}
		p.Donations, p.Next = append(p.Donations, more.Donations...), more.Next
	}
	gifts := section{title: "gifts"}
	for _, d := range p.Donations {
		gifts.rows = append(gifts.rows, []any{d.Given, d.State, d.Amount, d.Purpose, d.ID})
	}
	err = c.record(p, record{
		title: p.Name,
		fields: []field{
			{"id", p.ID}, {"name", p.Name}, {"identities", identities(p.Person)}, {"totals", p.Totals}, {"first", p.First}, {"last", p.Last},
			{"created_at", p.Created}, {"erased_at", p.Erased},
		},
		sections: []section{gifts},
	})
	if err == nil && p.Next != "" {
		c.note("\nThere are more gifts: ngoctl person show %s --all", p.ID)
	}
	return err
}
