package payu_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// sample reads one of PayU's published samples where it lies.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	root := os.Getenv("NGOCTL_FIXTURES")
	if root == "" {
		t.Skip("NGOCTL_FIXTURES is not set: the published samples are not here")
	}
	body, err := os.ReadFile(filepath.Join(root, "payments", "payu", name))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

type envelope struct {
	Body   string            `json:"body"`
	Fields map[string]string `json:"fields"`
}

func TestPublishedPayments(t *testing.T) {
	t.Parallel()
	var signatures struct {
		Salt   string `json:"salt"`
		Hashes map[string]struct {
			Hash     string `json:"hash_with_test_salt"`
			Standard string `json:"hash_standard_variant_only"`
		} `json:"hashes"`
		Vectors struct {
			Request  map[string]string `json:"request"`
			Response struct {
				Status, Hash string
			} `json:"response"`
		} `json:"published_vectors"`
	}
	if err := json.Unmarshal(sample(t, "signatures.json"), &signatures); err != nil || len(signatures.Hashes) == 0 {
		t.Fatalf("signatures.json: %v", err)
	}
	v := signatures.Vectors.Request
	vector := open(t, setting.Values{"merchant-key": v["key"], "salt": v["salt"]})
	body := form(map[string]string{
		"key": v["key"], "txnid": v["txnid"], "amount": v["amount"], "productinfo": v["productinfo"], "firstname": v["firstname"], "email": v["email"],
		"status": signatures.Vectors.Response.Status, "hash": signatures.Vectors.Response.Hash,
	})
	if err := vector.Verify(nil, []byte(body)); err != nil {
		t.Errorf("PayU's own test vector: %v", err)
	}
	want := map[string]struct {
		ref   ngo.Ref
		minor int64
		state ngo.PaymentState
	}{
		"callback.success.netbanking.json":                      {"bvRCCBO4YiGGHE", 1000, ngo.PaymentCaptured},
		"callback.success.payumoney_amount_split.json":          {"594a1e9ddd2ef11708a791f9", 399900, ngo.PaymentCaptured},
		"callback.success.upi_autopay.json":                     {"txn_7798908nnm008", 5000000, ngo.PaymentCaptured},
		"callback.success.wallet_splitinfo.json":                {"HC13glcAkssIkl", 1000, ngo.PaymentCaptured},
		"payment.failed.credit_card.json":                       {"adanilounge-fef018ea-dd58-4af9-bce2-9d1920a93421-1", 200, ngo.PaymentFailed},
		"payment.successful.debit_card.json":                    {"50d3a03c624676709cd", 1000, ngo.PaymentCaptured},
		"payment.successful.netbanking_additional_charges.json": {"C250626525054aaqasa123", 1000, ngo.PaymentCaptured},
		"payment.successful.upi_static_qr.json":                 {"T2603041446091822117753", 4000, ngo.PaymentCaptured},
	}
	if len(signatures.Hashes) != len(want) {
		t.Errorf("there are %d signed samples; %d are known here", len(signatures.Hashes), len(want))
	}
	for name, hashes := range signatures.Hashes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e envelope
			if err := json.Unmarshal(sample(t, name), &e); err != nil {
				t.Fatal(err)
			}
			values := setting.Values{"merchant-key": e.Fields["key"], "salt": signatures.Salt, "confirm": "hash"}
			believing := open(t, values)
			if err := believing.Verify(nil, []byte(e.Body)); ngo.CodeOf(err) != ngo.Unauthenticated {
				t.Errorf("PayU's own hash, made with another salt = %v", err)
			}
			values["confirm"] = "api"
			asking := open(t, values)
			asJSON, err := json.Marshal(e.Fields)
			if err != nil {
				t.Fatal(err)
			}
			for _, hash := range []string{hashes.Hash, hashes.Standard} {
				for _, body := range []string{e.Body, string(asJSON)} {
					checkPayment(t, believing, asking, strings.Replace(body, e.Fields["hash"], hash, 1), want[name].ref, want[name].minor, want[name].state)
				}
			}
		})
	}
}

