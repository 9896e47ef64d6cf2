package store_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func addPurpose(t testing.TB, o *store.Org, p ngo.Purpose) {
	t.Helper()
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.AddPurpose(p) })
}

func lunch() ngo.Purpose {
	return ngo.Purpose{Name: "school-lunch", Title: "Midday meals", Kind: ngo.FundSpecific, Aliases: []string{"Lunch fund!", "மதிய உணவு"}}
}

// purposeNamed gives the name of the purpose that a text names, or nothing.
func purposeNamed(t testing.TB, o *store.Org, text string) (name string) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) error {
		p, found, err := r.PurposeNamed(text)
		if found != (p.Name != "") {
			t.Errorf("PurposeNamed(%q) = %+v, %v", text, p, found)
		}
		name = p.Name
		return err
	})
	return name
}

func TestAPurposeIsKnownByAllItsNames(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	if got := purposeNamed(t, o, "school-lunch"); got != "" {
		t.Errorf("before there are any: %q", got)
	}
	addPurpose(t, o, lunch())
	addPurpose(t, o, ngo.Purpose{Name: "corpus", Title: "Corpus", Kind: ngo.FundCorpus})
	for text, want := range map[string]string{
		"school-lunch": "school-lunch", "School Lunch": "school-lunch", " MIDDAY   meals. ": "school-lunch", "lunchfund": "school-lunch",
		"மதிய-உணவு": "school-lunch", "மதிய உணவ": "", "lunch": "", "school lunch midday meals": "", "CORPUS": "corpus",
		"": "", "%": "", "_": "", "  ": "", strings.Repeat("corpus", 1000): "", "corp%": "", "corpu_": "", "corpus' or '1": "",
	} {
		if got := purposeNamed(t, o, text); got != want {
			t.Errorf("PurposeNamed(%.40q) = %q; want %q", text, got, want)
		}
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		all, err := r.Purposes()
		if len(all) != 2 || all[1].Name != "school-lunch" || !slices.Equal(all[1].Aliases, lunch().Aliases) || all[1].ID == "" || all[1].Created.IsZero() {
			t.Errorf("Purposes = %+v", all)
		}
		if _, err := r.Purpose("none"); ngo.CodeOf(err) != ngo.NotFound {
			t.Errorf("Purpose of no name = %v; want NotFound", err)
		}
		return err
	})
	checkWhole(t, o)
}

func TestPurposesThatAreRefused(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	addPurpose(t, o, lunch())
	for name, tt := range map[string]struct {
		change func(*ngo.Purpose)
		want   ngo.Code
	}{
		"no name":                   {func(p *ngo.Purpose) { p.Name = "" }, ngo.Invalid},
		"a name of hyphens":         {func(p *ngo.Purpose) { p.Name = "--" }, ngo.Invalid},
		"capitals in the name":      {func(p *ngo.Purpose) { p.Name = "Books" }, ngo.Invalid},
		"a long name":               {func(p *ngo.Purpose) { p.Name = strings.Repeat("a", 41) }, ngo.Invalid},
		"no title":                  {func(p *ngo.Purpose) { p.Title = "" }, ngo.Invalid},
		"a title of two lines":      {func(p *ngo.Purpose) { p.Title = "a\nb" }, ngo.Invalid},
		"no kind":                   {func(p *ngo.Purpose) { p.Kind = "" }, ngo.Invalid},
		"an alias without a letter": {func(p *ngo.Purpose) { p.Aliases = []string{" - "} }, ngo.Invalid},
		"too many aliases":          {func(p *ngo.Purpose) { p.Aliases = make([]string, 51) }, ngo.Invalid},
		"a name that is taken":      {func(p *ngo.Purpose) { p.Name = "school-lunch" }, ngo.Conflict},
		"another's alias as title":  {func(p *ngo.Purpose) { p.Title = "LUNCH FUND" }, ngo.Conflict},
		"another's title as alias":  {func(p *ngo.Purpose) { p.Aliases = []string{"midday-meals"} }, ngo.Conflict},
	} {
		p := ngo.Purpose{Name: "books", Title: "School books", Kind: ngo.FundSpecific}
		tt.change(&p)
		err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error { return tx.AddPurpose(p) })
		if ngo.CodeOf(err) != tt.want {
			t.Errorf("%s: AddPurpose = %v; want %s", name, err, tt.want)
		}
	}
}

