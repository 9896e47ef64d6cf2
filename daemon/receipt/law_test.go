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

// What is wrong in a file is told with its lines, and what is built in stays in force.
func TestBadLawFilesAreNamedAndLeftOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, text string
		want             []string
	}{
		{"overlap", "2030.toml", validLaw, []string{"it-2025 and it-2030 cover the same days"}},
		{"same id", "2030.toml", strings.Replace(validLaw, "it-2030", "it-2025", 1), []string{"two laws have the id it-2025"}},
		{"not TOML", "2025.toml", "act = \"x\"\nid = ", []string{"line 2"}},
		{"unknown key", "2025.toml", validLaw + "rate = 50\n", []string{"line 13: unknown key rate"}},
		{"several faults", "2025.toml", `act = "x"` + "\nfrom = \"2026-13-01\"\ncash_limit_minor = -1\n",
			[]string{"id is missing", "certificate_text is missing", "line 2: from: ", "line 3: cash_limit_minor is negative"}},
		{"unknown document", "2025.toml", validLaw + "documents = [\"passport\", \"aadhaar\"]\n", []string{`line 13: documents: "aadhaar" is none`}},
		{"days reversed", "2025.toml", strings.Replace(validLaw, `until = ""`, `until = "2029-01-01"`, 1), []string{"line 4: until is before from"}},
		{"unknown place", "2025.toml", strings.Replace(validLaw, "{org}", "{donor}", 1), []string{"line 11", "{donor}"}},
		{"half a language", "2025.toml", validLaw + "[ta]\nact = \"x\"\ndeduction_text = \"{who}\"\n",
			[]string{"ta.section is missing", "ta.certificate_text is missing", "line 15: ta.deduction_text", "{who}"}},
		{"unknown language", "2025.toml", validLaw + "[fr]\nact = \"x\"\n", []string{"line 13", "fr"}},
		{"a control sign", "2025.toml", "id = \"\x1b[2J\"\n", []string{"line 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			laws, problems, err := receipt.LoadLaws(fstest.MapFS{tt.file: {Data: []byte(tt.text)}})
			if err != nil || len(problems) != 1 || ngo.CodeOf(problems[0]) != ngo.Invalid {
				t.Fatalf("LoadLaws = %v, %v; want one problem that is invalid", problems, err)
			}
			for _, part := range append(tt.want, tt.file) {
				if !strings.Contains(problems[0].Error(), part) {
					t.Errorf("%q does not say %q", problems[0], part)
				}
			}
			if got := laws.On("2026-04-01"); len(laws) != 2 || got.ID != "it-2025" || got.Act != "Income-tax Act, 2025" {
				t.Errorf("%d laws, and %+v is in force", len(laws), got)
			}
		})
	}
}

// Of two files that go together only in one way, that way is found; a broken one does not take its neighbour along.
func TestGoodLawFilesBesideABrokenOne(t *testing.T) {
	t.Parallel()
	ended := strings.NewReplacer(`"it-2030"`, `"it-2025"`, `"2030-04-01"`, `"2026-04-01"`, `until = ""`, `until = "2030-03-31"`).Replace(validLaw)
	laws, problems, err := receipt.LoadLaws(fstest.MapFS{
		"1961.toml": {Data: []byte("x")}, "2025.toml": {Data: []byte(ended)}, "0-new.toml": {Data: []byte(validLaw)},
		"zz.toml": {Data: []byte(strings.Replace(validLaw, "it-2030", "it-2031", 1))},
	})
	if err != nil || len(problems) != 2 || !strings.Contains(problems[0].Error(), "1961.toml") || !strings.Contains(problems[1].Error(), "zz.toml") {
		t.Fatalf("LoadLaws = %v, %v", problems, err)
	}
	for day, want := range map[ngo.Date]string{"2026-03-31": "Income-tax Act, 1961", "2026-04-01": "Income-tax Act, 2030", "2031-01-01": "Income-tax Act, 2030"} {
		if got := laws.On(day).Act; got != want {
			t.Errorf("law on %s is %q; want %q", day, got, want)
		}
	}
	if laws.On("2026-04-01").ID != "it-2025" || laws.On("2030-04-01").ID != "it-2030" {
		t.Errorf("laws %+v", laws)
	}
}

// Days that the files leave without a law are told: gifts of these days would go without the line on deduction.
func TestDaysWithoutALawAreTold(t *testing.T) {
	t.Parallel()
	at := func(from, until string) []byte {
		return []byte(strings.NewReplacer(`from = "2030-04-01"`, `from = "`+from+`"`, `until = ""`, `until = "`+until+`"`).Replace(validLaw))
	}
	for _, tt := range []struct {
		name  string
		files fstest.MapFS
		want  []string
	}{
		{"none", fstest.MapFS{"2025.toml": {Data: at("2026-04-01", "")}}, nil},
		{"the next one is broken", fstest.MapFS{"2025.toml": {Data: at("2026-04-01", "2027-03-31")}, "2027.toml": {Data: []byte("id =")}},
			[]string{"2027.toml", "no law covers gifts received from 1 April 2027 on"}},
		{"a day too late", fstest.MapFS{"2025.toml": {Data: at("2026-04-02", "")}}, []string{"no law covers gifts received on 1 April 2026"}},
		{"a month too late", fstest.MapFS{"2025.toml": {Data: at("2026-05-01", "")}}, []string{"no law covers gifts received from 1 April 2026 to 30 April 2026"}},
		{"no past", fstest.MapFS{"1961.toml": {Data: at("2020-04-01", "2026-03-31")}}, []string{"no law covers gifts received before 1 April 2020"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems, err := receipt.LoadLaws(tt.files)
			if err != nil || len(problems) != len(tt.want) {
				t.Fatalf("LoadLaws = %v, %v; want %d problems", problems, err, len(tt.want))
			}
			for i, want := range tt.want {
				if ngo.CodeOf(problems[i]) != ngo.Invalid || !strings.Contains(problems[i].Error(), want) {
					t.Errorf("problem %v; want %q", problems[i], want)
				}
			}
		})
	}
}

// A law of the organisation's own that speaks English alone is printed in English on a Tamil receipt.
func TestLawWithoutTheDonorsLanguage(t *testing.T) {
	t.Parallel()
	laws, problems, err := receipt.LoadLaws(fstest.MapFS{"2025.toml": {Data: []byte(strings.Replace(validLaw, "2030-04-01", "2026-04-01", 1))}})
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	g := gift()
	g.Donation.Donor.Language = "ta"
	f := receipt.Decide(laws.On(g.Donation.Given), g)
	if f.Language != "ta" || f.Deduction != "Sevai Charitable Trust AAATS1234FF20261 1 April 2021 31 March 2031 2026-27 section 1 Income-tax Act, 2030 Form 1 Form 2" ||
		f.DeductionEN != "" || f.WordsEN == "" {
		t.Errorf("facts %+v", f)
	}
}

func FuzzLaw(f *testing.F) {
	for _, s := range []string{validLaw, validLaw + "[ta]\nact=\"\"\n", "id = 1", "a=1\n\x00=", "[[ta]]", "from = 2026-04-01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		laws, problems, err := receipt.LoadLaws(fstest.MapFS{"x.toml": {Data: []byte(s)}})
		if err != nil || len(problems) != 1 || len(laws) != 2 { // every day has its law already
			t.Errorf("%q: %d laws, %v, %v", s, len(laws), problems, err)
		}
	})
}
