package apiserver_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func is[T any](v T) *T { return &v }

func TestGiftIsHeldReleasedAndBroughtBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, g := t.Context(), pay(t, f.org, 1, anitha())
	_, token := f.user("meena", storetest.Slug, ngo.Finance)
	meena := f.with(token)

	_, err := meena.HoldDonation(ctx, storetest.Slug, g.donation, "")
	wantCode(t, err, ngo.Invalid) // whoever looks at it next must know why
	_, err = meena.HoldDonation(ctx, storetest.Slug, g.donation, "two\nlines")
	wantCode(t, err, ngo.Invalid)
	held, err := meena.HoldDonation(ctx, storetest.Slug, g.donation, "the donor asked us to wait")
	if err != nil || held.Donation.State != ngo.DonationHeld || held.Donation.Hold != "the donor asked us to wait" || held.Act.Kind != ngo.ActGift || held.Act.Actor != "user:meena" {
		t.Fatalf("HoldDonation = %+v, %v", held, err)
	}
	if held.Donation.Donor.PAN != "ABCxxxxx4F" {
		t.Errorf("PAN = %q, want it masked", held.Donation.Donor.PAN)
	}
	if _, err := meena.Undo(ctx, storetest.Slug, held.Act.ID); err != nil {
		t.Fatal(err)
	}
	d, err := meena.Donation(ctx, storetest.Slug, g.donation)
	if err != nil || d.State != ngo.DonationReceived || d.Hold != "" {
		t.Errorf("after undo it is %s (%s), %v; want received", d.State, d.Hold, err)
	}
	_, err = meena.Undo(ctx, storetest.Slug, held.Act.ID)
	wantCode(t, err, ngo.Conflict)

	_, err = meena.ReleaseDonation(ctx, storetest.Slug, g.donation, "")
	wantCode(t, err, ngo.Conflict) // nothing holds it
	if _, err = meena.HoldDonation(ctx, storetest.Slug, g.donation, "looks odd"); err != nil {
		t.Fatal(err)
	}
	released, err := meena.ReleaseDonation(ctx, storetest.Slug, g.donation, "spoke to her")
	if err != nil || released.Donation.State != ngo.DonationReceived {
		t.Fatalf("ReleaseDonation = %+v, %v", released, err)
	}
	if _, err := meena.Undo(ctx, storetest.Slug, released.Act.ID); err != nil {
		t.Fatal(err)
	}
	if d, err = meena.Donation(ctx, storetest.Slug, g.donation); err != nil || d.State != ngo.DonationHeld {
		t.Errorf("after the release was undone it is %s, %v; want held", d.State, err)
	}
}

func TestDonorFactsArePutRight(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	g := pay(t, f.org, 1, ngo.Donor{Name: "Anitha", EMail: "anitha@example.org"})
	d, err := f.local.Donation(ctx, storetest.Slug, g.donation)
	if err != nil || d.State != ngo.DonationWaiting || d.Reason == "" {
		t.Fatalf("without address and PAN it is %s (%s), %v; want waiting", d.State, d.Reason, err)
	}
	for _, bad := range []api.DonationEdit{
		{PAN: is("ABCDE12345")}, {EMail: is("not an address")}, {Phone: is("12")}, {IDKind: is(ngo.IDKind("aadhaar"))},
		{IDKind: is(ngo.IDPassport), IDNumber: is("2345 6789 0124")}, {Language: is("fr")}, {Citizenship: is(ngo.Citizenship("martian"))},
		{Name: is(strings.Repeat("a", 201))},
	} {
		_, err := f.local.EditDonation(ctx, storetest.Slug, g.donation, bad)
		wantCode(t, err, ngo.Invalid)
		if bad.PAN != nil && err != nil && strings.Contains(err.Error(), *bad.PAN) {
			t.Errorf("the error repeats the number: %v", err)
		}
	}
	edit := api.DonationEdit{Address: is("1 Lake Road"), IDKind: is(ngo.IDPassport), IDNumber: is("P1234567")}
	changed, err := f.local.EditDonation(ctx, storetest.Slug, g.donation, edit)
	if err != nil || changed.Donation.State != ngo.DonationReceived || !changed.Donation.Edited || changed.Donation.Donor.IDNumber != "xxxxxx67" {
		t.Fatalf("EditDonation = %+v, %v", changed, err)
	}
	if _, err := f.local.Undo(ctx, storetest.Slug, changed.Act.ID); err != nil {
		t.Fatal(err)
	}
	if d, err = f.local.Donation(ctx, storetest.Slug, g.donation); err != nil || d.State != ngo.DonationWaiting || d.Donor.Address != "" || d.Donor.IDNumber != "" {
		t.Errorf("after undo it is %+v, %v", d, err)
	}
	_, err = f.local.EditDonation(ctx, storetest.Slug, "don_00000000000000000000000000", edit)
	wantCode(t, err, ngo.NotFound)
}

func TestGiftIsPaidBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, g := t.Context(), pay(t, f.org, 1, anitha())
	for _, tt := range []struct {
		name string
		r    api.RefundRequest
		want ngo.Code
	}{
		{"no reason", api.RefundRequest{AmountMinor: 100}, ngo.Invalid},
		{"a reason of nothing", api.RefundRequest{Reason: "  "}, ngo.Invalid},
		{"less than nothing", api.RefundRequest{AmountMinor: -1, Reason: "x"}, ngo.Invalid},
		{"unprintable", api.RefundRequest{Reason: "\x1b[2J"}, ngo.Invalid},
	} {
		_, err := f.local.RefundDonation(ctx, storetest.Slug, g.donation, tt.r)
		if ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
	_, err := f.local.RefundDonation(ctx, storetest.Slug, g.donation, api.RefundRequest{AmountMinor: 250001, Reason: "too much"})
	wantCode(t, err, ngo.Invalid) // more than was paid
	part, err := f.local.RefundDonation(ctx, storetest.Slug, g.donation, api.RefundRequest{AmountMinor: 50000, Reason: "gave too much"})
	if err != nil || part.Amount != ngo.Paise(50000) || part.State != ngo.RefundRequested || part.Reason != "gave too much" || part.Actor != "os:root" {
		t.Fatalf("RefundDonation = %+v, %v", part, err)
	}
	rest, err := f.local.RefundDonation(ctx, storetest.Slug, g.donation, api.RefundRequest{Reason: "all of it"})
	if err != nil || rest.Amount != ngo.Paise(200000) || rest.ID == part.ID {
		t.Fatalf("the rest = %+v, %v", rest, err)
	}
	_, err = f.local.RefundDonation(ctx, storetest.Slug, g.donation, api.RefundRequest{Reason: "again"})
	wantCode(t, err, ngo.Conflict) // nothing remains
	jobs, err := f.local.Jobs(ctx, storetest.Slug, api.JobQuery{Kind: ngo.JobRefund})
	if err != nil || len(jobs.Items) != 2 {
		t.Errorf("jobs = %+v, %v; want one for each refund", jobs, err)
	}
	p, err := f.local.Payment(ctx, storetest.Slug, g.payment)
	if err != nil || len(p.Refunds) != 2 || p.Donation != g.donation || p.Disputes == nil || len(p.Sightings) != 1 {
		t.Errorf("Payment = %+v, %v", p, err)
	}
	d, err := f.local.Donation(ctx, storetest.Slug, g.donation)
	if err != nil || len(d.Refunds) != 2 || d.Disputes == nil || d.Receipts == nil {
		t.Errorf("Donation = %+v, %v", d, err)
	}
}

// TestNobodyIsPromisedARefund asks for one of a gateway that has no credentials to be asked with.
func TestNobodyIsPromisedARefund(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, g := t.Context(), pay(t, f.org, 1, anitha())
	values := map[string]string{"key-id": "", "key-secret": ""}
	if _, err := f.local.SetGateway(ctx, storetest.Slug, "gift-1", api.SetAccount{Values: values}); err != nil {
		t.Fatal(err)
	}
	_, err := f.local.RefundDonation(ctx, storetest.Slug, g.donation, api.RefundRequest{Reason: "x"})
	wantCode(t, err, ngo.Conflict)
	d, err := f.local.Donation(ctx, storetest.Slug, g.donation)
	if err != nil || len(d.Refunds) != 0 {
		t.Errorf("refunds = %+v, %v; want none", d.Refunds, err)
	}
}

