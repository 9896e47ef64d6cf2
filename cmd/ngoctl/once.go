package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// How long a command waits before it tries again when its answer was lost: first, and at most.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 2 * time.Second
)

func keyFlag() cli.Flag {
	const most = 100
	return &cli.StringFlag{
		Name: "key", Usage: "a `WORD` of your own: what is tried again with it is written once",
		Action: func(_ *cli.Context, given string) error {
			if utf8.RuneCountInString(given) > most {
				return usage(fmt.Sprintf("--key is a word of at most %d signs", most), "write a shorter one")
			}
			return nil
		},
	}
}

// once has something written, by the key of --key or by one made for this run, and tries again when the answer is lost. Where nobody
// knows in the end whether it was written, its error says how to run the command again, so that a second run adds nothing.
func once[T any](ctx context.Context, c *call, write func(key string) (T, error)) (T, error) {
	key := cmp.Or(c.flags.String("key"), rand.Text())
	lost := false
	for pause := firstPause; ; pause *= 2 {
		out, err := write(key)
		lost = lost || api.MayBeDone(err)
		switch {
		case !lost || final(err):
			return out, err
		case pause > lastPause || !errors.Is(err, api.ErrUnreachable):
			return out, &doubt{again: c.again(key), err: err}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return out, &doubt{again: c.again(key), err: ctx.Err()}
		}
	}
}

// final tells of the answer to a call that it is about what was to be written, and so about the calls before it too. That there were
// too many calls, that the token has ended, or that another version answers, is only about the last one.
func final(err error) bool {
	return err == nil || !errors.Is(err, api.ErrVersion) && slices.Contains([]ngo.Code{ngo.Invalid, ngo.NotFound, ngo.Conflict, ngo.TooLarge}, ngo.CodeOf(err))
}

// A doubt is the error of a command of which nobody knows whether it has written anything.
type doubt struct {
	again string // how to have it written if it is not
	err   error
}

func (d *doubt) Error() string { return d.err.Error() }
func (d *doubt) Unwrap() error { return d.err }

// again says how to run the command once more with a key: the line as it was typed, alone, so that it can be copied. One with signs in
// it that a terminal is not shown would then be another: of it the key is told.
func (c *call) again(key string) string {
	with := ""
	if c.piped {
		with = " with the same text on standard input"
	}
	line := c.withKey(key)
	if ngo.PrintableText(line) != line {
		return "Run the same command as before" + with + " and --key " + ngo.ShellWord(key) + ", and it is written once."
	}
	return "Run this" + with + ", and it is written once:\n" + line
}

// withKey is the command line as it was typed, and with a key.
func (c *call) withKey(key string) string {
	words := slices.Clone(c.term.args)
	if c.flags.String("key") == "" {
		at := len(words)
		if end := slices.Index(words, "--"); end >= 0 {
			at = end
		}
		words = slices.Insert(words, at, "--key", key)
	}
	for i, w := range words {
		words[i] = ngo.ShellWord(w)
	}
	return strings.Join(append([]string{programName}, words...), " ")
}
