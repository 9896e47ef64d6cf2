package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
)

func searchCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "search", Category: categoryWork, Usage: "find people, messages, receipts, payments and gifts by any words", ArgsUsage: "TEXT", Action: inOrg(t, search),
		Flags: []cli.Flag{
			choiceFlag("kind", "only", "person", "conversation", "message", "receipt", "payment", "donation"),
			&cli.IntFlag{Name: "limit", Usage: "at most `N`", Value: 20},
		},
		UsageText: "ngoctl search meena\nngoctl search மீனா\nngoctl search 12345 --kind person\nngoctl search \"ration card\" --kind message\nngoctl search SVT/2026-27/D/000123",
		Description: "A name finds itself in Tamil, Hindi and Latin letters. Numbers are found by their end (four digits or more), the last\n" +
			"word by its beginning. Quote several words: all of them must be there. Newest first.",
	}
}

func search(ctx context.Context, c *call, s session) error {
	hits, err := s.Search(ctx, s.org, c.arg(0), c.flags.String("kind"), c.flags.Int("limit"))
	if err != nil {
		return err
	}
	return printItems(c, hitColumns(), hits)
}

func hitColumns() []column[api.Hit] {
	return []column[api.Hit]{
		{name: "kind", value: func(h api.Hit) any { return h.Kind }},
		{name: "at", spare: 1, value: func(h api.Hit) any { return h.At }},
		{name: "title", wide: true, value: func(h api.Hit) any { return h.Title }},
		{name: "snippet", wide: true, value: func(h api.Hit) any { return h.Snippet }},
		{name: "id", value: func(h api.Hit) any { return h.Subject }},
		{name: "conversation_id", pipes: true, value: func(h api.Hit) any { return h.Conversation }},
		{name: "person_id", pipes: true, value: func(h api.Hit) any { return h.Person }},
	}
}
