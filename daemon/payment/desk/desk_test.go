package desk_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The suite of gateways holds what is sent to a signature, a double and a probe. There is none of them here: what stands below
// is the rest of the contract.

func account(t testing.TB) payment.Account {
	t.Helper()
	a, err := desk.New().Open(desk.Settings())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func entry() desk.Entry {
	return desk.Entry{
		ID: "desk_1", Method: desk.Cash, AmountMinor: 5_000_00, Currency: ngo.INR, Given: "2026-11-20", Purpose: "Library", Campaign: "Diwali",
		Donor: ngo.Donor{Name: "Meena Sundaram", Address: "12 Car Street, Madurai 625001", EMail: "meena@example.org", Phone: "+919876543210", PAN: "ABCPE1234F",
			Language: "ta", Citizenship: ngo.CitizenIndian, Born: "1970-12-31"},
	}
}

func TestAnEntryIsOneCapturedPayment(t *testing.T) {
	t.Parallel()
	e := entry()
	body, err := e.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := e.JSON(); err != nil || string(again) != string(body) {
		t.Errorf("the same entry is %s, then %s, %v", body, again, err)
	}
	got, err := account(t).Normalise(body)
	want := payment.Event{Name: "gift.entered", Payment: &payment.Payment{
		Ref: "desk_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(5_000_00), Method: "cash", Donor: e.Donor, Purpose: "Library", Campaign: "Diwali",
		Created: time.Date(2026, 11, 20, 12, 0, 0, 0, time.FixedZone("IST", 19800)).UTC(),
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Normalise = %+v, %v; want %+v", got.Payment, err, want.Payment)
	}
}

func TestFaultyEntriesAreRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*desk.Entry){
		"no id":             func(e *desk.Entry) { e.ID = "" },
		"a gateway's id":    func(e *desk.Entry) { e.ID = "pay_1" },
		"another method":    func(e *desk.Entry) { e.Method = "upi" },
		"nothing":           func(e *desk.Entry) { e.AmountMinor = 0 },
		"less than nothing": func(e *desk.Entry) { e.AmountMinor = -1 },
		"dollars":           func(e *desk.Entry) { e.Currency = "USD" },
		"no day":            func(e *desk.Entry) { e.Given = "" },
		"no such day":       func(e *desk.Entry) { e.Given = "2026-02-30" },
		"too long ago":      func(e *desk.Entry) { e.Given = "1999-12-31" },
		"two lines":         func(e *desk.Entry) { e.Reference = "12\n34" },
		"an endless name":   func(e *desk.Entry) { e.Donor.Name = strings.Repeat("x", 501) },
	} {
		e := entry()
		spoil(&e)
		if _, err := e.JSON(); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("JSON of an entry with %s = %v; want Invalid", name, err)
		}
		e.Driver = desk.Name
		body, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := account(t).Normalise(body); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Normalise of an entry with %s = %v; want Invalid", name, err)
		}
	}
}

func TestNothingIsSentHere(t *testing.T) {
	t.Parallel()
	body, err := entry().JSON()
	if err != nil {
		t.Fatal(err)
	}
	a := account(t)
	for _, header := range []http.Header{nil, {"X-Razorpay-Signature": {"0"}}} {
		if err := a.Verify(header, body); ngo.CodeOf(err) != ngo.Unauthenticated || a.Hint(header) != "" {
			t.Errorf("Verify with %v = %v; want Unauthenticated", header, err)
		}
	}
	for _, v := range []setting.Values{{"webhook": "yes"}, {"key-id": "x"}} {
		if _, err := desk.New().Open(v); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Open(%v) = %v; want Invalid", v, err)
		}
	}
}

// Whoever orders it has given the money back: there is nobody to ask, and doing it twice says the same.
func TestMoneyGoesBackByHand(t *testing.T) {
	t.Parallel()
	by := account(t).(payment.Refunder)
	order := payment.RefundOrder{Token: "abc", Payment: ngo.Payment{Ref: "desk_1"}, Amount: ngo.Paise(100), Reason: "a mistake"}
	want := payment.Refund{Ref: "desk_abc", Token: "abc", Payment: "desk_1", State: ngo.RefundProcessed, Amount: ngo.Paise(100)}
	for range 2 {
		if got, err := by.Refund(t.Context(), order); err != nil || got != want {
			t.Errorf("Refund = %+v, %v; want %+v", got, err, want)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	body, err := entry().JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	for _, s := range []string{``, `{}`, `[]`, `null`, `{"ngoctl":"desk"}`, string(body) + "{}", strings.Repeat(`{"donor":`, 100)} {
		f.Add([]byte(s))
	}
	a := account(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := a.Normalise(body)
		if err != nil {
			if ngo.CodeOf(err) != ngo.Invalid || event != (payment.Event{}) {
				t.Fatalf("Normalise = %+v, %v; want Invalid and nothing else", event, err)
			}
			return
		}
		p := event.Payment
		if p == nil || p.State != ngo.PaymentCaptured || p.Amount.Minor <= 0 || p.Amount.Currency != ngo.INR || !p.Ref.ByHand() || p.Created.Year() < 2000 {
			t.Fatalf("Normalise = %+v", p)
		}
		for _, text := range []string{p.Method, p.Reference, p.Purpose, p.Campaign, p.Donor.Name, p.Donor.Address, p.Donor.EMail, p.Donor.PAN, p.Donor.IDNumber} {
			if ngo.Printable(text) != text {
				t.Errorf("Normalise gives the unprintable %q", text)
			}
		}
	})
}