// TestUndoingAsksForWhatDoingDoes lets finance take back what was done to a gift, and nothing else.
func TestUndoingAsksForWhatDoingDoes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, g := t.Context(), pay(t, f.org, 1, anitha())
	purpose(t, f, storetest.Slug, "lunch")
	_, finance := f.user("meena", storetest.Slug, ngo.Finance)
	_, admin := f.user("ravi", storetest.Slug, ngo.Admin)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.local.SetProfile(ctx, storetest.Slug, api.ProfileEdit{Signatory: is("Somebody Else")})
	do(err)
	do(f.local.ClosePurpose(ctx, storetest.Slug, "lunch"))
	_, err = f.local.SetGateway(ctx, storetest.Slug, "gift-1", api.SetAccount{Values: map[string]string{"account-id": "acc_ABCDEFGHIJKLMN"}})
	do(err)
	_, err = f.local.HoldDonation(ctx, storetest.Slug, g.donation, "x")
	do(err)
	acts, err := f.local.Acts(ctx, storetest.Slug, api.ListQuery{})
	do(err)
	seen := map[ngo.ActKind]bool{}
	for _, a := range acts.Items {
		_, err := f.with(finance).Undo(ctx, storetest.Slug, a.ID)
		if want := map[bool]ngo.Code{true: "", false: ngo.Denied}[a.Kind == ngo.ActGift]; ngo.CodeOf(err) != want {
			t.Errorf("finance undoes %s: %v, want code %q", a.Kind, err, want)
		}
		if a.Kind != ngo.ActGift {
			if _, err := f.with(admin).Undo(ctx, storetest.Slug, a.ID); err != nil {
				t.Errorf("admin undoes %s: %v", a.Kind, err)
			}
		}
		seen[a.Kind] = true
	}
	if len(seen) != 4 {
		t.Errorf("saw acts of %v, want four kinds", seen)
	}
}

// TestNoAnswerShowsANumber reads everything there is to read of a gift and looks for the numbers of documents in it.
func TestNoAnswerShowsANumber(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, g := t.Context(), give(t, f.org, 1)
	other := pay(t, f.org, 2, ngo.Donor{Name: "Ravi", EMail: "ravi@example.org", Address: "2 Lake Road", IDKind: ngo.IDPassport, IDNumber: "P7654321"})
	other.issue(t, f.org)
	if _, err := f.local.HoldDonation(ctx, storetest.Slug, other.donation, "x"); err != nil {
		t.Fatal(err)
	}
	third := pay(t, f.org, 3, ngo.Donor{Name: "Mala", EMail: "mala@example.org"})
	if _, err := f.local.EditDonation(ctx, storetest.Slug, third.donation, api.DonationEdit{PAN: is("ABCPZ9876Q")}); err != nil {
		t.Fatal(err)
	}
	_, token := f.user("meena", storetest.Slug, ngo.Admin)
	paths := []string{"donations", "payments", "persons", "receipts", "deliveries", "jobs", "audit?limit=500", "acts", "summary", "gateways", "purposes"}
	for _, g := range []gift{g, other, third} {
		paths = append(paths, "donations/"+string(g.donation), "payments/"+string(g.payment), "persons/"+string(g.person))
		if g.receipt.ID != "" {
			paths = append(paths, "receipts/"+string(g.receipt.ID))
		}
	}
	for _, path := range paths {
		body := f.raw("GET", token, path, "")
		if !strings.HasPrefix(body, "200 ") {
			t.Errorf("GET %s = %s", path, body)
		}
		for _, secret := range []string{donorPAN, "P7654321", "ABCPZ9876Q", "whsec", "keysec"} {
			if strings.Contains(body, secret) {
				t.Errorf("GET %s shows %s: %s", path, secret, body)
			}
		}
	}
}

