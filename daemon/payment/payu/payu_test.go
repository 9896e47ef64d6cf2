package payu_test

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/paymenttest"
	"github.com/ngoctl/ngoctl/daemon/payment/payu"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	key  = "Sevai1"
	salt = "a salt of the tests"
)

func open(t testing.TB, more setting.Values) payment.Account {
	t.Helper()
	v := setting.Values{"merchant-key": key, "salt": salt, "base-url": "http://127.0.0.1:1"}
	maps.Copy(v, more)
	a, err := payu.New().Open(v)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// hashOnly is an account that may not ask.
func hashOnly(t testing.TB) payment.Account { return open(t, setting.Values{"confirm": "hash"}) }

func sha(parts ...string) string {
	sum := sha512.Sum512([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

// gift is a message as PayU writes it, as far as the hash covers it and a little further.
func gift() map[string]string {
	return map[string]string{
		"mihpayid": "403993715524046125", "mode": "UPI", "status": "success", "unmappedstatus": "captured", "key": key, "txnid": "SVT-0001",
		"amount": "501.0", "addedon": "2026-11-22 10:02:03", "productinfo": "Annadanam", "firstname": "Meena", "email": "Meena@Example.org",
		"phone": "9840012345", "udf1": "abcpe 1234f", "udf2": "4 Car Street, Madurai", "udf3": "", "udf4": "", "udf5": "", "bank_ref_num": "793887773815",
	}
}

// signed gives the form with its hash, which comes last.
func signed(f map[string]string, secret string) []byte {
	parts := []string{}
	if c := f["additionalCharges"]; c != "" {
		parts = append(parts, c)
	}
	parts = append(parts, secret, f["status"])
	if s := f["splitInfo"]; s != "" {
		parts = append(parts, s)
	}
	parts = append(parts, "", "", "", "", "")
	for _, name := range []string{"udf5", "udf4", "udf3", "udf2", "udf1", "email", "firstname", "productinfo", "amount", "txnid", "key"} {
		parts = append(parts, f[name])
	}
	return []byte(form(f) + "&hash=" + sha(parts...))
}

func form(f map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		out = append(out, name+"="+url.QueryEscape(f[name]))
	}
	return strings.Join(out, "&")
}

func with(f map[string]string, pairs ...string) map[string]string {
	f = maps.Clone(f)
	for i := 0; i < len(pairs); i += 2 {
		f[pairs[i]] = pairs[i+1]
	}
	return f
}

func TestVerifyKnowsTheVariants(t *testing.T) {
	t.Parallel()
	const split = `{"splitStatus":"splitNotReceived","splitSegments":[]}`
	for name, f := range map[string]map[string]string{
		"standard":           gift(),
		"additional charges": with(gift(), "additionalCharges", "11.80"),
		"split":              with(gift(), "splitInfo", split),
		"both":               with(gift(), "additionalCharges", "11.80", "splitInfo", split),
		"Tamil":              with(gift(), "firstname", "மீனா சுந்தரம்", "productinfo", "அன்னதானம் & more"),
	} {
		body := signed(f, salt)
		if err := open(t, nil).Verify(nil, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := open(t, setting.Values{"salt": "new", "old-salt": salt}).Verify(nil, body); err != nil {
			t.Errorf("%s with the former salt: %v", name, err)
		}
		if err := open(t, setting.Values{"salt": "new"}).Verify(nil, body); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("%s with another salt = %v", name, err)
		}
	}
	standard := signed(gift(), salt)
	for _, more := range []string{"&splitInfo=" + url.QueryEscape(split), "&additional_charges=11.80", "&additionalCharges=1"} {
		if err := open(t, nil).Verify(nil, append(slices.Clone(standard), more...)); err != nil {
			t.Errorf("the standard hash with %s: %v", more, err)
		}
	}
	spelled := []byte(strings.Replace(string(signed(with(gift(), "additionalCharges", "11.80"), salt)), "additionalCharges", "additional_charges", 1))
	if err := open(t, nil).Verify(nil, spelled); err != nil {
		t.Errorf("charges in the other spelling: %v", err)
	}
}

func TestVerifyJSON(t *testing.T) {
	t.Parallel()
	values, err := url.ParseQuery(string(signed(gift(), salt)))
	if err != nil {
		t.Fatal(err)
	}
	f := map[string]any{}
	for name := range values {
		f[name] = values.Get(name)
	}
	f["amount"], f["udf3"] = json.Number("501.0"), nil
	body, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	a := hashOnly(t)
	if err := a.Verify(nil, body); err != nil {
		t.Error(err)
	}
	if e, err := a.Normalise(body); err != nil || e.Payment == nil || e.Payment.Amount != ngo.Paise(50100) {
		t.Errorf("Normalise = %+v, %v", e.Payment, err)
	}
	twice := []byte(strings.Replace(string(body), "{", `{"amount":"1.00",`, 1))
	if err := a.Verify(nil, twice); ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("an amount twice = %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	right := string(signed(gift(), salt))
	refund := `{"action":"refund","key":"` + key + `","request_id":"1","mihpayid":"2","status":"success","amt":"1.00"}`
	for name, body := range map[string]string{
		"nothing":                  "",
		"no hash":                  form(gift()),
		"another amount":           strings.Replace(right, "amount=501.0", "amount=5010", 1),
		"another status":           strings.Replace(right, "status=success&txnid", "status=pending&txnid", 1),
		"an amount twice":          right + "&amount=1.00",
		"a hash twice":             right + "&hash=0",
		"a name escaped twice":     right + "&am%6Funt=1.00",
		"two mihpayids":            right + "&mihpayid=1",
		"two spellings of charges": right + "&additionalCharges=1&additional_charges=2",
		"a bar in a hashed field":  string(signed(with(gift(), "udf1", "a|b"), salt)),
		"a bar that moves fields":  string(signed(with(gift(), "udf1", "u2|u1", "udf2", ""), salt)),
		"a bar in the split":       string(signed(with(gift(), "splitInfo", "a|b"), salt)),
		"another key":              string(signed(with(gift(), "key", "Other1"), salt)),
		"broken escapes":           right + "&x=%zz",
		"500 fields":               right + strings.Repeat("&x=", 500),
		"an empty salt":            string(signed(gift(), "")),
		"a refund of others":       strings.Replace(refund, key, "Other1", 1),
		"a refund without key":     strings.Replace(refund, `"key":"`+key+`",`, "", 1),
		"an answer of our own":     `{"ngoctl":"payment","transaction":{"mihpayid":"1","txnid":"T","amt":"1.00","status":"success"}}`,
		"an answer in a refund":    strings.Replace(refund, "{", `{"ngoctl":"refund",`, 1),
		"an empty answer":          strings.Replace(refund, "{", `{"ngoctl":null,`, 1),
		"an answer in a form":      right + "&ngoctl=payment",
		"something else":           `{"hello":"world"}`,
		"a refund and more":        refund + "{}",
	} {
		if err := open(t, nil).Verify(http.Header{}, []byte(body)); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("%s = %v; want Unauthenticated", name, err)
		}
	}
	if err := open(t, nil).Verify(nil, []byte(refund)); err != nil {
		t.Errorf("a refund with the account's key: %v", err)
	}
}

const dispute = `{"type":"payments","event":"dispute","reason_code":"Fraud","created_at":"2026-11-20T21:28:25.000+05:30",` +
	`"mid":"2","cb_id":1761758,"txn_id":"999000000000468","cb_type":"RBI/BO","due_date":"2026-12-31","cb_amount":"501.0","cb_status":"Pending Response"}`

func TestVerifyDispute(t *testing.T) {
	t.Parallel()
	const name = "X-PayU-Dispute-Webhook-Signature-V2"
	header := func(signature string) http.Header {
		h := http.Header{}
		h.Set(name, signature)
		return h
	}
	spaced := header(sha(key, "999000000000468", "501.0", "1761758", "RBI/BO", "Pending Response", salt))
	closed := header(sha(key, "999000000000468", "501.0", "1761758", "RBI/BO", "PendingResponse", salt))
	forged := header(sha(key, "999000000000468", "501.0", "1761758", "RBI/BO", "Pending Response", "x"))
	optional, required := open(t, nil), open(t, setting.Values{"dispute-signature": "required"})
	rotated := open(t, setting.Values{"dispute-signature": "required", "salt": "new", "old-salt": salt})
	for _, tt := range []struct {
		what    string
		account payment.Account
		header  http.Header
		want    ngo.Code
	}{
		{"signed with spaces", optional, spaced, ""},
		{"signed without spaces", optional, closed, ""},
		{"not signed", optional, nil, ""},
		{"forged", optional, forged, ngo.Unauthenticated},
		{"signed, as it must be", required, closed, ""},
		{"signed with the former salt", rotated, spaced, ""},
		{"not signed, though it must be", required, nil, ngo.Unauthenticated},
		{"forged, though it must be signed", required, forged, ngo.Unauthenticated},
		{"signed twice", required, http.Header{http.CanonicalHeaderKey(name): {closed.Get(name), "x"}}, ngo.Unauthenticated},
	} {
		if got := ngo.CodeOf(tt.account.Verify(tt.header, []byte(dispute))); got != tt.want {
			t.Errorf("%s = %q; want %q", tt.what, got, tt.want)
		}
	}
	moved := strings.Replace(strings.Replace(dispute, "RBI/BO", "RBI/BO|x", 1), "501.0", "501.0", 1)
	if err := optional.Verify(header(sha(key, "999000000000468", "501.0", "1761758", "RBI/BO|x", "Pending Response", salt)), []byte(moved)); err == nil {
		t.Error("a bar in a signed field passes")
	}
}

func TestPaymentIsAClaim(t *testing.T) {
	t.Parallel()
	a := open(t, nil)
	e, err := a.Normalise(signed(with(gift(), "cardCategory", "international"), salt))
	if err != nil || e.Payment == nil || e.Claim == nil {
		t.Fatalf("Normalise = %+v, %v; want a payment and a claim", e, err)
	}
	p := e.Payment
	want := ngo.Donor{Name: "Meena", EMail: "meena@example.org", Address: "4 Car Street, Madurai", PAN: "ABCPE1234F"}
	if e.Name != "payment.success" || p.Ref != "SVT-0001" || p.State != ngo.PaymentCreated || p.Amount != ngo.Paise(50100) || p.Donor != want || p.Purpose != "Annadanam" {
		t.Errorf("payment = %+v", p)
	}
	if p.Alias != "" || p.Method != "" || p.Reference != "" || !p.Created.IsZero() || p.International {
		t.Errorf("payment = %+v; what the hash does not cover was believed", p)
	}
	if e.Claim.Kind != "payment" || e.Claim.Ref != "SVT-0001" || e.Claim.More["mihpayid"] != "403993715524046125" {
		t.Errorf("claim = %+v", e.Claim)
	}
	for status, state := range map[string]ngo.PaymentState{"failure": ngo.PaymentFailed, "pending": ngo.PaymentCreated, "Weird": ngo.PaymentCreated} {
		e, err := a.Normalise(signed(with(gift(), "status", status), salt))
		if err != nil || e.Claim == nil || e.Payment == nil || e.Payment.State != state || e.Payment.Problem != "" {
			t.Errorf("%s = %+v, %v; want a claim and the state %s", status, e.Payment, err, state)
		}
	}
}

func TestHashAlone(t *testing.T) {
	t.Parallel()
	a := hashOnly(t)
	for status, state := range map[string]ngo.PaymentState{"success": ngo.PaymentCaptured, "failure": ngo.PaymentFailed, "pending": ngo.PaymentCreated} {
		e, err := a.Normalise(signed(with(gift(), "status", status), salt))
		if err != nil || e.Claim != nil || e.Payment == nil || e.Payment.State != state || e.Payment.Alias != "" || !e.Payment.Created.IsZero() {
			t.Errorf("%s = %+v, %v; want %s without a claim", status, e, err, state)
		}
	}
	for category, want := range map[string]bool{"International": true, "domestic": false, "": false} {
		e, err := a.Normalise(signed(with(with(gift(), "mode", "CC"), "cardCategory", category), salt))
		if err != nil || e.Payment == nil || e.Payment.International != want {
			t.Errorf("a card that PayU calls %q = %+v, %v; want abroad %v", category, e.Payment, err, want)
		}
	}
	for _, body := range []string{dispute, `{"action":"refund","key":"` + key + `","request_id":"1","mihpayid":"2","status":"success","amt":"1.00"}`} {
		if e, err := a.Normalise([]byte(body)); err != nil || e.Name == "" || e.Claim != nil || e.Refund != nil || e.Dispute != nil {
			t.Errorf("%.20s = %+v, %v; want a name alone", body, e, err)
		}
	}
	for name, x := range map[string]any{"Confirmer": isA[payment.Confirmer](a), "Poller": isA[payment.Poller](a), "Refunder": isA[payment.Refunder](a), "Checker": isA[payment.Checker](a)} {
		if x == true {
			t.Errorf("an account that may not ask is a %s", name)
		}
	}
	if a.(payment.Doubter).Doubt() == "" || open(t, nil).(payment.Doubter).Doubt() != "" {
		t.Error("the doubt is told of the wrong account")
	}
}

func isA[T any](x any) bool { _, ok := x.(T); return ok }

func TestRefundAndDisputeAreClaims(t *testing.T) {
	t.Parallel()
	a := open(t, nil)
	refund := `{"action":"refund","key":"` + key + `","request_id":" 17265314530 ","mihpayid":" 23907365951 ","token":"x","status":"success","amt":"72.00","bank_arn":308239782136}`
	e, err := a.Normalise([]byte(refund))
	if err != nil || e.Name != "refund.success" || e.Payment != nil || e.Refund != nil || e.Claim == nil ||
		e.Claim.Ref != "17265314530" || e.Claim.More["mihpayid"] != "23907365951" {
		t.Errorf("refund = %+v, %v", e, err)
	}
	e, err = a.Normalise([]byte(dispute))
	if err != nil || e.Name != "dispute.pending_response" || e.Payment != nil || e.Dispute != nil || e.Claim == nil || e.Claim.Ref != "1761758" {
		t.Errorf("dispute = %+v, %v", e, err)
	}
	for _, body := range []string{
		strings.Replace(refund, "17265314530", "", 1), strings.Replace(refund, "23907365951", "x y", 1),
		strings.Replace(dispute, "1761758", "null", 1), strings.Replace(dispute, "501.0", "-1", 1),
	} {
		if e, err := a.Normalise([]byte(body)); ngo.CodeOf(err) != ngo.Invalid || e.Claim != nil {
			t.Errorf("%s = %+v, %v; want Invalid", body, e, err)
		}
	}
}

func TestNormaliseIsStrictAboutMoney(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "1e3", "-5.00", "10.005", "1,000.00", "₹10", "NaN", "99999999999999", "10.", ".5", "10.00|"} {
		if e, err := open(t, nil).Normalise(signed(with(gift(), "amount", text), salt)); ngo.CodeOf(err) != ngo.Invalid || e.Payment != nil {
			t.Errorf("amount %q = %+v, %v; want Invalid", text, e.Payment, err)
		}
	}
	for _, f := range []map[string]string{
		with(gift(), "key", "Other1"), with(gift(), "txnid", "a b"), with(gift(), "txnid", strings.Repeat("x", 200)), with(gift(), "txnid", "மீனா"),
	} {
		if e, err := open(t, nil).Normalise(signed(f, salt)); ngo.CodeOf(err) != ngo.Invalid || e.Payment != nil {
			t.Errorf("%v = %+v, %v; want Invalid", f, e.Payment, err)
		}
	}
	if e, err := open(t, nil).Normalise(signed(with(gift(), "amount", "0.00"), salt)); err != nil || e.Payment != nil || e.Claim != nil {
		t.Errorf("a mandate without money = %+v, %v", e, err)
	}
}

func TestPANInAnyField(t *testing.T) {
	t.Parallel()
	e, err := open(t, nil).Normalise(signed(with(gift(), "udf1", "campaign-7", "udf4", "ABCPE1234F"), salt))
	if err != nil || e.Payment.Donor.PAN != "ABCPE1234F" {
		t.Errorf("PAN in udf4 = %+v, %v", e.Payment, err)
	}
	e, err = open(t, setting.Values{"map-address": "udf5", "map-purpose": "udf2"}).Normalise(signed(with(gift(), "udf5", "7 Beach Road"), salt))
	if err != nil || e.Payment.Donor.Address != "7 Beach Road" || e.Payment.Purpose != "4 Car Street, Madurai" {
		t.Errorf("own mapping = %+v, %v", e.Payment, err)
	}
	e, err = open(t, nil).Normalise(signed(with(gift(), "udf1", "", "udf2", "ABCPE1234F"), salt))
	if err != nil || e.Payment.Donor.PAN != "ABCPE1234F" || e.Payment.Donor.Address != "" {
		t.Errorf("PAN where the address is asked = %+v, %v", e.Payment, err)
	}
}

func TestOpenNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := payu.New().Open(setting.Values{"merchant-key": "a|b", "salt": "c|d", "confirm": "hash", "webhook": "no"})
	e, ok := errors.AsType[*ngo.Error](err)
	if !ok || e.Code != ngo.Invalid || strings.Contains(e.Message, "c|d") {
		t.Fatalf("Open = %v; want Invalid without the salt", err)
	}
	for _, want := range []string{"merchant-key", "salt", "webhook is no"} {
		if !strings.Contains(e.Message, want) {
			t.Errorf("%q does not name %s", e.Message, want)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, a := range []payment.Account{open(t, nil), hashOnly(t), open(t, setting.Values{"salt": "new", "old-salt": salt})} {
		header, body := a.(payment.Prober).Probe(paymenttest.Noon(), "a |\x00b\u202e")
		if err := a.Verify(header, body); err != nil {
			t.Errorf("the probe is refused: %v", err)
		}
		if e, err := a.Normalise(body); err != nil || e.Name == "" || e.Payment != nil || e.Claim != nil {
			t.Errorf("the probe means %+v, %v", e, err)
		}
	}
}

func TestRation(t *testing.T) {
	t.Parallel()
	for _, a := range []payment.Account{open(t, nil), hashOnly(t)} {
		r := a.(interface {
			Ration(http.Header, []byte) string
		})
		one, other := r.Ration(nil, []byte(`key=k&txnid=1&status=success&hash=AA&mihpayid=1`)), r.Ration(nil, []byte(`{"key":"k","txnid":"1","status":"success","hash":"aa","mihpayid":"2"}`))
		if one == "" || one != other {
			t.Errorf("one signed part draws on %q and %q", one, other)
		}
		if x := r.Ration(nil, []byte(`key=k&txnid=1&status=success&hash=bb`)); x == one {
			t.Errorf("two signed parts draw on one ration %q", x)
		}
		hint := r.Ration(nil, []byte(`{"action":"refund","request_id":"1"}`))
		if x := r.Ration(nil, []byte(`{"event":"dispute","cb_id":1}`)); hint == "" || hint == one || x != hint {
			t.Errorf("hints draw on %q and %q", hint, x)
		}
		if x := r.Ration(http.Header{"X-Payu-Dispute-Webhook-Signature-V2": {"x"}}, []byte(`{"event":"dispute","cb_id":1}`)); x == hint {
			t.Errorf("a signed dispute draws on the ration %q of those that are not", x)
		}
	}
}
