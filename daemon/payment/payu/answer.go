package payu

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The kinds of answer: bodies that Confirm and Poll put together from what the API says, each with a part of it as PayU
// wrote it. Normalise believes them; Verify accepts none.
const (
	answerPayment    = "payment"
	answerRefund     = "refund"
	answerDispute    = "dispute"
	answerSettlement = "settlement"
)

// answerBody is what all answers look like. Parts that are absent are left out.
type answerBody struct {
	Kind        string            `json:"ngoctl"`
	Transaction json.RawMessage   `json:"transaction,omitempty"` // of verify_payment or check_payment
	Row         json.RawMessage   `json:"row,omitempty"`         // of get_Transaction_Details
	Told        map[string]string `json:"told,omitempty"`        // of the message that asked for it
	Action      json.RawMessage   `json:"action,omitempty"`      // of check_action_status
	Settled     json.RawMessage   `json:"settled,omitempty"`     // a row of get_settlement_details
	State       string            `json:"state,omitempty"`       // of a dispute, as far as it could be confirmed
	Apart       bool              `json:"apart,omitempty"`       // what a lost dispute took is told under another number
	Payout      *payout           `json:"payout,omitempty"`
}

// payout is what the rows of one transfer to the bank add up to, in paise.
type payout struct {
	UTR string `json:"utr"`
	Day string `json:"day"`
	Net int64  `json:"net"`
	Fee int64  `json:"fee"`
	Tax int64  `json:"tax"`
}

// bytes gives the body in one line, the same for the same parts.
func (b answerBody) bytes() []byte {
	for _, part := range []*json.RawMessage{&b.Transaction, &b.Row, &b.Action, &b.Settled} {
		var compact bytes.Buffer
		if len(*part) > 0 && json.Compact(&compact, *part) == nil {
			*part = compact.Bytes()
		}
	}
	out, err := json.Marshal(b)
	if err != nil {
		panic("payu: an answer that was read cannot be written: " + err.Error()) // its parts are valid JSON
	}
	return out
}

// answer reads such a body.
func (a *account) answer(f fields) (payment.Event, error) {
	switch f["ngoctl"] {
	case answerPayment:
		return a.paymentAnswer(f)
	case answerRefund:
		return refundAnswer(f)
	case answerDispute:
		return disputeAnswer(f)
	case answerSettlement:
		return settlementAnswer(f)
	}
	return payment.Event{}, invalid("the answer is of an unknown kind")
}

// part reads one part of an answer; one that is absent has no fields.
func (f fields) part(name string) (fields, error) {
	if f[name] == "" {
		return fields{}, nil
	}
	part, err := readObject([]byte(f[name]))
	if err != nil {
		return nil, invalid("PayU's answer cannot be read: " + err.Error())
	}
	return part, nil
}

// paymentAnswer reads what PayU says of a payment: verify_payment's transaction, a row of get_Transaction_Details, or both.
func (a *account) paymentAnswer(f fields) (payment.Event, error) {
	var parts [3]fields
	for i, name := range []string{"transaction", "row", "told"} {
		part, err := f.part(name)
		if err != nil {
			return payment.Event{Name: "payment"}, err
		}
		parts[i] = part
	}
	transaction, row, told := parts[0], parts[1], parts[2]
	state, problem := stateOf(transaction, row)
	event := payment.Event{Name: eventName("payment", string(state))}
	if state == "" {
		return event, invalid("PayU shows the payment in a state that is not known here: " + line(transaction.first("status")+" "+row.first("status")))
	}
	money, err := agreed(transaction, row)
	if err != nil {
		return event, err
	}
	ref, id := transaction.first("txnid"), transaction.first("mihpayid")
	if len(transaction) == 0 {
		ref, id = row.first("txnid"), row.first("id", "mihpayid")
	}
	if !validRef(ref) || !validID(id) {
		return event, invalid("PayU's answer has no txnid or no mihpayid")
	}
	answers := append(transaction.answers("firstname", "productinfo", "udf1", "udf2", "udf3", "udf4", "udf5"),
		append(row.answers("firstname", "lastname", "email", "phone", "productinfo", "udf1", "udf2", "udf3", "udf4", "udf5"), told.covered()...)...)
	p := &payment.Payment{
		Ref: ngo.Ref(ref), State: state, Amount: money, Problem: problem, Donor: a.donor(answers),
		Method:        method(transaction.first("mode"), row.first("mode")),
		Reference:     short(bankReference(transaction.first("bank_ref_num", "bank_ref_no"), row.first("bank_ref_no", "bank_ref_num"))),
		International: abroad(transaction, row, told),
		Created:       instant(transaction.first("addedon")),
	}
	if p.Created.IsZero() {
		p.Created = instant(row.first("addedon"))
	}
	// A txnid can fail several times, each attempt under a mihpayid of its own, and then succeed: only money has one.
	if state == ngo.PaymentCaptured || state == ngo.PaymentAuthorized {
		p.Alias = ngo.Ref(id)
		p.Fee, p.Tax = fees(row, money)
	}
	p.Purpose, p.Campaign = a.mapping.Purpose(answers)
	event.Payment = p
	return event, nil
}

