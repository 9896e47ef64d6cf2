package public

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// form is what a donor typed, and what is wrong with it.
type form struct {
	Name, Address, PAN string
	Document, Number   string
	Citizenship        string
	Language           string
	Decline            bool

	Documents []document
	Languages []choice
	Faults    []fault
}

// fault names the field that is at fault and the key of the sentence that says so.
type fault struct{ Field, Text string }

type document struct {
	Kind   ngo.IDKind
	Text   string
	Chosen bool
}

// Longest fields in signs, as the page's own limits.
const (
	longestName, longestAddress, longestNumber = 200, 500, 40
)

// blankForm begins with what the donor told us with the gift. Numbers of documents never come back to a page.
func blankForm(texts ngo.Texts, lang string, a asked) *form {
	d := a.gift.Donor
	f := &form{Name: ngo.Printable(d.Name), Address: ngo.PrintableText(d.Address), Citizenship: string(d.Citizenship), Language: d.Language}
	f.choices(texts, lang)
	return f
}

func readForm(texts ngo.Texts, lang string, v url.Values) *form {
	line := func(name string) string { return strings.Join(strings.Fields(ngo.Printable(v.Get(name))), " ") }
	f := &form{
		Name: ngo.HideAadhaar(line("name")), Address: ngo.HideAadhaar(strings.TrimSpace(ngo.PrintableText(v.Get("address")))), PAN: line("pan"),
		Document: line("document"), Number: line("number"), Citizenship: line("citizenship"), Language: ngo.Language(line("language"), lang),
		Decline: v.Get("decline") == "yes",
	}
	f.choices(texts, lang)
	return f
}

func (f *form) choices(texts ngo.Texts, lang string) {
	for _, k := range []ngo.IDKind{ngo.IDPassport, ngo.IDElector, ngo.IDDriving, ngo.IDRation, ngo.IDTaxpayer} {
		f.Documents = append(f.Documents, document{k, "document_" + string(k), string(k) == f.Document})
	}
	here := ngo.Language(f.Language, lang)
	for _, l := range ngo.Languages {
		f.Languages = append(f.Languages, choice{l, texts.Say(l, "language"), l == here})
	}
}

// Other tells whether the part for those without a PAN is open.
func (f *form) Other() bool { return f.Document != "" || f.Number != "" }

// check notes everything that is wrong, so that a donor comes back once only. An Aadhaar number is taken out at once: the page
// that asks again must not hold it either.
func (f *form) check() {
	add := func(field, text string) { f.Faults = append(f.Faults, fault{field, text}) }
	if f.long() {
		add("name", "fault_long")
	}
	aadhaar := ngo.LooksLikeAadhaar(f.PAN) || ngo.LooksLikeAadhaar(f.Number)
	if aadhaar {
		add("pan", "fault_aadhaar")
		f.PAN, f.Number = "", ""
	}
	if f.citizen() == ngo.CitizenUnknown {
		add("citizenship", "fault_citizenship")
	}
	if f.Decline {
		return // a plain receipt needs no more
	}
	if f.Name == "" {
		add("name", "fault_name")
	}
	if f.Address == "" {
		add("address", "fault_address")
	}
	_, wrong := ngo.NormalisePAN(f.PAN)
	switch {
	case aadhaar:
	case f.PAN != "" && wrong != nil:
		add("pan", "fault_pan")
	case f.PAN == "" && !f.Other():
		add("pan", "fault_id")
	case f.PAN == "" && (f.kind() == "" || f.Number == ""):
		add("document", "fault_number")
	}
}

func (f *form) long() bool {
	return utf8.RuneCountInString(f.Name) > longestName || utf8.RuneCountInString(f.Address) > longestAddress || utf8.RuneCountInString(f.Number) > longestNumber
}

func (f *form) citizen() ngo.Citizenship {
	switch c := ngo.Citizenship(f.Citizenship); c {
	case ngo.CitizenIndian, ngo.CitizenForeign:
		return c
	}
	return ngo.CitizenUnknown
}

func (f *form) kind() ngo.IDKind {
	for _, d := range f.Documents {
		if d.Chosen {
			return d.Kind
		}
	}
	return ""
}

// edit gives what the answers change. What was left empty changes nothing.
func (f *form) edit() store.DonorEdit {
	given := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	e := store.DonorEdit{
		Name: given(f.Name), Address: given(strings.Join(strings.FieldsFunc(f.Address, func(r rune) bool { return r == '\n' }), ", ")),
		Language: given(f.Language), Citizenship: given(string(f.citizen())),
	}
	if pan, err := ngo.NormalisePAN(f.PAN); err == nil {
		e.PAN = &pan
	} else if f.kind() != "" {
		e.IDKind, e.IDNumber = given(string(f.kind())), given(strings.ToUpper(f.Number))
	}
	if f.Decline {
		e.Declined = &f.Decline
	}
	return e
}
