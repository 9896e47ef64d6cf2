package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func orgCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "org", Aliases: []string{"orgs"}, Category: categorySetup, Usage: "organisations and what their receipts say of them",
		Subcommands: []*cli.Command{
			{Name: "list", Usage: "the organisations you have a role in", Action: onAppliance(t, orgList), UsageText: "ngoctl org list"},
			{Name: "show", Usage: "one organisation", ArgsUsage: "[SLUG]", Action: onAppliance(t, orgShow), UsageText: "ngoctl org show\nngoctl org show sevai"},
			{
				Name: "add", Usage: "make an organisation", ArgsUsage: "SLUG", Action: onAppliance(t, orgAdd),
				UsageText: `ngoctl org add sevai --name "Sevai Trust"`,
				Flags: append([]cli.Flag{
					&cli.StringFlag{Name: "name", Usage: "its `NAME` in everyday life"},
					&cli.StringFlag{Name: "zone", Usage: "the time `ZONE` whose days date gifts (default: Asia/Kolkata)"},
				}, profileFlags()...),
			},
			{
				Name: "set", Usage: "change what receipts say of it", ArgsUsage: "[SLUG]", Action: onAppliance(t, orgSet),
				UsageText: `ngoctl org set --legal-name "Sevai Public Charitable Trust" --address "12 Car Street, Madurai 625001"` + "\n" +
					`ngoctl org set --pan AAATS1234C --approval-number AAATS1234CF20214 --approval-from 2026-04-01 --approval-until 2031-03-31` + "\n" +
					`ngoctl org set --signatory "R. Meena" --signatory-title Trustee`,
				Description: "Only what is given changes; an empty value (--address \"\") takes it away. Receipts that are issued keep what they say.",
				Flags:       profileFlags(),
			},
			{Name: "summary", Usage: "money in, and what waits", ArgsUsage: "[SLUG]", Action: onAppliance(t, orgSummary), UsageText: "ngoctl org summary"},
			purposeCommand(t),
			pictureCommand(t),
			{
				Name: "undo", Usage: "take back the last change, or the one named", ArgsUsage: "[ACT]", Action: inOrg(t, orgUndo),
				UsageText: "ngoctl org undo\nngoctl org undo --list\nngoctl org undo act_01k9v3m5w8x2y4z6a7b9c1d3e5",
				Flags:     listFlags(&cli.BoolFlag{Name: "list", Usage: "show what can be undone, newest first"}),
			},
		},
	})
}

// profileFlags are the facts that receipts print, a flag each.
func profileFlags() []cli.Flag {
	text := func(name, about string) cli.Flag { return &cli.StringFlag{Name: name, Usage: about} }
	return []cli.Flag{
		text("legal-name", "its `NAME` as registered"),
		text("address", "its registered `ADDRESS`, in one line"),
		text("pan", "its own `PAN`, which its receipts show"),
		text("approval-number", "registration `NUMBER` of the approval for deductions (80G)"),
		dayFlag("approval-from", "first `DAY` of the approval, as 2026-04-01", true),
		dayFlag("approval-until", "last `DAY` of the approval, itself included", true),
		text("signatory", "`NAME` of who signs receipts"),
		text("signatory-title", "`OFFICE` of who signs, such as Trustee"),
		text("language", "`LANGUAGE` of its receipts: en, ta, hi"),
		text("receipt-prefix", "first part of its receipt numbers, such as `SVT`"),
		choiceFlag("receipt-password", "what opens receipts that go out by mail (empty: nothing is needed),", ngo.PasswordPAN, ngo.PasswordBorn, ""),
	}
}

// profileEdit gives what the profile's flags change.
func (c *call) profileEdit() api.ProfileEdit {
	return api.ProfileEdit{
		LegalName: c.given("legal-name"), Address: c.given("address"), PAN: c.given("pan"), ApprovalNumber: c.given("approval-number"),
		ApprovalFrom: (*ngo.Date)(c.given("approval-from")), ApprovalUntil: (*ngo.Date)(c.given("approval-until")),
		Signatory: c.given("signatory"), SignatoryTitle: c.given("signatory-title"), Language: c.given("language"),
		ReceiptPrefix: c.given("receipt-prefix"), ReceiptPassword: (*ngo.PasswordKind)(c.given("receipt-password")),
	}
}

func orgList(ctx context.Context, c *call, s session) error {
	orgs, err := s.Orgs(ctx)
	if err != nil {
		return err
	}
	return printItems(c, []column[ngo.Org]{
		{name: "slug", value: func(o ngo.Org) any { return o.Slug }},
		{name: "name", wide: true, value: func(o ngo.Org) any { return o.Name }},
		{name: "zone", value: func(o ngo.Org) any { return o.Zone }},
		{name: "created_at", value: func(o ngo.Org) any { return o.Created }},
		{name: "id", pipes: true, value: func(o ngo.Org) any { return o.ID }},
	}, orgs)
}

// namedOrg is the organisation of an optional argument, else of --org, else the only one.
func (c *call) namedOrg(ctx context.Context, s session) (string, error) {
	if slug := c.arg(0); slug != "" {
		return slug, nil
	}
	return c.pickOrg(ctx, s.Client)
}

