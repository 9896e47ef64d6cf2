package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui"
)

func demoCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "demo", Category: categorySystem, Usage: "a day of gifts and a morning of questions on a throw-away folder, in the desk", Action: invoke(t, demo),
		UsageText: "ngoctl demo\nngoctl demo --headless --json",
		Description: "A daemon of its own, doubles of Razorpay, PayU and WhatsApp that send real signed webhooks and can be asked, and a\n" +
			"mail server with a mailbox. In a few minutes a whole day happens: gifts by every road, webhooks out of order and\n" +
			"twice, a payment that failed and then did not, refunds, disputes, donors who must be asked, and hours in which no\n" +
			"webhook comes, made good by asking. Beside it people write by WhatsApp and mail in Tamil, Hindi and English: questions\n" +
			"about receipts and ration cards, pictures, a voice note, a STOP, a receipt that comes back; and staff answers.\n" +
			"Nothing leaves this machine, and the folder is deleted at the end. With --headless it plays fast, then holds ledger\n" +
			"and inbox against what happened, and ends with code 8 if they differ.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "headless", Usage: "without the desk: play fast, check, tell"},
			&cli.IntFlag{Name: "gifts", Usage: "`N` more ordinary gifts after the day"},
		},
	}
}

// demoOrg is the organisation of the demo.
const demoOrg = "sevai"

// A stage is everything a demo runs on.
type stage struct {
	dir    string // all of it is deleted at the end
	addr   string
	day    *sim.Day
	hooks  map[string]string // where each gateway sends its webhooks
	post   *sim.SMTP
	client *api.Client

	morning    *sim.Morning
	staff      *api.Client // who answers
	staffToken string
}

func demo(ctx context.Context, c *call) (err error) {
	headless := c.flags.Bool("headless")
	if !headless && (!c.term.inTTY || !c.term.outTTY) {
		return usage("the desk needs a terminal", "without one: ngoctl demo --headless")
	}
	s, err := setStage(ctx)
	if err != nil {
		return fmt.Errorf("set the stage: %w", err)
	}
	defer func() { err = errors.Join(err, s.strike()) }()
	ctx, stop := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.runDaemon(ctx) })
	g.Go(func() error {
		defer stop()
		if err := s.ready(ctx); err != nil {
			return err
		}
		if headless {
			return s.playFast(ctx, c)
		}
		return s.playInDesk(ctx, c)
	})
	return g.Wait()
}

// setStage makes the folder, the gateways, and an organisation whose gifts get receipts by mail.
func setStage(ctx context.Context) (s *stage, err error) {
	s = &stage{hooks: map[string]string{}}
	if err := s.build(ctx); err != nil {
		return nil, errors.Join(err, s.strike())
	}
	return s, nil
}

func (s *stage) build(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "ngoctl-demo-"); err != nil {
		return err
	}
	if s.post, err = sim.NewSMTP(sim.SMTPOptions{Keep: 1000}); err != nil {
		return err
	}
	if s.day, err = sim.NewDay(sim.DayOptions{Seed: rand.Uint64()}); err != nil {
		return err
	}
	if s.morning, err = sim.NewMorning(sim.MorningOptions{Seed: rand.Uint64(), Day: s.day, Post: s.post}); err != nil {
		return err
	}
	return s.furnish(ctx)
}

