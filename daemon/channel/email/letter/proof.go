package letter

import (
	"slices"
	"strings"
)

// Proof is what our own mail server found out about the sender. All empty: it says nothing.
type Proof struct{ SPF, DKIM, DMARC string }

// Proven tells whether the mail comes from the domain it claims to. Nothing else may be believed of From.
func (p Proof) Proven() bool { return p.DMARC == "pass" }

// proof reads the results of our server only: the first with its name, and only while no server but ours has touched the
// mail. Anybody may write such a field, but nobody above ours.
func proof(h header, o Options) Proof {
	server := o.Server
	if server == "" {
		return Proof{}
	}
	for _, f := range h {
		switch f.name {
		case "received":
			if !receivedBy(string(f.value), o) {
				return Proof{}
			}
		case "authentication-results":
			if p, ok := results(string(f.value), server); ok {
				return p
			}
		}
	}
	return Proof{}
}

// receivedBy tells whether a Received line is our server's, or of a machine within it that has no public name.
func receivedBy(v string, o Options) bool {
	words := strings.Fields(strings.ToLower(v))
	at := slices.Index(words, "by")
	if at < 0 || at+1 == len(words) {
		return false
	}
	by := strings.Trim(words[at+1], ";()[]")
	return by == strings.ToLower(o.Server) || o.Within(by) || !strings.ContainsFunc(by, func(r rune) bool { return r >= 'g' && r <= 'z' }) || !strings.Contains(by, ".")
}

func results(v, server string) (Proof, bool) {
	parts := strings.Split(uncommented(v), ";")
	if id := strings.Fields(parts[0]); len(id) == 0 || !strings.EqualFold(id[0], server) {
		return Proof{}, false
	}
	var p Proof
	for _, part := range parts[1:] {
		method, result, ok := strings.Cut(strings.ToLower(part), "=")
		into := map[string]*string{"spf": &p.SPF, "dkim": &p.DKIM, "dmarc": &p.DMARC}[strings.TrimSpace(method)]
		if !ok || into == nil {
			continue
		}
		r := firstWord(result)
		if strings.ContainsFunc(r, func(c rune) bool { return c < 'a' || c > 'z' }) {
			continue
		}
		if *into == "" || r == "pass" && into == &p.DKIM { // of several signatures one is enough
			*into = r
		}
	}
	return p, true
}
