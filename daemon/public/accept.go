package public

import (
	"net/http"

	"golang.org/x/text/language"
)

// accepted gives the languages that a browser asks for, the best first.
func accepted(r *http.Request) []string {
	header := r.Header.Get("Accept-Language")
	if len(header) > 500 {
		return nil
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil {
		return nil
	}
	var out []string
	for _, t := range tags {
		out = append(out, t.String())
	}
	return out
}
