package razorpay_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/paymenttest"
	"github.com/ngoctl/ngoctl/daemon/payment/razorpay"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// polled asks for a window and gives the bodies.
func polled(t *testing.T, a payment.Account, w payment.Window) ([][]byte, error) {
	t.Helper()
	var out [][]byte
	err := a.(payment.Poller).Poll(t.Context(), w, func(b []byte) error { out = append(out, b); return nil })
	return out, err
}

func hours(from, to int) payment.Window {
	return payment.Window{From: paymenttest.Noon().Add(time.Duration(from) * time.Hour), To: paymenttest.Noon().Add(time.Duration(to) * time.Hour)}
}

func TestWhatAnAccountCanDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		values        setting.Values
		asks, listens bool
	}{
		{"a webhook alone", setting.Values{"webhook-secret": "s"}, false, true},
		{"a webhook and a key", setting.Values{"webhook-secret": "s", "key-id": "k", "key-secret": "s"}, true, true},
		{"a key alone", setting.Values{"webhook": "no", "key-id": "k", "key-secret": "s"}, true, false},
		{"a key, and a secret from before", setting.Values{"webhook": "no", "webhook-secret": "s", "key-id": "k", "key-secret": "s"}, true, true},
	} {
		a := open(t, tt.values)
		_, polls := a.(payment.Poller)
		_, refunds := a.(payment.Refunder)
		_, checks := a.(payment.Checker)
		_, probes := a.(payment.Prober)
		if polls != tt.asks || refunds != tt.asks || checks != tt.asks || probes != tt.listens {
			t.Errorf("%s: polls %v, refunds %v, checks %v, probes %v", tt.name, polls, refunds, checks, probes)
		}
		if err := a.Verify(http.Header{"X-Razorpay-Signature": {""}}, nil); code(err) != ngo.Unauthenticated {
			t.Errorf("%s: Verify without a signature = %v", tt.name, err)
		}
	}
	for _, tt := range []struct {
		name   string
		values setting.Values
		says   string
	}{
		{"no webhook and no key", setting.Values{"webhook": "no"}, "key-id and key-secret are missing"},
		{"a webhook without a secret", setting.Values{"key-id": "k", "key-secret": "s"}, "webhook-secret is missing"},
		{"half a key", setting.Values{"webhook": "no", "key-id": "k"}, "belong together"},
	} {
		if _, err := razorpay.New().Open(tt.values); code(err) != ngo.Invalid || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s = %v; want Invalid that says %q", tt.name, err, tt.says)
		}
	}
}

func TestPollWaitsWhenThrottled(t *testing.T) {
	t.Parallel()
	r := razorpayAPI(t, sim.RazorpayOptions{})
	r.Give(sim.Charge{})
	a := open(t, r.Values())
	r.Trouble(sim.Trouble{Status: 429, Times: 2})
	r.Trouble(sim.Trouble{Status: 429, Header: http.Header{"Retry-After": {"1"}}, Times: 1})
	if bodies, err := polled(t, a, hours(-1, 1)); err != nil || len(bodies) != 1 {
		t.Errorf("Poll = %q, %v; want one payment after waiting", bodies, err)
	}
	before := r.Asked("GET")
	r.Trouble(sim.Trouble{Status: 429})
	if _, err := polled(t, a, hours(-1, 1)); code(err) != ngo.Limited || r.Asked("GET")-before != 4 {
		t.Errorf("Poll = %v after %d tries; want Limited after 4", err, r.Asked("GET")-before)
	}
}

func TestPollLeavesOutWhatIsNotDecided(t *testing.T) {
	t.Parallel()
	r := razorpayAPI(t, sim.RazorpayOptions{Slow: true})
	old := paymenttest.Noon().Add(-100 * 24 * time.Hour)
	kept := r.Give(sim.Charge{Created: old})
	r.Refund(kept, 10_00)
	r.MoveDispute(r.Dispute(kept, 0, ""), "lost")
	r.Settle()
	r.Pay(sim.Charge{})
	failed := r.Pay(sim.Charge{})
	r.Decline(failed, "No")
	a := open(t, r.Values())
	bodies, err := polled(t, a, hours(1, 2))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, b := range bodies {
		e, err := a.Normalise(b)
		if err != nil || e.Name != "ngoctl.polled" || bytes.ContainsAny(b, "\n\t") {
			t.Errorf("Normalise(%s) = %+v, %v", b, e, err)
		}
		switch {
		case e.Refund != nil:
			kinds = append(kinds, "refund "+string(e.Refund.State))
		case e.Dispute != nil:
			kinds = append(kinds, "dispute "+string(e.Dispute.State))
		case e.Settlement != nil:
			kinds = append(kinds, "settlement "+string(e.Settlement.State))
		default:
			kinds = append(kinds, "payment")
		}
	}
	if want := []string{"refund pending", "dispute lost", "settlement processed"}; !slices.Equal(kinds, want) {
		t.Errorf("an hour later asking gives %v; want %v", kinds, want)
	}
	bodies, err = polled(t, a, hours(-1, 1))
	if err != nil || len(bodies) != 4 || !bytes.Contains(bodies[3], []byte(failed)) {
		t.Errorf("asking gives %q, %v; want the failed payment and not the open one", bodies, err)
	}
}

