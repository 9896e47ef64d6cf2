package receipt_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
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

// Whatever a donor calls themselves, the paper is valid, what cannot be printed is marked and explained in the donor's
// language, and nothing else of it is lost.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	marked := map[string]string{"en": "stands for a letter that could not be printed", "ta": "அச்சிட இயலாத எழுத்தைக் குறிக்கிறது", "hi": "उस अक्षर का चिह्न है जो छापा नहीं जा सका"}
	for _, tt := range []struct {
		name, in, want string
		marked         bool
	}{
		{"200 letters", strings.Repeat("Venkatanarasimha", 13), strings.Repeat("Venkatanarasimha", 12)[:64], false},
		{"200 Tamil letters", strings.Repeat("ஸ்ரீ", 70), "ஸ்ரீஸ்ரீ", false},
		{"ligatures", "Soﬁa Griﬃn", "Sofia Griffin", false},
		{"letters dressed up", "𝓐𝓼𝓱𝓪 Ｒａｏ", "Asha Rao", false},
		{"marks on marks", "A\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301sha", "sha", false},
		{"emoji", "Asha 🙏🏽❤️", "Asha", true},
		{"family of emoji", "👨‍👩‍👧‍👦 Rao", "Rao", true},
		{"Arabic", "آشا راؤ Asha", "Asha", true},
		{"Chinese", "山田 Asha", "Asha", true},
		{"control signs", "Asha\x00\x07\x1b[2J\r\nRao", "Asha, Rao", false},
		{"turned round", "Asha \u202eoaR\u202c\u2066x\u2069", "Asha oaRx", false},
		{"broken UTF-8", "Asha \xff\xfe Rao", "Asha Rao", false},
		{"PDF", "Asha) Tj ET <</S/JavaScript>> endstream endobj", "Asha) Tj ET <</S/JavaScript>> endstream endobj", false},
		{"template", "{org} {approval} %s", "{org} {approval} %s", false},
	} {
		for _, lang := range ngo.Languages {
			t.Run(tt.name+" in "+lang, func(t *testing.T) {
				t.Parallel()
				g := speaking(lang)
				g.Donation.Donor.Name, g.Donation.Purpose = tt.in, tt.in
				out := pdf(t, typeset.New(), issued(t, g))
				if lang == "ta" { // its file has most in it
					valid(t, out)
				}
				text := strings.Join(strings.Fields(textLayer(t, out)), " ")
				if strings.Count(text, tt.want) < 2 {
					t.Errorf("%q is not there twice: %s", tt.want, text)
				}
				if strings.Contains(text, marked[lang]) != tt.marked {
					t.Errorf("letters that could not be printed are explained: %v; want %v", !tt.marked, tt.marked)
				}
			})
		}
	}
}

func valid(t *testing.T, out []byte) {
	t.Helper()
	if err := api.Validate(bytes.NewReader(out), model.NewDefaultConfiguration()); err != nil {
		t.Errorf("pdfcpu: %v", err)
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(tool(t, "qpdf"), "--check", path).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %v\n%s", err, text)
	}
}

// drawing is a picture as the organisation's signature may be.
func drawing(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 300, 100))
	for x := range 300 {
		img.Set(x, 50+x*x%40/4, color.NRGBA{B: 120, A: 255})
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	p, err := receipt.NewPicture(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return p.Data
}

// A print says in both languages what it is and when it was made, on every page; the original says neither.
func TestMarksAndPictures(t *testing.T) {
	t.Parallel()
	lib, picture := typeset.New(), drawing(t)
	for mark, says := range map[receipt.Mark][]string{
		receipt.Original:  nil,
		receipt.Duplicate: {"நகல் · DUPLICATE"},
		receipt.Void:      {"செல்லாது · VOID"},
		receipt.Replaced:  {"மாற்று ரசீது வழங்கப்பட்டது · REPLACED"},
		receipt.Specimen:  {"மாதிரி · SAMPLE"},
	} {
		t.Run("mark "+string(mark), func(t *testing.T) {
			t.Parallel()
			g := speaking("ta")
			g.Donation.Donor.Address = strings.Repeat("திருவனந்தபுரம் ", 99)
			g.Profile.LegalName, g.Profile.SignatoryTitle = strings.Repeat("The Society for Rural Women ", 9), strings.Repeat("trustee ", 99)
			g.Profile.Address = strings.Repeat("12, Kamarajar Street, ", 30)
			g.Donation.Declined = true
			f := issued(t, g)
			out, err := receipt.PDF(lib, f, receipt.Paper{Logo: picture, Signature: picture, Mark: mark, Printed: time.Date(2026, 11, 22, 1, 0, 0, 0, ist)})
			if err != nil {
				t.Fatal(err)
			}
			valid(t, out)
			pages, text := bytes.Count(out, []byte("/Type/Page/")), textLayer(t, out)
			if images := bytes.Count(out, []byte("/Subtype/Image")); images != 2 {
				t.Errorf("%d pictures", images)
			}
			if len(says) == 0 && (strings.Contains(text, "22 November") || strings.Contains(text, "நகல்")) {
				t.Errorf("the original is marked: %s", text)
			}
			for _, part := range says {
				if strings.Count(text, part+" · அச்சிட்ட நாள்: 22 நவம்பர் 2026 · printed on 22 November 2026") != pages {
					t.Errorf("%q does not stand on each of %d pages: %s", part, pages, text)
				}
			}
			locked, err := receipt.Lock(out, "ABCPR1234F")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "locked.pdf")
			if err := os.WriteFile(path, locked, 0o600); err != nil {
				t.Fatal(err)
			}
			if said, err := exec.Command(tool(t, "qpdf"), "--password=ABCPR1234F", "--check", path).CombinedOutput(); err != nil {
				t.Errorf("qpdf, locked: %v\n%s", err, said)
			}
		})
	}
	if _, err := receipt.PDF(lib, issued(t, gift()), receipt.Paper{Logo: []byte("GIF89a")}); err == nil {
		t.Error("a picture that is none was drawn")
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	laws, _, err := receipt.LoadLaws(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, ist)
	for _, lang := range ngo.Languages {
		for year, law := range map[string]string{"": "it-2025", "2026-27": "it-2025", "2025-26": "it-1961", "1999-00": "it-1961", "2031-32": "it-2025"} {
			f, err := receipt.Sample(laws, lang, year, now)
			if err != nil || f.Law != law || !f.Tax || f.Language != lang || year != "" && f.Year != year {
				t.Errorf("sample in %s for %q: law %s, year %s, line on deduction %v, %v", lang, year, f.Law, f.Year, f.Tax, err)
				continue
			}
			out, err := receipt.PDF(typeset.New(), f, receipt.Paper{Mark: receipt.Specimen, Printed: now})
			if err != nil || len(out) > maxSize || bytes.Count(out, []byte("/Type/Page/")) != 1 {
				t.Errorf("sample in %s for %q: %d bytes, %v", lang, year, len(out), err)
			}
		}
	}
	for _, year := range []string{"2026", "2026-28", "abcd-ef", "-001-02", "0000-01", "2026-27\n", "1950-51"} {
		if _, err := receipt.Sample(laws, "en", year, now); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("year %q: %v; want invalid", year, err)
		}
	}
}