func checkPayment(t *testing.T, believing, asking payment.Account, body string, ref ngo.Ref, minor int64, state ngo.PaymentState) {
	t.Helper()
	if err := believing.Verify(nil, []byte(body)); err != nil {
		t.Errorf("Verify: %v", err)
	}
	e, err := believing.Normalise([]byte(body))
	if err != nil || e.Payment == nil || e.Claim != nil || e.Payment.Ref != ref || e.Payment.Amount != ngo.Paise(minor) || e.Payment.State != state {
		t.Errorf("believed = %+v, %v; want %s %d %s", e.Payment, err, ref, minor, state)
	}
	if state == ngo.PaymentCaptured {
		state = ngo.PaymentCreated
	}
	e, err = asking.Normalise([]byte(body))
	if err != nil || e.Payment == nil || e.Claim == nil || e.Claim.Ref != ref || e.Payment.Ref != ref || e.Payment.Amount != ngo.Paise(minor) || e.Payment.State != state {
		t.Errorf("claimed = %+v, %+v, %v; want %s %d %s", e.Payment, e.Claim, err, ref, minor, state)
	}
}

func TestPublishedRefundsAndDisputes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		event string
		claim payment.Claim
	}{
		"refund.success_without_arn.json": {"refund.success", payment.Claim{Kind: "refund", Ref: "17265314530", More: map[string]string{"mihpayid": "23907365951"}}},
		"refund.failure.json":             {"refund.failure", payment.Claim{Kind: "refund", Ref: "17265314530", More: map[string]string{"mihpayid": "23907365951"}}},
		"dispute.bank_comm_sent.json":     {"dispute.bank_comm_sent", payment.Claim{Kind: "dispute", Ref: "1761758", More: map[string]string{"txn_id": "999000000000468"}}},
	} {
		body := sample(t, name)
		a := open(t, setting.Values{"merchant-key": "IahMJL"})
		if err := a.Verify(nil, body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		e, err := a.Normalise(body)
		if err != nil || e.Name != want.event || e.Claim == nil || e.Claim.Kind != want.claim.Kind || e.Claim.Ref != want.claim.Ref || e.Payment != nil || e.Refund != nil || e.Dispute != nil {
			t.Errorf("%s = %+v, %v", name, e, err)
			continue
		}
		for field, text := range want.claim.More {
			if e.Claim.More[field] != text {
				t.Errorf("%s claims %s %q; want %q", name, field, e.Claim.More[field], text)
			}
		}
	}
	if err := open(t, nil).Verify(nil, sample(t, "refund.failure.json")); ngo.CodeOf(err) != ngo.Unauthenticated {
		t.Errorf("a refund with another account's key = %v", err)
	}
}

// The answers of the API are put where Confirm and Poll put them.
func TestPublishedAnswers(t *testing.T) {
	t.Parallel()
	var verified struct {
		Details map[string]json.RawMessage `json:"transaction_details"`
	}
	if err := json.Unmarshal(sample(t, "api.verify_payment.json"), &verified); err != nil {
		t.Fatal(err)
	}
	e, err := open(t, nil).Normalise([]byte(`{"ngoctl":"payment","transaction":` + string(verified.Details["7fa6c4783a363b3da573"]) + `}`))
	if err != nil || e.Payment == nil {
		t.Fatalf("Normalise = %+v, %v", e, err)
	}
	if p := e.Payment; p.Ref != "7fa6c4783a363b3da573" || p.Alias != "403993715521889530" || p.State != ngo.PaymentCaptured || p.Amount != ngo.Paise(1000) ||
		p.Method != "card" || p.Reference != "721522" || p.Created.Format("2006-01-02T15:04:05Z07:00") != "2020-10-26T08:42:13Z" || p.Donor.Name != "K" || p.Purpose != "Test" {
		t.Errorf("payment = %+v", p)
	}
}
