package main

import (
	"context"
	"errors"

	"github.com/charmbracelet/huh"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The questions of a first day, in four parts. Each part stands by itself: whoever leaves one loses nothing of those before, and
// finds the commands for the rest named.

// initialised answers with what was made and what to do with it.
func (c *call) initialised(o daemon.InitOptions) error {
	err := c.record(made{o.Dir, o.Org, o.Name}, record{title: "Your data folder is ready", fields: []field{{"data", o.Dir}, {"org", o.Org}, {"name", o.Name}}})
	if err != nil {
		return err
	}
	c.note("\nThe folder's keys/master.key opens everything sealed in it: keep a copy of it elsewhere.")
	c.next("ngoctl org set --help", "ngoctl channel add email --help", "ngoctl gateway add --help", "ngoctl daemon")
	return nil
}

// askInit asks for what the folder itself needs; the rest has defaults.
func (c *call) askInit(o *daemon.InitOptions) error {
	domain := ""
	questions := []huh.Field{
		huh.NewInput().Title("Name of the organisation:").Placeholder("Sevai Trust").Value(&o.Name).Validate(huh.ValidateNotEmpty()),
		huh.NewInput().Title("Short name for commands and addresses:").Description("small letters, digits, hyphens").Placeholder("sevai").Value(&o.Org).Validate(store.CheckSlug),
	}
	if o.TLS == "" {
		questions = append(questions, huh.NewSelect[string]().Title("How are connections protected?").Options(
			huh.NewOption("not at all: only this machine reaches it", "off"),
			huh.NewOption("a certificate of its own, for a local network", "internal"),
			huh.NewOption("a public certificate, fetched by itself", "acme"),
		).Value(&o.TLS))
	}
	if len(o.Domains) == 0 {
		questions = append(questions, huh.NewInput().Title("Name of this machine on the internet (for a public certificate, else empty):").Placeholder("give.example.org").Value(&domain))
	}
	if err := c.runForm(questions); err != nil {
		return err
	}
	if domain != "" {
		o.Domains = []string{domain}
	}
	if o.TLS != "off" && o.Listen == "" {
		o.Listen = ":443"
	}
	return nil
}

// furnish goes on with what receipts say, the mail account, and a made-up receipt to the admin's own mail.
func (c *call) furnish(ctx context.Context, o daemon.InitOptions) (err error) {
	client, done, err := daemon.Local(ctx, o.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	s := session{Client: client, org: o.Org, local: true}
	if err := c.furnishPaper(ctx, s); err != nil {
		return err
	}
	mail, err := c.furnishMail(ctx, s)
	if err != nil || !mail {
		return err
	}
	return c.furnishSample(ctx, s)
}

// goOn asks whether a part is to be done now.
func (c *call) goOn(question, later string) (bool, error) {
	now := true
	if err := c.runForm([]huh.Field{huh.NewConfirm().Title(question).Affirmative("now").Negative("later").Value(&now)}); err != nil {
		return false, err
	}
	if !now {
		c.note("Later: %s", later)
	}
	return now, nil
}

// furnishPaper asks for what receipts say. A day or a PAN that is none is told at once.
func (c *call) furnishPaper(ctx context.Context, s session) error {
	now, err := c.goOn("Enter what your receipts say of the organisation?", "ngoctl org set --help")
	if err != nil || !now {
		return err
	}
	var p ngo.Profile
	var from, until string
	day := func(s string) error {
		if s == "" {
			return nil
		}
		_, err := ngo.ParseDate(s)
		return err
	}
	pan := func(s string) error {
		if s == "" {
			return nil
		}
		_, err := ngo.NormalisePAN(s)
		return err
	}
	p.Language = ngo.Languages[0]
	for {
		err := c.runForm([]huh.Field{
			huh.NewInput().Title("Name as registered:").Placeholder("Sevai Public Charitable Trust").Value(&p.LegalName),
			huh.NewInput().Title("Registered address, in one line:").Placeholder("12 Car Street, Madurai 625001").Value(&p.Address),
			huh.NewInput().Title("The organisation's own PAN:").Placeholder("AAATS1234C").Value(&p.PAN).Validate(pan),
			huh.NewInput().Title("Number of the approval for deductions (80G / section 354):").Description("empty if there is none: receipts are then plain ones").Value(&p.ApprovalNumber),
			huh.NewInput().Title("First day of the approval:").Placeholder("2021-04-01").Value(&from).Validate(day),
			huh.NewInput().Title("Last day of the approval:").Placeholder("2027-03-31").Value(&until).Validate(day),
			huh.NewInput().Title("Who signs receipts:").Placeholder("R. Selvi").Value(&p.Signatory),
			huh.NewInput().Title("As what:").Placeholder("Managing Trustee").Value(&p.SignatoryTitle),
			huh.NewInput().Title("First part of receipt numbers:").Placeholder("SVT").Value(&p.ReceiptPrefix),
			huh.NewSelect[string]().Title("Language of receipts, where the donor has chosen none:").
				Options(huh.NewOption("English", "en"), huh.NewOption("தமிழ்", "ta"), huh.NewOption("हिन्दी", "hi")).Value(&p.Language),
		})
		if err != nil {
			return err
		}
		p.ApprovalFrom, p.ApprovalUntil = ngo.Date(from), ngo.Date(until)
		_, err = s.SetProfile(ctx, s.org, api.ProfileEdit{
			LegalName: &p.LegalName, Address: &p.Address, PAN: &p.PAN, ApprovalNumber: &p.ApprovalNumber, ApprovalFrom: &p.ApprovalFrom,
			ApprovalUntil: &p.ApprovalUntil, Signatory: &p.Signatory, SignatoryTitle: &p.SignatoryTitle, ReceiptPrefix: &p.ReceiptPrefix, Language: &p.Language,
		})
		if ngo.CodeOf(err) != ngo.Invalid {
			return err
		}
		c.note("\nOnce more, please: %v", err)
	}
}

// furnishMail connects the mail account, and tells whether it did.
func (c *call) furnishMail(ctx context.Context, s session) (bool, error) {
	now, err := c.goOn("Connect the mail account from which receipts go out?", "ngoctl channel add email --help")
	if err != nil || !now {
		return false, err
	}
	for _, d := range daemon.Channels() {
		if d.Name() != "email" {
			continue
		}
		values, err := c.driverValues(driver{name: d.Name(), form: sending(d.Settings())})
		if err != nil {
			return false, err
		}
		_, err = s.AddChannel(ctx, s.org, api.AddAccount{Driver: d.Name(), Values: values})
		return err == nil, err
	}
	return false, nil
}

// sending is what sending mail needs. How mail comes in is for later: channel set.
func sending(all setting.Form) (form setting.Form) {
	for _, name := range [...]string{"smtp", "from", "user", "password", "tls"} {
		if f, ok := all.Field(name); ok {
			form = append(form, f)
		}
	}
	return form
}

// furnishSample mails a made-up receipt. That it does not arrive is told, and undoes nothing.
func (c *call) furnishSample(ctx context.Context, s session) error {
	address := ""
	valid := func(s string) error {
		_, err := ngo.NormaliseEMail(s)
		return err
	}
	err := c.runForm([]huh.Field{huh.NewInput().Title("Your own e-mail address, for a made-up receipt to look at:").Placeholder("you@example.org").Value(&address).Validate(valid)})
	if err != nil {
		return err
	}
	check, err := patiently(c, "sending", func() (api.Check, error) { return s.SendSample(ctx, s.org, api.SampleRequest{To: address}) })
	if err != nil {
		return err
	}
	if !check.OK {
		c.note("The mail did not go out: %s\n%s\nMend it: ngoctl channel remove email, then ngoctl channel add email", check.Problem, check.Hint)
		return nil
	}
	c.note("A made-up receipt is on its way to %s.", address)
	return nil
}
