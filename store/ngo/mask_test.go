package ngo

import (
	"strings"
	"testing"
	"unicode"
)

func TestAadhaarNumbersAreMaskedWhereTheyAreMeant(t *testing.T) {
	t.Parallel()
	// 2345 6789 0124 has the right check digit.
	const other = "499118665246" // another that has, and so may be a bank's reference
	if !LooksLikeAadhaar("234567890124") || !LooksLikeAadhaar(other) {
		t.Fatal("the numbers of this test are wrong")
	}
	known := func(digits string) bool { return digits == "919840012342" || digits == "400000000005" }
	for _, tt := range []struct {
		text, want string
		n          int
	}{
		// grouped in fours
		{"2345 6789 0124", "xxxx xxxx 0124", 1},
		{"my id is 2345-6789-0124, ok", "my id is xxxx xxxx 0124, ok", 1},
		{"2345.6789.0124 2345/6789/0124", "xxxx xxxx 0124 xxxx xxxx 0124", 2},
		// beside other numbers
		{"1. 2345 6789 0124", "1. xxxx xxxx 0124", 1}, {"9876543210, 2345 6789 0124", "9876543210, xxxx xxxx 0124", 1}, {"2345-6789-0124 9876543210", "xxxx xxxx 0124 9876543210", 1},
		{"Meena 14/06/1987, 2345 6789 0124, 600028", "Meena 14/06/1987, xxxx xxxx 0124, 600028", 1}, {"Chennai 600 028\n2345 6789 0124", "Chennai 600 028\nxxxx xxxx 0124", 1},
		{"98765 43210 2345 6789 0124", "98765 43210 xxxx xxxx 0124", 1}, {"aadhaar, phone: 234567890124, 9876543210", "aadhaar, phone: 234567890124, 9876543210", 0},
		{"phone, aadhaar: 9876543210, 234567890124", "phone, aadhaar: 9876543210, xxxx xxxx 0124", 1}, {"9876543210 234567890124", "9876543210 234567890124", 0},
		{"2345 6789 0124 2345 6789 0124", "2345 6789 0124 2345 6789 0124", 0}, {"5678 2345 6789 0124", "5678 2345 6789 0124", 0}, {"+49 2345 6789 0124", "+49 2345 6789 0124", 0},
		{"a 2345 6789 0124; 2345 6789 0124", "a xxxx xxxx 0124; xxxx xxxx 0124", 2},
		{"२३४५ ६७८९ ०१२४", "xxxx xxxx ०१२४", 1}, {"௨௩௪௫ ௬௭௮௯ ௦௧௨௪", "xxxx xxxx ௦௧௨௪", 1}, {"２３４５　６７８９　０１２４", "xxxx xxxx ０１２４", 1}, {"23४५ 67௮௯ ०124", "xxxx xxxx ०124", 1},
		{"2345\n6789\n0124", "xxxx xxxx 0124", 1}, {"2345\t6789\t0124", "xxxx xxxx 0124", 1}, {"2345\r\n6789\r\n0124", "xxxx xxxx 0124", 1}, {"2345 – 6789 – 0124", "xxxx xxxx 0124", 1}, {"23\u200b45 67\u200d89 01\u206024", "xxxx xxxx 01\u206024", 1},
		{"2️⃣3️⃣4️⃣5️⃣ 6️⃣7️⃣8️⃣9️⃣ 0️⃣1️⃣2️⃣4️⃣", "xxxx xxxx 0️⃣1️⃣2️⃣4️⃣", 1},
		{"paid by upi yesterday, and here my card: 2345 6789 0124", "paid by upi yesterday, and here my card: xxxx xxxx 0124", 1},
		// parted by signs that nobody sees, or by others
		{"2345\u200b6789\u200b0124", "xxxx xxxx 0124", 1}, {"2345\u200d6789\u200d0124", "xxxx xxxx 0124", 1}, {"2345\u00ad6789\u00ad0124", "xxxx xxxx 0124", 1},
		{"2345\u200b6789 0124", "xxxx xxxx 0124", 1}, {"2345\u22126789\u22120124", "xxxx xxxx 0124", 1}, {"2345|6789|0124", "xxxx xxxx 0124", 1}, {"2345 : 6789 : 0124", "xxxx xxxx 0124", 1},
		{"2345;6789;0124", "xxxx xxxx 0124", 1}, {"2345~6789~0124", "xxxx xxxx 0124", 1}, {"*2345* *6789* *0124*", "*xxxx xxxx 0124*", 1}, {`2345\6789\0124`, "xxxx xxxx 0124", 1},
		{"(2345)(6789)(0124)", "(xxxx xxxx 0124)", 1}, {"[2345] [6789] [0124].", "[xxxx xxxx 0124].", 1}, {"id: 2345:6789:0124; 9876543210", "id: xxxx xxxx 0124; 9876543210", 1},
		{"UID: 23456789 0124; 9876543210", "UID: xxxx xxxx 0124; 9876543210", 1}, {"1: 2345 6789 0124: 5", "1: xxxx xxxx 0124: 5", 1},
		{"2345:6789:0124:5678", "2345:6789:0124:5678", 0}, {"2345+6789+0124", "2345+6789+0124", 0}, {"23:45:67:89:01:24", "23:45:67:89:01:24", 0}, {"23\u200b456789\u200b0124", "23\u200b456789\u200b0124", 0},
		// in groups of four a word for something else does not help: only what is known does
		{"upi 2345 6789 0124", "upi xxxx xxxx 0124", 1}, {"UTR: 2345-6789-0124", "UTR: xxxx xxxx 0124", 1}, {"UTR: 4000 0000 0005", "UTR: 4000 0000 0005", 0},
		// more words, and further away
		{"addhar 234567890124", "addhar xxxx xxxx 0124", 1}, {"aadaar 234567890124", "aadaar xxxx xxxx 0124", 1}, {"aathaar 234567890124", "aathaar xxxx xxxx 0124", 1}, {"adhr no 234567890124", "adhr no xxxx xxxx 0124", 1},
		{"eaadhaar 234567890124", "eaadhaar xxxx xxxx 0124", 1}, {"mAadhaar 234567890124", "mAadhaar xxxx xxxx 0124", 1}, {"userAadhaarNo=234567890124", "userAadhaarNo=xxxx xxxx 0124", 1},
		{"Aad\u200bhaar 234567890124", "Aad\u200bhaar xxxx xxxx 0124", 1}, {"ＡＡＤＨＡＡＲ 234567890124", "ＡＡＤＨＡＡＲ xxxx xxxx 0124", 1},
		{"آدھار 234567890124", "آدھار xxxx xxxx 0124", 1}, {"আধাৰ 234567890124", "আধাৰ xxxx xxxx 0124", 1}, {"अधार 234567890124", "अधार xxxx xxxx 0124", 1},
		{"aadhaar +234567890124", "aadhaar +xxxx xxxx 0124", 1}, {"aadhaar +2345 6789 0124", "aadhaar +xxxx xxxx 0124", 1}, {"aadhaar, phone +234567890124", "aadhaar, phone +234567890124", 0},
		{"aadhaar +919840012345", "aadhaar +919840012345", 0}, {"Gangadhar 234567890124", "Gangadhar 234567890124", 0}, {"aadar sahit 234567890124", "aadar sahit 234567890124", 0},
		{"my aadhaar number is given below please note it carefully: 234567890124", "my aadhaar number is given below please note it carefully: xxxx xxxx 0124", 1},
		{"my aadhaar card I sent by post in the last week of May, and UTR " + other, "my aadhaar card I sent by post in the last week of May, and UTR " + other, 0},
		{"my aadhaar card I sent by post in the last week of May, and " + other + " is the UTR", "my aadhaar card I sent by post in the last week of May, and " + other + " is the UTR", 0},
		// near a word
		{"Aadhaar 234567890124", "Aadhaar xxxx xxxx 0124", 1}, {"AADHAR NO:234567890124.", "AADHAR NO:xxxx xxxx 0124.", 1}, {"adhar card number is 234567890124", "adhar card number is xxxx xxxx 0124", 1},
		{"234567890124 is my aadhaar number", "xxxx xxxx 0124 is my aadhaar number", 1}, {"UID: 23456789 0124", "UID: xxxx xxxx 0124", 1},
		{"मेरा आधार नंबर 234567890124 है", "मेरा आधार नंबर xxxx xxxx 0124 है", 1}, {"आधार २३४५६७८९०१२४", "आधार xxxx xxxx ०१२४", 1},
		{"என் ஆதார் எண் 234567890124", "என் ஆதார் எண் xxxx xxxx 0124", 1}, {"ஆதாரில் 234567890124", "ஆதாரில் xxxx xxxx 0124", 1}, {"234567890124 ஆதார்", "xxxx xxxx 0124 ஆதார்", 1},
		{"ఆధార్ 234567890124", "ఆధార్ xxxx xxxx 0124", 1}, {"আধার 234567890124", "আধার xxxx xxxx 0124", 1},
		{"Aadhaar 234567890124 UTR " + other, "Aadhaar xxxx xxxx 0124 UTR " + other, 1}, {"UTR " + other + " Aadhaar 234567890124", "UTR " + other + " Aadhaar xxxx xxxx 0124", 1},
		{other + " was the UTR. Aadhaar: 234567890124", other + " was the UTR. Aadhaar: xxxx xxxx 0124", 1},
		// nothing of an Aadhaar number
		{"234567890124", "234567890124", 0}, {"2345 6789 0125", "2345 6789 0125", 0}, {"1345 6789 0124", "1345 6789 0124", 0}, {"Aadhaar 234567890125", "Aadhaar 234567890125", 0},
		{"UTR " + other, "UTR " + other, 0}, {"RRN: " + other, "RRN: " + other, 0}, {"upi ref no " + other, "upi ref no " + other, 0}, {"txn 4991 1866 5246", "txn xxxx xxxx 5246", 1},
		{"यूपीआई " + other, "यूपीआई " + other, 0}, {"பரிவர்த்தனை எண் " + other, "பரிவர்த்தனை எண் " + other, 0},
		{"aadhaar seeding done, UPI ref " + other, "aadhaar seeding done, UPI ref " + other, 0},
		{"9198 4001 2342", "9198 4001 2342", 0}, {"aadhaar 919840012342", "aadhaar 919840012342", 0}, {"+2345 6789 0124", "+2345 6789 0124", 0},
		{"aadhaar 400000000005", "aadhaar 400000000005", 0}, {"2345 6789 0124 5678", "2345 6789 0124 5678", 0}, {"Aadhaar " + strings.Repeat("x", 80) + " 234567890124", "Aadhaar " + strings.Repeat("x", 80) + " 234567890124", 0},
		{"2023 2024 2025", "2023 2024 2025", 0}, {"2030\n2029\n2028", "2030\n2029\n2028", 0},
		{"Aadhaar 2023 2024 2025", "Aadhaar xxxx xxxx 2025", 1},
		{"fluid 234567890124", "fluid 234567890124", 0}, {"", "", 0}, {"a\xff 2345 6789 0124\xff", "a\xff xxxx xxxx 0124\xff", 1},
	} {
		got, n := MaskAadhaar(tt.text, known, nil)
		if got != tt.want || n != tt.n {
			t.Errorf("MaskAadhaar(%q) = %q, %d; want %q, %d", tt.text, got, n, tt.want, tt.n)
		}
		if again, n := MaskAadhaar(got, known, nil); again != got || n != 0 {
			t.Errorf("masked again: %q, %d", again, n)
		}
	}
	if got, n := MaskAadhaar("2345 6789 0124", nil, nil); got != "xxxx xxxx 0124" || n != 1 {
		t.Errorf("without known: %q, %d", got, n)
	}
}