func TestPollOutsideOfRazorpaysTime(t *testing.T) {
	t.Parallel()
	r := razorpayAPI(t, sim.RazorpayOptions{})
	r.Give(sim.Charge{})
	a := open(t, r.Values())
	for _, w := range []payment.Window{{}, {To: time.Unix(1, 0)}, {From: paymenttest.Noon(), To: paymenttest.Noon().Add(-time.Hour)}} {
		if bodies, err := polled(t, a, w); err != nil || len(bodies) != 0 {
			t.Errorf("Poll(%v) = %q, %v; want nothing", w, bodies, err)
		}
	}
	if bodies, err := polled(t, a, payment.Window{To: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}); err != nil || len(bodies) != 1 {
		t.Errorf("Poll of all time = %q, %v; want one payment", bodies, err)
	}
}

// collection answers every list with the same items, and everything after the first page with none.
func collection(t *testing.T, items string, endless bool) payment.Account {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/payments" || req.URL.Query().Get("skip") != "0" && !endless {
			fmt.Fprint(w, `{"entity":"collection","count":0,"items":[]}`)
			return
		}
		fmt.Fprintf(w, `{"entity":"collection","count":1,"items":[%s]}`, items)
	}))
	t.Cleanup(s.Close)
	return open(t, setting.Values{"webhook-secret": "s", "key-id": "k", "key-secret": "s", "base-url": s.URL + "/", "account-id": "acc_1"})
}

// One item that nobody can read must not keep the others from being found.
func TestPollPassesOnWhatItCannotRead(t *testing.T) {
	t.Parallel()
	a := collection(t, `{"id":"pay_1","status":"captured","amount":1,"amount":2}, 17, {"id":"pay_2","notes":{"a":1,"a":2}}`, false)
	bodies, err := polled(t, a, hours(-1, 1))
	if err != nil || len(bodies) != 3 {
		t.Fatalf("Poll = %q, %v; want three bodies", bodies, err)
	}
	for _, b := range bodies {
		if e, err := a.Normalise(b); e.Payment != nil || err == nil && !bytes.Contains(b, []byte("17")) {
			t.Errorf("Normalise(%s) = %+v, %v; want no payment", b, e, err)
		}
	}
	if want := `{"entity":"event","account_id":"acc_1","event":"ngoctl.polled","contains":["payment"],"payload":{"payment":{"entity":17}}}`; string(bodies[1]) != want {
		t.Errorf("body = %s; want %s", bodies[1], want)
	}
}

func TestPollEndsWhenPagesDoNot(t *testing.T) {
	t.Parallel()
	a := collection(t, `{"id":"pay_1"}`, true)
	if _, err := polled(t, a, hours(-1, 1)); code(err) != ngo.Internal {
		t.Errorf("Poll of one page without end = %v; want Internal", err)
	}
}

func TestPollRefusesWhatIsTooLong(t *testing.T) {
	t.Parallel()
	a := collection(t, `{"id":"`+strings.Repeat("x", 300<<10)+`"}`, false)
	if _, err := polled(t, a, hours(-1, 1)); code(err) != ngo.Internal {
		t.Errorf("Poll of an item of 300 KB = %v; want Internal", err)
	}
}

func order(r *sim.RazorpayAPI, amount int64) payment.RefundOrder {
	return payment.RefundOrder{
		Token: "abcdefghij0123456789", Amount: ngo.Paise(amount), Reason: "given twice",
		Payment: ngo.Payment{Ref: r.Give(sim.Charge{Amount: 500_00}), Amount: ngo.Paise(500_00)},
	}
}

func TestRefundSaysWhatRazorpaySays(t *testing.T) {
	t.Parallel()
	r := razorpayAPI(t, sim.RazorpayOptions{})
	a := open(t, r.Values()).(payment.Refunder)
	o := order(r, 500_01)
	_, err := a.Refund(t.Context(), o)
	if code(err) != ngo.Invalid || !strings.Contains(err.Error(), "greater than amount captured") {
		t.Errorf("Refund of too much = %v; want Invalid in Razorpay's words", err)
	}
	o.Amount = ngo.Paise(100_00)
	for _, tt := range []struct {
		trouble sim.Trouble
		want    ngo.Code
	}{
		{sim.Trouble{Status: 409}, ngo.Unavailable}, // at work on this very order
		{sim.Trouble{Status: 404}, ngo.Invalid},
		{sim.Trouble{Status: 400, Body: `{"error":{"code":"SERVER_ERROR","description":"We are facing some trouble"}}`}, ngo.Unavailable},
		{sim.Trouble{Status: 400, Body: `{"error":{"code":"BAD_REQUEST_ERROR","description":"Your account does not have enough balance"}}`}, ngo.Invalid},
		{sim.Trouble{Body: `{"id":"rfnd_1","entity":"refund","amount":100,"currency":"INR","payment_id":"pay_1","status":"processed","created_at":1795433400}`}, ngo.Internal},
	} {
		tt.trouble.At, tt.trouble.Times = "POST /payments", 1
		r.Trouble(tt.trouble)
		if _, err := a.Refund(t.Context(), o); code(err) != tt.want {
			t.Errorf("Refund answered %+v = %v; want %s", tt.trouble, err, tt.want)
		}
	}
	if got := r.Returned(o.Payment.Ref); got != 0 {
		t.Errorf("%d paise went back", got)
	}
	for _, bad := range []string{"", "short", "ABCDEFGHIJ0123456789", "abcdefghij012345678\n"} {
		o.Token = bad
		if _, err := a.Refund(t.Context(), o); code(err) != ngo.Invalid {
			t.Errorf("Refund with the token %q = %v; want Invalid", bad, err)
		}
	}
}

