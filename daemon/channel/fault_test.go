package channel_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel"
)

// An error is logged, and logs hold nobody's number or address.
func TestAFaultNamesNobody(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"Rate limit hit (24 hours, 1000 messages)":         "code 7: Rate limit hit (24 hours, 1000 messages)",
		"Recipient +919840012345 not in allowed list":      "code 7: Recipient +… not in allowed list",
		"+91 98400 12345: not a WhatsApp user":             "code 7: +…: not a WhatsApp user",
		"550 5.1.1 <meena@example.org>: user unknown":      "code 7: 550 5.1.1 <…>: user unknown",
		"no such user மீனா@example.org here, see RFC 5321": "code 7: no such user … here, see RFC 5321",
	} {
		f := &channel.Fault{Code: "7", Words: words}
		if got := f.Error(); got != want {
			t.Errorf("Error of %q = %q; want %q", words, got, want)
		}
		if f.Words != words {
			t.Errorf("the words themselves were changed: %q", f.Words)
		}
	}
}