// stateOf gives the state that PayU shows, empty when it is not known, and why the payment failed.
func stateOf(transaction, row fields) (state ngo.PaymentState, problem string) {
	if len(transaction) > 0 {
		state = statusState(transaction["status"], transaction["unmappedstatus"])
	} else {
		state = statusState(row["status"], row["action"])
	}
	if state != ngo.PaymentFailed {
		return state, ""
	}
	for _, s := range []string{transaction["error_Message"], transaction["field9"], row["failure_reason"], row["error_Message"], row["field9"]} {
		if s = line(s); s != "" && !strings.EqualFold(s, "No Error") {
			return state, s
		}
	}
	return state, ""
}

// statusState reads a status and what stands beside it: verify_payment says success and captured, get_Transaction_Details
// says captured, get_transaction_info says SUCCESS and capture. A payment that was paid back, in whole or in part, had been
// captured. The words for that in get_Transaction_Details are not documented; what begins so is taken.
func statusState(status, beside string) ngo.PaymentState {
	status, beside = folded(status), folded(beside)
	switch status {
	case "success":
		switch beside {
		case "auth", "authorized", "authorised":
			return ngo.PaymentAuthorized
		case "autorefund", "cancel", "cancelled":
			return ngo.PaymentFailed
		}
		return ngo.PaymentCaptured
	case "captured", "capture":
		return ngo.PaymentCaptured
	case "auth", "authorized", "authorised":
		return ngo.PaymentAuthorized
	case "failure", "failed", "dropped", "bounced", "usercancelled", "cancelled", "autorefund", "userdropped":
		return ngo.PaymentFailed
	case "pending", "initiated", "inprogress", "created":
		return ngo.PaymentCreated
	}
	if goneBack(status) {
		return ngo.PaymentCaptured
	}
	return ""
}

// goneBack tells whether a status, folded, says that money went back after it was captured.
func goneBack(status string) bool {
	return strings.HasPrefix(status, "refund") || strings.HasPrefix(status, "partial") || strings.HasPrefix(status, "chargeback")
}

// agreed gives the amount; where both answers name one they must agree.
func agreed(transaction, row fields) (ngo.Money, error) {
	texts := []string{transaction.first("amt", "transaction_amount"), row.first("amount", "amt")}
	var out ngo.Money
	for _, s := range texts {
		if s == "" {
			continue
		}
		m, err := amount(s)
		if err != nil {
			return ngo.Money{}, err
		}
		if out.Minor != 0 && out != m {
			return ngo.Money{}, invalid("PayU names two amounts for one payment")
		}
		out = m
	}
	if out.Minor == 0 {
		return ngo.Money{}, invalid("PayU's answer has no amount")
	}
	return out, nil
}

// fees are told by get_Transaction_Details, mostly once the payment is settled. What cannot be, is not told.
func fees(row fields, m ngo.Money) (fee, tax int64) {
	service, ok := nearestPaise(row.first("mer_service_fee"))
	tax, both := nearestPaise(row.first("mer_service_tax"))
	if !ok || !both || service < 0 || tax < 0 || service+tax > m.Minor {
		return 0, 0
	}
	return service + tax, tax
}

// method gives the ledger's word for PayU's mode.
func method(modes ...string) string {
	for _, mode := range modes {
		switch m := strings.ToUpper(strings.TrimSpace(mode)); m {
		case "":
		case "CC", "DC":
			return "card"
		case "NB":
			return "netbanking"
		case "UPI", "SBQR", "DBQR", "QR", "INTENT":
			return "upi"
		case "CASH":
			return "wallet"
		default:
			return strings.ToLower(short(m))
		}
	}
	return ""
}

func bankReference(texts ...string) string {
	for _, s := range texts {
		switch folded(s) {
		case "", "0", "na", "null", "notfound":
		default:
			return s
		}
	}
	return ""
}

// abroad tells whether the money came by a card issued abroad. Of a card, whatever is not clearly domestic counts as yes: a
// person then looks. The message's own word counts only where PayU's answer has none, and only against the gift.
func abroad(transaction, row, told fields) bool {
	word := row.first("cardtype", "card_category", "cardCategory")
	if word == "" {
		word = transaction.first("cardCategory", "card_category")
	}
	if word == "" {
		word = told.first("cardCategory")
	}
	switch method(transaction.first("mode"), row.first("mode")) {
	case "card", "emi":
		return word != "" && folded(word) != "domestic"
	}
	return strings.HasPrefix(folded(word), "international")
}

