package receipt

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Facts is all that a receipt prints, fixed when it is issued: a later change of the organisation, the donor or the law does
// not change it. Number, Issued and Code come from the receipt's row; see For. Its text is clean.
type Facts struct {
	Version     int       `json:"version"` // of this shape
	Number      string    `json:"number,omitempty"`
	Issued      time.Time `json:"issued_at,omitzero"`
	Code        string    `json:"code,omitempty"`       // proves the receipt: nobody can guess it
	VerifyURL   string    `json:"verify_url,omitempty"` // where Code can be checked; printed as a QR code
	Org         Issuer    `json:"org"`
	Donor       Donor     `json:"donor"`
	Amount      ngo.Money `json:"amount"`
	Words       string    `json:"words"`
	Day         ngo.Date  `json:"day"` // of the gift
	YearName    string    `json:"year_name"`
	Year        string    `json:"year"`
	Mode        string    `json:"mode"`
	Payment     string    `json:"payment,omitempty"`   // the gateway's id
	Reference   string    `json:"reference,omitempty"` // the bank's
	Purpose     string    `json:"purpose,omitempty"`
	Law         string    `json:"law"`
	Tax         bool      `json:"tax"` // whether the line on deduction is printed
	Deduction   string    `json:"deduction,omitempty"`
	Certificate string    `json:"certificate,omitempty"`
	Reasons     []Reason  `json:"reasons,omitempty"` // why it is not

	// Of a receipt for a gift of which part went back.
	ReplacesNumber string    `json:"replaces_number,omitempty"` // in whose place it stands, if it went back after a receipt
	Paid           ngo.Money `json:"paid,omitzero"`             // what was given at first; Amount is what remains
}

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

const version = 1

// Read gives the facts that were kept with a receipt. It fails with Internal.
func Read(data []byte) (Facts, error) {
	var f Facts
	if err := json.Unmarshal(data, &f); err != nil {
		return Facts{}, fmt.Errorf("read the facts of a receipt: %w", err)
	}
	if f.Version != version {
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
	f.Amount, f.Words, f.ReplacesNumber = remains, remains.Words(), number
	return f
}

// Masked gives the facts for eyes that are not the donor's: numbers of documents show little more than their kind.
func (f Facts) Masked() Facts {
	f.Donor.PAN = ngo.MaskPAN(f.Donor.PAN)
	f.Donor.IDNumber = ngo.MaskID(f.Donor.IDNumber)
	return f
}

// remainder says, of a gift of which part went back, how much, and in whose place the receipt stands; empty for a whole one
// that stands for itself.
func (f Facts) remainder() string {
	switch {
	case f.Paid == (ngo.Money{}) && f.ReplacesNumber == "":
		return ""
	case f.Paid == (ngo.Money{}):
		return "This receipt replaces " + f.ReplacesNumber + ", which is no longer valid."
	}
	back := ngo.Money{Minor: f.Paid.Minor - f.Amount.Minor, Currency: f.Amount.Currency}
	text := fmt.Sprintf("f your gift of %s, %s went back to you.", f.Paid.Format(), back.Format())
	if f.ReplacesNumber == "" {
		return "O" + text
	}
	return "This receipt replaces " + f.ReplacesNumber + ", which is no longer valid: o" + text
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
