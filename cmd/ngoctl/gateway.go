package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func gatewayCommand(t terminal) *cli.Command {
	var drivers []driver
	for _, d := range daemon.Gateways() {
		drivers = append(drivers, driver{name: d.Name(), form: d.Settings()})
	}
	example := "ngoctl gateway add razorpay --webhook-secret-file secret.txt\n" +
		"ngoctl gateway add razorpay --webhook-secret-file secret.txt --key-id rzp_live_… --key-secret-file key.txt\n" +
		"ngoctl gateway add payu --merchant-key KEY --salt-file salt.txt"
	return group(&cli.Command{
		Name: "gateway", Aliases: []string{"gateways"}, Category: categorySetup, Usage: "connections to payment gateways",
		Subcommands: []*cli.Command{
			addCommand(t, "gateway", example, drivers, gatewayAdd),
			{Name: "list", Usage: "the gateways of the organisation, and how they are", Action: inOrg(t, gatewayList), UsageText: "ngoctl gateway list"},
			{
				Name: "show", Usage: "one gateway: how it is, its settings, and the URL to enter there", ArgsUsage: "NAME", Action: inOrg(t, gatewayShow),
				UsageText: "ngoctl gateway show razorpay",
			},
			{
				Name: "set", Usage: "change some of its settings", ArgsUsage: "NAME", Action: inOrg(t, gatewaySet), Flags: unionFlags(drivers, anyField),
				UsageText: "ngoctl gateway set razorpay --key-id rzp_live_… --key-secret-file key.txt\n" +
					`ngoctl gateway set razorpay --map-name "donor name, full name"` + "\nngoctl gateway set razorpay --webhook no",
				Description: "Only what is given changes; an empty value takes a setting back to its default. A change without a secret in it can be\n" +
					"taken back. To change a secret while events signed with the old one are still under way: gateway rotate-secret.",
			},
			{
				Name: "test", Usage: "try the credentials, and the way in with a signed delivery that means nothing", ArgsUsage: "NAME", Action: inOrg(t, gatewayTest),
				UsageText:   "ngoctl gateway test razorpay",
				Description: "It needs the daemon, and ends with code 8 when something does not work.",
			},
			{
				Name: "rotate-secret", Usage: "take a new secret; the old one counts for 15 days more", ArgsUsage: "NAME", Action: inOrg(t, gatewayRotate),
				Flags:       unionFlags(drivers, rotates),
				UsageText:   "ngoctl gateway rotate-secret razorpay --webhook-secret-file new.txt\nngoctl gateway rotate-secret payu --salt-file - < new.txt",
				Description: "Run it first, then change the secret at the gateway: what is under way is still signed with the old one.",
			},
			{
				Name: "catch-up", Usage: "ask a gateway for what was missed, and record it", ArgsUsage: "[NAME]", Action: inOrg(t, gatewayCatchUp),
				Flags:     []cli.Flag{&cli.StringFlag{Name: "since", Usage: "from this `TIME` on: a day (2026-11-20), a span (36h, 4d), or RFC 3339", Value: "4d"}},
				UsageText: "ngoctl gateway catch-up\nngoctl gateway catch-up razorpay --since 36h\nngoctl gateway catch-up payu --since 2026-11-20",
				Description: "The daemon does this by itself every quarter of an hour and every night. By hand it reaches back up to 90 days. Without\n" +
					"NAME every gateway that can be asked is. Doing it twice changes nothing more.",
			},
			{
				Name: "remove", Usage: "end a connection; what came through it stays", ArgsUsage: "NAME", Action: inOrg(t, gatewayRemove),
				UsageText: "ngoctl gateway remove razorpay",
			},
		},
	})
}

func anyField(setting.Field) bool { return true }

// rotates tells whether a former value of the field counts for a while.
func rotates(f setting.Field) bool { return f.Former != "" }

// unionFlags are the flags of all drivers' settings that pass, each once. Which driver is meant is known only when the
// account is.
func unionFlags(drivers []driver, pass func(setting.Field) bool) []cli.Flag {
	var flags []cli.Flag
	for _, f := range unionForm(drivers, pass) {
		flags = append(flags, &cli.StringFlag{Name: flagOf(f), Usage: fieldUsage(f)})
	}
	return flags
}

func unionForm(drivers []driver, pass func(setting.Field) bool) setting.Form {
	var form setting.Form
	for _, d := range drivers {
		for _, f := range d.form {
			if _, known := form.Field(f.Name); !known && pass(f) {
				f.Required = false
				form = append(form, f)
			}
		}
	}
	return form
}

// formOf gives the form of the driver of an account.
func formOf(name string) setting.Form {
	for _, d := range daemon.Gateways() {
		if d.Name() == name {
			return d.Settings()
		}
	}
	return nil
}