// An order given again days later, when Razorpay has forgotten its key, finds the refund that was made.
func TestRefundIsFoundWithoutItsKey(t *testing.T) {
	t.Parallel()
	r := razorpayAPI(t, sim.RazorpayOptions{Slow: true})
	a := open(t, r.Values()).(payment.Refunder)
	o := order(r, 100_00)
	first, err := a.Refund(t.Context(), o)
	if err != nil || first.State != ngo.RefundPending {
		t.Fatalf("Refund = %+v, %v", first, err)
	}
	r.ProcessRefund(first.Ref)
	before := r.Asked("POST")
	again, err := a.Refund(t.Context(), o)
	if err != nil || again.Ref != first.Ref || again.State != ngo.RefundProcessed || again.Reference == "" || r.Asked("POST") != before {
		t.Errorf("the same order again = %+v, %v; want %s as it stands now", again, err, first.Ref)
	}
}

// Every webhook that the double makes of a life full of events is understood.
func TestSimulatedEvents(t *testing.T) {
	t.Parallel()
	r := razorpayAPI(t, sim.RazorpayOptions{})
	donor := ngo.Donor{Name: "Meena Sundaram", EMail: "meena@example.org", Phone: "+919840012345", PAN: "ABCPE1234F", Address: "12 Gandhi Street, Chennai 600004"}
	for _, via := range []sim.Via{sim.ViaOrder, sim.ViaNothing, sim.ViaLink, sim.ViaSubscription, sim.ViaInvoice, sim.ViaQR, sim.ViaAccount} {
		r.Give(sim.Charge{Via: via, Donor: donor, Purpose: "Library", Campaign: "Pongal"})
	}
	ref := r.Give(sim.Charge{Amount: 500_00, International: true, Method: "card"})
	r.Refund(ref, 100_00)
	r.MoveDispute(r.Dispute(ref, 400_00, ""), "lost")
	r.Settle()
	a := open(t, r.Values())
	facts := map[ngo.Ref]ngo.Donor{}
	for _, w := range r.Webhooks() {
		if err := a.Verify(w.Header, w.Body); err != nil {
			t.Errorf("Verify of %s: %v", w.Name, err)
		}
		e, err := a.Normalise(w.Body)
		if err != nil || e.Name != w.Name || !e.At.Equal(w.At) {
			t.Fatalf("Normalise(%s) = %+v, %v", w.Body, e, err)
		}
		checkEvent(t, e)
		if p := e.Payment; p != nil && p.Donor.PAN != "" {
			facts[p.Ref] = p.Donor
			if p.Purpose != "Library" || p.Campaign != "Pongal" {
				t.Errorf("%s is for %q in %q", w.Name, p.Purpose, p.Campaign)
			}
		}
	}
	if len(facts) != 5 {
		t.Errorf("%d payments tell who gave; want 5", len(facts))
	}
	for ref, d := range facts {
		if d != donor {
			t.Errorf("%s was given by %+v; want %+v", ref, d, donor)
		}
	}
}

// answering is an account at a Razorpay that always gives the same answer.
func answering(t *testing.T, body []byte) payment.Account {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(body); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return open(t, setting.Values{"webhook-secret": "s", "key-id": "k", "key-secret": "s", "base-url": s.URL})
}

// Where one list is refused, as a key may not see it, the others are told all the same; that it was refused is told too.
func TestARefusedListHidesNoPayment(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{"/disputes": 1, "/settlements": 1, "/refunds": 0} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == path:
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"error":{"code":"BAD_REQUEST_ERROR","description":"The requested URL was not found on the server."}}`)
			case r.URL.Path == "/payments" && r.FormValue("skip") == "0":
				fmt.Fprint(w, `{"entity":"collection","count":1,"items":[{"id":"pay_1","entity":"payment","status":"captured"}]}`)
			default:
				fmt.Fprint(w, `{"entity":"collection","count":0,"items":[]}`)
			}
		}))
		t.Cleanup(server.Close)
		bodies, err := polled(t, open(t, setting.Values{"webhook": "no", "key-id": "k", "key-secret": "s", "base-url": server.URL}), hours(-1, 1))
		if len(bodies) != want || code(err) != ngo.Internal || !strings.Contains(err.Error(), path) {
			t.Errorf("with %s refused: %d bodies, %v; want %d, and that it was refused", path, len(bodies), err, want)
		}
	}
}
