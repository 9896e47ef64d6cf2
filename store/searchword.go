package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What is searched is kept as keys, each of which says by its first sign what it is a key of. None of them is a word of its own to the
// engine's search but what stands between two spaces, so all but letters and digits is left out.
const (
	keyWord   = 'w' // a word, in lower case and without accents
	keySound  = 's' // how a word sounds, in whatever script it is written
	keyTail   = 'n' // the last digits of a phone number
	keyNumber = 'r' // a number or an id without what parts it, such as svt202627d000123, or its last part
	keyMail   = 'e' // an address without what parts it
)

const (
	mostWordLength = 40  // signs of a word that are a key
	mostKeys       = 600 // of one text: longer ones are found by what they begin with
	leastTail      = 4   // digits
	mostTail       = 10
)

// keys collects the keys of an entry, each once.
type keys struct {
	seen map[string]bool
	text strings.Builder
}

func (k *keys) add(kind byte, s string) {
	key := string(kind) + s
	if s == "" || len(k.seen) >= mostKeys || k.seen[key] {
		return
	}
	if k.seen == nil {
		k.seen = map[string]bool{}
	}
	k.seen[key] = true
	if k.text.Len() > 0 {
		k.text.WriteByte(' ')
	}
	k.text.WriteString(key)
}

func (k *keys) String() string { return k.text.String() }

// name adds a name: its words, and how they sound.
func (k *keys) name(s string) {
	for _, w := range ngo.Words(s) {
		k.add(keyWord, short(w))
		for _, sound := range ngo.Sounds(w) {
			k.add(keySound, sound)
		}
	}
}

// prose adds a text: its words, how those sound that may be names, and the numbers and addresses in it.
func (k *keys) prose(s string) {
	for _, field := range strings.Fields(s) {
		k.compound(field)
		for _, w := range ngo.Words(field) {
			k.add(keyWord, short(w))
			if !mayBeName(w) {
				continue
			}
			for _, sound := range ngo.Sounds(w) {
				if len(sound) > 1 {
					k.add(keySound, sound)
				}
			}
		}
	}
}

// compound adds what stands in one piece and is made of several: a receipt's number, an id, an address.
func (k *keys) compound(field string) {
	if strings.ContainsRune(field, '@') {
		k.mail(field)
		return
	}
	if whole, is := compound(field); is {
		k.add(keyNumber, whole)
	}
}

// mail adds an address, and its parts as words.
func (k *keys) mail(address string) {
	local, _, _ := strings.Cut(address, "@")
	k.add(keyMail, short(bare(address)))
	k.add(keyMail, short(bare(local)))
	for _, w := range ngo.Words(address) {
		k.add(keyWord, short(w))
	}
}

// phone adds the ends of a number.
func (k *keys) phone(s string) {
	digits := bare(s)
	for n := leastTail; n <= min(mostTail, len(digits)); n++ {
		k.add(keyTail, digits[len(digits)-n:])
	}
	k.add(keyNumber, digits)
}

// number adds a number or an id, whole, and its last part with and without the noughts in front.
func (k *keys) number(s string) {
	if s == "" {
		return
	}
	k.add(keyNumber, short(bare(s)))
	parts := strings.FieldsFunc(s, isJoint)
	if len(parts) > 0 {
		last := bare(parts[len(parts)-1])
		k.add(keyNumber, short(last))
		k.add(keyNumber, short(strings.TrimLeft(last, "0")))
	}
	for _, w := range ngo.Words(s) {
		k.add(keyWord, short(w))
	}
}

func short(s string) string {
	if utf8.RuneCountInString(s) <= mostWordLength {
		return s
	}
	return string([]rune(s)[:mostWordLength])
}

func beginning(s string) string {
	if utf8.RuneCountInString(s) <= indexedBegin {
		return s
	}
	return string([]rune(s)[:indexedBegin])
}

// bare leaves only letters and digits of a text, as Words gives them.
func bare(s string) string { return strings.Join(ngo.Words(s), "") }

func isJoint(r rune) bool { return strings.ContainsRune("/-_.:#", r) }

// compound tells whether a piece of text is a number or an id of several parts, and gives it bare.
func compound(field string) (string, bool) {
	field = strings.TrimFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(field) > 80 || !strings.ContainsFunc(field, isJoint) || !strings.ContainsFunc(field, unicode.IsDigit) {
		return "", false
	}
	return short(bare(field)), true
}

// mayBeName tells a word whose sound is worth a key: most of what people write in Latin letters are the same few words.
func mayBeName(w string) bool {
	if len(w) < 3 || utf8.RuneCountInString(w) > 24 {
		return false
	}
	_, common := slices.BinarySearch(commonWords[:], w)
	return !common
}

