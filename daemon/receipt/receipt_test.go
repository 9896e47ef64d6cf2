package receipt_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var update = flag.Bool("update", false, "rewrite golden files")

var ist = time.FixedZone("IST", 5*3600+1800)

// gift is one that gets the line on deduction; tests spoil it.
func gift() receipt.Gift {
	return receipt.Gift{
		Org: ngo.Org{Name: "Sevai Trust", Slug: "sevai"},
		Profile: ngo.Profile{
			LegalName: "Sevai Charitable Trust", Address: "12, Kamarajar Street,\nThiruvanmiyur,\nChennai 600041, Tamil Nadu",
			PAN: "AAATS1234F", ApprovalNumber: "AAATS1234FF20261", ApprovalFrom: "2021-04-01", ApprovalUntil: "2031-03-31",
			Signatory: "Meena Raman", SignatoryTitle: "Managing trustee",
		},
		Donation: ngo.Donation{
			Amount: ngo.Paise(1_25_000_50), Given: "2026-04-05", Method: "upi", Purpose: "Evening school",
			Donor: ngo.Donor{Name: "Asha Rao", EMail: "asha@example.org", Address: "4/2 Lake View Road, Bengaluru 560001", PAN: "abcpr1234f"},
		},
		Payment: ngo.Payment{Ref: "pay_29QQoUBi66xm2f", Reference: "609512345678"},
	}
}

func issued(t testing.TB, g receipt.Gift) receipt.Facts {
	t.Helper()
	laws, _, err := receipt.LoadLaws(nil)
	if err != nil {
		t.Fatal(err)
	}
	return receipt.Decide(laws.On(g.Donation.Given), g).For(ngo.Receipt{
		ID: "rcp_01kexamp1ec0de00000000abcd", Number: receipt.Series("SEVAI", g.Donation.Given, g.Donation.Pot) + "/000123",
		Issued: time.Date(2026, 4, 5, 20, 0, 0, 0, time.UTC),
	}, ist, "sevai", "")
}

func TestSeriesFollowsTheFinancialYearOfTheGift(t *testing.T) {
	t.Parallel()
	lastSecond := time.Date(2026, 3, 31, 18, 29, 59, 0, time.UTC) // 23:59:59 in India
	for _, tt := range []struct {
		at   time.Time
		want string
		law  string
	}{
		{lastSecond, "SVT/2025-26/D", "it-1961"},
		{lastSecond.Add(time.Second), "SVT/2026-27/D", "it-2025"},
	} {
		laws, _, err := receipt.LoadLaws(nil)
		if err != nil {
			t.Fatal(err)
		}
		day := ngo.DateOf(tt.at, ist)
		if got := receipt.Series("SVT", day, ngo.Domestic); got != tt.want || laws.On(day).ID != tt.law {
			t.Errorf("gift at %v: %s under %s; want %s under %s", tt.at, got, laws.On(day).ID, tt.want, tt.law)
		}
	}
}

func TestForeignContributionsHaveASeriesOfTheirOwn(t *testing.T) {
	t.Parallel()
	for pot, want := range map[ngo.Pot]string{ngo.Domestic: "SVT/2026-27/D", "": "SVT/2026-27/D", ngo.Foreign: "SVT/2026-27/F"} {
		if got := receipt.Series("SVT", "2026-11-22", pot); got != want {
			t.Errorf("series of the pot %q is %s; want %s", pot, got, want)
		}
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ chosen, slug, want string }{
		{"SVT", "sevai", "SVT"},
		{"svt", "sevai", "SVT"},
		{"", "sevai-trust", "SEVAI-TRUST"},
		{"S/V T\n", "sevai", "SVT"},
		{"///", "sevai", "SEVAI"},
		{"-x-", "sevai", "X"},
		{"", "a-very-long-name-of-an-organisation", "A-VERY-LONG-NAME"},
		{"சேவை", "", "R"},
	} {
		if got := receipt.Prefix(ngo.Profile{ReceiptPrefix: tt.chosen}, tt.slug); got != tt.want {
			t.Errorf("Prefix(%q, %q) = %q; want %q", tt.chosen, tt.slug, got, tt.want)
		}
	}
}

// tool finds a program that a test needs, or skips the test; where all tests must run, it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("NGOCTL_TEST_ALL") == "1" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}
