package apiserver

import (
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// maskAadhaar takes out of a text the numbers that are never kept, and tells how many there were. Those that are on record as
// phones or as a bank's numbers only look like one.
func maskAadhaar(rx *store.Rx, text string) (string, int, error) {
	var doubtful []string
	masked, n := ngo.MaskAadhaar(text, func(digits string) bool {
		doubtful = append(doubtful, digits)
		return false
	}, nil)
	if len(doubtful) == 0 {
		return masked, n, nil // nearly always
	}
	known, err := rx.Lookalikes(doubtful)
	if err != nil {
		return "", 0, err
	}
	masked, n = ngo.MaskAadhaar(text, func(digits string) bool { return known[digits] }, nil)
	return masked, n, nil
}