// Receipts issued before there were languages are drawn as they were.
func TestFactsOfTheFirstVersion(t *testing.T) {
	t.Parallel()
	f, err := receipt.Read([]byte(`{"version":1,"number":"SVT/2026-27/D/000001","org":{"name":"Sevai Trust"},"donor":{"name":"Asha Rao"},
		"amount":{"amount_minor":50000,"currency":"INR"},"words":"Rupees five hundred only","day":"2026-04-05","year_name":"Tax year","year":"2026-27","mode":"UPI",
		"law":"it-2025","tax":false,"reasons":[{"code":"no_pan","text":"We do not have your PAN."}]}`))
	if err != nil {
		t.Fatal(err)
	}
	text := textLayer(t, pdf(t, typeset.New(), f))
	for _, want := range []string{"Receipt for a gift", "Rupees five hundred only", "Tax year 2026-27", "We do not have your PAN.", "Please send us what is missing"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	again := f.Instead("SVT/2026-27/D/000001", ngo.Paise(100_00))
	if again.Words != "Rupees one hundred only" || again.WordsEN != "" {
		t.Errorf("in its place: %+v", again)
	}
}

// What the yearly statement of donations asks for stands in the facts.
func TestFactsForTheYearlyStatement(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]receipt.Means{
		"upi": receipt.MeansElectronic, "": receipt.MeansElectronic, "cheque": receipt.MeansElectronic, "cash": receipt.MeansCash, "kind": receipt.MeansKind, "other": receipt.MeansOther,
	} {
		g := speaking("hi")
		g.Donation.Method, g.Donation.Fund, g.Donation.Pot = method, ngo.FundSpecific, ngo.Foreign
		f := issued(t, g)
		if f.Means != want || f.Fund != ngo.FundSpecific || f.Pot != ngo.Foreign || f.Donor.PAN == "" || f.Org.ApprovalNumber == "" || f.Org.ApprovalFrom == "" || f.Law == "" {
			t.Errorf("by %q: %+v", method, f)
		}
	}
	g := gift()
	g.Profile.Logo, g.Profile.Signature, g.Profile.Language = "blb_1", "blb_2", "ta"
	if f := issued(t, g); f.Logo != "blb_1" || f.Signature != "blb_2" || f.Fund != ngo.FundGeneral || f.Pot != ngo.Domestic || f.Language != "ta" {
		t.Errorf("facts %+v", f)
	}
}

func TestCodeCanBeChecked(t *testing.T) {
	t.Parallel()
	r := ngo.Receipt{ID: "rcp_01kexamp1ec0de00000000abcd", Issued: time.Now()}
	for base, want := range map[string]string{
		"": "", "https://give.example.org": "https://give.example.org/r/sevai.01kexamp1ec0de00000000abcd", "https://a.example/": "https://a.example/r/sevai.01kexamp1ec0de00000000abcd",
	} {
		if got := (receipt.Facts{VerifyURL: "x"}).For(r, ist, "sevai", base).VerifyURL; got != want {
			t.Errorf("under %q the code is at %q; want %q", base, got, want)
		}
	}
}
