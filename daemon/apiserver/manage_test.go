package apiserver_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestOrganisationsAreMade(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	pan, bad := "AAATH1234K", "nonsense"
	o, err := f.local.CreateOrg(ctx, api.NewOrg{Slug: "hope", Name: "Hope", Profile: api.ProfileEdit{PAN: &pan}})
	if err != nil || o.Zone != "Asia/Kolkata" || o.Profile.PAN != pan || o.Profile.LegalName != "Hope" {
		t.Fatalf("CreateOrg = %+v, %v", o, err)
	}
	_, err = f.local.CreateOrg(ctx, api.NewOrg{Slug: "hope", Name: "Hope"})
	wantCode(t, err, ngo.Conflict)
	_, err = f.local.CreateOrg(ctx, api.NewOrg{Slug: "Hope!", Name: "Hope"})
	wantCode(t, err, ngo.Invalid)
	_, err = f.local.CreateOrg(ctx, api.NewOrg{Slug: "more", Name: "More", Profile: api.ProfileEdit{PAN: &bad}})
	wantCode(t, err, ngo.Invalid)
	all, err := f.local.Orgs(ctx)
	if err != nil || len(all) != 3 {
		t.Errorf("Orgs = %v, %v", all, err)
	}
	_, err = f.local.Org(ctx, "none")
	wantCode(t, err, ngo.NotFound)
}

func TestProfileFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s := func(v string) *string { return &v }
	day := func(v ngo.Date) *ngo.Date { return &v }
	_, err := f.local.SetProfile(t.Context(), storetest.Slug, api.ProfileEdit{
		PAN: s("X"), ApprovalFrom: day("2030-04-01"), ApprovalUntil: day("2020-01-01"), Language: s("fr"),
		ReceiptPrefix: s("s/v"), Signatory: s("\x1b[2J"),
	})
	wantCode(t, err, ngo.Invalid)
	for _, field := range []string{"pan", "approval_until", "language", "receipt_prefix", "signatory"} {
		if err != nil && !strings.Contains(err.Error(), field) {
			t.Errorf("error %q does not name %s", err, field)
		}
	}
}

func TestGatewaysAreAddedShownAndRemoved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	drivers, err := f.local.Drivers(ctx)
	if err != nil || len(drivers.Gateways) != 1 || drivers.Gateways[0].Name != "razorpay" || len(drivers.Gateways[0].Settings) == 0 {
		t.Fatalf("Drivers = %+v, %v", drivers, err)
	}
	values := setting.Values{"webhook-secret": "canary-secret-canary"}
	a, err := f.local.AddGateway(ctx, storetest.Slug, api.AddAccount{Driver: "razorpay", Values: values})
	if err != nil || a.Name != "razorpay" || a.URL != "https://ngo.example.org/hooks/sevai/razorpay" {
		t.Fatalf("AddGateway = %+v, %v", a, err)
	}
	_, err = f.local.AddGateway(ctx, storetest.Slug, api.AddAccount{Driver: "razorpay", Values: values})
	wantCode(t, err, ngo.Conflict)
	_, err = f.local.AddGateway(ctx, storetest.Slug, api.AddAccount{Driver: "razorpay", Name: "second", Values: setting.Values{}})
	wantCode(t, err, ngo.Invalid)
	_, err = f.local.AddGateway(ctx, storetest.Slug, api.AddAccount{Driver: "none", Values: values})
	wantCode(t, err, ngo.Invalid)
	for _, path := range []string{"gateways", "gateways/razorpay"} {
		_, token := f.user("u"+strings.ReplaceAll(path, "/", "-"), storetest.Slug, ngo.Admin)
		if body := f.raw("GET", token, path, ""); !strings.HasPrefix(body, "200 ") || strings.Contains(body, "canary") {
			t.Errorf("GET %s = %s", path, body)
		}
	}
	if err := f.local.RemoveGateway(ctx, storetest.Slug, "razorpay"); err != nil {
		t.Fatal(err)
	}
	_, err = f.local.Gateway(ctx, storetest.Slug, "razorpay")
	wantCode(t, err, ngo.NotFound)
	// With another secret it is the same connection still: a payment that is told again is known by it.
	again, err := f.local.AddGateway(ctx, storetest.Slug, api.AddAccount{Driver: "razorpay", Values: setting.Values{"webhook-secret": "another"}})
	if err != nil || again.ID != a.ID || again.Removed != nil {
		t.Errorf("connected anew it is %+v, %v; want the id %s", again, err, a.ID)
	}
	_, err = f.local.CheckChannel(ctx, storetest.Slug, "email")
	wantCode(t, err, ngo.NotFound)
}

func TestRolesCountAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, token := f.user("meena", storetest.Slug, ngo.Finance)
	c := f.with(token)
	if _, err := c.Donations(ctx, storetest.Slug, api.DonationQuery{}); err != nil {
		t.Fatal(err)
	}
	if err := f.local.SetMember(ctx, "meena", ngo.Member{Org: storetest.Slug, Role: ngo.Volunteer}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Donations(ctx, storetest.Slug, api.DonationQuery{})
	wantCode(t, err, ngo.Denied)
	if err := f.local.SetMember(ctx, "meena", ngo.Member{Org: storetest.Slug}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Donations(ctx, storetest.Slug, api.DonationQuery{})
	wantCode(t, err, ngo.NotFound)
	if err := f.local.DisableUser(ctx, "meena"); err != nil {
		t.Fatal(err)
	}
	_, err = c.Status(ctx)
	wantCode(t, err, ngo.Unauthenticated)
	if err := f.local.EnableUser(ctx, "meena"); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Status(ctx); err != nil {
		t.Errorf("after enabling: %v", err)
	}
	wantCode(t, f.local.SetMember(ctx, "nemo", ngo.Member{Org: storetest.Slug, Role: ngo.Admin}), ngo.NotFound)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	_, old := f.user("meena", storetest.Slug, ngo.Finance)
	stranger := f.with("")
	_, err := stranger.Login(ctx, "meena", "")
	wantCode(t, err, ngo.Invalid)
	_, none := stranger.Login(ctx, "meena", "no password is set")
	wantCode(t, none, ngo.Unauthenticated)
	wantCode(t, f.local.SetPassword(ctx, "meena", "short"), ngo.Invalid)
	if err := f.local.SetPassword(ctx, "meena", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	_, err = f.with(old).Status(ctx)
	wantCode(t, err, ngo.Unauthenticated) // a new password ends old tokens
	_, wrong := stranger.Login(ctx, "meena", "correct horse batterx")
	_, unknown := stranger.Login(ctx, "nemo", "correct horse battery")
	wantCode(t, wrong, ngo.Unauthenticated)
	if wrong.Error() != unknown.Error() || wrong.Error() != none.Error() {
		t.Errorf("answers differ: %v / %v / %v", wrong, unknown, none)
	}
	tok, err := stranger.Login(ctx, "meena", "correct horse battery")
	if err != nil || tok.Expires == nil || time.Until(*tok.Expires) < 24*time.Hour {
		t.Fatalf("Login = %+v, %v", tok, err)
	}
	c := f.with(tok.Secret)
	if s, err := c.Status(ctx); err != nil || s.Actor != "user:meena" {
		t.Errorf("Status = %+v, %v", s, err)
	}
	if err := c.Logout(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = c.Status(ctx)
	wantCode(t, err, ngo.Unauthenticated)
	wantCode(t, f.local.Logout(ctx), ngo.Invalid)
	if err := f.local.DisableUser(ctx, "meena"); err != nil {
		t.Fatal(err)
	}
	_, disabled := stranger.Login(ctx, "meena", "correct horse battery")
	if disabled == nil || disabled.Error() != wrong.Error() {
		t.Errorf("disabled user: %v, want %v", disabled, wrong)
	}
}

func TestTrailsAreListedAndVerified(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	f.user("meena", storetest.Slug, ngo.Finance)
	give(t, f.org, 1)
	for _, slug := range []string{"", storetest.Slug} {
		page, err := f.local.Audit(ctx, slug, api.ListQuery{Limit: 2})
		if err != nil || len(page.Items) != 2 || page.Next == "" {
			t.Errorf("Audit(%q) = %+v, %v", slug, page, err)
		}
		r, err := f.local.VerifyAudit(ctx, slug)
		if err != nil || !r.OK || r.Entries == 0 || r.Head == "" || r.Broken != 0 {
			t.Errorf("VerifyAudit(%q) = %+v, %v", slug, r, err)
		}
	}
}
