package receipt_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(*receipt.Gift)
		want  []string // codes of the reasons; none: the line on deduction is printed
	}{
		{"all is known", func(*receipt.Gift) {}, nil},
		{"the day before the new law", func(g *receipt.Gift) { g.Donation.Given = "2026-03-31" }, nil},
		{"first day of the approval", func(g *receipt.Gift) { g.Donation.Given = "2021-04-01" }, nil},
		{"last day of the approval", func(g *receipt.Gift) { g.Donation.Given = "2031-03-31" }, nil},
		{"the day before the approval", func(g *receipt.Gift) { g.Donation.Given = "2021-03-31" }, []string{"not_approved"}},
		{"the day after the approval", func(g *receipt.Gift) { g.Donation.Given = "2031-04-01" }, []string{"not_approved"}},
		{"no approval", func(g *receipt.Gift) { g.Profile.ApprovalNumber = " " }, []string{"no_approval"}},
		{"no validity", func(g *receipt.Gift) { g.Profile.ApprovalUntil = "" }, []string{"no_validity"}},
		{"no PAN of ours", func(g *receipt.Gift) { g.Profile.PAN = "AAATS" }, []string{"no_org_pan"}},
		{"nothing of the donor", func(g *receipt.Gift) { g.Donation.Donor = ngo.Donor{EMail: "a@b.co"} }, []string{"no_name", "no_address", "no_pan"}},
		{"malformed PAN", func(g *receipt.Gift) { g.Donation.Donor.PAN = "ABCDEFGHIJ" }, []string{"no_pan"}},
		{"name of control signs", func(g *receipt.Gift) { g.Donation.Donor.Name = "\x1b[2J\u202e" }, []string{"no_name"}},
		{"cash at the limit", func(g *receipt.Gift) { g.Donation.Method, g.Donation.Amount = "cash", ngo.Paise(2000_00) }, nil},
		{"cash above the limit", func(g *receipt.Gift) { g.Donation.Method, g.Donation.Amount = "cash", ngo.Paise(2000_01) }, []string{"cash"}},
		{"in kind", func(g *receipt.Gift) { g.Donation.Method = "kind" }, []string{"in_kind"}},
		{"card from abroad", func(g *receipt.Gift) { g.Payment.International = true }, []string{"foreign"}},
		{"foreign currency", func(g *receipt.Gift) { g.Donation.Amount.Currency = "USD" }, []string{"foreign"}},
		{"card from abroad of a citizen", func(g *receipt.Gift) { g.Payment.International, g.Donation.Donor.Citizenship = true, ngo.CitizenIndian }, nil},
		{"foreign contribution", func(g *receipt.Gift) { g.Donation.Pot = ngo.Foreign }, []string{"foreign"}},
		{"no receipt for deduction wanted", func(g *receipt.Gift) { g.Donation.Declined, g.Donation.Donor.Address = true, "" }, []string{"declined"}},
		{"passport instead of PAN", func(g *receipt.Gift) {
			g.Donation.Donor.PAN, g.Donation.Donor.IDKind, g.Donation.Donor.IDNumber = "", ngo.IDPassport, "Z1234567"
		}, nil},
		{"a document that the statement does not know", func(g *receipt.Gift) {
			g.Donation.Donor.PAN, g.Donation.Donor.IDKind, g.Donation.Donor.IDNumber = "", "library", "Z1234567"
		}, []string{"no_pan"}},
		{"facts are not asked for where they would not help", func(g *receipt.Gift) {
			g.Profile.ApprovalNumber, g.Payment.International, g.Donation.Donor.Address = "", true, ""
		}, []string{"no_approval", "foreign"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := gift()
			tt.spoil(&g)
			f := issued(t, g)
			var got []string
			for _, r := range f.Reasons {
				got = append(got, r.Code)
			}
			if !reflect.DeepEqual(got, tt.want) || f.Tax != (len(tt.want) == 0) {
				t.Errorf("reasons %v, line on deduction %v; want %v", got, f.Tax, tt.want)
			}
			if f.Tax != (f.Deduction != "") || f.Tax != (f.Certificate != "") {
				t.Errorf("line on deduction %v, but the texts are %q and %q", f.Tax, f.Deduction, f.Certificate)
			}
		})
	}
}

func TestReceiptInsteadOfAnother(t *testing.T) {
	t.Parallel()
	first := issued(t, gift())
	second := first.Instead(first.Number, ngo.Paise(1_00_000_50))
	third := second.Instead("SEVAI/2026-27/D/000124", ngo.Paise(50_000_50))
	for _, tt := range []struct{ name, got, want string }{
		{"amount", third.Amount.Format(), "₹50,000.50"},
		{"words", third.Words, "Rupees fifty thousand and fifty paise only"},
		{"what was paid at first", third.Paid.Format(), "₹1,25,000.50"},
		{"number of the one replaced", third.ReplacesNumber, "SEVAI/2026-27/D/000124"},
		{"number of its own", third.Number + third.Code, ""},
		{"donor", third.Donor.PAN, first.Donor.PAN},
		{"deduction", third.Deduction, first.Deduction},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q; want %q", tt.name, tt.got, tt.want)
		}
	}
	if first.Amount != ngo.Paise(1_25_000_50) || first.ReplacesNumber != "" {
		t.Errorf("the facts of the first became %+v", first)
	}
}

