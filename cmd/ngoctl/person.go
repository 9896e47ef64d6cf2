package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	examplePerson = "per_01k9v3m5w8x2y4z6a7b9c1d3e5"
	otherPerson   = "per_01k9v3m5w8x2y4z6a7b9c1d3e6"
)

func personCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "person", Aliases: []string{"persons", "people"}, Category: categoryWork, Usage: "people: what they gave, what they wrote, and who is the same",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "people, newest first, or those that match", ArgsUsage: "[TEXT]", Action: inOrg(t, personList), Flags: pageFlags(),
				UsageText:   "ngoctl person list\nngoctl person list meena\nngoctl person list +919840012345",
				Description: "TEXT is a part of the name, or a whole e-mail address or phone number.",
			},
			{
				Name: "show", Usage: "one person: addresses, totals, gifts, threads and consents", ArgsUsage: "ID", Action: inOrg(t, personShow), Flags: pageFlags(),
				UsageText: "ngoctl person show " + examplePerson,
			},
			{
				Name: "likely", Usage: "who may be the same person, and what speaks for it", ArgsUsage: "ID", Action: inOrg(t, personLikely),
				UsageText: "ngoctl person likely " + examplePerson,
			},
			{
				Name: "merge", Usage: "show two persons as one", ArgsUsage: "ID OTHER", Action: inOrg(t, personMerge),
				Flags:       []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`WHY` they are the same, for the trail"}},
				UsageText:   "ngoctl person merge " + examplePerson + " " + otherPerson + ` --reason "she told us on the phone"`,
				Description: "OTHER is shown as a part of ID from then on. Nothing of theirs moves, so that it can be taken apart at any later time.",
			},
			{
				Name: "unmerge", Usage: "show a person who was merged by themselves again", ArgsUsage: "ID", Action: inOrg(t, personUnmerge),
				Flags:       []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`WHY`, for the trail"}},
				UsageText:   "ngoctl person unmerge " + otherPerson + ` --reason "mother and daughter"`,
				Description: "Gifts, threads and receipts go with whom they came from, those since the merge too.",
			},
			{
				Name: "differ", Usage: "say that two are not the same, so that they are not offered again", ArgsUsage: "ID OTHER", Action: inOrg(t, personDiffer),
				UsageText: "ngoctl person differ " + examplePerson + " " + otherPerson,
			},
			{
				Name: "share", Usage: "say that several people use a phone or address, or that one does again", ArgsUsage: "ID ADDRESS", Action: inOrg(t, personShare),
				Flags:       []cli.Flag{&cli.BoolFlag{Name: "off", Usage: "it is this person's alone"}},
				UsageText:   "ngoctl person share " + examplePerson + " +919840012345\nngoctl person share " + examplePerson + " +919840012345 --off",
				Description: "Nobody is known by a shared phone alone: a gift from it is joined by the name too.",
			},
			{
				Name: "consent", Usage: "what a person said about what they wish to get; record it", ArgsUsage: "ID", Action: inOrg(t, personConsent),
				Flags: []cli.Flag{
					choiceFlag("give", "they wish to get", ngo.TopicAll, ngo.TopicMarketing, ngo.TopicReceipt),
					choiceFlag("stop", "they wish to get no more", ngo.TopicAll, ngo.TopicMarketing, ngo.TopicReceipt),
					&cli.StringFlag{Name: "words", Usage: "the `WORDS` in which they were asked or said it"},
					&cli.StringFlag{Name: "source", Usage: "`HOW` it was heard: by phone, on paper, …"},
					choiceFlag("language", "of the words", "en", "ta", "hi"),
				},
				UsageText: "ngoctl person consent " + examplePerson + "\n" +
					"ngoctl person consent " + examplePerson + ` --give marketing --words "May we write to you about our work?" --source "form of 3 May"` + "\n" +
					"ngoctl person consent " + examplePerson + ` --stop all --words "please do not write any more" --source "by phone"`,
				Description: "all is whatever they did not ask for, marketing is appeals and invitations, receipt is receipts by a messenger.\nA stop counts until whoever said it takes it back from there, or you record that they did; no word is ever changed.",
			},
		},
	})
}

func personList(ctx context.Context, c *call, s session) error {
	return printPages(ctx, c, personColumns(), func(ctx context.Context, q api.ListQuery) (api.Page[ngo.Person], error) {
		return s.Persons(ctx, s.org, api.PersonQuery{ListQuery: q, Text: c.arg(0)})
	})
}

func personColumns() []column[ngo.Person] {
	return []column[ngo.Person]{
		{name: "id", value: func(p ngo.Person) any { return p.ID }},
		{name: "name", wide: true, value: func(p ngo.Person) any { return p.Called() }},
		{name: "identities", wide: true, value: func(p ngo.Person) any { return identities(p) }},
		{name: "created_at", value: func(p ngo.Person) any { return p.Created }},
		{name: "erased_at", pipes: true, value: func(p ngo.Person) any { return p.Erased }},
	}
}

func identities(p ngo.Person) string {
	var out []string
	for _, i := range p.Identities {
		out = append(out, i.Value)
	}
	for _, part := range p.Parts {
		if more := identities(part); more != "" {
			out = append(out, more)
		}
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
	r := record{
		title: p.Called(),
		fields: []field{
			{"id", p.ID}, {"name", p.Name}, {"identities", identities(p.Person)}, {"totals", p.Totals}, {"first", p.First}, {"last", p.Last},
			{"language", p.Language}, {"created_at", p.Created}, {"erased_at", p.Erased}, {"shown_as_part_of", partOf(p.Person)}, {"stopped", stopped(p.Stopped)},
		},
		sections: append([]section{gifts}, personSections(p)...),
	}
	err = c.record(p, r)
	if err == nil && p.Next != "" {
		c.note("\nThere are more gifts: ngoctl person show %s --all", p.ID)
	}
	return err
}
