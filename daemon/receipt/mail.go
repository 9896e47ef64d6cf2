package receipt

import (
	"strings"
	"unicode/utf8"
)

const longestGreeting = 80

// Salutation gives the name to begin a mail with; empty when there is none to use. Whoever pays one rupee chooses name and
// address: what looks like an advertisement is not mailed on.
func Salutation(name string) string {
	lower := strings.ToLower(name)
	for _, sign := range []string{"://", "www.", "@", ".com", ".in/", "<", ">"} {
		if strings.Contains(lower, sign) {
			return ""
		}
	}
	if utf8.RuneCountInString(name) > longestGreeting {
		return ""
	}
	return name
}