func gatewayAdd(ctx context.Context, c *call, s session, a api.AddAccount) error {
	account, err := s.AddGateway(ctx, s.org, a)
	if err != nil {
		return err
	}
	if err := c.record(account, gatewayRecord(account)); err != nil {
		return err
	}
	if account.Settings["webhook"] == "no" {
		c.note("\n%s is asked every few minutes; nothing needs to be entered there.", account.Driver)
	} else {
		c.note("\nNow enter this address as the webhook at %s, with the same secret:\n  %s", account.Driver, account.URL)
	}
	c.next("ngoctl gateway test " + account.Name)
	return nil
}

func gatewayList(ctx context.Context, c *call, s session) error {
	accounts, err := s.Gateways(ctx, s.org)
	if err != nil {
		return err
	}
	return printItems(c, gatewayColumns(), accounts)
}

func gatewayColumns() []column[api.Account] {
	health := func(a api.Account) ngo.Health {
		if a.Health == nil {
			return ngo.Health{}
		}
		return *a.Health
	}
	return []column[api.Account]{
		{name: "name", value: func(a api.Account) any { return a.Name }},
		{name: "driver", spare: 2, value: func(a api.Account) any { return a.Driver }},
		{name: "created_at", spare: 1, value: func(a api.Account) any { return a.Created }},
		{name: "last_webhook_at", value: func(a api.Account) any { return health(a).LastWebhook }},
		{name: "last_poll_at", spare: 3, value: func(a api.Account) any { return health(a).LastPoll }},
		{name: "alarm", wide: true, value: func(a api.Account) any { return health(a).Alarm }},
		{name: "url", wide: true, value: func(a api.Account) any { return a.URL }},
		{name: "id", pipes: true, value: func(a api.Account) any { return a.ID }},
	}
}

func gatewayShow(ctx context.Context, c *call, s session) error {
	account, err := s.Gateway(ctx, s.org, c.arg(0))
	if err != nil {
		return err
	}
	return c.record(account, gatewayRecord(account))
}

func gatewayRecord(a api.Account) record {
	r := accountRecord(a)
	more := []field{{"can_poll", a.CanPoll}, {"can_refund", a.CanRefund}, {"doubt", a.Doubt}}
	if h := a.Health; h != nil {
		more = append(more, field{"alarm", h.Alarm}, field{"alarm_since", h.AlarmSince}, field{"last_webhook_at", h.LastWebhook},
			field{"last_poll_at", h.LastPoll}, field{"polled_to", h.PolledTo}, field{"polling", h.Polling}, field{"poll_error", h.PollError},
			field{"refused", h.Refused}, field{"last_refused_at", h.LastRefused})
	}
	r.fields = slices.Concat(r.fields, more)
	return r
}

func gatewaySet(ctx context.Context, c *call, s session) error {
	account, form, err := c.gatewayForm(ctx, s, anyField)
	if err != nil {
		return err
	}
	values, err := c.flagValues(form)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return usage("nothing to change was given", "see: ngoctl gateway set --help")
	}
	account, err = s.SetGateway(ctx, s.org, account.Name, api.SetAccount{Values: values})
	if err != nil {
		return err
	}
	if err := c.record(account, gatewayRecord(account)); err != nil {
		return err
	}
	c.next("ngoctl gateway test " + account.Name)
	return nil
}

// gatewayForm gives the account named and the fields of its driver that pass. A flag that belongs to another driver is
// refused: it would be ignored without a word.
func (c *call) gatewayForm(ctx context.Context, s session, pass func(setting.Field) bool) (api.Account, setting.Form, error) {
	account, err := s.Gateway(ctx, s.org, c.arg(0))
	if err != nil {
		return account, nil, err
	}
	own := formOf(account.Driver)
	form := unionForm([]driver{{name: account.Driver, form: own}}, pass)
	for _, d := range daemon.Gateways() {
		for _, f := range d.Settings() {
			if _, ours := own.Field(f.Name); !ours && c.flags.IsSet(flagOf(f)) {
				return account, nil, usage(fmt.Sprintf("--%s is not a setting of %s", flagOf(f), account.Driver), "see: ngoctl gateway add "+account.Driver+" --help")
			}
		}
	}
	return account, form, nil
}

func gatewayTest(ctx context.Context, c *call, s session) error {
	report, err := patiently(c, "trying "+ngo.Printable(c.arg(0)), func() (api.GatewayTest, error) { return s.TestGateway(ctx, s.org, c.arg(0)) })
	if err != nil {
		return err
	}
	return c.tried("Gateway "+c.arg(0), report)
}

// tried prints what came of trying a connection, step by step.
func (c *call) tried(title string, report api.GatewayTest) error {
	r := record{title: title, fields: []field{{"ok", report.OK}}}
	steps := section{title: "steps"}
	for _, st := range report.Steps {
		steps.rows = append(steps.rows, []any{st.OK, st.Name, st.Text, st.Hint})
	}
	r.sections = []section{steps}
	if err := c.record(report, r); err != nil {
		return err
	}
	if !report.OK {
		return outcome(exitFindings)
	}
	return nil
}