// What the rest of a message says counts only for a number of which its own text says nothing.
func TestAadhaarNumbersAreMaskedWhereTheRestSaysSo(t *testing.T) {
	t.Parallel()
	known := func(digits string) bool { return digits == "400000000005" }
	for text, want := range map[string]string{
		"234567890124": "xxxx xxxx 0124", "here: 234567890124": "here: xxxx xxxx 0124", "UTR 234567890124": "UTR 234567890124", "400000000005": "400000000005",
		"+234567890124": "+234567890124", "234567890125": "234567890125", "2023 2024 2025": "xxxx xxxx 2025",
	} {
		var asked []string
		got, _ := MaskAadhaar(text, known, func(digits string) bool { asked = append(asked, digits); return true })
		if got != want {
			t.Errorf("MaskAadhaar(%q) = %q, want %q; asked about %q", text, got, want, asked)
		}
	}
}

func TestWordsAboutNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{
		"please send your Aadhaar number": {true, false}, "Aadhaar or UTR?": {true, true}, "the UTR, please": {false, true}, "thank you": {}, "": {},
		"aadhaar_card-front.pdf": {true, false}, "आधार": {true, false},
	} {
		if got := [2]bool{SpeaksOfAadhaar(text), SpeaksOfReference(text)}; got != want {
			t.Errorf("%q speaks of Aadhaar, of a reference: %v, want %v", text, got, want)
		}
	}
}

func FuzzMaskAadhaar(f *testing.F) {
	for _, s := range []string{"aadhaar 234567890124 utr 1", "2345 6789 0124", "+2345 6789 0124\u200b\xff", "௨௩௪௫ ௬௭௮௯ ௦௧௨௪ ஆதார்", "(2345)(6789)(0124) 2345\u200b6789\u200b0124", "2345:6789 0124|2345"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, n := MaskAadhaar(s, nil, nil)
		if n == 0 && got != s {
			t.Errorf("nothing was masked, and %q became %q", s, got)
		}
		// What is no digit, and no sign between digits, stays as it was.
		keep := func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsDigit(r) || partsGroups(r) || unicode.IsMark(r) || unicode.Is(unicode.Cf, r) || r == 'x' {
					return -1
				}
				return r
			}, s)
		}
		if keep(got) != keep(s) {
			t.Errorf("%q became %q", s, got)
		}
		if again, _ := MaskAadhaar(got, nil, nil); n > 0 && strings.Count(again, "x") < strings.Count(got, "x") {
			t.Errorf("%q became %q", got, again)
		}
	})
}
