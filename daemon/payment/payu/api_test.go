package payu_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/payment/paymenttest"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// at opens an account at the double.
func at(t *testing.T, p *sim.PayU, pairs ...string) payment.Account {
	t.Helper()
	return open(t, setting.Values(with(p.Values(), pairs...)))
}

// claims gives the claims of the webhooks made since the last call, each message verified.
func claims(t *testing.T, a payment.Account, hooks []sim.Webhook) []payment.Claim {
	t.Helper()
	var out []payment.Claim
	for _, w := range hooks {
		if err := a.Verify(w.Header, w.Body); err != nil {
			t.Fatalf("Verify(%s): %v", w.Body, err)
		}
		e, err := a.Normalise(w.Body)
		if err != nil || e.Claim == nil {
			t.Fatalf("Normalise(%s) = %+v, %v; want a claim", w.Body, e, err)
		}
		out = append(out, *e.Claim)
	}
	return out
}

func confirmed(t *testing.T, a payment.Account, c payment.Claim) []payment.Event {
	t.Helper()
	bodies, err := a.(payment.Confirmer).Confirm(t.Context(), c)
	if err != nil {
		t.Fatalf("Confirm(%+v): %v", c, err)
	}
	var out []payment.Event
	for _, body := range bodies {
		if err := a.Verify(http.Header{}, body); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("a stranger may send what PayU itself would have to say: %s", body)
		}
		e, err := a.Normalise(body)
		if err != nil || e.Claim != nil {
			t.Fatalf("Normalise(%s) = %+v, %v", body, e, err)
		}
		out = append(out, e)
	}
	return out
}

func TestConfirmPayment(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	a := at(t, p)
	donor := ngo.Donor{
		Name: "மீனா", EMail: "meena@example.org", PAN: "ABCPE1234F", Address: "4 Car Street, Madurai", Language: "ta", Citizenship: ngo.CitizenIndian,
	}
	ref := p.Give(sim.Charge{Amount: 501_00, Donor: donor, Purpose: "Annadanam", Campaign: "Pongal", Text: "501.0", Additional: "11.80", Split: true})
	said := confirmed(t, a, claims(t, a, p.Webhooks())[0])
	if len(said) != 1 || said[0].Payment == nil {
		t.Fatalf("Confirm = %+v", said)
	}
	got := *said[0].Payment
	if got.Ref != ref || got.Alias != p.ID(ref) || got.State != ngo.PaymentCaptured || got.Amount != ngo.Paise(501_00) || got.Method != "upi" || got.Reference == "" ||
		got.International || !got.Created.Equal(paymenttest.Noon()) || got.Donor != donor || got.Purpose != "Annadanam" || got.Campaign != "Pongal" {
		t.Errorf("payment = %+v", got)
	}
	p.Decline(p.Pay(sim.Charge{Amount: 10_00}), "Bank denied")
	said = confirmed(t, a, claims(t, a, p.Webhooks())[0])
	if f := said[0].Payment; f.State != ngo.PaymentFailed || f.Problem != "Bank denied" || f.Alias != "" {
		t.Errorf("a failed payment = %+v", f)
	}
	p.Pend(p.Pay(sim.Charge{Amount: 10_00}))
	pending := claims(t, a, p.Webhooks())[0]
	said = confirmed(t, a, pending)
	if f := said[0].Payment; f.State != ngo.PaymentCreated || f.Alias != "" {
		t.Errorf("a pending payment = %+v", f)
	}
	pending.More["status"] = "success"
	if said = confirmed(t, a, pending); len(said) != 0 {
		t.Errorf("a success that PayU's API does not know of yet = %+v", said)
	}
}

// The hash covers no mihpayid: a message with another one is confirmed by what PayU has under the txnid, and by the other
// only if that was paid under the same txnid.
func TestConfirmAnotherMihpayid(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	a := at(t, p)
	p.Give(sim.Charge{ID: "one", Amount: 500_00})
	first := claims(t, a, p.Webhooks())[0]
	firstID := p.ID("one")
	p.Give(sim.Charge{ID: "two", Amount: 900_00})
	p.Webhooks()
	forged := first
	forged.More = with(first.More, "mihpayid", string(p.ID("two")))
	if said := confirmed(t, a, forged); len(said) != 1 || said[0].Payment.Alias != firstID || said[0].Payment.Amount != ngo.Paise(500_00) {
		t.Errorf("with another payment's mihpayid = %+v", said)
	}
	p.Give(sim.Charge{ID: "one", Amount: 500_00, Reused: true})
	said := confirmed(t, a, first)
	var aliases []ngo.Ref
	for _, e := range said {
		aliases = append(aliases, e.Payment.Alias)
	}
	if len(said) != 2 || !slices.Contains(aliases, firstID) || !slices.Contains(aliases, p.ID("one")) {
		t.Errorf("a txnid paid twice is confirmed as %v", aliases)
	}
	if said := confirmed(t, a, payment.Claim{Kind: "payment", Ref: "unknown", More: map[string]string{"mihpayid": "1"}}); len(said) != 0 {
		t.Errorf("what PayU does not know = %+v", said)
	}
}

