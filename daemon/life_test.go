package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMain(m *testing.M) {
	if inspect.IsChild(os.Args[1:]) {
		os.Exit(inspect.Child())
	}
	goleak.VerifyTestMain(m)
}

const (
	slug   = "sevai"
	secret = "whsec"
)

// appliance is a data folder with one organisation, a gateway and a mail server, and the daemon on it.
type appliance struct {
	t       *testing.T
	dir     string
	post    *sim.SMTP
	gateway *sim.Razorpay
	web     *http.Client
	noCache bool
	log     syncBuffer

	daemon *daemon.Daemon
	client *api.Client
	stop   func() time.Duration
}

func newAppliance(t *testing.T) *appliance {
	t.Helper()
	a := &appliance{t: t, dir: filepath.Join(t.TempDir(), "data"), gateway: sim.NewRazorpay(7, secret)}
	a.gateway.Plain = true
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	a.web = &http.Client{Transport: transport, Timeout: 10 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	post, err := sim.NewSMTP(sim.SMTPOptions{})
	must(t, err)
	t.Cleanup(post.Close)
	a.post = post
	must(t, daemon.Init(t.Context(), daemon.InitOptions{
		Dir: a.dir, Org: slug, Name: "Sevai Trust", Listen: "127.0.0.1:0",
		Profile: ngo.Profile{
			LegalName: "Sevai Trust", Address: "12 Mada Street, Chennai 600004", PAN: "AAATS1234F", ApprovalNumber: "AAATS1234FF20214",
			ApprovalFrom: "2021-04-01", ApprovalUntil: "2031-03-31", ReceiptPrefix: "SVT",
		},
	}))
	client, done, err := daemon.Local(t.Context(), a.dir)
	must(t, err)
	_, err = client.AddGateway(t.Context(), slug, api.AddAccount{Driver: "razorpay", Values: setting.Values{"webhook-secret": secret}})
	must(t, err)
	must(t, done())
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// addMail connects the mail server, while the daemon runs.
func (a *appliance) addMail() {
	a.t.Helper()
	_, err := a.client.AddChannel(a.t.Context(), slug, api.AddAccount{Driver: "email", Values: setting.Values{"smtp": a.post.Addr(), "from": "office@sevai.example"}})
	must(a.t, err)
}

// start runs the daemon until the test ends or stop is called, which tells how long stopping took.
func (a *appliance) start() {
	a.t.Helper()
	config, err := daemon.LoadConfig(a.dir)
	must(a.t, err)
	a.daemon, err = daemon.New(daemon.Options{Dir: a.dir, Config: config, NoCache: a.noCache, Log: slog.New(slog.NewTextHandler(&a.log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	must(a.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(a.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.daemon.Run(ctx) }()
	select {
	case <-a.daemon.Listening():
	case err := <-ended:
		a.t.Fatalf("Run = %v", err)
	}
	a.client, err = api.New(api.Options{Socket: filepath.Join(a.dir, "ngoctl.sock")})
	must(a.t, err)
	a.stop = sync.OnceValue(func() time.Duration {
		begun := time.Now()
		cancel()
		if err := <-ended; err != nil {
			a.t.Errorf("Run = %v", err)
		}
		return time.Since(begun)
	})
	a.t.Cleanup(func() { a.stop() })
}

func (a *appliance) url(path string) string { return "http://" + a.daemon.Addr().String() + path }

// send delivers gifts from, from+1, … up to but without to.
func (a *appliance) send(from, to int, o sim.DeliverOptions) sim.Report {
	a.t.Helper()
	r, err := sim.Deliver(a.t.Context(), a.web, a.url("/hooks/sevai/razorpay"), a.gateway.Events(from, to), o)
	must(a.t, err)
	return r
}

// wait asks until the organisation's figures are as wanted.
func (a *appliance) wait(what string, done func(api.Summary) bool) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		s, err := a.client.Summary(ctx, slug)
		if err == nil && done(s) {
			return
		}
		select {
		case <-ctx.Done():
			a.t.Fatalf("%s did not happen: %+v, %v\n%s", what, s, err, a.log.String())
		case <-tick.C:
		}
	}
}

func (a *appliance) waitIdle() {
	a.t.Helper()
	a.wait("the end of all work", func(s api.Summary) bool { return s.JobsReady == 0 })
}

// check holds the ledger against what was sent: n gifts, a receipt each, numbered without a gap, and a mail each.
func (a *appliance) check(n int) {
	a.t.Helper()
	var gifts []ngo.Donation
	for after := ""; ; {
		p, err := a.client.Donations(a.t.Context(), slug, api.DonationQuery{ListQuery: api.ListQuery{Limit: 500, After: after}})
		must(a.t, err)
		gifts = append(gifts, p.Items...)
		if after = p.Next; after == "" {
			break
		}
	}
	if len(gifts) != n {
		a.t.Errorf("%d gifts; want %d", len(gifts), n)
	}
	for _, g := range gifts {
		if g.State != ngo.DonationReceived || g.Receipt == "" {
			a.t.Errorf("gift %s is %s with receipt %q", g.ID, g.State, g.Receipt)
		}
	}
	s, err := a.client.Summary(a.t.Context(), slug)
	must(a.t, err)
	if s.ReceiptsIssued != int64(n) || s.JobsParked != 0 || s.Quarantined != 0 {
		a.t.Errorf("summary %+v; want %d receipts and nothing parked", s, n)
	}
	report, err := a.client.VerifyAudit(a.t.Context(), slug)
	if err != nil || !report.OK {
		a.t.Errorf("audit trail: %+v, %v", report, err)
	}
	for id, times := range a.post.Counts() {
		if times != 1 {
			a.t.Errorf("mail %s was sent %d times", id, times)
		}
	}
	if len(a.post.Counts()) != n {
		a.t.Errorf("%d mails; want %d", len(a.post.Counts()), n)
	}
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestWebhookBecomesOneMail(t *testing.T) {
	t.Parallel()
	for _, noCache := range []bool{false, true} {
		name := map[bool]string{false: "cached", true: "uncached"}[noCache]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAppliance(t)
			a.noCache = noCache
			a.start()
			a.addMail()
			const n = 40
			r := a.send(0, n, sim.DeliverOptions{Workers: 8, Window: 10, Repeat: 0.3, NewIDs: true})
			if r.Acknowledged != n || r.Repeats == 0 {
				t.Fatalf("report %+v; want %d acknowledged, and repeats", r, n)
			}
			a.waitIdle()
			a.check(n)
			receipts, err := a.client.Receipts(t.Context(), slug, api.ReceiptQuery{})
			must(t, err)
			pdf, err := a.client.ReceiptCopy(t.Context(), slug, receipts.Items[0].Number)
			if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) {
				t.Errorf("ReceiptPDF = %d bytes, %v", len(pdf), err)
			}
		})
	}
}

// Stopped and started again in the middle of everything, nothing is lost and nothing happens twice.
func TestRestarts(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	const rounds, each = 3, 20
	for n := range rounds {
		a.start()
		if n == 0 {
			a.addMail()
		}
		a.send(n*each, (n+1)*each, sim.DeliverOptions{Workers: 8})
		if took := a.stop(); took > 10*time.Second {
			t.Errorf("stopping took %v", took)
		}
	}
	a.start()
	a.send(0, rounds*each, sim.DeliverOptions{Workers: 8}) // all of it once more
	a.waitIdle()
	a.check(rounds * each)
}

// Gifts that come while the daemon stops are either acknowledged and kept, or refused.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	a.addMail()
	const n = 3000
	var mu sync.Mutex
	acked := map[ngo.Ref]bool{}
	enough := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = sim.Deliver(ctx, a.web, a.url("/hooks/sevai/razorpay"), a.gateway.Events(0, n), sim.DeliverOptions{
			Workers: 16, Attempts: 1, Answered: func(e sim.Event, status int, _ time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				if status == http.StatusOK {
					if acked[e.Payment] = true; len(acked) == 200 {
						close(enough)
					}
				}
			},
		}) // what was refused is not looked for
	}()
	<-enough
	took := a.stop()
	if took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	cancel()
	<-sent
	a.start()
	a.wait("the receipts", func(s api.Summary) bool { return s.ReceiptsIssued >= int64(len(acked)) })
	payments := map[ngo.Ref]bool{}
	for after := ""; ; {
		p, err := a.client.Donations(t.Context(), slug, api.DonationQuery{ListQuery: api.ListQuery{Limit: 500, After: after}})
		must(t, err)
		for _, g := range p.Items {
			d, err := a.client.Donation(t.Context(), slug, g.ID)
			must(t, err)
			payments[d.Payment.Ref] = true
		}
		if after = p.Next; after == "" {
			break
		}
	}
	for ref := range acked {
		if !payments[ref] {
			t.Errorf("payment %s was acknowledged and is not there", ref)
		}
	}
	t.Logf("%d acknowledged, %d kept, stopped in %v", len(acked), len(payments), took)
}

func TestMailServerDownThenUp(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	a.post.Down()
	a.addMail()
	const n = 20
	a.send(0, n, sim.DeliverOptions{Workers: 4})
	a.wait("queued mail", func(s api.Summary) bool { return s.ReceiptsIssued == n && s.MailQueued == n })
	must(t, a.post.Up())
	// A change of accounts has waiting mail tried at once; else it would take half a minute.
	must(t, a.client.RemoveChannel(t.Context(), slug, "email"))
	a.addMail()
	a.waitIdle()
	a.check(n)
}

func TestMailAccountAddedLater(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	a.send(0, 5, sim.DeliverOptions{})
	a.wait("queued mail", func(s api.Summary) bool { return s.MailQueued == 5 && s.JobsReady == 5 })
	a.addMail()
	a.waitIdle()
	a.check(5)
}

// An organisation made while the daemon runs is worked for like one that was there.
func TestNewOrganisation(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	const young = "young"
	_, err := a.client.CreateOrg(t.Context(), api.NewOrg{Slug: young, Name: "Young Trust"})
	must(t, err)
	_, err = a.client.AddGateway(t.Context(), young, api.AddAccount{Driver: "razorpay", Values: setting.Values{"webhook-secret": secret}})
	must(t, err)
	_, err = sim.Deliver(t.Context(), a.web, a.url("/hooks/young/razorpay"), a.gateway.Events(0, 3), sim.DeliverOptions{})
	must(t, err)
	a.wait("its receipts", func(api.Summary) bool {
		s, err := a.client.Summary(t.Context(), young)
		return err == nil && s.ReceiptsIssued == 3
	})
	a.check(0) // nothing of it is seen elsewhere
}

func TestLocalWaitsForTheFolder(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	released := make(chan struct{})
	go func() {
		defer close(released)
		a.stop()
	}()
	client, done, err := daemon.Local(t.Context(), a.dir)
	must(t, err)
	orgs, err := client.Orgs(t.Context())
	if err != nil || len(orgs) != 1 {
		t.Errorf("Orgs = %v, %v; want one", orgs, err)
	}
	must(t, done())
	<-released
	if _, _, err := daemon.Local(t.Context(), a.dir+"-elsewhere"); ngo.CodeOf(err) != ngo.NotFound {
		t.Errorf("Local where nothing is = %v; want NotFound", err)
	}
}

func TestSecondDaemonIsRefused(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	config, err := daemon.LoadConfig(a.dir)
	must(t, err)
	second, err := daemon.New(daemon.Options{Dir: a.dir, Config: config})
	must(t, err)
	if err := second.Run(t.Context()); ngo.CodeOf(err) != ngo.Conflict || !strings.Contains(err.Error(), a.dir) {
		t.Errorf("a second daemon = %v; want Conflict, naming the folder", err)
	}
}

// A command that was quicker holds the folder for as long as it takes, which is no reason not to start.
func TestDaemonWaitsForACommand(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	_, done, err := daemon.Local(t.Context(), a.dir)
	must(t, err)
	config, err := daemon.LoadConfig(a.dir)
	must(t, err)
	d, err := daemon.New(daemon.Options{Dir: a.dir, Config: config})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	select {
	case err := <-ended:
		t.Fatalf("it ended at once: %v", err)
	case <-time.After(100 * time.Millisecond): // one that does not wait has ended by then
	}
	must(t, done())
	select {
	case err := <-ended:
		t.Fatalf("it ended: %v", err)
	case <-d.Listening():
	}
	stop()
	must(t, <-ended)
}

func TestHealthAndMetrics(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	for _, path := range []string{"/healthz", "/readyz"} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		for status := 0; status != http.StatusOK; {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url(path), nil)
			must(t, err)
			res, err := a.web.Do(req)
			must(t, err)
			_, err = io.Copy(io.Discard, res.Body)
			must(t, errors.Join(err, res.Body.Close()))
			status = res.StatusCode
		}
	}
}

func TestStreamsEndWithTheDaemon(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	ended := make(chan error, 1)
	got := make(chan struct{}, 100)
	go func() {
		ended <- a.client.Events(t.Context(), slug, "", func(api.Event) error {
			select {
			case got <- struct{}{}:
			default:
			}
			return nil
		})
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n, seen := 0, false; !seen; n++ { // until the stream is there, events pass it by
		a.send(n, n+1, sim.DeliverOptions{})
		select {
		case <-got:
			seen = true
		case <-tick.C:
		}
	}
	if took := a.stop(); took > 5*time.Second {
		t.Errorf("stopping took %v with an open stream", took)
	}
	<-ended
}
