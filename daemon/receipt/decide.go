package receipt

import (
	"cmp"
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
	Code   string `json:"code"`
	Text   string `json:"text"`
	TextEN string `json:"text_en,omitempty"`
}

// Decide gives all that the receipt for a gift prints, by the law of the gift's day. There is always a receipt; the line on
// deduction is on it only when the law, the organisation's approval and what is known of the donor allow it, else the reasons
// are.
func Decide(law Law, g Gift) Facts {
	f := describe(law, g)
	f.Reasons = append(f.lawReasons(law), f.giftReasons(law, g)...)
	if len(f.Reasons) == 0 { // facts are asked of the donor only where they would help
		f.Reasons = f.donorReasons(law)
	}
	f.Tax = len(f.Reasons) == 0
	if f.Tax {
		own, en := law.in(f.lang()), law.in(english)
		deduction := pair(own.fill(own.DeductionText, f), en.fill(en.DeductionText, f))
		certificate := pair(own.fill(own.CertificateText, f), en.fill(en.CertificateText, f))
		f.Deduction, f.DeductionEN = deduction.own, deduction.english
		f.Certificate, f.CertificateEN = certificate.own, certificate.english
	}
	return f
}

func describe(law Law, g Gift) Facts {
	d := g.Donation
	f := Facts{
		Version: version, Language: ngo.Language(d.Donor.Language, g.Profile.Language), Org: issuer(g.Org, g.Profile), Amount: d.Net(),
		Day: d.Given, Year: d.Given.FinancialYear(), Purpose: oneLine(d.Purpose, maxName), Law: law.ID,
		Donor: Donor{Name: oneLine(d.Donor.Name, maxName), Address: oneLine(d.Donor.Address, maxAddress), EMail: oneLine(d.Donor.EMail, maxName)},
		Pot:   cmp.Or(d.Pot, ngo.Domestic), Fund: cmp.Or(d.Fund, ngo.FundGeneral), Means: means(d.Method),
		Logo: g.Profile.Logo, Signature: g.Profile.Signature,
	}
	f.spell()
	year := pair(law.in(f.lang()).Year, law.Year)
	if year.own == "" {
		year = f.say("financial_year")
	}
	f.YearName, f.YearNameEN = year.own, year.english
	mode := f.mode(d.Method)
	if what := oneLine(g.Payment.Reference, maxName); d.Method == "kind" && what != "" {
		mode = f.say("mode_kind_of", "what", what)
	} else {
		f.Reference = oneLine(what, maxShort)
	}
	f.Mode, f.ModeEN = mode.own, mode.english
	if !g.Payment.Ref.ByHand() {
		f.Payment = oneLine(string(g.Payment.Ref), maxShort)
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

// reason says why in both languages.
func reason(code string, text phrase) Reason {
	return Reason{Code: code, Text: text.own, TextEN: text.english}
}

// lawReasons tells what is missing on the organisation's side.
func (f Facts) lawReasons(law Law) []Reason {
	why := func(code string) []Reason { return []Reason{reason(code, f.say("reason_"+code))} }
	switch {
	case law.ID == "":
		return why("no_law")
	case f.Org.ApprovalNumber == "":
		return []Reason{reason("no_approval", f.sayOf(law, "reason_no_approval"))}
	case f.Org.ApprovalFrom == "" || f.Org.ApprovalUntil == "":
		return why("no_validity")
	case f.Day < f.Org.ApprovalFrom || f.Day > f.Org.ApprovalUntil:
		return []Reason{reason("not_approved", f.dated("reason_not_approved",
			map[string]ngo.Date{"from": f.Org.ApprovalFrom, "until": f.Org.ApprovalUntil, "day": f.Day}))}
	case f.Org.PAN == "":
		return why("no_org_pan")
	}
	return nil
}

// sayOf is say for a text that names things of the law.
func (f Facts) sayOf(law Law, key string) phrase {
	in := func(lang string) string {
		w := law.in(lang)
		return texts().Say(lang, key, "section", w.Section, "act", w.Act, "statement", w.Statement)
	}
	return pair(in(f.lang()), in(english))
}

// giftReasons tells what in the gift itself the law does not favour.
func (f Facts) giftReasons(law Law, g Gift) []Reason {
	var out []Reason
	d := g.Donation
	switch unknown := d.Donor.Citizenship == ngo.CitizenUnknown; {
	case d.Pot == ngo.Foreign:
		out = append(out, reason("foreign", f.say("reason_foreign")))
	case d.Amount.Currency != ngo.INR || g.Payment.International && unknown:
		out = append(out, reason("foreign", f.say("reason_abroad")))
	}
	if d.Method == "cash" && law.CashLimit > 0 && d.Amount.Minor > law.CashLimit {
		out = append(out, reason("cash", f.say("reason_cash", "limit", ngo.Paise(law.CashLimit).Format())))
	}
	if d.Method == "kind" && !law.InKind {
		out = append(out, reason("in_kind", f.say("reason_in_kind")))
	}
	if d.Declined {
		out = append(out, reason("declined", f.say("reason_declined")))
	}
	return out
}

// donorReasons tells what the yearly statement needs and we do not know.
func (f Facts) donorReasons(law Law) []Reason {
	var out []Reason
	id := "reason_no_pan"
	if len(law.Documents) > 0 {
		id = "reason_no_id"
	}
	for _, field := range []struct{ value, code, key string }{
		{f.Donor.Name, "no_name", "reason_no_name"}, {f.Donor.Address, "no_address", "reason_no_address"}, {f.Donor.PAN + f.Donor.IDNumber, "no_pan", id},
	} {
		if field.value == "" {
			out = append(out, reason(field.code, f.sayOf(law, field.key)))
		}
	}
	return out
}

// noDeduction introduces the reasons.
func (f Facts) noDeduction() phrase {
	if len(f.Reasons) > 1 {
		return f.say("reasons_many")
	}
	return f.say("reasons_one")
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

// documents are the kinds by which a law may let the statement name a donor.
var documents = [...]ngo.IDKind{ngo.IDTaxpayer, ngo.IDPassport, ngo.IDElector, ngo.IDDriving, ngo.IDRation}

// mode writes a gateway's word for how the money came.
func (f Facts) mode(method string) phrase {
	switch method {
	case "":
		return f.say("mode_electronic")
	case "emandate", "nach":
		return f.say("mode_mandate")
	case "upi", "card", "netbanking", "wallet", "emi", "bank_transfer", "cheque", "cash", "kind":
		return f.say("mode_" + method)
	}
	return phrase{own: oneLine(strings.ReplaceAll(method, "_", " "), maxShort)}
}

// means sorts a gateway's word for how the money came. What comes through a gateway came by wire, whatever its name.
func means(method string) Means {
	switch method {
	case "cash":
		return MeansCash
	case "kind":
		return MeansKind
	case "other":
		return MeansOther
	}
	return MeansElectronic
}
