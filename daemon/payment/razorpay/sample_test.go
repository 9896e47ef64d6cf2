package razorpay_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// sample is what one of Razorpay's published samples says to the ledger. What is empty it does not speak of.
type sample struct {
	file       string
	payment    ngo.Ref
	state      ngo.PaymentState
	amount     int64
	fee        int64
	reference  string
	order      string
	refund     ngo.Ref
	refunded   int64
	dispute    ngo.Ref
	disputed   ngo.DisputeState
	settlement ngo.Ref
	settled    int64
}

// samples names every published webhook.
func samples() []sample {
	const captured, authorized, failed = ngo.PaymentCaptured, ngo.PaymentAuthorized, ngo.PaymentFailed
	return []sample{
		{file: "invoice.expired"},
		{file: "invoice.paid.netbanking", payment: "pay_DEWHsM9ByjCjYS", state: captured, amount: 479030, fee: 11305, order: "inv_DEWHZlfIcdVIXL 15 order_DEWHZoU57pgISd"},
		{file: "order.paid.card", payment: "pay_DESp9bgForNoUd", state: captured, amount: 100, fee: 2, order: "rcptid #1 order_DESoU0U4ikYA19"},
		{file: "order.paid.netbanking", payment: "pay_DESlfW9H8K9uqM", state: captured, amount: 100, fee: 2, order: "rcptid #1 order_DESlLckIVRkHWj"},
		{file: "order.paid.upi", payment: "pay_DESyzxuld02Zul", state: captured, amount: 100, fee: 2, order: "rcptid #1 order_DESxiijbl9xjDB"},
		{file: "payment.authorized.card", payment: "pay_DESp9bgForNoUd", state: authorized, amount: 100, order: "order_DESoU0U4ikYA19"},
		{file: "payment.authorized.netbanking", payment: "pay_DESlfW9H8K9uqM", state: authorized, amount: 100, order: "order_DESlLckIVRkHWj"},
		{file: "payment.authorized.upi", payment: "pay_DESyzxuld02Zul", state: authorized, amount: 100, order: "order_DESxiijbl9xjDB"},
		{file: "payment.captured.emandate"}, // zero rupees register a mandate
		{file: "payment.captured.netbanking", payment: "pay_DESlfW9H8K9uqM", state: captured, amount: 100, fee: 2, order: "order_DESlLckIVRkHWj"},
		{file: "payment.captured.upi", payment: "pay_DESyzxuld02Zul", state: captured, amount: 100, fee: 2, order: "order_DESxiijbl9xjDB"},
		{file: "payment.captured.upi_autopay", payment: "pay_FHhm0UWoNrZT3h", state: captured, amount: 100, reference: "688684363734", order: "order_FHhlVrVCPWGSDC"},
		{file: "payment.captured.wallet", payment: "pay_DEStK8twGApHtW", state: captured, amount: 100, fee: 2, order: "order_DESso0U9bpuzQc"},
		{file: "payment.dispute.action_required", payment: "pay_EFtmUsbwpXwBHI", state: captured, amount: 5297600, order: "order_EFtkA6f5jdkfud", dispute: "disp_EsIAlDcoUr8CaQ", disputed: ngo.DisputeOpen},
		{file: "payment.dispute.created", payment: "pay_EFtmUsbwpXwBHI", state: captured, amount: 5297600, order: "order_EFtkA6f5jdkfud", dispute: "disp_EsIAlDcoUr8CaQ", disputed: ngo.DisputeOpen},
		{file: "payment.dispute.won", payment: "pay_EsIStomuIwFQ6U", state: authorized, amount: 1000000, dispute: "disp_EsIUyp8XlaZOUt", disputed: ngo.DisputeWon},
		{file: "payment.downtime.started.netbanking"},
		{file: "payment.failed.card", payment: "pay_DESp9bgForNoUd", state: failed, amount: 100, order: "order_DESoU0U4ikYA19"},
		{file: "payment.failed.emandate"},
		{file: "payment.failed.upi", payment: "pay_DESyzxuld02Zul", state: failed, amount: 100, order: "order_DESxiijbl9xjDB"},
		{file: "payment.failed.wallet", payment: "pay_Epiu9wz2hXBGsJ", state: failed, amount: 10000, order: "order_Epitst92Bya4gC"},
		{file: "payment_link.cancelled.standard"},
		{file: "payment_link.expired.standard"},
		{file: "payment_link.expired.upi"},
		{file: "payment_link.paid.standard", payment: "pay_Qfldmt5StKZFCB", state: captured, amount: 1000, fee: 24, reference: "103608848276", order: "plink_QflcnnZqCekuvL 23 order_QflczVVaNJciLq"},
		{file: "qr_code.closed"},
		{file: "qr_code.created"},
		{file: "qr_code.credited", payment: "pay_HO2fEpc9JeOQU5", state: captured, amount: 200, reference: "116812981837", order: "qr_HO2e0813YlchUn"},
		{file: "refund.created", payment: "pay_FPoJKWQQ8lK13n", state: captured, amount: 500000, fee: 11800, order: "order_FPoIeimWki9j8A", refund: "rfnd_FS8TWyPrCsa0OB", refunded: 50000},
		{file: "refund.processed", payment: "pay_FPoJKWQQ8lK13n", state: captured, amount: 500000, fee: 11800, order: "order_FPoIeimWki9j8A", refund: "rfnd_FS8TWyPrCsa0OB", refunded: 50000},
		{file: "settlement.processed", settlement: "setl_Rf8uva1MU98B4l", settled: 1524},
		{file: "subscription.activated.future_start"},
		{file: "subscription.authenticated"},
		{file: "subscription.charged", payment: "pay_DEXFWroJ6LikKT", state: captured, amount: 100000, fee: 2900, order: "sub_DEX6xcJ1HSW4CR order_DEXFWXwO24pDxH"},
		{file: "subscription.completed", payment: "pay_DEXkZ54GsNwVk9", state: captured, amount: 100000, fee: 2900, order: "sub_DEX6xcJ1HSW4CR order_DEXkYoCpua7kn3"},
		{file: "subscription.halted"},
		{file: "subscription.paused"},
		{file: "subscription.resumed"},
		{file: "subscription.updated"},
		{file: "token.cancelled.upi"},
		{file: "token.confirmed.upi"},
		{file: "virtual_account.closed"},
		{file: "virtual_account.created"},
		{file: "virtual_account.credited.bank_transfer", payment: "pay_DETA2KrOlhqQzF", state: captured, amount: 61900, fee: 731, reference: "156767598340", order: "va_DET8z3wBxfPB5L"},
	}
}

