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
	Logo, Signature []byte // of the organisation, PNG or JPEG as NewPicture gives them; nil for none
	Mark            Mark
	Printed         time.Time // shown on a marked paper, as a day in its own zone
}

// PDF draws a receipt. It is safe for concurrent use with one Library. It fails only when a picture is not one that
// NewPicture gave, or the code is too long to be drawn.
//
// A receipt in English is A5, which reads well on a telephone. One in two languages is A4, on which both find room; the two have
// the same shape, so that printers enlarge the smaller without a margin.
func PDF(lib *typeset.Library, f Facts, p Paper) ([]byte, error) {
	var loose *typeset.Document
	for _, tight := range [...]float64{1, 0.95, 0.9, 0.85} { // smaller letters before a second page
		s, err := layOut(lib, f, p, tight)
		if err != nil {
			return nil, err
		}
		if len(s.pages) == 1 {
			return s.doc.Bytes()
		}
		if loose == nil {
			loose = s.doc
		}
	}
	return loose.Bytes()
}

// layOut draws a receipt in letters of a size.
func layOut(lib *typeset.Library, f Facts, p Paper, tight float64) (*sheet, error) {
	doc := lib.Document(typeset.Info{
		Title: f.say("file_title", "number", f.Number).own, Author: f.Org.Name, Created: f.Issued, Lang: f.lang() + "-IN",
		Subject: f.dated("subject", map[string]ngo.Date{"day": f.Day}, "amount", f.Amount.Format()).own,
	})
	pictures, err := p.pictures(doc)
	if err != nil {
		return nil, err
	}
	s := newSheet(doc, f, p, tight)
	letterhead(s, f, pictures.logo)
	title(s, f)
	remains(s, f)
	amount(s, f)
	donor(s, f)
	details(s, f)
	tax(s, f)
	if err := closing(s, f, pictures.signature); err != nil {
		return nil, err
	}
	s.footers(f, pictures.signature != nil)
	return s, nil
}

type pictures struct{ logo, signature *typeset.Picture }

