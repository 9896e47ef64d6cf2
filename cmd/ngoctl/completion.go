package main

import (
	"context"
	"embed"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// completionVerb is what the shells' scripts call: ngoctl __complete SHELL -- WORD… with the unfinished word last.
const completionVerb = "__complete"

// completionWait is how long the daemon may take to tell identifiers; people are waiting on a key.
const completionWait = 150 * time.Millisecond

// onlyFiles is the answer when nothing but a file can follow.
const onlyFiles = "#files"

//go:embed completion
var completionScripts embed.FS

func completionCommand(t terminal) *cli.Command {
	shell := func(name, file, install string) *cli.Command {
		return &cli.Command{
			Name: name, Usage: "the script for " + name, UsageText: install,
			Action: invoke(t, func(_ context.Context, c *call) error {
				text, err := completionScripts.ReadFile("completion/" + file)
				if err != nil {
					return err
				}
				_, err = c.term.out.Write(text)
				return err
			}),
		}
	}
	return group(&cli.Command{
		Name: "completion", Category: categorySystem, Usage: "a script with which your shell completes commands",
		Subcommands: []*cli.Command{
			shell("bash", "bash.sh", "ngoctl completion bash | sudo tee /etc/bash_completion.d/ngoctl > /dev/null"),
			shell("zsh", "zsh.sh", `ngoctl completion zsh > "${fpath[1]}/_ngoctl"`),
			shell("fish", "fish.fish", "ngoctl completion fish > ~/.config/fish/completions/ngoctl.fish"),
		},
	})
}

// A candidate is one word that may follow.
type candidate struct{ word, about string }

// complete prints what may stand in place of the last word. It says nothing rather than something wrong.
func complete(ctx context.Context, app *cli.App, args []string, t terminal) error {
	if len(args) > 1 && args[1] == "--" {
		args = args[2:]
	}
	if len(args) == 0 {
		return nil
	}
	words, unfinished := args[:len(args)-1], args[len(args)-1]
	var b strings.Builder
	for _, found := range candidates(ctx, app, words, unfinished, t) {
		if strings.HasPrefix(found.word, unfinished) || found.word == onlyFiles {
			b.WriteString(found.word + "\t" + found.about + "\n")
		}
	}
	_, err := io.WriteString(t.out, b.String())
	return err
}

func candidates(ctx context.Context, app *cli.App, words []string, unfinished string, t terminal) []candidate {
	a := arranger{root: &cli.Command{Name: app.Name, Subcommands: app.Commands, Flags: app.Flags}}
	for rest := words; len(rest) > 0; {
		n, err := a.take(rest)
		if err != nil {
			return valueOf(a.find(strings.TrimLeft(rest[0], "-")), len(rest) == 1)
		}
		rest = rest[n:]
	}
	if strings.HasPrefix(unfinished, "-") {
		return append(flagCandidates(a.last().Flags), flagCandidates(app.Flags)...)
	}
	if len(a.last().Subcommands) > 0 {
		return commandCandidates(a.last().Subcommands)
	}
	return a.argumentCandidates(ctx, t)
}

// valueOf tells what may follow a flag that waits for its value.
func valueOf(f cli.Flag, waits bool) []candidate {
	if f == nil || !waits {
		return nil
	}
	name := f.Names()[0]
	if strings.HasSuffix(name, fileSuffix) || name == "data" {
		return []candidate{{word: onlyFiles}}
	}
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return nil
	}
	_, list, found := strings.Cut(doc.GetUsage(), ": ")
	if !found {
		return nil
	}
	var out []candidate
	for _, word := range strings.Fields(strings.NewReplacer(",", " ", " or ", " ").Replace(list)) {
		out = append(out, candidate{word: word})
	}
	return out
}

func flagCandidates(flags []cli.Flag) []candidate {
	var out []candidate
	for _, f := range flags {
		doc, ok := f.(cli.DocGenerationFlag)
		if !ok || !visible(f) {
			continue
		}
		_, text := flagHelp(f.Names()[0], doc.GetUsage())
		out = append(out, candidate{"--" + f.Names()[0], text})
	}
	return out
}

func commandCandidates(commands []*cli.Command) []candidate {
	var out []candidate
	for _, c := range commands {
		if !c.Hidden {
			out = append(out, candidate{c.Name, c.Usage})
		}
	}
	return out
}

// argumentCandidates asks a running daemon which things the command could be about.
func (a *arranger) argumentCandidates(ctx context.Context, t terminal) []candidate {
	if len(a.chain) < 2 || len(a.args) > 0 || a.last().ArgsUsage == "" || a.last().Name == "add" || a.last().Name == "revoke" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, completionWait)
	defer cancel()
	dir := t.dataDir()
	slug := ""
	for _, g := range a.flags {
		switch g.name {
		case "data":
			dir = g.value
		case "org":
			slug = g.value
		case "server":
			return nil
		}
	}
	socket, err := liveSocket(ctx, t, dir)
	if err != nil || socket == "" {
		return nil
	}
	client, err := api.New(api.Options{Socket: socket, Token: t.env("NGOCTL_TOKEN")})
	if err != nil {
		return nil
	}
	return live(ctx, client, a.chain[0].Name, slug)
}

// live lists the newest things of a noun. Errors make the list empty: a key press is no place to report them.
func live(ctx context.Context, client *api.Client, noun, slug string) []candidate {
	if noun == "user" {
		users, _ := client.Users(ctx)
		return each(users, func(u ngo.User) candidate { return candidate{u.Name, memberships(u)} })
	}
	orgs, _ := client.Orgs(ctx)
	if noun == "org" {
		return each(orgs, func(o ngo.Org) candidate { return candidate{o.Slug, o.Name} })
	}
	if slug == "" && len(orgs) == 1 {
		slug = orgs[0].Slug
	}
	if slug == "" {
		return nil
	}
	return liveInOrg(ctx, client, noun, slug)
}

func liveInOrg(ctx context.Context, client *api.Client, noun, slug string) []candidate {
	q := api.ListQuery{Limit: api.DefaultLimit}
	switch noun {
	case "donation":
		page, _ := client.Donations(ctx, slug, api.DonationQuery{ListQuery: q})
		return each(page.Items, func(d ngo.Donation) candidate {
			return candidate{string(d.ID), d.Amount.Format() + " " + donorName(d.Donor)}
		})
	case "receipt":
		page, _ := client.Receipts(ctx, slug, api.ReceiptQuery{ListQuery: q})
		return each(page.Items, func(r ngo.Receipt) candidate { return candidate{r.Number, r.Amount.Format()} })
	case "delivery":
		page, _ := client.Deliveries(ctx, slug, api.DeliveryQuery{ListQuery: q})
		return each(page.Items, func(d ngo.Delivery) candidate { return candidate{string(d.ID), string(d.State)} })
	case "job":
		page, _ := client.Jobs(ctx, slug, api.JobQuery{ListQuery: q})
		return each(page.Items, func(j ngo.Job) candidate { return candidate{string(j.ID), string(j.State)} })
	case "gateway":
		accounts, _ := client.Gateways(ctx, slug)
		return each(accounts, accountCandidate)
	case "channel":
		accounts, _ := client.Channels(ctx, slug)
		return each(accounts, accountCandidate)
	}
	return nil
}

func accountCandidate(a api.Account) candidate { return candidate{a.Name, a.Driver} }

func each[T any](items []T, fn func(T) candidate) []candidate {
	out := make([]candidate, 0, len(items))
	for _, item := range items {
		c := fn(item)
		out = append(out, candidate{ngo.Printable(c.word), ngo.Printable(c.about)})
	}
	return out
}
