package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func userCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "user", Aliases: []string{"users"}, Category: categorySetup, Usage: "who may log in, and what they may do",
		Subcommands: []*cli.Command{
			{
				Name: "add", Usage: "enter a user", ArgsUsage: "NAME", Action: onAppliance(t, userAdd),
				UsageText: "ngoctl user add meena --role finance --org sevai\nngoctl user add raja --role volunteer --os-user raja",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "role", Usage: "the `ROLE` in the organisation: " + roleList()},
					&cli.StringFlag{Name: "os-user", Usage: "the `NAME` of the account on this machine that is this user without a password"},
				},
			},
			{Name: "list", Usage: "everybody", Action: onAppliance(t, userList), UsageText: "ngoctl user list"},
			{Name: "show", Usage: "one user, with roles and tokens", ArgsUsage: "NAME", Action: onAppliance(t, userShow), UsageText: "ngoctl user show meena"},
			{
				Name: "role", Usage: "give a role in the organisation, or none", ArgsUsage: "NAME ROLE", Action: inOrg(t, userRole),
				UsageText:   "ngoctl user role meena auditor --org sevai\nngoctl user role meena none --org sevai",
				Description: "The roles are " + roleList() + "; none takes the role away.",
			},
			{
				Name: "password", Usage: "set a password", ArgsUsage: "NAME", Action: onAppliance(t, userPassword),
				UsageText:   "ngoctl user password meena\nngoctl user password meena --password-file -",
				Description: "Ends the user's sessions that began with the old one.",
				Flags:       []cli.Flag{&cli.StringFlag{Name: "password" + fileSuffix, Usage: "the password stands in this `FILE`"}},
			},
			{Name: "disable", Usage: "refuse a user from now on, tokens included", ArgsUsage: "NAME", Action: onAppliance(t, userDisable), UsageText: "ngoctl user disable meena"},
			{Name: "enable", Usage: "let a user in again", ArgsUsage: "NAME", Action: onAppliance(t, userEnable), UsageText: "ngoctl user enable meena"},
			tokenCommand(t),
		},
	})
}

func roleList() string {
	var names []string
	for _, r := range ngo.Roles {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// role reads a role. It fails with Invalid.
func role(name string) (ngo.Role, error) {
	if r := ngo.Role(name); slices.Contains(ngo.Roles[:], r) {
		return r, nil
	}
	return "", usage(fmt.Sprintf("%q is not a role", ngo.Printable(name)), "the roles are "+roleList())
}

func userAdd(ctx context.Context, c *call, s session) error {
	n := api.NewUser{Name: c.arg(0), OSUser: c.flags.String("os-user")}
	if c.flags.IsSet("role") {
		r, err := role(c.flags.String("role"))
		if err != nil {
			return err
		}
		org, err := c.pickOrg(ctx, s.Client)
		if err != nil {
			return err
		}
		n.Members = []ngo.Member{{Org: org, Role: r}}
	}
	u, err := s.AddUser(ctx, n)
	if err != nil {
		return err
	}
	if err := c.record(u, userRecord(u)); err != nil {
		return err
	}
	next := []string{"ngoctl user password " + u.Name}
	if len(u.Members) == 0 {
		next = append(next, "ngoctl user role "+u.Name+" ROLE")
	}
	c.next(next...)
	return nil
}

func userRecord(u ngo.User) record {
	return record{title: "User " + u.Name, fields: []field{
		{"name", u.Name}, {"roles", memberships(u)}, {"os_user", u.OSUser}, {"disabled", u.Disabled}, {"created_at", u.Created}, {"id", u.ID},
	}}
}

func memberships(u ngo.User) string {
	var parts []string
	for _, m := range u.Members {
		parts = append(parts, m.Org+":"+string(m.Role))
	}
	return strings.Join(parts, " ")
}

func userList(ctx context.Context, c *call, s session) error {
	users, err := s.Users(ctx)
	if err != nil {
		return err
	}
	return printItems(c, []column[ngo.User]{
		{name: "name", value: func(u ngo.User) any { return u.Name }},
		{name: "roles", wide: true, value: func(u ngo.User) any { return memberships(u) }},
		{name: "os_user", value: func(u ngo.User) any { return u.OSUser }},
		{name: "disabled", value: func(u ngo.User) any { return u.Disabled }},
		{name: "created_at", value: func(u ngo.User) any { return u.Created }},
		{name: "id", pipes: true, value: func(u ngo.User) any { return u.ID }},
	}, users)
}

// userShown is a user with the tokens.
type userShown struct {
	ngo.User
	Tokens []ngo.Token `json:"tokens"`
}

func userShow(ctx context.Context, c *call, s session) error {
	u, err := findUser(ctx, s, c.arg(0))
	if err != nil {
		return err
	}
	tokens, err := s.Tokens(ctx, u.Name)
	if err != nil {
		return err
	}
	r := userRecord(u)
	list := section{title: "tokens"}
	for _, t := range tokens {
		list.rows = append(list.rows, []any{t.ID, t.Label, tokenState(t)})
	}
	r.sections = []section{list}
	return c.record(userShown{User: u, Tokens: tokens}, r)
}

func findUser(ctx context.Context, s session, name string) (ngo.User, error) {
	users, err := s.Users(ctx)
	if err != nil {
		return ngo.User{}, err
	}
	var names []string
	for _, u := range users {
		if u.Name == name || string(u.ID) == name {
			return u, nil
		}
		names = append(names, u.Name)
	}
	e := &ngo.Error{Code: ngo.NotFound, Message: fmt.Sprintf("there is no user %s", ngo.Printable(name)), Hint: "see: ngoctl user list"}
	if near := closest(name, names); near != "" {
		e.Hint = "did you mean: " + near
	}
	return ngo.User{}, e
}

func userRole(ctx context.Context, c *call, s session) error {
	m := ngo.Member{Org: s.org}
	if c.arg(1) != "none" {
		r, err := role(c.arg(1))
		if err != nil {
			return err
		}
		m.Role = r
	}
	if err := s.SetMember(ctx, c.arg(0), m); err != nil {
		return err
	}
	return c.record(m, record{fields: []field{{"user", c.arg(0)}, {"org", m.Org}, {"role", c.arg(1)}}})
}

func userPassword(ctx context.Context, c *call, s session) error {
	password, err := c.secretGiven("New password", "password", true)
	if err != nil {
		return err
	}
	if err := s.SetPassword(ctx, c.arg(0), password); err != nil {
		return err
	}
	return c.userDone("password set")
}

func userDisable(ctx context.Context, c *call, s session) error {
	if err := s.DisableUser(ctx, c.arg(0)); err != nil {
		return err
	}
	return c.userDone("disabled")
}

func userEnable(ctx context.Context, c *call, s session) error {
	if err := s.EnableUser(ctx, c.arg(0)); err != nil {
		return err
	}
	return c.userDone("enabled")
}

func (c *call) userDone(what string) error {
	return c.record(done{ID: c.arg(0), Done: what}, record{fields: []field{{"user", c.arg(0)}, {"done", what}}})
}
