package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestStanding(t *testing.T) {
	t.Parallel()
	whole := ngo.Donor{Name: "Chitra Iyer", Address: "1 Lake Road", PAN: "ABCPE1234F"}
	for _, tt := range []struct {
		name   string
		change func(*store.Facts)
		state  ngo.DonationState
		reason string // a part of it
		codes  []string
	}{
		{"all is known", func(*store.Facts) {}, ngo.DonationReceived, "", nil},
		{"facts are missing", func(f *store.Facts) { f.Donation.Donor = ngo.Donor{Name: "x"} }, ngo.DonationWaiting,
			"the donor's address and PAN or another identity number must be known", nil},
		{"one fact is missing", func(f *store.Facts) { f.Donation.Donor.Address = "" }, ngo.DonationWaiting, "the donor's address must be known", nil},
		{"another document does", func(f *store.Facts) {
			f.Donation.Donor.PAN, f.Donation.Donor.IDKind, f.Donation.Donor.IDNumber = "", ngo.IDPassport, "P1"
		}, ngo.DonationReceived, "", nil},
		{"facts would not help", func(f *store.Facts) { f.Donation.Donor, f.Approved = ngo.Donor{}, false }, ngo.DonationReceived, "", nil},
		{"no tax receipt is wanted", func(f *store.Facts) { f.Donation.Donor, f.Donation.Declined = ngo.Donor{}, true }, ngo.DonationReceived, "", nil},
		{"cash that is deducted", func(f *store.Facts) {
			f.Donation.Donor, f.Payment.Method, f.Payment.Amount = ngo.Donor{}, "cash", ngo.Paise(2000_00)
		}, ngo.DonationWaiting, "must be known", nil},
		{"more cash than is deducted", func(f *store.Facts) {
			f.Donation.Donor, f.Payment.Method, f.Payment.Amount = ngo.Donor{}, "cash", ngo.Paise(2000_01)
		}, ngo.DonationReceived, "", nil},
		{"a gift in kind", func(f *store.Facts) { f.Donation.Donor, f.Payment.Method = ngo.Donor{}, "kind" }, ngo.DonationReceived, "", nil},
		{"it has its receipt", func(f *store.Facts) { f.Donation.Donor, f.Receipted = ngo.Donor{}, true }, ngo.DonationReceived, "", nil},
		{"the foreign pot", func(f *store.Facts) { f.Donation.Donor, f.AccountPot = ngo.Donor{}, ngo.Foreign }, ngo.DonationReceived, "", nil},
		{"another currency", func(f *store.Facts) {
			f.Donation.Amount.Currency, f.Payment.Amount.Currency = "USD", "USD"
			f.Donation.Released = []string{"currency"}
		}, ngo.DonationHeld, "came in USD", []string{"currency"}},
		{"a dispute", func(f *store.Facts) { f.Disputed = true }, ngo.DonationHeld, "bank", []string{"dispute"}},
		{"a dispute that was looked at", func(f *store.Facts) { f.Disputed, f.Donation.Released = true, []string{"dispute"} }, ngo.DonationReceived, "", nil},
		{"a foreign citizen", func(f *store.Facts) { f.Donation.Donor.Citizenship = ngo.CitizenForeign }, ngo.DonationHeld, "not an Indian citizen", []string{"foreign"}},
		{"a foreign citizen and the foreign pot", func(f *store.Facts) {
			f.Donation.Donor, f.AccountPot = ngo.Donor{Citizenship: ngo.CitizenForeign}, ngo.Foreign
		}, ngo.DonationReceived, "", nil},
		{"a foreign card", func(f *store.Facts) { f.Payment.International = true }, ngo.DonationHeld, "citizenship is not known", []string{"international"}},
		{"a citizen's foreign card", func(f *store.Facts) { f.Payment.International, f.Donation.Donor.Citizenship = true, ngo.CitizenIndian }, ngo.DonationReceived, "", nil},
		{"held by staff", func(f *store.Facts) { f.Donation.Hold = "Ask Meena." }, ngo.DonationHeld, "Ask Meena.", []string{"staff"}},
		{"several reasons", func(f *store.Facts) { f.Donation.Hold, f.Disputed = "Ask Meena.", true }, ngo.DonationHeld, "Ask Meena.", []string{"dispute", "staff"}},
		{"held comes before waiting", func(f *store.Facts) { f.Donation.Hold, f.Donation.Donor = "x", ngo.Donor{} }, ngo.DonationHeld, "x", []string{"staff"}},
		{"part went back", func(f *store.Facts) { f.Payment.Returned = 49_999 }, ngo.DonationReceived, "", nil},
		{"all went back", func(f *store.Facts) { f.Payment.Returned, f.Disputed = 50_000, true }, ngo.DonationReversed, "Refunded in full.", nil},
		{"the bank took it", func(f *store.Facts) { f.Payment.Returned, f.Payment.State = 50_000, ngo.PaymentChargedBack }, ngo.DonationReversed, "(dispute lost)", nil},
		{"more went back", func(f *store.Facts) { f.Payment.Returned = 60_000 }, ngo.DonationReversed, "More was refunded (₹600.00) than was paid (₹500.00).", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := store.Facts{Payment: ngo.Payment{State: ngo.PaymentCaptured, Amount: ngo.Paise(50_000)}, AccountPot: ngo.Domestic, Approved: true,
				Donation: ngo.Donation{Amount: ngo.Paise(50_000), Donor: whole}}
			tt.change(&f)
			state, reason, codes := store.Standing(f)
			if state != tt.state || !strings.Contains(reason, tt.reason) || (reason == "") != (tt.reason == "") || !slices.Equal(codes, tt.codes) {
				t.Errorf("Standing = %s, %q, %v; want %s, %q, %v", state, reason, codes, tt.state, tt.reason, tt.codes)
			}
		})
	}
}
