package letter

import (
	"net/mail"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxAddresses = 1000
	maxAddress   = 320 // bytes
	maxPerson    = 300 // bytes of a name
	maxIDs       = 100
	maxID        = 998 // bytes; a line of a mail
)

// addresses reads all addresses of some fields, groups and comments among them. What is no address is left out.
func addresses(values []string) []Address {
	var all []Address
	for _, v := range values {
		p := mailboxes{rest: v}
		for len(all) < maxAddresses && p.rest != "" {
			if a, ok := p.next(); ok {
				all = append(all, a)
			}
		}
	}
	return all
}

// mailboxes reads one address after the other.
type mailboxes struct{ rest string }

func (p *mailboxes) next() (Address, bool) {
	var phrase, comment, angle strings.Builder
	inAngle := false
	for p.rest != "" {
		c := p.rest[0]
		switch {
		case c == '"':
			text, rest := quoted(p.rest[1:])
			if strings.HasPrefix(rest, "@") {
				text = `"` + text + `"`
			}
			phrase.WriteString(text)
			p.rest = rest
		case c == '(':
			text, rest := commented(p.rest)
			comment.WriteString(text)
			p.rest = rest
		case c == '<' && !inAngle:
			inside, rest, ok := strings.Cut(p.rest[1:], ">")
			if !ok {
				inside, rest, _ = strings.Cut(p.rest[1:], ",")
			}
			angle.WriteString(inside)
			inAngle, p.rest = true, rest
		case c == '<', c == ',' || c == ';': // a second one in angles: the comma between is missing
			if c != '<' {
				p.rest = p.rest[1:]
			}
			return mailbox(phrase.String(), comment.String(), angle.String(), inAngle)
		case c == ':' && !inAngle && !strings.Contains(phrase.String(), "@"): // a group's name
			phrase.Reset()
			p.rest = p.rest[1:]
		default:
			if inAngle && c != ' ' && c != '\t' {
				return mailbox(phrase.String(), comment.String(), angle.String(), inAngle)
			}
			p.take(&phrase)
		}
	}
	return mailbox(phrase.String(), comment.String(), angle.String(), inAngle)
}

// take moves one sign to the phrase, or one encoded word: commas in it are its own.
func (p *mailboxes) take(phrase *strings.Builder) {
	n := 1
	if strings.HasPrefix(p.rest, "=?") {
		if _, rest, ok := encodedWord(p.rest); ok {
			n = len(p.rest) - len(rest)
		}
	}
	phrase.WriteString(p.rest[:n])
	p.rest = p.rest[n:]
}

// commented reads a comment, others within it.
func commented(s string) (text, rest string) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[1:i], s[i+1:]
			}
		}
	}
	return s[1:], ""
}

// uncommented leaves comments out.
func uncommented(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var out strings.Builder
	for s != "" {
		before, _, ok := strings.Cut(s, "(")
		out.WriteString(before)
		if !ok {
			break
		}
		_, s = commented(s[len(before):])
	}
	return out.String()
}

func mailbox(phrase, comment, angle string, inAngle bool) (Address, bool) {
	name, address := plain(comment), phrase
	if inAngle {
		name, address = plain(phrase), angle
	}
	name, _ = shortened(name, maxPerson)
	address = cleanAddress(address)
	return Address{Name: name, Address: address}, address != ""
}

// cleanAddress gives an address without a route, blanks and comments; empty for what is none.
func cleanAddress(s string) string {
	s = uncommented(s)
	if strings.HasPrefix(strings.TrimSpace(s), "@") { // a route
		_, s, _ = strings.Cut(s, ":")
	}
	s = strings.TrimPrefix(strings.Join(strings.Fields(ngo.Printable(guess([]byte(s)))), ""), "mailto:")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || at == len(s)-1 || len(s) > maxAddress || ngo.Printable(s) != s {
		return ""
	}
	local, domain := s[:at], strings.ToLower(s[at+1:])
	if strings.ContainsAny(domain, "@:;,<>()\\\"'") && !strings.HasPrefix(domain, "[") {
		return ""
	}
	if !strings.HasPrefix(local, `"`) && strings.ContainsAny(local, ":;,<>()@\"") {
		return ""
	}
	return local + "@" + domain
}

// messageIDs collects the ids among whatever else stands there, each once. Of very many the first and the last stay: where
// the thread began, and what was answered.
func messageIDs(values []string) []string {
	var ids []string
	seen := map[string]bool{}
	for _, v := range values {
		for {
			_, after, ok := strings.Cut(v, "<")
			if !ok {
				break
			}
			inside, rest, ok := strings.Cut(after, ">")
			if !ok {
				break
			}
			v = rest
			if i := strings.LastIndexByte(inside, '<'); i >= 0 {
				inside = inside[i+1:]
			}
			if id := cleanID(inside); strings.Contains(id, "@") && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	if len(ids) > maxIDs {
		ids = append(ids[:1:1], ids[len(ids)-maxIDs+1:]...)
	}
	return ids
}

// messageID reads a mail's own id, also without angle brackets or an @.
func messageID(values []string) string {
	if ids := messageIDs(values); len(ids) > 0 {
		return ids[0]
	}
	for _, v := range values {
		if id := cleanID(strings.Trim(strings.TrimSpace(v), "<> ")); id != "" && !strings.ContainsAny(id, "<>") {
			return id
		}
	}
	return ""
}

func cleanID(s string) string {
	s = uncommented(s)
	s = strings.Join(strings.Fields(ngo.Printable(guess([]byte(s)))), "")
	if len(s) > maxID || ngo.Printable(s) != s {
		return ""
	}
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		return s[:at] + strings.ToLower(s[at:])
	}
	return s
}

// received reads when the last server took the mail.
func received(h header) time.Time {
	v := h.get("received")
	return date(v[strings.LastIndexByte(v, ';')+1:])
}

// date reads a date; zero for none. Names of zones are only known to the RFC where they are American.
func date(raw string) time.Time {
	raw = squeeze(uncommented(raw))
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, " :", ":"), ": ", ":")
	for name, zone := range map[string]string{" IST": " +0530", " JST": " +0900", " UTC": " +0000", " GMT": " +0000", " Z": " +0000", " NPT": " +0545", " CET": " +0100", " CEST": " +0200"} {
		if before, ok := strings.CutSuffix(raw, name); ok {
			raw = before + zone
		}
	}
	t, err := mail.ParseDate(raw)
	for _, layout := range []string{time.RFC3339, time.ANSIC, time.UnixDate, "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04:05", "2006-01-02 15:04:05 -0700"} {
		if err == nil {
			break
		}
		t, err = time.Parse(layout, raw)
	}
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}
