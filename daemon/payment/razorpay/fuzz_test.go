package razorpay_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/payment"
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
			if code(err) != ngo.Invalid || event != (payment.Event{Name: event.Name}) {
				t.Fatalf("Normalise = %+v, %v; want Invalid and nothing but a name", event, err)
			}
			return
		}
		again, err := a.Normalise(body)
		if err != nil || !reflect.DeepEqual(event, again) {
			t.Fatalf("Normalise = %+v, then %+v, %v", event, again, err)
		}
		checkEvent(t, event)
	})
}

// checkEvent holds an event to what every one is, whatever the body.
func checkEvent(t *testing.T, e payment.Event) {
	t.Helper()
	texts := []string{e.Name}
	sound := func(what string, ok bool, created time.Time) {
		t.Helper()
		if !ok || created.Year() < 2000 || created.Year() > 2121 {
			t.Errorf("%s %s = %+v", e.Name, what, e)
		}
	}
	if p := e.Payment; p != nil {
		sound("payment", p.Amount.Minor > 0 && len(p.Amount.Currency) == 3 && p.Fee >= 0 && p.Tax >= 0 && p.Ref != "" && ngo.PaymentState("").CanBecome(p.State), p.Created)
		texts = append(texts, p.Method, p.Reference, p.Order, p.Problem, p.Purpose, p.Campaign, p.Donor.Name, p.Donor.Address, p.Donor.EMail, p.Donor.Phone, p.Donor.PAN, p.Donor.IDNumber)
	}
	if r := e.Refund; r != nil {
		sound("refund", r.Amount.Minor > 0 && r.Ref != "" && r.Payment != "" && ngo.RefundState("").CanBecome(r.State), r.Created)
		texts = append(texts, r.Token, r.Reference, r.Problem)
	}
	if d := e.Dispute; d != nil {
		sound("dispute", d.Amount.Minor > 0 && d.Deducted >= 0 && d.Ref != "" && d.Payment != "" && ngo.DisputeState("").CanBecome(d.State), d.Created)
		texts = append(texts, d.Phase, d.Reason)
	}
	if s := e.Settlement; s != nil {
		sound("settlement", s.Amount.Minor >= 0 && s.Fees >= 0 && s.Tax >= 0 && s.Ref != "" && ngo.SettlementState("").CanBecome(s.State), s.Created)
		texts = append(texts, s.UTR)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || ngo.Printable(s) != s || len(s) > 4*500 {
			t.Errorf("%s gives the unprintable %q", e.Name, s)
		}
	}
}
