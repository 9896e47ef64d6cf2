package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func tokenCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "token", Aliases: []string{"tokens"}, Usage: "keys with which programs log in as a user",
		Subcommands: []*cli.Command{
			{
				Name: "add", Usage: "make a token and print it this once", ArgsUsage: "USER", Action: onAppliance(t, tokenAdd),
				UsageText:   "ngoctl user token add meena --label laptop --expires 90d\nngoctl user token add reports --json --jq .data.secret > token && chmod 600 token",
				Description: "Only a digest of it is kept: who loses it makes another.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "label", Usage: "what it is for, such as the `NAME` of a computer"},
					&cli.StringFlag{Name: "expires", Usage: "after this `TIME`, such as 12h or 90d (default: when it is revoked)"},
				},
			},
			{Name: "list", Usage: "a user's tokens", ArgsUsage: "USER", Action: onAppliance(t, tokenList), UsageText: "ngoctl user token list meena"},
			{
				Name: "revoke", Usage: "end a token at once", ArgsUsage: "ID", Action: onAppliance(t, tokenRevoke),
				UsageText: "ngoctl user token revoke tok_01k9v3m5w8x2y4z6a7b9c1d3e5",
			},
		},
	})
}

func tokenAdd(ctx context.Context, c *call, s session) error {
	ttl, err := lifetime(c.flags.String("expires"))
	if err != nil {
		return err
	}
	t, err := s.AddToken(ctx, c.arg(0), c.flags.String("label"), ttl)
	if err != nil {
		return err
	}
	err = c.record(t, record{title: "Token " + string(t.ID), fields: []field{
		{"id", t.ID}, {"label", t.Label}, {"expires_at", t.Expires}, {"secret", t.Secret},
	}})
	if err != nil {
		return err
	}
	c.note("\nThis is the only time it is shown. Use it through NGOCTL_TOKEN or --token-file.")
	return nil
}

// lifetime reads how long something is good for: Go's durations, or days as 90d. Empty is for ever.
func lifetime(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(min(n, 3650)) * 24 * time.Hour
	}
	if err != nil || d < time.Second {
		return 0, usage("--expires has no value "+ngo.Printable(text), "write hours or days, such as 12h or 90d")
	}
	return d, nil
}

func tokenList(ctx context.Context, c *call, s session) error {
	tokens, err := s.Tokens(ctx, c.arg(0))
	if err != nil {
		return err
	}
	return printItems(c, tokenColumns(), tokens)
}

func tokenColumns() []column[ngo.Token] {
	return []column[ngo.Token]{
		{name: "id", value: func(t ngo.Token) any { return t.ID }},
		{name: "label", wide: true, value: func(t ngo.Token) any { return t.Label }},
		{name: "state", value: func(t ngo.Token) any { return tokenState(t) }},
		{name: "created_at", spare: 1, value: func(t ngo.Token) any { return t.Created }},
		{name: "expires_at", value: func(t ngo.Token) any { return t.Expires }},
	}
}

func tokenState(t ngo.Token) string {
	switch {
	case t.Revoked != nil:
		return "revoked"
	case t.Expires != nil && t.Expires.Before(time.Now()):
		return "expired"
	}
	return "good"
}

func tokenRevoke(ctx context.Context, c *call, s session) error {
	id := ngo.TokenID(c.arg(0))
	if err := s.RevokeToken(ctx, id); err != nil {
		return err
	}
	return c.record(done{ID: string(id), Done: "revoked"}, record{fields: []field{{"id", id}, {"done", "revoked"}}})
}
