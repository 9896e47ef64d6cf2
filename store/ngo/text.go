package ngo

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Languages are those in which ngoctl speaks to donors and citizens, as BCP 47; the first is the one that is never missing.
var Languages = [...]string{"en", "ta", "hi"}

// Texts are the sentences of one place in every language: language, key, sentence. They are never written to.
type Texts map[string]map[string]string

// LoadTexts reads dir/en.toml and its likes, each a list of key = "sentence". It fails with Invalid, naming every key that a
// language lacks, has too many, or gives other {placeholders} than English does: a page must not be found half translated by
// its reader.
func LoadTexts(files fs.FS, dir string) (Texts, error) {
	t := Texts{}
	for _, lang := range Languages {
		raw, err := fs.ReadFile(files, path.Join(dir, lang+".toml"))
		if err != nil {
			return nil, fmt.Errorf("read texts: %w", err)
		}
		one := map[string]string{}
		if err := toml.Unmarshal(raw, &one); err != nil {
			return nil, fmt.Errorf("read texts in %s: %w", lang, err)
		}
		t[lang] = one
	}
	return t, t.check()
}

func (t Texts) check() error {
	first := t[Languages[0]]
	var faults []string
	for _, lang := range Languages[1:] {
		for _, key := range slices.Sorted(maps.Keys(first)) {
			if s, ok := t[lang][key]; !ok || !slices.Equal(placeholders(s), placeholders(first[key])) {
				faults = append(faults, lang+"."+key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(t[lang])) {
			if _, ok := first[key]; !ok {
				faults = append(faults, lang+"."+key)
			}
		}
	}
	if len(faults) > 0 {
		return &Error{Code: Invalid, Message: "texts that do not match English: " + strings.Join(faults, ", ")}
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

func placeholders(s string) []string {
	out := placeholder.FindAllString(s, -1)
	slices.Sort(out)
	return slices.Compact(out)
}

// Say gives a sentence with its placeholders filled in from pairs of a name and a value, each only once: a value is never
// read for placeholders. An unknown language is English; an unknown key comes back as it is.
func (t Texts) Say(lang, key string, pairs ...string) string {
	s, ok := t[lang][key]
	if !ok {
		if s, ok = t[Languages[0]][key]; !ok {
			return key
		}
	}
	return placeholder.ReplaceAllStringFunc(s, func(p string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if p == "{"+pairs[i]+"}" {
				return pairs[i+1]
			}
		}
		return p
	})
}

// Language gives the first of the wishes that ngoctl speaks, else English.
func Language(wishes ...string) string {
	for _, w := range wishes {
		lang, _, _ := strings.Cut(strings.ToLower(w), "-")
		if slices.Contains(Languages[:], lang) {
			return lang
		}
	}
	return Languages[0]
}
