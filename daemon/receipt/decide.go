package receipt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Gift is what a receipt is decided from.
type Gift struct {
	Org      ngo.Org
	Profile  ngo.Profile
	Donation ngo.Donation
	Payment  ngo.Payment
}

// Reason is why a receipt has no line on deduction. Code is for programs, Text is printed.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Decide gives all that the receipt for a gift prints, by the law of the gift's day. There is always a receipt; the line on
// deduction is on it only when the law, the organisation's approval and what is known of the donor allow it, else the reasons
// are.
func Decide(law Law, g Gift) Facts {
	f := describe(law, g)
	f.Reasons = append(lawReasons(law, f), giftReasons(law, g)...)
	if len(f.Reasons) == 0 { // facts are asked of the donor only where they would help
		f.Reasons = donorReasons(law, f)
	}
	f.Tax = len(f.Reasons) == 0
	if f.Tax {
		f.Deduction, f.Certificate = law.fill(law.DeductionText, f), law.fill(law.CertificateText, f)
	}
	return f
}

func describe(law Law, g Gift) Facts {
	d := g.Donation
	f := Facts{
		Version: version, Org: issuer(g.Org, g.Profile), Amount: d.Net(), Words: d.Net().Words(), Day: d.Given,
		YearName: law.Year, Year: d.Given.FinancialYear(), Mode: mode(d.Method), Payment: oneLine(string(g.Payment.Ref), maxShort),
		Reference: oneLine(g.Payment.Reference, maxShort), Purpose: oneLine(d.Purpose, maxName), Law: law.ID,
		Donor: Donor{Name: oneLine(d.Donor.Name, maxName), Address: oneLine(d.Donor.Address, maxAddress), EMail: oneLine(d.Donor.EMail, maxName)},
	}
	if f.YearName == "" {
		f.YearName = "Financial year"
	}
	if f.Amount != d.Amount {
		f.Paid = d.Amount
	}
	if pan, err := ngo.NormalisePAN(d.Donor.PAN); err == nil {
		f.Donor.PAN = pan
	} else if number := oneLine(d.Donor.IDNumber, maxShort); slices.Contains(law.Documents, d.Donor.IDKind) && number != "" {
		f.Donor.IDKind, f.Donor.IDNumber = d.Donor.IDKind, number
	}
	return f
}

func issuer(o ngo.Org, p ngo.Profile) Issuer {
	name := oneLine(p.LegalName, maxName)
	if name == "" {
		name = oneLine(o.Name, maxName)
	}
	out := Issuer{
		Name: name, Address: oneLine(p.Address, maxAddress), ApprovalNumber: oneLine(p.ApprovalNumber, maxShort),
		ApprovalFrom: p.ApprovalFrom, ApprovalUntil: p.ApprovalUntil,
		Signatory: oneLine(p.Signatory, maxShort), SignatoryTitle: oneLine(p.SignatoryTitle, maxShort),
	}
	if pan, err := ngo.NormalisePAN(p.PAN); err == nil {
		out.PAN = pan
	}
	return out
}

// lawReasons tells what is missing on the organisation's side.
func lawReasons(law Law, f Facts) []Reason {
	switch {
	case law.ID == "":
		return []Reason{{"no_law", "The tax law for gifts of this day was not on file when this receipt was issued."}}
	case f.Org.ApprovalNumber == "":
		return []Reason{{"no_approval", fmt.Sprintf("Our approval under %s of the %s was not on record when this receipt was issued.", law.Section, law.Act)}}
	case f.Org.ApprovalFrom == "" || f.Org.ApprovalUntil == "":
		return []Reason{{"no_validity", "The days for which our approval is valid were not on record when this receipt was issued."}}
	case f.Day < f.Org.ApprovalFrom || f.Day > f.Org.ApprovalUntil:
		return []Reason{{"not_approved", fmt.Sprintf("Our approval was valid from %s to %s, and the gift was received on %s.",
			ngo.FormatDate(f.Org.ApprovalFrom, "en"), ngo.FormatDate(f.Org.ApprovalUntil, "en"), ngo.FormatDate(f.Day, "en"))}}
	case f.Org.PAN == "":
		return []Reason{{"no_org_pan", "Our own PAN was not on record when this receipt was issued."}}
	}
	return nil
}

// giftReasons tells what in the gift itself the law does not favour.
func giftReasons(law Law, g Gift) []Reason {
	var out []Reason
	d := g.Donation
	switch unknown := d.Donor.Citizenship == ngo.CitizenUnknown; {
	case d.Pot == ngo.Foreign:
		out = append(out, Reason{"foreign", "The gift is a foreign contribution."})
	case d.Amount.Currency != ngo.INR || g.Payment.International && unknown:
		out = append(out, Reason{"foreign", "The gift was paid from abroad or in a foreign currency."})
	}
	if d.Method == "cash" && law.CashLimit > 0 && d.Amount.Minor > law.CashLimit {
		out = append(out, Reason{"cash", fmt.Sprintf("The law allows no deduction for cash gifts above %s.", ngo.Paise(law.CashLimit))})
	}
	if d.Method == "kind" && !law.InKind {
		out = append(out, Reason{"in_kind", "The law allows a deduction for money only, not for gifts in kind."})
	}
	if d.Declined {
		out = append(out, Reason{"declined", "A receipt without tax deduction was chosen for this gift."})
	}
	return out
}

// donorReasons tells what the yearly statement needs and we do not know.
func donorReasons(law Law, f Facts) []Reason {
	var out []Reason
	id := "PAN"
	if len(law.Documents) > 0 {
		id = "PAN or another identity document's number"
	}
	for _, field := range []struct{ value, code, name string }{
		{f.Donor.Name, "no_name", "name"}, {f.Donor.Address, "no_address", "address"}, {f.Donor.PAN + f.Donor.IDNumber, "no_pan", id},
	} {
		if field.value == "" {
			out = append(out, Reason{field.code, fmt.Sprintf("We do not have your %s, which our statement of donations (%s) must give.", field.name, law.Statement)})
		}
	}
	return out
}

// Asks tells whether the donor can mend some of the reasons by telling us more.
func (f Facts) Asks() bool {
	for _, r := range f.Reasons {
		switch r.Code {
		case "no_name", "no_address", "no_pan":
			return true
		}
	}
	return false
}

// documentName writes the kind of a document; empty for one that is none.
func documentName(kind ngo.IDKind) string {
	switch kind {
	case ngo.IDTaxpayer:
		return "Taxpayer number"
	case ngo.IDPassport:
		return "Passport"
	case ngo.IDElector:
		return "Elector's card"
	case ngo.IDDriving:
		return "Driving licence"
	case ngo.IDRation:
		return "Ration card"
	}
	return ""
}

// mode writes a gateway's word for how the money came.
func mode(method string) string {
	switch method {
	case "upi":
		return "UPI"
	case "card":
		return "Card"
	case "netbanking":
		return "Net banking"
	case "wallet":
		return "Wallet"
	case "emi":
		return "Card, in instalments"
	case "bank_transfer":
		return "Bank transfer"
	case "emandate", "nach":
		return "Bank mandate"
	case "cheque":
		return "Cheque or draft"
	case "cash":
		return "Cash"
	case "kind":
		return "In kind"
	case "":
		return "Electronic payment"
	}
	return oneLine(strings.ReplaceAll(method, "_", " "), maxShort)
}
