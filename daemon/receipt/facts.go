package receipt

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Facts is all that a receipt prints, fixed when it is issued: a later change of the organisation, the donor or the law does
// not change it. Number, Issued and Code come from the receipt's row; see For. Its text is clean. What stands in the donor's
// language has a fellow in English, which is empty where that language is English.
type Facts struct {
	Version   int       `json:"version"`            // of this shape
	Language  string    `json:"language,omitempty"` // en, ta, hi
	Number    string    `json:"number,omitempty"`
	Issued    time.Time `json:"issued_at,omitzero"`
	Code      string    `json:"code,omitempty"`       // proves the receipt: nobody can guess it
	VerifyURL string    `json:"verify_url,omitempty"` // where Code can be checked; printed as a QR code
	Org       Issuer    `json:"org"`
	Donor     Donor     `json:"donor"`
	Amount    ngo.Money `json:"amount"`
	Words     string    `json:"words"`
	WordsEN   string    `json:"words_en,omitempty"`
	Day       ngo.Date  `json:"day"` // of the gift

	YearName   string `json:"year_name"`
	YearNameEN string `json:"year_name_en,omitempty"`
	Year       string `json:"year"`
	Mode       string `json:"mode"`
	ModeEN     string `json:"mode_en,omitempty"`
	Payment    string `json:"payment,omitempty"`   // the gateway's id
	Reference  string `json:"reference,omitempty"` // the bank's
	Purpose    string `json:"purpose,omitempty"`

	Law           string   `json:"law"`
	Tax           bool     `json:"tax"` // whether the line on deduction is printed
	Deduction     string   `json:"deduction,omitempty"`
	DeductionEN   string   `json:"deduction_en,omitempty"`
	Certificate   string   `json:"certificate,omitempty"`
	CertificateEN string   `json:"certificate_en,omitempty"`
	Reasons       []Reason `json:"reasons,omitempty"` // why it is not

	// What the organisation's yearly statement of donations tells of the gift beside what is printed.
	Pot   ngo.Pot      `json:"pot,omitempty"`
	Fund  ngo.FundKind `json:"fund,omitempty"`
	Means Means        `json:"means,omitempty"`

	// Of a receipt for a gift of which part went back, or whose facts were put right.
	ReplacesNumber string    `json:"replaces_number,omitempty"` // in whose place it stands, if there was a receipt before
	Paid           ngo.Money `json:"paid,omitzero"`             // what was given at first; Amount is what remains

	// The organisation's pictures of the day, so that a later one changes no old paper.
	Logo      ngo.BlobID `json:"logo_id,omitempty"`
	Signature ngo.BlobID `json:"signature_id,omitempty"`
}

// Means is how a gift came, as the yearly statement of donations tells it.
type Means string

// The means.
const (
	MeansCash       Means = "cash"
	MeansKind       Means = "kind"
	MeansElectronic Means = "electronic" // cheques and drafts to an account among them
	MeansOther      Means = "other"
)

// Issuer is the organisation as printed.
type Issuer struct {
	Name           string   `json:"name"`
	Address        string   `json:"address,omitempty"`
	PAN            string   `json:"pan,omitempty"`
	ApprovalNumber string   `json:"approval_number,omitempty"`
	ApprovalFrom   ngo.Date `json:"approval_from,omitempty"`
	ApprovalUntil  ngo.Date `json:"approval_until,omitempty"`
	Signatory      string   `json:"signatory,omitempty"`
	SignatoryTitle string   `json:"signatory_title,omitempty"`
}

// Donor is the donor as printed.
type Donor struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"`
	EMail   string `json:"email,omitempty"`
	PAN     string `json:"pan,omitempty"` // in full: the receipt is the donor's own

	// The document that names a donor without a PAN.
	IDKind   ngo.IDKind `json:"id_kind,omitempty"`
	IDNumber string     `json:"id_number,omitempty"`
}

// version is that of the facts written now. Those of version 1 are in English alone and can still be drawn.
const version = 2

// Read gives the facts that were kept with a receipt. It fails with Internal.
func Read(data []byte) (Facts, error) {
	var f Facts
	if err := json.Unmarshal(data, &f); err != nil {
		return Facts{}, fmt.Errorf("read the facts of a receipt: %w", err)
	}
	if f.Version < 1 || f.Version > version {
		return Facts{}, &ngo.Error{Code: ngo.Internal, Message: fmt.Sprintf("the receipt was written by another version of ngoctl (%d)", f.Version)}
	}
	return f, nil
}