func TestGiftsAreFound(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	first := pay(t, f.org, 1, anitha())
	second := pay(t, f.org, 2, ngo.Donor{Name: "Ravi Kumar", EMail: "ravi@example.org"})
	for _, tt := range []struct {
		name string
		q    api.DonationQuery
		want []ngo.DonationID
	}{
		{"all", api.DonationQuery{}, []ngo.DonationID{second.donation, first.donation}},
		{"gateway", api.DonationQuery{Gateway: "gift-1"}, []ngo.DonationID{first.donation}},
		{"state", api.DonationQuery{State: ngo.DonationWaiting}, []ngo.DonationID{second.donation}},
		{"e-mail", api.DonationQuery{Donor: "Anitha@Example.org"}, []ngo.DonationID{first.donation}},
		{"part of the name", api.DonationQuery{Donor: "kumar"}, []ngo.DonationID{second.donation}},
		{"amount", api.DonationQuery{Least: 250000, Most: 250000}, []ngo.DonationID{second.donation, first.donation}},
		{"less", api.DonationQuery{Most: 249999}, nil},
		{"more", api.DonationQuery{Least: 250001}, nil},
		{"pot", api.DonationQuery{Pot: ngo.Foreign}, nil},
		{"purpose", api.DonationQuery{Purpose: "lunch"}, nil},
		{"mark", api.DonationQuery{Mark: api.MarkAny}, nil},
	} {
		page, err := f.local.Donations(ctx, storetest.Slug, tt.q)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []ngo.DonationID
		for _, d := range page.Items {
			got = append(got, d.ID)
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	_, err := f.local.Donations(ctx, storetest.Slug, api.DonationQuery{Gateway: "none"})
	wantCode(t, err, ngo.NotFound)
	for _, bad := range []string{"least=-1", "least=1.5", "pot=other", "mark=none", "state=lost", "donor=" + strings.Repeat("a", 300)} {
		if status, _ := f.send("GET", "/orgs/sevai/donations?"+bad, "", ""); status != http.StatusUnprocessableEntity {
			t.Errorf("donations?%s: %d, want 422", bad, status)
		}
	}
}

// TestPaymentsAreFoundByTheDayOfTheOrganisation lists a payment of an hour that belongs to the next day in India.
func TestPaymentsAreFoundByTheDayOfTheOrganisation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, g := t.Context(), pay(t, f.org, 1, anitha())
	var late ngo.Payment
	storetest.Write(t, f.org, func(tx *store.Tx) error {
		p, err := tx.Payment(g.payment)
		if err != nil {
			return err
		}
		late, _, err = tx.SavePayment(ngo.Payment{
			Account: p.Account, Ref: "pay_late", State: ngo.PaymentFailed, Amount: ngo.Paise(100), Method: "card", Problem: "the bank said no",
			Created: day("2026-03-31T20:00:00Z"), Delivery: g.delivery,
		})
		return err
	})
	for _, tt := range []struct {
		name string
		q    api.PaymentQuery
		want bool
	}{
		{"its day", api.PaymentQuery{From: "2026-04-01", To: "2026-04-01"}, true},
		{"the day in London", api.PaymentQuery{From: "2026-03-31", To: "2026-03-31"}, false},
		{"state", api.PaymentQuery{State: ngo.PaymentFailed}, true},
		{"method", api.PaymentQuery{Method: "card", Gateway: "gift-1"}, true},
		{"recovered", api.PaymentQuery{Recovered: true}, false},
	} {
		page, err := f.local.Payments(ctx, storetest.Slug, tt.q)
		got := err == nil && len(page.Items) == 1 && page.Items[0].ID == late.ID
		if err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v", tt.name, page.Items, err)
		}
	}
	p, err := f.local.Payment(ctx, storetest.Slug, late.ID)
	if err != nil || p.Donation != "" || p.Refunds == nil || p.Problem != "the bank said no" {
		t.Errorf("Payment = %+v, %v", p, err)
	}
	if status, _ := f.send("GET", "/orgs/sevai/payments?from=2026-13-01", "", ""); status != http.StatusUnprocessableEntity {
		t.Errorf("a day that is none: %d, want 422", status)
	}
}

