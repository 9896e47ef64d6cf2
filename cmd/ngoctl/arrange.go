package main

import (
	"fmt"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/urfave/cli/v2"
)

// A request is a command line that was understood.
type request struct {
	chain []*cli.Command // the command and what leads to it: noun, verb
	argv  []string       // the same for urfave/cli: globals, chain, flags, arguments
	help  bool           // --help stood somewhere
}

// arrange reads a command line whose flags may stand anywhere, and gives it back in the one order urfave/cli reads
// right: it takes everything after the first argument as one more argument, so that "donation show ID --json" would be
// two arguments and no flag. It fails with Invalid for what is no command and no flag, and never repeats a value:
// one that was given to the wrong flag may be a secret.
func arrange(app *cli.App, argv []string) (request, error) {
	a := arranger{root: &cli.Command{Name: app.Name, Subcommands: app.Commands, Flags: app.Flags}}
	for rest := argv; len(rest) > 0; {
		n, err := a.take(rest)
		if err != nil {
			return a.request, err
		}
		rest = rest[n:]
	}
	return a.assemble()
}

// given is one flag as it stood.
type given struct {
	name, value string
	valued      bool
}

type arranger struct {
	request
	root  *cli.Command
	flags []given
	args  []string
}

// last is the innermost command so far.
func (a *arranger) last() *cli.Command {
	if len(a.chain) == 0 {
		return a.root
	}
	return a.chain[len(a.chain)-1]
}

// take reads the first word, with its value if it is a flag that has one, and tells how many words that were.
func (a *arranger) take(words []string) (int, error) {
	word := words[0]
	switch {
	case word == "--":
		a.args = append(a.args, words[1:]...)
		return len(words), nil
	case strings.HasPrefix(word, "-") && word != "-":
		return a.takeFlag(words)
	case len(a.last().Subcommands) == 0 || len(a.args) > 0:
		a.args = append(a.args, word)
		return 1, nil
	}
	sub := a.last().Command(word)
	if sub == nil {
		return 0, unknownCommand(a.path(), a.last(), word)
	}
	a.chain = append(a.chain, sub)
	return 1, nil
}

func (a *arranger) takeFlag(words []string) (int, error) {
	g := given{name: strings.TrimLeft(words[0], "-")}
	g.name, g.value, g.valued = strings.Cut(g.name, "=")
	if g.name == "help" || g.name == "h" {
		a.help = true
		return 1, nil
	}
	n := 1
	f := a.find(g.name)
	if f == nil {
		return 0, a.unknownFlag(g.name)
	}
	if !isBool(f) && !g.valued {
		if len(words) < 2 || looksLikeFlag(words[1]) {
			return 0, usage(fmt.Sprintf("--%s needs a value", g.name), "see: "+a.path()+" --help")
		}
		g.value, g.valued, n = words[1], true, 2
	}
	a.flags = append(a.flags, g)
	return n, nil
}

// find looks for a flag of the command, of everywhere, and of the commands that may still follow.
func (a *arranger) find(name string) cli.Flag {
	if f := flagNamed(a.last().Flags, name); f != nil {
		return f
	}
	if f := flagNamed(a.root.Flags, name); f != nil {
		return f
	}
	return flagBelow(a.last(), name)
}

func flagBelow(c *cli.Command, name string) cli.Flag {
	for _, sub := range c.Subcommands {
		if f := flagNamed(sub.Flags, name); f != nil {
			return f
		}
		if f := flagBelow(sub, name); f != nil {
			return f
		}
	}
	return nil
}

// assemble writes the command line anew, now that the command is known to which the flags must belong.
func (a *arranger) assemble() (request, error) {
	globals, locals := []string{a.root.Name}, []string(nil)
	for _, g := range a.flags {
		switch {
		case a.last() != a.root && flagNamed(a.last().Flags, g.name) != nil: // also one that is called as one of everywhere
			locals = append(locals, g.String())
		case flagNamed(a.root.Flags, g.name) != nil:
			globals = append(globals, g.String())
		default:
			return a.request, a.unknownFlag(g.name)
		}
	}
	a.argv = globals
	for _, c := range a.chain {
		a.argv = append(a.argv, c.Name)
	}
	a.argv = append(a.argv, locals...)
	if len(a.args) > 0 {
		a.argv = append(append(a.argv, "--"), a.args...)
	}
	return a.request, nil
}

func (g given) String() string {
	if !g.valued {
		return "--" + g.name
	}
	return "--" + g.name + "=" + g.value
}

// path is the command as a person types it.
func (r *request) path() string { return commandPath(r.chain) }

func commandPath(chain []*cli.Command) string {
	words := []string{programName}
	for _, c := range chain {
		words = append(words, c.Name)
	}
	return strings.Join(words, " ")
}

func flagNamed(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		for _, n := range f.Names() {
			if n == name {
				return f
			}
		}
	}
	return nil
}

func isBool(f cli.Flag) bool {
	_, ok := f.(*cli.BoolFlag)
	return ok
}

// looksLikeFlag tells a forgotten value ("--name --json") from one that begins with a dash because it is negative.
func looksLikeFlag(word string) bool {
	return len(word) > 1 && word[0] == '-' && !('0' <= word[1] && word[1] <= '9')
}

func unknownCommand(path string, parent *cli.Command, word string) error {
	message := fmt.Sprintf("%q is not a command of %s", ngo.Printable(word), path)
	if near := closest(word, commandNames(parent)); near != "" {
		return usage(message, fmt.Sprintf("did you mean: %s %s", path, near))
	}
	return usage(message, "see: "+path+" --help")
}

// unknownFlag also refuses a secret that was written on the command line, where every user of the machine can read it.
func (a *arranger) unknownFlag(name string) error {
	if a.find(name+fileSuffix) != nil {
		return usage(
			fmt.Sprintf("--%s does not exist: a secret on the command line can be read by others on this machine", name),
			fmt.Sprintf(`write it to a file and use --%s%s FILE ("-" reads it from standard input)`, name, fileSuffix))
	}
	message := fmt.Sprintf("--%s is not a flag of %s", ngo.Printable(name), a.path())
	if near := closest(name, append(flagNames(a.last().Flags), flagNames(a.root.Flags)...)); near != "" {
		return usage(message, "did you mean: --"+near)
	}
	return usage(message, "see: "+a.path()+" --help")
}

func usage(message, hint string) error {
	return &ngo.Error{Code: ngo.Invalid, Message: message, Hint: hint}
}

func commandNames(c *cli.Command) []string {
	var names []string
	for _, sub := range c.Subcommands {
		if !sub.Hidden {
			names = append(names, sub.Names()...)
		}
	}
	return names
}

func flagNames(flags []cli.Flag) []string {
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	return names
}

// closest gives the candidate that differs least from word, if it is near enough to have been meant.
func closest(word string, candidates []string) string {
	best, least := "", min(3, max(1, len(word)/3))+1
	for _, c := range candidates {
		if d := distance(word, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance counts the signs to insert, drop, replace or swap with a neighbour to make b of a.
func distance(a, b string) int {
	before, row := []int(nil), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
