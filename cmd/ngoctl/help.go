package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The parts of the first help page, by what people come to do.
const (
	categoryWork   = "Daily work"
	categorySetup  = "Set up"
	categoryWatch  = "Look after it"
	categorySystem = "This program"
)

//go:embed help/*.txt
var helpTopics embed.FS

// topics are the pages of help that belong to no command.
func topics() []string { return []string{"exit-codes", "output", "environment"} }

func helpCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "help", Category: categorySystem, Usage: "help on a command, or on: " + strings.Join(topics(), ", "), ArgsUsage: "[COMMAND] [VERB] [MORE]",
		UsageText: "ngoctl help donation list\nngoctl help exit-codes",
		Action: invoke(t, func(_ context.Context, c *call) error {
			return help(c, c.flags.App)
		}),
	}
}

func help(c *call, app *cli.App) error {
	words := c.flags.Args().Slice()
	if len(words) == 1 {
		if text, err := helpTopics.ReadFile("help/" + words[0] + ".txt"); err == nil {
			_, err = c.term.out.Write(text)
			return err
		}
	}
	at, chain := &cli.Command{Name: programName, Subcommands: app.Commands}, []*cli.Command(nil)
	for _, word := range words {
		next := at.Command(word)
		if next == nil {
			return noHelp(at, chain, word)
		}
		at, chain = next, append(chain, next)
	}
	return writeHelp(c.term.out, app, chain)
}

func noHelp(at *cli.Command, chain []*cli.Command, word string) error {
	names := commandNames(at)
	if len(chain) == 0 {
		names = append(names, topics()...)
	}
	hint := "see: ngoctl help"
	if near := closest(word, names); near != "" {
		hint = "did you mean: ngoctl help " + strings.TrimPrefix(commandPath(chain)+" ", programName+" ") + near
	}
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("there is no help on %q", ngo.Printable(word)), Hint: hint}
}

// writeHelp explains the last command of the chain, or the whole program for an empty one.
func writeHelp(w io.Writer, app *cli.App, chain []*cli.Command) error {
	var b strings.Builder
	switch {
	case len(chain) == 0:
		writeProgramHelp(&b, app)
	default:
		writeCommandHelp(&b, chain)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeProgramHelp(b *strings.Builder, app *cli.App) {
	fmt.Fprintf(b, "%s: %s\n", app.Name, app.Usage)
	writeExamples(b, `ngoctl init --org sevai --name "Sevai Trust"
ngoctl gateway add razorpay --webhook-secret-file secret.txt
ngoctl daemon
ngoctl donation list
ngoctl org summary`)
	for _, category := range []string{categoryWork, categorySetup, categoryWatch, categorySystem} {
		var in []*cli.Command
		for _, c := range app.Commands {
			if c.Category == category && !c.Hidden {
				in = append(in, c)
			}
		}
		writeCommands(b, category, in)
	}
	writeFlags(b, "Everywhere", app.Flags)
	fmt.Fprintf(b, "\nMore: ngoctl NOUN --help, and ngoctl help %s\n", strings.Join(topics(), "|"))
}

func writeCommandHelp(b *strings.Builder, chain []*cli.Command) {
	c, path := chain[len(chain)-1], commandPath(chain)
	fmt.Fprintf(b, "%s: %s\n", path, c.Usage)
	writeExamples(b, c.UsageText)
	if c.Description != "" {
		fmt.Fprintf(b, "\n%s\n", c.Description)
	}
	if len(c.Subcommands) > 0 {
		writeCommands(b, "Commands", c.Subcommands)
		fmt.Fprintf(b, "\nMore: %s COMMAND --help\n", path)
		return
	}
	line := path
	if c.ArgsUsage != "" {
		line += " " + c.ArgsUsage
	}
	fmt.Fprintf(b, "\nUsage\n  %s [flags]\n", line)
	writeFlags(b, "Flags", c.Flags)
	b.WriteString("\nFlags that work everywhere (--org, --json, …): ngoctl help\n")
}

func writeExamples(b *strings.Builder, lines string) {
	if lines == "" {
		return
	}
	b.WriteString("\nExamples\n")
	for line := range strings.SplitSeq(lines, "\n") {
		b.WriteString("  " + line + "\n")
	}
}

func writeCommands(b *strings.Builder, title string, commands []*cli.Command) {
	if len(commands) == 0 {
		return
	}
	names := 0
	for _, c := range commands {
		names = max(names, len(c.Name))
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, c := range commands {
		fmt.Fprintf(b, "  %-*s  %s\n", names, c.Name, c.Usage)
	}
}

func writeFlags(b *strings.Builder, title string, flags []cli.Flag) {
	var heads, texts []string
	longest := 0
	for _, f := range flags {
		doc, ok := f.(cli.DocGenerationFlag)
		if !ok || !visible(f) {
			continue
		}
		head, text := flagHelp(f.Names()[0], doc.GetUsage())
		heads, texts = append(heads, head), append(texts, text)
		longest = max(longest, len(head))
	}
	if len(heads) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for i := range heads {
		fmt.Fprintf(b, "  %-*s  %s\n", longest, heads[i], texts[i])
	}
}

func visible(f cli.Flag) bool {
	v, ok := f.(cli.VisibleFlag)
	return !ok || v.IsVisible()
}

// flagHelp makes "--from DAY" and "only from this DAY on" of a usage whose placeholder stands in backquotes. A
// placeholder at the very start is no part of the sentence.
func flagHelp(name, usage string) (head, text string) {
	before, rest, found := strings.Cut(usage, "`")
	if !found {
		return "--" + name, usage
	}
	placeholder, after, _ := strings.Cut(rest, "`")
	head = "--" + name + " " + placeholder
	if before == "" {
		return head, strings.TrimSpace(after)
	}
	return head, before + placeholder + after
}
