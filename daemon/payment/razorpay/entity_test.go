package razorpay_test

import (
	"bytes"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestEntitiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ file, old, piece string }{
		{"refund_created.json", `"amount":20000,`, ``},
		{"refund_created.json", `"amount":20000,`, `"amount":0,`},
		{"refund_created.json", `"amount":20000,`, `"amount":-20000,`},
		{"refund_created.json", `"amount":20000,`, `"amount":"20000",`},
		{"refund_created.json", `"amount":20000,`, `"amount":200.5,`},
		{"refund_created.json", `"amount":20000,`, `"amount":10000000000001,`},
		{"refund_created.json", `"amount":20000,`, `"amount":20000,"Amount":1,`},
		{"refund_created.json", `"amount":20000,"currency":"INR"`, `"amount":20000,"currency":null`},
		{"refund_created.json", `"id":"rfnd_Q1aBcDeFgHiJkR"`, `"id":"pay_Q1aBcDeFgHiJkR"`},
		{"refund_created.json", `"entity":"refund"`, `"entity":"payment"`},
		{"refund_created.json", `"payment_id":"pay_Q1aBcDeFgHiJkL"`, `"payment_id":null`},
		{"refund_created.json", `"payment_id":"pay_Q1aBcDeFgHiJkL"`, `"payment_id":"pay_another"`},
		{"refund_created.json", `"batch_id":null,"status":"processed"`, `"status":"done"`},
		{"refund_created.json", `"created_at":1795433400,"batch_id"`, `"created_at":null,"batch_id"`},
		{"refund_created.json", `"refund":{"entity"`, `"refund":{"entities"`},
		{"dispute_lost.json", `"amount_deducted":50100`, `"amount_deducted":-1`},
		{"dispute_lost.json", `"amount_deducted":50100`, `"amount_deducted":"50100"`},
		{"dispute_lost.json", `"status":"lost"`, `"status":"forgotten"`},
		{"dispute_lost.json", `"status":"lost"`, `"status":null`},
		{"dispute_lost.json", `"payment_id":"pay_Q1aBcDeFgHiJkL"`, `"payment_id":"pay_another"`},
		{"dispute_lost.json", `"id":"disp_Q1aBcDeFgHiJkD"`, `"id":"disp_"`},
		{"settlement.json", `"amount":48918`, `"amount":null`},
		{"settlement.json", `"amount":48918`, `"amount":-1`},
		{"settlement.json", `"amount":48918`, `"amount":489.18`},
		{"settlement.json", `"status":"processed"`, `"status":"gone"`},
		{"settlement.json", `"fees":0`, `"fees":"0"`},
		{"settlement.json", `"settlement":{"entity":{`, `"settlement":{"entity":[],"x":{`},
		{"link_paid.json", `"payment":{"entity":{`, `"payment":{"entity":[],"x":{`},
		{"subscription_charged.json", `"captured":"1"`, `"captured":"0"`},
		{"subscription_halted.json", `"event":"subscription.halted"`, `"event":"subscription.charged"`},
	} {
		body := file(t, tt.file)
		if bytes.Count(body, []byte(tt.old)) != 1 {
			t.Errorf("%q is not once in %s", tt.old, tt.file)
			continue
		}
		body = bytes.Replace(body, []byte(tt.old), []byte(tt.piece), 1)
		event, err := account(t).Normalise(body)
		if code(err) != ngo.Invalid || event.Payment != nil || event.Refund != nil || event.Dispute != nil || event.Settlement != nil {
			t.Errorf("%s with %s = %+v, %v; want Invalid", tt.file, tt.piece, event, err)
		}
	}
}

// What a link, invoice or subscription says of the donor stands back behind what the payment says.
func TestContainersFillGapsOnly(t *testing.T) {
	t.Parallel()
	body := bytes.Replace(file(t, "link_paid.json"), []byte(`"email":null,"contact":null,"notes":[]`),
		[]byte(`"email":"own@example.org","contact":"+919840099999","notes":{"name":"Own Name","purpose":"Own purpose"}`), 1)
	event, err := account(t).Normalise(body)
	if err != nil {
		t.Fatal(err)
	}
	p := event.Payment
	want := ngo.Donor{Name: "Own Name", EMail: "own@example.org", Phone: "+919840099999", PAN: "ABCPE1234F", Address: "12 Gandhi Street, Chennai 600004"}
	if p.Donor != want || p.Purpose != "Own purpose" || p.Campaign != "Pongal 2026" {
		t.Errorf("payment = %+v; want the donor %+v", p, want)
	}
}

func TestNotesOfEveryKind(t *testing.T) {
	t.Parallel()
	for piece, name := range map[string]string{
		`[]`: "", `{}`: "", `null`: "", `"Beam me up"`: "", `17`: "", `[{"name":"x"}]`: "", `{"name":null}`: "", `{"name":{"first":"x"}}`: "",
		`{"name":"Meena"}`: "Meena", `{"name":17}`: "17", `{"Donor Name":"Meena","name":"M"}`: "Meena", `{"name":"N/A"}`: "",
	} {
		body := bytes.Replace(file(t, "polled.payment.json"), []byte(`"notes":[]`), []byte(`"notes":`+piece), 1)
		event, err := account(t).Normalise(body)
		if err != nil || event.Payment == nil || event.Payment.Donor.Name != name {
			t.Errorf("notes %s = %+v, %v; want the name %q", piece, event.Payment, err, name)
		}
	}
}