// JSON gives the facts as they are kept.
func (f Facts) JSON() ([]byte, error) {
	data, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write the facts of a receipt: %w", err)
	}
	return data, nil
}

// For completes the facts with what issuing gave: the number, the moment, and the code, which is the part of the receipt's
// id that cannot be guessed. With base, the address at which donors find the appliance's pages, it says where the code can
// be checked; org is the organisation's slug.
func (f Facts) For(r ngo.Receipt, zone *time.Location, org, base string) Facts {
	f.Number, f.Issued = r.Number, r.Issued.In(zone)
	_, f.Code, _ = strings.Cut(string(r.ID), "_")
	f.VerifyURL = ""
	if base != "" {
		f.VerifyURL = strings.TrimSuffix(base, "/") + "/r/" + org + "." + f.Code
	}
	return f
}

// Instead gives the facts of the receipt that replaces the one with these facts and this number, once only part of the gift
// remains. All else stays: what was true of the donor and the law when the gift was receipted.
func (f Facts) Instead(number string, remains ngo.Money) Facts {
	if f.Paid == (ngo.Money{}) {
		f.Paid = f.Amount
	}
	f.Number, f.Issued, f.Code, f.VerifyURL = "", time.Time{}, "", ""
	f.Amount, f.ReplacesNumber = remains, number
	f.spell()
	return f
}

// spell writes the amount in words.
func (f *Facts) spell() {
	words := pair(f.Amount.WordsIn(f.lang()), f.Amount.Words())
	f.Words, f.WordsEN = words.own, words.english
}

// lang gives the language of the receipt.
func (f Facts) lang() string { return ngo.Language(f.Language) }

// English gives the facts as they read in English, for those who do not read the donor's language.
func (f Facts) English() Facts {
	f.Language = english
	for _, t := range []struct{ own, en *string }{
		{&f.Words, &f.WordsEN}, {&f.YearName, &f.YearNameEN}, {&f.Mode, &f.ModeEN}, {&f.Deduction, &f.DeductionEN}, {&f.Certificate, &f.CertificateEN},
	} {
		if *t.en != "" {
			*t.own, *t.en = *t.en, ""
		}
	}
	f.Reasons = slices.Clone(f.Reasons)
	for i, r := range f.Reasons {
		if r.TextEN != "" {
			f.Reasons[i].Text, f.Reasons[i].TextEN = r.TextEN, ""
		}
	}
	return f
}

// Masked gives the facts for eyes that are not the donor's: numbers of documents show little more than their kind.
func (f Facts) Masked() Facts {
	f.Donor.PAN = ngo.MaskPAN(f.Donor.PAN)
	f.Donor.IDNumber = ngo.MaskID(f.Donor.IDNumber)
	return f
}

// remainder says in whose place a receipt stands, and of a gift of which part went back, how much; empty for one that stands
// for itself and for a whole gift.
func (f Facts) remainder() phrase {
	var own, en []string
	add := func(p phrase) {
		own, en = append(own, p.own), append(en, cmp.Or(p.english, p.own))
	}
	if f.ReplacesNumber != "" {
		add(f.say("replaces", "number", f.ReplacesNumber))
	}
	if f.Paid != (ngo.Money{}) {
		back := ngo.Money{Minor: f.Paid.Minor - f.Amount.Minor, Currency: f.Amount.Currency}
		add(f.say("went_back", "paid", f.Paid.Format(), "back", back.Format()))
	}
	return pair(strings.Join(own, " "), strings.Join(en, " "))
}

// How much of a stranger's text is printed, in letters.
const (
	maxName    = 200
	maxAddress = 400
	maxShort   = 100
)

// oneLine cleans text and makes one line of it; the lines of an address are parted by commas.
func oneLine(s string, limit int) string {
	var parts []string
	for line := range strings.Lines(ngo.PrintableText(s)) {
		if part := strings.TrimRight(strings.Join(strings.Fields(line), " "), " ,"); part != "" {
			parts = append(parts, part)
		}
	}
	return shorten(strings.Join(parts, ", "), limit)
}

// shorten cuts text to limit letters, never between a letter and its marks.
func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	end := limit - 1
	for end > 0 && (unicode.Is(unicode.M, runes[end]) || runes[end] == '\u200c' || runes[end] == '\u200d') {
		end--
	}
	return strings.TrimRight(string(runes[:end]), " ,") + "…"
}
