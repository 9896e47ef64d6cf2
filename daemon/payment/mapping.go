package payment

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Answers are what a payment form asked a donor, or a gateway tells under names that the organisation chose (notes, user
// defined fields), in the order told.
type Answers []Answer

// Answer is one of them.
type Answer struct{ Name, Text string }

// The facts that can be mapped, each a setting called map-FACT whose value lists names of answers, the best first.
const (
	factName        = "name"
	factAddress     = "address"
	factPAN         = "pan"
	factIDKind      = "id-kind"
	factIDNumber    = "id-number"
	factEMail       = "email"
	factPhone       = "phone"
	factLanguage    = "language"
	factCitizenship = "citizenship"
	factBirthDate   = "birth-date"
	factPurpose     = "purpose"
	factCampaign    = "campaign"
)

// The names under which organisations commonly ask, the plainest last.
var commonNames = []struct{ fact, title, names string }{
	{factName, "donor's name", "donor_name, donor_full_name, full_name, name_of_donor, your_name, name"},
	{factAddress, "postal address", "donor_address, postal_address, full_address, billing_address, address"},
	{factPAN, "PAN", "donor_pan, pan_number, pan_no, pan_card, pan_card_number, pan_card_no, pan"},
	{factIDKind, "kind of another identity document", "id_type, id_kind, document_type"},
	{factIDNumber, "number of that document", "id_number, id_no, document_number, passport_number, passport_no"},
	{factEMail, "e-mail", "donor_email, email_address, email_id, email"},
	{factPhone, "phone", "donor_phone, phone_number, mobile_number, mobile_no, whatsapp_number, mobile, contact, phone"},
	{factLanguage, "language", "preferred_language, language, lang"},
	{factCitizenship, "citizenship", "citizenship, nationality, citizen_of"},
	{factBirthDate, "day of birth", "date_of_birth, birth_date, birthdate, dob, birthday"},
	{factPurpose, "purpose", "donation_purpose, purpose_of_donation, donation_for, purpose, cause, project"},
	{factCampaign, "campaign", "campaign_name, campaign, appeal"},
}

// MappingFields are the settings by which an organisation says under which names it asks for which fact. A driver appends
// them to its own.
func MappingFields() setting.Form {
	var f setting.Form
	for _, c := range commonNames {
		f = append(f, setting.Field{
			Name: "map-" + c.fact, Title: "Names of the " + c.title, Kind: setting.Text, Default: c.names,
			Help: "Your payment form's names for the " + c.title + ", the best first, with commas between.",
		})
	}
	return f
}

// Mapping reads a donor's facts from answers.
type Mapping struct{ names map[string][]string } // fact → folded names

// NewMapping makes a mapping of an account's settings; what is not set has the common names.
func NewMapping(v setting.Values) Mapping {
	m := Mapping{names: map[string][]string{}}
	for _, c := range commonNames {
		names := v["map-"+c.fact]
		if names == "" {
			names = c.names
		}
		for _, n := range strings.Split(names, ",") {
			if n = fold(n); n != "" {
				m.names[c.fact] = append(m.names[c.fact], n)
			}
		}
	}
	return m
}

const (
	maxName, maxText, maxShort = 200, 500, 60 // signs
)

// Donor gives what the answers tell of a donor. What is not a fact of its kind, such as a PAN that is none, is left out; an
// Aadhaar number that somebody wrote behind a name or into an address is made unreadable.
func (m Mapping) Donor(a Answers) ngo.Donor {
	a = a.folded()
	d := ngo.Donor{
		Name:        m.find(a, factName, maxName),
		Address:     m.find(a, factAddress, maxText),
		EMail:       email(m.find(a, factEMail, maxText)),
		Phone:       phone(m.find(a, factPhone, maxText)),
		Language:    language(m.find(a, factLanguage, maxShort)),
		Citizenship: citizenship(m.find(a, factCitizenship, maxShort)),
		Born:        birthDate(m.find(a, factBirthDate, maxShort)),
	}
	if d.Name == "" {
		d.Name = strings.TrimSpace(a.find(maxName/2, "firstname") + " " + a.find(maxName/2, "lastname", "surname"))
	}
	if pan, err := ngo.NormalisePAN(strings.ReplaceAll(m.find(a, factPAN, maxText), "-", "")); err == nil {
		d.PAN = pan
	}
	d.Name, d.Address = ngo.HideAadhaar(d.Name), ngo.HideAadhaar(d.Address)
	d.IDKind, d.IDNumber = document(m.find(a, factIDKind, maxShort), m.find(a, factIDNumber, maxShort))
	return d
}

// Purpose gives what the donor gave for, and in which campaign.
func (m Mapping) Purpose(a Answers) (purpose, campaign string) {
	a = a.folded()
	return ngo.HideAadhaar(m.find(a, factPurpose, maxName)), ngo.HideAadhaar(m.find(a, factCampaign, maxName))
}

func (m Mapping) find(a Answers, fact string, limit int) string {
	return a.find(limit, m.names[fact]...)
}

// folded gives the answers under folded names: each is compared with dozens.
func (a Answers) folded() Answers {
	out := make(Answers, len(a))
	for i, x := range a {
		out[i] = Answer{Name: fold(x.Name), Text: x.Text}
	}
	return out
}

// find gives the first answer to one of the questions, in the order of names, as one clean line. The names of both are folded.
func (a Answers) find(limit int, names ...string) string {
	for _, name := range names {
		for _, x := range a {
			if x.Name != name {
				continue
			}
			if s := clean(x.Text); s != "" {
				return Cut(s, limit)
			}
		}
	}
	return ""
}

// fold makes names equal that differ in case, spaces and punctuation only: "Donor Name" is donorname. Letters of other
// scripts stay, so that a form may ask in Tamil.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= utf8.RuneSelf:
			return r
		}
		return -1
	}, s)
}

