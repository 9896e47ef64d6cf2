package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/bench"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/tui"
)

func demoCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "demo", Category: categorySystem, Usage: "a day of gifts on a throw-away folder, in the desk", Action: invoke(t, demo),
		UsageText: "ngoctl demo\nngoctl demo --headless --json",
		Description: "A daemon of its own, a simulated gateway that sends real signed webhooks out of order and twice, and a mail\n" +
			"server that keeps what it gets. Nothing leaves this machine, and the folder is deleted at the end.\n" +
			"With --headless it plays fast, then checks that nothing was lost, doubled or skipped, and ends with code 8 if it was.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "headless", Usage: "without the desk: play fast, check, tell"},
			&cli.IntFlag{Name: "gifts", Usage: "`N` gifts", Value: 200},
		},
	}
}

// demoOrg is the organisation of the demo.
const demoOrg = "sevai"

// restBetween is the time between two gifts in the desk: slow enough to watch, quick enough not to be bored.
const restBetween = 1500 * time.Millisecond

// A stage is everything a demo runs on.
type stage struct {
	dir    string // all of it is deleted at the end
	addr   string
	secret string
	post   *sim.SMTP
	client *api.Client
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
	defer func() { s.post.Close(); err = errors.Join(err, os.RemoveAll(s.dir)) }()
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

// setStage makes the folder and an organisation whose gifts get receipts by mail.
func setStage(ctx context.Context) (s *stage, err error) {
	s = &stage{secret: rand.Text()}
	if s.dir, err = os.MkdirTemp("", "ngoctl-demo-"); err != nil {
		return nil, err
	}
	if s.post, err = sim.NewSMTP(sim.SMTPOptions{}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := s.furnish(ctx); err != nil {
		s.post.Close()
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
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
	_, gateway := client.AddGateway(ctx, demoOrg, api.AddAccount{Driver: "razorpay", Values: setting.Values{"webhook-secret": s.secret}})
	_, mail := client.AddChannel(ctx, demoOrg, api.AddAccount{Driver: "email", Values: setting.Values{"smtp": s.post.Addr(), "from": "receipts@sevai.example"}})
	return errors.Join(gateway, mail, done())
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
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if st, err := s.client.Status(ctx); err == nil && st.Ready {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// deliver sends gifts as a gateway does at its worst: out of order, some twice and under other ids, each until it is taken.
func (s *stage) deliver(ctx context.Context, events iter.Seq[sim.Event], o sim.DeliverOptions) (sim.Report, error) {
	o.Repeat, o.NewIDs = 0.1, true
	return sim.Deliver(ctx, http.DefaultClient, "http://"+s.addr+"/hooks/"+demoOrg+"/razorpay", events, o)
}

// playInDesk sends a gift now and then while somebody looks on.
func (s *stage) playInDesk(ctx context.Context, c *call) error {
	feed, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		// It ends with feed, and what it reports is seen in the desk.
		_, _ = s.deliver(feed, paced(feed, s.gateway(time.Now(), restBetween).Events(0, c.flags.Int("gifts"))), sim.DeliverOptions{Window: 2})
	})
	err := tui.Run(ctx, tui.Options{Client: s.client, Org: demoOrg, In: c.term.in, Out: c.term.out, NoColor: !c.color})
	stop()
	wg.Wait()
	if err == nil {
		c.note("The demo's folder is deleted again.")
		c.next(`ngoctl init --org sevai --name "Sevai Trust"`)
	}
	return err
}

// gateway makes payments that begin at start.
func (s *stage) gateway(start time.Time, every time.Duration) *sim.Razorpay {
	g := sim.NewRazorpay(uint64(start.UnixNano()), s.secret)
	g.Start, g.Every = start, every
	return g
}

func paced(ctx context.Context, events iter.Seq[sim.Event]) iter.Seq[sim.Event] {
	return func(yield func(sim.Event) bool) {
		tick := time.NewTicker(restBetween)
		defer tick.Stop()
		for e := range events {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if !yield(e) {
				return
			}
		}
	}
}

// played is what a headless demo tells.
type played struct {
	OK           bool `json:"ok"`
	Sent         int  `json:"sent"`
	Acknowledged int  `json:"acknowledged"`
	Requests     int  `json:"requests"`
	bench.Finding
	Seconds float64 `json:"seconds"`
}

// playFast sends everything at once, waits until all work is done, and asks what an auditor would.
func (s *stage) playFast(ctx context.Context, c *call) error {
	begun, told := time.Now(), c.progress()
	told.say("sending gifts")
	var acked []sim.Event
	for e := range s.gateway(begun.Add(-time.Hour), time.Second).Events(0, c.flags.Int("gifts")) {
		acked = append(acked, e)
	}
	report, err := s.deliver(ctx, func(yield func(sim.Event) bool) {
		for _, e := range acked {
			if !yield(e) {
				return
			}
		}
	}, sim.DeliverOptions{Workers: 8, Window: 8})
	if err != nil {
		return err
	}
	if err := s.drained(ctx, told); err != nil {
		return err
	}
	found, err := bench.Examine(ctx, bench.Case{Client: s.client, Org: demoOrg, Acked: acked, Mail: s.post})
	told.end()
	if err != nil {
		return err
	}
	found.Findings = append([]string{}, found.Findings...) // a list, also when it is empty
	return c.played(played{
		OK: len(found.Findings) == 0, Sent: report.Events, Acknowledged: report.Acknowledged, Requests: report.Tries,
		Finding: found, Seconds: time.Since(begun).Round(time.Millisecond).Seconds(),
	})
}

// drained waits until no work is left but reminders that are due in days.
func (s *stage) drained(ctx context.Context, told *progress) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		left, err := bench.Left(ctx, s.client, demoOrg)
		if err != nil || left == 0 {
			return err
		}
		told.say(fmt.Sprintf("%d jobs left", left))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (c *call) played(p played) error {
	list := section{title: "findings"}
	for _, f := range p.Findings {
		list.rows = append(list.rows, []any{f})
	}
	title := "Nothing was lost, doubled or skipped"
	if !p.OK {
		title = "Something is wrong"
	}
	err := c.record(p, record{title: title, sections: []section{list}, fields: []field{
		{"ok", p.OK}, {"sent", p.Sent}, {"acknowledged", p.Acknowledged}, {"requests", p.Requests}, {"gifts", p.Gifts},
		{"receipts", p.Receipts}, {"mails", p.Mails}, {"seconds", fmt.Sprintf("%.1f", p.Seconds)},
	}})
	if err == nil && !p.OK {
		err = outcome(exitFindings)
	}
	return err
}
