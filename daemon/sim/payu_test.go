package sim_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func newPayU(t *testing.T, o sim.PayUOptions) *sim.PayU {
	t.Helper()
	if o.Now == nil {
		o.Now = noon
	}
	p, err := sim.NewPayU(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func sha(parts ...string) string {
	sum := sha512.Sum512([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

// command asks with the right hash.
func command(t *testing.T, p *sim.PayU, name string, vars ...string) map[string]any {
	t.Helper()
	v := p.Values()
	form := url.Values{"key": {v["merchant-key"]}, "command": {name}, "hash": {sha(v["merchant-key"], name, vars[0], v["salt"])}}
	for i, x := range vars {
		form.Set("var"+string(rune('1'+i)), x)
	}
	return postForm(t, p, form)
}

func postForm(t *testing.T, p *sim.PayU, form url.Values) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL()+"/merchant/postservice.php?form=2", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return out
}

func dig(v any, names ...string) any {
	for _, name := range names {
		o, _ := v.(map[string]any)
		v = o[name]
	}
	return v
}

func TestPayUForms(t *testing.T) {
	t.Parallel()
	p := newPayU(t, sim.PayUOptions{})
	key, salt := p.Values()["merchant-key"], p.Values()["salt"]
	donor := ngo.Donor{Name: "राजेश", EMail: "r@example.org", Phone: "+919876543210", PAN: "ABCPE1234F", Address: "1 Church Road, Pune"}
	split := `{"splitStatus":"splitNotReceived","splitSegments":[]}`
	for _, tt := range []struct {
		name   string
		charge sim.Charge
		hash   func(tail string) string
	}{
		{"standard", sim.Charge{ID: "t1", Text: "239.6000"}, func(tail string) string { return sha(salt + "|success||||||" + tail) }},
		{"charges", sim.Charge{ID: "t2", Text: "40", Additional: "11.80"}, func(tail string) string { return sha("11.80|" + salt + "|success||||||" + tail) }},
		{"split", sim.Charge{ID: "t3", Text: "3999.0", Split: true}, func(tail string) string { return sha(salt + "|success|" + split + "||||||" + tail) }},
		{"both", sim.Charge{ID: "t4", Text: "10.00", Additional: "1.00", Split: true}, func(tail string) string { return sha("1.00|" + salt + "|success|" + split + "||||||" + tail) }},
		{"split not signed", sim.Charge{ID: "t5", Text: "10.00", SplitOnly: true}, func(tail string) string { return sha(salt + "|success||||||" + tail) }},
		{"JSON", sim.Charge{ID: "t6", Text: "10.00", JSON: true}, func(tail string) string { return sha(salt + "|success||||||" + tail) }},
	} {
		tt.charge.Donor, tt.charge.Purpose, tt.charge.Campaign = donor, "शिक्षा", "Diwali"
		p.Give(tt.charge)
		hooks := p.Webhooks()
		if len(hooks) != 1 || hooks[0].Name != "payment.success" || hooks[0].Payment != tt.charge.ID {
			t.Fatalf("%s: webhooks %+v", tt.name, hooks)
		}
		got := map[string]string{}
		if tt.charge.JSON {
			if err := json.Unmarshal(hooks[0].Body, &got); err != nil {
				t.Fatal(err)
			}
		} else {
			values, err := url.ParseQuery(string(hooks[0].Body))
			if err != nil {
				t.Fatal(err)
			}
			for name := range values {
				got[name] = values.Get(name)
			}
		}
		want := tt.hash("Diwali|||1 Church Road, Pune|ABCPE1234F|r@example.org|राजेश|शिक्षा|" + tt.charge.Text + "|" + string(tt.charge.ID) + "|" + key)
		if got["hash"] != want || got["addedon"] != "2026-06-01 12:00:00" || got["amount"] != tt.charge.Text {
			t.Errorf("%s: %v; want hash %s", tt.name, got, want)
		}
		if got["status"] != "success" || got["mihpayid"] != string(p.ID(tt.charge.ID)) {
			t.Errorf("%s: %v", tt.name, got)
		}
		if c := p.Callback(tt.charge.ID); !bytes.Contains(c.Body, []byte(want)) || bytes.Equal(c.Body, hooks[0].Body) && !tt.charge.JSON {
			t.Errorf("%s: callback %s", tt.name, c.Body)
		}
	}
}

func TestPayUQueries(t *testing.T) {
	t.Parallel()
	p := newPayU(t, sim.PayUOptions{})
	p.Give(sim.Charge{ID: "one", Amount: 500_00, Donor: ngo.Donor{Name: "A", EMail: "a@example.org", PAN: "ABCPE1234F"}})
	first := p.ID("one")
	p.Give(sim.Charge{ID: "one", Amount: 500_00, Reused: true})
	second := p.ID("one")
	p.Decline(p.Pay(sim.Charge{ID: "two"}), "Bank denied")
	p.Pay(sim.Charge{ID: "three"})

	out := command(t, p, "verify_payment", "one|two|none")
	if dig(out, "transaction_details", "one", "mihpayid") != string(second) || dig(out, "transaction_details", "two", "status") != "failure" ||
		dig(out, "transaction_details", "none", "status") != "Not Found" || out["status"] != json.Number("1") {
		t.Errorf("verify_payment: %v", out)
	}
	if out := command(t, p, "verify_payment", "none"); out["status"] != json.Number("0") {
		t.Errorf("verify_payment of none: %v", out)
	}
	out = command(t, p, "check_payment", string(first))
	if dig(out, "transaction_details", "mihpayid") != json.Number(string(first)) || dig(out, "transaction_details", "udf1") != "ABCPE1234F" || first == second {
		t.Errorf("check_payment: %v", out)
	}
	out = command(t, p, "get_Transaction_Details", "2026-06-01", "2026-06-01")
	if rows := out["Transaction_details"].([]any); len(rows) != 3 || dig(rows[2], "status") != "failed" || dig(rows[0], "id") != string(first) {
		t.Errorf("get_Transaction_Details: %v", out)
	}
	out = command(t, p, "get_Transaction_Details", "2026-06-02", "2026-06-02")
	if rows := out["Transaction_details"].([]any); len(rows) != 0 {
		t.Errorf("the day after: %v", out)
	}
	for _, form := range []url.Values{
		{"key": {"x"}, "command": {"verify_payment"}, "var1": {"one"}},
		{"key": {p.Values()["merchant-key"]}, "command": {"verify_payment"}, "var1": {"one"}, "hash": {strings.Repeat("0", 128)}},
	} {
		if out := postForm(t, p, form); out["status"] != json.Number("0") {
			t.Errorf("%v is answered %v", form, out)
		}
	}
	p.Refund("one", 100_00)
	dispute := p.Dispute("one", 50_00)
	p.MoveDispute(dispute, "Closed Customer Favour")
	utr, empty := p.Settle(), p.Settle()
	out = command(t, p, "get_settlement_details", string(utr))
	got := map[string]string{}
	for _, row := range out["Txn_details"].(map[string]any) {
		got[dig(row, "requestid").(string)] = dig(row, "requestaction").(string) + " " + dig(row, "mer_net_amount").(string)
	}
	if len(got) != 4 || got[string(dispute)] != "chargeback -50.0000" {
		t.Errorf("settlement: %v", got)
	}
	if out := command(t, p, "get_settlement_details", string(empty)); len(out["Txn_details"].([]any)) != 0 {
		t.Errorf("a settlement of nothing: %v", out)
	}
	if out := command(t, p, "check_action_status", string(second), "payuid"); dig(out, "transaction_details", string(second), string(dispute), "action") != "chargeback" {
		t.Errorf("check_action_status of a lost dispute: %v", out)
	}
}

func TestPayURefundsOnceUnderAToken(t *testing.T) {
	t.Parallel()
	p := newPayU(t, sim.PayUOptions{Slow: true})
	p.Give(sim.Charge{ID: "one", Amount: 500_00})
	p.Webhooks()
	id := string(p.ID("one"))
	out := command(t, p, "cancel_refund_transaction", id, "token-1", "200.0")
	if out["error_code"] != json.Number("102") || out["mihpayid"] != json.Number(id) || p.Returned("one") != 200_00 {
		t.Fatalf("refund: %v", out)
	}
	request := out["request_id"].(string)
	for _, tt := range []struct{ id, token, amount, code string }{
		{id, "token-1", "200.0", "106"}, {id, "token-2", "300.01", "105"}, {"1", "token-2", "1", "116"}, {id, "", "1", "124"}, {id, "token-2", "1.001", "105"},
	} {
		if out := command(t, p, "cancel_refund_transaction", tt.id, tt.token, tt.amount); out["error_code"] != json.Number(tt.code) || out["status"] != json.Number("0") {
			t.Errorf("%v is answered %v", tt, out)
		}
	}
	if out := command(t, p, "check_action_status", id, "payuid"); dig(out, "transaction_details", id, request, "status") != "queued" {
		t.Errorf("check_action_status: %v", out)
	}
	p.ProcessRefund(ngo.Ref(request))
	p.NumberRefund(ngo.Ref(request))
	if out := command(t, p, "check_action_status_txnid", request); dig(out, "transaction_details", request, request, "status") != "success" ||
		dig(out, "transaction_details", request, request, "token") != "token-1" {
		t.Errorf("check_action_status_txnid: %v", out)
	}
	if out := command(t, p, "getAllRefundsFromTxnIds", "one"); len(dig(out, "Refund Details", id).([]any)) != 1 {
		t.Errorf("getAllRefundsFromTxnIds: %v", out)
	}
	hooks := p.Webhooks()
	if len(hooks) != 2 || !bytes.Contains(hooks[0].Body, []byte(`"bank_arn":null`)) || bytes.Contains(hooks[1].Body, []byte(`"bank_arn":null`)) ||
		!bytes.Contains(hooks[0].Body, []byte(`" `+id+` "`)) {
		t.Errorf("webhooks %s", hooks)
	}
	p.FailRefund(p.Refund("one", 0))
	if p.Returned("one") != 200_00 {
		t.Errorf("returned %d after a refund that failed", p.Returned("one"))
	}
}

func TestPayUDisputes(t *testing.T) {
	t.Parallel()
	for _, signed := range []bool{false, true} {
		p := newPayU(t, sim.PayUOptions{SignDisputes: signed})
		p.Give(sim.Charge{ID: "one", Amount: 500_00})
		p.MoveDispute(p.Dispute("one", 0), "Pending Response")
		hooks := p.Webhooks()
		h := hooks[len(hooks)-1]
		var body struct {
			ID     json.Number `json:"cb_id"`
			Amount string      `json:"cb_amount"`
			Txn    string      `json:"txn_id"`
		}
		if err := json.Unmarshal(h.Body, &body); err != nil || body.Amount != "500.0" || body.Txn != string(p.ID("one")) {
			t.Errorf("body %s: %v", h.Body, err)
		}
		want := ""
		if v := p.Values(); signed {
			want = sha(v["merchant-key"], body.Txn, body.Amount, body.ID.String(), "Chargeback", "PendingResponse", v["salt"])
		}
		if got := h.Header.Get("X-PayU-Dispute-Webhook-Signature-V2"); got != want {
			t.Errorf("signature %q; want %q", got, want)
		}
	}
}

func TestDoublesFollowFromTheSeed(t *testing.T) {
	t.Parallel()
	made := func(seed uint64) (out []string) {
		r, p := newRazorpay(t, sim.RazorpayOptions{Seed: seed}), newPayU(t, sim.PayUOptions{Seed: seed})
		r.Fill(3, noon(), 0)
		p.Fill(3, noon(), 0)
		for _, h := range slices.Concat(r.Webhooks(), p.Webhooks()) {
			out = append(out, string(h.Body), h.Header.Get("X-Razorpay-Event-Id"))
		}
		return out
	}
	a, b, other := made(1), made(1), made(2)
	if !slices.Equal(a, b) || slices.Equal(a, other) {
		t.Errorf("one seed makes %d webhooks and then %d others", len(a), len(b))
	}
	if slices.Contains(other, a[0]) {
		t.Error("two seeds make one webhook")
	}
}