func TestCardsFromAbroad(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	a := at(t, p)
	for i, abroad := range []bool{false, true} {
		ref := p.Give(sim.Charge{Amount: 10_00, Method: "card", International: abroad, Created: paymenttest.Noon().Add(time.Duration(i) * time.Minute)})
		c := claims(t, a, p.Webhooks())[0]
		if said := confirmed(t, a, c); said[0].Payment.Ref != ref || said[0].Payment.International != abroad || said[0].Payment.Fee == 0 {
			t.Errorf("a card, international %v = %+v", abroad, said[0].Payment)
		}
		delete(c.More, "cardCategory") // nothing hangs on the message's own word
		if said := confirmed(t, a, c); said[0].Payment.International != abroad {
			t.Errorf("a card whose message is silent, international %v = %+v", abroad, said[0].Payment)
		}
		p.Trouble(sim.Trouble{At: "get_transaction_info", Body: `{"status":0,"msg":"API not enabled"}`})
		if said := confirmed(t, a, c); said[0].Payment.State != ngo.PaymentCaptured {
			t.Errorf("where get_transaction_info is not to be had = %+v", said[0].Payment)
		}
		c.More["cardCategory"] = "international"
		if said := confirmed(t, a, c); !said[0].Payment.International {
			t.Error("a message that says international is not heard")
		}
		p.Heal()
		c.More["cardCategory"] = "domestic"
		if said := confirmed(t, a, c); said[0].Payment.International != abroad {
			t.Errorf("a message that says domestic is believed against PayU: %+v", said[0].Payment)
		}
	}
	p.Give(sim.Charge{Amount: 10_00, Method: "card"})
	c := claims(t, a, p.Webhooks())[0]
	p.Trouble(sim.Trouble{At: "get_transaction_info", Status: 503})
	if _, err := a.(payment.Confirmer).Confirm(t.Context(), c); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("Confirm while PayU cannot tell of the card = %v; want Unavailable", err)
	}
}

func TestConfirmRefund(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{Slow: true})
	a := at(t, p)
	ref := p.Give(sim.Charge{Amount: 500_00})
	p.Webhooks()
	request := p.Refund(ref, 120_00)
	claim := payment.Claim{Kind: "refund", Ref: request, More: map[string]string{"mihpayid": string(p.ID(ref))}}
	state := func(c payment.Claim) payment.Refund {
		t.Helper()
		said := confirmed(t, a, c)
		if len(said) != 1 || said[0].Refund == nil {
			t.Fatalf("Confirm = %+v; want a refund", said)
		}
		return *said[0].Refund
	}
	if r := state(claim); r.State != ngo.RefundPending || r.Ref != request || r.Payment != p.ID(ref) || r.Amount != ngo.Paise(120_00) || r.Token == "" {
		t.Errorf("queued = %+v", r)
	}
	p.ProcessRefund(request)
	for _, c := range claims(t, a, p.Webhooks()) {
		if r := state(c); r.State != ngo.RefundProcessed || r.Ref != request {
			t.Errorf("processed = %+v", r)
		}
	}
	p.NumberRefund(request)
	if r := state(claims(t, a, p.Webhooks())[0]); r.Reference == "" {
		t.Errorf("with an ARN = %+v", r)
	}
	failed := p.Refund(ref, 10_00)
	p.FailRefund(failed)
	if r := state(claims(t, a, p.Webhooks())[0]); r.State != ngo.RefundFailed || r.Ref != failed || r.Problem == "" {
		t.Errorf("failed = %+v", r)
	}
	other := p.Give(sim.Charge{Amount: 500_00})
	for _, c := range []payment.Claim{
		{Kind: "refund", Ref: "1", More: claim.More},
		{Kind: "refund", Ref: request, More: map[string]string{"mihpayid": string(p.ID(other))}},
	} {
		if said := confirmed(t, a, c); len(said) != 0 {
			t.Errorf("a made-up refund %+v is confirmed: %+v", c, said)
		}
	}
}

