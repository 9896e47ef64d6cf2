package flow

import (
	"embed"
	"fmt"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// wish is what somebody says with a whole message about getting more of them.
type wish struct {
	stop   bool   // else they want them again
	lang   string // of the word, in which it is answered
	unsure bool   // the word may be an answer to something else: it counts, and somebody looks
}

// wishes are the words for it, folded; what is only courteous is the zero wish.
type wishes map[string]wish

// longestWish is the longest message in bytes that is looked at.
const longestWish = 200

// loadWishes reads the words. It fails with Invalid when one is in there for both, or for two languages, or for none that is spoken.
func loadWishes(files embed.FS) (wishes, error) {
	raw, err := files.ReadFile("lang/stop.toml")
	if err != nil {
		return nil, fmt.Errorf("read words of stopping: %w", err)
	}
	var said struct{ Stop, Unsure, Start, Courteous map[string][]string }
	if err := toml.Unmarshal(raw, &said); err != nil {
		return nil, fmt.Errorf("read words of stopping: %w", err)
	}
	all := wishes{}
	for _, list := range []struct {
		means wish
		words map[string][]string
	}{{wish{stop: true}, said.Stop}, {wish{stop: true, unsure: true}, said.Unsure}, {wish{}, said.Start}} {
		for lang, words := range list.words {
			if ngo.Language(lang) != lang {
				return nil, &ngo.Error{Code: ngo.Invalid, Message: "words of stopping in a language that is not spoken: " + lang}
			}
			list.means.lang = lang
			if err := all.add(list.means, words); err != nil {
				return nil, err
			}
		}
	}
	for _, words := range said.Courteous {
		if err := all.add(wish{}, words); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (all wishes) add(w wish, words []string) error {
	for _, word := range words {
		key := foldWish(word)
		if was, ok := all[key]; key == "" || len(key) > longestWish || ok && was != w {
			return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the word of stopping %q is empty, too long or given twice", word)}
		}
		all[key] = w
	}
	return nil
}

// of tells what a message says that is nothing but such words, however often and courteously; false for any other, and for one that
// says both.
func (all wishes) of(text string) (said wish, ok bool) {
	if len(text) > longestWish {
		return wish{}, false
	}
	for words := strings.Fields(foldWish(text)); len(words) > 0; {
		w, n := all.first(words)
		switch words = words[max(n, 1):]; {
		case n == 0, ok && w.lang != "" && w.stop != said.stop:
			return wish{}, false
		case w.lang != "" && (!ok || said.unsure):
			said, ok = w, true
		}
	}
	return said, ok
}

// first gives the longest of them that some words begin with, and of how many words it is; 0 when they begin with none.
func (all wishes) first(words []string) (w wish, n int) {
	for n = len(words); n > 0; n-- {
		if w, ok := all[strings.Join(words[:n], " ")]; ok {
			return w, n
		}
	}
	return wish{}, 0
}

// foldWish gives a message without what does not count: case, width and punctuation, pictures, signs that nobody sees. Marks stay:
// in Indian scripts they are vowels.
func foldWish(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(text) {
		switch {
		case unicode.IsLetter(r), unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Mc, r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsSpace(r), r == '-', r == '_', r == '/':
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
