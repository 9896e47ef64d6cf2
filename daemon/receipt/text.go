package receipt

import (
	"embed"
	"sync"

	"github.com/ngoctl/ngoctl/store/ngo"
)

//go:embed lang/*.toml
var langFiles embed.FS

// texts gives the words of a receipt. They are built in and tested, so that reading them cannot fail.
var texts = sync.OnceValue(func() ngo.Texts {
	t, err := ngo.LoadTexts(langFiles, "lang")
	if err != nil {
		panic(err)
	}
	return t
})

// english is the language in which every receipt speaks, beside the donor's own.
const english = "en"

// phrase is a text in the donor's language and in English; English is empty where both are the same.
type phrase struct{ own, english string }

// say gives a text of the receipt in its language and in English.
func (f Facts) say(key string, pairs ...string) phrase {
	return pair(texts().Say(f.lang(), key, pairs...), texts().Say(english, key, pairs...))
}

// onDay is say for a text with a day in it.
func (f Facts) onDay(key string, day ngo.Date) phrase {
	return f.dated(key, map[string]ngo.Date{"day": day})
}

// dated is say with days, each written in the language of its text.
func (f Facts) dated(key string, days map[string]ngo.Date, pairs ...string) phrase {
	in := func(lang string) string {
		all := pairs
		for name, day := range days {
			all = append(all[:len(all):len(all)], name, ngo.FormatDate(day, lang))
		}
		return texts().Say(lang, key, all...)
	}
	return pair(in(f.lang()), in(english))
}

func (f Facts) day(d ngo.Date) phrase {
	return pair(ngo.FormatDate(d, f.lang()), ngo.FormatDate(d, english))
}

// pair makes a phrase.
func pair(own, en string) phrase {
	if own == en {
		en = ""
	}
	return phrase{own, en}
}

// beside gives both in one line, the donor's language first.
func (p phrase) beside() string {
	if p.english == "" {
		return p.own
	}
	return p.own + " · " + p.english
}
