package daemon_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/daemon/webhook"
)

// settle gives the appliance an address that it keeps.
func (a *appliance) settle() {
	a.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(a.t, err)
	config, err := daemon.LoadConfig(a.dir)
	must(a.t, err)
	config.Listen = l.Addr().String()
	must(a.t, l.Close())
	must(a.t, daemon.WriteConfig(a.dir, config))
}

// local works on the folder without a daemon.
func (a *appliance) local(do func(*api.Client)) {
	a.t.Helper()
	client, done, err := daemon.Local(a.t.Context(), a.dir)
	must(a.t, err)
	do(client)
	must(a.t, done())
}

// asked connects a gateway that can be asked, and of which no webhook comes.
func (a *appliance) asked(name string) *sim.RazorpayAPI {
	a.t.Helper()
	pay, err := sim.NewRazorpayAPI(sim.RazorpayOptions{Seed: 3})
	must(a.t, err)
	a.t.Cleanup(func() { must(a.t, pay.Close()) })
	pay.SwitchOff()
	a.local(func(c *api.Client) {
		_, err := c.AddGateway(a.t.Context(), slug, api.AddAccount{Driver: "razorpay", Name: name, Values: setting.Values(pay.Values())})
		must(a.t, err)
	})
	return pay
}

func (a *appliance) recovered(n int64) {
	a.t.Helper()
	a.wait("the recovery", func(s api.Summary) bool { return s.Recovered == n && s.Quarantined == 0 })
}

// What was missed is found when the daemon starts, and by hand with it and without it.
func TestMissedGiftsAreFound(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.settle()
	pay := a.asked("asked")
	pay.Fill(10, time.Now().Add(-2*time.Hour), time.Minute)
	a.start()
	a.recovered(10)

	pay.Fill(5, time.Now().Add(-20*24*time.Hour), time.Hour)
	since := api.CatchUpRequest{Since: time.Now().Add(-30 * 24 * time.Hour)}
	if r, err := a.client.CatchUp(t.Context(), slug, "asked", since); err != nil || r.Seen != 15 || r.Found != 5 || r.Problem != "" {
		t.Errorf("CatchUp = %+v, %v; want 15 seen and 5 found", r, err)
	}
	a.recovered(15)
	a.stop()

	pay.Fill(3, time.Now().Add(-25*24*time.Hour), time.Hour)
	a.local(func(c *api.Client) {
		if r, err := c.CatchUp(t.Context(), slug, "asked", since); err != nil || r.Found != 3 {
			t.Errorf("CatchUp without a daemon = %+v, %v; want 3 found", r, err)
		}
		got, err := c.TestGateway(t.Context(), slug, "asked")
		if err != nil || got.OK || steps(got) != "key+ address- delivery-" {
			t.Errorf("TestGateway without a daemon = %+v, %v", got, err)
		}
	})
	a.start()
	a.recovered(18)
}

func steps(g api.GatewayTest) string {
	var b strings.Builder
	for _, s := range g.Steps {
		b.WriteString(s.Name + map[bool]string{true: "+ ", false: "- "}[s.OK])
	}
	return strings.TrimSpace(b.String())
}

// The trial goes the whole way of a delivery, and means nothing.
func TestGatewayIsTried(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.settle()
	pay := a.asked("asked")
	a.start()
	for name, want := range map[string]string{"asked": "key+ address- delivery+ stored+", "razorpay": "key+ address- delivery+ stored+"} {
		got, err := a.client.TestGateway(t.Context(), slug, name)
		if err != nil || steps(got) != want {
			t.Errorf("TestGateway(%s) = %+v, %v; want %s: only that the address is no public one is wrong", name, got, err, want)
		}
	}
	a.waitIdle()
	s, err := a.client.Summary(t.Context(), slug)
	if err != nil || s.Quarantined != 0 || s.JobsParked != 0 || s.Waiting+s.Held+s.ReceiptsIssued != 0 {
		t.Errorf("the trial left something in the ledger: %+v, %v", s, err)
	}
	pay.Trouble(sim.Trouble{Status: http.StatusUnauthorized})
	got, err := a.client.TestGateway(t.Context(), slug, "asked")
	if err != nil || !strings.HasPrefix(steps(got), "key- ") {
		t.Errorf("TestGateway with a wrong key = %+v, %v", got, err)
	}
}

func TestDonorsFindTheirPages(t *testing.T) {
	t.Parallel()
	a := newAppliance(t)
	a.start()
	resp, err := a.web.Get(a.url("/o/sevai/donor/made-up"))
	must(t, err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != http.StatusNotFound || !strings.Contains(string(page), "<html") {
		t.Errorf("a link that was made up: %d %.80s; want a page that says so", resp.StatusCode, page)
	}
}

func TestWhatPayUDoesNotSignIsRationed(t *testing.T) {
	t.Parallel()
	for _, d := range daemon.Gateways() {
		if d.Name() != "payu" {
			continue
		}
		account, err := d.Open(setting.Values{"merchant-key": "k", "salt": "s"})
		must(t, err)
		if _, ok := account.(webhook.Rationed); !ok {
			t.Error("whoever knows the merchant key can have PayU asked without end")
		}
	}
}
