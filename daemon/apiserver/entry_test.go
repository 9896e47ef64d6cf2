package apiserver_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func cash(rupees int64, change ...func(*api.NewDonation)) api.NewDonation {
	n := api.NewDonation{AmountMinor: rupees * 100, Method: desk.Cash, Given: "2026-11-20", Name: "Meena Sundaram", PAN: "ABCPE1234F", Address: "12 Car Street, Madurai"}
	for _, c := range change {
		c(&n)
	}
	return n
}

// entries are the deliveries that were made of what was entered.
func (f *fixture) entries(slug string) []ngo.Delivery {
	f.t.Helper()
	p, err := f.local.Deliveries(f.t.Context(), slug, api.DeliveryQuery{})
	if err != nil {
		f.t.Fatal(err)
	}
	return p.Items
}

func TestAnEntryIsADeliveryAndItsJob(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	got, err := f.local.AddDonation(ctx, storetest.Slug, cash(5000))
	if err != nil || got.Delivery == "" || got.Amount != ngo.Paise(5000_00) || got.Given != "2026-11-20" || got.Again || got.Donor.PAN == "ABCPE1234F" {
		t.Fatalf("entered = %+v, %v; want it, with the PAN masked", got, err)
	}
	all := f.entries(storetest.Slug)
	if len(all) != 1 || all[0].ID != got.Delivery || all[0].Source != ngo.SourcePoll || all[0].Hint != string(got.Ref) {
		t.Errorf("deliveries = %+v", all)
	}
	jobs, err := f.local.Jobs(ctx, storetest.Slug, api.JobQuery{})
	if err != nil || len(jobs.Items) != 1 || jobs.Items[0].Kind != ngo.JobIngest || jobs.Items[0].Subject != string(got.Delivery) {
		t.Errorf("jobs = %+v, %v; want one that reads the entry", jobs.Items, err)
	}
	second, err := f.local.AddDonation(ctx, storetest.Slug, cash(5000))
	if err != nil || second.Ref == got.Ref || len(f.entries(storetest.Slug)) != 2 {
		t.Errorf("an equal gift without a key = %+v, %v; want another one", second, err)
	}
	gateways, err := f.local.Gateways(ctx, storetest.Slug)
	if err != nil || len(gateways) != 1 || gateways[0].Name != "desk" || gateways[0].URL != "" || gateways[0].CanRefund || gateways[0].Problem != "" {
		t.Errorf("gateways = %+v, %v; want that of what is entered, to which nothing is sent", gateways, err)
	}
}

