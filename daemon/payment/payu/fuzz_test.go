package payu_test

import (
	"bytes"
	"net/http"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func seed(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		"", "{}", "[]", "null", "a=b", "status=success&txnid=1", dispute, string(signed(gift(), salt)), string(signed(with(gift(), "amount", "40", "udf2", "%"), salt)),
		`{"action":"refund","key":"Sevai1","request_id":"17","mihpayid":" 2 ","status":"failure","amt":"72.00","bank_arn":null}`,
		`{"ngoctl":"payment","transaction":{"mihpayid":"4","txnid":"T","amt":"10.00","status":"success","unmappedstatus":"captured","addedon":"2020-10-26 14:12:13","mode":"CC"},"told":{"udf1":"ABCPE1234F"}}`,
		`{"ngoctl":"payment","row":{"id":"4","txnid":"T","amount":"10.00","status":"captured","cardtype":"international","mode":"CC","mer_service_fee":"0.2360","mer_service_tax":"0.04"}}`,
		`{"ngoctl":"refund","action":{"mihpayid":"4","request_id":"1","amt":"10.00","status":"success","action":"refund","token":"t"}}`,
		`{"ngoctl":"refund","settled":{"payuid":"4","requestid":"1","requestamount":"-10.00","requestdate":"2021-08-10 23:49:16"}}`,
		`{"ngoctl":"dispute","action":{"request_id":"7","mihpayid":"4","amt":"1.00"}}`,
		`{"ngoctl":"dispute","apart":true,"state":"lost","told":{"cb_id":"1","txn_id":"4","cb_amount":"1.0"}}`,
		`{"ngoctl":"dispute","state":"lost","told":{"cb_id":"1","txn_id":"4","cb_amount":"1.0"}}`,
		`{"ngoctl":"settlement","payout":{"utr":"N1","day":"2021-08-11","net":1169715,"fee":23960,"tax":4313}}`,
	} {
		f.Add([]byte(s))
	}
}

func FuzzVerify(f *testing.F) {
	seed(f)
	a := open(f, setting.Values{"dispute-signature": "required"})
	f.Fuzz(func(t *testing.T, body []byte) {
		err := a.Verify(http.Header{}, body)
		if err != nil && ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Fatalf("Verify = %v; want Unauthenticated", err)
		}
		if err != nil {
			return
		}
		// What passes is a payment that was signed with the salt, or no more than a claim about a refund.
		if e, err := a.Normalise(body); err == nil && (e.Refund != nil || e.Dispute != nil || e.Settlement != nil ||
			e.Payment != nil && (e.Claim == nil || e.Payment.State == ngo.PaymentCaptured)) {
			t.Fatalf("%q is believed: %+v", body, e)
		}
	})
}

func FuzzNormalise(f *testing.F) {
	seed(f)
	accounts := []payment.Account{open(f, nil), hashOnly(f)}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, a := range accounts {
			before := bytes.Clone(body)
			event, err := a.Normalise(body)
			if !bytes.Equal(body, before) {
				t.Fatal("Normalise changed the body")
			}
			if again, _ := a.Normalise(body); !reflect.DeepEqual(event, again) {
				t.Fatalf("Normalise = %+v, then %+v", event, again)
			}
			if err != nil {
				if ngo.CodeOf(err) != ngo.Invalid || event.Payment != nil || event.Refund != nil || event.Dispute != nil || event.Settlement != nil || event.Claim != nil {
					t.Fatalf("Normalise = %+v, %v; want Invalid and nothing in it", event, err)
				}
				continue
			}
			checkEvent(t, body, event)
		}
	})
}

func checkEvent(t *testing.T, body []byte, e payment.Event) {
	t.Helper()
	texts := []string{e.Name}
	if e.Name == "" {
		t.Errorf("%q gives an event without a name", body)
	}
	if p := e.Payment; p != nil {
		texts = append(texts, p.Method, p.Reference, p.Problem, p.Purpose, p.Campaign, p.Donor.Name, p.Donor.Address, p.Donor.EMail, p.Donor.PAN, string(p.Ref), string(p.Alias))
		if p.Ref == "" || p.Amount.Minor < 1 || p.Amount.Currency != ngo.INR || p.Fee < p.Tax || p.Fee > p.Amount.Minor || e.Claim != nil && p.State == ngo.PaymentCaptured {
			t.Errorf("%q gives %+v", body, p)
		}
	}
	if r := e.Refund; r != nil {
		texts = append(texts, string(r.Ref), r.Token, string(r.Payment), r.Reference, r.Problem)
		if r.Ref == "" || r.Payment == "" || r.Amount.Minor < 1 {
			t.Errorf("%q gives %+v", body, r)
		}
	}
	if d := e.Dispute; d != nil {
		texts = append(texts, string(d.Ref), string(d.Payment), d.Phase, d.Reason)
		if d.Ref == "" || d.Payment == "" || d.Amount.Minor < 1 || d.Deducted != 0 && d.State != ngo.DisputeLost {
			t.Errorf("%q gives %+v", body, d)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || ngo.Printable(s) != s || len(s) > 4*500 {
			t.Errorf("%q gives the unprintable %q", body, s)
		}
	}
}
