package apiserver_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func day(stamp string) time.Time {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		panic(err)
	}
	return t
}

// connect adds a gateway with these values.
func (f *fixture) connect(values setting.Values) api.Account {
	f.t.Helper()
	a, err := f.local.AddGateway(f.t.Context(), storetest.Slug, api.AddAccount{Driver: "razorpay", Values: values})
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func askable() setting.Values {
	return setting.Values{"webhook-secret": "first", "key-id": "rzp_test_4242424242", "key-secret": "keysec"}
}

// secrets opens what is sealed.
func (f *fixture) secrets(id ngo.AccountID) (out map[string]string) {
	f.t.Helper()
	storetest.Read(f.t, f.org, func(rx *store.Rx) (err error) { out, err = rx.Secrets(id); return err })
	return out
}

func TestGatewaySettingsAreChangedAndBroughtBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	a := f.connect(setting.Values{"webhook-secret": "first"})
	if a.CanPoll || a.CanRefund || a.Health == nil {
		t.Errorf("without credentials = %+v; want that it cannot be asked", a)
	}
	set := func(v setting.Values) (api.Account, error) {
		return f.local.SetGateway(ctx, storetest.Slug, "razorpay", api.SetAccount{Values: v})
	}
	a, err := set(setting.Values{"key-id": "rzp_test_4242424242", "key-secret": "keysec"})
	if err != nil || !a.CanPoll || !a.CanRefund || a.Settings["key-id"] == "" || a.Settings["key-secret"] != "" {
		t.Fatalf("SetGateway = %+v, %v", a, err)
	}
	if s := f.secrets(a.ID); s["webhook-secret"] != "first" || s["key-secret"] != "keysec" {
		t.Errorf("secrets = %d, want both", len(s))
	}
	acts, err := f.local.Acts(ctx, storetest.Slug, api.ListQuery{})
	if err != nil || len(acts.Items) != 0 {
		t.Errorf("acts = %+v, %v; want none, as a secret changed", acts.Items, err)
	}
	if a, err = set(setting.Values{"account-id": "acc_ABCDEFGHIJKLMN"}); err != nil || a.Settings["account-id"] == "" || a.Settings["key-id"] == "" {
		t.Fatalf("SetGateway = %+v, %v; want the others kept", a, err)
	}
	if acts, err = f.local.Acts(ctx, storetest.Slug, api.ListQuery{}); err != nil || len(acts.Items) != 1 || acts.Items[0].Kind != ngo.ActSetting {
		t.Fatalf("acts = %+v, %v", acts.Items, err)
	}
	if _, err := f.local.Undo(ctx, storetest.Slug, acts.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	if a, err = f.local.Gateway(ctx, storetest.Slug, "razorpay"); err != nil || a.Settings["account-id"] != "" || a.Settings["key-id"] == "" {
		t.Errorf("after undo = %+v, %v", a, err)
	}
	for name, v := range map[string]setting.Values{
		"unknown": {"colour": "red"}, "required": {"webhook-secret": ""}, "bad": {"base-url": "ftp://example.org"},
		"our own": {setting.Until("old-webhook-secret"): "2099-01-01T00:00:00Z"},
	} {
		_, err := set(v)
		if ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	_, err = f.local.SetGateway(ctx, storetest.Slug, "none", api.SetAccount{Values: setting.Values{}})
	wantCode(t, err, ngo.NotFound)
}

func TestSecretIsRotated(t *testing.T) {
	t.Parallel()
	now := day("2026-11-22T10:00:00Z")
	f := newFixture(t, func(o *apiserver.Options) { o.Now = func() time.Time { return now } })
	ctx := t.Context()
	a := f.connect(askable())
	rotate := func(field, value string) (api.Account, error) {
		return f.local.RotateSecret(ctx, storetest.Slug, "razorpay", api.Rotate{Field: field, Value: value})
	}
	a, err := rotate("", "second\n")
	if err != nil || a.Settings[setting.Until("old-webhook-secret")] != "2026-12-07T10:00:00Z" {
		t.Fatalf("RotateSecret = %+v, %v", a, err)
	}
	if s := f.secrets(a.ID); s["webhook-secret"] != "second" || s["old-webhook-secret"] != "first" || s["key-secret"] != "keysec" {
		t.Errorf("secrets after rotation = %v", s)
	}
	if _, _, err := f.opened("razorpay"); err != nil {
		t.Errorf("the rotated gateway cannot be opened: %v", err)
	}
	// Settings that change meanwhile keep both, and when the old one ends.
	a, err = f.local.SetGateway(ctx, storetest.Slug, "razorpay", api.SetAccount{Values: setting.Values{"account-id": "acc_ABCDEFGHIJKLMN"}})
	if err != nil || a.Settings[setting.Until("old-webhook-secret")] == "" || f.secrets(a.ID)["old-webhook-secret"] != "first" {
		t.Errorf("SetGateway = %+v, %v", a, err)
	}
	if a, err = f.local.SetGateway(ctx, storetest.Slug, "razorpay", api.SetAccount{Values: setting.Values{"old-webhook-secret": ""}}); err != nil || a.Settings[setting.Until("old-webhook-secret")] != "" {
		t.Errorf("without the former one = %+v, %v; want no end of it", a, err)
	}
	for _, tt := range []struct {
		name, field, value string
		want               ngo.Code
	}{
		{"the same", "webhook-secret", "second", ngo.Conflict},
		{"nothing", "webhook-secret", "", ngo.Invalid},
		{"one that cannot be", "key-secret", "x", ngo.Invalid},
		{"none", "colour", "x", ngo.Invalid},
	} {
		_, err := rotate(tt.field, tt.value)
		if ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	if trail, err := f.local.Audit(ctx, storetest.Slug, api.ListQuery{}); err != nil || strings.Contains(trailText(trail.Items), "second") {
		t.Errorf("the trail shows a secret, or %v", err)
	}
}

func trailText(entries []ngo.AuditEntry) string {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(e.Before + e.After)
	}
	return b.String()
}

// opened gives a gateway as deliveries find it.
func (f *fixture) opened(name string) (ngo.Account, any, error) {
	o, err := f.book.Org(f.t.Context(), storetest.Slug)
	if err != nil {
		f.t.Fatal(err)
	}
	return o.Gateway(f.t.Context(), name)
}

func TestHealthOfGatewaysIsShown(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *apiserver.Options) { o.Asking = func(ngo.AccountID) bool { return true } })
	ctx := t.Context()
	a := f.connect(askable())
	seen := day("2026-11-22T10:00:00Z")
	storetest.Write(t, f.org, func(tx *store.Tx) error {
		return tx.SaveHealth(a.ID, ngo.Health{LastPoll: &seen, Seen: 3, Found: 2, Alarm: "webhooks do not arrive", AlarmSince: &seen})
	})
	all, err := f.local.Gateways(ctx, storetest.Slug)
	if err != nil || len(all) != 1 || all[0].Health == nil || all[0].Health.Alarm == "" || all[0].Health.Found != 2 || !all[0].Health.Polling {
		t.Errorf("Gateways = %+v, %v", all, err)
	}
	sum, err := f.local.Summary(ctx, storetest.Slug)
	if err != nil || sum.GatewayAlarms != 1 {
		t.Errorf("alarms = %d, %v; want 1", sum.GatewayAlarms, err)
	}
}

