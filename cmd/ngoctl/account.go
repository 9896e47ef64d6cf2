package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// A driver is a gateway or channel that can be added, with the form its flags are made from.
type driver struct {
	name string
	form setting.Form
}

// addCommand makes "add", with a subcommand for each driver, so that each shows and takes its own flags only.
func addCommand(t terminal, noun, example string, drivers []driver, add func(context.Context, *call, session, api.AddAccount) error) *cli.Command {
	c := group(&cli.Command{Name: "add", Usage: "connect the organisation to a " + noun, UsageText: example})
	for _, d := range drivers {
		c.Subcommands = append(c.Subcommands, &cli.Command{
			Name: d.name, Usage: "connect to " + d.name, UsageText: driverExample(noun, d), Flags: driverFlags(d),
			Description: "Secrets come from files, or from standard input with \"-\". On a terminal you are asked for what is missing.",
			Action: inOrg(t, func(ctx context.Context, c *call, s session) error {
				values, err := c.driverValues(d)
				if err != nil {
					return err
				}
				return add(ctx, c, s, api.AddAccount{Driver: d.name, Name: c.flags.String("name"), Values: values})
			}),
		})
	}
	return c
}

func driverFlags(d driver) []cli.Flag {
	flags := []cli.Flag{&cli.StringFlag{Name: "name", Usage: "call it `NAME`; needed for a second one of the same kind", Action: checkAccountName}}
	for _, f := range d.form {
		flags = append(flags, &cli.StringFlag{Name: flagOf(f), Usage: fieldUsage(f)})
	}
	return flags
}

var accountName = regexp.MustCompile(`^([a-z0-9][a-z0-9-]{0,39})?$`)

// checkAccountName refuses what could not stand in the address of a webhook.
func checkAccountName(_ *cli.Context, given string) error {
	if accountName.MatchString(given) {
		return nil
	}
	return usage(fmt.Sprintf("--name cannot be %q", ngo.Printable(given)), "write small letters, digits and hyphens, at most 40, such as office-2")
}

// flagOf names the flag of a setting: a secret's names a file.
func flagOf(f setting.Field) string {
	if f.Secret {
		return f.Name + fileSuffix
	}
	return f.Name
}

func fieldUsage(f setting.Field) string {
	usage := "`" + placeholder(f) + "` " + f.Help
	if f.Default != "" {
		usage += " (default: " + f.Default + ")"
	}
	if f.Required {
		usage += " (required)"
	}
	return usage
}

// placeholder stands for a setting's value in help.
func placeholder(f setting.Field) string {
	switch {
	case f.Secret:
		return "FILE"
	case f.Kind == setting.URL:
		return "URL"
	case f.Kind == setting.Address:
		return "HOST:PORT"
	case f.Kind == setting.Mail:
		return "ADDRESS"
	case f.Kind == setting.Choice:
		return strings.Join(f.Choices, "|")
	}
	return "VALUE"
}

// driverExample writes the shortest command that works.
func driverExample(noun string, d driver) string {
	line := "ngoctl " + noun + " add " + d.name
	for _, f := range d.form {
		if f.Required {
			line += " --" + flagOf(f) + " " + placeholder(f)
		}
	}
	return line
}

// driverValues reads a driver's settings from its flags, asks for the rest where somebody can be asked, and checks them
// all. It fails with Invalid, naming every fault.
func (c *call) driverValues(d driver) (setting.Values, error) {
	values, err := c.flagValues(d.form)
	if err != nil {
		return nil, err
	}
	if checked, err := d.form.Check(values); err == nil || !c.mayAsk() {
		return checked, err
	}
	if err := c.askForm(d, values); err != nil {
		return nil, err
	}
	return d.form.Check(values)
}

func (c *call) flagValues(form setting.Form) (setting.Values, error) {
	values, piped := setting.Values{}, ""
	for _, f := range form {
		given := c.given(flagOf(f))
		if given == nil {
			continue
		}
		if !f.Secret {
			values[f.Name] = *given
			continue
		}
		if *given == "-" && piped != "" {
			return nil, usage("standard input cannot give both --"+piped+" and --"+flagOf(f), "write one of them to a file")
		}
		if *given == "-" {
			piped = flagOf(f)
		}
		secret, err := c.readSecret(f.Name, *given)
		if err != nil {
			return nil, err
		}
		values[f.Name] = secret
	}
	return values, nil
}

// accountColumns are the columns of gateways and channels.
func accountColumns() []column[api.Account] {
	return []column[api.Account]{
		{name: "name", value: func(a api.Account) any { return a.Name }},
		{name: "driver", value: func(a api.Account) any { return a.Driver }},
		{name: "created_at", value: func(a api.Account) any { return a.Created }},
		{name: "url", wide: true, value: func(a api.Account) any { return a.URL }},
		{name: "id", pipes: true, value: func(a api.Account) any { return a.ID }},
	}
}

func accountRecord(a api.Account) record {
	r := record{title: string(a.Kind) + " " + a.Name, fields: []field{
		{"name", a.Name}, {"driver", a.Driver}, {"url", a.URL}, {"created_at", a.Created}, {"id", a.ID},
	}}
	for _, name := range slices.Sorted(maps.Keys(a.Settings)) {
		r.fields = append(r.fields, field{name, a.Settings[name]})
	}
	return r
}

// accountRemoved answers the removal of a gateway or channel.
func (c *call) accountRemoved(org string) error {
	name := c.arg(0)
	if err := c.record(done{ID: name, Done: "removed"}, record{fields: []field{{"name", name}, {"done", "removed"}}}); err != nil {
		return err
	}
	c.note("\nWhat came through it stays. To take it back: ngoctl org undo --org %s", org)
	return nil
}
