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
	stop bool   // else they want them again
	lang string // of the word, in which it is answered
}

// wishes are the words for it, folded.
type wishes map[string]wish

// longestWish is the longest message in bytes that is looked at.
const longestWish = 200

// loadWishes reads the words. It fails with Invalid when one is in there for both, or for two languages, or for none that is spoken.
func loadWishes(files embed.FS) (wishes, error) {
	raw, err := files.ReadFile("lang/stop.toml")
	if err != nil {
		return nil, fmt.Errorf("read words of stopping: %w", err)
	}
	var said struct{ Stop, Start map[string][]string }
	if err := toml.Unmarshal(raw, &said); err != nil {
		return nil, fmt.Errorf("read words of stopping: %w", err)
	}
	all := wishes{}
	for _, list := range []struct {
		stop  bool
		words map[string][]string
	}{{true, said.Stop}, {false, said.Start}} {
		for lang, words := range list.words {
			if ngo.Language(lang) != lang {
				return nil, &ngo.Error{Code: ngo.Invalid, Message: "words of stopping in a language that is not spoken: " + lang}
			}
			for _, word := range words {
				if err := all.add(word, wish{list.stop, lang}); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

func (all wishes) add(word string, w wish) error {
	key := foldWish(word)
	if was, ok := all[key]; key == "" || len(key) > longestWish || ok && was != w {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the word of stopping %q is empty, too long or given twice", word)}
	}
	all[key] = w
	return nil
}

// of tells what a message says that is nothing but such a word; false for any other.
func (all wishes) of(text string) (wish, bool) {
	if len(text) > longestWish {
		return wish{}, false
	}
	w, ok := all[foldWish(text)]
	return w, ok
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
