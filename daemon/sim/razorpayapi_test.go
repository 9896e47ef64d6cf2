package sim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func noon() time.Time { return time.Date(2026, time.June, 1, 6, 30, 0, 0, time.UTC) }

func newRazorpay(t *testing.T, o sim.RazorpayOptions) *sim.RazorpayAPI {
	t.Helper()
	if o.Now == nil {
		o.Now = noon
	}
	r, err := sim.NewRazorpayAPI(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// ask sends a request with the right key and reads the answer as JSON.
func ask(t *testing.T, r *sim.RazorpayAPI, method, path, body string, header http.Header) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(r.Values()["key-id"], r.Values()["key-secret"])
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, out
}

func description(out map[string]any) string {
	fault, _ := out["error"].(map[string]any)
	s, _ := fault["description"].(string)
	return s
}

func TestRazorpayAPIWantsItsKey(t *testing.T) {
	t.Parallel()
	r := newRazorpay(t, sim.RazorpayOptions{})
	for _, header := range []string{"", "basic cnpwOng=", "BASIC cnpwOng=", "Bearer x", "Basic cnpwOng="} {
		status, out := ask(t, r, "GET", "/payments", "", http.Header{"Authorization": {header}})
		if status != 401 || description(out) == "" {
			t.Errorf("%q is answered %d, %v", header, status, out)
		}
	}
}

func TestRazorpayAPIPages(t *testing.T) {
	t.Parallel()
	r := newRazorpay(t, sim.RazorpayOptions{})
	r.SwitchOff()
	refs := r.Fill(25, noon(), time.Minute)
	var seen []string
	for skip := 0; ; skip += 10 {
		_, out := ask(t, r, "GET", fmt.Sprintf("/payments?from=%d&to=%d&skip=%d", noon().Unix(), noon().Add(time.Hour).Unix(), skip), "", nil)
		items := out["items"].([]any)
		if len(items) == 0 {
			break
		}
		for _, x := range items {
			seen = append(seen, x.(map[string]any)["id"].(string))
		}
	}
	slices.Reverse(seen)
	if len(seen) != 25 || ngo.Ref(seen[0]) != refs[0] || ngo.Ref(seen[24]) != refs[24] {
		t.Errorf("pages give %v; want %v", seen, refs)
	}
	if hooks := r.Webhooks(); len(hooks) != 0 || r.Unsent() != 75 {
		t.Errorf("%d webhooks and %d unsent while they are switched off", len(hooks), r.Unsent())
	}
	for _, query := range []string{"count=101", "count=0", "from=1", "to=x", "skip=-1"} {
		if status, out := ask(t, r, "GET", "/payments?"+query, "", nil); status != 400 || description(out) == "" {
			t.Errorf("%s is answered %d, %v", query, status, out)
		}
	}
	if r.Asked("GET /payments") != 9 {
		t.Errorf("%v was asked", r.Requests())
	}
}

func TestRazorpayAPIRefundsOnceUnderAKey(t *testing.T) {
	t.Parallel()
	r := newRazorpay(t, sim.RazorpayOptions{})
	pay := r.Give(sim.Charge{Amount: 500_00})
	key := http.Header{"X-Refund-Idempotency": {"0123456789abcdefghij"}}
	path := "/payments/" + string(pay) + "/refund"
	_, first := ask(t, r, "POST", path, `{"amount":20000,"receipt":"r1"}`, key)
	status, again := ask(t, r, "POST", path, `{"amount":20000,"receipt":"r1"}`, key)
	if status != 200 || first["id"] != again["id"] || first["status"] != "processed" || first["receipt"] != "r1" || r.Returned(pay) != 200_00 {
		t.Errorf("refunds %v, %v; returned %d", first, again, r.Returned(pay))
	}
	for _, tt := range []struct {
		path, body string
		key        http.Header
		status     int
	}{
		{path, `{"amount":20001}`, key, 409},
		{path, `{"amount":30001}`, nil, 400},
		{path, `{"amount":99}`, nil, 400},
		{path, `{"amount":100,"more":1}`, nil, 400},
		{path, `{"amount":100}`, http.Header{"X-Refund-Idempotency": {"short"}}, 400},
		{path, `{"amount":100}`, http.Header{"X-Refund-Idempotency": {"0123456789.x"}}, 400},
		{"/payments/pay_unknown/refund", `{"amount":100}`, nil, 400},
		{path, ``, nil, 200},
		{path, `{}`, nil, 400},
	} {
		if status, out := ask(t, r, "POST", tt.path, tt.body, tt.key); status != tt.status || status != 200 && description(out) == "" {
			t.Errorf("%s %v is answered %d, %v; want %d", tt.body, tt.key, status, out, tt.status)
		}
	}
	_, p := ask(t, r, "GET", "/payments/"+string(pay), "", nil)
	if p["status"] != "refunded" || p["refund_status"] != "full" || p["amount_refunded"] != 500_00.0 {
		t.Errorf("the payment is %v", p)
	}
	if _, list := ask(t, r, "GET", "/refunds", "", nil); list["count"] != 2.0 {
		t.Errorf("the refunds are %v", list)
	}
}

func TestRazorpayAPITroubles(t *testing.T) {
	t.Parallel()
	r := newRazorpay(t, sim.RazorpayOptions{})
	pay := r.Give(sim.Charge{})
	r.Trouble(sim.Trouble{At: "GET /payments", Status: 429, Header: http.Header{"Retry-After": {"2"}}, Times: 2, After: 1})
	for i, want := range []int{200, 429, 429, 200} {
		if status, _ := ask(t, r, "GET", "/payments", "", nil); status != want {
			t.Errorf("try %d is answered %d; want %d", i, status, want)
		}
	}
	get := func(method, path string) (int, string, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(`{"amount":100}`))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(r.Values()["key-id"], r.Values()["key-secret"])
		res, err := client(t).Do(req)
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return res.StatusCode, string(body), err
	}
	r.Trouble(sim.Trouble{Body: "<html>", Times: 1})
	if status, body, err := get("GET", "/payments"); status != 200 || body != "<html>" || err != nil {
		t.Errorf("garbage is %d %q, %v", status, body, err)
	}
	r.Trouble(sim.Trouble{Empty: true, Times: 1})
	if status, body, err := get("GET", "/payments"); status != 200 || body != "" || err != nil {
		t.Errorf("nothing is %d %q, %v", status, body, err)
	}
	r.Trouble(sim.Trouble{Cut: true, Times: 1})
	if status, body, err := get("GET", "/payments"); status != 200 || body == "" || err == nil {
		t.Errorf("a cut answer is %d %q, %v", status, body, err)
	}
	r.Trouble(sim.Trouble{At: "POST", Lost: true, Times: 1})
	if _, _, err := get("POST", "/payments/"+string(pay)+"/refund"); err == nil || r.Returned(pay) != 100 {
		t.Errorf("a lost answer: %v, returned %d", err, r.Returned(pay))
	}
	r.Trouble(sim.Trouble{Hang: true})
	failed := make(chan error)
	go func() {
		_, _, err := get("GET", "/payments")
		failed <- err
	}()
	if err := r.WaitAsked(t.Context(), "GET /payments", 8); err != nil {
		t.Fatal(err)
	}
	r.Heal()
	if err := <-failed; err == nil {
		t.Error("a request that hung was answered")
	}
	if status, _, err := get("GET", "/payments"); status != 200 || err != nil {
		t.Errorf("healed it is %d, %v", status, err)
	}
}

