package sim

import (
	"crypto/sha512"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// field is one of a form, whose order is kept.
type field struct{ name, text string }

// sha gives the SHA-512 of the parts with bars between, in lower-case hex.
func sha(parts ...string) string {
	sum := sha512.Sum512([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

// noSplit is what PayU tells of the split of an ordinary payment.
const noSplit = `{"splitStatus":"splitNotReceived","splitSegments":[]}`

// facts are the fields that the donor filled in, and that the hash covers.
func (x *payuPayment) facts() (product, firstname, email string, udf [5]string) {
	d, c := x.charge.Donor, x.charge
	product = c.Purpose
	if product == "" {
		product = "Donation"
	}
	return product, d.Name, d.EMail, [5]string{d.PAN, d.Address, d.Language, string(d.Citizenship), c.Campaign}
}

// hash is the reverse hash, in the variant that the fields call for.
func (p *PayU) hash(x *payuPayment) string {
	product, firstname, email, udf := x.facts()
	var parts []string
	if x.charge.Additional != "" {
		parts = append(parts, x.charge.Additional)
	}
	parts = append(parts, p.options.Salt, x.status)
	if x.charge.Split {
		parts = append(parts, noSplit)
	}
	parts = append(parts, "", "", "", "", "", udf[4], udf[3], udf[2], udf[1], udf[0], email, firstname, product, x.amount, x.txnid, p.options.Key)
	return sha(parts...)
}

// payuMode tells how PayU calls a method: mode, bankcode and PG_TYPE.
func payuMode(method string) (mode, bank, pg string) {
	switch method {
	case "card":
		return "CC", "CC", "CC-PG"
	case "netbanking":
		return "NB", "IOBN", "NB-PG"
	case "wallet":
		return "CASH", "PAYZ", "CASH-PG"
	}
	return "UPI", "INTENT", "UPI-PG"
}

// debited is what the payer was charged, without zeros that say nothing.
func (x *payuPayment) debited() string {
	if x.status != "success" {
		return "0"
	}
	more, _ := paise(x.charge.Additional)
	return strings.TrimSuffix(strings.TrimRight(rupees(x.charge.Amount+more), "0"), ".")
}

func (x *payuPayment) fault() (code, message, said string) {
	switch x.status {
	case "success":
		return "E000", "No Error", "Transaction is Successful"
	case "pending":
		return "E000", "No Error", "Transaction is in progress"
	}
	return "E325", x.problem, x.problem
}

func (x *payuPayment) category() string {
	if x.charge.International {
		return "international"
	}
	return "domestic"
}

// fields are those of a webhook, in PayU's order.
func (p *PayU) fields(x *payuPayment) []field {
	product, firstname, email, udf := x.facts()
	mode, bank, pg := payuMode(x.charge.Method)
	code, message, said := x.fault()
	f := []field{
		{"mihpayid", x.id}, {"mode", mode}, {"status", x.status}, {"key", p.options.Key}, {"txnid", x.txnid}, {"amount", x.amount},
		{"addedon", x.charge.Created.In(india).Format(payuTime)}, {"productinfo", product}, {"firstname", firstname}, {"lastname", ""},
		{"address1", ""}, {"address2", ""}, {"city", ""}, {"state", ""}, {"country", ""}, {"zipcode", ""}, {"email", email}, {"phone", x.charge.Donor.Phone},
	}
	for i, text := range udf {
		f = append(f, field{"udf" + strconv.Itoa(i+1), text})
	}
	f = append(f, field{"udf6", ""}, field{"udf7", ""}, field{"udf8", ""}, field{"udf9", ""}, field{"udf10", ""}, field{"card_token", ""})
	if mode == "CC" {
		f = append(f, field{"card_no", "XXXXXXXXXXXX1111"}, field{"cardCategory", x.category()}, field{"card_type", "VISA"}, field{"issuing_bank", "SBI"})
	}
	for i := range 9 {
		text := ""
		if mode == "UPI" && (i == 1 || i == 3) {
			text = "donor" + x.reference[8:] + "@upi"
		}
		f = append(f, field{"field" + strconv.Itoa(i), text})
	}
	f = append(f,
		field{"field9", said}, field{"payment_source", "payu"}, field{"authenticaticationMethod", ""}, field{"PG_TYPE", pg}, field{"error", code},
		field{"error_Message", message}, field{"net_amount_debit", x.debited()}, field{"discount", "0.00"}, field{"offer_key", ""}, field{"offer_availed", ""})
	if x.charge.Additional != "" {
		f = append(f, field{"additionalCharges", x.charge.Additional})
	}
	if x.charge.Split || x.charge.SplitOnly {
		f = append(f, field{"splitInfo", noSplit})
	}
	return append(f,
		field{"unmappedstatus", x.unmapped}, field{"hash", p.hash(x)}, field{"bank_ref_no", x.reference}, field{"bank_ref_num", x.reference},
		field{"bankcode", bank}, field{"surl", "https://donate.example.org/thanks"}, field{"curl", "https://donate.example.org/thanks"}, field{"furl", "https://donate.example.org/sorry"})
}

func (p *PayU) tell(x *payuPayment) {
	p.queue(p.form("payment."+x.status, x, p.fields(x)))
}

// form writes fields as a form, or as JSON where the payment's webhooks are.
func (p *PayU) form(name string, x *payuPayment, fields []field) Webhook {
	w := Webhook{Name: name, Ref: ngo.Ref(x.txnid), Payment: ngo.Ref(x.txnid), At: p.now().UTC(), Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	if x.charge.JSON {
		o := make(map[string]string, len(fields))
		for _, f := range fields {
			o[f.name] = f.text
		}
		w.Header, w.Body = http.Header{"Content-Type": {"application/json"}}, encode(o)
		return w
	}
	for i, f := range fields {
		if i > 0 {
			w.Body = append(w.Body, '&')
		}
		w.Body = append(w.Body, url.QueryEscape(f.name)+"="+url.QueryEscape(f.text)...)
	}
	return w
}

// tellRefund makes the JSON of a refund, which nothing signs. Its mihpayid has spaces around it, as PayU's own sample has.
func (p *PayU) tellRefund(f *payuRefund) {
	var arn any
	if f.arn != "" {
		arn = f.arn
	}
	body := encode(struct {
		AdditionalValue1 *string `json:"additionalValue1"`
		BankARN          any     `json:"bank_arn"`
		RefundMode       string  `json:"refund_mode"`
		BankRefNum       string  `json:"bank_ref_num"`
		Key              string  `json:"key"`
		Amt              string  `json:"amt"`
		Remark           *string `json:"remark"`
		Status           string  `json:"status"`
		Token            string  `json:"token"`
		MihPayID         string  `json:"mihpayid"`
		RequestID        string  `json:"request_id"`
		MerchantTxnID    string  `json:"merchantTxnId"`
		AdditionalValue2 *string `json:"additionalValue2"`
		Action           string  `json:"action"`
	}{
		BankARN: arn, RefundMode: "Back to Source", BankRefNum: f.reference, Key: p.options.Key, Amt: rupees(f.amount), Status: f.status,
		Token: f.token, MihPayID: " " + f.payment.id + " ", RequestID: f.id, MerchantTxnID: f.payment.txnid, Action: "refund",
	})
	p.queue(Webhook{
		Name: "refund." + f.status, Body: body, Ref: ngo.Ref(f.id), Payment: ngo.Ref(f.payment.txnid), At: p.now().UTC(),
		Header: http.Header{"Content-Type": {"application/json"}},
	})
}

func (p *PayU) tellDispute(d *payuDispute) {
	const stamp = "2006-01-02T15:04:05.000-07:00"
	amount := strings.TrimSuffix(rupees(d.amount), "0") // "500.0", as in PayU's own sample
	id := strconv.FormatInt(d.id, 10)
	body := encode(struct {
		Type       string `json:"type"`
		Event      string `json:"event"`
		ReasonCode string `json:"reason_code"`
		CreatedAt  string `json:"created_at"`
		UpdatedAt  string `json:"updated_at"`
		MID        string `json:"mid"`
		CBID       int64  `json:"cb_id"`
		TxnID      string `json:"txn_id"` // PayU's own id, for all its name
		CBType     string `json:"cb_type"`
		DueDate    string `json:"due_date"`
		CBAmount   string `json:"cb_amount"`
		CBStatus   string `json:"cb_status"`
	}{
		Type: "payments", Event: "dispute", ReasonCode: "Services not provided", CreatedAt: d.created.Format(stamp), UpdatedAt: p.now().Format(stamp),
		MID: "8244519", CBID: d.id, TxnID: d.payment.id, CBType: "Chargeback", DueDate: d.created.AddDate(0, 0, 7).Format("2006-01-02"), CBAmount: amount, CBStatus: d.status,
	})
	header := http.Header{"Content-Type": {"application/json"}}
	if p.options.SignDisputes {
		signed := func(status string) string {
			return sha(p.options.Key, d.payment.id, amount, id, "Chargeback", status, p.options.Salt)
		}
		header.Set("X-PayU-Dispute-Webhook-Signature-V1", signed(d.status))
		header.Set("X-PayU-Dispute-Webhook-Signature-V2", signed(strings.ReplaceAll(d.status, " ", "")))
		header.Set("X-PayU-Dispute-Webhook-Signature-Algorithm", "SHA512")
	}
	p.queue(Webhook{Name: "dispute." + d.status, Body: body, Header: header, Ref: ngo.Ref(id), Payment: ngo.Ref(d.payment.txnid), At: p.now().UTC()})
}