func TestPurposesChangeAndChangeBack(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	addPurpose(t, o, lunch())
	changed := ngo.Purpose{Name: "school-lunch", Title: "Breakfast", Kind: ngo.FundCorpus}
	var set, shut ngo.Act
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		set, err = tx.SetPurpose(changed)
		return err
	})
	if purposeNamed(t, o, "lunch fund") != "" || purposeNamed(t, o, "breakfast") != "school-lunch" {
		t.Error("a changed purpose goes by its former names")
	}
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		shut, err = tx.ClosePurpose("school-lunch")
		return err
	})
	err := o.Write(t.Context(), store.Ack, "test", func(tx *store.Tx) error {
		_, err := tx.ClosePurpose("school-lunch")
		return err
	})
	if ngo.CodeOf(err) != ngo.Conflict {
		t.Errorf("closing it twice = %v; want Conflict", err)
	}
	if purposeNamed(t, o, "breakfast") != "school-lunch" {
		t.Error("what still comes for a closed purpose is not found to be so")
	}
	undoRefused(t, o, set.ID) // it was closed since
	opened := undo(t, o, shut.ID)
	undoRefused(t, o, shut.ID)
	again := undo(t, o, opened.ID)
	addPurpose(t, o, ngo.Purpose{Name: "breakfast", Title: "A good start", Kind: ngo.FundGeneral})
	if purposeNamed(t, o, "Breakfast") != "breakfast" {
		t.Error("an open purpose does not come before a closed one")
	}
	undoRefused(t, o, again.ID) // its title is another's name now
	storetest.Read(t, o, func(r *store.Rx) error {
		p, err := r.Purpose("school-lunch")
		if p.Closed == nil || p.Title != "Breakfast" || p.Kind != ngo.FundCorpus || len(p.Aliases) != 0 {
			t.Errorf("Purpose = %+v", p)
		}
		return err
	})
	checkWhole(t, o)
}

func TestUndoingAChangeOfAPurpose(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	addPurpose(t, o, lunch())
	var set ngo.Act
	storetest.Write(t, o, func(tx *store.Tx) (err error) {
		p := lunch()
		p.Kind, p.Aliases = ngo.FundCorpus, nil
		set, err = tx.SetPurpose(p)
		return err
	})
	undo(t, o, set.ID)
	storetest.Read(t, o, func(r *store.Rx) error {
		p, err := r.Purpose("school-lunch")
		if p.Kind != ngo.FundSpecific || !slices.Equal(p.Aliases, lunch().Aliases) || p.Closed != nil {
			t.Errorf("Purpose = %+v; want it as it was added", p)
		}
		return err
	})
	if purposeNamed(t, o, "lunch fund") != "school-lunch" {
		t.Error("its other name is gone")
	}
}

// What donors write is looked for, and never more than that: no text breaks the query or finds what it does not name.
func FuzzPurposeNamed(f *testing.F) {
	for _, s := range []string{"School Lunch", "மதிய உணவு", "%", "_", "a' or 'a' like '", "\x00", "\xff\xfe", " middaymeals schoollunch ", "İ", strings.Repeat("क्ष", 200)} {
		f.Add(s)
	}
	o := storetest.Org(f)
	addPurpose(f, o, lunch())
	names := map[string]bool{"schoollunch": true, "middaymeals": true, "lunchfund": true, "மதியஉணவு": true}
	f.Fuzz(func(t *testing.T, text string) {
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, text)
		if got := purposeNamed(t, o, text) != ""; got != names[letters] {
			t.Errorf("PurposeNamed(%q) found %v; want %v", text, got, names[letters])
		}
	})
}
