package receipt

import (
	"strings"

	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// PDF draws a receipt. It is safe for concurrent use with one Library. It fails only when the code is too long to be drawn.
func PDF(lib *typeset.Library, f Facts) ([]byte, error) {
	doc := lib.Document(typeset.Info{
		Title: "Receipt " + f.Number, Author: f.Org.Name, Created: f.Issued,
		Subject: "Receipt for a gift of " + f.Amount.Format() + " on " + ngo.FormatDate(f.Day, "en"),
	})
	s := newSheet(doc)
	letterhead(s, f)
	title(s, f)
	amount(s, f)
	donor(s, f)
	details(s, f)
	tax(s, f)
	if err := closing(s, f); err != nil {
		return nil, err
	}
	s.footers("Made by computer, without a signature by hand.")
	return doc.Bytes()
}

// letterhead says who received the gift.
func letterhead(s *sheet, f Facts) {
	s.text(s.left, s.width(), f.Org.Name, typeset.Style{Size: 15, Bold: true, Color: accent, Leading: 1.3})
	s.text(s.left, s.width(), f.Org.Address, typeset.Style{Size: 8, Color: quiet})
	s.text(s.left, s.width(), standing(f.Org), typeset.Style{Size: 8, Color: quiet})
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
		s.text(s.left, s.width(), f.Number, number)
	} else {
		s.page.TextRight(s.right, s.y+ascent(big), f.Number, number)
		s.gap(big.Pitch())
	}
	if !f.Issued.IsZero() {
		s.page.TextRight(s.right, s.y+ascent(label), "issued on "+ngo.FormatDate(ngo.DateOf(f.Issued, f.Issued.Location()), "en"), label)
	}
	s.page.Text(s.left, s.y+ascent(label), f.YearName+" "+f.Year, label)
	s.gap(label.Pitch() + 7)
}

// amount draws the box with the sum, in figures and in words.
func amount(s *sheet, f Facts) {
	const pad = 10
	figures := typeset.Style{Size: 21, Bold: true, Color: accent, Leading: 1.25}
	words := typeset.Style{Size: 9, Color: ink}
	inner := s.width() - 2*pad
	height := s.height(inner, f.Amount.Format(), figures) + s.height(inner, f.Words, words) + 2*pad - 4
	s.room(height)
	s.page.Fill(s.left, s.y, s.width(), height, tint)
	s.page.Fill(s.left, s.y, 2.5, height, accent)
	end := s.y + height
	s.gap(pad - 3)
	s.text(s.left+pad, inner, f.Amount.Format(), figures)
	s.text(s.left+pad, inner, f.Words, words)
	s.y = end + 10
}

func donor(s *sheet, f Facts) {
	s.text(s.left, s.width(), "Received with thanks from", label)
	s.text(s.left, s.width(), donorName(f.Donor), typeset.Style{Size: 12, Bold: true, Color: ink})
	s.text(s.left, s.width(), f.Donor.Address, body)
	if f.Donor.PAN != "" {
		s.text(s.left, s.width(), "PAN "+f.Donor.PAN, body)
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
	s.room(head.Pitch() + 2*small.Pitch())
	if f.Tax {
		s.text(s.left, s.width(), "Tax deduction", head)
		s.text(s.left, s.width(), f.Deduction, small)
		s.gap(3)
		s.text(s.left, s.width(), f.Certificate, small)
		return
	}
	s.text(s.left, s.width(), "No line on tax deduction", head)
	s.text(s.left, s.width(), f.noDeduction(), small)
	for _, r := range f.Reasons {
		s.room(small.Pitch())
		s.page.Text(s.left+2, s.y+ascent(small), "•", small)
		s.text(s.left+11, s.width()-11, r.Text, small)
	}
	if f.Asks() {
		s.text(s.left, s.width(), pleaseTell, small)
	}
}

// closing is what stands at the foot of the last page: how to check the receipt, and who speaks for the organisation.
func closing(s *sheet, f Facts) error {
	const height = 74
	s.gap(8)
	s.room(height)
	s.y = max(s.y, s.bottom-height)
	left, half := s.left, s.width()/2-8
	if f.VerifyURL != "" {
		if err := s.page.QR(s.left-4, s.y, height, f.VerifyURL); err != nil {
			return err
		}
		left, half = left+height+4, half-height-4
	}
	top := s.y
	if f.Code != "" {
		s.text(left, half, "To check this receipt, give us its number and this code:", label)
		s.text(left, half, spaced(f.Code), typeset.Style{Size: 8, Bold: true, Color: ink})
	}
	if s.doc.Missing() > 0 {
		s.text(left, half, "\uFFFD stands for a letter that could not be printed. Our records have it.", label)
	}
	s.y = top
	right := s.left + s.width()/2 + 8
	s.text(right, s.right-right, "For "+f.Org.Name, label)
	s.text(right, s.right-right, f.Org.Signatory, typeset.Style{Size: 10, Bold: true, Color: ink})
	s.text(right, s.right-right, f.Org.SignatoryTitle, label)
	return nil
}

// spaced puts gaps into a code, so that it can be read aloud.
func spaced(code string) string {
	var parts []string
	for len(code) > 4 {
		parts, code = append(parts, code[:4]), code[4:]
	}
	return strings.Join(append(parts, code), " ")
}