func (p Paper) pictures(doc *typeset.Document) (out pictures, err error) {
	for _, one := range []struct {
		data []byte
		into **typeset.Picture
	}{{p.Logo, &out.logo}, {p.Signature, &out.signature}} {
		if len(one.data) > 0 {
			if *one.into, err = doc.Picture(one.data); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// letterhead says who received the gift.
func letterhead(s *sheet, f Facts, logo *typeset.Picture) {
	const widest, highest = 96.0, 48.0
	right, end := s.right, 0.0
	if logo != nil {
		width, height := logo.Within(widest*s.scale, highest*s.scale)
		s.page.Picture(s.right-width, s.y, width, height, logo)
		s.right -= width + 14*s.scale
		end = s.y + height
	}
	s.text(f.Org.Name, typeset.Style{Size: fitting(f.Org.Name, 15), Bold: true, Color: accent, Leading: 1.3})
	s.text(f.Org.Address, typeset.Style{Size: 8, Color: quiet})
	s.text(standing(f), typeset.Style{Size: 8, Color: quiet})
	s.right, s.y = right, max(s.y, end)
	s.gap(7)
	s.rule()
	s.gap(9)
}

// standing gives the organisation's numbers in one line.
func standing(f Facts) string {
	var parts []string
	if f.Org.PAN != "" {
		parts = append(parts, "PAN "+f.Org.PAN)
	}
	if f.Org.ApprovalNumber != "" {
		parts = append(parts, f.say("approval").beside()+" "+f.Org.ApprovalNumber)
	}
	return strings.Join(parts, "  ·  ")
}

// title names the paper, its number, its year and the day of issue.
func title(s *sheet, f Facts) {
	big := s.style(typeset.Style{Size: 13, Bold: true, Color: ink})
	number := s.style(typeset.Style{Size: 9.5, Bold: true, Color: ink})
	quieter := s.style(label)
	s.room(big.Pitch() + 2*quieter.Pitch())
	name := f.say("title")
	s.page.Text(s.left, s.y+ascent(big), name.own, big)
	if s.doc.Width(f.Number, number) > s.width()/2 {
		s.y += big.Pitch()
		s.text(f.Number, typeset.Style{Size: 9.5, Bold: true, Color: ink})
	} else {
		s.page.TextRight(s.right, s.y+ascent(big), f.Number, number)
		s.y += big.Pitch()
	}
	if !f.Issued.IsZero() {
		issued := f.onDay("issued_on", ngo.DateOf(f.Issued, f.Issued.Location()))
		s.page.TextRight(s.right, s.y+ascent(quieter), issued.beside(), quieter)
	}
	if name.english != "" {
		s.page.Text(s.left, s.y+ascent(quieter), name.english, quieter)
		s.y += quieter.Pitch()
	}
	year := phrase{f.YearName + " " + f.Year, ""}
	if f.YearNameEN != "" {
		year = phrase{f.YearName, f.YearNameEN + " " + f.Year}
	}
	s.page.Text(s.left, s.y+ascent(quieter), year.beside(), quieter)
	s.y += quieter.Pitch()
	s.gap(7)
}

// remains says what went back of the gift, and in whose place the receipt stands.
func remains(s *sheet, f Facts) {
	if text := f.remainder(); text.own != "" {
		s.both(text, small)
		s.gap(5)
	}
}

// amount draws the box with the sum, in figures and in words.
func amount(s *sheet, f Facts) {
	pad := 10 * s.scale
	inner := s.width() - 2*pad
	sum := []block{{text: f.Amount.Format(), style: typeset.Style{Size: 21, Bold: true, Color: accent, Leading: 1.25}}, {text: f.Words, style: words}}
	if f.WordsEN != "" {
		sum = append(sum, block{text: f.WordsEN, style: label})
	}
	height := s.stackHeight(inner, sum) + 2*pad - 4
	s.room(height)
	s.page.Fill(s.left, s.y, s.width(), height, tint)
	s.page.Fill(s.left, s.y, 2.5*s.scale, height, accent)
	end := s.y + height
	s.y += pad - 3
	s.stack(s.left+pad, inner, sum)
	s.y = end
	s.gap(10)
}

func donor(s *sheet, f Facts) {
	s.text(f.say("received_from").beside(), label)
	name := donorName(f)
	s.text(name, typeset.Style{Size: fitting(name, 12), Bold: true, Color: ink})
	s.text(f.Donor.Address, body)
	if f.Donor.PAN != "" {
		s.text("PAN "+f.Donor.PAN, body)
	}
	if f.Donor.IDNumber != "" {
		s.text(f.say("id_"+string(f.Donor.IDKind)).beside()+" "+f.Donor.IDNumber, body)
	}
	s.gap(8)
}

func donorName(f Facts) string {
	switch {
	case f.Donor.Name != "":
		return f.Donor.Name
	case f.Donor.EMail != "":
		return f.Donor.EMail
	}
	return f.say("unknown_donor").beside()
}

func details(s *sheet, f Facts) {
	s.rule()
	s.gap(6)
	s.pair(f.say("received_on"), f.day(f.Day).beside())
	s.pair(f.say("paid_by"), phrase{f.Mode, f.ModeEN}.beside())
	s.pair(f.say("payment"), f.Payment)
	s.pair(f.say("reference"), f.Reference)
	s.pair(f.say("purpose"), f.Purpose)
	if f.Fund == ngo.FundCorpus || f.Fund == ngo.FundSpecific {
		s.pair(f.say("fund"), f.say("fund_"+string(f.Fund)).beside())
	}
	s.gap(4)
	s.rule()
	s.gap(7)
}

// tax prints the line on deduction, or why there is none.
func tax(s *sheet, f Facts) {
	s.room((head.Pitch() + 4*small.Pitch()) * s.scale) // a heading does not stand alone at the foot of a page
	if f.Tax {
		s.text(f.say("tax").beside(), head)
		s.text(f.Deduction, small)
		s.gap(3)
		s.text(f.Certificate, small)
		s.gap(4)
		s.text(f.DeductionEN, aside)
		s.gap(2)
		s.text(f.CertificateEN, aside)
		return
	}
	s.text(f.say("no_tax").beside(), head)
	whyNot(s, f, small)
	if en := f.English(); f.lang() != en.lang() {
		s.gap(4)
		whyNot(s, en, aside)
	}
}

// whyNot gives the reasons in the language of the facts.
func whyNot(s *sheet, f Facts, style typeset.Style) {
	s.text(f.noDeduction().own, style)
	for _, r := range f.Reasons {
		s.bullet(r.Text, style)
	}
	if f.Asks() {
		s.text(f.say("please_tell").own, style)
	}
}

// closing is what stands at the foot of the last page: how to check the receipt, and who speaks for the organisation.
func closing(s *sheet, f Facts, picture *typeset.Picture) error {
	qrSide, quietZone, gutter := 74*s.scale, 8*s.scale, 16*s.scale
	half := (s.width() - gutter) / 2
	x, width, height := s.left, half, 0.0
	if f.VerifyURL != "" {
		x, width, height = s.left+qrSide-quietZone, half-qrSide+quietZone, qrSide
	}
	proof, sign := check(s, f), signature(f, picture)
	height = max(height, s.stackHeight(width, proof), s.stackHeight(half, sign))
	if height == 0 {
		return nil
	}
	height += 8 * s.scale
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
	add := func(p phrase) {
		out = append(out, block{text: p.own, style: label})
		if p.english != "" {
			out = append(out, block{text: p.english, style: label})
		}
	}
	if f.Code != "" {
		how := "check"
		if f.VerifyURL != "" {
			how = "check_scan"
		}
		add(f.say(how))
		out = append(out, block{text: spaced(f.Code), style: typeset.Style{Size: 8, Bold: true, Color: ink}})
	}
	if s.doc.Missing() > 0 {
		add(f.say("lost_letter"))
	}
	return out
}

func signature(f Facts, picture *typeset.Picture) []block {
	if f.Org.Signatory == "" && picture == nil {
		return nil
	}
	of := f.say("on_behalf", "org", f.Org.Name)
	return []block{
		{text: of.own, style: label}, {text: of.english, style: label}, {picture: picture},
		{text: f.Org.Signatory, style: typeset.Style{Size: fitting(f.Org.Signatory, 10), Bold: true, Color: ink}}, {text: f.Org.SignatoryTitle, style: label},
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
