package main

import (
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// 250 of a gift in yen are 250 yen, not 25,000: what is typed is money of the gift's own currency.
func TestAmountsAreReadInTheirCurrency(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		given string
		in    ngo.Currency
		want  int64 // minor units; -1 is refused
	}{
		{"250", "INR", 25000}, {"1,250.50", "INR", 125050}, {"250", "JPY", 250}, {"250.5", "JPY", -1}, {"2.5", "KWD", 2500}, {"", "JPY", 0},
		{"0", "INR", -1}, {"-1", "INR", -1}, {"all", "INR", -1},
	} {
		got, err := amountIn("amount", tt.given, tt.in)
		if tt.want < 0 && err == nil || tt.want >= 0 && (err != nil || got != ngo.Money{Minor: tt.want, Currency: tt.in}) {
			t.Errorf("%q in %s = %v, %v; want %d", tt.given, tt.in, got, err, tt.want)
		}
	}
}
