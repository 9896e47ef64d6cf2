package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mayAsk tells whether questions are welcome: somebody is there, and neither said no nor reads the answer by program.
func (c *call) mayAsk() bool {
	return c.term.questions() && c.format == forPeople && !c.flags.Bool("no-input")
}

// confirm asks before what cannot be undone. No is the default; refusal is the answer where nobody can be asked.
func (c *call) confirm(question string, refusal error) error {
	if c.flags.Bool("yes") {
		return nil
	}
	if !c.mayAsk() {
		return refusal
	}
	fmt.Fprintf(c.term.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(c.term.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read from the terminal: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	c.note("Nothing was done.")
	return outcome(exitFailed)
}