// commonWords are in order.
var commonWords = [...]string{
	"about", "address", "after", "again", "all", "also", "amount", "and", "any", "are", "bank", "because", "been", "before", "but", "call", "can",
	"come", "confirm", "could", "day", "dear", "details", "did", "donation", "done", "email", "for", "from", "get", "give", "good", "got", "great",
	"had", "has", "have", "hello", "help", "her", "here", "him", "his", "how", "http", "https", "just", "kindly", "know", "last", "like", "mail",
	"make", "message", "money", "month", "more", "morning", "much", "need", "new", "not", "now", "number", "okay", "one", "only", "our", "out", "paid",
	"pay", "payment", "phone", "please", "receipt", "received", "regards", "said", "see", "send", "sent", "she", "should", "sir", "some", "soon",
	"still", "thank", "thanks", "that", "the", "their", "them", "then", "there", "they", "this", "time", "today", "tomorrow", "very", "want", "was",
	"were", "what", "when", "where", "which", "who", "will", "with", "would", "www", "year", "yes", "yesterday", "you", "your",
}

// question is how somebody's words are to be taken.
type question struct {
	wide bool // how a word sounds may be only begun, too
}

// indexedBegin is up to how many letters the search has words by what they begin with; see the schema. What begins with more would be
// put together when it is asked for, out of all kinds: of a longer word that may be only begun the first letters are enough.
const indexedBegin = 8

// asked reads what somebody looks for as an expression of the engine's search; empty when there is nothing to look for. Each word
// has to be there, the last perhaps only begun.
func asked(text string, q question) string {
	if digits, ok := phoneLike(text); ok {
		return digitsAsked(digits)
	}
	fields := strings.Fields(text)
	var terms []string
	for i, field := range fields {
		if len(terms) == mostAsked {
			break
		}
		if t := q.term(field, i == len(fields)-1); t != "" {
			terms = append(terms, t)
		}
	}
	return strings.Join(terms, " AND ")
}

// mostAsked is how many words are looked for.
const mostAsked = 8

// phoneLike tells whether a text is nothing but digits, and what phones are written with.
func phoneLike(text string) (string, bool) {
	rest := strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" +-().", r) {
			return -1
		}
		return r
	}, text), " ")
	words := ngo.Words(rest)
	if len(words) != 1 || len(words[0]) < leastTail || strings.Trim(words[0], "0123456789") != "" {
		return "", false
	}
	return words[0], true
}

func digitsAsked(digits string) string {
	tail := digits[max(0, len(digits)-mostTail):]
	return either(exact(keyTail, tail), begun(keyWord, short(digits)), begun(keyNumber, short(digits)), exact(keyNumber, short(strings.TrimLeft(digits, "0"))))
}

// term reads one of the words that are looked for.
func (q question) term(field string, last bool) string {
	words := ngo.Words(field)
	if len(words) == 0 {
		return ""
	}
	var alternatives []string
	switch whole, isCompound := compound(field); {
	case strings.ContainsRune(field, '@'):
		alternatives = append(alternatives, begun(keyMail, short(strings.Join(words, ""))))
	case isCompound:
		alternatives = append(alternatives, begun(keyNumber, whole))
	}
	if len(words) > 1 {
		var parts []string
		for i, w := range words {
			parts = append(parts, q.term(w, last && i == len(words)-1))
		}
		return either(append(alternatives, "("+strings.Join(parts, " AND ")+")")...)
	}
	return either(append(alternatives, q.word(words[0], last)...)...)
}

// word gives the keys by which one word may be found.
func (q question) word(w string, last bool) []string {
	if strings.Trim(w, "0123456789") == "" && len(w) >= 3 {
		if len(w) >= leastTail {
			return []string{digitsAsked(w)}
		}
		return []string{exact(keyNumber, strings.TrimLeft(w, "0")), begun(keyWord, w)}
	}
	out := []string{exact(keyWord, short(w))}
	if last {
		out[0] = begun(keyWord, beginning(w))
	}
	for _, s := range ngo.Sounds(w) {
		switch {
		case q.wide && last && len(s) > 2:
			out = append(out, begun(keySound, beginning(s)))
		case q.wide || len(s) > 1 && mayBeName(w):
			out = append(out, exact(keySound, s))
		}
	}
	if strings.ContainsFunc(w, unicode.IsDigit) {
		out = append(out, begun(keyNumber, short(w)))
	}
	return out
}

func exact(kind byte, s string) string {
	if s == "" {
		return ""
	}
	return `"` + string(kind) + s + `"`
}

func begun(kind byte, s string) string { return exact(kind, s) + "*" }

// either joins alternatives.
func either(alternatives ...string) string {
	alternatives = slices.DeleteFunc(alternatives, func(a string) bool { return a == "" || a == "*" })
	if len(alternatives) == 1 {
		return alternatives[0]
	}
	return "(" + strings.Join(alternatives, " OR ") + ")"
}
