package ngo

import "strings"

// hindiUpTo99 are the numbers below a hundred in the spelling of the Central Hindi Directorate: each has a word of its own.
var hindiUpTo99 = [...]string{
	"शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ",
	"दस", "ग्यारह", "बारह", "तेरह", "चौदह", "पंद्रह", "सोलह", "सत्रह", "अठारह", "उन्नीस",
	"बीस", "इक्कीस", "बाईस", "तेईस", "चौबीस", "पच्चीस", "छब्बीस", "सत्ताईस", "अट्ठाईस", "उनतीस",
	"तीस", "इकतीस", "बत्तीस", "तैंतीस", "चौंतीस", "पैंतीस", "छत्तीस", "सैंतीस", "अड़तीस", "उनतालीस",
	"चालीस", "इकतालीस", "बयालीस", "तैंतालीस", "चवालीस", "पैंतालीस", "छियालीस", "सैंतालीस", "अड़तालीस", "उनचास",
	"पचास", "इक्यावन", "बावन", "तिरपन", "चौवन", "पचपन", "छप्पन", "सत्तावन", "अठावन", "उनसठ",
	"साठ", "इकसठ", "बासठ", "तिरसठ", "चौंसठ", "पैंसठ", "छियासठ", "सड़सठ", "अड़सठ", "उनहत्तर",
	"सत्तर", "इकहत्तर", "बहत्तर", "तिहत्तर", "चौहत्तर", "पचहत्तर", "छिहत्तर", "सतहत्तर", "अठहत्तर", "उनासी",
	"अस्सी", "इक्यासी", "बयासी", "तिरासी", "चौरासी", "पचासी", "छियासी", "सतासी", "अठासी", "नवासी",
	"नब्बे", "इक्यानवे", "बानवे", "तिरानवे", "चौरानवे", "पचानवे", "छियानवे", "सत्तानवे", "अठानवे", "निन्यानवे",
}

var hindiPowers = [...]struct {
	size uint64
	name string
}{{1e7, "करोड़"}, {1e5, "लाख"}, {1000, "हज़ार"}, {100, "सौ"}}

var hindi = numerals{
	spell: spellHindi, minus: "ऋण ", only: " मात्र", and: " और ",
	rupee: func(n uint64) string { return spellHindi(n) + " " + plural(n, "रुपया", "रुपये") },
	paisa: func(n uint64) string { return spellHindi(n) + " " + plural(n, "पैसा", "पैसे") },
}

// spellHindi writes n in Hindi words: एक लाख पच्चीस हज़ार पाँच सौ.
func spellHindi(n uint64) string {
	var parts []string
	for _, p := range hindiPowers {
		if n >= p.size {
			parts = append(parts, spellHindi(n/p.size), p.name)
			n %= p.size
		}
	}
	if n > 0 || len(parts) == 0 {
		parts = append(parts, hindiUpTo99[n])
	}
	return strings.Join(parts, " ")
}