func TestConfirmDispute(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		signed bool
		status string
		told   string // another status, which PayU's message is made to have
		want   ngo.DisputeState
	}{
		{false, "New", "", ngo.DisputeOpen},
		{false, "Pending Response", "", ngo.DisputeOpen},
		{false, "Bank Comm Sent", "", ngo.DisputeUnderReview},
		{false, "Closed Customer Favour", "", ngo.DisputeLost},
		{false, "Closed under Fraud Liability", "", ngo.DisputeLost},
		{false, "Closed in Merchant Favour", "", ngo.DisputeWon},
		{false, "New", "Closed Customer Favour", ngo.DisputeUnderReview},
		{false, "Closed Customer Favour", "Closed in Merchant Favour", ngo.DisputeUnderReview},
		{true, "Closed Customer Favour", "", ngo.DisputeLost},
		{true, "Closed in Merchant Favour", "", ngo.DisputeWon},
		{true, "Submitted to Bank", "", ngo.DisputeUnderReview},
	} {
		p := payuAPI(t, sim.PayUOptions{SignDisputes: tt.signed})
		a := at(t, p, "dispute-signature", map[bool]string{true: "required", false: "optional"}[tt.signed])
		ref := p.Give(sim.Charge{Amount: 500_00})
		p.MoveDispute(p.Dispute(ref, 200_00), tt.status)
		hooks := p.Webhooks()
		last := hooks[len(hooks)-1:]
		if tt.told != "" {
			last[0].Body = bytes.Replace(last[0].Body, []byte(tt.status), []byte(tt.told), 1)
		}
		said := confirmed(t, a, claims(t, a, last)[0])
		if len(said) != 1 || said[0].Dispute == nil {
			t.Fatalf("%+v: Confirm = %+v", tt, said)
		}
		d := said[0].Dispute
		if d.State != tt.want || d.Payment != p.ID(ref) || d.Amount != ngo.Paise(200_00) || (d.Deducted == 200_00) != (tt.want == ngo.DisputeLost) || d.RespondBy.IsZero() || d.Created.IsZero() {
			t.Errorf("%+v: dispute = %+v", tt, d)
		}
		if doubted := strings.Contains(d.Reason, "nothing confirms"); doubted != (tt.told != "") {
			t.Errorf("%+v: the reason is %q", tt, d.Reason)
		}
	}
	p := payuAPI(t, sim.PayUOptions{})
	if said := confirmed(t, at(t, p), payment.Claim{Kind: "dispute", Ref: "1", More: map[string]string{"txn_id": "1", "cb_id": "1", "cb_amount": "1.0"}}); len(said) != 0 {
		t.Errorf("a dispute of an unknown payment is confirmed: %+v", said)
	}
}

