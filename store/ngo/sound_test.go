package ngo

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Each line is one name.
var oneName = []string{
	"Meena மீனா मीना Mina Meenah Minaa", "Lakshmi லக்ஷ்மி லட்சுமி लक्ष्मी Laxmi Lakshmy Laksmi", "Murugan முருகன் मुरुगन Murukan",
	"Kannan கண்ணன் कन्नन Kannann", "Priya பிரியா ப்ரியா प्रिया Pria Priyaa", "Krishnan கிருஷ்ணன் क्रिष्णन कृष्णन", "Krishna கிருஷ்ணா कृष्णा",
	"Lakshmanan லட்சுமணன் लक्ष्मणन", "Meenakshi மீனாட்சி मीनाक्षी Minakshi Meenaxi", "Rajesh ராஜேஷ் राजेश", "Suresh சுரேஷ் सुरेश", "Ramesh ரமேஷ் रमेश",
	"Ganesh கணேஷ் गणेश", "Mahesh மகேஷ் महेश Magesh", "Mohan மோகன் मोहन", "Rahul ராகுல் राहुल", "Selvi செல்வி सेल्वी", "Selvam செல்வம்", "Muthu முத்து मुत्तु",
	"Chitra சித்ரா சித்திரா चित्रा", "Chandra சந்திரா चंद्रा चन्द्रा", "Rajendran ராஜேந்திரன் राजेंद्रन", "Subramaniam சுப்பிரமணியம் सुब्रमण्यम Subramanyam",
	"Vijay விஜய் विजय", "Vijaya விஜயா विजया", "Anand ஆனந்த் आनंद", "Anitha அனிதா अनीता Anita", "Sunita சுனிதா सुनीता Suneetha", "Shanthi சாந்தி शांति Santhi Shanti",
	"Saraswathi சரஸ்வதி सरस्वती Saraswati", "Karthik கார்த்திக் कार्तिक", "Balaji பாலாஜி बालाजी", "Bhavani பவானி भवानी", "Fathima பாத்திமா फ़ातिमा फातिमा Fatima",
	"Arun அருண் अरुण", "Uma உமா उमा", "Indira இந்திரா इंदिरा", "Padma பத்மா पद्मा", "Sridhar ஸ்ரீதர் श्रीधर Shridhar", "Jyoti ஜோதி ज्योति Jothi", "Vasanth வசந்த் वसंत Vasant",
	"Gopal கோபால் गोपाल", "Usha உஷா उषा", "Eswari ஈஸ்வரி ईश्वरी Ishwari Easwari", "Thangam தங்கம்", "Pushpa புஷ்பா पुष्पा", "Nithya நித்யா நித்தியா नित्या Nithiya Nitya", "Divya திவ்யா दिव्या",
	"Kavitha கவிதா कविता Kavita", "Revathi ரேவதி रेवती Revati", "Yamuna யமுனா यमुना", "Devi தேவி देवी", "Raja ராஜா राजा", "Kumar குமார் कुमार", "Gauri கௌரி गौरी Gowri",
	"Sowmya சௌம்யா सौम्या Saumya", "Prakash பிரகாஷ் प्रकाश", "Sanjay சஞ்சய் संजय", "Anjali அஞ்சலி अंजलि", "Singh சிங் सिंह", "Shah ஷா शाह", "Sneha ஸ்நேகா स्नेहा",
	"Raman ராமன் रामन", "Rahman ரஹ்மான் रहमान", "Hari ஹரி हरि", "Joseph ஜோசெப் जोसेफ", "Deepa தீபா दीपा", "Azhagan அழகன்", "Zakir ஜாகிர் ज़ाकिर", "Gomathi கோமதி",
	"Kamala கமலா कमला ਕਮਲਾ કમલા কমলা కమలా ಕಮಲಾ കമലാ", "Pandian பாண்டியன் पांडियन Pandiyan", "Sai சாய் साई",
}

