package receipt

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Mark says on a paper what it is, where it is not the original of a receipt that stands.
type Mark string

// The marks.
const (
	Original  Mark = ""
	Duplicate Mark = "DUPLICATE"
	Void      Mark = "VOID"
	Replaced  Mark = "REPLACED"
	Specimen  Mark = "SAMPLE"
)

// Paper is what one print of a receipt has besides its facts.
type Paper struct {
	Logo, Signature []byte // of the organisation, PNG or JPEG as Picture gives them; nil for none
	Mark            Mark
	Printed         time.Time // shown on a marked paper, as a day in its own zone
}

// PDF draws a receipt. It is safe for concurrent use with one Library. It fails only when the code is too long to be drawn.
func PDF(lib *typeset.Library, f Facts, _ Paper) ([]byte, error) {
	doc := lib.Document(typeset.Info{
		Title: "Receipt " + f.Number, Author: f.Org.Name, Created: f.Issued,
		Subject: "Receipt for a gift of " + f.Amount.Format() + " on " + ngo.FormatDate(f.Day, "en"),
	})
	s := newSheet(doc)
	letterhead(s, f)
	title(s, f)
	remains(s, f)
	amount(s, f)
	donor(s, f)
	details(s, f)
	tax(s, f)
	if err := closing(s, f); err != nil {
		return nil, err
	}
	s.footers("Made by computer, without a signature by hand.", f.Number)
	return doc.Bytes()
}

// letterhead says who received the gift.
func letterhead(s *sheet, f Facts) {
	s.text(f.Org.Name, typeset.Style{Size: fitting(f.Org.Name, 15), Bold: true, Color: accent, Leading: 1.3})
	s.text(f.Org.Address, typeset.Style{Size: 8, Color: quiet})
	s.text(standing(f.Org), typeset.Style{Size: 8, Color: quiet})
	s.gap(7)
	s.rule()
	s.gap(9)
}

// standing gives the organisation's numbers in one line.
func standing(o Issuer) string {
	var parts []string
	if o.PAN != "" {
		parts = append(parts, "PAN "+o.PAN)
	}
	if o.ApprovalNumber != "" {
		parts = append(parts, "Approval "+o.ApprovalNumber)
	}
	return strings.Join(parts, "  ·  ")
}

func title(s *sheet, f Facts) {
	big := typeset.Style{Size: 13, Bold: true, Color: ink}
	number := typeset.Style{Size: 9.5, Bold: true, Color: ink}
	s.room(big.Pitch() + label.Pitch())
	s.page.Text(s.left, s.y+ascent(big), "Receipt for a gift", big)
	if s.doc.Width(f.Number, number) > s.width()/2 {
		s.gap(big.Pitch())
		s.text(f.Number, number)
	} else {
		s.page.TextRight(s.right, s.y+ascent(big), f.Number, number)
		s.gap(big.Pitch())
	}
	if !f.Issued.IsZero() {
		s.page.TextRight(s.right, s.y+ascent(label), "Issued on "+ngo.FormatDate(ngo.DateOf(f.Issued, f.Issued.Location()), "en"), label)
	}
	s.page.Text(s.left, s.y+ascent(label), f.YearName+" "+f.Year, label)
	s.gap(label.Pitch() + 7)
}

// remains says what went back of the gift, and in whose place the receipt stands.
func remains(s *sheet, f Facts) {
	if text := f.remainder(); text != "" {
		s.text(text, small)
		s.gap(5)
	}
}

// amount draws the box with the sum, in figures and in words.
func amount(s *sheet, f Facts) {
	const pad = 10
	figures := typeset.Style{Size: 21, Bold: true, Color: accent, Leading: 1.25}
	words := typeset.Style{Size: 9, Color: ink}
	inner := s.width() - 2*pad
	sum := []block{{f.Amount.Format(), figures}, {f.Words, words}}
	height := s.stackHeight(inner, sum) + 2*pad - 4
	s.room(height)
	s.page.Fill(s.left, s.y, s.width(), height, tint)
	s.page.Fill(s.left, s.y, 2.5, height, accent)
	end := s.y + height
	s.gap(pad - 3)
	s.stack(s.left+pad, inner, sum)
	s.y = end + 10
}

