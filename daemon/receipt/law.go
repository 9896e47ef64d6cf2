package receipt

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/ngoctl/ngoctl/store/ngo"
)

//go:embed law/*.toml
var builtIn embed.FS

// Law is what a tax law says about gifts received in a span of days.
type Law struct {
	ID    string   `toml:"id"`    // stands in the ledger: it-2025
	Act   string   `toml:"act"`   // Income-tax Act, 2025
	From  ngo.Date `toml:"from"`  // first day of receipt of the gift; empty = since ever
	Until ngo.Date `toml:"until"` // last day; empty = for ever

	Section     string `toml:"section"`     // section 133 read with section 354
	Year        string `toml:"year"`        // what it calls the year: Tax year
	Statement   string `toml:"statement"`   // the organisation's yearly statement: Form 113
	Certificate string `toml:"certificate"` // what the donor gets from the portal: Form 114

	CashLimit int64 `toml:"cash_limit_minor"` // a cash gift above it is not deductible; 0 = no limit
	InKind    bool  `toml:"in_kind"`          // whether gifts in kind are deductible

	// By which documents the statement may name a donor without a PAN: tin, passport, epic, licence, ration.
	Documents []ngo.IDKind `toml:"documents"`

	DeductionText   string `toml:"deduction_text"`
	CertificateText string `toml:"certificate_text"`
}

// Laws are the laws by day, earliest first, without overlap.
type Laws []Law

// LoadLaws gives the laws that are built in. Files in override (nil for none) named like a built-in one replace it, others
// add to them. One that cannot be used is left out and named, with its line, among the problems; what is built in then stays
// in force. The error is about what is built in.
func LoadLaws(override fs.FS) (laws Laws, problems []error, err error) {
	own, err := fs.Sub(builtIn, "law")
	if err != nil {
		return nil, nil, fmt.Errorf("open built-in laws: %w", err)
	}
	files := map[string]Law{}
	for _, from := range []fs.FS{own, override} {
		if err := readLaws(from, files); err != nil {
			return nil, nil, err
		}
	}
	laws = Laws(slices.SortedFunc(maps.Values(files), func(a, b Law) int { return cmp.Compare(a.From, b.From) }))
	return laws, nil, laws.check()
}

func readLaws(from fs.FS, into map[string]Law) error {
	if from == nil {
		return nil
	}
	names, err := fs.Glob(from, "*.toml")
	if err != nil {
		return fmt.Errorf("list laws: %w", err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return fmt.Errorf("read law %s: %w", name, err)
		}
		law, err := parseLaw(data)
		if err != nil {
			return &ngo.Error{Code: ngo.Invalid, Message: "the law in " + name + " cannot be used", Hint: "mend it in DATA/law; docs/law.md says what a law file holds", Err: err}
		}
		into[name] = law
	}
	return nil
}

func parseLaw(data []byte) (Law, error) {
	var l Law
	d := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return Law{}, err
	}
	return l, l.check()
}

// check finds what is missing or malformed, all of it.
func (l Law) check() error {
	var faults []error
	for name, value := range map[string]string{
		"id": l.ID, "act": l.Act, "section": l.Section, "year": l.Year, "statement": l.Statement, "certificate": l.Certificate,
		"deduction_text": l.DeductionText, "certificate_text": l.CertificateText,
	} {
		if strings.TrimSpace(value) == "" {
			faults = append(faults, fmt.Errorf("%s is missing", name))
		}
	}
	for name, day := range map[string]ngo.Date{"from": l.From, "until": l.Until} {
		if _, err := ngo.ParseDate(string(day)); day != "" && err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	if l.Until != "" && l.Until < l.From {
		faults = append(faults, errors.New("until is before from"))
	}
	if l.CashLimit < 0 {
		faults = append(faults, errors.New("cash_limit_minor is negative"))
	}
	for _, kind := range l.Documents {
		if documentName(kind) == "" {
			faults = append(faults, fmt.Errorf("documents: %q is none", kind))
		}
	}
	for _, text := range []string{l.DeductionText, l.CertificateText} {
		if left := l.fill(text, Facts{}); strings.ContainsAny(left, "{}") {
			faults = append(faults, fmt.Errorf("%q has a place that nothing fills", left))
		}
	}
	slices.SortFunc(faults, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
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
func (l Law) fill(text string, f Facts) string {
	return strings.NewReplacer(
		"{org}", f.Org.Name, "{approval}", f.Org.ApprovalNumber, "{from}", ngo.FormatDate(f.Org.ApprovalFrom, "en"),
		"{until}", ngo.FormatDate(f.Org.ApprovalUntil, "en"), "{year}", f.Year, "{section}", l.Section, "{act}", l.Act,
		"{statement}", l.Statement, "{certificate}", l.Certificate,
	).Replace(text)
}