func TestPersonsAreFoundWithWhatTheyGave(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	g := pay(t, f.org, 1, anitha())
	pay(t, f.org, 2, anitha())
	for _, text := range []string{"", "anitha@example.org", "98765 43210", "raman"} {
		page, err := f.local.Persons(ctx, storetest.Slug, api.PersonQuery{Text: text})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != g.person || len(page.Items[0].Identities) != 2 {
			t.Errorf("Persons(%q) = %+v, %v", text, page.Items, err)
		}
	}
	none, err := f.local.Persons(ctx, storetest.Slug, api.PersonQuery{Text: "nobody"})
	if err != nil || none.Items == nil || len(none.Items) != 0 {
		t.Errorf("Persons(nobody) = %#v, %v; want an empty list", none.Items, err)
	}
	p, err := f.local.Person(ctx, storetest.Slug, g.person, api.ListQuery{Limit: 1})
	if err != nil || len(p.Totals) != 1 || p.Totals[0].Money != ngo.Paise(500000) || p.First != "2026-11-22" || len(p.Donations) != 1 || p.Next == "" {
		t.Fatalf("Person = %+v, %v", p, err)
	}
	if p.Donations[0].Donor.PAN != "ABCxxxxx4F" {
		t.Errorf("PAN = %q, want it masked", p.Donations[0].Donor.PAN)
	}
	p, err = f.local.Person(ctx, storetest.Slug, g.person, api.ListQuery{After: p.Next})
	if err != nil || len(p.Donations) != 1 || p.Donations[0].ID != g.donation || p.Next != "" {
		t.Errorf("the second page = %+v, %v", p, err)
	}
}

func TestPurposesAreMadeChangedAndClosed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	p, err := f.local.AddPurpose(ctx, storetest.Slug, api.NewPurpose{Name: "lunch", Title: "School lunch"})
	if err != nil || p.Kind != ngo.FundSpecific || p.ID == "" || p.Aliases == nil {
		t.Fatalf("AddPurpose = %+v, %v", p, err)
	}
	_, err = f.local.AddPurpose(ctx, storetest.Slug, api.NewPurpose{Name: "lunch", Title: "Another"})
	wantCode(t, err, ngo.Conflict)
	for _, bad := range []api.NewPurpose{{Name: "School Lunch", Title: "x"}, {Name: "x"}, {Name: "x", Title: "x", Kind: "endowment"}, {Name: "x", Title: "\x1b[2J"}, {Name: "x", Title: "x", Aliases: []string{"!"}}} {
		_, err := f.local.AddPurpose(ctx, storetest.Slug, bad)
		wantCode(t, err, ngo.Invalid)
	}
	p, err = f.local.SetPurpose(ctx, storetest.Slug, "lunch", api.PurposeEdit{Title: is("Midday meals"), Aliases: is([]string{"Annadanam"})})
	if err != nil || p.Title != "Midday meals" || p.Kind != ngo.FundSpecific || len(p.Aliases) != 1 {
		t.Fatalf("SetPurpose = %+v, %v", p, err)
	}
	_, err = f.local.SetPurpose(ctx, storetest.Slug, "none", api.PurposeEdit{Title: is("x")})
	wantCode(t, err, ngo.NotFound)
	if err := f.local.ClosePurpose(ctx, storetest.Slug, "lunch"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.local.ClosePurpose(ctx, storetest.Slug, "lunch"), ngo.Conflict)
	acts, err := f.local.Acts(ctx, storetest.Slug, api.ListQuery{})
	if err != nil || len(acts.Items) != 2 {
		t.Fatalf("Acts = %+v, %v", acts, err)
	}
	closing, changing := acts.Items[0].ID, acts.Items[1].ID
	if !strings.Contains(acts.Items[0].Title, "close") { // acts of one millisecond stand in any order
		closing, changing = changing, closing
	}
	_, err = f.local.Undo(ctx, storetest.Slug, changing)
	wantCode(t, err, ngo.Conflict) // it was changed again since
	if _, err := f.local.Undo(ctx, storetest.Slug, closing); err != nil {
		t.Fatal(err)
	}
	all, err := f.local.Purposes(ctx, storetest.Slug)
	if err != nil || len(all) != 1 || all[0].Closed != nil || all[0].Title != "Midday meals" {
		t.Errorf("Purposes after undo = %+v, %v; want it open", all, err)
	}
}
