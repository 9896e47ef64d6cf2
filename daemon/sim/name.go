package sim

// person is a name as a donor writes it, and its Latin form for an address.
type person struct{ name, latin string }

// donors are invented; any likeness is chance.
var donors = [...]person{
	{"மீனா சுந்தரம்", "meena.sundaram"}, {"கார்த்திக் முருகன்", "karthik.murugan"}, {"லட்சுமி ராமசாமி", "lakshmi.ramasamy"},
	{"செல்வி பழனியப்பன்", "selvi.palaniappan"}, {"அருண் குமரவேல்", "arun.kumaravel"}, {"தமிழ்ச்செல்வன் ஆறுமுகம்", "tamilselvan.arumugam"},
	{"வள்ளியம்மாள் சிதம்பரம்", "valliammal.chidambaram"}, {"ஸ்ரீநிவாசன் க்ஷேத்ரபாலன்", "srinivasan.kshetrapalan"},
	{"सुनीता शर्मा", "sunita.sharma"}, {"राजेश कुमार वर्मा", "rajesh.verma"}, {"अनीता श्रीवास्तव", "anita.shrivastava"},
	{"मोहम्मद इरफ़ान", "mohammad.irfan"}, {"कृष्णा त्रिपाठी", "krishna.tripathi"}, {"ज्योति क्षीरसागर", "jyoti.kshirsagar"},
	{"विद्या राष्ट्रपाल", "vidya.rashtrapal"}, {"हरप्रीत कौर", "harpreet.kaur"},
	{"Meenakshi Sundaram", "meenakshi.s"}, {"Rahul D'Souza", "rahul.dsouza"}, {"Fatima Begum", "fatima.begum"},
	{"K. R. Narayanaswamy", "kr.narayanaswamy"}, {"Priya Venkatesh", "priya.venkatesh"}, {"Abdul Rahman Sait", "abdul.rahman"},
	{"Grace Lalrinpuii", "grace.lalrinpuii"}, {"Subhash Chandra Mohapatra", "subhash.mohapatra"},
}

var streets = [...]string{
	"Gandhi Street", "Kamarajar Salai", "Nehru Nagar", "காந்தி சாலை", "பாரதியார் தெரு", "महात्मा गांधी मार्ग", "शिवाजी नगर", "Church Road",
}

var towns = [...]string{
	"Chennai 600004", "Madurai 625001", "Coimbatore 641001", "மதுரை 625020", "नई दिल्ली 110001", "पुणे 411005", "Bengaluru 560001", "Tirunelveli 627002",
}

var purposes = [...]string{
	"Mid-day meals", "School fees", "மருத்துவ உதவி", "முதியோர் இல்லம்", "शिक्षा", "गौशाला", "Flood relief", "Corpus",
}
