package ngo_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestLooksLikeAadhaar(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"999941057058": true, "9999 4105 7058": true, "9999-4105-7058": true, "९९९९ ४१०५ ७०५८": true, // UIDAI's own test number
		"999941057059": false, "99994105705": false, "199941057058": false, "ABCPE1234F": false, "": false, "+919999410570": false,
	} {
		if got := ngo.LooksLikeAadhaar(s); got != want {
			t.Errorf("LooksLikeAadhaar(%q) = %v", s, got)
		}
	}
}
