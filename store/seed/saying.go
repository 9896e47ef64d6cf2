package seed

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Names of people, in Latin letters, Tamil and Hindi.
var (
	firstNames = [][3]string{
		{"Meena", "மீனா", "मीना"}, {"Lakshmi", "லட்சுமி", "लक्ष्मी"}, {"Murugan", "முருகன்", "मुरुगन"}, {"Kannan", "கண்ணன்", "कन्नन"}, {"Priya", "பிரியா", "प्रिया"},
		{"Rajesh", "ராஜேஷ்", "राजेश"}, {"Suresh", "சுரேஷ்", "सुरेश"}, {"Chitra", "சித்ரா", "चित्रा"}, {"Anitha", "அனிதா", "अनीता"}, {"Selvi", "செல்வி", "सेल्वी"},
		{"Ganesan", "கணேசன்", "गणेसन"}, {"Kamala", "கமலா", "कमला"}, {"Vijaya", "விஜயா", "विजया"}, {"Arun", "அருண்", "अरुण"}, {"Deepa", "தீபா", "दीपा"},
		{"Karthik", "கார்த்திக்", "कार्तिक"}, {"Shanthi", "சாந்தி", "शांति"}, {"Mohan", "மோகன்", "मोहन"}, {"Uma", "உமா", "उमा"}, {"Fathima", "பாத்திமா", "फ़ातिमा"},
		{"Joseph", "ஜோசெப்", "जोसेफ"}, {"Revathi", "ரேவதி", "रेवती"}, {"Balaji", "பாலாஜி", "बालाजी"}, {"Saraswathi", "சரஸ்வதி", "सरस्वती"}, {"Nithya", "நித்யா", "नित्या"},
		{"Gopal", "கோபால்", "गोपाल"}, {"Kavitha", "கவிதா", "कविता"}, {"Ramesh", "ரமேஷ்", "रमेश"}, {"Divya", "திவ்யா", "दिव्या"}, {"Sanjay", "சஞ்சய்", "संजय"},
	}
	lastNames = [][3]string{
		{"Raman", "ராமன்", "रामन"}, {"Subramaniam", "சுப்பிரமணியம்", "सुब्रमण्यम"}, {"Iyer", "ஐயர்", "अय्यर"}, {"Pillai", "பிள்ளை", "पिल्लई"}, {"Das", "தாஸ்", "दास"},
		{"Rao", "ராவ்", "राव"}, {"Nair", "நாயர்", "नायर"}, {"Sharma", "சர்மா", "शर्मा"}, {"Singh", "சிங்", "सिंह"}, {"Khan", "கான்", "खान"}, {"Devi", "தேவி", "देवी"},
		{"Natarajan", "நடராஜன்", "नटराजन"}, {"Verma", "வர்மா", "वर्मा"}, {"Patel", "பட்டேல்", "पटेल"}, {"Kumar", "குமார்", "कुमार"}, {"Krishnan", "கிருஷ்ணன்", "कृष्णन"},
	}
)

// sayings are what people write and are answered. {n} is a name, {a} an amount, {r} a number of a receipt, {u} a bank's reference, {w} a
// word of few.
var sayings = [3][]string{
	{
		"Dear sir, I donated Rs {a} on Monday and still have no receipt. Please send it. {n}", "Thank you very much for your help with the {w} form", "Is the office open today?",
		"My reference number is UTR {u}, please check the payment", "Please find the {w} certificate attached", "Receipt {r} has a wrong name, it should be {n}",
		"Namaste, when will the school at {w} start the admissions?", "Your request about the {w} card was noted, we will call you tomorrow", "Okay thank you",
		"Good morning. Can you tell me whether the {w} camp is this month?", "We have received Rs {a} with thanks. Your receipt is {r}.", "My daughter {n} needs books for {w}",
		"Please call me on my phone in the evening", "The ration shop at {w} refused again, what should I do now", "Sorry for the late answer, the {w} officer was on leave",
	},
	{
		"வணக்கம், நான் ரூ {a} நன்கொடை அனுப்பினேன். ரசீது கிடைக்கவில்லை. {n}", "மிக்க நன்றி", "அலுவலகம் இன்று திறந்திருக்குமா?", "{w} சான்றிதழ் எப்போது கிடைக்கும்?",
		"ரசீது {r} அனுப்பி வைத்துள்ளோம். நன்றி {n}", "என் மகள் {n} பள்ளியில் சேர உதவி வேண்டும்", "{w} முகாம் இந்த மாதம் நடக்கிறதா?", "UTR {u} பணம் வந்ததா என்று பாருங்கள்",
		"உங்கள் விண்ணப்பம் பதிவு செய்யப்பட்டது", "சரி, நாளை வருகிறேன்",
	},
	{
		"नमस्ते, मैंने {a} रुपये दान किए थे, रसीद नहीं मिली। {n}", "बहुत धन्यवाद", "क्या आज कार्यालय खुला है?", "{w} प्रमाण पत्र कब मिलेगा?", "रसीद {r} भेज दी गई है। धन्यवाद {n}",
		"मेरी बेटी {n} को स्कूल में मदद चाहिए", "क्या {w} शिविर इस महीने है?", "UTR {u} देखिए, पैसा आया क्या", "आपका अनुरोध दर्ज कर लिया गया है", "ठीक है, कल आता हूँ",
	},
}

