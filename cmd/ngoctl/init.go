package main

import (
	"context"
	"os/user"

	"github.com/charmbracelet/huh"
	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/store"
)

func initCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "init", Category: categorySetup, Usage: "make a data folder with its first organisation", Action: invoke(t, initialise),
		UsageText: "ngoctl init\n" +
			`ngoctl init --data /srv/ngo --org sevai --name "Sevai Trust" --tls acme --domain ngo.example.org --listen :443` + "\n" +
			`ngoctl init --data D --org sevai --name "Sevai Trust" --listen 127.0.0.1:8443 --tls off --no-input`,
		Description: "On a terminal you are asked for what is missing. Nothing is ever written over: a folder that holds data is refused.\n" +
			"TLS: acme gets a certificate for --domain by itself; files takes yours; internal makes one for a local network;\n" +
			"off is for this machine alone, or behind a proxy.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the organisation in everyday life"},
			&cli.StringFlag{Name: "zone", Usage: "the time `ZONE` whose days date gifts (default: Asia/Kolkata)"},
			&cli.StringFlag{Name: "listen", Usage: "`HOST:PORT` for providers and staff (default: 127.0.0.1:8443)"},
			&cli.StringFlag{Name: "base-url", Usage: "the `URL` under which the world finds it, when a router or proxy stands in between"},
			&cli.StringSliceFlag{Name: "proxy", Usage: "`ADDRESS` of a reverse proxy in front of it; may be repeated"},
			choiceFlag("tls", "how connections are protected,", tlsModes()...),
			&cli.StringSliceFlag{Name: "domain", Usage: "`NAME` of this machine on the internet, for acme; may be repeated"},
			&cli.StringFlag{Name: "email", Usage: "`ADDRESS` to which acme's authority may send warnings"},
			&cli.StringFlag{Name: "acme-directory", Usage: "`URL` of the authority, if it is not Let's Encrypt"},
			&cli.StringFlag{Name: "cert", Usage: "PEM `FILE` with the certificate and its chain, for files"},
			&cli.StringFlag{Name: "key", Usage: "PEM `FILE` with its key, for files"},
		},
	}
}

func tlsModes() []string { return []string{"acme", "files", "internal", "off"} }

func initialise(ctx context.Context, c *call) error {
	o := daemon.InitOptions{
		Dir: c.dataDir(), Org: c.flags.String("org"), Name: c.flags.String("name"), Zone: c.flags.String("zone"),
		Listen: c.flags.String("listen"), BaseURL: c.flags.String("base-url"), Proxies: c.flags.StringSlice("proxy"),
		TLS: c.flags.String("tls"), Domains: c.flags.StringSlice("domain"), EMail: c.flags.String("email"),
		Directory: c.flags.String("acme-directory"), Cert: c.flags.String("cert"), Key: c.flags.String("key"), Actor: actor(),
	}
	if c.mayAsk() && (o.Org == "" || o.Name == "") {
		if err := c.askInit(&o); err != nil {
			return err
		}
	}
	if o.Org == "" || o.Name == "" {
		return usage("the organisation has no name yet", `give it: --org sevai --name "Sevai Trust"`)
	}
	if err := daemon.Init(ctx, o); err != nil {
		return err
	}
	return c.initialised(o)
}

// actor names this user for the audit trail.
func actor() string {
	u, err := user.Current()
	if err != nil {
		return "cli"
	}
	return "os:" + u.Username
}

// made tells what init made.
type made struct {
	Data string `json:"data"`
	Org  string `json:"org"`
	Name string `json:"name"`
}

// initialised answers with what was made and what to do with it.
func (c *call) initialised(o daemon.InitOptions) error {
	err := c.record(made{o.Dir, o.Org, o.Name}, record{title: "Your data folder is ready", fields: []field{{"data", o.Dir}, {"org", o.Org}, {"name", o.Name}}})
	if err != nil {
		return err
	}
	c.note("\nThe folder's keys/master.key opens everything sealed in it: keep a copy of it elsewhere.")
	c.next("ngoctl org set --help", "ngoctl gateway add --help", "ngoctl daemon")
	return nil
}

// askInit asks for what a first day needs; the rest has defaults.
func (c *call) askInit(o *daemon.InitOptions) error {
	domain := ""
	questions := []huh.Field{
		huh.NewInput().Title("Name of the organisation:").Placeholder("Sevai Trust").Value(&o.Name).Validate(huh.ValidateNotEmpty()),
		huh.NewInput().Title("Short name for commands and addresses:").Description("small letters, digits, hyphens").Placeholder("sevai").Value(&o.Org).Validate(store.CheckSlug),
		huh.NewSelect[string]().Title("How are connections protected?").Options(
			huh.NewOption("not at all: only this machine reaches it", "off"),
			huh.NewOption("a certificate of its own, for a local network", "internal"),
			huh.NewOption("a public certificate, fetched by itself", "acme"),
		).Value(&o.TLS),
		huh.NewInput().Title("Name of this machine on the internet (for a public certificate):").Placeholder("ngo.example.org").Value(&domain),
	}
	if err := c.runForm(questions); err != nil {
		return err
	}
	if domain != "" && len(o.Domains) == 0 {
		o.Domains = []string{domain}
	}
	if o.TLS != "off" && o.Listen == "" {
		o.Listen = ":443"
	}
	return nil
}
