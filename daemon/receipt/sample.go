package receipt

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// samples are made-up people and organisations. Their PAN has the right shape and belongs to nobody we know of.
var samples = map[string]struct{ org, address, signatory, title, donor, home, purpose string }{
	"en": {"Sevai Charitable Trust", "12, Kamarajar Street, Thiruvanmiyur, Chennai 600041, Tamil Nadu", "Meena Raman", "Managing trustee",
		"Asha Rao", "4/2 Lake View Road, Bengaluru 560001, Karnataka", "Evening school"},
	"ta": {"சேவை அறக்கட்டளை", "12, காமராஜர் தெரு, திருவான்மியூர், சென்னை 600041, தமிழ்நாடு", "மீனா ராமன்", "நிர்வாக அறங்காவலர்",
		"ஸ்ரீவித்யா கோபாலகிருஷ்ணன்", "27, கிழக்கு மாட வீதி, மயிலாப்பூர், சென்னை 600004", "மாலை நேரப் பள்ளி"},
	"hi": {"सेवा धर्मार्थ न्यास", "12, महात्मा गांधी मार्ग, लखनऊ 226001, उत्तर प्रदेश", "मीना शर्मा", "प्रबंध न्यासी",
		"श्रीकृष्ण त्रिपाठी", "45, विश्वविद्यालय मार्ग, प्रयागराज 211002, उत्तर प्रदेश", "सांध्यकालीन विद्यालय"},
}

// Sample gives the facts of a made-up receipt in a language for a gift of a financial year such as 2025-26, by the law of that
// year; without a year, of today. To be printed with the mark Specimen. It fails with Invalid for a year that is none.
func Sample(laws Laws, lang, year string, now time.Time) (Facts, error) {
	day, err := sampleDay(year, now)
	if err != nil {
		return Facts{}, err
	}
	lang = ngo.Language(lang)
	first, _ := strconv.Atoi(day.FinancialYear()[:4])
	s := samples[lang]
	profile := ngo.Profile{
		LegalName: s.org, Address: s.address, PAN: "AAATS0000A", Signatory: s.signatory, SignatoryTitle: s.title,
		ApprovalNumber: "AAATS0000AF20214", ApprovalFrom: ngo.Date(fmt.Sprintf("%04d-04-01", first-2)), ApprovalUntil: ngo.Date(fmt.Sprintf("%04d-03-31", first+3)),
	}
	return sample(laws, Gift{Org: ngo.Org{Name: s.org, Slug: "sevai"}, Profile: profile}, lang, day, now, "https://give.example.org"), nil
}

// SampleFor gives the facts of a made-up receipt of a real organisation, as its donors would get one today: only the donor and
// the gift are made up.
func SampleFor(laws Laws, o ngo.Org, p ngo.Profile, now time.Time, base string) Facts {
	return sample(laws, Gift{Org: o, Profile: p}, ngo.Language(p.Language), ngo.DateOf(now, now.Location()), now, base)
}

func sample(laws Laws, g Gift, lang string, day ngo.Date, now time.Time, base string) Facts {
	s := samples[lang]
	g.Donation = ngo.Donation{
		Amount: ngo.Paise(1_25_000_50), Given: day, Method: "upi", Purpose: s.purpose, Pot: ngo.Domestic, Fund: ngo.FundGeneral,
		Donor: ngo.Donor{Name: s.donor, Address: s.home, PAN: "AAAPA0000A", Language: lang},
	}
	g.Payment = ngo.Payment{Ref: "pay_Sample00000000", Reference: "000000000000"}
	row := ngo.Receipt{ID: "rcp_samp1e00000000000000000000", Number: Series("SAMPLE", day, ngo.Domestic) + "/000001", Issued: now}
	return Decide(laws.On(day), g).For(row, now.Location(), g.Org.Slug, base)
}

// firstSample is the first day of the oldest law.
const firstSample ngo.Date = "1962-04-01"

// sampleDay gives a day of a financial year: today if it is in it.
func sampleDay(year string, now time.Time) (ngo.Date, error) {
	today := ngo.DateOf(now, now.Location())
	if year == "" || year == today.FinancialYear() {
		return today, nil
	}
	if len(year) == 7 {
		if day, err := ngo.ParseDate(year[:4] + "-11-14"); err == nil && day.FinancialYear() == year && day >= firstSample {
			return day, nil
		}
	}
	return "", &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q is no financial year", ngo.Printable(year)), Hint: "write it as 2025-26"}
}