func TestGatewayIsTried(t *testing.T) {
	t.Parallel()
	steps := []api.TestStep{{Name: "credentials", OK: true, Text: "good"}, {Name: "delivery", Text: "no answer", Hint: "open port 443"}}
	f := newFixture(t, func(o *apiserver.Options) {
		o.Try = func(_ context.Context, _ *org.Org, gateway string) ([]api.TestStep, error) {
			if gateway != "razorpay" {
				return nil, errors.New("another gateway was asked")
			}
			return steps, nil
		}
	})
	f.connect(askable())
	got, err := f.local.TestGateway(t.Context(), storetest.Slug, "razorpay")
	if err != nil || got.OK || len(got.Steps) != 2 || got.Steps[1] != steps[1] {
		t.Errorf("TestGateway = %+v, %v", got, err)
	}
	_, err = f.local.TestGateway(t.Context(), storetest.Slug, "none")
	wantCode(t, err, ngo.NotFound)
}

func TestGatewayIsAskedForWhatWasMissed(t *testing.T) {
	t.Parallel()
	now := day("2026-11-22T10:00:00Z")
	var asked time.Time
	f := newFixture(t, func(o *apiserver.Options) {
		o.Now = func() time.Time { return now }
		o.CatchUp = func(_ context.Context, _ *org.Org, _ string, since time.Time) (api.CatchUpReport, error) {
			asked = since
			return api.CatchUpReport{From: since, To: now, Seen: 12, Found: 10}, nil
		}
	})
	ctx := t.Context()
	f.connect(askable())
	ask := func(since time.Time) (api.CatchUpReport, error) {
		return f.local.CatchUp(ctx, storetest.Slug, "razorpay", api.CatchUpRequest{Since: since})
	}
	since := now.Add(-30 * time.Hour)
	got, err := ask(since)
	if err != nil || !asked.Equal(since) || got.Seen != 12 || got.Found != 10 || !got.To.Equal(now) {
		t.Errorf("CatchUp = %+v, %v", got, err)
	}
	if _, err := ask(now.AddDate(0, 0, -90).Add(-time.Second)); err != nil {
		t.Errorf("90 days back, as its clock had it who asked a second ago: %v", err)
	}
	for _, bad := range []time.Time{now.Add(time.Minute), now.AddDate(0, 0, -91), {}} {
		_, err := ask(bad)
		wantCode(t, err, ngo.Invalid)
	}
	if status, _ := f.send("POST", "/orgs/sevai/gateways/razorpay/catch-up", "application/json", `{}`); status != 422 {
		t.Errorf("without a moment: %d, want 422", status)
	}
	if _, err := f.local.SetGateway(ctx, storetest.Slug, "razorpay", api.SetAccount{Values: setting.Values{"key-id": "", "key-secret": ""}}); err != nil {
		t.Fatal(err)
	}
	_, err = ask(since)
	wantCode(t, err, ngo.Invalid) // it cannot be asked
}