func gatewayRotate(ctx context.Context, c *call, s session) error {
	account, form, err := c.gatewayForm(ctx, s, rotates)
	if err != nil {
		return err
	}
	values, err := c.flagValues(form)
	if err != nil {
		return err
	}
	if len(values) == 0 && len(form) == 1 && c.mayAsk() {
		secret, err := c.askSecret(form[0].Title, form[0].Name, true)
		if err != nil {
			return err
		}
		values[form[0].Name] = secret
	}
	if len(values) != 1 {
		return usage("give the new secret, one at a time", "see: ngoctl gateway rotate-secret --help")
	}
	for name, value := range values {
		if account, err = s.RotateSecret(ctx, s.org, account.Name, api.Rotate{Field: name, Value: value}); err != nil {
			return err
		}
	}
	if err := c.record(account, gatewayRecord(account)); err != nil {
		return err
	}
	c.note("\nThe new secret counts from now on, the old one for 15 days more. Now change it at %s too.", account.Driver)
	return nil
}

// caughtUp is what came of asking one gateway.
type caughtUp struct {
	Gateway string `json:"gateway"`
	api.CatchUpReport
}

func gatewayCatchUp(ctx context.Context, c *call, s session) error {
	since, err := sinceTime(c.flags.String("since"), time.Now(), c.zone)
	if err != nil {
		return err
	}
	names, err := c.askable(ctx, s)
	if err != nil {
		return err
	}
	reports, err := caughtUpWith(ctx, names, func(ctx context.Context, name string) (api.CatchUpReport, error) {
		r, err := patiently(c, "asking "+ngo.Printable(name), func() (api.CatchUpReport, error) {
			return s.CatchUp(ctx, s.org, name, api.CatchUpRequest{Since: since})
		})
		if err != nil {
			r.From, r.To = since, time.Now() // what it was to be asked for
		}
		return r, err
	})
	if err != nil {
		return err
	}
	if err := printItems(c, caughtUpColumns(), reports); err != nil {
		return err
	}
	if slices.ContainsFunc(reports, func(r caughtUp) bool { return r.Problem != "" }) {
		return outcome(exitPartly)
	}
	return nil
}

// caughtUpWith asks gateway after gateway. What one of several could not do stands beside it; nothing is told when none could.
func caughtUpWith(ctx context.Context, names []string, ask func(context.Context, string) (api.CatchUpReport, error)) ([]caughtUp, error) {
	var out []caughtUp
	var failures []error
	for _, name := range names {
		r, err := ask(ctx, name)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			failures = append(failures, err)
			r.Problem = "it could not be asked"
			if e, ok := errors.AsType[*ngo.Error](err); ok {
				r.Problem = e.Message
			}
		}
		out = append(out, caughtUp{name, r})
	}
	if len(failures) == len(names) {
		return nil, failures[0]
	}
	return out, nil
}

// askable gives the gateway named, else all that can be asked.
func (c *call) askable(ctx context.Context, s session) ([]string, error) {
	if name := c.arg(0); name != "" {
		return []string{name}, nil
	}
	accounts, err := s.Gateways(ctx, s.org)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, a := range accounts {
		if a.CanPoll {
			names = append(names, a.Name)
		}
	}
	if len(names) == 0 {
		return nil, &ngo.Error{Code: ngo.NotFound, Message: "there is no gateway that can be asked", Hint: "give one its API key: ngoctl gateway set NAME --help"}
	}
	return names, nil
}

func caughtUpColumns() []column[caughtUp] {
	return []column[caughtUp]{
		{name: "gateway", value: func(r caughtUp) any { return r.Gateway }},
		{name: "from", value: func(r caughtUp) any { return r.From }},
		{name: "to", value: func(r caughtUp) any { return r.To }},
		{name: "seen", value: func(r caughtUp) any { return r.Seen }},
		{name: "found", value: func(r caughtUp) any { return r.Found }},
		{name: "problem", wide: true, value: func(r caughtUp) any { return r.Problem }},
	}
}

// sinceTime reads a day, a span back from now, or an instant.
func sinceTime(s string, now time.Time, zone *time.Location) (time.Time, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		s = days + "h"
		if d, err := time.ParseDuration(s); err == nil && d > 0 {
			return now.Add(-24 * d), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.Time{}, usage(fmt.Sprintf("--since cannot be %q", ngo.Printable(s)), "write a day (2026-11-20), a span (36h, 4d), or 2026-11-20T10:00:00+05:30")
}

func gatewayRemove(ctx context.Context, c *call, s session) error {
	if err := s.RemoveGateway(ctx, s.org, c.arg(0)); err != nil {
		return err
	}
	return c.accountRemoved(s.org)
}
