package receipt

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const longestGreeting = 80

// sites are the ends of addresses that mail readers make links of, though nothing else marks them as such.
var sites = [...]string{
	"com", "org", "net", "in", "io", "co", "ly", "me", "info", "biz", "app", "xyz", "top", "shop", "store", "online", "site", "live", "link", "click", "club", "vip", "win",
}

// Salutation gives the name to begin a mail with; empty when there is none to use. Whoever pays one rupee chooses name and
// address: what looks like an advertisement is not mailed on.
func Salutation(name string) string {
	lower := strings.ToLower(name)
	for _, sign := range []string{"://", "www.", "@", "<", ">"} {
		if strings.Contains(lower, sign) {
			return ""
		}
	}
	if utf8.RuneCountInString(name) > longestGreeting || slices.ContainsFunc(strings.Fields(lower), linked) {
		return ""
	}
	return name
}

// linked tells whether a word becomes a link by itself: evil.org, or bit.ly/3x.
func linked(word string) bool {
	host, _, _ := strings.Cut(word, "/")
	host = strings.TrimFunc(host, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	dot := strings.LastIndexByte(host, '.')
	return dot > 0 && slices.Contains(sites[:], host[dot+1:])
}