// refundAnswer reads a refund in check_action_status or in a settlement.
func refundAnswer(f fields) (payment.Event, error) {
	event := payment.Event{Name: "refund"}
	action, err := f.part("action")
	if err != nil {
		return event, err
	}
	settled, err := f.part("settled")
	if err != nil {
		return event, err
	}
	r := &payment.Refund{
		Ref: ngo.Ref(action.first("request_id")), Payment: ngo.Ref(action.first("mihpayid")), Token: short(action.first("token")),
		State: refundState(action["status"]), Reference: short(bankReference(action["bank_arn"], action["bank_ref_num"])),
	}
	text := action.first("amt", "amount")
	if len(settled) > 0 {
		r = &payment.Refund{
			Ref: ngo.Ref(settled.first("requestid")), Payment: ngo.Ref(settled.first("payuid")), Token: short(settled.first("token")),
			State: ngo.RefundProcessed, Created: instant(settled.first("requestdate")),
		}
		text = strings.TrimPrefix(settled.first("requestamount", "amount"), "-")
	}
	event.Name = eventName("refund", string(r.State))
	if r.Amount, err = amount(text); err != nil {
		return event, err
	}
	if !validID(string(r.Ref)) || !validID(string(r.Payment)) {
		return event, invalid("the refund has no request_id or no mihpayid")
	}
	if r.State == ngo.RefundFailed {
		r.Problem = "PayU could not pay it back"
	}
	event.Refund = r
	return event, nil
}

// refundState reads the states that PayU documents: QUEUED, IN PROGRESS, REQUESTED, PENDING, od_hit, SUCCESS, FAILURE.
func refundState(status string) ngo.RefundState {
	switch folded(status) {
	case "success", "refunded":
		return ngo.RefundProcessed
	case "failure", "failed":
		return ngo.RefundFailed
	}
	return ngo.RefundPending
}

// disputeAnswer reads a dispute whose state Confirm worked out, or a chargeback in check_action_status or in a settlement: money
// that is gone. These two name no case number, so that it stands beside the dispute of the messages.
func disputeAnswer(f fields) (payment.Event, error) {
	event := payment.Event{Name: eventName("dispute", f["state"])}
	told, err := f.part("told")
	if err != nil {
		return event, err
	}
	settled, err := f.part("settled")
	if err != nil {
		return event, err
	}
	action, err := f.part("action")
	if err != nil {
		return event, err
	}
	state, taken := ngo.DisputeState(f["state"]), len(settled)+len(action) > 0
	if taken {
		event.Name, state = "dispute.settled", ngo.DisputeLost
		told = fields{
			"cb_id": settled.first("requestid") + action.first("request_id"), "txn_id": settled.first("payuid") + action.first("mihpayid"), "cb_type": "chargeback",
			"cb_amount": strings.TrimPrefix(settled.first("requestamount", "amount")+action.first("amt", "amount"), "-"),
		}
	}
	switch state {
	case ngo.DisputeOpen, ngo.DisputeUnderReview, ngo.DisputeClosed, ngo.DisputeWon, ngo.DisputeLost:
	default:
		return event, invalid("the dispute is in no state that is known here")
	}
	d, err := told.dispute(state)
	if err != nil {
		return event, err
	}
	if at := instant(settled.first("requestdate")); !at.IsZero() {
		d.Created = at
	}
	if f["apart"] == "true" {
		d.Deducted = 0
	}
	if said := disputeState(told["cb_status"]); !taken && said != state && !said.Unsettled() {
		d.Reason = line(strings.TrimSpace(d.Reason + " (PayU's message says " + told["cb_status"] + ", which nothing confirms yet)"))
	}
	event.Dispute = d
	return event, nil
}

func settlementAnswer(f fields) (payment.Event, error) {
	event := payment.Event{Name: "settlement.processed"}
	p, err := f.part("payout")
	if err != nil {
		return event, err
	}
	var sums [3]int64
	for i, name := range []string{"net", "fee", "tax"} {
		if sums[i], err = strconv.ParseInt(p[name], 10, 64); err != nil {
			return event, invalid("the settlement's sums cannot be read")
		}
	}
	day, err := ngo.ParseDate(p["day"])
	if err != nil || !validID(p["utr"]) || sums[0] < 0 {
		return event, invalid("the settlement has no day, no UTR or no amount")
	}
	event.Settlement = &payment.Settlement{
		Ref: ngo.Ref(p["utr"]), UTR: p["utr"], State: ngo.SettlementProcessed, Amount: ngo.Paise(sums[0]), Fees: sums[1], Tax: sums[2],
		Created: instant(string(day) + " 00:00:00"),
	}
	return event, nil
}