func TestRazorpayAPIWebhooks(t *testing.T) {
	t.Parallel()
	r := newRazorpay(t, sim.RazorpayOptions{Slow: true})
	donor := ngo.Donor{Name: "மீனா", EMail: "meena@example.org", Phone: "+919876543210", PAN: "ABCPE1234F", Address: "1/2 Gandhi Street"}
	for _, tt := range []struct {
		what func()
		want string
	}{
		{func() { r.Decline(r.Pay(sim.Charge{ID: "pay_late", Donor: donor}), "Payment failed") }, "payment.failed"},
		{func() { r.Authorize("pay_late") }, "payment.authorized"},
		{func() { r.Capture("pay_late") }, "payment.captured order.paid"},
		{func() { r.Give(sim.Charge{Via: sim.ViaNothing}) }, "payment.authorized payment.captured"},
		{func() { r.Give(sim.Charge{Via: sim.ViaLink, Donor: donor}) }, "payment.authorized payment.captured payment_link.paid order.paid"},
		{func() { r.Give(sim.Charge{Via: sim.ViaQR, Container: "qr_static", Purpose: "Meals"}) }, "payment.captured qr_code.credited"},
		{func() { r.Give(sim.Charge{Via: sim.ViaQR, Container: "qr_static"}) }, "payment.captured qr_code.credited"},
		{func() { r.Give(sim.Charge{Via: sim.ViaAccount, Donor: donor}) }, "payment.captured virtual_account.credited"},
		{func() { r.Give(sim.Charge{Via: sim.ViaSubscription, Donor: donor}) }, "payment.authorized payment.captured subscription.charged invoice.paid"},
		{func() { r.Give(sim.Charge{Via: sim.ViaInvoice, Donor: donor}) }, "payment.authorized payment.captured invoice.paid order.paid"},
		{func() { r.ProcessRefund(r.Refund("pay_late", 10_00)) }, "refund.created refund.processed"},
		{func() { r.FailRefund(r.Refund("pay_late", 0)) }, "refund.created refund.failed"},
		{func() { r.MoveDispute(r.Dispute("pay_late", 0, ""), "lost") }, "payment.dispute.created payment.dispute.lost"},
		{func() { r.Settle() }, "settlement.processed"},
		{func() { r.Again("payment.captured", "pay_late") }, "payment.captured"},
	} {
		tt.what()
		var names []string
		for _, h := range r.Webhooks() {
			names = append(names, h.Name)
			var body struct {
				Event     string
				Contains  []string
				Payload   map[string]struct{ Entity map[string]any }
				CreatedAt int64 `json:"created_at"`
			}
			if err := json.Unmarshal(h.Body, &body); err != nil || body.Event != h.Name || len(body.Payload) != len(body.Contains) || body.CreatedAt != noon().Unix() {
				t.Errorf("body %s: %v", h.Body, err)
			}
			if !sign.Verify([]byte(r.Values()["webhook-secret"]), h.Body, h.Header.Get("X-Razorpay-Signature")) {
				t.Errorf("%s is not signed", h.Name)
			}
			if h.Ref == "" || h.At != noon() {
				t.Errorf("webhook %+v", h)
			}
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("webhooks %s; want %s", got, tt.want)
		}
	}
	r.SpeedChange(r.Refund("pay_late", 1_00))
	if n := r.ProcessRefunds(); n != 1 {
		t.Errorf("%d refunds were pending; want 1", n)
	}
	r.Event("token.confirmed", map[string]any{"token": map[string]string{"id": "token_1"}})
	hooks := r.Webhooks()
	if len(hooks) != 4 || !strings.Contains(string(hooks[1].Body), `},"created_at":`) || !strings.HasSuffix(string(hooks[1].Body), "}}") ||
		!strings.Contains(string(hooks[3].Body), `"contains":["token"]`) {
		t.Errorf("webhooks %s", hooks)
	}
	if r.Returned("pay_late") != 11_00 {
		t.Errorf("returned %d after a refund that failed", r.Returned("pay_late"))
	}
}
