package receipt

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/datafile"
	"github.com/ngoctl/ngoctl/store/ngo"
)

//go:embed law/*.toml
var builtIn embed.FS

// Law is what a tax law says about gifts received in a span of days.
type Law struct {
	ID    string   `toml:"id"`    // stands in the ledger: it-2025
	From  ngo.Date `toml:"from"`  // first day of receipt of the gift; empty = since ever
	Until ngo.Date `toml:"until"` // last day; empty = for ever

	CashLimit int64 `toml:"cash_limit_minor"` // a cash gift above it is not deductible; 0 = no limit
	InKind    bool  `toml:"in_kind"`          // whether gifts in kind are deductible

	// By which documents the statement may name a donor without a PAN: tin, passport, epic, licence, ration.
	Documents []ngo.IDKind `toml:"documents"`

	// In English at the top level of the file, and in tables of other languages. A language without one is printed in English.
	Act             string  `toml:"act"`         // Income-tax Act, 2025
	Section         string  `toml:"section"`     // section 133 read with section 354
	Year            string  `toml:"year"`        // what it calls the year: Tax year
	Statement       string  `toml:"statement"`   // the organisation's yearly statement: Form 113
	Certificate     string  `toml:"certificate"` // what the donor gets from the portal: Form 114
	DeductionText   string  `toml:"deduction_text"`
	CertificateText string  `toml:"certificate_text"`
	TA              Wording `toml:"ta"`
	HI              Wording `toml:"hi"`
}

// Wording is how a law speaks in one language.
type Wording struct {
	Act             string `toml:"act"`
	Section         string `toml:"section"`
	Year            string `toml:"year"`
	Statement       string `toml:"statement"`
	Certificate     string `toml:"certificate"`
	DeductionText   string `toml:"deduction_text"`
	CertificateText string `toml:"certificate_text"`

	lang string
}

// in gives the law's wording in a language, else in English.
func (l Law) in(lang string) Wording {
	for code, w := range map[string]Wording{"ta": l.TA, "hi": l.HI} {
		if code == lang && w != (Wording{}) {
			w.lang = lang
			return w
		}
	}
	return Wording{l.Act, l.Section, l.Year, l.Statement, l.Certificate, l.DeductionText, l.CertificateText, english}
}

// Laws are the laws by day, earliest first, without overlap.
type Laws []Law

// LoadLaws gives the laws that are built in. Files in override (nil for none) named like a built-in one replace it, others
// add to them. One that cannot be used is left out, and named with its lines among the problems (each Invalid); what is built
// in then stays in force. The error is about what is built in.
func LoadLaws(override fs.FS) (laws Laws, problems []error, err error) {
	own, err := fs.Sub(builtIn, "law")
	if err != nil {
		return nil, nil, fmt.Errorf("open built-in laws: %w", err)
	}
	read, problems := datafile.Read(own, parseLaw, unusable)
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	files := lawFiles(read)
	if override == nil {
		laws, err = files.laws()
		return laws, nil, err
	}
	added, problems := datafile.Read(override, parseLaw, unusable)
	laws, more := files.with(added)
	return laws, slices.Concat(problems, more, laws.holes()), nil
}

// lawFiles are laws by the name of their file.
type lawFiles map[string]Law

// laws puts them in order. It fails when they do not go together.
func (files lawFiles) laws() (Laws, error) {
	ls := Laws(slices.SortedFunc(maps.Values(files), func(a, b Law) int { return cmp.Compare(a.From, b.From) }))
	return ls, ls.check()
}

// with puts other files in the place of those of the same name, or beside them. Of those that do not go with the rest, as few
// as can be are left out: two may make sense only together.
func (files lawFiles) with(added lawFiles) (Laws, []error) {
	all := maps.Clone(files)
	maps.Copy(all, added)
	if ls, err := all.laws(); err == nil {
		return ls, nil
	}
	kept := maps.Clone(files)
	left := map[string]error{}
	for moved := true; moved; {
		moved = false
		for _, name := range slices.Sorted(maps.Keys(added)) {
			next := maps.Clone(kept)
			next[name] = added[name]
			if _, err := next.laws(); err != nil {
				left[name] = err
				continue
			}
			kept = next
			moved = true
			delete(added, name)
			delete(left, name)
			break // from the first name on again
		}
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(left)) {
		problems = append(problems, unusable(name, left[name]))
	}
	ls, err := kept.laws()
	if err != nil {
		problems = append(problems, err) // cannot be: the built-in ones go together, and each other was tried
	}
	return ls, problems
}

func unusable(name string, err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: "the law file " + name + " cannot be used; the law that is built in stays in force",
		Hint: "mend the file in DATA/law and restart the daemon; docs/law.md says what a law file holds", Err: err}
}

func parseLaw(data []byte) (Law, error) {
	var l Law
	if err := datafile.Decode(data, &l); err != nil {
		return Law{}, err
	}
	var faults []error
	for _, f := range l.faults() {
		if line := lineOf(data, f.key); line > 0 {
			f.err = fmt.Errorf("line %d: %w", line, f.err)
		}
		faults = append(faults, f.err)
	}
	return l, errors.Join(faults...)
}

