package receipt_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const maxSize = 60 << 10

// cases are gifts as they come, and as nobody hopes they come.
func cases() map[string]receipt.Gift {
	all := map[string]receipt.Gift{"latin": gift()}
	add := func(name string, change func(*receipt.Gift)) {
		g := gift()
		change(&g)
		all[name] = g
	}
	add("tamil", func(g *receipt.Gift) {
		g.Donation.Donor.Name, g.Donation.Donor.Address = "ஸ்ரீ கோபாலகிருஷ்ணன்", "12, காமராஜர் தெரு, சென்னை 600041"
		g.Donation.Given, g.Donation.Amount = "2026-03-31", ngo.Paise(1_00_00_000_00)
	})
	add("hindi", func(g *receipt.Gift) {
		g.Donation.Donor.Name, g.Donation.Donor.Address = "श्री कृष्ण शर्मा", "१२, महात्मा गांधी मार्ग, दिल्ली 110001"
		g.Profile.LegalName = "சேவை அறக்கட்டளை · सेवा न्यास"
	})
	add("plain", func(g *receipt.Gift) {
		g.Profile, g.Donation.Donor = ngo.Profile{}, ngo.Donor{}
		g.Donation.Amount, g.Donation.Purpose, g.Payment = ngo.Paise(1), "", ngo.Payment{}
	})
	add("asking", func(g *receipt.Gift) { g.Donation.Donor = ngo.Donor{EMail: "asha@example.org"} })
	add("hostile", func(g *receipt.Gift) {
		g.Donation.Donor.Name = "山田 Asha 🙏🏽 \x1b[31m\u202efoo\x00 (\\) <</JS>> endobj"
	})
	add("passport", func(g *receipt.Gift) {
		g.Donation.Donor.PAN, g.Donation.Donor.IDKind, g.Donation.Donor.IDNumber = "", ngo.IDPassport, "Z1234567"
	})
	add("long", func(g *receipt.Gift) {
		g.Profile.LegalName = strings.Repeat("The Society for the Advancement of Rural Women ", 9)
		g.Profile.Address = strings.Repeat("12, Kamarajar Street, Thiruvanmiyur, ", 99)
		g.Profile.Signatory, g.Profile.SignatoryTitle = strings.Repeat("Meena Raman ", 99), strings.Repeat("trustee ", 99)
		g.Donation.Donor.Name = strings.Repeat("Venkatanarasimharajuvaripeta", 9)
		g.Donation.Donor.Address = strings.Repeat("திருவனந்தபுரம் ", 99)
		g.Donation.Purpose = strings.Repeat("school and ", 99)
		g.Donation.Amount = ngo.Paise(1<<63 - 1)
		g.Payment.International = true
	})
	return all
}

func TestReceiptsAreSmallValidAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	lib := typeset.New()
	for name, g := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := pdf(t, lib, issued(t, g))
			if len(out) > maxSize {
				t.Errorf("%d bytes", len(out))
			}
			if again := pdf(t, typeset.New(), issued(t, g)); !bytes.Equal(out, again) {
				t.Error("a second run gives another file")
			}
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
		})
	}
}

func TestTextOfReceipts(t *testing.T) {
	t.Parallel()
	lib := typeset.New()
	for name, g := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(tool(t, "pdftotext"), "-layout", "-", "-")
			cmd.Stdin = bytes.NewReader(pdf(t, lib, issued(t, g)))
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "receipt-"+name+".txt", layout(out))
		})
	}
}

// layout takes out what differs between versions of pdftotext: how wide gaps are.
func layout(text []byte) []byte {
	var out bytes.Buffer
	for l := range strings.Lines(string(text)) {
		if fields := strings.Fields(l); len(fields) > 0 {
			out.WriteString(strings.Join(fields, " ") + "\n")
		}
	}
	return out.Bytes()
}

func TestTextOfAReceiptInsteadOfAnother(t *testing.T) {
	t.Parallel()
	f := issued(t, gift())
	f = f.Instead("SEVAI/2026-27/D/000099", ngo.Paise(1_00_000_50)).For(ngo.Receipt{
		ID: "rcp_01kexamp1ec0de00000000abcd", Number: "SEVAI/2026-27/D/000123", Issued: f.Issued}, ist, "sevai", "")
	cmd := exec.Command(tool(t, "pdftotext"), "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf(t, typeset.New(), f))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "receipt-instead.txt", layout(out))
}

func TestReceiptsCanBeDrawnAtTheSameTime(t *testing.T) {
	t.Parallel()
	lib := typeset.New()
	want := pdf(t, lib, issued(t, cases()["tamil"]))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if got := pdf(t, lib, issued(t, cases()["tamil"])); !bytes.Equal(got, want) {
				t.Error("a receipt drawn beside others differs")
			}
		})
	}
	wg.Wait()
}

func TestVerifyURLThatIsTooLong(t *testing.T) {
	t.Parallel()
	f := issued(t, gift())
	f.VerifyURL = "https://example.org/r/" + f.Code
	if len(pdf(t, typeset.New(), f)) > maxSize {
		t.Error("the QR code makes the file too large")
	}
	f.VerifyURL = strings.Repeat("x", 5000)
	if _, err := receipt.PDF(typeset.New(), f, receipt.Paper{}); err == nil {
		t.Error("a QR code of 5000 signs was drawn")
	}
}

func pdf(t testing.TB, lib *typeset.Library, f receipt.Facts) []byte {
	t.Helper()
	out, err := receipt.PDF(lib, f, receipt.Paper{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What a receipt may cost is 30 ms and, without pictures, 60 KB.
func BenchmarkPDF(b *testing.B) {
	lib, set := typeset.New(), goldenSet(b)
	set["long"] = kept{facts: issued(b, cases()["long"])}
	pictured := set["2025-ta-tax"]
	pictured.paper = receipt.Paper{Logo: drawing(b), Signature: drawing(b)}
	set["2025-ta-pictures"] = pictured
	for _, name := range []string{"2025-en-tax", "2025-ta-tax", "2025-hi-tax", "1961-ta-corpus", "2025-hi-void", "2025-ta-pictures", "long"} {
		b.Run(name, func(b *testing.B) {
			one := set[name]
			b.ReportAllocs()
			size := 0
			for b.Loop() {
				out, err := receipt.PDF(lib, one.facts, one.paper)
				if err != nil {
					b.Fatal(err)
				}
				size = len(out)
			}
			b.ReportMetric(float64(size), "bytes/file")
		})
	}
}

func BenchmarkFirstPDF(b *testing.B) {
	f := issued(b, cases()["hindi"])
	for b.Loop() {
		pdf(b, typeset.New(), f) // parses the fonts as well
	}
}