func TestNamesInEveryScriptSoundAlike(t *testing.T) {
	t.Parallel()
	for _, line := range oneName {
		names := strings.Fields(line)
		for _, a := range names {
			for _, b := range names {
				if !SameName(a, b) {
					t.Errorf("%s %q and %s %q are no one name", a, Sounds(Words(a)[0]), b, Sounds(Words(b)[0]))
				}
			}
		}
	}
}

func TestOtherNamesSoundOtherwise(t *testing.T) {
	t.Parallel()
	for i, a := range oneName {
		for _, b := range oneName[i+1:] {
			if x, y := strings.Fields(a)[0], strings.Fields(b)[0]; SameName(x, y) && x+y != "VijayVijaya" && x+y != "KrishnanKrishna" {
				t.Errorf("%s and %s sound alike: %q, %q", x, y, Sounds(strings.ToLower(x)), Sounds(strings.ToLower(y)))
			}
		}
	}
	for _, pair := range [][2]string{
		{"Meena", "Mani"}, {"Meena", "Mona"}, {"Meena", "Manu"}, {"மீனா", "மணி"}, {"Meena", "Meera"}, {"Lakshmi", "Lakshman"}, {"Ravi", "Ramu"}, {"Ravi", "Raja"},
		{"Murugan", "Mohan"}, {"Kannan", "Kumaran"}, {"Kannan", "Ganesan"}, {"Priya", "Prema"}, {"Priya", "Supriya"}, {"Raman", "Rahman"}, {"Rajan", "Ramesh"},
		{"Anand", "Anitha"}, {"Sita", "Geeta"}, {"Devi", "Divya"}, {"Kumar", "Kumari"}, {"Selvi", "Selvam"}, {"Raju", "Raja"}, {"கண்ணன்", "கணேசன்"}, {"Arun", "Varun"},
		{"Hari", "Gauri"}, {"Uma", "Amma"}, {"Meena Raman", "Meena"}, {"Meena Raman", "Meena Rao"}, {"Meena", ""}, {"王", "Wang"}, {"Selvi1", "Selvi2"},
	} {
		if SameName(pair[0], pair[1]) {
			t.Errorf("%s and %s are one name", pair[0], pair[1])
		}
	}
}

func TestWordsOfANameComeInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b       string
		same, like bool
	}{
		{"Meena Raman", "ராமன் மீனா", true, true}, {"Mrs. Meena Raman", "meena raman", true, true}, {"R. Meena", "Meena R", true, true},
		{"Meena", "Meena Raman", false, true}, {"R.", "Meena R", false, false}, {"", "", true, false}, {"", "Meena", false, false}, {"王 伟", "伟 王", true, true},
		{"Meena Meena", "Meena Raman", false, false}, {"M. Raman", "Meena Raman", false, true}, {"M R", "Meena Raman", false, false}, {"Ravi Raman", "M. Raman", false, false},
	} {
		if same, like := SameName(tt.a, tt.b), LikeName(tt.a, tt.b); same != tt.same || like != tt.like {
			t.Errorf("%q and %q: same %t, like %t; want %t, %t", tt.a, tt.b, same, like, tt.same, tt.like)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Meena, Raman!": "meena|raman", "Café RÉSUMÉ": "cafe|resume", "९८४००-12345": "98400|12345", "मीना का पत्र": "मीना|का|पत्र", "கொடை ௧௨": "கொடை|12",
		"don't": "dont", "\u0301a": "a", "ﬁne ①": "fine|1", "": "", " .-/ ": "", "a\x00b": "a|b", "ज़ाकिर": "जाकिर",
	} {
		if got := strings.Join(Words(text), "|"); got != want {
			t.Errorf("Words(%q) = %q; want %q", text, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, line := range oneName {
		f.Add(line)
	}
	f.Add("a\xffb\u200d\u0d4d")
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range Words(s) {
			if w == "" || !utf8.ValidString(w) {
				t.Errorf("Words(%q) has %q", s, w)
			}
			for _, sound := range Sounds(w) {
				if sound == "" || strings.Trim(sound, "kcjtpmnrlvhyaiu") != "" {
					t.Errorf("Sounds(%q) has %q", w, sound)
				}
			}
			if !SameName(w, w) {
				t.Errorf("%q is not its own name", w)
			}
		}
	})
}
