package ngo_test

import (
	"math"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestWordsInTamilAndHindi(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in     ngo.Money
		ta, hi string
	}{
		{ngo.Paise(0), "பூஜ்ஜியம் ரூபாய் மட்டும்", "शून्य रुपये मात्र"},
		{ngo.Paise(1), "ஒரு பைசா மட்டும்", "एक पैसा मात्र"},
		{ngo.Paise(100), "ஒரு ரூபாய் மட்டும்", "एक रुपया मात्र"},
		{ngo.Paise(1_01), "ஒரு ரூபாய் ஒரு பைசா மட்டும்", "एक रुपया और एक पैसा मात्र"},
		{ngo.Paise(11_00), "பதினொரு ரூபாய் மட்டும்", "ग्यारह रुपये मात्र"},
		{ngo.Paise(21_99), "இருபத்தொரு ரூபாய் தொண்ணூற்றொன்பது பைசா மட்டும்", "इक्कीस रुपये और निन्यानवे पैसे मात्र"},
		{ngo.Paise(93_00), "தொண்ணூற்று மூன்று ரூபாய் மட்டும்", "तिरानवे रुपये मात्र"},
		{ngo.Paise(100_00), "நூறு ரூபாய் மட்டும்", "एक सौ रुपये मात्र"},
		{ngo.Paise(101_00), "நூற்று ஒரு ரூபாய் மட்டும்", "एक सौ एक रुपये मात्र"},
		{ngo.Paise(110_00), "நூற்றுப் பத்து ரூபாய் மட்டும்", "एक सौ दस रुपये मात्र"},
		{ngo.Paise(999_00), "தொள்ளாயிரத்துத் தொண்ணூற்றொன்பது ரூபாய் மட்டும்", "नौ सौ निन्यानवे रुपये मात्र"},
		{ngo.Paise(1000_00), "ஆயிரம் ரூபாய் மட்டும்", "एक हज़ार रुपये मात्र"},
		{ngo.Paise(1947_00), "ஆயிரத்துத் தொள்ளாயிரத்து நாற்பத்தேழு ரூபாய் மட்டும்", "एक हज़ार नौ सौ सैंतालीस रुपये मात्र"},
		{ngo.Paise(3500_00), "மூவாயிரத்து ஐந்நூறு ரூபாய் மட்டும்", "तीन हज़ार पाँच सौ रुपये मात्र"},
		{ngo.Paise(5000_00), "ஐயாயிரம் ரூபாய் மட்டும்", "पाँच हज़ार रुपये मात्र"},
		{ngo.Paise(11000_00), "பதினோராயிரம் ரூபாய் மட்டும்", "ग्यारह हज़ार रुपये मात्र"},
		{ngo.Paise(21001_00), "இருபத்தோராயிரத்து ஒரு ரூபாய் மட்டும்", "इक्कीस हज़ार एक रुपये मात्र"},
		{ngo.Paise(90000_00), "தொண்ணூறாயிரம் ரூபாய் மட்டும்", "नब्बे हज़ार रुपये मात्र"},
		{ngo.Paise(1_00_000_00), "ஒரு லட்சம் ரூபாய் மட்டும்", "एक लाख रुपये मात्र"},
		{ngo.Paise(1_01_000_00), "ஒரு லட்சத்து ஓராயிரம் ரூபாய் மட்டும்", "एक लाख एक हज़ार रुपये मात्र"},
		{ngo.Paise(1_25_000_50), "ஒரு லட்சத்து இருபத்தைந்தாயிரம் ரூபாய் ஐம்பது பைசா மட்டும்", "एक लाख पच्चीस हज़ार रुपये और पचास पैसे मात्र"},
		{ngo.Paise(21_10_000_00), "இருபத்தொரு லட்சத்துப் பத்தாயிரம் ரூபாய் மட்டும்", "इक्कीस लाख दस हज़ार रुपये मात्र"},
		{ngo.Paise(1_00_00_000_00), "ஒரு கோடி ரூபாய் மட்டும்", "एक करोड़ रुपये मात्र"},
		{ngo.Paise(2_50_00_000_00), "இரண்டு கோடியே ஐம்பது லட்சம் ரூபாய் மட்டும்", "दो करोड़ पचास लाख रुपये मात्र"},
		{ngo.Paise(9999_99_99_999_99), "ஒன்பதாயிரத்துத் தொள்ளாயிரத்துத் தொண்ணூற்றொன்பது கோடியே தொண்ணூற்றொன்பது லட்சத்துத் தொண்ணூற்றொன்பதாயிரத்துத் " +
			"தொள்ளாயிரத்துத் தொண்ணூற்றொன்பது ரூபாய் தொண்ணூற்றொன்பது பைசா மட்டும்",
			"नौ हज़ार नौ सौ निन्यानवे करोड़ निन्यानवे लाख निन्यानवे हज़ार नौ सौ निन्यानवे रुपये और निन्यानवे पैसे मात्र"},
		{ngo.Money{Minor: 12_50, Currency: "USD"}, "USD பன்னிரண்டு 50/100 மட்டும்", "USD बारह और 50/100 मात्र"},
		{ngo.Money{Minor: 5, Currency: "JPY"}, "JPY ஐந்து மட்டும்", "JPY पाँच मात्र"},
		{ngo.Paise(-100), "கழித்தல் ஒரு ரூபாய் மட்டும்", "ऋण एक रुपया मात्र"},
	} {
		for lang, want := range map[string]string{"ta": tt.ta, "hi": tt.hi, "en": tt.in.Words(), "fr": tt.in.Words()} {
			if got := tt.in.WordsIn(lang); got != want {
				t.Errorf("%v in %s = %q; want %q", tt.in, lang, got, want)
			}
		}
	}
}

// Every number up to a hundred has its own words, and none of them falls apart at a joint.
func TestNumbersInWordsAreAllDifferent(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"ta", "hi"} {
		seen := map[string]int64{}
		for n := range int64(200_000) {
			words := ngo.Paise(n * 100).WordsIn(lang)
			if before, ok := seen[words]; ok {
				t.Fatalf("%d and %d are both %q in %s", before, n, words, lang)
			}
			seen[words] = n
			if strings.Contains(words, "  ") || strings.Contains(words, "ுா") || strings.Contains(words, "்ா") || strings.HasPrefix(words, " ") {
				t.Fatalf("%d is %q in %s", n, words, lang)
			}
		}
		for _, n := range []int64{math.MaxInt64, math.MinInt64} {
			if words := ngo.Paise(n).WordsIn(lang); words == "" {
				t.Errorf("%d has no words in %s", n, lang)
			}
		}
	}
}
