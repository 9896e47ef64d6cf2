package ngo

import "strings"

var (
	tamilUpTo19 = [...]string{"பூஜ்ஜியம்", "ஒன்று", "இரண்டு", "மூன்று", "நான்கு", "ஐந்து", "ஆறு", "ஏழு", "எட்டு", "ஒன்பது", "பத்து",
		"பதினொன்று", "பன்னிரண்டு", "பதிமூன்று", "பதினான்கு", "பதினைந்து", "பதினாறு", "பதினேழு", "பதினெட்டு", "பத்தொன்பது"}
	tamilTens     = [...]string{"", "", "இருபது", "முப்பது", "நாற்பது", "ஐம்பது", "அறுபது", "எழுபது", "எண்பது", "தொண்ணூறு"}
	tamilHundreds = [...]string{"", "நூறு", "இருநூறு", "முந்நூறு", "நானூறு", "ஐந்நூறு", "அறுநூறு", "எழுநூறு", "எண்ணூறு", "தொள்ளாயிரம்"}
)

// tamilSigns gives the sign that a vowel at the start of a word becomes when it joins the consonant before.
var tamilSigns = map[rune]string{'அ': "", 'ஆ': "ா", 'இ': "ி", 'ஈ': "ீ", 'உ': "ு", 'ஊ': "ூ", 'எ': "ெ", 'ஏ': "ே", 'ஐ': "ை", 'ஒ': "ொ", 'ஓ': "ோ"}

var tamil = numerals{
	spell: spellTamil, minus: "கழித்தல் ", only: " மட்டும்", and: " ",
	rupee: func(n uint64) string { return tamilCount(n) + " ரூபாய்" },
	paisa: func(n uint64) string { return tamilCount(n) + " பைசா" },
}

// spellTamil writes n in Tamil words. All but the last part of a number stand in their oblique form, which doubles a hard
// consonant that follows: ஒரு லட்சத்து இருபத்தைந்தாயிரத்து ஐந்நூறு, ஆயிரத்துத் தொள்ளாயிரம்.
func spellTamil(n uint64) string {
	var parts []string
	if crores := n / 1e7; crores > 0 {
		parts = append(parts, tamilCount(crores)+" கோடி")
	}
	n %= 1e7
	if lakhs := n / 1e5; lakhs > 0 {
		parts = append(parts, tamilCount(lakhs)+" லட்சம்")
	}
	n %= 1e5
	if n >= 1000 {
		parts = append(parts, tamilThousands(n/1000, len(parts) == 0))
	}
	n %= 1000
	if n >= 100 {
		parts = append(parts, tamilHundreds[n/100])
	}
	n %= 100
	if n > 0 || len(parts) == 0 {
		parts = append(parts, tamilUpTo99(n))
	}
	out := parts[0]
	for _, next := range parts[1:] {
		out = tamilOblique(out)
		if hard := []rune(next)[0]; strings.HasSuffix(out, "ு") && strings.ContainsRune("கசதப", hard) {
			out += string(hard) + "்"
		}
		out += " " + next
	}
	return out
}

// tamilOblique gives the form of a number to which a smaller one is added.
func tamilOblique(s string) string {
	for _, f := range [...]struct{ end, oblique string }{{"கோடி", "கோடியே"}, {"ம்", "த்து"}, {"நூறு", "நூற்று"}, {"னூறு", "னூற்று"}, {"ணூறு", "ணூற்று"}} {
		if head, ok := strings.CutSuffix(s, f.end); ok {
			return head + f.oblique
		}
	}
	return s
}

// tamilCount is n before the noun that it counts: ஒரு, not ஒன்று.
func tamilCount(n uint64) string {
	s := spellTamil(n)
	if head, ok := strings.CutSuffix(s, "ஒன்று"); ok {
		return head + "ஒரு"
	}
	if head, ok := strings.CutSuffix(s, "ொன்று"); ok {
		return head + "ொரு"
	}
	return s
}

// tamilThousands joins a number below a hundred with ஆயிரம்.
func tamilThousands(n uint64, first bool) string {
	switch {
	case n == 1 && first:
		return "ஆயிரம்"
	case n == 1:
		return "ஓராயிரம்"
	case n == 3:
		return "மூவாயிரம்"
	case n == 5:
		return "ஐயாயிரம்"
	}
	s := tamilUpTo99(n)
	if head, ok := strings.CutSuffix(s, "ொன்று"); ok {
		return head + "ோராயிரம்"
	}
	return strings.TrimSuffix(s, "ு") + "ாயிரம்"
}

func tamilUpTo99(n uint64) string {
	if n < 20 {
		return tamilUpTo19[n]
	}
	ten, one := tamilTens[n/10], n%10
	if one == 0 {
		return ten
	}
	stem := strings.TrimSuffix(ten, "து") + "த்து"
	if n >= 90 {
		stem = "தொண்ணூற்று"
	}
	unit := []rune(tamilUpTo19[one])
	sign, vowel := tamilSigns[unit[0]]
	if !vowel {
		return stem + " " + string(unit)
	}
	return strings.TrimSuffix(stem, "ு") + sign + string(unit[1:])
}