// mailSubjects are of mail that begins a thread.
var mailSubjects = [3][]string{
	{"Receipt for my donation", "Question about the {w} camp", "Volunteering in {w}", "80G certificate for this year", "Admission of {n}"},
	{"நன்கொடை ரசீது", "{w} முகாம் பற்றி", "{n} சேர்க்கை"},
	{"दान की रसीद", "{w} शिविर के बारे में", "{n} का प्रवेश"},
}

// speaker says the same things in the same order each time.
type speaker struct {
	*rand.Rand
	words []string
}

// rareWords are how many names of places there are.
const rareWords = 4000

func newSpeaker() *speaker {
	s := &speaker{Rand: rand.New(rand.NewPCG(1, 2))}
	first := [...]string{"kar", "tiru", "vel", "man", "pon", "sal", "nag", "ram", "kod", "mad", "chen", "dhar", "pal", "sel", "kum", "arak", "val", "per", "udu", "ten"}
	last := [...]string{"ur", "puram", "pet", "nagar", "gudi", "patti", "kulam", "malai", "palayam", "pur", "abad", "garh", "kot", "vali", "mangalam", "ganj", "ton", "konam", "chery", "pathi"}
	for i := range rareWords {
		s.words = append(s.words, first[i%20]+string(rune('a'+i/400%26))+last[i/20%20])
	}
	return s
}

// nameOf gives the name of the i-th person in a language.
func nameOf(i, lang int) string {
	return firstNames[i%len(firstNames)][lang] + " " + lastNames[i/len(firstNames)%len(lastNames)][lang]
}

// languageOf gives the language of the i-th person: of ten, four write English, four Tamil and two Hindi.
func languageOf(i int) int { return [...]int{0, 1, 0, 1, 2, 0, 1, 0, 1, 2}[i/7%10] }

// fill puts something into the gaps of a saying.
func (s *speaker) fill(text string, person int) string {
	if !strings.Contains(text, "{") {
		return text
	}
	lang := languageOf(person)
	for _, gap := range [...]struct {
		mark string
		with func() string
	}{
		{"{n}", func() string { return nameOf(s.IntN(len(firstNames)*len(lastNames)), lang) }},
		{"{a}", func() string { return strconv.Itoa(100 * (1 + s.IntN(500))) }},
		{"{r}", func() string { return fmt.Sprintf("SEED/2026-27/D/%06d", 1+s.IntN(200_000)) }},
		{"{u}", func() string { return fmt.Sprintf("6%011d", s.IntN(100_000_000_000)) }},
		{"{w}", func() string { return s.words[min(s.IntN(rareWords), s.IntN(rareWords))] }},
	} {
		if strings.Contains(text, gap.mark) {
			text = strings.ReplaceAll(text, gap.mark, gap.with())
		}
	}
	return text
}

func (s *speaker) say(person int) string {
	all := sayings[languageOf(person)]
	return s.fill(all[s.IntN(len(all))], person)
}

func (s *speaker) subject(person int) string {
	all := mailSubjects[languageOf(person)]
	return s.fill(all[s.IntN(len(all))], person)
}

// numberOf is the phone of the i-th person.
func numberOf(i int) string { return fmt.Sprintf("9197%08d", 10_000_000+i) }

func mailOf(i int) string {
	return strings.ToLower(firstNames[i%len(firstNames)][0]) + "." + fmt.Sprintf("%07d", i) + "@example.org"
}

// Somebody gives the i-th person as a donor.
func Somebody(i int) ngo.Donor {
	return ngo.Donor{Name: nameOf(i, languageOf(i)), EMail: mailOf(i), Phone: "+" + numberOf(i)}
}
