package razorpay

import (
	"encoding/json"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// What Razorpay answers is a stranger's text as well.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{
		``, `null`, `[]`, `{}`, `{"entity":"collection","items":null}`, `{"entity":"collection","items":[]}`,
		`{"entity":"collection","count":2,"items":[{"id":"pay_1","status":"created"},{"id":"pay_2","status":"captured"},7]}`,
		`{"error":{"code":"BAD_REQUEST_ERROR","description":"The payment has been fully refunded already"}}`, `{"error":[]}`,
		`{"id":"rfnd_1","entity":"refund","amount":100,"currency":"INR","payment_id":"pay_1","status":"processed","created_at":1795433400}`,
	} {
		f.Add([]byte(s))
	}
	a := &account{id: "acc_1", mapping: payment.NewMapping(nil)}
	o := payment.RefundOrder{Token: "abcdefghij0123456789", Payment: ngo.Payment{Ref: "pay_1"}, Amount: ngo.Paise(100)}
	f.Fuzz(func(t *testing.T, body []byte) {
		e := explain(&ngo.Error{Code: ngo.Invalid, Message: "x"}, body)
		if s := e.Error(); ngo.Printable(s) != s || len(s) > 4*maxName+20 {
			t.Errorf("%q is explained as %q", body, s)
		}
		if r, err := readAnswer(o, body); err == nil && (r.Payment != "pay_1" || r.Amount != ngo.Paise(100) || r.Token != o.Token) {
			t.Errorf("%q is read as the refund %+v", body, r)
		} else if err != nil && ngo.CodeOf(err) != ngo.Internal {
			t.Errorf("%q fails with %v; want Internal", body, err)
		}
		items, err := readPage(body)
		if err != nil && ngo.CodeOf(err) != ngo.Internal {
			t.Errorf("%q fails with %v; want Internal", body, err)
		}
		for _, item := range items {
			unborn(item)
			wrapped, err := a.wrap("payment", item)
			if err != nil {
				t.Fatalf("wrap(%q): %v", item, err)
			}
			if !json.Valid(wrapped) {
				t.Errorf("wrap(%q) = %q, which is not JSON", item, wrapped)
			}
			if e, err := a.Normalise(wrapped); err != nil && ngo.CodeOf(err) != ngo.Invalid || e.Refund != nil || e.Dispute != nil || e.Settlement != nil {
				t.Errorf("Normalise(%q) = %+v, %v", wrapped, e, err)
			}
		}
	})
}
