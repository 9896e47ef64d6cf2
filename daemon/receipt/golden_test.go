package receipt_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// kept is a receipt of the golden set.
type kept struct {
	facts receipt.Facts
	paper receipt.Paper
}

// goldenSet is a receipt of each kind, in each language, by each law.
func goldenSet(t testing.TB) map[string]kept {
	t.Helper()
	laws, _, err := receipt.LoadLaws(nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]kept{}
	for law, day := range map[string]ngo.Date{"1961": "2026-03-31", "2025": "2026-04-01"} {
		for _, lang := range ngo.Languages {
			for name, spoil := range map[string]func(*receipt.Gift){
				"tax":         func(*receipt.Gift) {},
				"no-approval": func(g *receipt.Gift) { g.Profile.ApprovalNumber, g.Donation.Amount = "", ngo.Paise(501_00) },
				"cash": func(g *receipt.Gift) {
					g.Donation.Method, g.Donation.Amount, g.Payment = "cash", ngo.Paise(2000_01), ngo.Payment{}
				},
				"kind": func(g *receipt.Gift) {
					g.Donation.Method, g.Donation.Amount = "kind", ngo.Paise(2_400_00)
					g.Payment = ngo.Payment{Ref: "desk_1", Reference: map[string]string{"en": "40 kg of rice", "ta": "40 கிலோ அரிசி", "hi": "40 किलो चावल"}[lang]}
				},
				"foreign": func(g *receipt.Gift) {
					g.Donation.Pot, g.Donation.Method, g.Donation.Amount = ngo.Foreign, "bank_transfer", ngo.Paise(10_00_000_00)
					g.Donation.Donor.PAN, g.Donation.Donor.IDKind, g.Donation.Donor.IDNumber = "", ngo.IDPassport, "Z1234567"
				},
				"plain": func(g *receipt.Gift) {
					g.Donation.Declined, g.Donation.Donor.PAN, g.Donation.Amount = true, "", ngo.Paise(1)
				},
				"corpus": func(g *receipt.Gift) {
					g.Donation.Fund, g.Donation.Method, g.Donation.Amount = ngo.FundCorpus, "netbanking", ngo.Paise(99_99_99_99_999_99)
				},
				"replaced": func(*receipt.Gift) {},
				"void":     func(g *receipt.Gift) { g.Donation.Amount = ngo.Paise(21_000_00) },
			} {
				g := speaking(lang)
				g.Donation.Given = day
				spoil(&g)
				f := receipt.Decide(laws.On(day), g)
				var p receipt.Paper
				switch name {
				case "replaced":
					f = f.Instead(receipt.Series("SVT", day, ngo.Domestic)+"/000099", ngo.Paise(1_00_000_00))
				case "void":
					p = receipt.Paper{Mark: receipt.Void, Printed: time.Date(2026, 11, 22, 12, 0, 0, 0, ist)}
				}
				out[law+"-"+lang+"-"+name] = kept{f.For(ngo.Receipt{
					ID: "rcp_01kexamp1ec0de00000000abcd", Number: receipt.Series("SVT", day, g.Donation.Pot) + "/000123", Issued: time.Date(2026, 4, 5, 20, 0, 0, 0, time.UTC),
				}, ist, "sevai", "https://give.example.org"), p}
			}
		}
	}
	return out
}

// speaking is a gift whose donor has a language, and a name and purpose in it.
func speaking(lang string) receipt.Gift {
	g := gift()
	d := &g.Donation.Donor
	d.Language = lang
	switch lang {
	case "ta":
		d.Name, d.Address, g.Donation.Purpose = "ஸ்ரீவித்யா கோபாலகிருஷ்ணன்", "27, கிழக்கு மாட வீதி, மயிலாப்பூர், சென்னை 600004", "மாலை நேரப் பள்ளி"
	case "hi":
		d.Name, d.Address, g.Donation.Purpose = "श्रीकृष्ण त्रिपाठी", "45, विश्वविद्यालय मार्ग, प्रयागराज 211002", "सांध्यकालीन विद्यालय"
	}
	return g
}

// The text of each receipt is what its file in testdata/golden says: by poppler's reading where it is there, and by our own.
func TestGoldenSet(t *testing.T) {
	t.Parallel()
	set := goldenSet(t)
	if len(set) != 54 {
		t.Fatalf("%d receipts; want 3 languages × 9 cases × 2 laws", len(set))
	}
	lib := typeset.New()
	poppler, _ := exec.LookPath("pdftotext")
	for name, one := range set {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := receipt.PDF(lib, one.facts, one.paper)
			if err != nil {
				t.Fatal(err)
			}
			if pages := bytes.Count(out, []byte("/Type/Page/")); pages != 1 || len(out) > maxSize {
				t.Errorf("%d pages, %d bytes", pages, len(out))
			}
			if err := api.Validate(bytes.NewReader(out), model.NewDefaultConfiguration()); err != nil {
				t.Errorf("pdfcpu: %v", err)
			}
			file := filepath.Join("golden", name+".txt")
			if poppler != "" {
				cmd := exec.Command(poppler, "-layout", "-", "-")
				cmd.Stdin = bytes.NewReader(out)
				text, err := cmd.Output()
				if err != nil {
					t.Fatal(err)
				}
				golden(t, file, layout(text))
			}
			want, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			got := textLayer(t, out)
			if more, fewer := apart(got, string(want)); len(more)+len(fewer) > 0 {
				t.Errorf("by our own reading it has the words %q more, and lacks %q", more, fewer)
			}
		})
	}
}

// apart gives the words that only one of two texts has, in whatever order they stand.
func apart(a, b string) (more, fewer []string) {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for w, n := range count {
		if n > 0 {
			more = append(more, w)
		}
		if n < 0 {
			fewer = append(fewer, w)
		}
	}
	return more, fewer
}

// No placeholder stays empty or unfilled, and no sentence is missing in a language.
func TestGoldenSetSaysEverythingInBothLanguages(t *testing.T) {
	t.Parallel()
	for name, one := range goldenSet(t) {
		f := one.facts
		en := f.English()
		if f.Language == "en" {
			if f.WordsEN+f.YearNameEN+f.ModeEN+f.DeductionEN+f.CertificateEN != "" {
				t.Errorf("%s: English beside English: %+v", name, f)
			}
			continue
		}
		if f.WordsEN == "" || f.YearNameEN == "" || f.Tax != (f.DeductionEN != "") || f.Tax != (f.CertificateEN != "") {
			t.Errorf("%s: not all is in English: %+v", name, f)
		}
		for i, r := range f.Reasons {
			if r.TextEN == "" || r.TextEN == r.Text || en.Reasons[i].Text != r.TextEN {
				t.Errorf("%s: the reason %+v is not in two languages", name, r)
			}
		}
		text := strings.Join([]string{f.Words, f.Deduction, f.Certificate, en.Words, en.Deduction, en.Certificate}, " ")
		if strings.ContainsAny(text, "{}\uFFFD") || en.WordsEN != "" || en.Words != f.Amount.Words() {
			t.Errorf("%s: %s", name, text)
		}
	}
}