func TestMaskedFacts(t *testing.T) {
	t.Parallel()
	f := receipt.Facts{Donor: receipt.Donor{PAN: "ABCPR1234F", IDNumber: "Z1234567"}}
	if m := f.Masked(); m.Donor.PAN != "ABCxxxxx4F" || m.Donor.IDNumber != "xxxxxx67" || f.Donor.IDNumber != "Z1234567" {
		t.Errorf("masked %+v of %+v", m.Donor, f.Donor)
	}
	f.Donor.IDNumber = "12345"
	if m := f.Masked(); m.Donor.IDNumber != "xxxxx" {
		t.Errorf("a short number is masked as %q", m.Donor.IDNumber)
	}
}

func TestEachLawHasItsOwnWords(t *testing.T) {
	t.Parallel()
	old, recent := gift(), gift()
	old.Donation.Given = "2026-03-31"
	recent.Donation.Given = "2026-04-01"
	for _, tt := range []struct {
		g            receipt.Gift
		law, year    string
		says, unsaid []string
	}{
		{old, "it-1961", "Financial year 2025-26", []string{"section 80G of the Income-tax Act, 1961", "Form 10BE", "Form 10BD"}, []string{"2025,", "Form 11"}},
		{recent, "it-2025", "Tax year 2026-27", []string{"section 133 read with section 354 of the Income-tax Act, 2025", "Form 114", "Form 113", "tax year 2026-27"},
			[]string{"1961", "10B"}},
	} {
		f := issued(t, tt.g)
		if f.Law != tt.law || f.YearName+" "+f.Year != tt.year {
			t.Errorf("law %s, %s %s; want %s, %s", f.Law, f.YearName, f.Year, tt.law, tt.year)
		}
		text := f.Deduction + " " + f.Certificate
		for _, part := range tt.says {
			if !strings.Contains(text, part) {
				t.Errorf("%s does not say %q: %s", tt.law, part, text)
			}
		}
		for _, part := range append(tt.unsaid, "50%", "50 %", "100%", "save", "{") {
			if strings.Contains(text, part) {
				t.Errorf("%s says %q: %s", tt.law, part, text)
			}
		}
	}
}

func TestNoLawForTheDay(t *testing.T) {
	t.Parallel()
	f := receipt.Decide(receipt.Law{}, gift())
	if f.Tax || len(f.Reasons) != 1 || f.Reasons[0].Code != "no_law" || f.Year != "2026-27" || f.YearName == "" {
		t.Errorf("without a law: tax %v, reasons %v, %s %s", f.Tax, f.Reasons, f.YearName, f.Year)
	}
}

func TestFactsAreCleanShortAndSurviveStorage(t *testing.T) {
	t.Parallel()
	g := gift()
	g.Profile.LegalName = ""
	g.Donation.Donor.Name = "Asha\x1b]52;c;QQ==\x07\r\nBcc: x@y.z \u202eoaR"
	g.Donation.Donor.Address = " 4/2 Lake View Road,\r\n\r\n  Bengaluru ,\n560001\n"
	g.Donation.Purpose = strings.Repeat("கோ", 300)
	f := issued(t, g)
	for _, tt := range []struct{ name, got, want string }{
		{"organisation", f.Org.Name, "Sevai Trust"},
		{"donor", f.Donor.Name, "Asha, Bcc: x@y.z oaR"},
		{"address", f.Donor.Address, "4/2 Lake View Road, Bengaluru, 560001"},
		{"organisation's address", f.Org.Address, "12, Kamarajar Street, Thiruvanmiyur, Chennai 600041, Tamil Nadu"},
		{"PAN", f.Donor.PAN, "ABCPR1234F"},
		{"purpose", f.Purpose, strings.Repeat("கோ", 99) + "…"},
		{"words", f.Words, "Rupees one lakh twenty-five thousand and fifty paise only"},
		{"number", f.Number, "SEVAI/2026-27/D/000123"},
		{"code", f.Code, "01kexamp1ec0de00000000abcd"},
		{"day of issue in India", string(ngo.DateOf(f.Issued, f.Issued.Location())), "2026-04-06"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q; want %q", tt.name, tt.got, tt.want)
		}
	}
	data, err := f.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := receipt.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	back.Issued = back.Issued.In(ist)
	f.Issued = f.Issued.In(ist)
	if !reflect.DeepEqual(back, f) {
		t.Errorf("read back %+v; want %+v", back, f)
	}
	for _, bad := range []string{"", "{", `{"version":3}`, `{"version":0}`, `[]`} {
		if _, err := receipt.Read([]byte(bad)); err == nil {
			t.Errorf("Read(%q) succeeds", bad)
		}
	}
}
