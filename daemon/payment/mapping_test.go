package payment_test

import (
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Where somebody lives does not say of which country they are a citizen: only a citizen of another one gives to other books.
func TestCitizenship(t *testing.T) {
	t.Parallel()
	m := payment.NewMapping(setting.Values{})
	for text, want := range map[string]ngo.Citizenship{
		"Indian": ngo.CitizenIndian, "INDIA": ngo.CitizenIndian, "Indian Citizen": ngo.CitizenIndian, "இந்தியர்": ngo.CitizenIndian,
		"": ngo.CitizenUnknown, "n/a": ngo.CitizenUnknown, "NRI": ngo.CitizenUnknown, "Resident": ngo.CitizenUnknown, "Resident Indian": ngo.CitizenUnknown,
		"Non-Resident Indian": ngo.CitizenUnknown, "Non Resident Indian (NRI)": ngo.CitizenUnknown, "Non-resident": ngo.CitizenUnknown,
		"Indian resident": ngo.CitizenUnknown, "foreign": ngo.CitizenForeign, "Singapore": ngo.CitizenForeign, "OCI": ngo.CitizenForeign, "no": ngo.CitizenForeign,
	} {
		if got := m.Donor(payment.Answers{{Name: "Citizenship", Text: text}}).Citizenship; got != want {
			t.Errorf("citizenship %q = %q, want %q", text, got, want)
		}
	}
}

// A form that asks for nothing of the kind still gets one: people write it behind their name.
func TestNoAadhaarNumberInTexts(t *testing.T) {
	t.Parallel()
	m := payment.NewMapping(setting.Values{})
	a := payment.Answers{{Name: "name", Text: "Meena 9999 4105 7058"}, {Name: "address", Text: "1 Car St, 999941057058"},
		{Name: "purpose", Text: "9999-4105-7058"}, {Name: "campaign", Text: "999941057058"}, {Name: "phone", Text: "+919999410570"}}
	d := m.Donor(a)
	if d.Name != "Meena xxxx xxxx 7058" || d.Address != "1 Car St, xxxx xxxx 7058" || d.Phone != "+919999410570" {
		t.Errorf("donor = %+v", d)
	}
	if purpose, campaign := m.Purpose(a); purpose != "xxxx xxxx 7058" || campaign != "xxxx xxxx 7058" {
		t.Errorf("purpose = %q, campaign = %q", purpose, campaign)
	}
}

func TestBirthDate(t *testing.T) {
	t.Parallel()
	m := payment.NewMapping(setting.Values{})
	for text, want := range map[string]ngo.Date{
		"1970-12-31": "1970-12-31", "31/12/1970": "1970-12-31", "31-12-1970": "1970-12-31", "31.12.1970": "1970-12-31", "31121970": "1970-12-31",
		"1/2/1970": "1970-02-01", "31 Dec 1970": "1970-12-31", "5 March 1970": "1970-03-05",
		"": "", "n/a": "", "12/31/1970": "", "30-02-1970": "", "31/12/70": "", "1790-01-01": "", "9999-01-01": "", "yesterday": "",
	} {
		if got := m.Donor(payment.Answers{{Name: "Date of Birth", Text: text}}).Born; got != want {
			t.Errorf("born %q = %q, want %q", text, got, want)
		}
	}
}