// lineOf finds the line that sets a key, such as from or ta.act; 0 when none does.
func lineOf(data []byte, key string) int {
	table := ""
	if before, after, ok := strings.Cut(key, "."); ok {
		table, key = before, after
	}
	n, in := 0, ""
	for l := range strings.Lines(string(data)) {
		n++
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "[") {
			in = strings.Trim(l, "[] ")
		}
		if name, _, ok := strings.Cut(l, "="); ok && in == table && strings.TrimSpace(name) == key {
			return n
		}
	}
	return 0
}

// fault is what is wrong with a key of a law file.
type fault struct {
	key string
	err error
}

// faults finds what is missing or malformed, all of it.
func (l Law) faults() []fault {
	var out []fault
	add := func(key, format string, args ...any) { out = append(out, fault{key, fmt.Errorf(format, args...)}) }
	if strings.TrimSpace(l.ID) == "" {
		add("id", "id is missing")
	}
	out = append(out, l.wordFaults("", l.in(english))...)
	for table, w := range map[string]Wording{"ta.": l.TA, "hi.": l.HI} {
		if w != (Wording{}) {
			out = append(out, l.wordFaults(table, w)...)
		}
	}
	for key, day := range map[string]ngo.Date{"from": l.From, "until": l.Until} {
		if _, err := ngo.ParseDate(string(day)); day != "" && err != nil {
			add(key, "%s: %w", key, err)
		}
	}
	if l.Until != "" && l.Until < l.From {
		add("until", "until is before from")
	}
	if l.CashLimit < 0 {
		add("cash_limit_minor", "cash_limit_minor is negative")
	}
	for _, kind := range l.Documents {
		if !slices.Contains(documents[:], kind) {
			add("documents", "documents: %q is none", kind)
		}
	}
	slices.SortFunc(out, func(a, b fault) int { return cmp.Compare(a.err.Error(), b.err.Error()) })
	return out
}

func (l Law) wordFaults(table string, w Wording) []fault {
	var out []fault
	for key, value := range map[string]string{
		"act": w.Act, "section": w.Section, "year": w.Year, "statement": w.Statement, "certificate": w.Certificate,
		"deduction_text": w.DeductionText, "certificate_text": w.CertificateText,
	} {
		if strings.TrimSpace(value) == "" {
			out = append(out, fault{table + key, errors.New(table + key + " is missing")})
		}
	}
	for key, text := range map[string]string{"deduction_text": w.DeductionText, "certificate_text": w.CertificateText} {
		if left := w.fill(text, Facts{}); strings.ContainsAny(left, "{}") {
			out = append(out, fault{table + key, fmt.Errorf("%s%s: %q has a place that nothing fills", table, key, left)})
		}
	}
	return out
}

func (ls Laws) check() error {
	seen := map[string]bool{}
	for i, l := range ls {
		if seen[l.ID] {
			return &ngo.Error{Code: ngo.Invalid, Message: "two laws have the id " + l.ID, Hint: "give each file in DATA/law its own id"}
		}
		seen[l.ID] = true
		if i > 0 && (ls[i-1].Until == "" || ls[i-1].Until >= l.From) {
			return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the laws %s and %s cover the same days", ls[i-1].ID, l.ID),
				Hint: "end one the day before the other begins, in the files of DATA/law"}
		}
	}
	return nil
}

// holes tells of the days that no law covers.
func (ls Laws) holes() (problems []error) {
	add := func(days string) {
		problems = append(problems, &ngo.Error{Code: ngo.Invalid, Message: "no law covers gifts received " + days + ": their receipts have no line on tax deduction",
			Hint: "look at from and until in the files of DATA/law, and restart the daemon"})
	}
	for i, l := range ls {
		first := ngo.FormatDate(l.From, english)
		switch {
		case i == 0 && l.From != "":
			add("before " + first)
		case i > 0 && after(ls[i-1].Until, 1) == after(l.From, -1):
			add("on " + ngo.FormatDate(after(l.From, -1), english))
		case i > 0 && after(ls[i-1].Until, 1) < l.From:
			add("from " + ngo.FormatDate(after(ls[i-1].Until, 1), english) + " to " + ngo.FormatDate(after(l.From, -1), english))
		}
	}
	if n := len(ls); n > 0 && ls[n-1].Until != "" {
		add("from " + ngo.FormatDate(after(ls[n-1].Until, 1), english) + " on")
	}
	return problems
}

// after gives the day so many days after another.
func after(d ngo.Date, days int) ngo.Date { return ngo.DateOf(d.Time().AddDate(0, 0, days), time.UTC) }

// On gives the law for gifts received on that day; the zero Law when there is none.
func (ls Laws) On(day ngo.Date) Law {
	for _, l := range ls {
		if day >= l.From && (l.Until == "" || day <= l.Until) {
			return l
		}
	}
	return Law{}
}

// fill puts the facts into a text of the law.
func (w Wording) fill(text string, f Facts) string {
	return strings.NewReplacer(
		"{org}", f.Org.Name, "{approval}", f.Org.ApprovalNumber, "{from}", ngo.FormatDate(f.Org.ApprovalFrom, w.lang),
		"{until}", ngo.FormatDate(f.Org.ApprovalUntil, w.lang), "{year}", f.Year, "{section}", w.Section, "{act}", w.Act,
		"{statement}", w.Statement, "{certificate}", w.Certificate,
	).Replace(text)
}