func donor(s *sheet, f Facts) {
	s.text("Received with thanks from", label)
	name := donorName(f.Donor)
	s.text(name, typeset.Style{Size: fitting(name, 12), Bold: true, Color: ink})
	s.text(f.Donor.Address, body)
	if f.Donor.PAN != "" {
		s.text("PAN "+f.Donor.PAN, body)
	}
	if f.Donor.IDNumber != "" {
		s.text(documentName(f.Donor.IDKind)+" "+f.Donor.IDNumber, body)
	}
	s.gap(8)
}

func donorName(d Donor) string {
	switch {
	case d.Name != "":
		return d.Name
	case d.EMail != "":
		return d.EMail
	}
	return "a donor whose name we do not know"
}

func details(s *sheet, f Facts) {
	s.rule()
	s.gap(6)
	s.pair("Received on", ngo.FormatDate(f.Day, "en"))
	s.pair("Paid by", f.Mode)
	s.pair("Payment", f.Payment)
	s.pair("Bank reference", f.Reference)
	s.pair("Purpose", f.Purpose)
	s.gap(4)
	s.rule()
	s.gap(7)
}

// tax prints the line on deduction, or why there is none.
func tax(s *sheet, f Facts) {
	s.room(head.Pitch() + 4*small.Pitch()) // a heading does not stand alone at the foot of a page
	if f.Tax {
		s.text("Tax deduction", head)
		s.text(f.Deduction, small)
		s.gap(3)
		s.text(f.Certificate, small)
		return
	}
	s.text("No line on tax deduction", head)
	s.text(f.noDeduction(), small)
	for _, r := range f.Reasons {
		s.bullet(r.Text, small)
	}
	if f.Asks() {
		s.text(pleaseTell, small)
	}
}

// closing is what stands at the foot of the last page: how to check the receipt, and who speaks for the organisation.
func closing(s *sheet, f Facts) error {
	const qrSide, quietZone, gutter = 74.0, 8.0, 16.0
	half := (s.width() - gutter) / 2
	x, width, height := s.left, half, 0.0
	if f.VerifyURL != "" {
		x, width, height = s.left+qrSide-quietZone, half-qrSide+quietZone, qrSide
	}
	proof, sign := check(s, f), signature(f)
	height = max(height, s.stackHeight(width, proof), s.stackHeight(half, sign))
	if height == 0 {
		return nil
	}
	height += 8
	s.gap(8)
	s.room(height)
	s.y = max(s.y, s.bottom-height)
	s.rule()
	s.gap(8)
	if f.VerifyURL != "" {
		if err := s.page.QR(s.left-quietZone, s.y-quietZone+2, qrSide, f.VerifyURL); err != nil {
			return err
		}
	}
	s.stack(x, width, proof)
	s.stack(s.right-half, half, sign)
	return nil
}

// check tells how the receipt can be checked, and what its marks mean.
func check(s *sheet, f Facts) []block {
	var out []block
	if f.Code != "" {
		how := "To check this receipt, give us its number and this code:"
		if f.VerifyURL != "" {
			how = "Scan to check this receipt, or give us its number and this code:"
		}
		out = append(out, block{how, label}, block{spaced(f.Code), typeset.Style{Size: 8, Bold: true, Color: ink}})
	}
	if s.doc.Missing() > 0 {
		out = append(out, block{"\uFFFD stands for a letter that could not be printed. Our records have it.", label})
	}
	return out
}

func signature(f Facts) []block {
	if f.Org.Signatory == "" {
		return nil
	}
	return []block{
		{"For " + f.Org.Name, label}, {f.Org.Signatory, typeset.Style{Size: fitting(f.Org.Signatory, 10), Bold: true, Color: ink}}, {f.Org.SignatoryTitle, label},
	}
}

// fitting gives the size for a text that may be long: names above 50 letters are set smaller.
func fitting(text string, size float64) float64 {
	if utf8.RuneCountInString(text) > 50 {
		return size * 0.8
	}
	return size
}

// spaced puts gaps into a code, so that it can be read aloud.
func spaced(code string) string {
	var parts []string
	for len(code) > 4 {
		parts, code = append(parts, code[:4]), code[4:]
	}
	return strings.Join(append(parts, code), " ")
}