// What went back is counted under the number by which the settlement will tell of it too, not once more under the case's.
func TestConfirmDisputeDeductsOnce(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"status":1,"msg":"1 out of 1 Transactions Fetched Successfully","transaction_details":{"4":{`+
			`"70":{"mihpayid":"4","request_id":"70","action":"capture","amt":"500.00","status":"SUCCESS"},`+
			`"71":{"mihpayid":"4","request_id":"71","action":"chargeback","amt":"200.00","status":"SUCCESS"}}}}`)
	}))
	t.Cleanup(server.Close)
	for _, signature := range []string{"optional", "required"} {
		a := open(t, setting.Values{"base-url": server.URL, "dispute-signature": signature})
		told := []byte(`{"type":"payments","event":"dispute","txn_id":"4","cb_id":9,"cb_amount":"200.0","cb_type":"Chargeback","cb_status":"Closed Customer Favour"}`)
		e, err := a.Normalise(told)
		if err != nil {
			t.Fatal(err)
		}
		said := confirmed(t, a, *e.Claim)
		settled, err := a.Normalise([]byte(`{"ngoctl":"dispute","settled":{"payuid":"4","requestid":"71","requestaction":"chargeback","requestamount":"-200.00"}}`))
		if err != nil {
			t.Fatal(err)
		}
		taken := map[ngo.Ref]int64{settled.Dispute.Ref: settled.Dispute.Deducted}
		for _, e := range said {
			if d := e.Dispute; d.State != ngo.DisputeLost || d.Payment != "4" || taken[d.Ref] != 0 && taken[d.Ref] != d.Deducted {
				t.Errorf("%s: dispute %+v", signature, d)
			} else {
				taken[d.Ref] = d.Deducted
			}
		}
		if len(said) != 2 || taken["71"] != 200_00 || taken["9"] != 0 {
			t.Errorf("%s: deducted by number: %v of %d; want 200 rupees once, and the case lost", signature, taken, len(said))
		}
	}
}

func polled(t *testing.T, a payment.Account, from, to time.Time) []payment.Event {
	t.Helper()
	var out []payment.Event
	err := a.(payment.Poller).Poll(t.Context(), payment.Window{From: from, To: to}, func(body []byte) error {
		if err := a.Verify(http.Header{}, body); ngo.CodeOf(err) != ngo.Unauthenticated {
			t.Errorf("a stranger may send %s", body)
		}
		e, err := a.Normalise(body)
		out = append(out, e)
		return err
	})
	if err != nil {
		t.Fatalf("Poll: %v", err)
	}
	return out
}

func TestPollTellsOfEverything(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	a := at(t, p)
	noon := paymenttest.Noon()
	donor := ngo.Donor{Name: "Meena", EMail: "meena@example.org", Phone: "+919840012345", PAN: "ABCPE1234F", Address: "4 Car Street"}
	old := p.Give(sim.Charge{ID: "old", Amount: 700_00, Created: noon.AddDate(0, 0, -20)})
	kept := p.Give(sim.Charge{ID: "kept", Amount: 1000_00, Donor: donor, Created: noon.Add(-time.Hour)})
	abroad := p.Give(sim.Charge{ID: "abroad", Amount: 300_00, Method: "card", International: true, Created: noon.Add(-50 * time.Minute)})
	p.Decline(p.Pay(sim.Charge{ID: "failed", Amount: 50_00, Created: noon.Add(-40 * time.Minute)}), "Bank denied")
	p.Refund(old, 0)
	p.MoveDispute(p.Dispute(kept, 400_00), "Closed Customer Favour")
	utr := p.Settle()
	for _, e := range polled(t, a, noon.Add(-2*time.Hour), noon.Add(time.Hour)) {
		if e.Settlement != nil {
			t.Errorf("before its day is over a payout is %+v", e.Settlement)
		}
	}
	events := polled(t, a, noon.Add(-2*time.Hour), noon.Add(24*time.Hour))
	payments := map[ngo.Ref]*payment.Payment{}
	var refunds []*payment.Refund
	var disputes []*payment.Dispute
	var settlements []*payment.Settlement
	for _, e := range events {
		switch {
		case e.Payment != nil:
			payments[e.Payment.Ref] = e.Payment
		case e.Refund != nil:
			refunds = append(refunds, e.Refund)
		case e.Dispute != nil:
			disputes = append(disputes, e.Dispute)
		case e.Settlement != nil:
			settlements = append(settlements, e.Settlement)
		}
	}
	if len(payments) != 3 || payments["failed"].State != ngo.PaymentFailed || payments["failed"].Problem != "Bank denied" || payments["failed"].Alias != "" {
		t.Errorf("payments = %+v", payments)
	}
	if k := payments[kept]; k.Alias != p.ID(kept) || k.Donor != donor || k.Fee != 2360 || k.Tax != 360 || k.International || !k.Created.Equal(noon.Add(-time.Hour)) {
		t.Errorf("payment = %+v", k)
	}
	if !payments[abroad].International {
		t.Errorf("a card from abroad = %+v", payments[abroad])
	}
	if len(refunds) != 1 || refunds[0].Payment != p.ID(old) || refunds[0].Amount != ngo.Paise(700_00) || refunds[0].State != ngo.RefundProcessed {
		t.Errorf("a refund of a payment before the window = %+v", refunds)
	}
	if len(disputes) != 1 || disputes[0].Payment != p.ID(kept) || disputes[0].State != ngo.DisputeLost || disputes[0].Deducted != 400_00 {
		t.Errorf("a chargeback in the settlement = %+v", disputes)
	}
	const fees, tax, back = 40_00, 7_20, 700_00 + 400_00
	if len(settlements) != 1 || settlements[0].Ref != utr || settlements[0].Amount != ngo.Paise(2000_00-fees-tax-back) || settlements[0].Fees != fees || settlements[0].Tax != tax {
		t.Errorf("settlements = %+v; want what is left under %s", settlements[0], utr)
	}
}

// A day in India begins at 18:30 in the evening, UTC.
func TestPollAcrossMidnightInIndia(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	midnight := time.Date(2026, time.March, 31, 18, 30, 0, 0, time.UTC)
	want := map[ngo.Ref]bool{}
	for i := range 12 {
		ref := p.Give(sim.Charge{Created: midnight.Add(time.Duration(i-6) * time.Minute)})
		want[ref] = i >= 2 && i < 10
	}
	got := map[ngo.Ref]int{}
	for _, e := range polled(t, at(t, p), midnight.Add(-4*time.Minute), midnight.Add(4*time.Minute)) {
		if e.Payment != nil {
			got[e.Payment.Ref]++
		}
	}
	for ref, in := range want {
		if (got[ref] == 1) != in || got[ref] > 1 {
			t.Errorf("%s comes %d times; in the window: %v", ref, got[ref], in)
		}
	}
}

func TestRefundIsAskedForOnce(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{Slow: true})
	a := at(t, p).(payment.Refunder)
	ref := p.Give(sim.Charge{Amount: 500_00})
	order := payment.RefundOrder{Token: "abcdefghij0123456789", Payment: ngo.Payment{Ref: ref}, Amount: ngo.Paise(100_05)}
	for _, trouble := range []sim.Trouble{{Lost: true}, {Cut: true}} {
		trouble.At, trouble.Times = "cancel_refund_transaction", 1
		p.Trouble(trouble)
		if _, err := a.Refund(t.Context(), order); ngo.CodeOf(err) != ngo.Unavailable {
			t.Fatalf("a lost answer = %v; want Unavailable", err)
		}
		r, err := a.Refund(t.Context(), order)
		if err != nil || r.Token != order.Token || r.Amount != order.Amount || r.State != ngo.RefundPending {
			t.Fatalf("Refund = %+v, %v", r, err)
		}
		p.ProcessRefund(r.Ref)
		if r, err := a.Refund(t.Context(), order); err != nil || r.State != ngo.RefundProcessed {
			t.Errorf("Refund of what went back = %+v, %v", r, err)
		}
		order.Token = "9876543210jihgfedcba"
	}
	if got := p.Returned(ref); got != 200_10 {
		t.Errorf("%d paise went back; want 20010", got)
	}
	failed := payment.RefundOrder{Token: "00000000000000000000", Payment: ngo.Payment{Ref: ref}, Amount: ngo.Paise(1_00)}
	r, err := a.Refund(t.Context(), failed)
	if err != nil {
		t.Fatal(err)
	}
	p.FailRefund(r.Ref)
	if r, err := a.Refund(t.Context(), failed); err != nil || r.State != ngo.RefundFailed {
		t.Errorf("Refund of what failed = %+v, %v; want that it failed", r, err)
	}
}

func TestCheckAndSalts(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	check := func(pairs ...string) ngo.Code {
		return ngo.CodeOf(at(t, p, pairs...).(payment.Checker).Check(t.Context()))
	}
	if code := check(); code != "" {
		t.Errorf("Check = %s", code)
	}
	for _, pair := range [][]string{{"salt", "wrong"}, {"merchant-key", "wrong"}} {
		if code := check(pair...); code != ngo.Unauthenticated {
			t.Errorf("Check with a wrong %s = %q; want Unauthenticated", pair[0], code)
		}
	}
	if code := check("base-url", p.URL()+"/elsewhere/"); code == ngo.NotFound || code == ngo.Invalid {
		t.Errorf("Check at a wrong address = %q, which says that PayU refused", code)
	}
	ref := p.Give(sim.Charge{})
	old := p.Webhooks()
	before := p.Values()["salt"]
	p.SetSalt("another")
	p.Again(ref)
	a := at(t, p, "old-salt", before)
	for _, c := range claims(t, a, slices.Concat(old, p.Webhooks())) {
		if said := confirmed(t, a, c); len(said) != 1 || said[0].Payment.State != ngo.PaymentCaptured {
			t.Errorf("after the salt was changed = %+v", said)
		}
	}
}

func TestAsksAgainWhenPayUIsBusy(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	a := at(t, p).(payment.Checker)
	p.Trouble(sim.Trouble{Status: http.StatusTooManyRequests, Times: 2})
	if err := a.Check(t.Context()); err != nil || p.Asked("verify_payment") != 3 {
		t.Errorf("Check = %v after %d requests; want a third to go through", err, p.Asked("verify_payment"))
	}
	p.Trouble(sim.Trouble{Status: http.StatusTooManyRequests})
	if err := a.Check(t.Context()); ngo.CodeOf(err) != ngo.Limited || p.Asked("verify_payment") != 7 {
		t.Errorf("Check = %v after %d requests; want Limited after four more", err, p.Asked("verify_payment"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := a.Check(ctx); err == nil {
		t.Error("Check succeeds after its time")
	}
}

// Answers in shapes that PayU prints in one place or another, and the double does not have.
func TestAnswersOfOtherShapes(t *testing.T) {
	t.Parallel()
	answers := map[string]string{}
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprint(w, answers[r.PostFormValue("command")])
	}))
	t.Cleanup(server.Close)
	a := open(t, setting.Values{"base-url": server.URL})
	const day = `"addedon":"2026-06-01 12:00:00"`
	const none = `{"status":0,"msg":"No transactions found"}`
	set := func(pairs ...string) {
		mu.Lock()
		defer mu.Unlock()
		clear(answers)
		for i := 0; i < len(pairs); i += 2 {
			answers[pairs[i]] = pairs[i+1]
		}
	}
	poll := func() (events []payment.Event, err error) {
		err = a.(payment.Poller).Poll(t.Context(), payment.Window{From: paymenttest.Noon().Add(-time.Hour), To: paymenttest.Noon().Add(time.Hour)}, func(body []byte) error {
			e, err := a.Normalise(body)
			events = append(events, e)
			return err
		})
		return events, err
	}
	set("get_Transaction_Details", none, "get_settlement_details", none)
	if events, err := poll(); err != nil || len(events) != 0 {
		t.Errorf("a day without payments = %+v, %v", events, err)
	}
	for _, words := range []string{"No Record Found", "no data", "0 out of 0 Transactions Fetched Successfully", "Transaction does not exist"} {
		set("get_Transaction_Details", `{"status":0,"msg":"`+words+`"}`, "get_settlement_details", none)
		if events, err := poll(); err != nil || len(events) != 0 {
			t.Errorf("a day with %q = %+v, %v", words, events, err)
		}
	}
	for _, words := range []string{"You have no access to this API", "There is no such command", "Merchant not found", "Server too busy, no answer"} {
		set("get_Transaction_Details", `{"status":0,"msg":"`+words+`"}`, "get_settlement_details", none)
		if _, err := poll(); err == nil {
			t.Errorf("%q is taken for a day without payments", words)
		}
	}
	set("get_Transaction_Details", `{"status":0,"msg":"Date range too large"}`, "get_settlement_details", none)
	if _, err := poll(); ngo.CodeOf(err) != ngo.Internal || !strings.Contains(err.Error(), "Date range too large") {
		t.Errorf("a refusal = %v; want Internal with PayU's words", err)
	}
	set("get_settlement_details", none, "verify_payment", `{"status":0,"msg":"0 out of 1 Transactions Fetched Successfully"}`,
		"check_action_status", `{"status":0,"msg":"x","transaction_details":{"4":"No action status found"}}`,
		"get_Transaction_Details", `{"status":"1","Transaction_details":{"1":{"id":4,"action":"capture","status":"SUCCESS","txnid":"T1","amount":10,`+day+`},`+
			`"2":{"id":4,"action":"refund","status":"SUCCESS","txnid":"T1","amount":"10.00",`+day+`}}}`)
	if events, err := poll(); err != nil || len(events) != 1 || events[0].Payment == nil || events[0].Payment.Ref != "T1" || events[0].Payment.Alias != "4" || events[0].Payment.State != ngo.PaymentCaptured {
		t.Errorf("rows by number = %+v, %v", events, err)
	}
	const denied = `{"status":0,"msg":"Access denied"}`
	set("get_settlement_details", denied, "check_action_status", denied, "verify_payment", `{"status":0,"msg":"0 out of 1"}`,
		"get_Transaction_Details", `{"status":1,"Transaction_details":[{"id":"5","status":"captured","txnid":"T2","amount":"7.5","addedon":"1 June"}]}`)
	if events, err := poll(); err != nil || len(events) != 1 || events[0].Payment == nil || events[0].Payment.Amount != ngo.Paise(750) || !events[0].Payment.Created.IsZero() {
		t.Errorf("where only payments may be asked for = %+v, %v", events, err)
	}
	set("get_Transaction_Details", none, "get_settlement_details",
		`{"rows":2,"status":1,"result":[{"payuid":"ADJ_821142","requestaction":"debit","requestamount":-5,"mer_net_amount":-5,"mer_utr":"N1"},`+
			`{"payuid":"9","requestid":7,"requestaction":"refund","requestamount":-12.5,"mer_net_amount":"","mer_utr":"N1","token":"t","requestdate":"2026-06-01 09:00:00"}]}`)
	if events, err := poll(); err != nil || len(events) != 1 || events[0].Refund == nil || events[0].Refund.Ref != "7" || events[0].Refund.Amount != ngo.Paise(1250) {
		t.Errorf("settlement in a list = %+v, %v", events, err)
	}
	set("check_action_status", `{"status":1,"transaction_details":{"17":{"mihpayid":9,"request_id":17,"amt":"5.00","action":"Refund","status":"IN PROGRESS","token":""}}}`)
	said := confirmed(t, a, payment.Claim{Kind: "refund", Ref: "17", More: map[string]string{"mihpayid": "9"}})
	if len(said) != 1 || said[0].Refund == nil || said[0].Refund.State != ngo.RefundPending {
		t.Errorf("an action one level higher = %+v", said)
	}
}

// PayU does not say whether pages count from 0 or from 1; some answers may know no pages at all.
func TestSettlementsInPages(t *testing.T) {
	t.Parallel()
	for _, first := range []int{0, 1, -1} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.PostFormValue("command") != "get_settlement_details" {
				fmt.Fprint(w, `{"status":1,"Transaction_details":[]}`)
				return
			}
			page := first
			if text := r.PostFormValue("var2"); text != "" && first >= 0 {
				fmt.Sscan(text, &page)
			}
			from := 2000 * (page - first)
			fmt.Fprint(w, `{"status":1,"result":[`)
			for i := from; i < min(from+2000, 4500); i++ {
				if i > from {
					fmt.Fprint(w, ",")
				}
				fmt.Fprintf(w, `{"payuid":"%d","requestid":"%d","requestaction":"refund","requestamount":"1.00","mer_utr":"N1","mer_net_amount":"-1.00"}`, i, i)
			}
			fmt.Fprint(w, `]}`)
		}))
		t.Cleanup(server.Close)
		want := 4500
		if first < 0 {
			want = 2000
		}
		seen := map[ngo.Ref]int{}
		for _, e := range polled(t, open(t, setting.Values{"base-url": server.URL}), paymenttest.Noon(), paymenttest.Noon().Add(time.Hour)) {
			if e.Refund != nil {
				seen[e.Refund.Ref]++
			}
		}
		if len(seen) != want || seen["17"] != 1 {
			t.Errorf("where the first page is %d asking gives %d refunds; want %d, each once", first, len(seen), want)
		}
	}
}

func TestRefundRefusals(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.PostFormValue("command") == "check_action_status" {
			fmt.Fprint(w, `{"status":0,"msg":"0 out of 1 Transactions Fetched Successfully","transaction_details":{"4":"No action status found"}}`)
			return
		}
		if got := (url.Values{"var1": r.PostForm["var1"], "var2": r.PostForm["var2"], "var3": r.PostForm["var3"]}).Encode(); got != "var1=4&var2=token&var3=10.05" {
			t.Errorf("PayU is asked %s", got)
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	a := open(t, setting.Values{"base-url": server.URL}).(payment.Refunder)
	for _, tt := range []struct {
		answer string
		want   ngo.Code
	}{
		{`{"status":1,"msg":"Refund Request Queued","request_id":"7","error_code":102}`, ""},
		{`{"status":1,"msg":"Cancel Request Queued","txn_update_id":7}`, ""},
		{`{"status":0,"msg":"Refund Queued","request_id":"7","error_code":"102"}`, ""},
		{`{"status":1,"msg":"Refund Request Queued"}`, ngo.Internal},
		{`{"status":0,"msg":"Invalid Amount","error_code":105}`, ngo.Invalid},
		{`{"status":0,"msg":"Chargeback present","error_code":"113"}`, ngo.Invalid},
		{`{"status":0,"msg":"Transaction not found","error_code":116}`, ngo.Conflict},
		{`{"status":0,"msg":"Same amount within 5 minutes","error_code":214}`, ngo.Unavailable},
		{`{"status":0,"msg":"Lock","error_code":120}`, ngo.Unavailable},
		{`{"status":0,"msg":"Token already exists.","error_code":106}`, ngo.Unavailable}, // it has the refund: its list will say so
		{`{"status":0,"msg":"The request is already logged","error_code":109}`, ngo.Unavailable},
		{`{"status":0,"msg":"Transactions with the same amount and same token are not allowed","error_code":"227"}`, ngo.Unavailable},
		{`{"status":0,"msg":"Token is empty"}`, ngo.Conflict},
		{`{"status":0,"msg":"Partial refunds not allowed","error_code":128}`, ngo.Invalid},
		{`{"status":0,"msg":"This API is not allowed"}`, ngo.Denied},
		{`{"status":0,"msg":"Something new","error_code":999}`, ngo.Conflict},
		{`{"status":0,"msg":"Invalid Hash."}`, ngo.Unauthenticated},
	} {
		mu.Lock()
		answer = tt.answer
		mu.Unlock()
		r, err := a.Refund(t.Context(), payment.RefundOrder{Token: "token", Payment: ngo.Payment{Ref: "T1", Alias: "4"}, Amount: ngo.Paise(10_05)})
		if ngo.CodeOf(err) != tt.want || err == nil && (r.Ref != "7" || r.Payment != "4" || r.State != ngo.RefundPending) {
			t.Errorf("%s = %+v, %v; want %q", tt.answer, r, err, tt.want)
		}
	}
}

func TestPollEndsWithItsListener(t *testing.T) {
	t.Parallel()
	p := payuAPI(t, sim.PayUOptions{})
	p.Give(sim.Charge{Created: paymenttest.Noon().Add(-time.Minute)})
	p.Settle()
	enough := errors.New("enough")
	for range 3 {
		err := at(t, p).(payment.Poller).Poll(t.Context(), payment.Window{From: paymenttest.Noon().Add(-time.Hour), To: paymenttest.Noon()}, func([]byte) error { return enough })
		if !errors.Is(err, enough) {
			t.Errorf("Poll = %v", err)
		}
	}
}

// script answers commands by fixed texts, and counts nothing.
func script(t *testing.T, answers map[string]string) payment.Poller {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, one := answers[r.PostFormValue("command")], answers[r.PostFormValue("command")+" "+r.PostFormValue("var1")]
		fmt.Fprint(w, cmp.Or(one, answer, `{"status":0,"msg":"No transactions found"}`))
	}))
	t.Cleanup(server.Close)
	return open(t, setting.Values{"base-url": server.URL}).(payment.Poller)
}

func pollOnce(t *testing.T, a payment.Poller) (events []payment.Event, err error) {
	t.Helper()
	w := payment.Window{From: paymenttest.Noon().Add(-time.Hour), To: paymenttest.Noon().Add(time.Hour)}
	err = a.Poll(t.Context(), w, func(body []byte) error {
		e, err := a.(payment.Account).Normalise(body)
		events = append(events, e)
		return err
	})
	return events, err
}

// Only verify_payment tells all that the form asked, and a payment that is known is not asked for again: so none is told
// without it while PayU may still say.
func TestPollWaitsForTheDonorsFacts(t *testing.T) {
	t.Parallel()
	const (
		row  = `{"id":"4","status":"captured","txnid":"T1","amount":"10.00","addedon":"2026-06-01 12:00:00"}`
		list = `{"status":1,"Transaction_details":[` + row + `]}`
		full = `"mihpayid":"4","txnid":"T1","amt":"10.00","status":"success","unmappedstatus":"captured","addedon":"2026-06-01 12:00:00","firstname":"Meena"`
	)
	for verify, want := range map[string]int{
		`{"status":0,"msg":"Something went wrong"}`:                                                                        -1,
		`{"status":0,"msg":"Too many requests"}`:                                                                           -1,
		`{"status":1,"msg":"1 out of 1 Transactions Fetched Successfully","transaction_details":[]}`:                       -1,
		`{"status":1,"msg":"x","transaction_details":{"T1":{` + full + `}}}`:                                               1,
		`{"status":0,"msg":"0 out of 1 Transactions Fetched Successfully"}`:                                                1,
		`{"status":0,"msg":"x","transaction_details":{"T1":{"mihpayid":"Not Found","status":"Not Found"}}}`:                1,
		`{"status":1,"msg":"x","transaction_details":{"T1":{` + strings.Replace(full, `"success"`, `"pending"`, 1) + `}}}`: 0,
	} {
		events, err := pollOnce(t, script(t, map[string]string{"get_Transaction_Details": list, "verify_payment": verify}))
		if (err != nil) != (want < 0) || len(events) != max(want, 0) {
			t.Errorf("with %s: %+v, %v; want %d", verify, events, err, want)
		}
		if err != nil && (ngo.CodeOf(err) != ngo.Internal || !strings.Contains(err.Error(), "T1")) {
			t.Errorf("with %s: %v; want Internal, naming the payment", verify, err)
		}
	}
	two := strings.NewReplacer(`"id":"4"`, `"id":"5"`).Replace(row)
	events, err := pollOnce(t, script(t, map[string]string{
		"get_Transaction_Details": `{"status":1,"Transaction_details":[` + row + `,` + two + `]}`,
		"verify_payment":          `{"status":1,"msg":"x","transaction_details":{"T1":{` + full + `}}}`,
		"check_payment 5":         `{"status":1,"msg":"x","transaction_details":{` + strings.Replace(strings.Replace(full, `"4"`, `"5"`, 1), "Meena", "Mala", 1) + `}}`,
	}))
	if err != nil || len(events) != 2 || events[1].Payment.Alias != "5" || events[1].Payment.Donor.Name != "Mala" {
		t.Errorf("a txnid paid twice = %+v, %v", events, err)
	}
	other := strings.NewReplacer(`"id":"4"`, `"id":"6"`, "T1", "T2").Replace(row)
	events, err = pollOnce(t, script(t, map[string]string{
		"get_Transaction_Details": `{"status":1,"Transaction_details":[` + row + `,` + other + `]}`,
		"verify_payment":          `{"status":1,"msg":"x","transaction_details":{"T1":{` + full + `}}}`,
		"verify_payment T2":       `{"status":1,"msg":"x","transaction_details":{"T2":{` + strings.NewReplacer(`"4"`, `"6"`, "T1", "T2", "Meena", "Mala").Replace(full) + `}}}`,
	}))
	if err != nil || len(events) != 2 || events[1].Payment.Donor.Name != "Mala" {
		t.Errorf("where PayU tells of one at a time = %+v, %v", events, err)
	}
}

// Where one command is refused or down, the others are told all the same; that it was is told too.
func TestARefusedCommandHidesNoPayment(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"get_settlement_details", "check_action_status"} {
		for status, want := range map[int]ngo.Code{http.StatusBadRequest: ngo.Internal, http.StatusInternalServerError: ngo.Unavailable} {
			p := payuAPI(t, sim.PayUOptions{})
			p.Give(sim.Charge{Created: paymenttest.Noon().Add(-time.Minute)})
			p.Give(sim.Charge{Created: paymenttest.Noon().AddDate(0, 0, -1)})
			p.Trouble(sim.Trouble{At: command, Status: status})
			a := at(t, p)
			var payments int
			err := a.(payment.Poller).Poll(t.Context(), payment.Window{From: paymenttest.Noon().AddDate(0, 0, -2), To: paymenttest.Noon()}, func(body []byte) error {
				e, err := a.Normalise(body)
				if e.Payment != nil {
					payments++
				}
				return err
			})
			if payments != 2 || ngo.CodeOf(err) != want || !strings.Contains(err.Error(), command) || p.Asked(command) != 1 {
				t.Errorf("%s answers %d: %d payments, %v, asked %d times; want 2, and that it was refused, once", command, status, payments, err, p.Asked(command))
			}
		}
	}
}
