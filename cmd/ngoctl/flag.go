package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Flags that know which values they take. What is wrong is told before anything is opened or asked.

// choiceFlag takes one of a few words. Its usage names them behind the colon, where completion finds them too.
func choiceFlag[T ~string](name, about string, words ...T) cli.Flag {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return &cli.StringFlag{
		Name: name, Usage: fmt.Sprintf("%s `%s`: %s", about, strings.ToUpper(name), strings.Join(all, ", ")),
		Action: func(_ *cli.Context, given string) error { return checkChoice(name, given, all) },
	}
}

func checkChoice(name, given string, words []string) error {
	for _, w := range words {
		if w == given {
			return nil
		}
	}
	hint := "write one of: " + strings.Join(words, ", ")
	if near := closest(given, words); near != "" {
		hint = fmt.Sprintf("did you mean: --%s %s", name, near)
	}
	return usage(fmt.Sprintf("--%s cannot be %q", name, ngo.Printable(given)), hint)
}

// dayFlag takes a day; where it may be empty, an empty value takes a day away.
func dayFlag(name, about string, mayBeEmpty bool) cli.Flag {
	return &cli.StringFlag{Name: name, Usage: about, Action: func(_ *cli.Context, given string) error {
		if given == "" && mayBeEmpty {
			return nil
		}
		_, err := ngo.ParseDate(given)
		return err
	}}
}

// dayFlags restrict a list to the days of its gifts.
func dayFlags() []cli.Flag {
	return []cli.Flag{
		dayFlag("from", "only from this `DAY` on, as 2026-04-01", false),
		dayFlag("to", "only up to this `DAY`, itself included", false),
	}
}

// days gives what the day flags say.
func (c *call) days() (from, to ngo.Date) {
	return ngo.Date(c.flags.String("from")), ngo.Date(c.flags.String("to"))
}

// pageFlags are the flags of every list that comes in pages.
func pageFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{
			Name: "limit", Usage: fmt.Sprintf("at most `N` rows, up to %d (default: %d)", api.MaxLimit, api.DefaultLimit), Value: api.DefaultLimit,
			Action: func(_ *cli.Context, n int) error {
				if n < 1 || n > api.MaxLimit {
					return usage(fmt.Sprintf("--limit must be from 1 to %d", api.MaxLimit), "for everything: --all")
				}
				return nil
			},
		},
		&cli.StringFlag{Name: "after", Usage: "go on after the row with this `KEY`, which the page before told"},
		&cli.BoolFlag{Name: "all", Usage: "every row, however many"},
	}
}

// listFlags are the flags of a list: its own, then those of every list.
func listFlags(own ...cli.Flag) []cli.Flag { return append(own, pageFlags()...) }
