package receipt_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const validLaw = `id = "it-2030"
act = "Income-tax Act, 2030"
from = "2030-04-01"
until = ""
section = "section 1"
year = "Tax year"
statement = "Form 1"
certificate = "Form 2"
cash_limit_minor = 100
in_kind = true
deduction_text = "{org} {approval} {from} {until} {year} {section} {act} {statement} {certificate}"
certificate_text = "certificate"
`

func TestLawsByDay(t *testing.T) {
	t.Parallel()
	laws, _, err := receipt.LoadLaws(nil)
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[ngo.Date]string{
		"1999-01-01": "it-1961", "2026-03-31": "it-1961", "2026-04-01": "it-2025", "2099-12-31": "it-2025",
	} {
		if got := laws.On(day).ID; got != want {
			t.Errorf("law on %s = %q; want %q", day, got, want)
		}
	}
}

func TestFolderOverridesLaws(t *testing.T) {
	t.Parallel()
	ended := strings.NewReplacer(`"it-2030"`, `"it-2025-amended"`, `"2030-04-01"`, `"2026-04-01"`, `until = ""`, `until = "2030-03-31"`).Replace(validLaw)
	laws, _, err := receipt.LoadLaws(fstest.MapFS{
		"2025.toml": {Data: []byte(ended)}, "2030.toml": {Data: []byte(validLaw)}, "notes.txt": {Data: []byte("not a law")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[ngo.Date]string{
		"2026-03-31": "it-1961", "2026-04-01": "it-2025-amended", "2030-03-31": "it-2025-amended", "2030-04-01": "it-2030",
	} {
		if got := laws.On(day).ID; got != want {
			t.Errorf("law on %s = %q; want %q", day, got, want)
		}
	}
}

func TestBadLawsAreRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, text string
		want             []string
	}{
		{"overlap", "2030.toml", validLaw, []string{"it-2025 and it-2030 cover the same days"}},
		{"same id", "2030.toml", strings.Replace(validLaw, "it-2030", "it-2025", 1), []string{"two laws have the id it-2025"}},
		{"not TOML", "2025.toml", "id = ", []string{"2025.toml"}},
		{"unknown key", "2025.toml", validLaw + "rate = 50\n", []string{"2025.toml"}},
		{"several faults", "2025.toml", `act = "x"` + "\nfrom = \"2026-13-01\"\ncash_limit_minor = -1\n",
			[]string{"2025.toml", "id is missing", "certificate_text is missing", "from: ", "cash_limit_minor is negative"}},
		{"unknown document", "2025.toml", validLaw + "documents = [\"passport\", \"aadhaar\"]\n", []string{`documents: "aadhaar" is none`}},
		{"days reversed", "2025.toml", strings.Replace(validLaw, `until = ""`, `until = "2029-01-01"`, 1), []string{"until is before from"}},
		{"unknown place", "2025.toml", strings.Replace(validLaw, "{org}", "{donor}", 1), []string{"{donor}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := receipt.LoadLaws(fstest.MapFS{tt.file: {Data: []byte(tt.text)}})
			if ngo.CodeOf(err) != ngo.Invalid {
				t.Fatalf("LoadLaws = %v; want invalid", err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}
