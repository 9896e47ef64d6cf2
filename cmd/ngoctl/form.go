package main

import (
	"errors"

	"github.com/charmbracelet/huh"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// askForm asks a person on the terminal for a driver's settings and puts the answers into values. What was given by
// flags stands there already. The answers are checked again afterwards: a form is a courtesy, not a guard.
func (c *call) askForm(d driver, values setting.Values) error {
	answers := make([]string, len(d.form))
	var questions []huh.Field
	for i, f := range d.form {
		answers[i] = values[f.Name]
		questions = append(questions, question(f, &answers[i]))
	}
	if err := c.runForm(questions); err != nil {
		return err
	}
	for i, f := range d.form {
		values[f.Name] = answers[i]
	}
	return nil
}

func question(f setting.Field, answer *string) huh.Field {
	title := f.Title
	if !f.Required {
		title += " (may stay empty)"
	}
	if f.Kind == setting.Choice {
		return huh.NewSelect[string]().Title(title + ":").Description(f.Help).Options(huh.NewOptions(f.Choices...)...).Value(answer)
	}
	in := huh.NewInput().Title(title + ":").Description(f.Help).Placeholder(f.Default).Value(answer).
		Validate(func(s string) error { _, err := f.Check(s); return err })
	if f.Secret {
		in.EchoMode(huh.EchoModePassword)
	}
	return in
}

// runForm shows the questions. The caller has made sure that somebody is there to answer.
// Terminals that cannot draw, and people who listen instead of looking, are asked line by line.
func (c *call) runForm(questions []huh.Field) error {
	byLine := c.term.env("TERM") == "dumb" || c.term.env("ACCESSIBLE") != ""
	// Lines are filled up to the form's width. Terminals count Tamil and Hindi wider than we do: a line of the whole width would be broken
	// in two, and everything below it drawn in the wrong place. Hence the third that stays free.
	err := huh.NewForm(huh.NewGroup(questions...)).WithAccessible(byLine).WithWidth(c.term.width * 2 / 3).Run()
	if errors.Is(err, huh.ErrUserAborted) {
		return outcome(exitInterrupted)
	}
	if err != nil {
		return &ngo.Error{Code: ngo.Internal, Message: "the questions could not be shown", Hint: "give the answers as flags, with --no-input", Err: err}
	}
	return nil
}