// With NGOCTL_FIXTURES set, Razorpay's own published samples are read where they lie, as printed and as they go over the wire.
func TestPublishedSamples(t *testing.T) {
	t.Parallel()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the published samples are not here")
	}
	dir := filepath.Join(root, "payments", "razorpay")
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var signatures struct {
		Secret     string            `json:"secret"`
		Signatures map[string]string `json:"signatures"`
	}
	if err := json.Unmarshal(read("signatures.json"), &signatures); err != nil || len(signatures.Signatures) == 0 {
		t.Fatalf("signatures.json = %+v, %v", signatures, err)
	}
	a := open(t, setting.Values{"webhook-secret": signatures.Secret})
	all := map[string]sample{}
	for _, s := range samples() {
		all[s.file+".json"] = s
	}
	for name, signature := range signatures.Signatures {
		want, ok := all[name]
		if !ok {
			t.Errorf("nothing says what %s means", name)
			continue
		}
		delete(all, name)
		body := read(name)
		if err := a.Verify(http.Header{"X-Razorpay-Signature": {signature}}, body); err != nil {
			t.Errorf("Verify of %s: %v", name, err)
		}
		var wire bytes.Buffer
		if err := json.Compact(&wire, body); err != nil {
			t.Fatal(err)
		}
		want.check(t, a, body)
		want.check(t, a, wire.Bytes())
	}
	for name := range all {
		t.Errorf("%s is not among the samples", name)
	}
}

func (s sample) check(t *testing.T, a payment.Account, body []byte) {
	t.Helper()
	e, err := a.Normalise(body)
	if err != nil || !strings.HasPrefix(s.file, e.Name) {
		t.Errorf("Normalise of %s = %s, %v", s.file, e.Name, err)
		return
	}
	checkEvent(t, e)
	got := sample{file: s.file}
	if p := e.Payment; p != nil {
		got.payment, got.state, got.amount, got.fee, got.order = p.Ref, p.State, p.Amount.Minor, p.Fee, p.Order
		if s.reference != "" {
			got.reference = p.Reference
		}
		if p.Donor.EMail == "" || p.Amount.Currency != "INR" || p.International {
			t.Errorf("%s = %+v", s.file, p)
		}
	}
	if r := e.Refund; r != nil {
		got.refund, got.refunded = r.Ref, r.Amount.Minor
		if r.State != ngo.RefundProcessed || r.Payment != s.payment { // the event of its creation shows it processed, too
			t.Errorf("%s = %+v", s.file, r)
		}
	}
	if d := e.Dispute; d != nil {
		got.dispute, got.disputed = d.Ref, d.State
		if d.Payment != s.payment || d.Deducted != 0 || d.RespondBy.IsZero() || d.Reason == "" {
			t.Errorf("%s = %+v", s.file, d)
		}
	}
	if x := e.Settlement; x != nil {
		got.settlement, got.settled = x.Ref, x.Amount.Minor
		if x.State != ngo.SettlementProcessed || x.UTR == "" {
			t.Errorf("%s = %+v", s.file, x)
		}
	}
	if got != s {
		t.Errorf("%s gives %+v; want %+v", s.file, got, s)
	}
}

// Razorpay's printed answers to questions other than ours are told from a list.
func TestPublishedAnswers(t *testing.T) {
	t.Parallel()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the published samples are not here")
	}
	for name, understood := range map[string]bool{"api.error_bad_request.json": false, "api.settlements_recon_combined.json": true} {
		body, err := os.ReadFile(filepath.Join(root, "payments", "razorpay", name))
		if err != nil {
			t.Fatal(err)
		}
		a := answering(t, body)
		if err := a.(payment.Checker).Check(t.Context()); (err == nil) != understood {
			t.Errorf("Check answered %s = %v", name, err)
		}
	}
}