func TestWithoutADaemonNobodyIsAsked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.connect(askable())
	_, err := f.local.TestGateway(t.Context(), storetest.Slug, "razorpay")
	wantCode(t, err, ngo.Unavailable)
	_, err = f.local.CatchUp(t.Context(), storetest.Slug, "razorpay", api.CatchUpRequest{Since: time.Now().Add(-time.Hour)})
	wantCode(t, err, ngo.Unavailable)
}

// TestSlowGatewayIsWaitedFor has a gateway take longer than a listener gives an answer.
func TestSlowGatewayIsWaitedFor(t *testing.T) {
	t.Parallel()
	const patience = 50 * time.Millisecond
	f := newServer(t, func(o *apiserver.Options) {
		o.Try = func(ctx context.Context, _ *org.Org, _ string) ([]api.TestStep, error) {
			slow, cancel := context.WithTimeout(ctx, 4*patience)
			defer cancel()
			<-slow.Done()
			return []api.TestStep{{Name: "credentials", OK: ctx.Err() == nil}}, nil
		}
	})
	f.http = httptest.NewUnstartedServer(asPeer(f.srv))
	f.http.Config.WriteTimeout = patience
	f.http.Start()
	t.Cleanup(f.http.Close)
	f.connect(askable())
	_, token := f.user("meena", storetest.Slug, ngo.Finance)
	got, err := f.with(token).TestGateway(t.Context(), storetest.Slug, "razorpay")
	if err != nil || !got.OK {
		t.Errorf("TestGateway = %+v, %v", got, err)
	}
}