// Whoever enters at the same time with one key enters one gift, also when the account is made by it.
func TestOneKeyIsOneGift(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	keyed := func(n *api.NewDonation) { n.Key = "book 7 no. 12" }
	answers := make([]api.Entered, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			var err error
			if answers[i], err = f.local.AddDonation(t.Context(), storetest.Slug, cash(5000, keyed)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	first := 0
	for _, a := range answers {
		if a.Delivery == "" || a.Delivery != answers[0].Delivery {
			t.Errorf("entered = %+v; want the one delivery", a)
		}
		if !a.Again {
			first++
		}
	}
	if first != 1 || len(f.entries(storetest.Slug)) != 1 {
		t.Errorf("%d entries were the first; %d deliveries", first, len(f.entries(storetest.Slug)))
	}
	for name, change := range map[string]func(*api.NewDonation){
		"amount": func(n *api.NewDonation) { n.AmountMinor++ }, "method": func(n *api.NewDonation) { n.Method = desk.Cheque },
		"day": func(n *api.NewDonation) { n.Given = "2026-11-19" }, "donor": func(n *api.NewDonation) { n.Name = "Asha" }, "a dry run": func(n *api.NewDonation) { n.Name, n.DryRun = "Asha", true },
	} {
		if _, err := f.local.AddDonation(t.Context(), storetest.Slug, cash(5000, keyed, change)); ngo.CodeOf(err) != ngo.Conflict {
			t.Errorf("the key again, with another %s: %v; want Conflict", name, err)
		}
	}
	if other, err := f.local.AddDonation(t.Context(), "other", cash(700, keyed)); err != nil || other.Again {
		t.Errorf("the key in another organisation = %+v, %v; want a gift of its own", other, err)
	}
}

// Once the ledger has the gift the same question is answered with it.
func TestAnEntryTellsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	keyed := cash(5000, func(n *api.NewDonation) { n.Key = "1" })
	entered, err := f.local.AddDonation(t.Context(), storetest.Slug, keyed)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Write(t, f.org, func(tx *store.Tx) error {
		a, err := tx.Account(ngo.Gateway, desk.Name)
		if err != nil {
			return err
		}
		p, _, err := tx.SavePayment(ngo.Payment{Account: a.ID, Ref: entered.Ref, State: ngo.PaymentCaptured, Amount: entered.Amount, Method: desk.Cash, Created: tx.Now(), Delivery: entered.Delivery})
		if err != nil {
			return err
		}
		_, _, err = tx.AddDonation(ngo.Donation{ID: ngo.NewID[ngo.DonationID](tx.Now()), Payment: p.ID, Amount: p.Amount, Given: "2026-11-20", Donor: ngo.Donor{Name: "Meena", PAN: "ABCPE1234F"}, Pot: ngo.Domestic})
		return err
	})
	again, err := f.local.AddDonation(t.Context(), storetest.Slug, keyed)
	if err != nil || !again.Again || again.Donation == nil || again.Donation.State != ngo.DonationReceived || again.Donation.Donor.PAN == "ABCPE1234F" {
		t.Fatalf("asked again = %+v, %v; want the gift, with the PAN masked", again, err)
	}
	id := again.Donation.ID
	if _, err := f.local.RefundDonation(t.Context(), storetest.Slug, id, api.RefundRequest{Reason: "a mistake"}); ngo.CodeOf(err) != ngo.Conflict || !hinted(err, "--by-hand") {
		t.Errorf("refund without saying that it is by hand = %v; want Conflict with a hint", err)
	}
	r, err := f.local.RefundDonation(t.Context(), storetest.Slug, id, api.RefundRequest{Reason: "a mistake", ByHand: true})
	if err != nil || r.Amount != ngo.Paise(5000_00) || r.State != ngo.RefundRequested {
		t.Errorf("refund by hand = %+v, %v", r, err)
	}
}

func hinted(err error, part string) bool {
	e, ok := errors.AsType[*ngo.Error](err)
	return ok && strings.Contains(e.Hint, part)
}

func TestADryRunEntersNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	got, err := f.local.AddDonation(t.Context(), storetest.Slug, cash(5000, func(n *api.NewDonation) { n.DryRun = true }))
	gateways, err2 := f.local.Gateways(t.Context(), storetest.Slug)
	if err != nil || err2 != nil || !got.DryRun || got.Delivery != "" || len(f.entries(storetest.Slug)) != 0 || len(gateways) != 0 {
		t.Errorf("dry run = %+v, %v, %v; left %v", got, err, err2, gateways)
	}
}

func TestFaultyEntriesAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *apiserver.Options) { o.Now = func() time.Time { return day("2026-11-22T20:00:00Z") } }) // the 23rd in India
	const aadhaar = "2341 2341 2346"
	for name, change := range map[string]func(*api.NewDonation){
		"a day to come":           func(n *api.NewDonation) { n.Given = "2026-11-24" },
		"a day long ago":          func(n *api.NewDonation) { n.Given = "1999-12-31" },
		"no day":                  func(n *api.NewDonation) { n.Given = "yesterday" },
		"nothing":                 func(n *api.NewDonation) { n.AmountMinor = 0 },
		"too much":                func(n *api.NewDonation) { n.AmountMinor = store.MostAmount + 1 },
		"a gateway's method":      func(n *api.NewDonation) { n.Method = "upi" },
		"no method":               func(n *api.NewDonation) { n.Method = "" },
		"a wrong PAN":             func(n *api.NewDonation) { n.PAN = "ABC" },
		"an Aadhaar document":     func(n *api.NewDonation) { n.PAN, n.IDKind, n.IDNumber = "", ngo.IDPassport, aadhaar },
		"an Aadhaar in a name":    func(n *api.NewDonation) { n.Name += " " + aadhaar },
		"an Aadhaar in a purpose": func(n *api.NewDonation) { n.Purpose = aadhaar },
		"two lines":               func(n *api.NewDonation) { n.Purpose = "a\nb" },
		"a reference of cash":     func(n *api.NewDonation) { n.Reference = "12" },
		"described cash":          func(n *api.NewDonation) { n.Description = "notes" },
		"a kind without words":    func(n *api.NewDonation) { n.Method, n.Description = desk.Kind, " " },
		"an unprintable number":   func(n *api.NewDonation) { n.Method, n.Reference = desk.Cheque, "1\x1b[2J" },
	} {
		if got, err := f.local.AddDonation(t.Context(), storetest.Slug, cash(100, change)); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("a gift with %s = %+v, %v; want Invalid", name, got, err)
		}
	}
	if left := f.entries(storetest.Slug); len(left) != 0 {
		t.Errorf("deliveries = %+v; want none", left)
	}
	for name, change := range map[string]func(*api.NewDonation){
		"today":                             func(n *api.NewDonation) { n.Given = "" },
		"the day in the organisation":       func(n *api.NewDonation) { n.Given = "2026-11-23" },
		"a bank's number like an Aadhaar's": func(n *api.NewDonation) { n.Method, n.Reference = desk.BankTransfer, "234123412346" },
		"in kind":                           func(n *api.NewDonation) { n.Method, n.Description = desk.Kind, "40 kg of  rice" },
	} {
		if got, err := f.local.AddDonation(t.Context(), storetest.Slug, cash(100, change)); err != nil || name == "today" && got.Given != "2026-11-23" {
			t.Errorf("%s = %+v, %v", name, got, err)
		}
	}
}

func TestTheDeskIsNoGatewayToConnect(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := t.Context()
	if _, err := f.local.AddGateway(ctx, storetest.Slug, api.AddAccount{Driver: desk.Name, Values: setting.Values{}}); ngo.CodeOf(err) != ngo.Invalid || !hinted(err, "donation add") {
		t.Errorf("gateway add desk = %v; want Invalid with a hint", err)
	}
	drivers, err := f.local.Drivers(ctx)
	if err != nil || len(drivers.Gateways) != 1 || drivers.Gateways[0].Name != "razorpay" {
		t.Errorf("drivers = %+v, %v; want razorpay alone", drivers.Gateways, err)
	}
	if _, err := f.local.AddGateway(ctx, "other", api.AddAccount{Driver: "razorpay", Name: desk.Name, Values: setting.Values{"webhook-secret": "x"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.local.AddDonation(ctx, "other", cash(100)); ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("an entry where a gateway has the name = %v; want Conflict", err)
	}
	entered, err := f.local.AddDonation(ctx, storetest.Slug, cash(100, func(n *api.NewDonation) { n.Key = "1" }))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.local.RemoveGateway(ctx, storetest.Slug, desk.Name); err != nil {
		t.Fatal(err)
	}
	again, err := f.local.AddDonation(ctx, storetest.Slug, cash(100, func(n *api.NewDonation) { n.Key = "1" }))
	if err != nil || again.Delivery != entered.Delivery {
		t.Errorf("the same after the account was removed = %+v, %v; want what was entered", again, err)
	}
	if _, err := f.local.CatchUp(ctx, storetest.Slug, desk.Name, api.CatchUpRequest{Since: time.Now().Add(-time.Hour)}); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("catch-up = %v; want Invalid", err)
	}
}