// strike takes down what stands of the stage.
func (s *stage) strike() (err error) {
	if s.day != nil {
		err = s.day.Close()
	}
	if s.morning != nil {
		err = errors.Join(err, s.morning.Close())
	}
	if s.post != nil {
		s.post.Close()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *stage) data() string { return filepath.Join(s.dir, "data") }

func (s *stage) furnish(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	err = daemon.Init(ctx, daemon.InitOptions{
		Dir: s.data(), Org: demoOrg, Name: "Sevai Trust (demo)", Listen: s.addr, BaseURL: "http://" + s.addr, TLS: "off", Actor: actor(),
		Profile: ngo.Profile{
			LegalName: "Sevai Public Charitable Trust", Address: "12 Car Street, Madurai 625001", PAN: "AAATS1234C",
			ApprovalNumber: "AAATS1234CF20214", ApprovalFrom: "2021-04-01", ApprovalUntil: "2031-03-31",
			Signatory: "R. Meena", SignatoryTitle: "Trustee", Language: "en", ReceiptPrefix: "SVT",
		},
	})
	if err != nil {
		return err
	}
	client, done, err := daemon.Local(ctx, s.data())
	if err != nil {
		return err
	}
	return errors.Join(s.connect(ctx, client), done())
}

// connect gives the organisation its gateways, by the names under which the day knows them, and channels.
func (s *stage) connect(ctx context.Context, client *api.Client) error {
	for gateway, values := range map[string]setting.Values{sim.AtRazorpay: s.day.Razorpay.Values(), sim.AtPayU: s.day.PayU.Values()} {
		if _, err := client.AddGateway(ctx, demoOrg, api.AddAccount{Driver: gateway, Values: values}); err != nil {
			return err
		}
		s.hooks[gateway] = "http://" + s.addr + "/hooks/" + demoOrg + "/" + gateway
	}
	return s.connectChannels(ctx, client)
}

func (s *stage) runDaemon(ctx context.Context) error {
	config, err := daemon.LoadConfig(s.data())
	if err != nil {
		return err
	}
	d, err := daemon.New(daemon.Options{Dir: s.data(), Config: config, Version: version()})
	if err != nil {
		return err
	}
	return d.Run(ctx)
}

// ready waits until the daemon answers.
func (s *stage) ready(ctx context.Context) (err error) {
	s.client, err = api.New(api.Options{Socket: filepath.Join(s.data(), socketName), Program: version()})
	if err != nil {
		return err
	}
	if err := s.callStaff(); err != nil {
		return err
	}
	return eventually(ctx, 20*time.Millisecond, func() (bool, error) {
		st, err := s.client.Status(ctx)
		return err == nil && st.Ready, nil // it is not there yet
	})
}

// eventually asks again and again whether something is so, and returns when it is.
func eventually(ctx context.Context, each time.Duration, so func() (bool, error)) error {
	tick := time.NewTicker(each)
	defer tick.Stop()
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// playInDesk lets a moment of the day happen now and then while somebody looks on.
func (s *stage) playInDesk(ctx context.Context, c *call) error {
	show, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		// It ends with show, and what goes wrong is seen in the desk.
		_ = s.playSlowly(show, c.flags.Int("gifts"))
	})
	err := tui.Run(ctx, tui.Options{Client: s.client, Org: demoOrg, In: c.term.in, Out: c.term.out, NoColor: !c.color, Open: openInViewer(), Browse: openInBrowser()})
	stop()
	wg.Wait()
	if err == nil {
		c.note("The demo's folder is deleted again.")
		c.next(`ngoctl init --org sevai --name "Sevai Trust"`)
	}
	return err
}

// played is what a headless demo tells.
type played struct {
	OK           bool     `json:"ok"`
	Moments      int      `json:"moments"`
	Sent         int      `json:"sent"`         // webhooks, no two the same
	Acknowledged int      `json:"acknowledged"` // of them
	Requests     int64    `json:"requests"`     // it took to bring them, repeats included
	Found        int64    `json:"found"`        // by asking, of what no webhook told
	Gifts        int      `json:"gifts"`
	Receipts     int      `json:"receipts"`
	Mails        int      `json:"mails"`
	Repeated     int      `json:"mails_repeated"`
	Threads      int      `json:"threads"`
	Messages     int      `json:"messages"` // in them: heard, said and noted
	Findings     []string `json:"findings"`
	Seconds      float64  `json:"seconds"`
}

func (c *call) played(p played) error {
	list := section{title: "findings"}
	for _, f := range p.Findings {
		list.rows = append(list.rows, []any{f})
	}
	title := "Ledger and inbox say what happened: nothing was lost, doubled or skipped"
	if !p.OK {
		title = "Ledger and inbox do not say what happened"
	}
	err := c.record(p, record{title: title, sections: []section{list}, fields: []field{
		{"ok", p.OK}, {"moments", p.Moments}, {"sent", p.Sent}, {"acknowledged", p.Acknowledged}, {"requests", p.Requests},
		{"found", p.Found}, {"gifts", p.Gifts}, {"receipts", p.Receipts}, {"mails", p.Mails}, {"threads", p.Threads}, {"messages", p.Messages},
		{"seconds", fmt.Sprintf("%.1f", p.Seconds)},
	}})
	if err == nil && !p.OK {
		err = outcome(exitFindings)
	}
	return err
}
