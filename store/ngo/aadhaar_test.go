package ngo_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestLooksLikeAadhaar(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"999941057058": true, "9999 4105 7058": true, "9999-4105-7058": true, "९९९९ ४१०५ ७०५८": true, "9999.4105/7058": true, // UIDAI's own test number
		"999941057059": false, "99994105705": false, "199941057058": false, "ABCPE1234F": false, "": false, "+919999410570": false,
	} {
		if got := ngo.LooksLikeAadhaar(s); got != want {
			t.Errorf("LooksLikeAadhaar(%q) = %v", s, got)
		}
	}
}

func TestHideAadhaar(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"12 Car Street 999941057058, Madurai 625001": "12 Car Street xxxx xxxx 7058, Madurai 625001",
		"Meena 9999 4105 7058":                       "Meena xxxx xxxx 7058",
		"9999-4105-7058":                             "xxxx xxxx 7058",
		"9999.4105.7058 and 9999/4105/7058":          "xxxx xxxx 7058 and xxxx xxxx 7058",
		"UID:९९९९ ४१०५ ७०५८":                         "UID:xxxx xxxx ७०५८",
		"12 9999 4105 7058":                          "12 xxxx xxxx 7058",
		"Madurai 625001, 12 Car Street":              "Madurai 625001, 12 Car Street",
		"999941057059":                               "999941057059",  // the check digit is wrong
		"9999410570581":                              "9999410570581", // a longer number
		"1999941057058":                              "1999941057058",
		"+919999410570":                              "+919999410570",
		"":                                           "",
	} {
		if got := ngo.HideAadhaar(s); got != want {
			t.Errorf("HideAadhaar(%q) = %q, want %q", s, got, want)
		}
		if got := ngo.HideAadhaar(ngo.HideAadhaar(s)); got != want {
			t.Errorf("HideAadhaar of its own answer to %q is %q", s, got)
		}
	}
}
