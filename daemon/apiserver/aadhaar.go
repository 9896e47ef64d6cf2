package apiserver

import (
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// maskAadhaar takes out of a text the numbers that are never kept, and tells how many there were. Those that are on record as
// phones or as a bank's numbers only look like one.
func maskAadhaar(rx *store.Rx, text string) (string, int, error) {
	masked, n, err := maskTogether(rx, []string{text})
	if err != nil {
		return "", 0, err
	}
	return masked[0], n, nil
}

// maskTogether is maskAadhaar for the texts of one message: what one of them says of numbers counts for the others too.
func maskTogether(rx *store.Rx, texts []string) ([]string, int, error) {
	var doubtful []string
	masked, n := mask(texts, func(digits string) bool {
		doubtful = append(doubtful, digits)
		return true // until it is known better
	})
	if len(doubtful) == 0 {
		return masked, n, nil // nearly always
	}
	known, err := rx.Lookalikes(doubtful)
	if err != nil {
		return nil, 0, err
	}
	masked, n = mask(texts, func(digits string) bool { return known[digits] })
	return masked, n, nil
}

func mask(texts []string, known func(digits string) bool) (out []string, found int) {
	about := ngo.AadhaarContextOf(texts)
	for _, s := range texts {
		masked, n := ngo.MaskAadhaar(s, known, func(digits string) bool { return about.Means(s, digits) })
		out = append(out, masked)
		found += n
	}
	return out, found
}
