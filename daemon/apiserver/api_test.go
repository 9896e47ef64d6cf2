package apiserver_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestStatusCountsWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	s, err := f.local.Status(t.Context())
	if err != nil || s.Version != "1.2.3" || len(s.Orgs) != 2 || s.Actor != "os:root" || s.RSSBytes == 0 {
		t.Errorf("Status = %+v, %v", s, err)
	}
	_, token := f.user("meena", storetest.Slug, ngo.Finance)
	s, err = f.with(token).Status(t.Context())
	if err != nil || len(s.Orgs) != 1 || s.Orgs[0].Org != storetest.Slug || s.Actor != "user:meena" {
		t.Errorf("Status of a user = %+v, %v", s, err)
	}
}

func TestProfileIsChangedAndBroughtBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	name := "Sevai Public Trust"
	o, err := f.local.SetProfile(ctx, storetest.Slug, api.ProfileEdit{LegalName: &name})
	if err != nil || o.Profile.LegalName != name || o.Profile.PAN != "AAATS1234F" {
		t.Fatalf("SetProfile = %+v, %v", o, err)
	}
	acts, err := f.local.Acts(ctx, storetest.Slug, api.ListQuery{})
	if err != nil || len(acts.Items) != 1 || acts.Items[0].Actor != "os:root" {
		t.Fatalf("Acts = %+v, %v", acts, err)
	}
	if _, err := f.local.Undo(ctx, storetest.Slug, acts.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	o, err = f.local.Org(ctx, storetest.Slug)
	if err != nil || o.Profile.LegalName != "Sevai Trust" {
		t.Errorf("Org after undo = %+v, %v", o, err)
	}
	_, err = f.local.Undo(ctx, storetest.Slug, acts.Items[0].ID)
	wantCode(t, err, ngo.Conflict)
}