// clean takes off what is not an answer: what people type to get past a required field.
func clean(s string) string {
	lines := strings.Split(ngo.PrintableText(s), "\n")
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.Trim(strings.Join(strings.Fields(l), " "), ", "); l != "" {
			kept = append(kept, l)
		}
	}
	s = strings.Join(kept, ", ")
	switch strings.ToLower(s) {
	case "na", "n/a", "n.a.", "nil", "none", "null", "undefined", "-", "--", ".":
		return ""
	}
	return s
}

func email(s string) string {
	out, err := ngo.NormaliseEMail(s)
	if err != nil {
		return ""
	}
	return out
}

func phone(s string) string {
	out, err := ngo.NormalisePhone(s)
	if err != nil {
		return ""
	}
	return out
}

func language(s string) string {
	switch lower := strings.ToLower(s); {
	case lower == "ta" || lower == "tamil" || lower == "தமிழ்" || strings.HasPrefix(lower, "ta-"):
		return "ta"
	case lower == "hi" || lower == "hindi" || lower == "हिन्दी" || lower == "हिंदी" || strings.HasPrefix(lower, "hi-"):
		return "hi"
	case lower == "en" || lower == "english" || strings.HasPrefix(lower, "en-"):
		return "en"
	}
	return ""
}

// citizenship takes what clearly says that a donor is, or is not, a citizen of India. "NRI" and "Resident Indian" say where
// somebody lives, and so nothing.
func citizenship(s string) ngo.Citizenship {
	s = fold(s)
	if strings.Contains(s, "resident") {
		return ngo.CitizenUnknown
	}
	switch s {
	case "":
		return ngo.CitizenUnknown
	case "indian", "india", "in", "ind", "bharat", "bhartiya", "bharatiya", "yes", "indiancitizen", "citizenofindia", "indiannational", "இந்தியர்", "இந்தியா", "भारतीय", "भारत":
		return ngo.CitizenIndian
	case "nri", "unknown", "other":
		return ngo.CitizenUnknown
	}
	return ngo.CitizenForeign
}

// birthDate takes a day as forms write it: the day first, as in India, or the year.
func birthDate(s string) ngo.Date {
	s = strings.NewReplacer("/", "-", ".", "-", " ", "-").Replace(s)
	for _, layout := range []string{"2006-1-2", "2-1-2006", "02012006", "2-Jan-2006", "2-January-2006"} {
		t, err := time.Parse(layout, s)
		if day := ngo.DateOf(t, time.UTC); err == nil && day.CanBeBirth("2100-01-01") {
			return day
		}
	}
	return ""
}

// document takes a kind and number of an identity document that the law knows. An Aadhaar number is never taken.
func document(kind, number string) (ngo.IDKind, string) {
	number = strings.ToUpper(strings.ReplaceAll(number, " ", ""))
	if number == "" || ngo.LooksLikeAadhaar(number) {
		return "", ""
	}
	switch fold(kind) {
	case "passport":
		return ngo.IDPassport, number
	case "epic", "voterid", "voter", "voteridcard", "electorid":
		return ngo.IDElector, number
	case "licence", "license", "drivinglicence", "drivinglicense", "dl":
		return ngo.IDDriving, number
	case "ration", "rationcard":
		return ngo.IDRation, number
	case "tin", "taxid", "taxpayeridentificationnumber":
		return ngo.IDTaxpayer, number
	}
	return "", ""
}

// Cut shortens s to n signs.
func Cut(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:n]))
}
