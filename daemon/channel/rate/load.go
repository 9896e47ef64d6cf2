package rate

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/datafile"
	"github.com/ngoctl/ngoctl/store/ngo"
)

//go:embed rates/*.toml
var builtIn embed.FS

// Load gives the rates that are built in. Files in override (nil for none) named like a built-in one replace it, others add to
// them. One that cannot be used is left out, and named with what is wrong among the problems (each Invalid); what is built in
// then stays in force. The error is about what is built in.
func Load(override fs.FS) (rates Rates, problems []error, err error) {
	own, err := fs.Sub(builtIn, "rates")
	if err != nil {
		return nil, nil, fmt.Errorf("open built-in rates: %w", err)
	}
	files, problems := datafile.Read(own, parse, unusable)
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	if override != nil {
		var added map[string]Table
		added, problems = datafile.Read(override, parse, unusable)
		problems = append(problems, with(files, added)...)
	}
	return slices.SortedFunc(maps.Values(files), func(a, b Table) int {
		return strings.Compare(a.Channel+" "+string(a.From), b.Channel+" "+string(b.From))
	}), problems, nil
}

// with puts the added tables into files, but for those that would hold from the same day as another.
func with(files, added map[string]Table) (problems []error) {
	for _, name := range slices.Sorted(maps.Keys(added)) {
		t := added[name]
		for other, o := range files {
			if other != name && o.Channel == t.Channel && o.From == t.From {
				problems = append(problems, unusable(name, fmt.Errorf("%s holds from the same day; call this file %s to take its place", other, other)))
				delete(added, name)
			}
		}
		if _, kept := added[name]; kept {
			files[name] = t
		}
	}
	return problems
}

func unusable(name string, err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: "the file of rates " + name + " cannot be used; the rates that are built in stay in force",
		Hint: "mend the file in DATA/rates and restart the daemon; docs/channels.md says what such a file holds", Err: err}
}

func parse(data []byte) (Table, error) {
	var t Table
	if err := datafile.Decode(data, &t); err != nil {
		return t, err
	}
	return t, errors.Join(t.faults()...)
}

// most is an amount that no message costs: whoever writes more has the unit wrong.
const most = 1_000 * 1_000_000

var (
	country = regexp.MustCompile(`^[A-Z]{2}$`)
	calling = regexp.MustCompile(`^[1-9][0-9]{0,7}$`)
)

// faults finds what is missing or malformed, all of it.
func (t Table) faults() (out []error) {
	add := func(format string, args ...any) { out = append(out, fmt.Errorf(format, args...)) }
	if t.Channel == "" {
		add("channel is missing")
	}
	if _, err := ngo.ParseDate(string(t.From)); err != nil {
		add("from: %w", err)
	}
	if len(t.Currency) != 3 {
		add("currency is missing")
	}
	if strings.TrimSpace(t.Source) == "" {
		add("source is missing: say where the amounts are from")
	}
	if len(t.Markets) == 0 {
		add("there is no market")
	}
	if (Market{}).named(t.Replies) == nil && t.Replies != "" {
		add("replies: %q is no category", t.Replies)
	}
	if t.FreeReplies < 0 {
		add("free_replies is negative")
	}
	for _, m := range t.Markets {
		out = append(out, m.faults()...)
	}
	return out
}

// named tells whether a category is one that a market has an amount for.
func (Market) named(category string) *int64 {
	none := int64(0)
	return Market{Marketing: &none, Utility: &none, Authentication: &none}.amount(category)
}

func (m Market) faults() (out []error) {
	add := func(format string, args ...any) {
		out = append(out, fmt.Errorf("market %q: "+format, append([]any{ngo.Printable(m.Name)}, args...)...))
	}
	if len(m.Countries)+len(m.Calling) == 0 {
		add("countries and calling are missing: nobody is in it")
	}
	for _, c := range m.Countries {
		if !country.MatchString(c) {
			add("%q is no country: write IN", c)
		}
	}
	for _, c := range m.Calling {
		if !calling.MatchString(c) {
			add("%q is no beginning of a phone number: write 91", c)
		}
	}
	for name, amount := range map[string]*int64{"marketing": m.Marketing, "utility": m.Utility, "authentication": m.Authentication} {
		if amount != nil && (*amount < 0 || *amount > most) {
			add("%s is not in millionths of a unit: 115000 is Rs 0.115", name)
		}
	}
	return out
}
