package razorpay_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func seed(f *testing.F, add func([]byte)) {
	f.Helper()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		f.Fatalf("no bodies in testdata: %v", err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(body)
	}
}

func FuzzVerify(f *testing.F) {
	seed(f, func(body []byte) { f.Add(signed(secret, body).Get("X-Razorpay-Signature"), body) })
	f.Add("", []byte(nil))
	f.Add("zz", []byte("{}"))
	a := account(f)
	f.Fuzz(func(t *testing.T, signature string, body []byte) {
		err := a.Verify(http.Header{"X-Razorpay-Signature": {signature}}, body)
		if err != nil && code(err) != ngo.Unauthenticated {
			t.Errorf("Verify = %v; want Unauthenticated", err)
		}
		if a.Verify(signed(secret, body), body) != nil {
			t.Error("a right signature is refused")
		}
	})
}

func FuzzNormalise(f *testing.F) {
	seed(f, func(body []byte) { f.Add(body) })
	for _, s := range []string{``, `{}`, `[]`, `null`, `{"event":"payment.captured"}`, `{"event":"payment.captured","payload":{"payment":{"entity":{}}}}`} {
		f.Add([]byte(s))
	}
	a := account(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		event, err := a.Normalise(body)
		if !bytes.Equal(body, before) {
			t.Fatal("Normalise changed the body")
		}
		if err != nil {
			if code(err) != ngo.Invalid || event.Payment != nil {
				t.Fatalf("Normalise = %+v, %v; want Invalid and no payment", event, err)
			}
			return
		}
		again, err := a.Normalise(body)
		if err != nil || !reflect.DeepEqual(event, again) {
			t.Fatalf("Normalise = %+v, then %+v, %v", event, again, err)
		}
		p := event.Payment
		if p == nil {
			return
		}
		if event.Name != "payment.captured" || p.Amount.Minor < 1 || len(p.Amount.Currency) != 3 || p.Fee < 0 || p.Tax < 0 ||
			p.Ref == "" || p.State != ngo.PaymentCaptured || p.Created.Year() < 2000 || p.Created.Year() > 2121 {
			t.Errorf("%q gives %+v", body, p)
		}
		for _, s := range []string{p.Method, p.Reference, p.Purpose, p.Donor.Name, p.Donor.Address, p.Donor.EMail, p.Donor.Phone, p.Donor.PAN} {
			if !utf8.ValidString(s) || ngo.Printable(s) != s || len(s) > 4*500 {
				t.Errorf("%q gives the unprintable %q", body, s)
			}
		}
	})
}