func orgShow(ctx context.Context, c *call, s session) error {
	slug, err := c.namedOrg(ctx, s)
	if err != nil {
		return err
	}
	o, err := s.Org(ctx, slug)
	if err != nil {
		return err
	}
	return c.record(o, orgRecord(o))
}

func orgRecord(o api.Org) record {
	p := o.Profile
	return record{title: o.Name, fields: []field{
		{"slug", o.Slug}, {"name", o.Name}, {"zone", o.Zone}, {"created_at", o.Created}, {"id", o.ID},
		{"legal_name", p.LegalName}, {"address", p.Address}, {"pan", p.PAN}, {"approval_number", p.ApprovalNumber},
		{"approval_from", p.ApprovalFrom}, {"approval_until", p.ApprovalUntil}, {"signatory", p.Signatory},
		{"signatory_title", p.SignatoryTitle}, {"language", p.Language}, {"receipt_prefix", p.ReceiptPrefix},
		{"receipt_password", p.ReceiptPassword}, {"logo_id", p.Logo}, {"signature_id", p.Signature},
	}}
}

func orgAdd(ctx context.Context, c *call, s session) error {
	name := strings.TrimSpace(c.flags.String("name"))
	if name == "" {
		return usage("an organisation needs a name", `write: ngoctl org add `+ngo.Printable(c.arg(0))+` --name "NAME"`)
	}
	o, err := s.CreateOrg(ctx, api.NewOrg{Slug: c.arg(0), Name: name, Zone: c.flags.String("zone"), Profile: c.profileEdit()})
	if err != nil {
		return err
	}
	if err := c.record(o, orgRecord(o)); err != nil {
		return err
	}
	c.next("ngoctl org set "+o.Slug+" --legal-name …", "ngoctl gateway add DRIVER --org "+o.Slug)
	return nil
}

func orgSet(ctx context.Context, c *call, s session) error {
	edit := c.profileEdit()
	if edit == (api.ProfileEdit{}) {
		return usage("nothing to change was given", "see: ngoctl org set --help")
	}
	slug, err := c.namedOrg(ctx, s)
	if err != nil {
		return err
	}
	o, err := s.SetProfile(ctx, slug, edit)
	if err != nil {
		return err
	}
	if err := c.record(o, orgRecord(o)); err != nil {
		return err
	}
	c.note("\nTo take it back: ngoctl org undo --org %s", o.Slug)
	return nil
}

func orgSummary(ctx context.Context, c *call, s session) error {
	slug, err := c.namedOrg(ctx, s)
	if err != nil {
		return err
	}
	sum, err := s.Summary(ctx, slug)
	if err != nil {
		return err
	}
	return c.record(sum, record{title: slug + " on " + string(sum.Day), fields: []field{
		{"day", sum.Day}, {"today", sum.Today}, {"month", sum.Month}, {"year", sum.Year},
		{"waiting", sum.Waiting}, {"held", sum.Held}, {"flagged", sum.Flagged}, {"recovered", sum.Recovered}, {"reversed", sum.Reversed},
		{"gateway_alarms", sum.GatewayAlarms}, {"receipts_issued", sum.ReceiptsIssued},
		{"mail_queued", sum.MailQueued}, {"mail_failed", sum.MailFailed},
		{"jobs_ready", sum.JobsReady}, {"jobs_parked", sum.JobsParked}, {"quarantined", sum.Quarantined},
	}})
}

func orgUndo(ctx context.Context, c *call, s session) error {
	if c.flags.Bool("list") {
		return printPages(ctx, c, actColumns(), func(ctx context.Context, q api.ListQuery) (api.Page[ngo.Act], error) {
			return s.Acts(ctx, s.org, q)
		})
	}
	id := ngo.ActID(c.arg(0))
	if id == "" {
		last, err := lastAct(ctx, s)
		if err != nil {
			return err
		}
		id = last
	}
	act, err := s.Undo(ctx, s.org, id)
	if err != nil {
		return err
	}
	return c.record(act, record{title: "Undone", fields: []field{
		{"id", act.ID}, {"title", act.Title}, {"undoes", act.Undoes}, {"at", act.At}, {"actor", act.Actor},
	}})
}

func actColumns() []column[ngo.Act] {
	return []column[ngo.Act]{
		{name: "id", value: func(a ngo.Act) any { return a.ID }},
		{name: "at", spare: 1, value: func(a ngo.Act) any { return a.At }},
		{name: "actor", value: func(a ngo.Act) any { return a.Actor }},
		{name: "title", wide: true, value: func(a ngo.Act) any { return a.Title }},
		{name: "undone_at", value: func(a ngo.Act) any { return a.Undone }},
	}
}

// lastAct finds the newest change that still stands and is not itself an undoing.
func lastAct(ctx context.Context, s session) (ngo.ActID, error) {
	page, err := s.Acts(ctx, s.org, api.ListQuery{Limit: api.MaxLimit})
	if err != nil {
		return "", err
	}
	for _, a := range page.Items {
		if a.Undone == nil && a.Undoes == "" {
			return a.ID, nil
		}
	}
	return "", &ngo.Error{Code: ngo.NotFound, Message: "there is nothing to undo", Hint: "see: ngoctl org undo --list"}
}
