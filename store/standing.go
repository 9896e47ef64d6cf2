package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// The codes of what holds a gift until a person has looked. All but codeCurrency can be released.
const (
	codeCurrency      = "currency"
	codeDispute       = "dispute"
	codeForeign       = "foreign"
	codeInternational = "international"
	codeStaff         = "staff"
	codeSlip          = "slip" // holds nothing: a mark that a person took off, and that is not made again
)

// Facts is all that the standing of a gift depends on.
type Facts struct {
	Payment    ngo.Payment
	Donation   ngo.Donation
	AccountPot ngo.Pot
	Approved   bool // the organisation could give a tax receipt for a gift of that day
	Disputed   bool // the outcome of a dispute is still to come
	Receipted  bool // a receipt stands
}

// Standing decides where a gift stands, and says why in words for people. Codes name the reasons for which it is held.
func Standing(f Facts) (state ngo.DonationState, reason string, codes []string) {
	if reason := reversal(f); reason != "" {
		return ngo.DonationReversed, reason, nil
	}
	if codes, reason := holds(f); len(codes) > 0 {
		return ngo.DonationHeld, reason, codes
	}
	if reason := wants(f); reason != "" {
		return ngo.DonationWaiting, reason, nil
	}
	return ngo.DonationReceived, "", nil
}

// reversal says how all of the money went back; nothing when it did not.
func reversal(f Facts) string {
	paid, returned := f.Payment.Amount, ngo.Money{Minor: f.Payment.Returned, Currency: f.Payment.Amount.Currency}
	switch {
	case returned.Minor < paid.Minor:
		return ""
	case returned.Minor > paid.Minor:
		return fmt.Sprintf("More was refunded (%s) than was paid (%s).", returned, paid)
	case f.Payment.State == ngo.PaymentChargedBack:
		return "The donor's bank took the money back (dispute lost)."
	}
	return "Refunded in full."
}

// holds says for what a person must look at the gift.
func holds(f Facts) (codes []string, reason string) {
	d, citizen := f.Donation, f.Donation.Donor.Citizenship
	var texts []string
	for _, h := range []struct {
		code, text string
		so         bool
	}{
		{codeCurrency, "The gift came in " + string(d.Amount.Currency) + ". Money from abroad needs FCRA registration: look at it before it is used.",
			d.Amount.Currency != ngo.INR},
		{codeDispute, "The donor's bank asks for the money back: answer the dispute at the gateway.", f.Disputed},
		{codeForeign, "The donor is not an Indian citizen, and the account is for domestic gifts: a foreign contribution must not stay in it.",
			citizen == ngo.CitizenForeign && f.AccountPot != ngo.Foreign},
		{codeInternational, "The gift was paid from abroad, and the donor's citizenship is not known. A gift of a foreign citizen needs FCRA registration.",
			f.Payment.International && citizen == ngo.CitizenUnknown},
		{codeStaff, d.Hold, d.Hold != ""},
	} {
		if h.so && (h.code == codeCurrency || !slices.Contains(d.Released, h.code)) {
			codes, texts = append(codes, h.code), append(texts, h.text)
		}
	}
	return codes, strings.Join(texts, " ")
}

// wants says what a receipt for deduction still needs of the donor; nothing when it needs nothing, or there will be none.
func wants(f Facts) string {
	d := f.Donation
	foreign := f.AccountPot == ngo.Foreign || d.Donor.Citizenship == ngo.CitizenForeign
	missing := d.Donor.Missing()
	if !f.Approved || foreign || d.Declined || d.NoReceipt || f.Receipted || len(missing) == 0 || !deductible(f.Payment) {
		return ""
	}
	for i, m := range missing {
		if m == "id" {
			missing[i] = "PAN or another identity number"
		}
	}
	last := len(missing) - 1
	list := missing[last]
	if last > 0 {
		list = strings.Join(missing[:last], ", ") + " and " + list
	}
	return "For a tax receipt the donor's " + list + " must be known."
}

// mostCash is the largest gift in cash, in paise, that can be deducted: section 80G(5D) of the Income-tax Act, 1961, and
// section 133(5) of that of 2025. What is printed follows the law file of the gift's day; this only spares donors a question.
const mostCash = 200_000

// deductible tells whether the facts of a donor can help at all. They cannot with a gift in kind (Explanation 5 to section 80G,
// and section 133(4)), nor with more in cash than the law favours.
func deductible(p ngo.Payment) bool {
	return p.Method != "kind" && (p.Method != "cash" || p.Amount.Minor <= mostCash)
}

// Restate brings a gift to where it stands now, with all that follows. It reads what it needs. When something changed that a
// receipt may have to follow, it leaves JobReact.
func (t *Tx) Restate(id ngo.DonationID) (d ngo.Donation, moved bool, err error) {
	g, err := t.gift(id)
	if err != nil {
		return d, false, err
	}
	now, moved, err := t.keep(g, g, 0)
	return now.Donation, moved, err
}
