package main

import (
	"context"
	"os/user"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
)

func initCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "init", Category: categorySetup, Usage: "make a data folder with its first organisation", Action: invoke(t, initialise),
		UsageText: "ngoctl init\n" +
			`ngoctl init --data /srv/ngo --org sevai --name "Sevai Trust" --tls acme --domain ngo.example.org --listen :443` + "\n" +
			`ngoctl init --data D --org sevai --name "Sevai Trust" --listen 127.0.0.1:8443 --tls off --no-input`,
		Description: "On a terminal you are asked for what is missing, then for what receipts say, for your mail account, and where to send a\n" +
			"made-up receipt for you to look at. Nothing is ever written over: a folder that holds data is refused.\n" +
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
	asked := c.mayAsk() && (o.Org == "" || o.Name == "")
	if asked {
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
	if err := c.initialised(o); err != nil || !asked {
		return err
	}
	return c.furnish(ctx, o)
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
